"""Funding is booked once for each instant and position, whoever was there when it fell due."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.domain.position_accounting import book_funding
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import FundingPaid
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.builders import SPOT, SWAP, after, make_quote
from tests.engine_rig import build_engine, only
from tests.fakes import MemoryLedgerStore, ScriptedFeed
from tests.floor_rig import build_floor, open_account
from tests.trading_rig import TradingRig, play

TEN_BASIS_POINTS = Decimal("0.001")
TWO = Decimal(2)


def rig_with(*words: str) -> TradingRig:
    """One position of the swap, entered at 100."""
    rig = TradingRig(instruments=[SWAP])
    for action in ("quote 100", " ".join(words), "quote 100"):
        play(rig, action)
    return rig


def funding_of(rig: TradingRig) -> list[Decimal]:
    return [entry.draft.changes()[0] for entry in rig.memory.entries if entry.draft.kind is EntryKind.FUNDING]


def rate_at(rig: TradingRig, rate: Decimal = TEN_BASIS_POINTS, **fields: object) -> FundingRate:
    rig.now += timedelta(seconds=1)
    values = {"symbol": SWAP.symbol, "at": rig.now, "rate": rate, "mark_price": Decimal(101)}
    return FundingRate(**(values | fields))  # type: ignore[arg-type]


@pytest.mark.requirement("R76")
def test_what_was_paid_is_told_with_its_figures() -> None:
    rig = rig_with("long 2")
    told = only(rig.step(rate_at(rig)), FundingPaid)
    assert (told.symbol, told.amount, told.rate, told.price) == (
        SWAP.symbol,
        Decimal("-0.202"),
        TEN_BASIS_POINTS,
        Decimal(101),
    )
    assert told.current_balance == rig.portfolio.wallet.total == Decimal("9999.598")
    assert rig.position.funding == Decimal("-0.202")


def test_a_rate_that_comes_again_is_booked_once_also_after_a_restart() -> None:
    rig = rig_with("short 2")
    rate = rate_at(rig)
    rig.step(rate)
    rig.step(rate)
    rig.restart()
    rig.step(rate)
    assert funding_of(rig) == [Decimal("0.202")]


def test_whoever_opens_at_the_instant_takes_no_part() -> None:
    rig = rig_with("long 2")
    rate = rate_at(rig, at=rig.position.opened_at)
    rig.step(rate)
    assert funding_of(rig) == []


def test_an_estimate_is_not_booked() -> None:
    rig = rig_with("long 2")
    rig.step(rate_at(rig, is_estimate=True))
    assert funding_of(rig) == []


def test_spot_knows_no_funding() -> None:
    rig = TradingRig(instruments=[SPOT])
    for action in ("quote 100", "buy 1", "quote 100"):
        play(rig, action)
    rig.step(rate_at(rig, symbol=SPOT.symbol))
    assert funding_of(rig) == []


@pytest.mark.requirement("R76")
def test_what_falls_due_in_a_pause_is_frozen_and_booked_once_when_it_ends() -> None:
    rig = rig_with("long 2")
    rig.hold()
    seen = rate_at(rig)
    rig.rates.append(seen)
    rig.rates.append(rate_at(rig, rate=Decimal("0.002")))  # nobody saw this one pass
    rig.step(seen)
    assert funding_of(rig) == []
    rig.go_on()
    rig.go_on()
    assert funding_of(rig) == [Decimal("-0.202"), Decimal("-0.404")]
    assert [entry.draft.occurred_at for entry in rig.memory.entries[-2:]] == [rig.now - timedelta(seconds=1)] * 2


def test_what_comes_while_the_gate_is_only_held_is_booked_before_the_next_price_acts() -> None:
    rig = rig_with("long 2")
    rig.hold()
    rig.step(rate_at(rig))
    rig.engine.desk.gate.open()
    assert funding_of(rig) == []
    play(rig, "quote 100")
    assert funding_of(rig) == [Decimal("-0.202")]


def test_a_symbol_that_a_person_has_to_look_at_is_funded_when_it_trades_again() -> None:
    rig = rig_with("long 2")
    rig.engine.desk.gate.reviewed = frozenset({SWAP.symbol})
    rig.step(rate_at(rig))
    assert funding_of(rig) == []
    rig.engine.desk.gate.reviewed = frozenset()
    rig.engine.end_review([SWAP.symbol])
    assert funding_of(rig) == [Decimal("-0.202")]


def late(rig: TradingRig, at: datetime, rate: Decimal = TEN_BASIS_POINTS) -> FundingRate:
    """The rate of an instant that has passed."""
    return FundingRate(symbol=SWAP.symbol, at=at, rate=rate, mark_price=Decimal(100))


def play_all(rig: TradingRig, actions: str) -> TradingRig:
    for action in actions.split("|"):
        play(rig, action)
    return rig


@pytest.mark.requirement("R76")
def test_a_late_rate_counts_what_was_open_at_its_instant_while_the_entry_goes_on_filling() -> None:
    rig = TradingRig(instruments=[SWAP])
    play_all(rig, "quote 100|long 10 x10 limit 100|quote 100 bids 99x1 asks 100x1")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "quote 100 bids 99x1 asks 100x20")
    assert rig.position.quantity == 10
    rig.step(late(rig, at))
    assert funding_of(rig) == [Decimal("-0.1")]


@pytest.mark.requirement("R76")
def test_a_late_rate_counts_what_was_left_since() -> None:
    rig = rig_with("long 10")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "close 1 9|quote 100|quote 100")
    rig.step(late(rig, at))
    assert funding_of(rig) == [Decimal(-1)]
    assert (rig.position.quantity, rig.position.funding) == (1, -1)


@pytest.mark.requirement("R76")
@pytest.mark.parametrize("leaves", ["close 1|quote 100", "close 1 4|quote 100|close 1|quote 100"])
def test_a_lot_that_was_closed_since_the_instant_is_charged_once(leaves: str) -> None:
    rig = rig_with("long 10")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, leaves)
    total = rig.portfolio.wallet.total
    told = only(rig.step(late(rig, at)), FundingPaid)
    assert (told.position_id, told.amount) == (1, -1)
    rig.step(late(rig, at))
    rig.start_again()
    rig.step(late(rig, at))
    assert funding_of(rig) == [Decimal(-1)]
    assert rig.portfolio.wallet.total == total - 1
    assert not rig.portfolio.positions
    (lot,) = rig.memory.trades.since(1, at).closed
    assert lot.funding == -1
    key = rig.memory.entries[-1].draft.idempotency_key
    assert key == f"funding:1:{SWAP.symbol}:{at.isoformat()}:1"


def test_a_closed_lot_pays_out_of_what_is_available_as_far_as_that_goes() -> None:
    rig = rig_with("long 10")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "close 1|quote 100|withdraw 9997.5")
    assert rig.portfolio.wallet.total == Decimal("0.5")
    rig.step(late(rig, at))
    assert funding_of(rig) == [Decimal("-0.5")]
    assert "$0.50 could not be paid" in rig.memory.entries[-1].draft.description


def test_who_was_out_before_the_instant_or_came_in_after_it_takes_no_part() -> None:
    rig = play_all(rig_with("long 10"), "close 1|quote 100")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "long 1|quote 100")
    rig.step(late(rig, at))
    assert funding_of(rig) == []


def test_a_rate_that_comes_days_late_is_booked_for_open_lots_only() -> None:
    rig = play_all(rig_with("long 10"), "short 1|quote 100")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "close 1|quote 100")
    rig.now += timedelta(days=1)
    play(rig, "quote 100")
    rig.step(late(rig, at))
    assert funding_of(rig) == [Decimal("0.1")]
    assert rig.position.funding == Decimal("0.1")


def test_what_a_reset_has_ended_is_not_charged() -> None:
    rig = rig_with("long 10")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "close 1|quote 100")
    rig.step(c.ResetAccount(request_id=rig.request_id(), start_amount=Decimal(500), author="me", reason="anew"))
    assert rig.portfolio.run.id == 2
    rig.step(late(rig, at))
    assert funding_of(rig) == []


@pytest.mark.requirement("R178")
def test_what_was_charged_late_passes_every_check_of_the_file() -> None:
    store = SqliteLedgerStore.in_memory()
    rig = TradingRig(instruments=[SWAP], store=store)
    play_all(rig, "quote 100|long 10|short 3|quote 100")
    at = rig.now + timedelta(milliseconds=500)
    play_all(rig, "close 1 4|quote 100|close 1|close 2 1|quote 100")
    rig.step(late(rig, at))
    (lot,) = store.trades.since(1, at).closed
    assert lot.funding == -1
    assert rig.position.funding == Decimal("0.3")
    assert verify(store._connection).ok


@pytest.mark.requirement("R76")
@pytest.mark.parametrize("comes_again", ["pause|resume", "restart|pause|resume"])
def test_what_nobody_could_pay_is_decided_once(comes_again: str) -> None:
    rig = TradingRig(instruments=[SWAP], start_amount=Decimal("10.1"))
    play_all(rig, "quote 100|long 1 x10|quote 100|funding 0.05 100|funding 0.05 100|funding 0.05 100")
    assert (rig.portfolio.wallet.total, rig.position.margin) == (0, 0)
    play_all(rig, f"deposit 100|{comes_again}|{comes_again}")
    assert funding_of(rig) == [-5, -5]
    assert rig.portfolio.wallet.total == 100


@pytest.mark.requirement("R74", "R76")
def test_cross_positions_pay_for_one_another_and_isolated_ones_do_not() -> None:
    for mode, paid, left in (("cross", -30, 70), ("", -10, 100)):
        rig = TradingRig(instruments=[SWAP], start_amount=Decimal("111.1"))
        play_all(rig, f"quote 100|long 1 x10 {mode}|short 10 x10 {mode}|quote 100")
        play(rig, f"withdraw {rig.portfolio.wallet.available}")
        lot = rig.portfolio.positions[1]
        rate = rate_at(rig, rate=Decimal("0.3"), mark_price=Decimal(100))
        movement = book_funding(rig.portfolio, lot, rate=rate, at=rig.now)
        rig.engine.books.post(movement)
        assert rig.portfolio.positions[1].funding == paid
        assert rig.portfolio.positions[2].margin == left + (10 if mode else 0)
        assert rig.portfolio.wallet.available == 0


class LiveFeed(ScriptedFeed):
    """A market outside that knows what fell due."""

    rates: tuple[FundingRate, ...] = ()

    def funding_rates(self, symbol: str, *, after: object, until: object) -> list[FundingRate]:
        return [rate for rate in self.rates if rate.symbol == symbol and after < rate.at <= until]  # type: ignore[operator]


def _live_engine(store: MemoryLedgerStore, *, starts_at: int, rates: tuple[FundingRate, ...] = ()) -> TradingEngine:
    feed = LiveFeed([SWAP], is_live=True, starts_at=after(minutes=starts_at))
    feed.rates = rates
    return build_engine(store, feed)


@pytest.mark.requirement("R76", "R40")
def test_what_fell_due_while_nobody_ran_is_booked_when_a_live_market_is_taken_up_again() -> None:
    store = MemoryLedgerStore()
    engine = _live_engine(store, starts_at=0)
    engine.step(make_quote(100, symbol=SWAP.symbol, at=after(seconds=1)))
    engine.step(
        c.SubmitOrder(
            request_id="1", symbol=SWAP.symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(2)
        )
    )
    engine.step(make_quote(100, symbol=SWAP.symbol, at=after(seconds=2)))
    due = tuple(
        FundingRate(symbol=SWAP.symbol, at=after(minutes=minutes), rate=TEN_BASIS_POINTS, mark_price=Decimal(100))
        for minutes in (0, 480, 960, 1440)
    )
    for _ in range(2):
        engine = _live_engine(store, starts_at=1000, rates=due)
        engine.end_pause(after(minutes=1000))
    booked = [entry.draft for entry in store.entries if entry.draft.kind is EntryKind.FUNDING]
    assert [draft.changes()[0] for draft in booked] == [Decimal("-0.2"), Decimal("-0.2")]
    assert [draft.idempotency_key.split(":")[4:] for draft in booked] == [
        ["2026-01-01T08", "00", "00+00", "00", "1"],
        ["2026-01-01T16", "00", "00+00", "00", "1"],
    ]
    (position,) = engine.books.portfolio.positions.values()
    assert position.funding == Decimal("-0.4")


@pytest.mark.requirement("R76", "R40")
def test_what_was_closed_right_after_an_instant_is_charged_though_the_process_died_before_its_rate_came() -> None:
    store = MemoryLedgerStore()
    engine = _live_engine(store, starts_at=479)
    for second, acts in (
        (1, None),
        (2, c.SubmitOrder(request_id="1", symbol=SWAP.symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=TWO)),
        (62, c.ClosePosition(request_id="2", position_id=1)),  # two seconds after the instant
        (63, None),
    ):
        engine.step(make_quote(100, symbol=SWAP.symbol, at=after(minutes=479, seconds=second)))
        if acts is not None:
            engine.step(acts)
            engine.step(make_quote(100, symbol=SWAP.symbol, at=after(minutes=479, seconds=second + 0.5)))
    assert not engine.books.portfolio.positions
    due = FundingRate(symbol=SWAP.symbol, at=after(minutes=480), rate=TEN_BASIS_POINTS, mark_price=Decimal(100))
    for _ in range(2):
        engine = _live_engine(store, starts_at=500, rates=(due,))
        engine.end_pause(after(minutes=500))
    booked = [entry.draft for entry in store.entries if entry.draft.kind is EntryKind.FUNDING]
    assert [draft.changes()[0] for draft in booked] == [Decimal("-0.2")]


def test_every_account_of_a_market_pays_its_own() -> None:
    store, feed = MemoryLedgerStore(), ScriptedFeed([SWAP])
    floor = build_floor(store, feed)
    open_account(floor, "second")
    floor.step(make_quote(100, symbol=SWAP.symbol, at=after(seconds=1)))
    for name, side in (("demo", OrderSide.BUY), ("second", OrderSide.SELL)):
        order = c.SubmitOrder(
            request_id=name, symbol=SWAP.symbol, side=side, type=OrderType.MARKET, quantity=Decimal(1), account=name
        )
        floor.step(order)
    floor.step(make_quote(100, symbol=SWAP.symbol, at=after(seconds=2)))
    rate = FundingRate(symbol=SWAP.symbol, at=after(seconds=3), rate=TEN_BASIS_POINTS, mark_price=Decimal(100))
    told = floor.step(rate)
    assert [(each.account, each.amount) for each in told if isinstance(each, FundingPaid)] == [
        ("demo", Decimal("-0.1")),
        ("second", Decimal("0.1")),
    ]
    floor.step(replace(rate))
    assert sum(entry.draft.kind is EntryKind.FUNDING for entry in store.entries) == 2
