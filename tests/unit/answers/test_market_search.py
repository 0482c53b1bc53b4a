"""Symbol search and overview: which of thousands of markets a person means, and what they cost."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.markets import overview, search
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.candle_file import CandleSeries
from desktop_trader.feeds.replay import ReplayFeed
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.market_search import OverviewRequest, SearchSort, SymbolSearch, SymbolSearchPage
from tests.builders import START
from tests.fakes import ManualClock
from tests.market_crowd import CrowdFeed, crowd, tickers

_COUNT = 3_200
INSTRUMENTS = crowd(_COUNT)
ROWS = tickers(INSTRUMENTS)


def context_of(feed: MarketFeed) -> AnswerContext:
    return AnswerContext(paths=DataFolderPaths(root=Path("nowhere")), feed=feed, clock=ManualClock(START), account="a")


@pytest.fixture(scope="module")
def context() -> AnswerContext:
    return context_of(CrowdFeed(INSTRUMENTS, rows=ROWS))


def names(page: SymbolSearchPage) -> list[str]:
    return [each.instrument.symbol for each in page.found]


def test_the_coin_that_is_named_comes_before_those_that_only_begin_so(context: AnswerContext) -> None:
    page = search(context, SymbolSearch(request_id="1", text="btc"))
    found = names(page)
    assert found[:2] == ["BTC/USDT", "BTC/USDT:USDT"]
    assert page.listed == _COUNT
    assert all("BTC" in each for each in found)
    assert page.matching >= len(found) > 2


@pytest.mark.parametrize("text", ["btcusdt", "BTC/USDT", "btc usdt", "  Btc/  usdt "])
def test_a_symbol_is_found_however_it_is_typed(context: AnswerContext, text: str) -> None:
    assert names(search(context, SymbolSearch(request_id="1", text=text)))[0] == "BTC/USDT"


def test_spot_swap_and_quote_currency_are_kept_apart(context: AnswerContext) -> None:
    swaps = search(context, SymbolSearch(request_id="1", kind=InstrumentKind.SWAP, limit=_COUNT))
    spots = search(context, SymbolSearch(request_id="2", kind=InstrumentKind.SPOT, limit=_COUNT))
    assert swaps.matching + spots.matching == _COUNT
    assert all(":" in each for each in names(swaps))
    assert not any(":" in each for each in names(spots))
    in_btc = search(context, SymbolSearch(request_id="3", quote="BTC", limit=_COUNT))
    assert in_btc.matching > 100
    assert {each.instrument.quote for each in in_btc.found} == {"BTC"}
    assert in_btc.quotes[0] == "USDT"
    assert set(in_btc.quotes) == {"USDT", "USDC", "BTC"}
    assert names(search(context, SymbolSearch(request_id="4", text="eth perp"))) == ["ETH/USDT:USDT"]


def test_sorting_goes_by_value_and_leaves_the_unknown_last_either_way_round(context: AnswerContext) -> None:
    for sort, attribute in ((SearchSort.VOLUME, "quote_volume_24h"), (SearchSort.CHANGE, "change_percent_24h")):
        for is_reversed in (False, True):
            asked = SymbolSearch(request_id="1", sort=sort, is_reversed=is_reversed, limit=_COUNT)
            figures = [getattr(each.ticker, attribute) for each in search(context, asked).found]
            known = [each for each in figures if each is not None]
            assert len(figures) == _COUNT > len(known)
            assert known == sorted(known, reverse=not is_reversed)
            assert figures[len(known) :] == [None] * (_COUNT - len(known))


def test_favourites_come_first_in_every_order(context: AnswerContext) -> None:
    loved = (INSTRUMENTS[900].symbol, INSTRUMENTS[400].symbol)
    for sort in SearchSort:
        page = search(context, SymbolSearch(request_id="1", sort=sort, favourites=loved, limit=5))
        assert set(names(page)[:2]) == set(loved)
        assert len(page.found) == 5


def test_what_matches_nothing_finds_nothing(context: AnswerContext) -> None:
    page = search(context, SymbolSearch(request_id="1", text="no such coin"))
    assert (page.found, page.matching, page.listed) == ((), 0, _COUNT)


def test_a_listing_that_grows_is_searched_as_it_is_by_then() -> None:
    feed = CrowdFeed(INSTRUMENTS[:100])
    context = context_of(feed)
    assert search(context, SymbolSearch(request_id="1")).listed == 100
    newcomer = replace(INSTRUMENTS[0], symbol="NEWCOIN/USDT", base="NEWCOIN")
    feed.listing()[newcomer.symbol] = newcomer
    page = search(context, SymbolSearch(request_id="2", text="newco"))
    assert (names(page), page.listed) == (["NEWCOIN/USDT"], 101)
    assert page.found[0].ticker is None


def test_a_question_says_that_somebody_looks(context: AnswerContext) -> None:
    feed = CrowdFeed(INSTRUMENTS[:10])
    search(context_of(feed), SymbolSearch(request_id="1"))
    assert feed.overview_wanted > 5


def test_the_overview_tells_what_is_listed_and_what_is_known() -> None:
    feed = CrowdFeed(INSTRUMENTS[:100], rows=ROWS[:50])
    asked = ("BTC/USDT", INSTRUMENTS[80].symbol, "GONE/USDT")
    page = overview(context_of(feed), OverviewRequest(request_id="1", symbols=asked, sparklines_of=asked))
    assert [each.symbol for each in page.instruments] == [*asked[:2]]
    assert [each.symbol for each in page.rows] == ["BTC/USDT"]
    assert page.rows[0] == ROWS[0]
    assert (page.listed, page.now) == (100, START)
    assert [each.symbol for each in page.sparklines] == [*asked[:2]]
    closes = page.sparklines[0].closes
    assert 24 <= len(closes) <= 48
    assert list(closes) == sorted(closes)
    assert page.sparklines[0].ends_at == START


def test_a_recording_of_other_bars_has_its_course_too() -> None:
    bars = tuple(
        Bar(
            symbol="BTC/USDT",
            timeframe=Timeframe.M1,
            opened_at=START + timedelta(minutes=minute),
            open=Decimal(100),
            high=Decimal(3_000),
            low=Decimal(1),
            close=Decimal(100 + minute),
            volume=Decimal(2),
        )
        for minute in range(2_000)
    )
    feed = ReplayFeed(CandleSeries(symbol="BTC/USDT", timeframe=Timeframe.M1, content_hash="00" * 32, bars=bars))
    context = context_of(feed)
    context.clock = ManualClock(START + timedelta(minutes=1_500))
    page = overview(context, OverviewRequest(request_id="1", symbols=("BTC/USDT",), sparklines_of=("BTC/USDT",)))
    (line,) = page.sparklines
    assert len(line.closes) <= 49
    assert line.closes[-1] == 100 + 1_499
    (row,) = page.rows
    # 24 hours before the newest close, minute 59 had just closed.
    assert row.last == 1_599
    assert row.change_percent_24h == ((Decimal(1_599) / Decimal(159) - 1) * 100).quantize(Decimal("0.0001"))
    assert row.quote_volume_24h == sum(2 * (100 + minute) for minute in range(60, 1_500))


def test_a_recording_younger_than_a_day_does_not_make_up_a_change() -> None:
    bar = Bar(
        symbol="BTC/USDT",
        timeframe=Timeframe.H1,
        opened_at=START,
        open=Decimal(100),
        high=Decimal(110),
        low=Decimal(90),
        close=Decimal(105),
        volume=Decimal(2),
    )
    feed = ReplayFeed(CandleSeries(symbol="BTC/USDT", timeframe=Timeframe.H1, content_hash="00" * 32, bars=(bar,)))
    assert feed.overview(at=START + timedelta(minutes=59)) == ()
    (row,) = feed.overview(at=START + timedelta(hours=1))
    assert (row.last, row.change_percent_24h, row.quote_volume_24h) == (105, None, None)


def test_the_simulated_overview_is_what_its_feed_and_its_bars_say() -> None:
    feed = SimulatedFeed(5, START)
    for instrument in feed.instruments():
        feed.subscribe(instrument.symbol, None)
    newest: dict[str, Quote] = {}
    while (feed.peek_time() or START) < START + timedelta(minutes=7):
        event = feed.next_event()
        if isinstance(event, Quote):
            newest[event.symbol] = event
    at = max(each.at for each in newest.values())
    rows = {row.symbol: row for row in SimulatedFeed(5, START).overview(at=at)}
    assert {symbol: (row.bid, row.ask, row.last, row.at) for symbol, row in rows.items()} == {
        symbol: (each.bid, each.ask, each.last, each.at) for symbol, each in newest.items()
    }
    for symbol, row in rows.items():
        day = feed.history(symbol, Timeframe.M1, before=at, limit=1_440)
        assert row.quote_volume_24h == sum(bar.volume * bar.close for bar in day)
        # Within the minute that ended a day ago.
        earlier = feed.history(symbol, Timeframe.M1, before=at - timedelta(days=1), limit=2)[-1]
        assert row.last is not None
        assert row.change_percent_24h is not None
        before = row.last / (1 + row.change_percent_24h / 100)
        assert abs(before / earlier.close - 1) < Decimal("0.01")


def test_the_simulated_overview_may_be_read_by_many_threads_while_the_feed_runs() -> None:
    feed = SimulatedFeed(5, START)
    feed.subscribe("BTC/USDT", Timeframe.M1)
    times = [START + timedelta(seconds=97 * number) for number in range(8)]
    alone = [SimulatedFeed(5, START).overview(at=at) for at in times]
    with ThreadPoolExecutor(4) as workers:
        answers = [workers.submit(feed.overview, at=at) for at in times]
        events = [feed.next_event() for _ in range(1_000)]
        together = [answer.result() for answer in answers]
    other = SimulatedFeed(5, START)
    other.subscribe("BTC/USDT", Timeframe.M1)
    assert together == alone
    assert events == [other.next_event() for _ in range(1_000)]


def test_a_listing_may_grow_while_it_is_searched() -> None:
    feed = CrowdFeed(INSTRUMENTS[:500])
    context = context_of(feed)

    def grow() -> None:
        for instrument in INSTRUMENTS[500:700]:
            feed.listing()[instrument.symbol] = instrument
            time.sleep(0)

    with ThreadPoolExecutor(1) as worker:
        growing = worker.submit(grow)
        while not growing.done():
            page = search(context, SymbolSearch(request_id="1", text="a", limit=_COUNT))
            assert len(page.found) == page.matching <= page.listed
        growing.result()
    assert search(context, SymbolSearch(request_id="2")).listed == 700
