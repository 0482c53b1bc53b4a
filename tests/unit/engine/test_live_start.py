"""A start on a market outside: its time passed for every account, and its list may come later, or without a symbol."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.market_places import find_places
from desktop_trader.messages.commands import AdjustmentKind
from desktop_trader.messages.notices import LogNotice, OrderFilled
from tests.builders import SPOT, START
from tests.fakes import MemoryLedgerStore, ScriptedFeed
from tests.floor_rig import build_floor
from tests.pause_rig import PauseRig


def test_accounts_that_stand_days_apart_are_both_awake_on_a_market_outside_and_not_on_another() -> None:
    rig = PauseRig(is_live=True)
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1, limit=50)
    rig.floor.accounts["demo"].engine.books.checkpoint()
    engine = rig.engine("second")
    engine.desk.clock.advance_to(START + timedelta(days=9))
    engine.desk.cursor.at = START + timedelta(days=9)
    engine.books.checkpoint()
    rig.restart()
    assert [account.asleep for account in rig.floor.accounts.values()] == ["", ""]
    primary, other = rig.store.load("demo"), rig.store.load("second")
    elsewhere = ScriptedFeed([SPOT], starts_at=START)
    assert find_places(elsewhere, primary=primary, others=[other]).asleep


@pytest.mark.parametrize("is_live", [False, True])
def test_nothing_is_traded_on_a_market_outside_before_it_was_verified(is_live: bool) -> None:
    rig = PauseRig(is_live=is_live, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.restart()
    rig.quote(90)
    assert (len(rig.told(OrderFilled)) == 2) is not is_live


class WithoutSymbol(ScriptedFeed):
    """A market outside that does not list a symbol any more."""

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        raise InvalidInputError(f"coinex does not list {symbol}")


def test_a_held_symbol_that_is_gone_is_told_and_nothing_of_it_is_lost() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    feed = WithoutSymbol([], is_live=True)
    told: list[object] = []
    floor = build_floor(rig.store, feed, notices=told)  # type: ignore[arg-type]
    (warned,) = [each for each in told if isinstance(each, LogNotice) and each.level == "error"]
    assert warned.message == (
        "BTC/USDT cannot be followed (coinex does not list BTC/USDT): its positions and orders stay as they are, and "
        "nobody watches them"
    )
    assert len(floor.primary.books.portfolio.positions) == 1
    floor.end_pause(rig.now)
    assert floor.primary.books.portfolio.wallet.locked == Decimal(100)


def test_a_strategy_reads_its_history_when_its_first_bar_asks_for_a_decision() -> None:
    """At the start of a market outside nothing has come through the network yet."""
    asked: list[int] = []
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.regain()
    rig.feed.history = _noting(asked)  # type: ignore[assignment, method-assign]
    rig.start_strategy(fast="2", slow="4")
    assert asked == []
    rig.bar("100 100 100 100")
    assert asked == [5]


def _noting(asked: list[int]) -> Callable[..., list[object]]:
    def history(symbol: str, timeframe: Timeframe, *, before: object, limit: int) -> list[object]:
        asked.append(limit)
        return []

    return history


@pytest.mark.requirement("R162", "R211")
@pytest.mark.parametrize(("is_live", "source_id"), [(True, "scripted:1"), (False, "exchange:coinex")])
def test_what_a_market_outside_cost_when_the_program_ended_is_no_price_of_now(is_live: bool, source_id: str) -> None:
    """Also where its market is closed, as for commands that only move money."""
    rig = PauseRig(is_live=is_live, accounts=("demo",), source_id=source_id)
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    rig.floor.checkpoint()
    rig.restart(is_listed=False)
    balance = rig.snapshot().balance
    assert (balance.unrealized_pnl, balance.portfolio_value) == (None, None)
    rig.move(AdjustmentKind.DEPOSIT, 5)
    assert rig.store.updates[-1].equity is None


def test_a_floor_whose_books_are_taken_up_again_goes_on_with_the_same_pause() -> None:
    """Where the gate is closed, a taken-up outage ends when the pause does, not at the seating."""
    store = MemoryLedgerStore()
    rig = PauseRig(store=store, is_live=True)
    rig.regain()
    rig.lose()
    again = PauseRig.over(store, at=rig.now, is_live=True)
    assert again.floor.outages.is_open
    assert again.regain()
    assert not again.floor.outages.is_open
