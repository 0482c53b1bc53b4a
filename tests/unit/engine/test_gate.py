"""The one gate: while it is closed no price leads to anything, and what was wished before a pause is not sent."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from desktop_trader.domain.market import MarketEvent, PriceSource
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import OrderSide, OrderStatus, OrderType
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    NETWORK,
    BalanceChanged,
    CommandRefused,
    EntriesPaused,
    LogNotice,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    PositionClosed,
)
from tests.builders import SPOT, START, after, make_bar, make_quote
from tests.fakes import MemoryLedgerStore
from tests.pause_rig import PauseRig

CLOSINGS: dict[str, Callable[[TradingGate], None]] = {
    "a suspicion": lambda gate: gate.hold("being looked at"),
    "a pause": lambda gate: gate.close("paused"),
}


@pytest.fixture(params=CLOSINGS)
def shut(request: pytest.FixtureRequest) -> Callable[[TradingGate], None]:
    """Close the gate, in each of the ways there are."""
    return CLOSINGS[request.param]


def with_everything_at_stake(rig: PauseRig) -> None:
    """A position with stop and target, a resting limit, an entry at the market that waits."""
    rig.quote(100)
    rig.buy(1, stop=95, target=105)
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.buy(1)


@pytest.mark.requirement("R199", "R200", "R201", "R202", "R210")
def test_no_price_leads_to_anything_while_the_gate_is_closed(shut: Callable[[TradingGate], None]) -> None:
    rig = PauseRig()
    with_everything_at_stake(rig)
    updates, peaks = len(rig.store.updates), [rig.engine(name).books.peak_equity for name in rig.accounts]
    shut(rig.floor.gate)
    for price in (94, 106, 89, 1, 1_000_000):
        assert rig.quote(price) == []
    assert len(rig.store.updates) == updates
    assert [rig.engine(name).books.peak_equity for name in rig.accounts] == peaks


@pytest.mark.requirement("R199", "R200", "R210")
def test_no_bar_leads_to_anything_while_the_gate_is_closed(shut: Callable[[TradingGate], None]) -> None:
    rig = PauseRig(fills_on=PriceSource.BARS)
    rig.bar("100 101 99 100")
    rig.buy(1, stop=95, target=105)
    rig.bar("100 101 99 100")
    rig.buy(1, limit=90)
    rig.buy(1)
    rig.start_strategy(fast="2", slow="3")
    updates, peaks = len(rig.store.updates), [rig.engine(name).books.peak_equity for name in rig.accounts]
    shut(rig.floor.gate)
    for prices in ("100 200 50 150", "150 300 1 2", "2 2 2 2", "2 400 2 400"):
        assert rig.bar(prices) == []
    assert len(rig.store.updates) == updates
    assert [rig.engine(name).books.peak_equity for name in rig.accounts] == peaks


def test_clock_marks_and_cursor_go_on_behind_a_closed_gate() -> None:
    rig = PauseRig()
    with_everything_at_stake(rig)
    rig.floor.gate.close("paused")
    rig.quote(90)
    for name in rig.accounts:
        desk = rig.engine(name).desk
        assert (desk.clock.now(), desk.marks.price(SPOT.symbol), desk.cursor.at) == (rig.now, Decimal(90), rig.now)
        assert rig.snapshot(name).market.quotes[0].last == Decimal(90)


@pytest.mark.requirement("R200")
def test_a_strategy_decides_nothing_on_bars_that_closed_behind_the_gate_and_sees_them_afterwards() -> None:
    closes = (100, 99, 98, 97, 96, 95)
    rig, open_all_along = (_crossing_up(closes, shut_at=at) for at in (6, None))
    assert [len(each.told(OrderAccepted)) for each in (rig, open_all_along)] == [0, 2]
    rig.floor.gate.open()
    # The averages crossed behind the gate: they lie the right way round now, so that nothing crosses any more.
    rig.bar("121 121 121 121")
    assert rig.told(OrderAccepted) == []
    for close in (80, 70, 60, 200, 300):
        rig.bar(f"{close} {close} {close} {close}")
    assert len(rig.told(OrderAccepted)) == 2


def _crossing_up(closes: tuple[int, ...], *, shut_at: int | None) -> PauseRig:
    rig = PauseRig(fills_on=PriceSource.BARS)
    rig.start_strategy(fast="2", slow="4")
    for index, close in enumerate((*closes, 110, 120)):
        if index == shut_at:
            rig.floor.gate.close("paused")
        rig.bar(f"{close} {close} {close} {close}")
    return rig


def test_a_suspicion_leaves_no_hole_in_what_a_strategy_has_seen() -> None:
    """The bar that passed is in the window, or the averages of all later bars would be other ones."""
    held, never = PauseRig(fills_on=PriceSource.BARS), PauseRig(fills_on=PriceSource.BARS)
    for rig in (held, never):
        rig.start_strategy(fast="2", slow="4")
        for index, close in enumerate((100, 99, 98, 97, 96, 10, 10, 93, 92, 100, 101)):
            if rig is held and index == 5:
                rig.floor.gate.hold("being looked at")
            if rig is held and index == 7:
                rig.floor.gate.open()
            rig.bar(f"{close} {close} {close} {close}")
    assert [notice.at for notice in held.told(OrderAccepted)] == [notice.at for notice in never.told(OrderAccepted)]
    assert held.told(OrderAccepted)


def test_a_restart_keeps_what_passed_behind_the_gate_out_of_decisions_and_inside_the_window() -> None:
    rig = _crossing_up((100, 99, 98, 97, 96, 95), shut_at=6)
    rig.floor.checkpoint()
    rig.restart()
    assert rig.floor.gate.is_open
    rig.bar("121 121 121 121")
    assert rig.told(OrderAccepted) == []
    for close in (80, 70, 60, 200, 300):
        rig.bar(f"{close} {close} {close} {close}")
    assert len(rig.told(OrderAccepted)) == 2


# ---------------------------------------------------------------------------------------------------- epochs


class ClosingStore(MemoryLedgerStore):
    """Books during whose commits the network may go: `on_commit` is called after each."""

    def __init__(self) -> None:
        super().__init__()
        self.on_commit: Callable[[BookUpdate], None] = lambda update: None

    def commit(self, update: BookUpdate) -> None:
        super().commit(update)
        self.on_commit(update)


@pytest.mark.requirement("R202")
@pytest.mark.parametrize("comes_back", [False, True])
def test_an_entry_decided_before_a_pause_is_stored_but_never_sent(comes_back: bool) -> None:
    store = ClosingStore()
    rig = PauseRig(store=store, accounts=("demo",))
    rig.quote(100)

    def lose(update: BookUpdate) -> None:
        if update.orders and update.orders[0].status is OrderStatus.SENT:
            rig.floor.gate.close("paused")
            if comes_back:
                rig.floor.gate.open()

    store.on_commit = lose
    (told,) = rig.buy(1)
    (ended,) = [notice for notice in told if isinstance(notice, OrderCanceled)]
    assert (ended.reason, ended.detail) == ("not_placed", "void: decided before trading paused")
    store.on_commit = lambda update: None
    rig.floor.gate.open()
    rig.quote(101)
    portfolio = rig.engine().books.portfolio
    assert (portfolio.orders, portfolio.positions, portfolio.wallet.locked) == ({}, {}, ZERO)
    assert rig.told(OrderFilled) == []


def test_an_exit_decided_before_a_pause_dies_and_is_decided_again_at_the_first_stable_price() -> None:
    store = ClosingStore()
    rig = PauseRig(store=store, accounts=("demo",))
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)

    def lose(update: BookUpdate) -> None:
        if update.orders and update.orders[0].is_exit:
            rig.floor.gate.close("paused")

    store.on_commit = lose
    told = rig.quote(94)
    assert [notice.reason for notice in told if isinstance(notice, OrderCanceled)] == ["not_placed"]
    assert len(rig.engine().books.portfolio.positions) == 1
    store.on_commit = lambda update: None
    rig.lose()
    rig.regain()
    told = rig.quote(92)
    assert [notice.price for notice in told if isinstance(notice, PositionClosed)] == [Decimal(92)]


def test_a_suspicion_between_decision_and_sending_ends_the_entry_too() -> None:
    store = ClosingStore()
    rig = PauseRig(store=store, accounts=("demo",))
    rig.quote(100)
    store.on_commit = lambda update: rig.floor.gate.hold("being looked at")
    (told,) = rig.buy(1)
    assert [notice.reason for notice in told if isinstance(notice, OrderCanceled)] == ["not_placed"]


def test_each_pause_has_an_epoch_of_its_own_and_a_suspicion_has_none() -> None:
    gate = TradingGate()
    gate.hold("a")
    gate.open()
    assert (gate.epoch, gate.lets(0), gate.refusal) == (0, True, "")
    gate.close("b")
    assert (gate.epoch, gate.lets(0), gate.lets(1), gate.refusal) == (1, False, False, "b")
    gate.open()
    assert (gate.lets(0), gate.lets(1)) == (False, True)


# ---------------------------------------------------------------------------------------------------- commands


def _trading_commands(rig: PauseRig) -> list[list[list[object]]]:
    signal = rig.each(
        lambda account, request_id: c.ExecuteSignal(
            request_id=request_id, symbol=SPOT.symbol, side=OrderSide.BUY, account=account
        )
    )
    return [rig.buy(1), rig.buy(1, limit=50), rig.close(), rig.start_strategy(), signal]  # type: ignore[list-item]


@pytest.mark.requirement("R201")
def test_what_would_trade_is_refused_with_the_reason_and_never_queued(shut: Callable[[TradingGate], None]) -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    shut(rig.floor.gate)
    updates, why = len(rig.store.updates), rig.floor.gate.refusal
    for told in _trading_commands(rig):
        for notices in told:
            (refused,) = notices
            assert isinstance(refused, CommandRefused)
            assert (refused.reason, refused.is_bad_input) == (NETWORK, False)
            assert refused.detail == f"{why}; nothing was done; try again when trading goes on"
    rig.floor.gate.open()
    rig.quote(100)
    rig.quote(100)
    assert len(rig.store.updates) == updates
    assert rig.floor.accounts["demo"].engine.desk.held.commands == 5


def test_what_moves_no_market_is_taken_while_the_gate_is_closed() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.start_strategy()
    rig.floor.gate.close("paused")
    assert all(isinstance(told[-1], BalanceChanged) for told in rig.move(c.AdjustmentKind.DEPOSIT, 5))
    assert all(isinstance(told[-1], OrderCanceled) for told in rig.cancel())
    assert all(isinstance(told[-1], EntriesPaused) for told in rig.latch(True))
    stopped = rig.each(lambda account, request_id: c.StopAutoTrading(request_id=request_id, account=account))
    assert [rig.engine(name).auto_trading.run for name in rig.accounts] == [None, None]
    assert not any(isinstance(notice, CommandRefused) for told in stopped for notice in told)
    followed = rig.each(
        lambda account, request_id: c.WatchSymbol(request_id=request_id, symbol=SPOT.symbol, account=account)
    )
    assert all(isinstance(told[-1], LogNotice) for told in followed)


def test_a_request_that_was_carried_out_before_the_pause_is_not_called_undone() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    command = c.SubmitOrder(
        request_id="once", symbol=SPOT.symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(1)
    )
    rig.step(command)
    rig.floor.gate.close("paused")
    (again,) = rig.step(command)
    assert isinstance(again, LogNotice)
    assert again.message == "This order was already placed"


# ---------------------------------------------------------------------------------------------------- peak and curve


@pytest.mark.requirement("R211")
def test_a_deposit_in_a_pause_moves_the_peak_by_itself_alone_and_stores_no_point_at_a_stale_price() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(10)
    rig.quote(100)
    peaks = {name: rig.engine(name).books.peak_equity for name in rig.accounts}
    rig.floor.gate.close("paused")
    rig.quote(1_000)
    rig.move(c.AdjustmentKind.DEPOSIT, 500)
    rig.move(c.AdjustmentKind.WITHDRAW, 200)
    for name in rig.accounts:
        assert rig.engine(name).books.peak_equity == peaks[name] + 300
    assert [update.equity for update in rig.store.updates[-4:]] == [None] * 4
    rig.floor.gate.open()
    rig.quote(100)
    for name in rig.accounts:
        assert rig.engine(name).books.peak_equity == peaks[name] + 300
        assert rig.snapshot(name).balance.drawdown_percent == pytest.approx(
            Decimal(10) / (peaks[name] + 300) * 100, abs=1
        )


def test_without_a_position_money_that_moves_in_a_pause_has_its_point() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.floor.gate.close("paused")
    rig.move(c.AdjustmentKind.DEPOSIT, 500)
    assert rig.store.updates[-1].equity == Decimal(10_500)


# ---------------------------------------------------------------------------------------------------- counts


def test_what_was_held_back_is_counted_for_each_account() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.start_strategy()
    rig.buy(1, limit=90)
    rig.floor.gate.close("paused")
    rig.quote(94)
    rig.quote(93)
    rig.step(make_quote(5, at=rig.now, symbol="ETH/USDT"))
    rig.step(make_bar("93 93 93 93", opened_at=START))
    rig.step(make_bar("93 93 93 93", opened_at=after(minutes=1)))
    rig.buy(1)
    for name in rig.accounts:
        held = {each.what: each.count for each in rig.engine(name).desk.held.view(name)}
        assert held == {"exits": 2, "entries": 2, "signals": 2, "commands": 1}


def test_quotes_and_bars_of_before_are_not_shown_again(shut: Callable[[TradingGate], None]) -> None:
    """A bar that a kill interrupted is over as well once the gate is closed."""
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.bar("100 101 99 100")
    rig.buy(1, stop=95)
    rig.bar("100 101 99 100")
    shut(rig.floor.gate)
    rig.bar("94 94 94 94")
    rig.floor.checkpoint()
    old: list[MarketEvent] = list(rig.history)
    rig.restart()
    for bar in old:
        rig.step(bar)
    assert len(rig.engine().books.portfolio.positions) == 1
