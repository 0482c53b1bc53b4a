"""The bar that is still forming, built from quotes until the market closes it. For drawing only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.domain.money import ZERO

_SEEN_FROM_THE_START = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormingCandle:
    """Opening time and prices so far; the volume is that of the last bar the market told of."""

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO

    @classmethod
    def from_bar(cls, bar: Bar) -> "FormingCandle":
        """Go on from a bar as it was last told."""
        return cls(
            opened_at=bar.opened_at, open=bar.open, high=bar.high, low=bar.low, close=bar.close, volume=bar.volume
        )

    def after(self, quote: Quote, timeframe: Timeframe) -> "FormingCandle":
        """Return the candle with one more print: the same bar moved on, or the first of the next one.

        A bar that was under way already when its first print came here opens where the one before it closed, which is
        closer to the truth than the middle of its range.
        """
        starts_at = timeframe.bar_start(quote.at)
        price = quote.last
        if starts_at <= self.opened_at:
            return FormingCandle(
                opened_at=self.opened_at,
                open=self.open,
                high=max(self.high, price),
                low=min(self.low, price),
                close=price,
                volume=self.volume,
            )
        was_missed = quote.at - starts_at > _SEEN_FROM_THE_START
        opening = self.close if was_missed and starts_at == self.opened_at + timeframe.duration else price
        return FormingCandle(
            opened_at=starts_at, open=opening, high=max(opening, price), low=min(opening, price), close=price
        )
