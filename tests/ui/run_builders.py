"""Runs and curves for the tests of their page: a plain demo run by default, every part replaceable."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.messages.run_rows import CurvePoint, RunCurve, RunRow
from tests.ui.snapshot_builders import NOON


def make_run(run_id: int = 1, *, is_current: bool = False, **changes: Any) -> RunRow:
    """Return a run that began on its own day; one that is not current was ended by a reset a day later."""
    started_at = NOON + timedelta(days=run_id)
    fields: dict[str, Any] = {
        "run_id": run_id,
        "account": "demo",
        "account_type": "demo",
        "currency": "USDT",
        "started_at": started_at,
        "ended_at": None if is_current else started_at + timedelta(days=1),
        "how_ended": "" if is_current else "reset",
        "is_current": is_current,
        "start_amount": Decimal(10_000),
        "end_total": Decimal("10321.5"),
        "end_equity": Decimal("10321.5"),
        "contributed": Decimal(10_000),
        "deposits": Decimal(0),
        "withdrawals": Decimal(0),
        "adjustments": Decimal(0),
        "imports": Decimal(0),
        "realized_pnl": Decimal("341.5"),
        "fees": Decimal(20),
        "funding": Decimal(0),
        "return_amount": Decimal("321.5"),
        "return_percent": Decimal("3.22"),
        "max_drawdown_percent": Decimal("1.44"),
        "trades": 42,
        **changes,
    }
    return RunRow(**fields)


def make_curve(run_id: int, *gains: int, contributed: tuple[int, ...] = ()) -> RunCurve:
    """Return a curve with a point an hour; without `contributed` nobody moved money."""
    start = NOON + timedelta(days=run_id)
    put_in = contributed or (10_000,) * len(gains)
    points = tuple(
        CurvePoint(
            at=start + timedelta(hours=hour),
            entry_id=hour + 1,
            equity=Decimal(paid + gain),
            contributed=Decimal(paid),
            return_percent=Decimal(gain) / 100,
        )
        for hour, (gain, paid) in enumerate(zip(gains, put_in, strict=True))
    )
    return RunCurve(run_id=run_id, points=points, points_stored=len(points))
