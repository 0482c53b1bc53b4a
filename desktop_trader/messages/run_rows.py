"""Runs of accounts: what to ask for, and what comes back.

A return here is net of what people moved: deposits, withdrawals, adjustments and imports never count as profit.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

CURVE_POINTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentEquity:
    """What a run that goes on is worth now, at the newest prices; `contributed` as in the points of a curve."""

    run_id: int
    at: datetime
    equity: Decimal
    contributed: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsRequest:
    """Ask for the runs of an account, newest first; no `account` means those of every account.

    The books know what a run was worth when something was last booked; one that is in `present` is valued as of now.
    """

    request_id: str
    account: str = ""
    present: tuple[PresentEquity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What a run was worth after a commit. `contributed` is what people had put in by then, less what they took out.

    So `equity - contributed` is its profit; `return_percent` is its time-weighted return so far, to six decimals.
    """

    at: datetime
    entry_id: int
    equity: Decimal
    contributed: Decimal
    return_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run. Moments are market time, amounts in `currency`; a run that goes on has no end.

    `end_total` is the balance at the end, before a reset took it out, or now; `end_equity` has what open positions
    were worth with it at `as_of`. `contributed` is what people put in, less what they took out.
    `return_amount` is `end_equity - contributed`, `return_percent` the time-weighted return, and
    `max_drawdown_percent` the deepest fall of that return from its peak (both as in `domain.performance`); None
    where nothing tells. `trades` counts closed positions.

    `present` is the newest point of the curve where a run was valued as of now, `as_of` is its moment then; else that
    of the last commit that was valued, and None for a run that has ended.
    """

    run_id: int
    account: str
    account_type: str
    currency: str
    started_at: datetime
    ended_at: datetime | None
    how_ended: str
    is_current: bool
    start_amount: Decimal
    end_total: Decimal
    end_equity: Decimal
    contributed: Decimal
    deposits: Decimal
    withdrawals: Decimal
    adjustments: Decimal
    imports: Decimal
    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal
    return_amount: Decimal
    return_percent: Decimal | None
    max_drawdown_percent: Decimal | None
    trades: int
    as_of: datetime | None = None
    present: CurvePoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One start of the program, in the computer's own time. `how_ended` is "killed" when it left no note.

    `is_running` marks the newest one while it has none: it is this process, as far as the books can tell.
    """

    session_id: int
    started_at: datetime
    ended_at: datetime | None
    how_ended: str
    is_running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsReply:
    """The runs, newest first, and the newest starts of the program, newest first; `error` says why there are none."""

    request_id: str
    runs: tuple[RunRow, ...] = ()
    sessions: tuple[SessionRow, ...] = ()
    starts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurvesRequest:
    """Ask for the equity curves of runs, each with so many points at most (at least 4)."""

    request_id: str
    run_ids: tuple[int, ...]
    points_max: int = CURVE_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurve:
    """The curve of a run, oldest first. First and last point are exact; between them peaks and troughs are kept.

    `points_stored` is how many points the books have.
    """

    run_id: int
    points: tuple[CurvePoint, ...]
    points_stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurvesReply:
    """The curves in the order asked for; `error` says why there are none."""

    request_id: str
    curves: tuple[RunCurve, ...] = ()
    error: str = ""
