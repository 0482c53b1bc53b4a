"""Whether a price of a market outside is too old to act on, measured against what its symbol usually takes.

Elsewhere market time is the clock: there every price is as new as its market.
"""

from datetime import datetime, timedelta

from desktop_trader.engine.clock import MarketClock
from desktop_trader.engine.marks import Marks
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine.trading_gate import TradingGate

_GAPS = 5


class PriceAge:
    """Judges the prices of one account by when the market made them, whenever they came. One thread."""

    def __init__(self, feed: MarketFeed, gate: TradingGate, *, clock: MarketClock, marks: Marks) -> None:
        """Measure against `clock`, which on a market outside follows the exchange's."""
        self._feed = feed
        self._gate = gate
        self._clock = clock
        self._marks = marks

    def is_too_old(self, symbol: str, made_at: datetime) -> bool:
        """Say whether nothing may be decided or filled at a price of that time."""
        age = self._clock.present() - made_at
        return age >= timedelta(seconds=self._gate.stale_after) and age >= self._limit(symbol)

    def why_none(self, symbol: str) -> str:
        """Say why there is no price that an order could be placed at now; "" where there is one."""
        quote = self._marks.quotes.get(symbol)
        if quote is None:
            is_known = not self._feed.is_live and self._marks.price(symbol) is not None
            return "" if is_known else f"{symbol} has no price yet; wait for the first one"
        if not self._feed.is_live or not self.is_too_old(symbol, quote.at):
            return ""
        seconds = (self._clock.present() - quote.at).total_seconds()
        return f"the newest price of {symbol} is {_span(seconds)} old; wait for a new one"

    def _limit(self, symbol: str) -> timedelta:
        gap = self._feed.cadence(symbol)
        return timedelta(0) if gap is None else _GAPS * gap


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
