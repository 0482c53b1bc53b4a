"""What there is to show of a market's connection, and when it has to be shown at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from desktop_trader.assembly import Trader
from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.engine.pause_view import network_view, stale_symbols
from desktop_trader.messages.network import NetworkState, NetworkView

BEAT_SECONDS = 1.0
"""Seconds that are counted down, and prices that grow old, are looked at so often."""
_BUSY_SECONDS = 0.25
"""How stable it has been is shown so often."""
_BUSY = frozenset({NetworkState.VERIFYING, NetworkState.STABILISING})


class NetworkShow:
    """Counts in `version` what has to be shown at once, and makes the view. One thread."""

    def __init__(
        self,
        trader: Trader,
        pause: NetworkPause,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """Show nothing new yet; `now` is the market's time."""
        self._trader = trader
        self._pause = pause
        self._monotonic = monotonic
        self._now = now
        self._shown: tuple[object, ...] = ()
        self._stale: tuple[str, ...] = ()
        self._looked_at = monotonic()
        self._stopped: tuple[datetime, float] | None = None
        self._seen: tuple[NetworkView | None, int, float] = (None, -1, 0.0)
        self.version = 0

    @property
    def seconds_between(self) -> float:
        """How often something new is to be shown, where nothing else happens."""
        return _BUSY_SECONDS if self._pause.state in _BUSY else BEAT_SECONDS

    def look(self, now: float) -> None:
        """See whether there is something new; `now` is monotonic seconds."""
        core = self._pause.core
        if core.since is None:
            core.since_at = self._stopped = None
        elif core.since_at is None:
            core.since_at = self._now()
            self._stop(core.since_at, now)
        is_lost = self._pause.decisions.loss.is_on
        shown = (core.state, core.reasons, core.detail, core.checks, core.since, is_lost)
        if shown == self._shown and now - self._looked_at < self.seconds_between:
            return
        if shown != self._shown or core.state is not NetworkState.RUNNING or self._has_aged(now):
            self.version += 1
        self._shown, self._looked_at = shown, now

    def view(self) -> NetworkView:
        """Return how things stand; of a market outside one view is good for a moment, as it may follow thousands."""
        now, line = self._monotonic(), self._trader.line
        view, version, seen_at = self._seen
        if view is not None and version == self.version and now - seen_at < _BUSY_SECONDS:
            return view
        rejected = () if line is None else tuple(line.rejected_ticks())
        view = network_view(
            self._pause, now, at=self._moment(now), epoch=self._trader.floor.gate.epoch, rejected=rejected
        )
        if line is not None:
            self._seen = (view, self.version, now)
        return view

    def _stop(self, at: datetime, now: float) -> None:
        """Count ages from here on a market without a line: while it runs nobody notes when its prices came."""
        if self._trader.line is not None:
            return
        self._stopped = (at, now)
        for quote in self._trader.engine.desk.marks.quotes.values():
            self._pause.line.feed.stand_still(quote.symbol, now, source_at=quote.at)

    def _moment(self, now: float) -> datetime:
        """Return the market's time: where it passes unseen, what it was with the time since then."""
        at = self._now()
        if self._stopped is None or self._stopped[0] != at:
            return at
        return at + timedelta(seconds=now - self._stopped[1])

    def _has_aged(self, now: float) -> bool:
        """Say whether a price has become stale, or fresh again, since this was asked last."""
        stale, self._stale = self._stale, stale_symbols(self._pause, now)
        return stale != self._stale
