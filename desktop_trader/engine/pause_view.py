"""The network pause as everybody outside the engine sees it, made at one moment."""

from datetime import datetime, timedelta
from math import inf

from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.messages.network import NetworkState, NetworkView, SymbolAge


def network_view(
    pause: NetworkPause,
    now: float,
    *,
    at: datetime,
    epoch: int,
    rejected: tuple[tuple[str, int], ...] = (),
) -> NetworkView:
    """Return the view of a moment: `at` is its market time, `epoch` the gate's.

    `rejected` counts rejected ticks by kind; where nobody tells, they are counted by symbol.
    """
    core, line, loss = pause.core, pause.line, pause.decisions.loss
    is_waiting = core.state in {NetworkState.PAUSED, NetworkState.REVIEW}
    schedule = core.schedule
    return NetworkView(
        at=at,
        state=core.state,
        reasons=core.reasons,
        detail=core.detail,
        epoch=epoch,
        since=core.since_at,
        retry_in_seconds=_left(schedule.next_at, now) if is_waiting else None,
        wait_ends_in_seconds=_left(schedule.wait_ends_at, now) if is_waiting else None,
        checks=core.checks,
        stable_seconds=core.stability.seconds(now),
        stable_needed_seconds=core.stability.needed_seconds,
        simulated_loss=loss.is_on,
        loss_ends_in_seconds=None if loss.ends_at == inf else _left(loss.ends_at, now),
        has_line=pause.has_line,
        latency_ms=None if line.latency_seconds is None else line.latency_seconds * 1000,
        heard_seconds=_ago(line.heard_at, now),
        clock_skew_seconds=line.skew_seconds,
        clock_compared_seconds=_ago(line.compared_at, now),
        rejected_ticks=rejected or tuple(sorted(line.feed.rejected.items())),
        ages=_ages(pause, now, at),
    )


def stale_symbols(pause: NetworkPause, now: float) -> tuple[str, ...]:
    """Return every symbol that has ticked once and is stale now."""
    if _is_as_fresh_as_its_market(pause):
        return ()
    feed = pause.line.feed
    return tuple(
        symbol
        for symbol, watch in feed.symbols.items()
        if watch.received is not None and not feed.is_fresh(symbol, now)
    )


def _is_as_fresh_as_its_market(pause: NetworkPause) -> bool:
    """Nobody notes the ticks of a market that needs no network while it runs: none can be late."""
    return not pause.has_line and pause.core.is_open


def _left(until: float | None, now: float) -> float | None:
    return None if until is None else max(0.0, until - now)


def _ago(then: float, now: float) -> float | None:
    return None if then == -inf else max(0.0, now - then)


def _ages(pause: NetworkPause, now: float, at: datetime) -> tuple[SymbolAge, ...]:
    if _is_as_fresh_as_its_market(pause):
        return ()
    feed = pause.line.feed
    ages = []
    for symbol, watch in feed.symbols.items():
        limit = feed.stale_limit(symbol)
        received = watch.received
        ages.append(
            SymbolAge(
                symbol=symbol,
                source_at=watch.source_at,
                received_at=None if received is None else at - timedelta(seconds=now - received),
                limit_seconds=limit,
                is_stale=not feed.is_fresh(symbol, now),
            )
        )
    return tuple(ages)
