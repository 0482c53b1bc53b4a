"""Requests for bars, and their answers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.market import Bar, Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRequest:
    """Ask for the newest `limit` bars of a symbol, and the fills of an account among them.

    `request_id` comes back with the answer; no `account` means the one the process was started with.
    """

    request_id: str
    symbol: str
    timeframe: Timeframe
    limit: int = 300
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillMark:
    """A fill to be drawn on the chart."""

    at: datetime
    side: str
    price: Decimal
    quantity: Decimal
    position_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartData:
    """Bars, oldest first, and our fills among them; the last bar may be one that has not closed yet."""

    request_id: str
    symbol: str
    timeframe: Timeframe
    bars: tuple[Bar, ...]
    fills: tuple[FillMark, ...] = ()
    error: str = ""
