"""Quotes and bars of one simulated symbol, made from its price path. Imports numpy; see `price_path`."""

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.feeds.price_path import PricePath, QuoteTicks
from desktop_trader.feeds.simulated_listing import SimulatedListing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUOTE_BLOCK_SECONDS = 1800
_MARK_SECONDS = 60
_BLOCK_MINUTES = 240
_BLOCKS_KEPT = 1000
"""Blocks of one-minute bars kept in memory: 166 days, 5 MB a symbol when all are used."""


class TickStream:
    """Turns ticks of one symbol into `Quote` and `Bar` values.

    What it returns depends on the listing, the seed and the time asked alone; blocks it keeps only save work.
    Belongs to one thread.
    """

    def __init__(self, listing: SimulatedListing, seed: int) -> None:
        """Create the price path of the listing; computes nothing yet."""
        instrument = listing.instrument
        is_spot = listing.path_name == instrument.symbol
        self._symbol = instrument.symbol
        self._price_exponent = _exponent(instrument.tick_size)
        self._volume_exponent = _exponent(instrument.lot_size)
        self._typical_lots = int(listing.typical_volume / instrument.lot_size)
        self._path = PricePath(
            seed=seed,
            name=listing.path_name,
            level_ticks=int(listing.level / instrument.tick_size),
            volatility=listing.volatility,
            basis_name="" if is_spot else instrument.symbol,
        )
        self._has_mark = not is_spot
        self._quotes = QuoteTicks(bid=[], last=[], ask=[])
        self._marks: list[int] = []
        self._quotes_start = self._quotes_stop = 0
        self._blocks: OrderedDict[int, NDArray[np.int32]] = OrderedDict()

    def quote(self, second: int, at: datetime) -> Quote:
        """Return the quote of a market second (since the epoch), dated `at`."""
        if not self._quotes_start <= second < self._quotes_stop:
            self._quotes_start = second - second % _QUOTE_BLOCK_SECONDS
            self._quotes_stop = self._quotes_start + _QUOTE_BLOCK_SECONDS
            self._quotes = self._path.quote_ticks(self._quotes_start, self._quotes_stop)
            if self._has_mark:
                self._marks = self._mark_ticks(self._quotes_start, self._quotes_stop).tolist()
        index = second - self._quotes_start
        quotes, exponent = self._quotes, self._price_exponent
        return Quote(
            symbol=self._symbol,
            bid=Decimal(quotes.bid[index]).scaleb(exponent),
            ask=Decimal(quotes.ask[index]).scaleb(exponent),
            last=Decimal(quotes.last[index]).scaleb(exponent),
            at=at,
            mark=Decimal(self._marks[index]).scaleb(exponent) if self._has_mark else None,
        )

    def mark_price(self, second: int) -> Decimal:
        """Return the mark price of a market second: the mean of the last prices of the minute that ends with it."""
        return Decimal(int(self._mark_ticks(second, second + 1)[0])).scaleb(self._price_exponent)

    def mark_bar(self, bar: Bar) -> Bar:
        """Return what the mark price did in the span of a bar; its volume is zero."""
        start = (bar.opened_at - _EPOCH) // timedelta(seconds=1)
        marks = self._mark_ticks(start, start + bar.timeframe.seconds)
        open_, high, low, close = (int(each) for each in (marks[0], marks.max(), marks.min(), marks[-1]))
        exponent = self._price_exponent
        return replace(
            bar,
            open=Decimal(open_).scaleb(exponent),
            high=Decimal(high).scaleb(exponent),
            low=Decimal(low).scaleb(exponent),
            close=Decimal(close).scaleb(exponent),
            volume=Decimal(0),
        )

    def bars(self, timeframe: Timeframe, *, start: int, count: int) -> list[Bar]:
        """Return `count` bars, the first opening at second `start`, a multiple of the timeframe."""
        width = timeframe.seconds // 60
        minutes = self._minutes(start // 60, start // 60 + count * width)
        grouped = minutes.reshape(5, count, width)
        opens = grouped[0, :, 0].tolist()
        highs = grouped[1].max(axis=1).tolist()
        lows = grouped[2].min(axis=1).tolist()
        closes = grouped[3, :, -1].tolist()
        volumes = grouped[4].sum(axis=1, dtype=np.int64).tolist()
        opened_at = _EPOCH + timedelta(seconds=start)
        price, volume = self._price_exponent, self._volume_exponent
        return [
            Bar(
                symbol=self._symbol,
                timeframe=timeframe,
                opened_at=opened_at + index * timeframe.duration,
                open=Decimal(opens[index]).scaleb(price),
                high=Decimal(highs[index]).scaleb(price),
                low=Decimal(lows[index]).scaleb(price),
                close=Decimal(closes[index]).scaleb(price),
                volume=Decimal(volumes[index]).scaleb(volume),
            )
            for index in range(count)
        ]

    def last_price(self, second: int) -> Decimal:
        """Return the last price of a market second, without making quotes around it."""
        return Decimal(int(self._path.last_ticks(second, second + 1)[0])).scaleb(self._price_exponent)

    def quote_volume(self, *, first_minute: int, stop_minute: int) -> Decimal:
        """Return what the minutes from `first_minute` to before `stop_minute` traded, at their closing prices."""
        minutes = self._minutes(first_minute, stop_minute)
        total = int((minutes[3].astype(np.int64) * minutes[4].astype(np.int64)).sum())
        return Decimal(total).scaleb(self._price_exponent + self._volume_exponent)

    def _mark_ticks(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the mark of every second from `start` to before `stop`, to the nearest tick."""
        last = self._path.last_ticks(start - _MARK_SECONDS + 1, stop)
        sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(last)])
        minutes = sums[_MARK_SECONDS:] - sums[:-_MARK_SECONDS]
        nearest: NDArray[np.int64] = (2 * minutes + _MARK_SECONDS) // (2 * _MARK_SECONDS)
        return nearest

    def _minutes(self, first: int, stop: int) -> NDArray[np.int32]:
        """Return open, high, low, close (ticks) and volume (lots) of the minutes from `first` to before `stop`."""
        numbers = range(first // _BLOCK_MINUTES, (stop - 1) // _BLOCK_MINUTES + 1)
        blocks = [self._block(number) for number in numbers]
        skip = first - numbers.start * _BLOCK_MINUTES
        joined = blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
        return joined[:, skip : skip + stop - first]

    def _block(self, number: int) -> NDArray[np.int32]:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._build_block(number)
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block

    def _build_block(self, number: int) -> NDArray[np.int32]:
        first = number * _BLOCK_MINUTES
        stop = first + _BLOCK_MINUTES
        ticks = self._path.last_ticks(first * 60, stop * 60).reshape(_BLOCK_MINUTES, 60)
        volumes = self._path.volumes(first, stop, typical=self._typical_lots)
        rows = (ticks[:, 0], ticks.max(axis=1), ticks.min(axis=1), ticks[:, -1], volumes)
        return np.stack(rows).astype(np.int32)


def _exponent(step: Decimal) -> int:
    """Return n of a step of 10^n."""
    return step.adjusted()
