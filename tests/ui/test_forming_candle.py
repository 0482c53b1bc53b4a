"""The bar that is forming: highs and lows only widen, and a new bar begins where the market's clock says."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.ui.models.forming_candle import FormingCandle
from tests.ui.snapshot_builders import NOON, make_quote

BAR = Bar(
    symbol="BTC/USDT",
    timeframe=Timeframe.M1,
    opened_at=NOON,
    open=Decimal(100),
    high=Decimal(110),
    low=Decimal(90),
    close=Decimal(105),
    volume=Decimal(7),
)


def test_a_quote_within_the_bar_moves_its_close_and_widens_its_range() -> None:
    candle = FormingCandle.from_bar(BAR)
    candle = candle.after(make_quote(last="120", at=NOON + timedelta(seconds=59)), Timeframe.M1)
    assert (candle.open, candle.high, candle.low, candle.close) == (100, 120, 90, 120)
    assert candle.volume == 7


def test_a_quote_of_the_next_minute_begins_the_next_bar() -> None:
    candle = FormingCandle.from_bar(BAR).after(make_quote(last="99", at=NOON + timedelta(seconds=61)), Timeframe.M1)
    assert candle.opened_at == NOON + timedelta(minutes=1)
    assert {candle.open, candle.high, candle.low, candle.close} == {Decimal(99)}
    assert candle.volume == 0


def test_a_bar_whose_start_was_missed_opens_where_the_last_one_closed() -> None:
    candle = FormingCandle.from_bar(BAR).after(make_quote(last="99", at=NOON + timedelta(seconds=90)), Timeframe.M1)
    assert (candle.open, candle.high, candle.low, candle.close) == (105, 105, 99, 99)
    after_a_gap = FormingCandle.from_bar(BAR).after(make_quote(last="99", at=NOON + timedelta(hours=1)), Timeframe.M1)
    assert after_a_gap.open == 99


def test_a_late_quote_of_an_older_bar_does_not_turn_time_back() -> None:
    candle = FormingCandle.from_bar(BAR).after(make_quote(last="99", at=NOON - timedelta(hours=1)), Timeframe.M1)
    assert candle.opened_at == NOON


@given(prices=st.lists(st.decimals(min_value=1, max_value=10**6, places=2), min_size=1))
def test_the_range_always_holds_open_and_close(prices: list[Decimal]) -> None:
    candle = FormingCandle.from_bar(BAR)
    for place, price in enumerate(prices):
        candle = candle.after(make_quote(last=price, at=NOON + timedelta(seconds=place * 7)), Timeframe.M1)
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
    assert candle.close == prices[-1]
