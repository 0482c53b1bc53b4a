"""Requests for bars, and their answers."""

from array import array
from dataclasses import dataclass, field
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
    """A fill to be drawn on the chart; of an order unknown its `order_id` is 0."""

    at: datetime
    side: str
    price: Decimal
    quantity: Decimal
    position_id: int
    order_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartData:
    """Bars, oldest first, and our fills among them; the last bar may be one that has not closed yet.

    `newest_at` is when the newest closed bar closed, None where there is none. `is_behind` says that another one has
    closed since and is on its way; `note` up to when there are bars, once that takes longer than it should.
    """

    request_id: str
    symbol: str
    timeframe: Timeframe
    bars: tuple[Bar, ...]
    fills: tuple[FillMark, ...] = ()
    error: str = ""
    newest_at: datetime | None = None
    is_behind: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderBarsRequest:
    """Ask for up to `limit` closed bars that opened before `before`: somebody looks further back."""

    request_id: str
    symbol: str
    timeframe: Timeframe
    before: datetime
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderBars:
    """The answer to `OlderBarsRequest`, as numbers to draw: columns of the same length, oldest first.

    `opened_at` is in whole seconds since 1970. None at all means that there is nothing older here, as yet; `note` says
    what is done about that, or can be.
    """

    request_id: str
    symbol: str
    timeframe: Timeframe
    opened_at: "array[int]" = field(default_factory=lambda: array("q"))
    open: "array[float]" = field(default_factory=lambda: array("d"))
    high: "array[float]" = field(default_factory=lambda: array("d"))
    low: "array[float]" = field(default_factory=lambda: array("d"))
    close: "array[float]" = field(default_factory=lambda: array("d"))
    volume: "array[float]" = field(default_factory=lambda: array("d"))
    error: str = ""
    note: str = ""
