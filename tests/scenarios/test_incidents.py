"""Real failures of earlier systems of this kind, each as a session that would show it again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.order import OrderSide, OrderStatus
from desktop_trader.engine.broker_port import Filled
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.messages.commands import ExecuteSignal, StopAutoTrading
from desktop_trader.messages.notices import (
    BalanceChanged,
    OrderAccepted,
    OrderDenied,
    OrderFilled,
    PositionClosed,
    TradingHalted,
)
from tests.builders import FREE_SPOT, SPOT, SWAP, make_execution
from tests.engine_rig import EngineRig, only
from tests.fakes import MemoryLedgerStore, ScriptedBroker


def opened(price: int = 100, **fields: object) -> EngineRig:
    """One BTC held, with a stop and a target, without fees."""
    rig = EngineRig(instruments=[FREE_SPOT], **fields)  # type: ignore[arg-type]
    rig.quote(price)
    rig.buy(1, stop=price - 10, target=price + 10)
    rig.quote(price)
    return rig


@pytest.mark.requirement("R1", "R36", "R63", "R65", "R102")
def test_nineteen_clean_quits_in_a_row_never_reset_the_balance() -> None:
    """The clean shutdown marked the session inactive; the next start found none and began at the default."""
    rig = EngineRig(start_amount=1_000)
    rig.set_total("4321.12345678")
    for _ in range(19):
        rig.engine.checkpoint()
        rig.restart()
        assert rig.portfolio.wallet.total == Decimal("4321.12345678")
    assert len(rig.memory.entries) == 2


def test_a_session_of_47_hours_is_found_again() -> None:
    """Only sessions younger than 24 hours were looked for."""
    rig = opened()
    rig.wait(hours=47)
    rig.restart()
    rig.quote(100)
    assert rig.position.quantity == 1
    assert rig.portfolio.run.id == 1


def test_a_clean_restart_orphans_no_position_and_brings_no_phantom_back() -> None:
    """A new session lost sight of a real long; the over-broad repair then revived positions long closed."""
    rig = opened()
    rig.buy(2)
    rig.quote(100)
    rig.close(1)
    rig.quote(100)
    for _ in range(3):
        rig.restart()
        assert list(rig.portfolio.positions) == [2]
    rig.quote(1)
    rig.quote(1_000)
    assert len(rig.told(PositionClosed)) == 1


@pytest.mark.requirement("R10")
def test_the_close_of_a_position_and_its_profit_are_one_transaction() -> None:
    """The trade was written but the position not closed: every restart closed it once more."""
    rig = opened()
    rig.quote(110)
    closing = [update for update in rig.memory.updates if update.fills and not update.positions[0].is_open]
    (update,) = closing
    assert [entry.draft.kind.value for entry in update.entries] == ["position_close"]
    assert [order.status for order in update.orders] == [OrderStatus.FILLED]
    assert update.portfolio.wallet.locked == 0
    for _ in range(3):
        rig.restart()
        rig.quote(110)
        rig.quote(80)
    assert rig.portfolio.wallet.total == 10_010
    assert len(rig.told(PositionClosed)) == 1


def test_a_float_in_the_books_stops_trading_and_never_becomes_the_default_balance() -> None:
    """`Decimal + float` raised, was swallowed, and the balance silently became the default."""
    rig = EngineRig(start_amount=1_000, broker=_Reporting())
    rig.quote(100)
    rig.buy(1)
    broker = rig.broker
    assert isinstance(broker, ScriptedBroker)
    broken = replace(make_execution(1, 100), fee=0.1)  # type: ignore[arg-type]
    broker.reports.append(Filled(order_id=1, execution=broken))
    before = rig.portfolio
    with pytest.raises(TypeError):
        rig.quote(100)
    assert rig.portfolio is before
    rig.restart()
    assert rig.portfolio.wallet.total == 1_000
    assert rig.portfolio.wallet.available == Decimal("899.9")


class _Reporting(ScriptedBroker):
    """Says nothing by itself."""


def test_after_a_recovery_every_later_balance_change_is_written() -> None:
    """The recovered session was not registered: hours later every write of the balance failed."""
    rig = opened()
    for number in range(1, 6):
        rig.restart()
        rig.quote(100)
        assert only(rig.deposit(1), BalanceChanged).current_balance == 10_000 + number
    assert rig.memory.entries[-1].total_after == 10_005


def test_an_order_that_did_not_fill_for_long_is_still_there() -> None:
    """Giving up after 50 seconds of polling was taken for a cancellation: position erased, fee refunded."""
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1, limit=90)
    for _ in range(3):
        rig.wait(days=3)
        rig.quote(100)
        rig.restart()
    assert list(rig.portfolio.orders) == [1]
    assert rig.portfolio.wallet.locked == Decimal("90.09")
    assert only(rig.quote(89), OrderFilled).order_id == 1


def test_one_position_never_has_two_stops() -> None:
    """`get_order` answered None on any error: the stop counted as missing and was placed again."""
    broker = ScriptedBroker()
    rig = EngineRig(instruments=[FREE_SPOT], broker=broker)
    rig.quote(100)
    rig.buy(1, stop=90)
    broker.reports.append(Filled(order_id=1, execution=make_execution(1, 100)))
    rig.quote(100)
    for price in (89, 88, 87):
        rig.quote(price)
        rig.restart()
        rig.quote(price)
    exits = {order.id for order in broker.submitted if order.is_exit}
    assert len(exits) == 1
    assert [order.id for order in rig.portfolio.orders.values() if order.is_exit] == list(exits)


def test_a_stop_that_is_reported_again_after_a_restart_is_counted_once() -> None:
    """The stop filled offline and was counted on top of a balance that had it already."""
    broker = ScriptedBroker()
    rig = EngineRig(instruments=[FREE_SPOT], broker=broker)
    rig.quote(100)
    rig.buy(1, stop=90)
    broker.reports.append(Filled(order_id=1, execution=make_execution(1, 100)))
    rig.quote(100)
    rig.quote(90)
    stop_fill = Filled(order_id=2, execution=make_execution(1, 90, trade_id="stop"))
    for _ in range(2):
        broker.reports.append(stop_fill)
        rig.quote(90)
        rig.restart()
    assert rig.portfolio.wallet.total == 9_990
    assert len(rig.told(PositionClosed)) == 1


def test_a_part_that_was_closed_stays_closed_after_a_restart() -> None:
    """The check at start re-inflated a partial exit to the full size."""
    broker = ScriptedBroker()
    rig = EngineRig(instruments=[FREE_SPOT], broker=broker)
    rig.quote(100)
    rig.buy(1)
    broker.reports.append(Filled(order_id=1, execution=make_execution(1, 100)))
    rig.quote(100)
    rig.close(1)
    broker.reports.append(Filled(order_id=2, execution=make_execution("0.3", 100, trade_id="t2")))
    rig.quote(100)
    for _ in range(3):
        rig.restart()
        assert (rig.position.quantity, rig.position.entry_quantity) == (Decimal("0.7"), 1)
        assert rig.portfolio.wallet.locked == 70
    assert [order.remaining_quantity for order in rig.portfolio.orders.values()] == [Decimal("0.7")]


@pytest.mark.requirement("R42")
def test_a_request_that_is_sent_again_after_a_timeout_buys_once() -> None:
    """Timeout, retry, double buy."""
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1, request_id="click")
    rig.restart()
    rig.buy(1, request_id="click")
    rig.quote(100)
    rig.buy(1, request_id="click")
    rig.quote(100)
    assert len(rig.told(OrderFilled)) == 1


def test_drawdown_looks_at_equity_and_keeps_its_peak() -> None:
    """The circuit breaker looked at cash, which a position never moves, and forgot its peak at every restart."""
    rig = opened(price=1_000)
    rig.memory.fails_next_commit = False
    rig.quote("1009.99")
    rig.quote(991)
    rig.engine.checkpoint()
    rig.restart()
    view = rig.snapshot.balance
    assert view.peak_equity == Decimal("10009.99")
    assert view.drawdown_percent == Decimal("0.19")


def test_without_a_price_a_signal_does_nothing() -> None:
    """A price of 0.0 from a failed request became a return of -100 % and a SELL with full confidence."""
    rig = EngineRig(instruments=[SWAP])
    signal = ExecuteSignal(request_id="s", symbol=SWAP.symbol, side=OrderSide.SELL)
    assert only(rig.step(signal), OrderDenied).reason == "no_price"
    assert not rig.portfolio.orders


def test_a_position_is_protected_from_the_transaction_that_opens_it() -> None:
    """An entry whose stop could not be placed stayed naked."""
    rig = opened()
    (update,) = [update for update in rig.memory.updates if update.positions]
    assert (update.positions[0].stop_loss, update.positions[0].take_profit) == (90, 110)
    assert only(rig.quote(90), PositionClosed).reason == "stop_loss"


@pytest.mark.requirement("R218")
def test_stopping_and_quitting_close_nothing_and_starting_opens_nothing() -> None:
    """Stopping closed positions without being asked, and restarting opened duplicates."""
    rig = EngineRig(instruments=[FREE_SPOT], fills_on=PriceSource.BARS)
    rig.start_strategy(fast="2", slow="4")
    rig.closes(10, 10, 10, 10, "10.1", "10.1")
    for _ in range(3):
        rig.engine.checkpoint()
        rig.restart()
        rig.closes("10.1")
    rig.step(StopAutoTrading(request_id="stop"))
    rig.start_strategy(fast="2", slow="4")
    rig.closes("10.1")
    assert len(rig.told(OrderAccepted)) == 1
    assert len(rig.portfolio.positions) == 1


def test_unknown_is_not_zero() -> None:
    """A failed read of the balance returned 0.0, a failed read of the file 10,000."""

    class Unreadable(MemoryLedgerStore):
        broken = False

        def has_entry(self, idempotency_key: str) -> bool:
            if self.broken:
                raise StorageError("The books cannot be read")
            return super().has_entry(idempotency_key)

    store = Unreadable()
    rig = EngineRig(store=store)
    store.broken = True
    assert only(rig.deposit(5), TradingHalted).reason == "the books could not be written"
    assert rig.portfolio.wallet.total == 10_000


def test_the_exit_price_is_the_fills_not_the_signals() -> None:
    """A close assumed the price of its signal, and a manual close even drew one at random."""
    rig = opened()
    rig.close(1)
    closed = only(rig.quote("104.5", bid="104.4", ask="104.6"), PositionClosed)
    assert (closed.price, closed.realized_pnl) == (Decimal("104.4"), Decimal("4.4"))


def test_a_price_far_from_the_last_one_is_taken_and_becomes_the_new_base() -> None:
    """A guard against bad prices, once tripped, never based itself anew."""
    rig = opened()
    rig.quote(50)
    assert not rig.portfolio.positions
    rig.buy(1)
    assert only(rig.quote(51), OrderFilled).price == 51
    assert rig.snapshot.market.quotes[0].last == 51


def test_a_second_entry_on_the_same_candle_is_never_made() -> None:
    """The double open: two components wrote every open and close once each."""
    rig = EngineRig(instruments=[SPOT], fills_on=PriceSource.BARS)
    rig.start_strategy(fast="2", slow="4")
    rig.closes(10, 10, 10, 10, 11)
    before: list[BookUpdate] = list(rig.memory.updates)
    rig.wait(minutes=-1)  # the same candle once more
    rig.closes(11)
    rig.restart()
    rig.wait(minutes=-1)  # the same candle once more
    rig.closes(11)
    assert [update for update in rig.memory.updates[len(before) :] if update.orders and not update.fills] == []
    assert len(rig.told(OrderAccepted)) == 1
