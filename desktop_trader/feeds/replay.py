"""Recorded bars, played again as a market: every bar once, in order, at the pace of whoever pulls.

A swap may bring its recorded mark prices and funding rates. A rate comes after the bars that closed by then and before
all others; one that lies inside a bar comes before that bar.

The rules of what is traded are those that a replay is recomputed by: the same for everyone, whatever an exchange
asked on the day.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument, InstrumentKind, parse_symbol
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.money import SCALE
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.candle_file import CandleSeries, read_candles
from desktop_trader.feeds.day_figures import DAY, row_of_bars
from desktop_trader.feeds.recorded_funding import (
    FundingSeries,
    RecordedMarks,
    check_is_swap,
    read_funding_rates,
    read_marks,
)
from desktop_trader.messages.market_overview import TickerRow

_FEE_RATE = Decimal("0.001")
_MINIMUM_NOTIONAL = Decimal(5)
_DOLLARS = frozenset({"USDT", "USDC", "USD"})
_TICK_SIZES = {"BTC": Decimal("0.01"), "ETH": Decimal("0.01"), "SOL": Decimal("0.01"), "XRP": Decimal("0.0001")}
_LOT_SIZES = {"BTC": Decimal("0.00001"), "ETH": Decimal("0.0001"), "SOL": Decimal("0.001"), "XRP": Decimal("0.1")}
_OTHER_LOT_SIZE = Decimal("0.0001")
_opened_at = attrgetter("opened_at")
_at = attrgetter("at")


class ReplayFeed(BareMarket):
    """A `MarketFeed` over a `CandleSeries`: bars of one symbol and timeframe, each at its closing time, and funding.

    Gaps stay gaps. All bars come, whether subscribed or not: they are the only prices there are. Belongs to one
    thread.
    """

    fills_on: PriceSource = PriceSource.BARS
    is_live = False

    def __init__(
        self, series: CandleSeries, *, marks: RecordedMarks | None = None, funding: FundingSeries | None = None
    ) -> None:
        """Stand before the first bar, with what was recorded beside the bars."""
        content = series.content_hash
        content += "" if marks is None else f"+mark-prices={marks.content_hash}"
        content += "" if funding is None else f"+funding-rates={funding.content_hash}"
        self.source_id = f"replay:{content}:{series.symbol}:{series.timeframe}"
        self._series = series
        self._bars = series.bars
        self._count = len(series.bars)
        self._position = 0
        self._marks = marks
        self._rates = () if funding is None else self._events_of(funding)
        self._rate_position = 0
        self._interval = None if funding is None else funding.interval

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        symbol: str,
        timeframe: Timeframe,
        mark_prices: Path | None = None,
        funding_rates: Path | None = None,
    ) -> "ReplayFeed":
        """Read a CSV file, and those of a swap beside it, and return the feed over them.

        Raises:
            InvalidInputError: the symbol is none, no file is named, there is no such file, it has another timeframe,
                or mark prices or funding rates are named for a spot market.
            MarketDataError: the content of a file cannot be read or believed.
        """
        if path == Path():
            raise InvalidInputError("a replay needs the name of a CSV file, such as replay:candles.csv")
        symbol = parse_symbol(symbol)
        if mark_prices is not None or funding_rates is not None:
            check_is_swap(symbol)
        return cls(
            read_candles(path, symbol=symbol, timeframe=timeframe),
            marks=None if mark_prices is None else read_marks(mark_prices, symbol=symbol),
            funding=None if funding_rates is None else read_funding_rates(funding_rates),
        )

    @property
    def starts_at(self) -> datetime:
        """When the first bar opened."""
        return self._bars[0].opened_at

    def instruments(self) -> Sequence[Instrument]:
        """Return the one instrument, with the rules of a replay."""
        return [replay_instrument(self._series, funding_interval=self._interval)]

    def listing(self) -> Mapping[str, Instrument]:
        """Return the one instrument by its symbol."""
        return {each.symbol: each for each in self.instruments()}

    def cadence(self, symbol: str) -> timedelta | None:
        """Return that nothing is declared: recorded bars are as slow as they are asked to be."""
        return None

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return what the one market cost and did by the bars that had closed by then; nothing before the first."""
        width = self._series.timeframe.duration
        stop = bisect_right(self._bars, at - width, key=_opened_at)
        if stop == 0:
            return ()
        start = bisect_right(self._bars, at - DAY - width, key=_opened_at)
        before = self._bars[start - 1].close if start else None
        return (row_of_bars(self._bars[stop - 1], before=before, of_day=self._bars[start:stop]),)

    def want_overview(self, seconds: float) -> None:
        """Take note of nothing: it is always as fresh as the bars."""

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        """Check that these bars are what is played; there is nothing to switch on.

        Raises:
            InvalidInputError: another symbol or timeframe is asked for.
        """
        self._require(symbol, timeframe)

    def resume(self, at: datetime) -> None:
        """Go to the first bar that opened at or after a market time, and to the first rate due then or later."""
        self._position = bisect_left(self._bars, at, key=_opened_at)
        self._rate_position = bisect_left(self._rates, at, key=_at)

    def peek_time(self) -> datetime | None:
        """Return when the next bar closes or the next rate is due, or None after the last."""
        if self._rates and self._is_rate_next():
            return self._rates[self._rate_position].at
        if self._position >= self._count:
            return None
        return self._bars[self._position].closed_at

    def next_event(self) -> MarketEvent | None:
        """Return the next bar or rate, or None after the last."""
        if self._rates and self._is_rate_next():
            self._rate_position += 1
            return self._rates[self._rate_position - 1]
        position = self._position
        if position >= self._count:
            return None
        self._position = position + 1
        return self._bars[position]

    def mark_bar(self, bar: Bar) -> Bar | None:
        """Return what was known of the recorded mark price during a bar; None where none was recorded."""
        return None if self._marks is None else self._marks.during(bar)

    def funding_rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return the recorded rates that were due after one market time and until another, oldest first."""
        self._require(symbol, None)
        return self._rates[bisect_right(self._rates, after, key=_at) : bisect_right(self._rates, until, key=_at)]

    def next_funding(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return when a recorded rate is due next, at the rate of the last one: the next one nobody knew then."""
        self._require(symbol, None)
        index = bisect_right(self._rates, at, key=_at)
        mark = self._mark_at(at)
        if not 0 < index < len(self._rates) or mark is None:
            return None
        known, due = self._rates[index - 1], self._rates[index]
        return FundingRate(symbol=symbol, at=due.at, rate=known.rate, mark_price=mark, is_estimate=True)

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars of the file that closed at or before `before`, oldest first.

        Raises:
            InvalidInputError: another symbol or timeframe is asked for.
        """
        self._require(symbol, timeframe)
        stop = bisect_right(self._bars, before - timeframe.duration, key=_opened_at)
        return self._bars[max(stop - max(limit, 0), 0) : stop]

    def _is_rate_next(self) -> bool:
        if self._rate_position >= len(self._rates):
            return False
        return (
            self._position >= self._count or self._rates[self._rate_position].at < self._bars[self._position].closed_at
        )

    def _events_of(self, funding: FundingSeries) -> tuple[FundingRate, ...]:
        """Return the rates that fall into the recorded time, each with the mark known then."""
        first, last = self._bars[0].opened_at, self._bars[-1].closed_at
        rates = [each for each in funding.rates if first <= each.at <= last]
        marks = [self._mark_at(each.at) for each in rates]
        symbol = self._series.symbol
        return tuple(
            FundingRate(symbol=symbol, at=each.at, rate=each.rate, mark_price=mark)
            for each, mark in zip(rates, marks, strict=True)
            if mark is not None
        )

    def _mark_at(self, at: datetime) -> Decimal | None:
        """Return the mark known at a time: the recorded one, else what the last bar closed with by then."""
        mark = None if self._marks is None else self._marks.at(at)
        if mark is not None:
            return mark
        index = bisect_right(self._bars, at - self._series.timeframe.duration, key=_opened_at) - 1
        return self._bars[index].close if index >= 0 else None

    def _require(self, symbol: str, timeframe: Timeframe | None) -> None:
        series = self._series
        if symbol != series.symbol or timeframe not in (None, series.timeframe):
            asked = symbol if timeframe is None else f"{symbol} {timeframe}"
            raise InvalidInputError(f"this replay has {series.symbol} {series.timeframe} only, not {asked}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    base: str
    quote: str
    settle: str
    kind: InstrumentKind


def replay_instrument(series: CandleSeries, *, funding_interval: timedelta | None = None) -> Instrument:
    """Return the rules of a replay for a series: fee 0.1 % both ways, minimum notional 5, known ticks and lots.

    A swap has contracts of one coin and the standard tiers of margin. A market without a known tick gets the finest
    step that its prices show, 10^-8 at the finest.
    """
    parts = _split(series.symbol)
    known_tick = _TICK_SIZES.get(parts.base) if parts.quote in _DOLLARS else None
    return Instrument(
        symbol=series.symbol,
        base=parts.base,
        quote=parts.quote,
        settle=parts.settle,
        kind=parts.kind,
        tick_size=known_tick or _finest_step(series.bars),
        lot_size=_LOT_SIZES.get(parts.base, _OTHER_LOT_SIZE),
        minimum_notional=_MINIMUM_NOTIONAL,
        maker_fee_rate=_FEE_RATE,
        taker_fee_rate=_FEE_RATE,
        funding_interval=funding_interval,
    )


def _split(symbol: str) -> _Parts:
    pair, _, settle = symbol.partition(":")
    base, _, quote = pair.partition("/")
    kind = InstrumentKind.SWAP if settle else InstrumentKind.SPOT
    return _Parts(base=base, quote=quote, settle=settle or quote, kind=kind)


def _finest_step(bars: Sequence[Bar]) -> Decimal:
    decimals = 0
    for bar in bars:
        for price in (bar.open, bar.high, bar.low, bar.close):
            exponent = price.normalize().as_tuple().exponent
            if isinstance(exponent, int):
                decimals = max(decimals, -exponent)
    return Decimal(1).scaleb(-min(decimals, SCALE))
