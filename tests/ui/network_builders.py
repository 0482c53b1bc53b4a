"""How the market's connection stands, for the window's tests: connected by default, every part replaceable."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.messages.network import (
    CheckView,
    CrossedLevel,
    HeldBack,
    NetworkState,
    NetworkView,
    Outage,
    PauseReason,
    ReasonKind,
    SymbolAge,
)
from tests.ui.snapshot_builders import NOON

SINCE = NOON - timedelta(seconds=20)
INTERNET = PauseReason(kind=ReasonKind.INTERNET)
CHECKS = (
    CheckView(name="server time", ok=True, detail="0.04 s off"),
    CheckView(name="ticker BTC/USDT", ok=True, detail="0.3 s old"),
)


def make_ages(
    seconds: float | None, symbols: Iterable[str] = ("BTC/USDT",), *, at: datetime = NOON, limit: float = 10.0
) -> tuple[SymbolAge, ...]:
    """Return prices that are all of one age; None for prices that never came."""
    made_at = None if seconds is None else at - timedelta(seconds=seconds)
    is_stale = seconds is None or seconds > limit
    return tuple(
        SymbolAge(symbol=each, source_at=made_at, received_at=made_at, limit_seconds=limit, is_stale=is_stale)
        for each in symbols
    )


def make_network(**changes: Any) -> NetworkView:
    plain = NetworkView(at=NOON, state=NetworkState.RUNNING, has_line=True, latency_ms=42.0, ages=make_ages(0.5))
    plain = replace(plain, heard_seconds=0.2, clock_compared_seconds=20.0)
    return replace(plain, **changes)


def make_pause(**changes: Any) -> NetworkView:
    plain = make_network(
        state=NetworkState.PAUSED,
        reasons=(INTERNET, PauseReason(kind=ReasonKind.FEED, scope="BTC/USDT")),
        detail="connection refused",
        epoch=1,
        since=SINCE,
        retry_in_seconds=8.0,
        wait_ends_in_seconds=280.0,
        ages=make_ages(20),
    )
    return replace(plain, **changes)


def make_outage(outage_id: int = 1, **changes: Any) -> Outage:
    plain = Outage(
        id=outage_id,
        source_id="simulated:7",
        begun_at=NOON - timedelta(minutes=30),
        ended_at=NOON - timedelta(minutes=12),
        reasons=("internet", "feed:BTC/USDT"),
        detail="no answer within 3 s",
        held_back=(
            HeldBack(account="demo", what="exits", count=1_041),
            HeldBack(account="demo", what="signals", count=2),
        ),
        levels_crossed=(
            CrossedLevel(
                account="demo",
                symbol="BTC/USDT",
                level="stop_loss",
                price=Decimal("44100.00"),
                position_id=1,
                order_id=None,
                crossed_at=NOON - timedelta(minutes=20),
            ),
        ),
    )
    return replace(plain, **changes)
