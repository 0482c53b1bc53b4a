"""Stored bars of real markets: years of them, exact, in a file of their own that is no part of the books.

A store belongs to one thread; each thread that wants one opens its own. What is written is there for all of them at
once.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import CandleGap, CandleSeriesRow, CandleSpan, SeriesName
from desktop_trader.storage import candle_file
from desktop_trader.storage.candle_gaps import Stretch, missing_bars, without
from desktop_trader.storage.candle_numbers import Stored, from_stored, to_stored

if TYPE_CHECKING:
    from desktop_trader.storage.candle_arrays import CandleArrays

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_COLUMNS = "price_scale, volume_scale, open, high, low, close, volume"
_VALUES = ", ".join(f"excluded.{each}" for each in _COLUMNS.split(", "))
_WRITE = f"""
    INSERT INTO candles (series, opened, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ({_COLUMNS}) = ({_VALUES}) WHERE ({_COLUMNS}) IS NOT ({_VALUES})
"""
_READ = f"SELECT opened, {_COLUMNS} FROM candles WHERE series = ? "
_DELETE_SOME = """
    DELETE FROM candles WHERE series = ? AND opened <= (
        SELECT MAX(opened) FROM (SELECT opened FROM candles WHERE series = ? ORDER BY opened LIMIT ?)
    )
"""
_DELETED_AT_ONCE = 20_000
_FOREVER = 2**62
_Row = tuple[int, int, int, Stored, Stored, Stored, Stored, Stored]


class CandleStore:
    """Implements the engine's `CandleShelf`. `notes` say what opening it had to set aside.

    Every method raises StorageError when the disk refuses or the file is damaged; a write is whole or not at all.
    """

    def __init__(self, file: candle_file.CandleFile) -> None:
        """Take over an open file."""
        self._file = file
        self._connection = file.connection
        self.notes = file.notes

    @classmethod
    def open(cls, paths: DataFolderPaths) -> "CandleStore":
        """Open the candles of a folder whose lock this process holds; new ones where there are none.

        Raises:
            StorageError: the disk refuses, or the file is of a newer version or another program.
        """
        return cls(candle_file.open_to_write(paths))

    @classmethod
    def open_to_read(cls, paths: DataFolderPaths) -> "CandleStore | None":
        """Open the candles to look at them, whoever writes them meanwhile; None where there are none yet.

        Raises:
            StorageError: they cannot be read.
        """
        file = candle_file.open_to_read(paths)
        return None if file is None else cls(file)

    @classmethod
    def in_memory(cls) -> "CandleStore":
        """Return an empty store that lives in memory only: for tests and benchmarks."""
        return cls(candle_file.open_in_memory())

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        self._file.close()

    def write(self, source: str, bars: Sequence[Bar]) -> int:
        """Keep closed bars; one that is there already is replaced. Return how many are new or different."""
        self._file.check_room()
        with self._asking("The candles could not be stored"), self._writing():
            before = self._connection.total_changes()
            begun = 0
            for name, of_series in _by_series(source, bars):
                made = self._connection.total_changes()
                series = self._series_id(name, makes=True)
                begun += self._connection.total_changes() - made
                self._connection.executemany(_WRITE, _rows(series, of_series))
            return self._connection.total_changes() - before - begun

    def newest(self, source: str, symbol: str, *, timeframe: Timeframe, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars that closed at or before `before`, oldest first; gaps stay gaps."""
        name = SeriesName(source=source, symbol=symbol, timeframe=timeframe)
        last = _seconds(before) - timeframe.seconds
        rows = self._rows(name, "AND opened <= ? ORDER BY opened DESC LIMIT ?", (last, limit))
        return [_bar(name, row) for row in reversed(rows)]

    def read_between(
        self, name: SeriesName, *, since: datetime, until: datetime, limit: int = _FOREVER
    ) -> Sequence[Bar]:
        """Return the oldest `limit` bars that opened at or after `since` and before `until`, oldest first."""
        bounds = (_seconds(since), _seconds(until), limit)
        rows = self._rows(name, "AND opened >= ? AND opened < ? ORDER BY opened LIMIT ?", bounds)
        return [_bar(name, row) for row in rows]

    def read_arrays(self, name: SeriesName, *, since: datetime, until: datetime) -> "CandleArrays":
        """Return the bars that opened at or after `since` and before `until` as arrays of floats: to draw, not to book.

        A value of up to 15 digits is the float nearest to it.
        """
        from desktop_trader.storage.candle_arrays import arrays_of_rows

        bounds = (self._series_id(name) or 0, _seconds(since), _seconds(until))
        with self._asking("The candles could not be read"):
            rows = self._connection.execute(_READ + "AND opened >= ? AND opened < ? ORDER BY opened", bounds)
            return arrays_of_rows(rows)

    def arrays_before(self, name: SeriesName, *, before: datetime, limit: int) -> "CandleArrays":
        """Return the newest `limit` bars that opened before `before` as arrays, oldest first."""
        with self._asking("The candles could not be read"):
            first: int | None = self._connection.execute(
                "SELECT MIN(opened) FROM (SELECT opened FROM candles WHERE series = ? AND opened < ? "
                "ORDER BY opened DESC LIMIT ?)",
                (self._series_id(name) or 0, _seconds(before), limit),
            ).get
        return self.read_arrays(name, since=before if first is None else _instant(first), until=before)

    def span(self, name: SeriesName) -> CandleSpan | None:
        """Return how far a series reaches; None where nothing of it is stored."""
        with self._asking("The candles could not be read"):
            series = self._series_id(name)
            first, last, bars = self._connection.execute(
                "SELECT MIN(opened), MAX(opened), COUNT(*) FROM candles WHERE series = ?", (series or 0,)
            ).get
        return CandleSpan(first_at=_instant(first), last_at=_instant(last), bars=bars) if bars else None

    def series(self) -> tuple[CandleSeriesRow, ...]:
        """Return every stored series in the order of its name, with its gaps counted."""
        with self._asking("The candles could not be read"):
            found: list[Any] = self._connection.execute(
                "SELECT source, symbol, timeframe FROM series ORDER BY 1, 2, 3"
            ).fetchall()
            pages, size = self._connection.pragma("page_count"), self._connection.pragma("page_size")
            free = self._connection.pragma("freelist_count")
        spans = []
        for source, symbol, timeframe in found:
            name = SeriesName(source=source, symbol=symbol, timeframe=Timeframe(timeframe))
            span = self.span(name)
            if span is not None:
                spans.append((name, span))
        total = sum(span.bars for _name, span in spans)
        return tuple(self._listed(name, span, (pages - free) * size * span.bars // total) for name, span in spans)

    def gaps(self, name: SeriesName, *, since: datetime, until: datetime) -> tuple[CandleGap, ...]:
        """Return what is missing of the bars that open at or after `since` and before `until`, oldest first.

        What the exchange itself does not have (`remember_quiet`) is not missing.
        """
        step = name.timeframe.seconds
        # From the first opening at or after `since` to the first one at or after `until`.
        first, end = _round_up(_seconds(since), step), _round_up(_seconds(until), step)
        with self._asking("The candles could not be read"):
            series = self._series_id(name) or 0
            missing = missing_bars(self._connection, series, step=step, span=Stretch(first, end))
            quiet: list[Any] = self._connection.execute(
                "SELECT since, until FROM quiet WHERE series = ? AND until > ? AND since < ? ORDER BY since",
                (series, first, end),
            ).fetchall()
        return tuple(
            CandleGap(since=_instant(each.since), until=_instant(each.until))
            for each in without(missing, [Stretch(*each) for each in quiet])
        )

    def remember_quiet(self, name: SeriesName, gap: CandleGap) -> None:
        """Remember that the exchange itself has no bars in a gap, so that nobody asks again."""
        with self._asking("A stretch without trades could not be noted"), self._writing():
            series = self._series_id(name, makes=True)
            self._connection.execute(
                "INSERT INTO quiet VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                (series, _seconds(gap.since), _seconds(gap.until)),
            )

    def delete(self, name: SeriesName) -> int:
        """Forget a series, with what is known of its gaps, and give its room back; return how many bars it had.

        It goes piece by piece, so that nobody waits long who wants to write, and a disk that is nearly full suffices.
        """
        bars = 0
        with self._asking("The candles could not be deleted"):
            series = self._series_id(name) or 0
            while True:
                with self._writing():
                    self._connection.execute(_DELETE_SOME, (series, series, _DELETED_AT_ONCE))
                    gone = self._connection.changes()
                    if not gone:
                        self._connection.execute("DELETE FROM quiet WHERE series = ?", (series,))
                        self._connection.execute("DELETE FROM series WHERE id = ?", (series,))
                bars += gone
                self._connection.execute(f"PRAGMA incremental_vacuum({_DELETED_AT_ONCE})").fetchall()
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                if not gone:
                    return bars

    def _listed(self, name: SeriesName, span: CandleSpan, size_bytes: int) -> CandleSeriesRow:
        gaps = self.gaps(name, since=span.first_at, until=span.last_at)
        missing = sum((gap.until - gap.since) // name.timeframe.duration for gap in gaps)
        return CandleSeriesRow(name=name, span=span, gaps=len(gaps), missing=missing, size_bytes=size_bytes)

    def _rows(self, name: SeriesName, bounds: str, values: tuple[int, ...]) -> list[_Row]:
        with self._asking("The candles could not be read"):
            series = self._series_id(name) or 0
            rows: list[Any] = self._connection.execute(_READ + bounds, (series, *values)).fetchall()
        return rows

    def _series_id(self, name: SeriesName, *, makes: bool = False) -> int | None:
        key = (name.source, name.symbol, name.timeframe.value)
        if makes:
            self._connection.execute("INSERT INTO series VALUES (NULL, ?, ?, ?) ON CONFLICT DO NOTHING", key)
        found: int | None = self._connection.execute(
            "SELECT id FROM series WHERE (source, symbol, timeframe) = (?, ?, ?)", key
        ).get
        return found

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except (apsw.Error, OSError) as error:
            raise self._file.failure(error, what) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, begun as a writer's: a lock that is asked for later is refused at once, not waited for."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _by_series(source: str, bars: Iterable[Bar]) -> Iterator[tuple[SeriesName, Sequence[Bar]]]:
    """Group bars by what they are of; nearly always they are all of one series."""
    groups: dict[tuple[str, Timeframe], list[Bar]] = {}
    for bar in bars:
        groups.setdefault((bar.symbol, bar.timeframe), []).append(bar)
    for (symbol, timeframe), of_series in groups.items():
        yield SeriesName(source=source, symbol=symbol, timeframe=timeframe), of_series


def _rows(series: int | None, bars: Iterable[Bar]) -> Iterator[tuple[Stored | None, ...]]:
    price_scale, volume_scale = 0, 0
    for bar in bars:
        try:
            price_scale, prices = to_stored((bar.open, bar.high, bar.low, bar.close), guess=price_scale)
            volume_scale, volumes = to_stored((bar.volume,), guess=volume_scale)
        except (ValueError, OverflowError) as error:
            raise StorageError(f"The bar of {bar.opened_at} has a figure that is no number", detail=str(bar)) from error
        opened, inside = divmod(bar.opened_at - _EPOCH, _SECOND)
        if inside or opened % bar.timeframe.seconds:
            raise StorageError(f"No bar of {bar.timeframe} opens at {bar.opened_at}", detail=str(bar))
        yield (series, opened, price_scale, volume_scale, *prices, *volumes)


def _bar(name: SeriesName, row: _Row) -> Bar:
    opened, price_scale, volume_scale, open_, high, low, close, volume = row
    return Bar(
        symbol=name.symbol,
        timeframe=name.timeframe,
        opened_at=_instant(opened),
        open=from_stored(open_, price_scale),
        high=from_stored(high, price_scale),
        low=from_stored(low, price_scale),
        close=from_stored(close, price_scale),
        volume=from_stored(volume, volume_scale),
    )


def _seconds(at: datetime) -> int:
    """Whole seconds since 1970; what is between two is before the later one."""
    return (at - _EPOCH) // _SECOND


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _round_up(seconds: int, step: int) -> int:
    return -(-seconds // step) * step
