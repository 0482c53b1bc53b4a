"""What people see of swaps: mark, margin, liquidation, funding, and how near the account is to its limits."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.market import FundingRate
from desktop_trader.engine.stored_snapshot import stored_snapshot
from desktop_trader.messages.snapshot import PositionView
from tests.builders import SPOT, START, SWAP, number
from tests.fakes import ScriptedFeed
from tests.trading_rig import TradingRig, play


def rig_with(*actions: str, start_amount: int = 10_000) -> TradingRig:
    rig = TradingRig(instruments=[SWAP], start_amount=start_amount)
    for action in actions:
        play(rig, action)
    return rig


def view(rig: TradingRig) -> PositionView:
    return rig.snapshot.positions[0]


@pytest.mark.requirement("R74", "R75", "R76", "R172", "R174")
def test_every_figure_of_an_isolated_position_is_at_its_mark() -> None:
    rig = rig_with("quote 100", "long 1 x10 trail 4", "quote 100", "funding 0.0001 100", "quote 104 mark 102")
    seen = view(rig)
    assert (seen.mark_price, seen.unrealized_pnl, seen.unrealized_percent) == (102, 2, 20)
    assert (seen.margin_mode, seen.margin, seen.leverage) == ("isolated", 10, 10)
    assert seen.maintenance_margin == number("0.51")
    assert (seen.liquidation_price, seen.liquidation_percent) == (number("90.46"), number("11.31"))
    assert (seen.trail_percent, seen.trailing_stop) == (4, number("99.84"))
    assert seen.funding == number("-0.01")
    # 100 + 0.1 of fees + 0.01 of funding, over 0.999 for the fee of the close: 100.2102...
    assert seen.break_even_price == number("100.22")


def test_every_figure_of_the_account_is_at_the_marks() -> None:
    rig = rig_with("quote 100", "long 1 x10", "quote 100", "short 2 x5", "quote 100", "quote 104 mark 102")
    balance = rig.snapshot.balance
    assert (balance.unrealized_pnl, balance.portfolio_value) == (-2, number("9997.7"))
    assert balance.maintenance_margin == number("1.53")
    assert balance.locked_in_positions == 50
    assert balance.margin_ratio_percent == number("0.50")


def test_on_cross_the_price_is_where_the_account_falls_short() -> None:
    rig = rig_with("quote 100", "long 100 x10 cross", "quote 100", start_amount=2_000)
    assert (view(rig).margin_mode, view(rig).liquidation_price) == ("cross", number("80.51"))
    rig.deposit(1_000)
    assert view(rig).liquidation_price == number("70.46")


def test_spot_is_owed_nothing() -> None:
    rig = TradingRig(instruments=[SPOT])
    for action in ("quote 100", "buy 1", "quote 100"):
        play(rig, action)
    assert (view(rig).maintenance_margin, view(rig).liquidation_price) == (None, None)
    assert rig.snapshot.balance.maintenance_margin == 0


def test_a_restart_values_at_the_mark_of_before() -> None:
    rig = rig_with("quote 100", "long 1 x10", "quote 100", "quote 104 mark 102")
    rig.engine.checkpoint()
    rig.restart()
    assert rig.snapshot.balance.unrealized_pnl == 2
    assert rig.engine.desk.marks.price(SWAP.symbol) == 104


class FundedFeed(ScriptedFeed):
    """A market that says what is due next."""

    asked = 0

    def next_funding(self, symbol: str, *, at: object) -> FundingRate | None:
        self.asked += 1
        at_eight = START + timedelta(hours=8)
        rate = Decimal("0.0001")
        return FundingRate(symbol=symbol, at=at_eight, rate=rate, mark_price=Decimal(100), is_estimate=True)


class FundedRig(TradingRig):
    def make_feed(self) -> ScriptedFeed:
        return FundedFeed(*self.feed_values(), **self.feed_fields())


def test_what_is_due_next_is_shown_of_swaps_only() -> None:
    rig = FundedRig(instruments=[SPOT, SWAP, replace(SWAP, symbol="ETH/USDT:USDT", base="ETH")])
    assert [each.symbol for each in rig.snapshot.market.funding] == [SWAP.symbol, "ETH/USDT:USDT"]


def test_an_estimate_is_good_for_some_seconds_but_never_beyond_its_time() -> None:
    rig = FundedRig(instruments=[SWAP])
    assert isinstance(rig.feed, FundedFeed)
    for seconds, asked in ((0, 1), (4, 1), (1, 2), (8 * 3600 - 6, 3), (1, 4), (0, 5)):
        rig.now += timedelta(seconds=seconds)
        rig.engine.desk.clock.advance_to(rig.now)
        assert rig.snapshot.market.funding
        assert rig.feed.asked == asked, seconds


def test_the_latch_is_shown_running_and_from_the_books_alone() -> None:
    rig = rig_with("quote 100", "long 1 x10", "quote 100", "close-all")
    assert rig.snapshot.close_only
    stored = stored_snapshot(rig.store.load("demo"), halted="read only")
    assert stored.close_only == rig.snapshot.close_only


def test_the_books_alone_show_terms_but_no_prices() -> None:
    rig = rig_with("quote 100", "long 1 x10 cross trail 4", "quote 100", "funding 0.0001 100")
    (seen,) = stored_snapshot(rig.store.load("demo"), halted="read only").positions
    assert (seen.margin_mode, seen.trail_percent, seen.funding) == ("cross", 4, number("-0.01"))
    assert (seen.mark_price, seen.maintenance_margin, seen.liquidation_price) == (None, None, None)
