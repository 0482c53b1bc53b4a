"""What people and the engine change about an open position: leverage, margin, stop, target, trailing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PositionTerm(StrEnum):
    """What was changed; the values are stored and public."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRAIL_PERCENT = "trail_percent"
    LEVERAGE = "leverage"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChange:
    """One change, appended in its transaction: canonical decimal texts, "" for none. Outside the hash.

    What a position says now is what its entry order said, and the newest change of each term since.
    """

    position_id: int
    at: datetime
    term: PositionTerm
    before: str
    after: str
    author: str
