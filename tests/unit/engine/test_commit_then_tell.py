"""Nothing is adopted or told before it is stored, and what an exchange reports twice is booked once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.order import OrderStatus
from desktop_trader.engine.broker_port import Accepted, BrokerReport, Canceled, Filled, Rejected
from desktop_trader.engine.ports import BookUpdate, StoredBooks
from desktop_trader.messages.notices import (
    BalanceChanged,
    CommandRefused,
    Notice,
    OrderCanceled,
    OrderFilled,
    PositionClosed,
    PositionOpened,
    TradingHalted,
)
from tests.builders import make_execution
from tests.engine_rig import EngineRig, only
from tests.fakes import MemoryLedgerStore, ScriptedBroker


def kinds(notices: list[Notice]) -> list[type]:
    return [type(notice) for notice in notices]


@pytest.mark.requirement("R7")
def test_a_change_that_could_not_be_stored_was_never_made() -> None:
    rig = EngineRig()
    before = rig.portfolio
    rig.memory.fails_next_commit = True
    notices = rig.deposit(100)
    assert kinds(notices) == [TradingHalted, CommandRefused]
    halt, refused = only(notices, TradingHalted), only(notices, CommandRefused)
    assert (halt.request_id, refused.reason) == ("", "halted")
    assert refused.request_id
    assert halt.reason == "the books could not be written"
    assert "the disk is full" in halt.detail
    assert rig.portfolio is before
    assert rig.engine.books.head == rig.memory.head


def test_a_fill_that_could_not_be_stored_is_neither_told_nor_adopted_and_comes_again_after_the_restart() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1)
    before = rig.portfolio
    rig.memory.fails_next_commit = True
    assert kinds(rig.quote(101)) == [TradingHalted]
    assert rig.portfolio is before
    rig.restart()
    assert only(rig.quote(102), OrderFilled).price == 102
    assert len(rig.portfolio.positions) == 1


def test_what_was_stored_before_the_failure_stays_told() -> None:
    """An order is committed, then sent: the fill that follows in the same step fails alone."""

    class FillsAtOnce(ScriptedBroker):
        def submit(self, order: object, instrument: object) -> None:
            trader.memory.fails_next_commit = True
            self.reports.append(Filled(order_id=1, execution=make_execution(1, 100)))

    trader = EngineRig(broker=FillsAtOnce())
    trader.quote(100)
    assert [notice.event for notice in trader.buy(1)] == ["order_accepted", "trading_halted"]
    assert list(trader.portfolio.orders) == [1]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_halted_engine_refuses_until_it_is_started_again(restarted: bool) -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.memory.fails_next_commit = True
    rig.deposit(1)
    if restarted:
        rig.restart()
        assert only(rig.deposit(1), BalanceChanged).current_balance == 10_001
        return
    writes = len(rig.memory.updates)
    refusal = only(rig.deposit(1), CommandRefused)
    assert refusal.reason == "halted"
    assert "restart the program" in refusal.detail
    assert rig.quote(50) == []
    rig.engine.checkpoint()
    assert len(rig.memory.updates) == writes
    assert rig.snapshot.halted == "the books could not be written"


def test_a_broken_law_halts_before_anything_is_written() -> None:
    class Lying(MemoryLedgerStore):
        """Says that one unit more is there than its journal holds."""

        def load(self, account_name: str) -> StoredBooks:
            stored = super().load(account_name)
            if stored.portfolio is None:
                return stored
            wallet = replace(stored.portfolio.wallet, total=stored.portfolio.wallet.total + Decimal("0.00000001"))
            return replace(stored, portfolio=replace(stored.portfolio, wallet=wallet))

    rig = EngineRig(store=Lying())
    rig.restart()
    notices = rig.deposit(100)
    assert only(notices, TradingHalted).reason == "a law of the books broke"
    assert "I12" in only(notices, TradingHalted).detail
    assert len(rig.memory.entries) == 1


def test_a_store_that_breaks_the_chain_is_noticed() -> None:
    store = MemoryLedgerStore()
    rig = EngineRig(store=store)
    EngineRig(store=store).deposit(1, request_id="another writer")
    assert only(rig.deposit(1), TradingHalted).reason == "a law of the books broke"


def test_an_error_elsewhere_halts_once_and_says_so() -> None:
    rig = EngineRig()
    assert kinds(rig.engine.halt("a reason", "a detail")) == [TradingHalted]
    assert rig.engine.halt("another", "") == []
    assert rig.snapshot.halted == "a reason"


class Exchange(ScriptedBroker):
    """Reports what the test says, when a price passes."""

    def say(self, rig: EngineRig, *reports: BrokerReport) -> list[Notice]:
        self.reports += reports
        return rig.quote(100)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def rig(exchange: Exchange) -> EngineRig:
    rig = EngineRig(broker=exchange)
    rig.quote(100)
    return rig


def filled(order_id: int, quantity: str, trade_id: str = "t1") -> Filled:
    return Filled(order_id=order_id, execution=make_execution(quantity, 100, fee="0.1", trade_id=trade_id))


def test_a_fill_reported_twice_is_booked_once(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1)
    assert kinds(exchange.say(rig, filled(1, "1"), filled(1, "1"))) == [OrderFilled, PositionOpened]
    assert exchange.say(rig, filled(1, "1")) == []
    assert rig.position.quantity == 1


def test_a_part_reported_twice_is_booked_once(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1, limit=100)
    exchange.say(rig, Accepted(order_id=1), filled(1, "0.4"), filled(1, "0.4"))
    rig.quote(100)
    assert exchange.say(rig, filled(1, "0.4")) == []
    assert (rig.position.quantity, rig.engine.halted) == (Decimal("0.4"), "")
    exchange.say(rig, filled(1, "0.6", "t2"))
    assert rig.position.quantity == 1
    assert not rig.portfolio.orders


def test_partial_fills_make_one_position_and_one_opening_notice(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1, limit=100)
    assert kinds(exchange.say(rig, filled(1, "0.4"))) == [OrderFilled, PositionOpened]
    assert kinds(exchange.say(rig, filled(1, "0.6", "t2"))) == [OrderFilled]
    (position,) = rig.portfolio.positions.values()
    assert (position.quantity, position.margin) == (1, 100)


def test_a_partly_filled_order_that_is_canceled_keeps_its_position_and_frees_the_rest(
    rig: EngineRig, exchange: Exchange
) -> None:
    rig.buy(1, limit=100)
    exchange.say(rig, filled(1, "0.4"))
    rig.cancel(1)
    assert [order.id for order in exchange.canceled] == [1]
    assert rig.portfolio.wallet.locked > 40
    assert only(exchange.say(rig, Canceled(order_id=1)), OrderCanceled).reason == "canceled"
    assert rig.portfolio.wallet.locked == 40
    assert exchange.say(rig, Canceled(order_id=1)) == []


def test_a_position_closed_in_parts_is_closed_once(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1)
    exchange.say(rig, filled(1, "1"))
    rig.close(1)
    assert PositionClosed not in kinds(exchange.say(rig, filled(2, "0.3", "t2")))
    assert rig.position.quantity == Decimal("0.7")
    closed = only(exchange.say(rig, filled(2, "0.7", "t3")), PositionClosed)
    assert (closed.quantity, closed.fee) == (1, Decimal("0.3"))
    assert rig.portfolio.wallet.locked == 0


def test_a_rejection_frees_the_reserve_and_says_why(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1)
    notice = only(exchange.say(rig, Rejected(order_id=1, reason="no such market")), OrderCanceled)
    assert (notice.reason, notice.detail) == ("rejected", "no such market")
    assert rig.portfolio.wallet.locked == 0


def test_the_intent_is_stored_before_the_exchange_sees_the_order() -> None:
    class Watching(ScriptedBroker):
        def submit(self, order: object, instrument: object) -> None:
            stored.append(rig.memory.updates[-1])

    stored: list[BookUpdate] = []
    rig = EngineRig(broker=Watching())
    rig.quote(100)
    rig.buy(1)
    (update,) = stored
    assert [order.status for order in update.orders] == [OrderStatus.SENT]
    assert update.entries[0].draft.kind == "order_lock"


def test_reports_about_orders_nobody_knows_change_nothing(rig: EngineRig, exchange: Exchange) -> None:
    assert (
        exchange.say(rig, filled(9, "1"), Canceled(order_id=9), Rejected(order_id=9, reason="?"), Accepted(order_id=9))
        == []
    )


def test_a_fill_larger_than_its_order_halts(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1)
    halt = only(exchange.say(rig, filled(1, "1.1")), TradingHalted)
    assert "exceeds the remaining" in halt.detail
    assert InvariantError.__name__ not in halt.reason


def test_orders_on_the_exchange_are_handed_over_once_after_a_restart(rig: EngineRig, exchange: Exchange) -> None:
    rig.buy(1, limit=90)
    exchange.say(rig, Accepted(order_id=1))
    exchange.submitted.clear()
    rig.restart()
    assert [(order.id, order.status) for order in exchange.submitted] == [(1, OrderStatus.OPEN)]
    assert exchange.say(rig, Accepted(order_id=1)) == []
