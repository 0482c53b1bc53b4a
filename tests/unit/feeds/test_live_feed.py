"""The feed of a real market: what it gives the engine, in which order, and what it never gives."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from threading import Thread

import pytest

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.market import Bar, MarketEvent, Quote, Timeframe
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.live_history import LiveHistory
from desktop_trader.feeds.shelf_on_demand import ShelfOnDemand
from desktop_trader.storage.candle_store import CandleStore
from tests.builders import SPOT, SWAP, make_quote
from tests.fakes_exchange import LIVE_START, bar_of

_MINUTE = timedelta(minutes=1)
_OPENED = Timeframe.M1.bar_start(LIVE_START)
_LISTED = {SPOT.symbol: SPOT, SWAP.symbol: SWAP}


@pytest.fixture
def shelf() -> Iterator[CandleStore]:
    """Candles in memory."""
    store = CandleStore.in_memory()
    yield store
    store.close()


def make_feed(shelf: CandleStore, *, queue_limit: int = 100, is_listed: bool = True) -> LiveFeed:
    """A feed that follows the spot market and its minutes."""
    feed = LiveFeed("exchange:scripted", shelf=shelf, starts_at=LIVE_START, queue_limit=queue_limit)
    if is_listed:
        feed.take_listing(_LISTED)
    feed.subscribe(SPOT.symbol, Timeframe.M1)
    return feed


def minute(number: int) -> Bar:
    """The bar that opens so many minutes after the present one."""
    return bar_of(SPOT.symbol, Timeframe.M1, _OPENED + number * _MINUTE)


def pull(feed: LiveFeed) -> list[MarketEvent]:
    """Every event that waits."""
    events = []
    while (event := feed.next_event()) is not None:
        events.append(event)
    return events


def offer(feed: LiveFeed, price: str, *, second: float, symbol: str = SPOT.symbol) -> None:
    """Let a good quote come in at a second."""
    half = Decimal("0.01")
    quote = make_quote(
        price,
        at=LIVE_START + timedelta(seconds=second),
        symbol=symbol,
        bid=Decimal(price) - half,
        ask=Decimal(price) + half,
    )
    assert feed.take_quote(quote, came_at=second) is None


def prices(events: Sequence[MarketEvent]) -> list[str]:
    """The last prices of quotes, and the word bar for bars."""
    return [f"{event.last}" if isinstance(event, Quote) else "bar" for event in events]


def test_quotes_come_out_as_they_came_in(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    for second in range(5):
        offer(feed, str(100 + second), second=second)

    assert feed.peek_time() == LIVE_START
    assert prices(pull(feed)) == ["100", "101", "102", "103", "104"]
    assert feed.peek_time() is None


def test_what_is_rejected_or_not_followed_gives_no_event(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    offer(feed, "100", second=1)
    offer(feed, "100", second=1, symbol=SWAP.symbol)
    crossed = make_quote(100, at=LIVE_START + timedelta(seconds=2), bid=101, ask=100)

    assert feed.take_quote(crossed, came_at=2.0) is not None
    assert prices(pull(feed)) == ["100"]


def test_a_full_queue_keeps_the_newest_quote_of_each_symbol_and_every_bar(shelf: CandleStore) -> None:
    feed = make_feed(shelf, queue_limit=2)
    feed.subscribe(SWAP.symbol, None)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1)], now=LIVE_START)
    offer(feed, "100", second=1)
    offer(feed, "101", second=2)
    offer(feed, "102", second=3)
    offer(feed, "200", second=3, symbol=SWAP.symbol)
    offer(feed, "103", second=4)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(0)], now=LIVE_START + _MINUTE)
    offer(feed, "104", second=62)
    offer(feed, "105", second=63)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(1)], now=LIVE_START + 2 * _MINUTE)

    assert prices(pull(feed)) == ["100", "101", "200", "103", "bar", "105", "bar"]


def test_the_first_bars_of_all_are_history_and_later_ones_come_once_each_in_order(shelf: CandleStore) -> None:
    feed = make_feed(shelf)

    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-3), minute(-2), minute(-1)], now=LIVE_START)
    assert pull(feed) == []

    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1), minute(0)], now=LIVE_START + _MINUTE)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1), minute(0)], now=LIVE_START + _MINUTE)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(0), minute(1)], now=LIVE_START + 2 * _MINUTE)

    assert pull(feed) == [minute(0), minute(1)]


def test_a_bar_that_has_not_closed_is_none_whoever_says_so(shelf: CandleStore) -> None:
    """One from two hours ahead would be the newest for two hours, and half of it would stay on the shelf."""
    feed = make_feed(shelf)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1), minute(120)], now=LIVE_START)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(0), minute(121)], now=LIVE_START + _MINUTE)

    assert pull(feed) == [minute(0)]
    later = LIVE_START + timedelta(hours=3)
    assert feed.history(SPOT.symbol, Timeframe.M1, before=later, limit=9) == [minute(-1), minute(0)]


@pytest.mark.requirement("R200")
def test_a_bar_that_closed_while_nobody_looked_is_history_and_no_event(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1)], now=LIVE_START)
    back_at = _OPENED + timedelta(hours=3, seconds=5)
    missed = [minute(number) for number in range(180)]

    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=missed, now=back_at)

    assert pull(feed) == [minute(179)]  # five seconds old: it closed when everything was there again
    stored = feed.history(SPOT.symbol, Timeframe.M1, before=back_at, limit=200)
    assert list(stored) == [minute(number) for number in range(-1, 180)]


def test_a_bar_is_on_the_shelf_before_it_is_an_event(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1)], now=LIVE_START)

    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(0)], now=LIVE_START + _MINUTE)
    (event,) = pull(feed)

    assert isinstance(event, Bar)
    assert feed.history(SPOT.symbol, Timeframe.M1, before=event.closed_at, limit=1)[-1] == event


def test_only_what_is_followed_is_an_instrument_and_everything_is_listed(shelf: CandleStore) -> None:
    feed = make_feed(shelf)

    assert feed.instruments() == [SPOT]
    assert dict(feed.listing()) == _LISTED
    with pytest.raises(InvalidInputError, match="does not list"):
        feed.subscribe("NOPE/USDT", None)
    with pytest.raises(InvalidInputError, match="does not list"):
        feed.history("NOPE/USDT", Timeframe.M1, before=LIVE_START, limit=1)


def test_before_the_list_has_come_anything_may_be_followed_and_the_mapping_fills_in_place(shelf: CandleStore) -> None:
    feed = make_feed(shelf, is_listed=False)
    listing = feed.listing()
    feed.subscribe("NOPE/USDT", None)

    assert (len(listing), list(feed.instruments())) == (0, [])

    feed.take_listing(_LISTED)

    assert listing[SPOT.symbol] is SPOT
    assert feed.instruments() == [SPOT]


def test_the_listing_may_be_read_while_another_one_takes_its_place(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    listing = feed.listing()
    sizes: set[int] = set()

    def read() -> None:
        for _ in range(300):
            sizes.add(len(list(listing.items())))

    reader = Thread(target=read)
    reader.start()
    for _ in range(300):
        feed.take_listing({})
        feed.take_listing(_LISTED)
    reader.join()

    assert sizes <= {0, 2}


def test_the_cadence_is_the_median_gap_once_there_are_enough(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    for second in (0, 2, 4, 6):
        offer(feed, "100", second=second)
    assert feed.cadence(SPOT.symbol) is None

    for second in (8, 10, 70, 72):
        offer(feed, "100", second=second)

    assert feed.cadence(SPOT.symbol) == timedelta(seconds=2)
    assert feed.cadence(SWAP.symbol) is None


def test_new_bars_are_told_and_those_that_are_there_already_are_not(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    told: list[tuple[str, Timeframe]] = []
    feed.kept.on_stored = lambda symbol, timeframe: told.append((symbol, timeframe))

    assert feed.kept.store([minute(-2), minute(-1)]) == 2
    assert feed.kept.store([minute(-2), minute(-1)]) == 0

    assert told == [(SPOT.symbol, Timeframe.M1)]
    assert pull(feed) == []


class _BrokenShelf:
    """A shelf on a disk that refuses."""

    def write(self, source: str, bars: Sequence[Bar]) -> int:
        raise StorageError("The disk is full")

    def newest(self, source: str, symbol: str, **_bounds: object) -> Sequence[Bar]:
        raise StorageError("The disk is full")


def test_trading_goes_on_where_candles_cannot_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    feed = LiveFeed("exchange:scripted", shelf=_BrokenShelf(), starts_at=LIVE_START)
    feed.subscribe(SPOT.symbol, Timeframe.M1)

    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(-1)], now=LIVE_START)
    feed.take_bars(SPOT.symbol, Timeframe.M1, bars=[minute(0)], now=LIVE_START + _MINUTE)

    assert pull(feed) == [minute(0)]
    assert feed.history(SPOT.symbol, Timeframe.M1, before=LIVE_START, limit=5) == ()
    assert caplog.text.count("The disk is full") == 1


def test_another_thread_reads_with_a_shelf_of_its_own_and_wishes_for_what_lacks(shelf: CandleStore) -> None:
    feed = make_feed(shelf)
    beside = CandleStore.in_memory()
    looked = LiveHistory(feed, ShelfOnDemand(lambda: beside))
    beside.write(feed.source_id, [minute(-1)])
    while feed.wishes.take() is not None:
        pass

    assert looked.history(SPOT.symbol, Timeframe.M1, before=LIVE_START, limit=50) == [minute(-1)]
    wish = feed.wishes.take()

    assert wish is not None
    assert (wish.symbol, wish.timeframe, wish.limit) == (SPOT.symbol, Timeframe.M1, 50)
    assert looked.next_event() is None
    with pytest.raises(InvalidInputError):
        looked.history("NOPE/USDT", Timeframe.M1, before=LIVE_START, limit=1)
    beside.close()


def test_a_shelf_that_is_not_there_yet_is_looked_for_again() -> None:
    there: list[CandleStore] = []
    shelf = ShelfOnDemand(lambda: there[0] if there else None)

    assert shelf.newest("x", SPOT.symbol, timeframe=Timeframe.M1, before=LIVE_START, limit=5) == ()

    there.append(CandleStore.in_memory())
    there[0].write("x", [minute(-1)])
    assert list(shelf.newest("x", SPOT.symbol, timeframe=Timeframe.M1, before=LIVE_START, limit=5)) == [minute(-1)]
    there[0].close()
