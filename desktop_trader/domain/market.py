"""Prices as they come in: timeframes, quotes and bars. Times are aware UTC and come from the market itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

_NAMED_INSTANTS = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(_NAMED_INSTANTS)
def instant_text(at: datetime) -> str:
    """Return an aware UTC instant as the books spell it (ISO 8601, `+00:00`).

    One market event names its instant a dozen times over, and spelling it is slow; so the last ones are remembered.
    """
    return at.isoformat()


class Timeframe(StrEnum):
    """The length of a bar, spelled as every exchange spells it."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return _SECONDS[self]

    @property
    def duration(self) -> timedelta:
        """Length as a time span."""
        return _DURATIONS[self]

    def bar_start(self, at: datetime) -> datetime:
        """Return when the bar that contains `at` opened; bars start at multiples of their length since the epoch."""
        seconds = int((at - _EPOCH).total_seconds())
        return _EPOCH + timedelta(seconds=seconds - seconds % self.seconds)


_SECONDS = {
    Timeframe.M1: 60,
    Timeframe.M5: 300,
    Timeframe.M15: 900,
    Timeframe.M30: 1800,
    Timeframe.H1: 3600,
    Timeframe.H4: 14_400,
    Timeframe.D1: 86_400,
}
_DURATIONS = {timeframe: timedelta(seconds=seconds) for timeframe, seconds in _SECONDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Best bid and ask and the last print of one symbol, with the time the market gave it (`at`).

    All prices > 0 and bid <= ask; whoever makes a quote has checked that. `mark` is what the exchange values open
    positions of a swap with and liquidates by; None where the market names none, and the last print counts.
    """

    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime
    mark: Decimal | None = None

    @property
    def mark_price(self) -> Decimal:
        """What open positions are valued with."""
        return self.last if self.mark is None else self.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLevel:
    """So much (`size` > 0, base currency or contracts) waits at this price."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """What waits at an exchange at one moment: bids from the highest down, asks from the lowest up."""

    symbol: str
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRate:
    """What longs pay shorts (rate > 0) or are paid (rate < 0) at `at`: a fraction of the notional at `mark_price`.

    `is_estimate`: the time has not come yet, and both may still move.
    """

    symbol: str
    at: datetime
    rate: Decimal
    mark_price: Decimal
    is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One closed candle. low <= open, close <= high; all > 0; `volume` in base currency."""

    symbol: str
    timeframe: Timeframe
    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def closed_at(self) -> datetime:
        """The end of the bar: its opening time plus its timeframe."""
        return self.opened_at + self.timeframe.duration


MarketEvent = Quote | Bar | FundingRate
"""What a market brings, in the order in which it happened."""


class PriceSource(StrEnum):
    """What paper orders fill against: every single quote, or the open and the range of whole bars."""

    QUOTES = "quotes"
    BARS = "bars"
