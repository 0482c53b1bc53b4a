"""What a strategy was started with, and what it decided."""

from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.market import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRun:
    """One start of a strategy on one symbol. `parameters` holds each parameter as text, in the strategy's own order.

    The run survives restarts of the program: `is_active` says that it goes on after the next start. `source_id`
    names the market it runs on.
    """

    id: int
    account_id: int
    run_id: int
    strategy: str
    parameters: tuple[tuple[str, str], ...]
    symbol: str
    timeframe: Timeframe
    source_id: str
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether nobody has stopped it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing a strategy or a person wanted, and what became of it: an order, or a denial with its reason."""

    at: datetime
    strategy_run_id: int
    symbol: str
    action: str
    outcome: str
    detail: str
    order_id: int = 0
