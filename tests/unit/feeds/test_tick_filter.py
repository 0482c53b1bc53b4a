"""The filter of a real market's quotes: what cannot be, what is late, what is too far away to be believed at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.market import Quote
from desktop_trader.feeds.tick_filter import TickFault, TickFilter
from tests.builders import after, make_quote

_START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_tick(price: str = "100", *, second: float = 0, symbol: str = "BTC/USDT", spread: str = "0.01") -> Quote:
    """A sound quote around a price."""
    last = Decimal(price)
    half = last * Decimal(spread) / 2
    at = _START + timedelta(seconds=second)
    return Quote(symbol=symbol, bid=last - half, ask=last + half, last=last, at=at)


@pytest.mark.parametrize("field", ["bid", "ask", "last"])
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("NaN", TickFault.NOT_A_NUMBER),
        ("sNaN", TickFault.NOT_A_NUMBER),
        ("Infinity", TickFault.NOT_A_NUMBER),
        ("-Infinity", TickFault.NOT_A_NUMBER),
        ("0", TickFault.NOT_POSITIVE),
        ("-0", TickFault.NOT_POSITIVE),
        ("-1", TickFault.NOT_POSITIVE),
        ("1e400", TickFault.OUT_OF_RANGE),
        ("1e-400", TickFault.OUT_OF_RANGE),
    ],
)
def test_a_figure_that_is_no_price_rejects_the_quote(field: str, text: str, fault: TickFault) -> None:
    ticks = TickFilter()
    changed: dict[str, Any] = {field: Decimal(text)}
    broken = replace(make_tick(), **changed)

    assert ticks.judge(broken) is fault
    assert ticks.last("BTC/USDT") is None
    assert ticks.counts == {fault: 1}


@pytest.mark.parametrize(("bid", "ask"), [("101", "100"), ("100", "100")])
def test_a_book_whose_orders_would_have_met_is_rejected(bid: str, ask: str) -> None:
    crossed = replace(make_tick(), bid=Decimal(bid), ask=Decimal(ask))

    assert TickFilter().judge(crossed) is TickFault.CROSSED


def test_what_is_not_newer_than_the_last_is_dropped() -> None:
    ticks = TickFilter()

    assert ticks.judge(make_tick("100", second=5)) is None
    assert ticks.judge(make_tick("101", second=5)) is TickFault.REPEATED
    assert ticks.judge(make_tick("101", second=4.999)) is TickFault.OLD
    assert ticks.judge(make_tick("102", second=0, symbol="ETH/USDT")) is None
    assert ticks.judge(make_tick("101", second=5.001)) is None


def test_a_time_that_was_believed_while_a_clock_was_wrong_makes_no_later_tick_old() -> None:
    ticks = TickFilter()
    assert ticks.judge(make_tick("100", second=7_200), horizon=_START + timedelta(seconds=7_205)) is None

    present = _START + timedelta(seconds=6)
    assert ticks.judge(make_tick("1500", second=1), horizon=present) is TickFault.SPIKE  # its price still counts
    assert ticks.judge(make_tick("101", second=2), horizon=present) is None
    assert ticks.judge(make_tick("101", second=1.5), horizon=present) is TickFault.OLD


def test_ticks_replayed_after_a_reconnect_move_nothing() -> None:
    ticks = TickFilter()
    sent = [make_tick(str(100 + second), second=second) for second in range(10)]
    for tick in sent:
        assert ticks.judge(tick) is None

    again = [ticks.judge(tick) for tick in sent]

    assert again == [TickFault.OLD] * 9 + [TickFault.REPEATED]
    assert ticks.last("BTC/USDT") == sent[-1]
    assert not any(fault.is_bad for fault in again if fault is not None)


def test_a_tick_from_beyond_the_horizon_does_not_make_every_later_one_old() -> None:
    ticks = TickFilter()
    horizon = _START + timedelta(seconds=30)

    assert ticks.judge(make_tick(second=31), horizon=horizon) is TickFault.FUTURE
    assert ticks.judge(make_tick(second=30), horizon=horizon) is None


_SPIKES = pytest.mark.parametrize("price", ["1000", "10", "5000000", "0.001"])


@pytest.mark.requirement("R211")
@_SPIKES
def test_ticks_of_one_source_confirm_a_spike_only_when_they_are_many_over_a_long_time(price: str) -> None:
    """Row F35 of the fault list: two wrong ticks half a second apart are one mistake."""
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    many_at_once = [ticks.judge(make_tick(price, second=1 + index / 10)) for index in range(9)]
    again = [ticks.judge(make_tick(price, second=1.8)) for _ in range(9)]  # the same one once more confirms nothing
    assert set(many_at_once) == {TickFault.SPIKE}
    assert set(again) == {TickFault.SPIKE}
    assert ticks.last("BTC/USDT") == make_tick("100")
    assert ticks.judge(make_tick(price, second=10.9)) is TickFault.SPIKE
    assert ticks.judge(make_tick(price, second=11)) is None


@_SPIKES
def test_few_ticks_of_one_source_confirm_no_spike(price: str) -> None:
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    verdicts = [ticks.judge(make_tick(price, second=second)) for second in (10, 20, 30, 40, 50)]

    assert verdicts == [TickFault.SPIKE] * 4 + [None]


@_SPIKES
def test_a_stream_and_an_answer_confirm_a_spike_after_seconds(price: str) -> None:
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    def asked(second: float) -> TickFault | None:
        return ticks.judge(make_tick(price, second=second), answered_at=_START + timedelta(seconds=second))

    assert ticks.judge(make_tick(price, second=1)) is TickFault.SPIKE
    assert asked(1.5) is TickFault.SPIKE
    assert asked(3.9) is TickFault.SPIKE
    assert asked(4) is None


def test_the_time_over_which_a_spike_is_confirmed_is_ours_and_not_its_own() -> None:
    """Ticks that say of themselves to be seconds apart, and come together."""
    ticks = TickFilter()
    ticks.judge(make_tick("100"), horizon=_START + timedelta(seconds=35))
    present = _START + timedelta(seconds=35)

    verdicts = [ticks.judge(make_tick("1000", second=second), horizon=present) for second in range(1, 31)]

    assert set(verdicts) == {TickFault.SPIKE}


def test_a_single_spike_between_good_ticks_is_forgotten() -> None:
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    assert ticks.judge(make_tick("1000", second=1)) is TickFault.SPIKE
    assert ticks.judge(make_tick("101", second=2)) is None
    assert ticks.judge(make_tick("1100", second=3)) is TickFault.SPIKE
    assert ticks.judge(make_tick("3000", second=4)) is TickFault.SPIKE  # another level: neither confirms the other
    assert ticks.judge(make_tick("102", second=5)) is None


def test_a_spike_of_one_side_of_the_book_is_a_spike() -> None:
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    assert ticks.judge(replace(make_tick("100", second=1), ask=Decimal(1500))) is TickFault.SPIKE
    assert ticks.judge(replace(make_tick("100", second=2), bid=Decimal("0.5"))) is TickFault.SPIKE


def test_nine_times_the_last_is_a_move_and_ten_times_is_a_spike() -> None:
    ticks = TickFilter()
    ticks.judge(make_tick("100"))

    assert ticks.judge(make_tick("999.99", second=1)) is None
    assert ticks.judge(make_tick("9999.9", second=2)) is TickFault.SPIKE


def test_a_gap_in_the_sequence_stops_a_symbol_until_it_is_resynchronised() -> None:
    ticks = TickFilter()

    assert ticks.judge(make_tick(second=1), sequence=7) is None
    assert ticks.judge(make_tick(second=2), sequence=8) is None
    assert ticks.judge(make_tick(second=3), sequence=10) is TickFault.SEQUENCE_GAP
    assert ticks.needs_resync("BTC/USDT")
    assert ticks.judge(make_tick(second=4), sequence=11) is TickFault.SEQUENCE_GAP

    ticks.resync("BTC/USDT")

    assert not ticks.needs_resync("BTC/USDT")
    assert ticks.judge(make_tick(second=5), sequence=40) is None
    assert ticks.judge(make_tick(second=6), sequence=40) is TickFault.REPEATED
    assert ticks.judge(make_tick(second=7), sequence=39) is TickFault.OLD
    assert ticks.judge(make_tick(second=8), sequence=41) is None


_any_figure = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.decimals(min_value="0.01", max_value="100000", places=4),
    st.sampled_from([Decimal(each) for each in ("100", "1000", "10", "0", "-0", "1e300", "NaN")]),
)
_quotes = st.builds(
    Quote,
    symbol=st.sampled_from(["BTC/USDT", "ETH/USDT"]),
    bid=_any_figure,
    ask=_any_figure,
    last=_any_figure,
    at=st.integers(-5, 40).map(lambda second: _START + timedelta(seconds=second)),
)


@pytest.mark.requirement("R211")
@given(st.lists(st.one_of(_quotes, st.builds(make_tick, second=st.integers(0, 60))), max_size=40))
def test_whatever_comes_only_sound_quotes_in_order_are_believed(quotes: list[Quote]) -> None:
    ticks = TickFilter()
    horizon = _START + timedelta(seconds=30)
    believed: list[Quote] = []
    rejected = 0

    for quote in quotes:
        if ticks.judge(quote, horizon=horizon) is None:
            believed.append(quote)
        else:
            rejected += 1

    assert sum(ticks.counts.values()) == rejected
    for symbol in ("BTC/USDT", "ETH/USDT"):
        own = [quote for quote in believed if quote.symbol == symbol]
        assert ticks.last(symbol) == (own[-1] if own else None)
        assert all(0 < quote.bid < quote.ask < 10**13 and 0 < quote.last < 10**13 for quote in own)
        assert all(before.at < after.at <= horizon for before, after in pairwise(own))


@pytest.mark.requirement("R211")
@given(st.lists(st.sampled_from(["100", "101", "99", "1000", "1020", "9", "0.5"]), min_size=2, max_size=30))
def test_a_believed_price_is_within_ten_times_the_last_or_seen_twice(prices: list[str]) -> None:
    ticks = TickFilter()
    believed: list[Decimal] = []

    for second, price in enumerate(prices):
        fault = ticks.judge(make_tick(price, second=second))
        if fault is None:
            last = believed[-1] if believed else None
            before = Decimal(prices[second - 1])
            is_near = last is None or last / 10 < Decimal(price) < last * 10
            assert is_near or max(before, Decimal(price)) <= min(before, Decimal(price)) * Decimal("1.1")
            believed.append(Decimal(price))
        else:
            assert fault is TickFault.SPIKE


# ------------------------------------------------------------------------------------- answers that say the same again


def said(prices: str, *, made: float) -> Quote:
    """A quote of `bid ask last` made at a second."""
    bid, ask, last = prices.split()
    return make_quote(last, bid=bid, ask=ask, at=after(seconds=made))


@pytest.mark.requirement("R203")
def test_an_answer_of_now_that_says_the_same_again_confirms_the_price_as_of_the_answer() -> None:
    filter_ = TickFilter()
    quiet = said("99 101 100", made=0)
    assert filter_.judge(quiet, answered_at=after(seconds=40)) is None
    assert filter_.last(quiet.symbol) == quiet  # a first answer says only when its prices were made

    for second in (42, 43, 44):
        assert filter_.judge(quiet, answered_at=after(seconds=second)) is None
        assert filter_.last(quiet.symbol) == replace(quiet, at=after(seconds=second))
    assert not filter_.counts


def test_only_a_newer_answer_confirms_and_what_is_pushed_never_does() -> None:
    filter_ = TickFilter()
    quiet = said("99 101 100", made=10)
    assert filter_.judge(quiet) is None
    assert filter_.judge(quiet) is TickFault.REPEATED
    assert filter_.judge(quiet, answered_at=after(seconds=10)) is TickFault.REPEATED
    assert filter_.judge(quiet, answered_at=after(seconds=9)) is TickFault.REPEATED
    assert filter_.judge(quiet, answered_at=after(seconds=60), horizon=after(seconds=20)) is TickFault.REPEATED
    assert filter_.judge(quiet, answered_at=after(seconds=12)) is None
    assert filter_.judge(quiet, answered_at=after(seconds=12)) is TickFault.REPEATED  # an answer out of a cache
    assert filter_.judge(quiet) is TickFault.REPEATED


@pytest.mark.requirement("R203")
def test_an_older_time_stays_old_in_an_answer_too() -> None:
    filter_ = TickFilter()
    assert filter_.judge(said("99 101 100", made=10)) is None
    for second in (20, 21, 22):
        assert filter_.judge(said("49 51 50", made=9), answered_at=after(seconds=second)) is TickFault.OLD
    assert filter_.last("BTC/USDT") == said("99 101 100", made=10)


def test_other_prices_of_the_same_time_need_a_second_answer_like_them() -> None:
    filter_ = TickFilter()
    assert filter_.judge(said("99 101 100", made=10)) is None
    other = said("98 101 99", made=10)
    assert filter_.judge(other, answered_at=after(seconds=11)) is TickFault.REPEATED
    assert filter_.judge(said("97 101 98", made=10), answered_at=after(seconds=12)) is TickFault.REPEATED
    assert filter_.judge(other, answered_at=after(seconds=13)) is TickFault.REPEATED  # never twice in a row the same
    assert filter_.judge(other, answered_at=after(seconds=14)) is None
    assert filter_.last("BTC/USDT") == replace(other, at=after(seconds=14))


@pytest.mark.requirement("R203")
def test_answers_that_lag_behind_what_has_happened_confirm_nothing_any_more() -> None:
    filter_ = TickFilter()
    assert filter_.judge(said("99 101 100", made=10), answered_at=after(seconds=50)) is None
    assert filter_.judge(said("99 101 100", made=10), answered_at=after(seconds=52)) is None  # nobody can know better
    assert filter_.judge(said("98 100 99", made=11), answered_at=after(seconds=53)) is TickFault.OLD  # 41 s before that
    for second in range(54, 120):
        made = second // 5 * 5 - 41  # new every five seconds, always 41 s behind
        filter_.judge(said("98 100 99", made=made), answered_at=after(seconds=second))
        last = filter_.last("BTC/USDT")
        assert last is not None
        assert last.at <= max(after(seconds=52), after(seconds=made))
    assert filter_.judge(said("97 99 98", made=119), answered_at=after(seconds=120)) is None
    assert filter_.judge(said("97 99 98", made=119), answered_at=after(seconds=122)) is None  # up to date again
    last = filter_.last("BTC/USDT")
    assert last is not None
    assert last.at == after(seconds=122)


def test_news_made_before_the_answer_that_confirmed_is_news_and_time_does_not_go_back() -> None:
    filter_ = TickFilter()
    quiet, news = said("99 101 100", made=10), said("98 100 99", made=11.5)
    assert filter_.judge(quiet) is None
    assert filter_.judge(quiet, answered_at=after(seconds=12)) is None
    assert filter_.judge(news) is None
    assert filter_.last("BTC/USDT") == replace(news, at=after(seconds=12))
    assert filter_.judge(quiet, answered_at=after(seconds=13)) is TickFault.OLD
    assert filter_.judge(quiet) is TickFault.OLD


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(100, 110), st.one_of(st.none(), st.integers(0, 25))), max_size=60
    )
)
def test_whatever_is_pushed_or_answered_time_never_goes_back_and_no_older_price_is_believed(
    told: list[tuple[int, int, int | None]],
) -> None:
    filter_, made_before, at_before = TickFilter(), after(seconds=-1), after(seconds=-1)
    for made, price, answered in told:
        quote = said(f"{price - 1} {price + 1} {price}", made=made)
        answered_at = None if answered is None else after(seconds=answered)
        if filter_.judge(quote, answered_at=answered_at) is not None:
            continue
        believed = filter_.last(quote.symbol)
        assert believed is not None
        assert believed.last == quote.last
        assert quote.at >= made_before
        assert believed.at >= at_before
        assert believed.at in {quote.at, answered_at, at_before}  # a time that somebody said, never one of ours
        assert believed.at > at_before or quote.at > made_before  # and each is news: a time, or prices
        made_before, at_before = quote.at, believed.at
