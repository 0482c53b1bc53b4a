"""Stored candles: the same digits come out, gaps are known, and a damaged file costs nothing but a download."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import CandleGap, CandleSpan, SeriesName
from desktop_trader.storage import candle_schema
from desktop_trader.storage.candle_store import CandleStore

SOURCE = "exchange:coinex"
BTC = SeriesName(source=SOURCE, symbol="BTC/USDT", timeframe=Timeframe.M1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bar(at: datetime, *, price: str = "100.5", timeframe: Timeframe = Timeframe.M1, symbol: str = "BTC/USDT") -> Bar:
    """A bar that stood still."""
    value = Decimal(price)
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        opened_at=at,
        open=value,
        high=value,
        low=value,
        close=value,
        volume=Decimal("0.25"),
    )


def bars(*minutes: int) -> list[Bar]:
    """Bars that opened so many minutes after noon."""
    return [bar(NOON + each * MINUTE, price=str(100 + each)) for each in minutes]


def minutes_of(stored: object) -> list[int]:
    assert isinstance(stored, list)
    return [(each.opened_at - NOON) // MINUTE for each in stored]


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def store(paths: DataFolderPaths) -> Iterator[CandleStore]:
    opened = CandleStore.open(paths)
    yield opened
    opened.close()


# Up to 24 digits on either side of the point, trailing zeros and all.
numbers: st.SearchStrategy[Decimal] = st.builds(
    lambda digits, scale: Decimal(digits).scaleb(-scale), st.integers(1, 10**24), st.integers(-2, 24)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers, numbers), min_size=1, max_size=8))
def test_every_digit_comes_out_that_went_in(figures: list[tuple[Decimal, ...]]) -> None:
    written = [
        Bar(
            symbol="X/Y",
            timeframe=Timeframe.H4,
            opened_at=datetime(2020, 2, 28, tzinfo=UTC) + place * timedelta(hours=4),
            open=row[0],
            high=row[1],
            low=row[2],
            close=row[3],
            volume=row[4],
        )
        for place, row in enumerate(figures)
    ]
    store = CandleStore.in_memory()
    assert store.write(SOURCE, written) == len(written)
    read = store.newest(
        SOURCE, "X/Y", timeframe=Timeframe.H4, before=datetime(2021, 1, 1, tzinfo=UTC), limit=len(written)
    )
    assert list(read) == written
    assert store.write(SOURCE, read) == 0


def test_the_newest_bars_are_those_that_have_closed(store: CandleStore) -> None:
    store.write(SOURCE, bars(0, 1, 2, 5))
    for before, limit, expected in (
        (NOON + 6 * MINUTE, 10, [0, 1, 2, 5]),
        (NOON + 6 * MINUTE - timedelta(microseconds=1), 10, [0, 1, 2]),
        (NOON + 6 * MINUTE, 2, [2, 5]),
        (NOON + 1 * MINUTE, 10, [0]),
        (NOON, 10, []),
    ):
        read = store.newest(SOURCE, "BTC/USDT", timeframe=Timeframe.M1, before=before, limit=limit)
        assert minutes_of(list(read)) == expected


def test_only_what_is_new_or_different_counts(store: CandleStore) -> None:
    assert store.write(SOURCE, bars(0, 1, 2)) == 3
    assert store.write(SOURCE, bars(0, 1, 2)) == 0
    assert store.write(SOURCE, [replace(bar(NOON, price="100"), close=Decimal("99.9")), *bars(1, 3)]) == 2
    read = store.read_between(BTC, since=NOON, until=NOON + MINUTE)
    assert [each.close for each in read] == [Decimal("99.9")]


def test_markets_symbols_and_timeframes_do_not_mix(store: CandleStore) -> None:
    mixed = [*bars(0, 1), bar(NOON, symbol="ETH/USDT"), bar(NOON, timeframe=Timeframe.H1)]
    assert store.write(SOURCE, mixed) == 4
    assert store.write("exchange:kraken", bars(7)) == 1
    assert minutes_of(list(store.read_between(BTC, since=NOON, until=NOON + 60 * MINUTE))) == [0, 1]
    assert [(row.name.source, row.name.symbol, row.name.timeframe.value, row.span.bars) for row in store.series()] == [
        (SOURCE, "BTC/USDT", "1h", 1),
        (SOURCE, "BTC/USDT", "1m", 2),
        (SOURCE, "ETH/USDT", "1m", 1),
        ("exchange:kraken", "BTC/USDT", "1m", 1),
    ]


def test_a_bar_that_no_exchange_could_have_is_refused_with_all_that_came_with_it(store: CandleStore) -> None:
    for wrong in (
        replace(bar(NOON), high=Decimal("NaN")),
        replace(bar(NOON), volume=Decimal("Infinity")),
        bar(NOON + timedelta(seconds=30)),
        bar(NOON + timedelta(microseconds=1)),
        bar(NOON + MINUTE, timeframe=Timeframe.M5),
    ):
        with pytest.raises(StorageError):
            store.write(SOURCE, [*bars(0), wrong])
    assert store.series() == ()


def gap(since: int, until: int) -> CandleGap:
    return CandleGap(since=NOON + since * MINUTE, until=NOON + until * MINUTE)


def test_gaps_are_what_is_missing_inside_and_at_both_ends(store: CandleStore) -> None:
    store.write(SOURCE, bars(2, 3, 6, 7))
    assert store.gaps(BTC, since=NOON, until=NOON + 10 * MINUTE) == (gap(0, 2), gap(4, 6), gap(8, 10))
    assert store.gaps(BTC, since=NOON + 2 * MINUTE, until=NOON + 4 * MINUTE) == ()
    assert store.gaps(BTC, since=NOON + 5 * MINUTE, until=NOON + 6 * MINUTE) == (gap(5, 6),)
    # A bar belongs to a stretch when it opens in it.
    assert store.gaps(BTC, since=NOON + timedelta(seconds=61), until=NOON + timedelta(seconds=121)) == ()
    assert store.gaps(BTC, since=NOON + 9 * MINUTE, until=NOON) == ()


def test_a_gap_the_exchange_has_no_trades_in_is_none(store: CandleStore) -> None:
    store.write(SOURCE, bars(0, 9))
    store.remember_quiet(BTC, gap(2, 4))
    store.remember_quiet(BTC, gap(6, 9))
    assert store.gaps(BTC, since=NOON, until=NOON + 12 * MINUTE) == (gap(1, 2), gap(4, 6), gap(10, 12))
    store.remember_quiet(BTC, gap(1, 12))
    assert store.gaps(BTC, since=NOON, until=NOON + 12 * MINUTE) == ()
    [row] = store.series()
    assert (row.gaps, row.missing) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    there=st.sets(st.integers(0, 40)),
    quiet=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=5),
    since=st.integers(0, 40),
    length=st.integers(0, 40),
)
def test_gaps_and_bars_and_quiet_stretches_cover_every_minute_once(
    there: set[int], quiet: list[tuple[int, int]], since: int, length: int
) -> None:
    store = CandleStore.in_memory()
    store.write(SOURCE, bars(*sorted(there)))
    for begin, size in quiet:
        store.remember_quiet(BTC, gap(begin, begin + size))
    known = there | {minute for begin, size in quiet for minute in range(begin, begin + size)}
    found = store.gaps(BTC, since=NOON + since * MINUTE, until=NOON + (since + length) * MINUTE)
    missing = [(each.since + step * MINUTE - NOON) // MINUTE for each in found
               for step in range((each.until - each.since) // MINUTE)]  # fmt: skip
    assert missing == [minute for minute in range(since, since + length) if minute not in known]


@pytest.mark.parametrize(
    ("first", "count"),
    [
        (datetime(2024, 2, 28, 20, tzinfo=UTC), 24),  # over a leap day
        (datetime(2026, 3, 28, 20, tzinfo=UTC), 24),  # the night clocks go forward in Europe
        (datetime(2025, 10, 26, 0, tzinfo=UTC), 24),  # and back
        (datetime(2016, 12, 31, 20, tzinfo=UTC), 24),  # a leap second
    ],
)
def test_the_calendar_makes_no_gaps(store: CandleStore, first: datetime, count: int) -> None:
    hourly = [bar(first + hour * timedelta(hours=1), timeframe=Timeframe.H1) for hour in range(count)]
    store.write(SOURCE, hourly)
    name = replace(BTC, timeframe=Timeframe.H1)
    assert store.gaps(name, since=first, until=first + count * timedelta(hours=1)) == ()
    span = store.span(name)
    assert span == CandleSpan(first_at=first, last_at=hourly[-1].opened_at, bars=count)
    assert [each.opened_at for each in store.read_between(name, since=first, until=hourly[-1].closed_at)] == [
        each.opened_at for each in hourly
    ]


def test_arrays_have_the_figures_of_the_bars(store: CandleStore) -> None:
    written = [
        replace(bar(NOON, price="0.00000123"), volume=Decimal("123456789012345678901.5")),
        replace(bar(NOON + 2 * MINUTE), low=Decimal("99.123456789")),
        bar(NOON + 3 * MINUTE, price="64999.99"),
    ]
    store.write(SOURCE, written)
    arrays = store.read_arrays(BTC, since=NOON, until=NOON + 60 * MINUTE)
    assert len(arrays) == 3
    assert arrays.opened_at.tolist() == [int(each.opened_at.timestamp()) for each in written]
    assert arrays.low.tolist() == [float(each.low) for each in written]
    assert arrays.close.tolist() == [float(each.close) for each in written]
    assert arrays.volume.tolist() == [float(each.volume) for each in written]
    assert len(store.read_arrays(BTC, since=NOON - 60 * MINUTE, until=NOON)) == 0
    assert len(store.read_arrays(replace(BTC, symbol="NO/NE"), since=NOON, until=NOON + MINUTE)) == 0


def test_a_deleted_series_is_gone_with_its_quiet_stretches_and_its_room(
    store: CandleStore, paths: DataFolderPaths
) -> None:
    store.write(SOURCE, bars(*range(20_000)))
    store.write(SOURCE, [bar(NOON, symbol="ETH/USDT")])
    store.remember_quiet(BTC, gap(30_000, 30_010))
    large = sum(each.stat().st_size for each in paths.root.glob("candles.db*"))
    assert store.delete(BTC) == 20_000
    assert store.delete(BTC) == 0
    assert sum(each.stat().st_size for each in paths.root.glob("candles.db*")) < large / 5
    assert store.span(BTC) is None
    assert store.gaps(BTC, since=NOON + 30_000 * MINUTE, until=NOON + 30_001 * MINUTE) == (gap(30_000, 30_001),)
    assert [row.name.symbol for row in store.series()] == ["ETH/USDT"]


def test_a_reader_sees_whole_writes_while_another_thread_writes(paths: DataFolderPaths) -> None:
    CandleStore.open(paths).close()
    failures: list[BaseException] = []
    done = threading.Event()

    def write() -> None:
        try:
            writer = CandleStore.open(paths)
            for page in range(60):
                writer.write(SOURCE, bars(*range(page * 100, page * 100 + 100)))
            writer.close()
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=write)
    reader = CandleStore.open_to_read(paths)
    assert reader is not None
    thread.start()
    seen = [0]
    while not done.is_set() or seen[-1] < 6_000:
        arrays = reader.read_arrays(BTC, since=NOON, until=NOON + 10_000 * MINUTE)
        assert len(arrays) % 100 == 0
        assert len(arrays) >= seen[-1]
        seen.append(len(arrays))
        assert not failures
    thread.join()
    reader.close()
    assert seen[-1] == 6_000


def test_two_writers_wait_for_each_other(paths: DataFolderPaths) -> None:
    failures: list[BaseException] = []

    def write(first: int) -> None:
        try:
            writer = CandleStore.open(paths)
            for page in range(20):
                writer.write(SOURCE, bars(*range(first + page * 10, first + page * 10 + 10)))
            writer.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = CandleStore.open(paths)
    assert store.gaps(BTC, since=NOON, until=NOON + 400 * MINUTE) == ()
    store.close()


def test_who_only_looks_finds_nothing_where_nothing_is(paths: DataFolderPaths) -> None:
    assert CandleStore.open_to_read(paths) is None
    assert list(paths.root.iterdir()) == []


@pytest.mark.parametrize("damage", [b"nonsense", b"SQLite format 3\0" + b"\xff" * 4_000])
def test_a_damaged_file_is_set_aside_and_begun_anew(paths: DataFolderPaths, damage: bytes) -> None:
    paths.database.write_bytes(b"the books")
    paths.candles.write_bytes(damage * 10)
    with pytest.raises(StorageError, match="books are another file"):
        CandleStore.open_to_read(paths)
    store = CandleStore.open(paths)
    [note] = store.notes
    assert "downloaded anew" in note
    assert store.write(SOURCE, bars(0, 1)) == 2
    store.close()
    assert [each.read_bytes() for each in paths.root.glob("candles.db.damaged-*")] == [damage * 10]
    assert paths.database.read_bytes() == b"the books"
    store = CandleStore.open(paths)
    assert store.notes == ()
    assert store.span(BTC) is not None
    store.close()


def test_damage_found_while_reading_is_set_aside_at_the_next_start(paths: DataFolderPaths) -> None:
    store = CandleStore.open(paths)
    store.write(SOURCE, bars(*range(5_000)))
    store.close()
    content = bytearray(paths.candles.read_bytes())
    page = 4_096
    for begin in range(6 * page, len(content), page):
        content[begin : begin + 200] = b"\xff" * 200
    paths.candles.write_bytes(content)
    store = CandleStore.open(paths)
    other = CandleStore.open(paths)
    with pytest.raises(StorageError, match="damaged"):
        store.read_between(BTC, since=NOON, until=NOON + 5_000 * MINUTE)
    store.close()
    # Somebody still uses it: it is not taken away from under him.
    third = CandleStore.open(paths)
    assert third.notes == ()
    for each in (third, other):
        each.close()
    fresh = CandleStore.open(paths)
    assert len(fresh.notes) == 1
    assert fresh.series() == ()
    fresh.close()
    assert len(list(paths.root.glob("candles.db.damaged-*"))) == 1


def test_a_file_that_was_just_being_made_is_made(paths: DataFolderPaths) -> None:
    paths.candles.touch()
    assert CandleStore.open_to_read(paths) is None
    store = CandleStore.open(paths)
    assert store.notes == ()
    assert store.write(SOURCE, bars(0)) == 1
    store.close()


def test_a_newer_file_and_that_of_another_program_are_left_alone(paths: DataFolderPaths) -> None:
    CandleStore.open(paths).close()
    connection = apsw.Connection(str(paths.candles))
    connection.execute(f"PRAGMA user_version = {candle_schema.VERSION + 1}")
    connection.close()
    for open_ in (CandleStore.open, CandleStore.open_to_read):
        with pytest.raises(StorageError, match="newer Desktop Trader"):
            open_(paths)
    paths.candles.unlink()
    connection = apsw.Connection(str(paths.candles))
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = paths.candles.read_bytes()
    for open_ in (CandleStore.open, CandleStore.open_to_read):
        with pytest.raises(StorageError, match="another program"):
            open_(paths)
    assert paths.candles.read_bytes() == before


def test_the_file_is_for_its_owner_alone(store: CandleStore, paths: DataFolderPaths) -> None:
    store.write(SOURCE, bars(0))
    assert {each.stat().st_mode & 0o777 for each in paths.root.glob("candles.db*")} == {0o600}
