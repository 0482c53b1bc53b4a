"""Marks, funding, tiers and books of a real exchange: what is asked, when, and what the engine gets of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import BadAnswerError, ExchangeRefusedError, NetworkDownError
from desktop_trader.domain.market import BookLevel, FundingRate, OrderBook, Quote
from desktop_trader.feeds.live_books import LiveBooks
from desktop_trader.feeds.live_funding import LiveFunding
from tests.builders import SPOT, SWAP
from tests.fakes_exchange import LIVE_START, SCRIPTED_TIERS, LineRig

pytestmark = pytest.mark.asyncio
_EIGHT = LIVE_START.replace(hour=8, minute=0, second=0)
_SIXTEEN = LIVE_START.replace(hour=16, minute=0, second=0)
_S = SWAP.symbol


def _rig(*symbols: str) -> LineRig:
    rig = LineRig()
    for symbol in symbols or (_S,):
        rig.feed.subscribe(symbol, None)
    return rig


def _rates(rig: LineRig) -> list[FundingRate]:
    return [event for event in rig.pull() if isinstance(event, FundingRate)]


async def test_a_followed_swap_gets_its_mark_from_the_funding_answers() -> None:
    rig = _rig(_S, SPOT.symbol)
    rig.session.swaps.mark = Decimal("100.25")
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(10)
        quotes = [event for event in rig.pull() if isinstance(event, Quote)]

    assert {each.mark for each in quotes if each.symbol == SPOT.symbol} == {None}
    assert [each.mark for each in quotes if each.symbol == _S][-1] == Decimal("100.25")


async def test_an_old_mark_is_none() -> None:
    rig = _rig()
    rig.session.swaps.mark = Decimal("100.25")
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(10)
        rig.session.failures["funding"] = BadAnswerError("no funding today")
        rig.pull()
        await rig.clock.pass_by(25)
        marks = [event.mark for event in rig.pull() if isinstance(event, Quote)]
        await rig.clock.pass_by(60)
        later = [event.mark for event in rig.pull() if isinstance(event, Quote)]

    assert marks[0] == Decimal("100.25")
    assert set(later) == {None}


async def test_a_needed_swap_is_asked_about_more_often_than_one_that_is_looked_at() -> None:
    rig = _rig()
    async with rig:
        await rig.verify(_S)
        begun = rig.clock.monotonic()
        await rig.clock.pass_by(120)
        shown = rig.session.count("funding", since=begun)
        rig.line.need([_S])
        begun = rig.clock.monotonic()
        await rig.clock.pass_by(120)
        needed = rig.session.count("funding", since=begun)

    assert shown in (2, 3)
    assert 10 <= needed <= 13


async def test_of_spot_nothing_of_all_that_is_asked() -> None:
    rig = _rig(SPOT.symbol)
    async with rig:
        await rig.verify(SPOT.symbol)
        await rig.clock.pass_by(120)

    assert [rig.session.count(name) for name in ("funding", "funding history", "tiers", "book")] == [0] * 4


async def test_the_estimate_of_the_coming_instant_is_told() -> None:
    rig = _rig()
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(5)
        estimate = rig.feed.next_funding(_S, at=LIVE_START)

    assert estimate is not None
    assert (estimate.at, estimate.rate, estimate.is_estimate) == (_SIXTEEN, Decimal("0.00016"), True)
    assert rig.feed.next_funding(_S, at=_SIXTEEN) is None


@pytest.mark.parametrize("how", ["told at once", "by history", "by the last estimate"])
async def test_a_rate_comes_once_after_its_instant_however_the_exchange_tells_it(how: str) -> None:
    rig = _rig()
    rig.session.swaps.mark = Decimal("100.25")
    rig.session.swaps.tells_settled = how == "told at once"
    rig.session.swaps.has_history = how == "by history"
    rig.session.swaps.every = timedelta(minutes=4)
    due = LIVE_START.replace(minute=4, second=0)
    rig.line.need([_S])
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(30)
        assert _rates(rig) == []
        await rig.clock.pass_by(240)
        rates = _rates(rig)
        await rig.clock.pass_by(150)
        assert _rates(rig) == []

    assert rates == [FundingRate(symbol=_S, at=due, rate=Decimal("0.00012"), mark_price=Decimal("100.25"))]
    assert list(rig.feed.funding_rates(_S, after=LIVE_START, until=due)) == rates


async def test_what_was_due_while_nobody_listened_comes_as_events_once_it_is_asked_for() -> None:
    rig = _rig()
    opened_at = _EIGHT - timedelta(days=2)
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(20)
        assert _rates(rig) == []
        assert rig.feed.funding_rates(_S, after=opened_at, until=LIVE_START) == []
        await rig.clock.pass_by(10)
        rates = _rates(rig)
        again = rig.feed.funding_rates(_S, after=opened_at, until=LIVE_START)
        await rig.clock.pass_by(120)

    assert [each.at for each in rates] == [opened_at + index * timedelta(hours=8) for index in range(7)]
    assert list(again) == rates[1:], "after the time asked for; the one of that very instant came besides"
    assert rig.session.count("funding history") == 1
    assert {each.mark_price for each in rates} <= {Decimal(101 + digit) for digit in range(10)}, "the hour's close"


async def test_a_history_that_fails_is_asked_for_again() -> None:
    rig = _rig()
    rig.session.failures["funding history"] = NetworkDownError("gone")
    async with rig:
        await rig.verify(_S)
        rig.feed.funding_rates(_S, after=_EIGHT - timedelta(minutes=1), until=LIVE_START)
        await rig.clock.pass_by(20)
        rig.session.recover()
        await rig.clock.pass_by(120)

    assert [each.at for each in _rates(rig)] == [_EIGHT]


async def test_the_instrument_gets_the_exchanges_tiers_and_interval_and_keeps_them_in_the_next_list() -> None:
    rig = _rig()
    listing = rig.feed.listing()
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(10)
        assert (listing[_S].brackets, listing[_S].funding_interval) == (SCRIPTED_TIERS, timedelta(hours=8))
        rig.feed.take_listing({each.symbol: each for each in (SPOT, SWAP)})
        await rig.clock.pass_by(100)

    assert (listing[_S].brackets, listing[_S].funding_interval) == (SCRIPTED_TIERS, timedelta(hours=8))
    assert listing[SPOT.symbol] == SPOT
    assert rig.session.count("tiers") == 1


@pytest.mark.parametrize("error", [BadAnswerError("nonsense"), ExchangeRefusedError("not for everybody")])
async def test_an_exchange_that_does_not_tell_is_no_reason_to_stop(
    error: BadAnswerError | ExchangeRefusedError,
) -> None:
    rig = _rig()
    rig.session.failures |= dict.fromkeys(("funding", "funding history", "tiers", "book"), error)
    async with rig:
        await rig.verify(_S)
        rig.feed.want_depth(_S, 60)
        rig.feed.funding_rates(_S, after=_EIGHT, until=LIVE_START)
        await rig.clock.pass_by(60)

    assert rig.heard.errors == []
    assert rig.session.count("funding") <= 3
    assert rig.session.count("tiers") == 1
    assert rig.session.count("book") <= 7
    assert len([event for event in rig.pull() if isinstance(event, Quote)]) >= 50


async def test_a_book_is_asked_for_only_while_somebody_wants_it() -> None:
    rig = _rig()
    async with rig:
        await rig.verify(_S)
        await rig.clock.pass_by(30)
        assert rig.session.count("book") == 0
        rig.feed.want_depth(_S, 5)
        await rig.clock.pass_by(30)
        asked = rig.session.count("book")
        await rig.clock.pass_by(30)

    assert 4 <= asked <= 6
    assert rig.session.count("book") == asked


async def test_asking_for_the_depth_of_a_quote_keeps_its_book_coming() -> None:
    rig = _rig()
    async with rig:
        await rig.verify(_S)
        quote = rig.session.quote_now(_S)
        assert rig.feed.depth(quote) is None, "nothing is there yet"
        await rig.clock.pass_by(3)
        book = rig.feed.depth(rig.session.quote_now(_S))

    assert book is not None
    assert (len(book.bids), len(book.asks)) == (3, 3)
    assert (book.bids[0].price, book.asks[0].price) == (Decimal("99.95"), Decimal("100.05"))


def _book(at: datetime) -> OrderBook:
    bids = tuple(BookLevel(price=Decimal(price), size=Decimal(1)) for price in (99, 98))
    asks = tuple(BookLevel(price=Decimal(price), size=Decimal(1)) for price in (101, 102))
    return OrderBook(symbol=_S, bids=bids, asks=asks, at=at)


def _quote(bid: int, ask: int, *, at: datetime = LIVE_START) -> Quote:
    return Quote(symbol=_S, bid=Decimal(bid), ask=Decimal(ask), last=Decimal(bid), at=at)


async def test_a_book_counts_up_to_its_age_and_without_what_the_quote_shows_to_be_gone() -> None:
    books = LiveBooks()
    books.take(_book(LIVE_START - timedelta(hours=1)), answered_at=LIVE_START)

    whole = books.around(_quote(99, 101))
    thinner = books.around(_quote(98, 100))

    assert whole == _book(LIVE_START - timedelta(hours=1)), "a quiet book is as fresh as its answer"
    assert thinner is not None
    assert [each.price for each in thinner.bids] == [98]
    assert [each.price for each in thinner.asks] == [101, 102]
    assert books.around(_quote(97, 101)) is None
    assert books.around(_quote(99, 101, at=LIVE_START + timedelta(seconds=10))) is not None
    assert books.around(_quote(99, 101, at=LIVE_START + timedelta(seconds=10.001))) is None


async def test_a_mark_far_from_the_last_print_is_a_mistake() -> None:
    funding = LiveFunding()
    funding.take_mark(_S, Decimal(300), at=LIVE_START)

    assert funding.marked(_quote(99, 101)).mark is None
    assert funding.marked(replace(_quote(99, 101), mark=Decimal(10))).mark is None
    assert funding.marked(replace(_quote(99, 101), mark=Decimal(105))).mark == 105
    assert funding.marked(_quote(99, 101)).mark == 105, "the newest that can be"


async def test_the_mark_of_an_instant_is_the_last_before_it() -> None:
    funding = LiveFunding()
    for seconds in range(0, 300, 10):
        funding.take_mark(_S, Decimal(100 + seconds), at=LIVE_START + timedelta(seconds=seconds))

    assert funding.mark_at(_S, LIVE_START + timedelta(seconds=55)) == 150
    assert funding.mark_at(_S, LIVE_START + timedelta(seconds=290)) == 390
    assert funding.mark_at(_S, LIVE_START + timedelta(seconds=351)) is None
    assert funding.mark_at(_S, LIVE_START - timedelta(seconds=1)) is None
    assert funding.mark_at(_S, datetime(2020, 1, 1, tzinfo=UTC)) is None


async def test_a_rate_is_news_once_and_a_history_that_reaches_back_further_adds_to_it() -> None:
    funding = LiveFunding()
    rates = [
        FundingRate(symbol=_S, at=_EIGHT + index * timedelta(hours=8), rate=Decimal(0), mark_price=Decimal(1))
        for index in range(3)
    ]
    assert funding.missing_from(_S) is None
    assert list(funding.rates(_S, after=_EIGHT, until=_SIXTEEN)) == []
    assert funding.missing_from(_S) == _EIGHT

    assert funding.take_rates(_S, rates[1:], since=rates[1].at) == rates[1:]
    assert funding.missing_from(_S) == _EIGHT
    assert funding.take_rates(_S, [rates[2], rates[0], rates[1]], since=_EIGHT) == rates[:1]
    assert funding.missing_from(_S) is None
    assert list(funding.rates(_S, after=_EIGHT, until=rates[2].at)) == rates[1:]
