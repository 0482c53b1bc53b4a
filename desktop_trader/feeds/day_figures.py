"""What a market did in the last 24 hours, worked out of its own bars: for feeds that nobody tells it."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import HUNDRED, ZERO
from desktop_trader.messages.market_overview import TickerRow

DAY = timedelta(days=1)
_PERCENT_STEP = Decimal("0.0001")


def change_percent(last: Decimal, before: Decimal) -> Decimal:
    """Return the signed change from one price to another in percent, four decimals."""
    return ((last - before) / before * HUNDRED).quantize(_PERCENT_STEP)


def row_of_bars(newest: Bar, *, before: Decimal | None, of_day: Sequence[Bar]) -> TickerRow:
    """Return the row of a market that has bars alone.

    `before` is the price 24 hours earlier and `of_day` the bars since; where `before` is unknown, so are change and
    volume. The volume is that of the bars at their closing prices.
    """
    is_known = before is not None
    return TickerRow(
        symbol=newest.symbol,
        last=newest.close,
        bid=None,
        ask=None,
        change_percent_24h=None if before is None else change_percent(newest.close, before),
        quote_volume_24h=sum((bar.volume * bar.close for bar in of_day), ZERO) if is_known else None,
        at=newest.closed_at,
    )
