"""A time that was wrong, once believed: it moves nothing ahead, and silences nothing after a restart."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.engine.clock import LiveMarketClock, MarketClock
from desktop_trader.messages.commands import AdjustmentKind
from desktop_trader.messages.notices import LogNotice, OrderFilled, PositionClosed
from tests.builders import START, make_quote
from tests.pause_rig import PauseRig

AHEAD = timedelta(hours=2)


def poisoned(*, is_live: bool = True) -> PauseRig:
    """A position with a stop, whose books were written two hours ahead of the market; then a kill and a start."""
    rig = PauseRig(is_live=is_live, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    engine = rig.engine()
    engine.desk.clock.advance_to(rig.now + AHEAD)
    engine.desk.cursor.at = rig.now + AHEAD
    rig.floor.checkpoint()
    rig.notices.clear()
    rig.restart()
    return rig


@pytest.mark.requirement("R211")
def test_books_from_the_future_do_not_silence_a_live_market() -> None:
    rig = poisoned()
    rig.regain()
    rig.quote(90)

    assert len(rig.told(PositionClosed)) == 1
    assert [each.price for each in rig.told(OrderFilled)] == [Decimal(90)]
    assert rig.engine().desk.marks.quotes["BTC/USDT"].at == rig.now
    assert rig.engine().desk.cursor.at == rig.now


def test_books_from_the_future_are_told_and_their_entries_never_go_back() -> None:
    rig = poisoned()
    warned = [each.message for each in rig.told(LogNotice) if each.level == "warning"]
    assert len(warned) == 1
    assert warned[0].startswith("The books end at 2026-01-01 02:00:02 UTC, 7202 s later than this computer's clock")
    rig.regain()
    rig.quote(90)
    rig.move(AdjustmentKind.DEPOSIT, 5)

    times = [entry.draft.occurred_at for update in rig.store.updates for entry in update.entries]
    assert times == sorted(times)
    assert times[-1] > rig.now + timedelta(hours=1)


def test_an_order_placed_while_the_books_are_ahead_is_filled_by_the_next_price() -> None:
    rig = poisoned()
    rig.regain()
    rig.quote(100)
    rig.notices.clear()
    rig.buy(1)
    rig.quote(101)

    assert [each.price for each in rig.told(OrderFilled)] == [Decimal(101)]


def test_an_order_that_waits_since_a_wrong_time_is_handed_over_for_now() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.engine().desk.clock.pass_to(rig.now + AHEAD)
    rig.buy(1, limit=95)
    rig.restart()
    rig.regain()
    rig.notices.clear()
    rig.quote(94)

    assert len(rig.told(OrderFilled)) == 1


def test_a_strategy_goes_on_deciding_after_a_bar_from_the_future() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(10)
    for price in (14, 14, 14):
        rig.unseen_bar(f"{price} {price} {price} {price}")
    rig.start_strategy(fast="1", slow="2")
    rig.engine().desk.cursor.last_bar_at = rig.now + AHEAD
    rig.lose()
    rig.regain()
    rig.bar("12 12 12 12")
    rig.bar("20 20 20 20")

    assert [each.action for each in rig.engine().books.decisions] == ["enter_long"]


@pytest.mark.requirement("R211")
def test_no_price_moves_a_live_market_beyond_the_time_that_has_passed() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    desk = rig.engine().desk
    desk.clock.pass_to(START + timedelta(seconds=10))
    rig.step(make_quote(100, at=START + AHEAD))

    limit = START + timedelta(seconds=10)
    assert (desk.clock.now(), desk.cursor.at, desk.marks.quotes["BTC/USDT"].at) == (limit, limit, limit)
    desk.clock.pass_to(START + timedelta(seconds=11))
    rig.step(make_quote(101, at=START + timedelta(seconds=11)))
    assert desk.marks.price("BTC/USDT") == Decimal(101)
    desk.marks.set_day_opens({"BTC/USDT": Decimal(99)}, day=START.date())
    assert desk.marks.day_opens == {"BTC/USDT": Decimal(99)}  # no price has begun another day


def test_books_of_a_market_whose_time_is_its_events_still_do_nothing_twice() -> None:
    rig = poisoned(is_live=False)
    rig.quote(90)
    assert rig.told(PositionClosed) == []


def test_a_live_clock_that_began_ahead_stands_until_it_is_right() -> None:
    clock = LiveMarketClock(START + AHEAD, ours=START)
    clock.advance_to(START + timedelta(seconds=1))
    assert (clock.now(), clock.present()) == (START + AHEAD, START + timedelta(seconds=1))
    clock.pass_to(START + timedelta(seconds=2))
    clock.advance_to(START + timedelta(hours=9))
    assert (clock.now(), clock.present()) == (START + AHEAD, START + timedelta(seconds=2))
    clock.pass_to(START + timedelta(hours=3))
    assert clock.now() == clock.present() == START + timedelta(hours=3)
    other = MarketClock(START)
    other.pass_to(START + AHEAD)
    assert other.now() == other.present() == START + AHEAD
