"""The positions of one run: the question and its answer."""

from dataclasses import dataclass

from desktop_trader.messages.ledger_page import PositionRow

RUN_POSITIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPositionsRequest:
    """Ask for the newest positions of a run, open and closed."""

    request_id: str
    account: str
    run_id: int
    limit: int = RUN_POSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPositionsReply:
    """The positions, newest first; `error` says why there are none."""

    request_id: str
    positions: tuple[PositionRow, ...] = ()
    error: str = ""
