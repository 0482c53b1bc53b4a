"""The way to a market outside, as whoever hosts an engine sees it: what it does, and whom it tells what it meets.

A line and its listener live in one asyncio loop; `now` is that loop's monotonic time in seconds.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.messages.network import CheckView


class LineListener(Protocol):
    """Hears what a line meets; the network pause decides what that means. Nothing here may take long."""

    def on_tick(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """A good quote came; the market made it at `source_at`."""
        ...

    def on_bad_tick(self, symbol: str, now: float, *, why: str, holds: bool = False) -> None:
        """A quote was rejected: not a number, crossed, old, a spike.

        `holds`: the price may be right, so that nothing acts on the one before it until it is confirmed or gone.
        """
        ...

    def on_call_succeeded(self, now: float, *, latency_seconds: float) -> None:
        """A call or a stream answered with something that can be believed."""
        ...

    def on_call_failed(self, error: ExchangeError, now: float) -> None:
        """A call or a stream failed."""
        ...

    def on_clock_compared(self, skew_seconds: float, now: float) -> None:
        """The exchange's clock is this far ahead (+) of ours, half of the round trip allowed for."""
        ...


class MarketLine(Protocol):
    """Brings events of a market to its feed. `run` until cancelled; what the world does ends nothing here."""

    def listen(self, listener: LineListener) -> None:
        """Tell `listener` what is met from now on."""
        ...

    def wake_by(self, wake: Callable[[], None]) -> None:
        """Call `wake`, in the loop's thread, whenever the feed has something to pull."""
        ...

    def need(self, symbols: Collection[str]) -> None:
        """Let no other symbol's prices come before those of `symbols`: nothing is decided without them."""
        ...

    def untraded(self, symbols: Collection[str]) -> Collection[str]:
        """Return those of `symbols` that the market does not list any more, or does not trade at present."""
        ...

    def rejected_ticks(self) -> Sequence[tuple[str, int]]:
        """Return how many quotes were rejected since the start, by kind, in words for people."""
        ...

    async def run(self) -> None:
        """Stream or poll what the feed follows, fetch what it lacks, and tell the listener; never returns by itself."""
        ...

    async def probe(self) -> None:
        """Ask the cheapest question there is.

        Raises:
            ExchangeError: it was not answered, or not with something that can be believed.
        """
        ...

    async def verify(
        self, needed: Sequence[str], *, on_check: Callable[[CheckView], None] | None = None
    ) -> Sequence[CheckView]:
        """Look at everything trading rests on, for the symbols needed; the first check that fails is the last.

        `on_check` hears of each check twice: when it begins (`ok` is None), and how it ended. One verification at a
        time: another one waits for its turn. Nothing is raised but by cancelling it; how long it may take is up to
        the caller.
        """
        ...

    def now(self) -> datetime | None:
        """Return the exchange's time as far as it is known, going on with the monotonic clock; None before that."""
        ...

    def cut(self) -> None:
        """Behave as if the network were gone: nothing arrives, every call fails."""
        ...

    def mend(self) -> None:
        """Let the network be there again."""
        ...

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        ...
