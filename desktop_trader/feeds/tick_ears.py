"""What a line does with every quote that comes, from wherever: judged, handed on, told."""

from collections.abc import Callable
from datetime import datetime, timedelta

from desktop_trader.domain.market import Quote
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.tick_filter import TickFault

_HORIZON = timedelta(seconds=5)
"""A tick from further ahead of the exchange's clock, or of ours, is no news from the future, it is nonsense."""
_ORDINARY_LIMIT = 30
_ORDINARY_SECONDS = 60.0
_GAP = timedelta(minutes=1)


class TickEars:
    """Hears quotes. `gap_since` is since when none came, until the bars of that time are fetched. One loop."""

    def __init__(self, ground: LineGround) -> None:
        """Hear nothing yet; `wake` is called when the engine has something to pull."""
        self.wake: Callable[[], None] = _nobody
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._now = ground.now
        self._wall = ground.wall
        self._ordinary: list[float] = []
        self._heard_at: datetime | None = None
        self._gap_since: datetime | None = None

    def take(self, quote: Quote, answered_at: datetime | None = None) -> TickFault | None:
        """Judge a quote, hand it to the engine, and tell the listener of it; return why it is not believed.

        `answered_at` is the exchange's time of the answer; None for what was pushed.
        """
        now, server_now = self._clock.monotonic(), self._now()
        wall = self._wall()  # whichever of the two clocks is wrong, a time that both allow poisons nothing
        horizon = (wall if server_now is None else min(wall, server_now)) + _HORIZON
        fault = self._feed.take_quote(quote, came_at=now, horizon=horizon, answered_at=answered_at)
        listener = self._calls.listener
        if fault is None:
            self._note_gap(server_now)
            believed = self._feed.filter.last(quote.symbol) or quote
            listener.on_tick(quote.symbol, now, source_at=believed.at)
            self.wake()
        elif fault.is_bad:
            listener.on_bad_tick(quote.symbol, now, why=fault.value, holds=fault is TickFault.SPIKE)
        elif fault is not TickFault.REPEATED and self._is_flood(now):
            listener.on_bad_tick(quote.symbol, now, why=f"{_ORDINARY_LIMIT} useless ones in a minute: {fault.value}")
        return fault

    def reject(self, symbol: str, why: str) -> None:
        """A stream gave something that is no price."""
        self._feed.filter.count_unreadable()
        self._calls.listener.on_bad_tick(symbol, self._clock.monotonic(), why=why)

    def gap_since(self) -> datetime | None:
        """Return since when, by the exchange's time, prices may have been missed; None before the first."""
        return self._gap_since or self._heard_at

    def forget_gap(self) -> None:
        """The bars of the gap are fetched."""
        self._gap_since = None

    def _note_gap(self, server_now: datetime | None) -> None:
        before, self._heard_at = self._heard_at, server_now
        if before is not None and server_now is not None and server_now - before > _GAP:
            self._gap_since = self._gap_since or before
            self._feed.gaps.begin_anew()

    def _is_flood(self, now: float) -> bool:
        """Count a late or unordered tick; say whether there are too many of them by now."""
        self._ordinary = [at for at in self._ordinary if now - at <= _ORDINARY_SECONDS]
        self._ordinary.append(now)
        if len(self._ordinary) < _ORDINARY_LIMIT:
            return False
        self._ordinary.clear()
        return True


def _nobody() -> None:
    """Nobody pulls yet."""
