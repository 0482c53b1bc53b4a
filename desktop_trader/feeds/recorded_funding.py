"""What was recorded of a swap beside its candles: mark prices and funding rates.

Mark prices are candles with the same columns, of any known timeframe. Of a longer one than the bars played, the opening
price counts until the candle ends: all else of it lay in the future. A time that no candle covers has no mark price.

Funding rates have the columns `timestamp,funding_rate`, oldest first; times are ISO 8601 in UTC.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError, MarketDataError
from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import ZERO
from desktop_trader.feeds.candle_file import (
    CandleSeries,
    candle_timeframe,
    parse_number,
    parse_time,
    read_candles,
    read_file,
    shown,
    text_lines,
)

FUNDING_HEADER = "timestamp,funding_rate"
_COLUMNS = 2
_USUAL_INTERVAL = timedelta(hours=8)
_LARGEST_RATE = Decimal("0.1")
_SMALL_FLOAT = re.compile(r"-?[0-9](?:\.[0-9]{1,17})?e-(?:0[5-9]|1[0-8])", re.ASCII)
_opened_at = attrgetter("opened_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRate:
    """Longs paid this fraction of their notional to shorts (or were paid it, < 0) at `at`."""

    at: datetime
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingSeries:
    """Rates of one symbol, oldest first; `content_hash` is the SHA-256 of the file."""

    content_hash: str
    rates: tuple[DatedRate, ...]

    @property
    def interval(self) -> timedelta:
        """The shortest time from one rate to the next; the usual eight hours where there is one rate alone."""
        return min((after.at - before.at for before, after in pairwise(self.rates)), default=_USUAL_INTERVAL)


class RecordedMarks:
    """Answers what was known of a mark price at a time, and of its way during a bar."""

    def __init__(self, series: CandleSeries) -> None:
        """Look things up in a series of mark prices."""
        self.content_hash = series.content_hash
        self._bars = series.bars
        self._timeframe = series.timeframe

    def at(self, at: datetime) -> Decimal | None:
        """Return the mark price known at a time: what the candle opened with that covers it; None without one."""
        index = bisect_right(self._bars, at, key=_opened_at) - 1
        if index < 0 or at >= self._bars[index].closed_at:
            return None
        return self._bars[index].open

    def during(self, bar: Bar) -> Bar | None:
        """Return the mark's way during a bar, as far as it was known when the bar closed; None where nothing was."""
        if self._timeframe.seconds > bar.timeframe.seconds:
            mark = self.at(bar.opened_at)
            if mark is None:
                return None
            return replace(bar, open=mark, high=mark, low=mark, close=mark, volume=ZERO)
        start = bisect_left(self._bars, bar.opened_at, key=_opened_at)
        stop = bisect_left(self._bars, bar.closed_at, key=_opened_at)
        inside = self._bars[start:stop]
        if not inside:
            return None
        return replace(
            bar,
            open=inside[0].open,
            high=max(each.high for each in inside),
            low=min(each.low for each in inside),
            close=inside[-1].close,
            volume=ZERO,
        )


def read_marks(path: Path, *, symbol: str) -> RecordedMarks:
    """Return the mark prices of a file of candles, whose timeframe is the shortest step between two of them.

    Raises:
        InvalidInputError: there is no such file, or no timeframe is as long as its steps.
        MarketDataError: the file cannot be read, or its content cannot be believed.
    """
    return RecordedMarks(read_candles(path, symbol=symbol, timeframe=candle_timeframe(path)))


def read_funding_rates(path: Path) -> FundingSeries:
    """Return the rates of a file.

    Raises:
        InvalidInputError: there is no such file, it is no file, or it is too large.
        MarketDataError: the file cannot be read, or its content cannot be believed.
    """
    content = read_file(path)
    lines = text_lines(content, path, header=FUNDING_HEADER)
    rates: list[DatedRate] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line or line.isspace():
            continue
        try:
            rates.append(_read_rate(line, rates))
        except MarketDataError as error:
            raise MarketDataError(f"{path}, line {number}: {error.user_message}") from error
    if not rates:
        raise MarketDataError(f"{path} holds no rates, only its first line; record some into it")
    return FundingSeries(content_hash=hashlib.sha256(content).hexdigest(), rates=tuple(rates))


def check_is_swap(symbol: str) -> None:
    """Refuse mark prices and funding rates of what has none.

    Raises:
        InvalidInputError: the symbol is no swap.
    """
    if ":" not in symbol:
        raise InvalidInputError(
            f"--mark-prices and --funding-rates belong to a swap, such as --symbol XRP/USDT:USDT, not to {symbol}"
        )


def _read_rate(line: str, before: Sequence[DatedRate]) -> DatedRate:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != _COLUMNS:
        raise MarketDataError(f"{_COLUMNS} columns are needed, {len(cells)} are there; write {FUNDING_HEADER}")
    at, rate = parse_time(cells[0]), _number(cells[1])
    if before and at <= before[-1].at:
        raise MarketDataError(f"{shown(cells[0])} does not come after the row before; sort the rows, oldest first")
    if abs(rate) > _LARGEST_RATE:
        raise MarketDataError(f"a funding rate of {rate} is too large; write a fraction, such as 0.0001 for 0.01 %")
    return DatedRate(at=at, rate=rate)


def _number(text: str) -> Decimal:
    """Return a rate, also one that was written with an exponent, as collectors print small floats."""
    return Decimal(text) if _SMALL_FLOAT.fullmatch(text) else parse_number(text, "funding_rate")
