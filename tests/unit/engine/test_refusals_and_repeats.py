"""What a market does not have is refused before anything changes; what is played again after a kill ends the same."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.assembly import AccountChoice, trader_in_memory
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DiskError,
    InvalidInputError,
    StorageError,
    UncertainWriteError,
)
from desktop_trader.domain.market import PriceSource, Timeframe
from desktop_trader.domain.order import OrderReason
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.market_opening import HEADLESS_ANCHOR
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    BOOKS_DAMAGED,
    BalanceChanged,
    CommandRefused,
    LogNotice,
    OrderDenied,
    PositionClosed,
    TradingHalted,
)
from desktop_trader.settings import Settings
from tests.builders import SPOT, SWAP
from tests.engine_rig import EngineRig, only
from tests.fakes import MemoryLedgerStore


class StubbornStore(MemoryLedgerStore):
    """Its checkpoints fail while told so; everything else works."""

    refuses_checkpoints = False
    refusal: StorageError = DiskError("the disk is full")

    def checkpoint(self, account_id: int, market: object) -> None:
        if self.refuses_checkpoints:
            raise self.refusal
        super().checkpoint(account_id, market)  # type: ignore[arg-type]


def start_on(rig: EngineRig, timeframe: Timeframe) -> list[object]:
    command = c.StartAutoTrading(
        request_id=rig.request_id(), strategy="moving_average_cross", symbol=SPOT.symbol, timeframe=timeframe
    )
    return list(rig.step(command))


def test_a_timeframe_the_market_lacks_is_refused_and_the_running_strategy_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = EngineRig()
    start_on(rig, Timeframe.M1)
    subscribe = rig.feed.subscribe

    def only_minutes(symbol: str, timeframe: Timeframe | None) -> None:
        if timeframe is Timeframe.M5:
            raise InvalidInputError("this replay has 1m only")
        subscribe(symbol, timeframe)

    monkeypatch.setattr(rig.feed, "subscribe", only_minutes)

    notices = start_on(rig, Timeframe.M5)

    assert any(isinstance(notice, CommandRefused) for notice in notices)
    assert rig.snapshot.auto_trading.timeframe is Timeframe.M1
    rig.restart()
    assert rig.snapshot.auto_trading.timeframe is Timeframe.M1


def test_the_quote_that_opened_a_position_does_not_close_it_when_it_is_played_again() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1, stop="99.5")
    rig.quote(100, bid="99", ask="101")
    assert len(rig.portfolio.positions) == 1
    opening = rig.engine.desk.marks.quotes[SPOT.symbol]

    rig.restart()
    rig.step(opening)

    assert len(rig.portfolio.positions) == 1
    rig.quote("99.2", bid="99.1", ask="99.3")
    assert rig.portfolio.positions == {}


def test_a_text_that_cannot_be_printed_is_refused_before_it_reaches_the_books() -> None:
    rig = EngineRig()
    for reason in ("a\ud800b", "a\x00b", "a\nb", "\x1b[31mred"):
        notices = rig.step(
            c.AdjustBalance(
                request_id=rig.request_id(),
                kind=c.AdjustmentKind.DEPOSIT,
                amount=Decimal(1),
                reason=reason,
                author="tester",
            )
        )
        assert [notice.is_bad_input for notice in notices if isinstance(notice, CommandRefused)] == [True]
    assert rig.portfolio.wallet.total == 10_000


def test_an_unexpected_error_halts_and_is_raised_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = EngineRig()

    def fail(_update: BookUpdate) -> None:
        raise TypeError("Decimal and float")

    monkeypatch.setattr(rig.store, "commit", fail)
    deposit = c.AdjustBalance(
        request_id="1", kind=c.AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="r", author="tester"
    )
    with pytest.raises(TypeError):
        rig.engine.step(deposit)

    assert rig.engine.halted
    notices = rig.engine.step(replace(deposit, request_id="2"))
    assert only(notices, TradingHalted).reason == "an error of the program"
    refused = [notice for notice in notices if isinstance(notice, CommandRefused)]
    assert [(each.request_id, each.reason) for each in refused] == [("1", "uncertain"), ("2", "halted")]


def test_what_the_disk_may_have_stored_is_said_to_be_uncertain_and_asked_again_it_is_booked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = EngineRig()
    deposit = c.AdjustBalance(
        request_id="1", kind=c.AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="r", author="tester"
    )
    commit = rig.store.commit

    def store_and_fail(update: BookUpdate) -> None:
        commit(update)
        raise UncertainWriteError("it may or may not be stored")

    with monkeypatch.context() as failing:
        failing.setattr(rig.store, "commit", store_and_fail)
        refused = only(rig.step(deposit), CommandRefused)
    assert (refused.reason, refused.detail) == ("uncertain", "it may or may not be stored")
    assert rig.engine.is_halt_passing
    rig.restart()
    assert rig.portfolio.wallet.total == 10_001
    assert not [each for each in rig.step(deposit) if isinstance(each, CommandRefused | BalanceChanged)]
    assert rig.portfolio.wallet.total == 10_001


def test_a_checkpoint_that_fails_is_told_once_and_trading_goes_on() -> None:
    store = StubbornStore()
    rig = EngineRig(store=store)
    store.refuses_checkpoints = True

    told = [*rig.engine.checkpoint(), *rig.engine.checkpoint()]

    assert [type(notice) for notice in told] == [LogNotice]
    assert not rig.engine.halted
    store.refuses_checkpoints = False
    assert rig.engine.checkpoint() == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BooksDamagedError("the file is damaged"), BOOKS_DAMAGED),
        (StorageError("no such table"), "the books could not be written"),
    ],
)
def test_a_checkpoint_that_finds_damage_halts_trading(error: StorageError, reason: str) -> None:
    store = StubbornStore()
    rig = EngineRig(store=store)
    store.refuses_checkpoints, store.refusal = True, error

    told = rig.engine.checkpoint()

    assert [(type(notice), getattr(notice, "reason", "")) for notice in told] == [(TradingHalted, reason)]
    assert not rig.engine.is_halt_passing
    assert [type(notice) for notice in rig.deposit(1)] == [CommandRefused]


def test_a_latch_that_cannot_be_stored_is_not_adopted() -> None:
    store = StubbornStore()
    rig = EngineRig(store=store)
    store.refuses_checkpoints = True

    rig.step(c.PauseEntries(request_id="pause"))

    assert not rig.engine.books.is_entries_paused


def test_a_stop_beyond_the_liquidation_level_never_has_its_turn() -> None:
    rig = EngineRig(instruments=(SWAP,), fills_on=PriceSource.BARS)
    rig.bar("100 100 100 100")
    rig.sell(1, stop="250")
    rig.bar("100 100 100 100")
    notices = rig.bar("150 260 150 255")
    (closed,) = (notice for notice in notices if isinstance(notice, PositionClosed))
    assert closed.reason == OrderReason.LIQUIDATION.value
    assert closed.price < 200


def test_ids_of_notices_that_may_have_been_seen_are_not_given_again() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    seen = {notice.id for notice in rig.notices}
    before = len(rig.notices)

    rig.restart()

    assert not seen & {notice.id for notice in rig.notices[before:]}


def test_a_wish_refused_before_a_kill_is_not_refused_once_more() -> None:
    rig = EngineRig(start_amount=10, fills_on=PriceSource.BARS)
    rig.start_strategy(fast="2", slow="3")
    rig.closes(100, 90, 80)
    rig.bar("80 120 80 120")
    denied = [notice for notice in rig.notices if isinstance(notice, OrderDenied)]
    assert len(denied) == 1
    last = rig.feed.events[-1]

    rig.restart()
    rig.engine.step(last)

    assert sum(decision.outcome == denied[0].reason for decision in rig.engine.books.decisions) == 1


def test_a_bar_that_closed_at_the_start_is_history_and_no_event_once_more() -> None:
    market = SimulatedFeed(1, HEADLESS_ANCHOR)
    trader = trader_in_memory(market, AccountChoice(), settings=Settings())
    engine = trader.engine
    engine.step(
        c.StartAutoTrading(
            request_id="start", strategy="moving_average_cross", symbol=SPOT.symbol, timeframe=Timeframe.M1
        )
    )
    while (at := market.peek_time()) is not None and at <= HEADLESS_ANCHOR + timedelta(minutes=10):
        event = market.next_event()
        assert event is not None
        engine.step(event)
    assert engine.desk.cursor.bars_seen == 10
