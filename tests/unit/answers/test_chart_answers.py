"""Bars for charts: of a live market what is stored, with its date; what is missing is asked of its line."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.market import chart, day_opens, older
from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.chart_data import ChartRequest, OlderBarsRequest
from desktop_trader.messages.day_opens import DayOpensRequest
from desktop_trader.storage.candle_store import CandleStore
from tests.candle_source import LISTED_AT, minute_bar
from tests.fakes import ManualClock
from tests.stored_account import stored_history

MINUTE = timedelta(minutes=1)
SOURCE = "exchange:coinex"
NOON = LISTED_AT + timedelta(days=40, hours=12)
ASKED = ChartRequest(request_id="1", symbol="BTC/USDT", timeframe=Timeframe.M1, limit=10)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[CandleStore]:
    store = CandleStore.open(stored_history(tmp_path))
    yield store
    store.close()


def context_of(feed: MarketFeed, folder: Path, now: datetime = NOON) -> AnswerContext:
    return AnswerContext(paths=DataFolderPaths(root=folder), feed=feed, clock=ManualClock(now), account="demo")


def live(shelf: CandleStore) -> LiveFeed:
    return LiveFeed(SOURCE, shelf=shelf, starts_at=NOON)


def test_a_live_chart_shows_what_is_stored_and_wants_nothing_when_all_is_there(
    shelf: CandleStore, tmp_path: Path
) -> None:
    shelf.write(SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(1, 30)])
    feed = live(shelf)
    data = chart(context_of(feed, tmp_path), ASKED)
    assert [bar.opened_at for bar in data.bars] == [NOON - each * MINUTE for each in range(10, 0, -1)]
    assert (data.error, data.note, data.newest_at) == ("", "", NOON)
    assert feed.wishes.is_empty


@pytest.mark.requirement("R162")
def test_a_chart_that_is_behind_says_up_to_when_it_has_bars_and_asks_for_the_rest(
    shelf: CandleStore, tmp_path: Path
) -> None:
    shelf.write(SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(5, 30)])
    feed = live(shelf)
    data = chart(context_of(feed, tmp_path), ASKED)
    assert len(data.bars) == 10
    assert data.note == "bars up to 2024-02-10 11:56 UTC"
    wish = feed.wishes.take()
    assert wish is not None
    assert (wish.symbol, wish.timeframe, wish.limit) == ("BTC/USDT", Timeframe.M1, 10)


def test_the_newest_bar_may_take_a_moment_to_come(shelf: CandleStore, tmp_path: Path) -> None:
    shelf.write(SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(1, 30)])
    for seconds, is_behind, note in (
        (59, False, ""),
        (60, True, ""),
        (74, True, ""),
        (75, True, "bars up to 2024-02-10 12:00 UTC"),
    ):
        feed = live(shelf)
        data = chart(context_of(feed, tmp_path, NOON + timedelta(seconds=seconds)), ASKED)
        assert (data.is_behind, data.note) == (is_behind, note)
        assert feed.wishes.is_empty is not is_behind


def test_holes_and_too_few_bars_are_asked_for(shelf: CandleStore, tmp_path: Path) -> None:
    for missing in (3, 10):
        shelf.write(
            SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(1, 12) if each < 10 and each != missing]
        )
        feed = live(shelf)
        chart(context_of(feed, tmp_path), ASKED)
        assert not feed.wishes.is_empty


def test_nothing_stored_is_said_so(tmp_path: Path, shelf: CandleStore) -> None:
    feed = live(shelf)
    data = chart(context_of(feed, tmp_path), ASKED)
    assert (data.bars, data.newest_at, data.note) == ((), None, "no bars are stored yet")
    assert not feed.wishes.is_empty


def test_the_forming_bar_of_a_live_chart_is_made_of_stored_minutes(shelf: CandleStore, tmp_path: Path) -> None:
    minutes = [minute_bar(NOON + each * MINUTE) for each in range(7)]
    shelf.write(SOURCE, minutes)
    five = replace(ASKED, timeframe=Timeframe.M5)
    data = chart(context_of(live(shelf), tmp_path, NOON + 7 * MINUTE), five)
    [forming] = data.bars
    assert forming.opened_at == NOON + 5 * MINUTE
    assert (forming.open, forming.close) == (minutes[5].open, minutes[6].close)


def test_older_bars_come_as_numbers_page_by_page(shelf: CandleStore, tmp_path: Path) -> None:
    shelf.write(SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(1, 101)])
    context = context_of(live(shelf), tmp_path)
    asked = OlderBarsRequest(
        request_id="2", symbol="BTC/USDT", timeframe=Timeframe.M1, before=NOON - 10 * MINUTE, limit=60
    )
    page = older(context, asked)
    assert len(page.opened_at) == len(page.close) == 60
    assert page.opened_at[-1] == int((NOON - 11 * MINUTE).timestamp())
    assert page.close[-1] == float(minute_bar(NOON - 11 * MINUTE).close)
    rest = older(context, replace(asked, before=NOON - 70 * MINUTE))
    assert len(rest.opened_at) == 30
    assert len(older(context, replace(asked, before=NOON - 100 * MINUTE)).opened_at) == 0
    assert len(older(context, replace(asked, symbol="NO/NE")).opened_at) == 0
    context.close()


@pytest.mark.requirement("R162")
def test_what_is_older_than_anything_stored_is_asked_of_the_exchange(shelf: CandleStore, tmp_path: Path) -> None:
    shelf.write(SOURCE, [minute_bar(NOON - each * MINUTE) for each in range(1, 101) if each != 50])
    feed = live(shelf)
    context = context_of(feed, tmp_path)
    asked = OlderBarsRequest(request_id="2", symbol="BTC/USDT", timeframe=Timeframe.M1, before=NOON, limit=40)
    assert older(context, asked).note == ""
    assert feed.wishes.is_empty
    for before, count in ((NOON - 40 * MINUTE, 40), (NOON - 100 * MINUTE, 0)):  # one with a hole in it
        page = older(context, replace(asked, before=before))
        assert len(page.opened_at) == count
        assert "asked" in page.note
        wish = feed.wishes.take()
        assert wish is not None
        assert (wish.symbol, wish.timeframe, wish.limit, wish.before) == ("BTC/USDT", Timeframe.M1, 40, before)
    context.close()


def test_the_simulated_market_computes_what_is_older(tmp_path: Path) -> None:
    context = context_of(SimulatedFeed(1, NOON), tmp_path)
    before = NOON - 300 * MINUTE
    asked = OlderBarsRequest(request_id="2", symbol="BTC/USDT", timeframe=Timeframe.M1, before=before, limit=120)
    page = older(context, asked)
    assert page.opened_at[0] == int((before - 120 * MINUTE).timestamp())
    assert page.opened_at[-1] == int((before - MINUTE).timestamp())
    assert older(context, replace(asked, symbol="NO/NE")).error


def test_a_day_on_a_live_market_opens_with_its_first_stored_bar(shelf: CandleStore, tmp_path: Path) -> None:
    day = NOON.replace(hour=0)
    half_hours = [replace(minute_bar(day + each * 30 * MINUTE), timeframe=Timeframe.M30) for each in range(-4, 24)]
    shelf.write(SOURCE, half_hours)
    found = day_opens(context_of(live(shelf), tmp_path), DayOpensRequest(symbols=("BTC/USDT", "ETH/USDT")))
    assert found.opens == (("BTC/USDT", half_hours[4].open),)
