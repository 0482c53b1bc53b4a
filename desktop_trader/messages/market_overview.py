"""What every market of an exchange cost and did in the last 24 hours, a row each: for watchlist and symbol search."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerRow:
    """One market in brief; what is unknown is None, never zero.

    `change_percent_24h` is signed, of the price 24 hours before; `quote_volume_24h` is in quote currency. `at` is when
    the market said so.
    """

    symbol: str
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    change_percent_24h: Decimal | None
    quote_volume_24h: Decimal | None
    at: datetime | None
