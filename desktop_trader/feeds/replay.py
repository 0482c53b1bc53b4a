"""Recorded bars, played again as a market: every bar once, in order, at the pace of whoever pulls.

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
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.money import SCALE
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.candle_file import CandleSeries, read_candles
from desktop_trader.feeds.day_figures import DAY, row_of_bars
from desktop_trader.messages.market_overview import TickerRow

_FEE_RATE = Decimal("0.001")
_MINIMUM_NOTIONAL = Decimal(5)
_DOLLARS = frozenset({"USDT", "USDC", "USD"})
_TICK_SIZES = {"BTC": Decimal("0.01"), "ETH": Decimal("0.01"), "SOL": Decimal("0.01"), "XRP": Decimal("0.0001")}
_LOT_SIZES = {"BTC": Decimal("0.00001"), "ETH": Decimal("0.0001"), "SOL": Decimal("0.001"), "XRP": Decimal("0.1")}
_OTHER_LOT_SIZE = Decimal("0.0001")
_opened_at = attrgetter("opened_at")


class ReplayFeed(BareMarket):
    """A `MarketFeed` over a `CandleSeries`: bars only, of one symbol and timeframe, each at its closing time.

    Gaps stay gaps. All bars come, whether subscribed or not: they are the only prices there are. Belongs to one
    thread.
    """

    fills_on: PriceSource = PriceSource.BARS
    is_live = False

    def __init__(self, series: CandleSeries) -> None:
        """Stand before the first bar."""
        self.source_id = f"replay:{series.content_hash}:{series.symbol}:{series.timeframe}"
        self._series = series
        self._bars = series.bars
        self._count = len(series.bars)
        self._position = 0

    @classmethod
    def open(cls, path: Path, *, symbol: str, timeframe: Timeframe) -> "ReplayFeed":
        """Read a CSV file and return the feed over it.

        Raises:
            InvalidInputError: the symbol is none, no file is named, there is no such file, or it has another timeframe.
            MarketDataError: the content of the file cannot be read or believed.
        """
        if path == Path():
            raise InvalidInputError("a replay needs the name of a CSV file, such as replay:candles.csv")
        return cls(read_candles(path, symbol=parse_symbol(symbol), timeframe=timeframe))

    @property
    def starts_at(self) -> datetime:
        """When the first bar opened."""
        return self._bars[0].opened_at

    def instruments(self) -> Sequence[Instrument]:
        """Return the one instrument, with the rules of a replay."""
        return [replay_instrument(self._series)]

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
        """Go to the first bar that opened at or after a market time."""
        self._position = bisect_left(self._bars, at, key=_opened_at)

    def peek_time(self) -> datetime | None:
        """Return when the next bar closes, or None after the last."""
        if self._position >= self._count:
            return None
        return self._bars[self._position].closed_at

    def next_event(self) -> MarketEvent | None:
        """Return the next bar, or None after the last."""
        position = self._position
        if position >= self._count:
            return None
        self._position = position + 1
        return self._bars[position]

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars of the file that closed at or before `before`, oldest first.

        Raises:
            InvalidInputError: another symbol or timeframe is asked for.
        """
        self._require(symbol, timeframe)
        stop = bisect_right(self._bars, before - timeframe.duration, key=_opened_at)
        return self._bars[max(stop - max(limit, 0), 0) : stop]

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


def replay_instrument(series: CandleSeries) -> Instrument:
    """Return the rules of a replay for a series: fee 0.1 % both ways, minimum notional 5, known ticks and lots.

    A market without a known tick gets the finest step that its prices show, 10^-8 at the finest.
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
