"""Depth, mark prices and funding of the simulated market: functions of seed, symbol and time, and shaped like one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.margin_brackets import STANDARD_BRACKETS
from desktop_trader.domain.market import FundingRate, MarketEvent, Quote, Timeframe
from desktop_trader.feeds.simulated import SIMULATED_SYMBOLS, SimulatedFeed
from desktop_trader.feeds.simulated_premium import funding_rate

_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
_SWAPS = SIMULATED_SYMBOLS[4:]
_EIGHT_HOURS = timedelta(hours=8)


def _feed(*symbols: str, seed: int = 7, at: datetime = _ANCHOR) -> SimulatedFeed:
    feed = SimulatedFeed(seed, at)
    for symbol in symbols:
        feed.subscribe(symbol, None)
    return feed


def _until(feed: SimulatedFeed, end: datetime) -> list[MarketEvent]:
    events: list[MarketEvent] = []
    while (at := feed.peek_time()) is not None and at < end:
        event = feed.next_event()
        assert event is not None
        events.append(event)
    return events


def _quotes(feed: SimulatedFeed, seconds: int) -> list[Quote]:
    end = feed.starts_at + timedelta(seconds=seconds)
    return [event for event in _until(feed, end) if isinstance(event, Quote)]


def test_swaps_have_tiers_an_interval_and_a_liquidation_fee_and_spot_has_none_of_its_own() -> None:
    for instrument in _feed().instruments():
        is_swap = instrument.symbol in _SWAPS
        assert instrument.brackets == (STANDARD_BRACKETS if is_swap else ())
        assert instrument.funding_interval == (_EIGHT_HOURS if is_swap else None)
        assert instrument.max_leverage == (125 if is_swap else 1)


def test_the_mark_is_the_mean_of_the_last_minute_and_spot_has_none() -> None:
    quotes = _quotes(_feed("ETH/USDT:USDT", "ETH/USDT"), 180)
    swap = [each for each in quotes if each.symbol == "ETH/USDT:USDT"]

    assert {each.mark for each in quotes if each.symbol == "ETH/USDT"} == {None}
    for index in range(60, 180):
        minute = [each.last for each in swap[index - 59 : index + 1]]
        mark = swap[index].mark
        assert mark is not None
        assert abs(mark - sum(minute, Decimal(0)) / 60) <= Decimal("0.005")


def test_a_mark_stays_close_to_the_last_price_and_moves_less() -> None:
    for symbol in _SWAPS:
        quotes = _quotes(_feed(symbol), 7_200)
        marks = [each.mark_price for each in quotes]
        lasts = [each.last for each in quotes]
        assert all(abs(mark / last - 1) < Decimal("0.01") for mark, last in zip(marks, lasts, strict=True))
        way = sum(abs(after - before) for before, after in pairwise(marks))
        assert way < sum(abs(after - before) for before, after in pairwise(lasts)) / 2


def test_the_mark_of_a_second_is_the_same_wherever_the_feed_began() -> None:
    whole = _quotes(_feed("BTC/USDT:USDT"), 4_000)

    late = _feed("BTC/USDT:USDT", at=_ANCHOR + timedelta(seconds=1_795))

    assert _quotes(late, 10) == whole[1_795:1_805]


def test_a_mark_bar_is_made_of_the_marks_in_its_span() -> None:
    feed = _feed("SOL/USDT:USDT")
    marks = [each.mark_price for each in _quotes(feed, 300)]
    (bar,) = feed.history("SOL/USDT:USDT", Timeframe.M5, before=_ANCHOR + timedelta(minutes=5), limit=1)

    mark = feed.mark_bar(bar)

    assert mark is not None
    assert (mark.open, mark.high, mark.low, mark.close) == (marks[0], max(marks), min(marks), marks[-1])
    (spot,) = feed.history("SOL/USDT", Timeframe.M5, before=_ANCHOR + timedelta(minutes=5), limit=1)
    assert feed.mark_bar(spot) is None


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**63),
    symbol=st.sampled_from(SIMULATED_SYMBOLS),
    at=st.integers(min_value=-(10**9), max_value=10**9).map(lambda seconds: _ANCHOR + timedelta(seconds=seconds)),
)
def test_a_book_lies_around_its_quote_on_the_grids_and_grows_away_from_it(seed: int, symbol: str, at: datetime) -> None:
    feed = _feed(symbol, seed=seed, at=at)
    (quote, *_) = _quotes(feed, 2)
    instrument = feed.listing()[symbol]

    book = feed.depth(quote)

    assert book is not None
    assert (book.symbol, book.at) == (symbol, quote.at)
    assert (book.bids[0].price, book.asks[0].price) == (quote.bid, quote.ask)
    for side, sign in ((book.bids, -1), (book.asks, 1)):
        assert len(side) == 20
        assert side[0].price * side[0].size >= 20_000
        assert all(sign * (after.price - before.price) > 0 for before, after in pairwise(side))
        assert all(after.size > before.size for before, after in pairwise(side))
        assert all(instrument.is_on_price_grid(each.price) for each in side)
        assert all(instrument.is_on_quantity_grid(each.size) for each in side)
        assert abs(side[-1].price / side[0].price - 1) < Decimal("0.01")


def test_a_book_is_a_function_of_seed_symbol_and_quote() -> None:
    feed = _feed("BTC/USDT:USDT")
    one, other = _quotes(feed, 2)

    assert feed.depth(one) == feed.depth(one) == _feed("BTC/USDT:USDT", at=_ANCHOR + _EIGHT_HOURS).depth(one)
    sizes = {
        feed.depth(one).bids[0].size,  # type: ignore[union-attr]
        feed.depth(replace(one, at=other.at)).bids[0].size,  # type: ignore[union-attr]
        _feed(seed=8).depth(one).bids[0].size,  # type: ignore[union-attr]
    }
    assert len(sizes) == 3


def test_a_book_of_a_tiny_price_ends_at_the_last_tick() -> None:
    tick = Decimal("0.0001")
    quote = Quote(symbol="XRP/USDT", bid=3 * tick, ask=4 * tick, last=3 * tick, at=_ANCHOR)

    book = _feed().depth(quote)

    assert book is not None
    assert [each.price for each in book.bids] == [3 * tick, 2 * tick, tick]
    assert len(book.asks) == 20


def test_nobody_else_knows_a_book() -> None:
    with pytest.raises(InvalidInputError, match="does not list"):
        _feed().depth(Quote(symbol="DOGE/USDT", bid=Decimal(1), ask=Decimal(2), last=Decimal(1), at=_ANCHOR))


def test_funding_comes_every_eight_hours_before_all_else_of_its_instant() -> None:
    feed = SimulatedFeed(7, _ANCHOR)
    feed.subscribe("BTC/USDT:USDT", Timeframe.M1)
    feed.subscribe("BTC/USDT", Timeframe.M1)
    feed.subscribe("XRP/USDT:USDT", None)
    feed.resume(_ANCHOR + _EIGHT_HOURS - timedelta(seconds=1))

    events = _until(feed, _ANCHOR + _EIGHT_HOURS + timedelta(milliseconds=200))

    kinds = [(type(each).__name__, each.symbol) for each in events]
    assert kinds[3:] == [
        ("FundingRate", "BTC/USDT:USDT"),
        ("FundingRate", "XRP/USDT:USDT"),
        ("Bar", "BTC/USDT"),
        ("Bar", "BTC/USDT:USDT"),
        ("Quote", "BTC/USDT"),
        ("Quote", "BTC/USDT:USDT"),
    ]
    rate = events[3]
    before = [each for each in events[:3] if each.symbol == "BTC/USDT:USDT"]
    assert isinstance(rate, FundingRate)
    assert isinstance(before[0], Quote)
    assert (rate.at, rate.mark_price, rate.is_estimate) == (_ANCHOR + _EIGHT_HOURS, before[0].mark, False)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**63),
    begin=st.integers(min_value=-2_000, max_value=2_000),
    seconds=st.integers(min_value=0, max_value=28_800),
)
def test_the_rates_told_are_the_rates_that_come(seed: int, begin: int, seconds: int) -> None:
    due = _ANCHOR + begin * _EIGHT_HOURS
    feed = SimulatedFeed(seed, _ANCHOR)
    feed.subscribe("ETH/USDT:USDT", Timeframe.H4)
    feed.resume(due - timedelta(seconds=1))
    came = [each for each in _until(feed, due + timedelta(seconds=1)) if isinstance(each, FundingRate)]

    told = feed.funding_rates("ETH/USDT:USDT", after=due - _EIGHT_HOURS, until=due + timedelta(seconds=seconds))

    assert list(told)[:1] == came
    assert [each.at for each in told] == [due + index * _EIGHT_HOURS for index in range(len(told))]
    assert len(told) == 1 + seconds // 28_800
    assert feed.funding_rates("ETH/USDT", after=due - _EIGHT_HOURS, until=due) == ()


def test_the_estimate_at_the_end_of_an_interval_is_the_rate() -> None:
    feed = _feed()
    due = _ANCHOR + _EIGHT_HOURS

    estimate = feed.next_funding("BTC/USDT:USDT", at=due - timedelta(microseconds=1))
    (rate,) = feed.funding_rates("BTC/USDT:USDT", after=_ANCHOR, until=due)

    assert estimate is not None
    assert (estimate.at, estimate.rate, estimate.is_estimate) == (due, rate.rate, True)
    assert feed.next_funding("BTC/USDT", at=due) is None
    after = feed.next_funding("BTC/USDT:USDT", at=due)
    assert after is not None
    assert after.at == due + _EIGHT_HOURS


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        ("0", "0.0001"),
        ("0.0001", "0.0001"),
        ("0.0006", "0.0001"),
        ("0.0009", "0.0004"),
        ("-0.0004", "0.0001"),
        ("-0.0009", "-0.0004"),
        ("0.02", "0.0075"),
        ("-0.02", "-0.0075"),
    ],
)
def test_the_rate_follows_the_published_formula(premium: str, rate: str) -> None:
    assert funding_rate(Decimal(premium)) == Decimal(rate)


def test_rates_of_a_year_are_mostly_the_interest_and_go_both_ways() -> None:
    year = timedelta(days=365)
    rates = [each.rate for each in _feed().funding_rates("BTC/USDT:USDT", after=_ANCHOR - year, until=_ANCHOR)]

    assert len(rates) == 1_095
    assert rates.count(Decimal("0.0001")) > 500
    assert min(rates) < 0 < Decimal("0.0001") < max(rates)


def test_swap_prices_are_what_they_were_before_there_were_marks() -> None:
    quotes = _quotes(_feed("BTC/USDT:USDT"), 3)

    assert [(str(each.bid), str(each.last), str(each.ask)) for each in quotes] == [
        ("45662.62", "45670.62", "45671.18"),
        ("45671.08", "45672.47", "45679.45"),
        ("45671.94", "45672.10", "45680.09"),
    ]
