"""What a line to a market tells, as the network pause takes it: the `feeds.market_line.LineListener` of a market."""

from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.errors import ExchangeError, ExchangeRefusedError
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine import pause_reasons as r
from desktop_trader.engine.pause_decisions import PauseDecisions
from desktop_trader.engine.pause_times import PauseTimes
from desktop_trader.engine.stability import Book
from desktop_trader.messages.network import NetworkState, ReasonKind
from desktop_trader.settings import PauseSettings

_WATCHED = frozenset({NetworkState.RUNNING, NetworkState.SUSPECT, NetworkState.STABILISING})


class LineEars:
    """Takes what is met into `line`, and lets `decisions` judge it. Every `now` is monotonic seconds."""

    def __init__(self, settings: PauseSettings, decisions: PauseDecisions) -> None:
        """Listen for one market."""
        self.core = decisions.core
        self.line = decisions.line
        self.decisions = decisions
        self.times = PauseTimes(settings, decisions)
        self._clock_warn = float(settings.clock_warn)
        self._is_skew_told = False

    def on_tick(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """A good quote came; the market made it at `source_at`."""
        was_live = self.line.feed.is_live(symbol, now)
        self.line.tick(symbol, now, source_at=source_at)
        state = self.core.state
        if state is NetworkState.SUSPECT:
            self.decisions.clear_if_good(now)
        elif not self.line.feed.stays_fresh(symbol, now):
            return  # It came late: it shows nothing about now, and is not waited with for more of its kind.
        elif state is NetworkState.STABILISING:
            self.core.stability.count(symbol)
        elif state is NetworkState.PAUSED and self._may_hope(symbol):
            if was_live:
                self.decisions.blame_exchange(now)
            self.core.schedule.take_hint(now)

    def on_price(self, symbol: str, price: Decimal, *, now: float, book: Book | None = None) -> None:
        """The price of a quote that is worked off, and its bid and ask: two that lie far apart are not stable."""
        if self.core.state is NetworkState.STABILISING and self.core.stability.jump(symbol, price, book=book):
            self.core.lose_stability(f"the price of {symbol} jumped", now)

    def on_bad_tick(self, symbol: str, now: float, *, why: str, holds: bool = False) -> None:
        """A quote was rejected: not a number, crossed, old, a spike. `holds`: nothing acts before the next good one."""
        too_many = self.line.feed.reject(symbol, now)
        if symbol not in self.line.feed.needed:
            return
        if self.core.state is NetworkState.STABILISING:
            self.core.lose_stability(f"a bad price of {symbol}: {why}", now)
        elif self.core.state is NetworkState.RUNNING and (too_many or holds):
            self.decisions.suspect(f"bad prices of {symbol}: {why}", now, symbols=(symbol,))
        elif self.core.state is NetworkState.SUSPECT and holds and symbol not in self.decisions.suspects:
            suspects = (*self.decisions.suspects, symbol)
            self.decisions.suspect(f"bad prices of {symbol}: {why}", now, symbols=suspects)

    def on_call_succeeded(self, now: float, *, latency_seconds: float) -> None:
        """A call or a stream answered with something that can be believed."""
        self.line.answer(now, latency_seconds)
        self.decisions.clear_if_good(now)

    def on_call_failed(self, error: ExchangeError, now: float) -> None:
        """A call or a stream failed. A definite refusal of what was asked is an answer like any other."""
        if isinstance(error, ExchangeRefusedError):
            self.line.answer(now)
        elif self.line.fail(error, now):
            self.decisions.judge_failure(error, now, is_probe=False)

    def on_clock_compared(self, skew_seconds: float, now: float) -> None:
        """The exchange's clock is this far ahead (+) of ours, half of the round trip allowed for."""
        self.line.skew_seconds, self.line.compared_at = skew_seconds, now
        size = abs(skew_seconds)
        text = f"This computer's clock and the exchange's are {size:.1f} s apart"
        if not self.decisions.is_clock_right and self.core.state in _WATCHED:
            self.decisions.pause([r.CLOCK, *self.core.reasons], f"{text}; set the clock", now=now)
        elif size > self._clock_warn and not self._is_skew_told:
            self.core.actions.append(a.TellPerson(message=text))
        self._is_skew_told = size > self._clock_warn

    def _may_hope(self, symbol: str) -> bool:
        """A tick is a sign of life where ticks were missing; where the exchange refuses, it says nothing."""
        kinds = {reason.kind for reason in self.core.reasons}
        return symbol in self.line.feed.needed and kinds <= {ReasonKind.INTERNET, ReasonKind.FEED}
