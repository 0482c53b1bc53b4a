"""Outages: their rows, their notices, the report at the end, and a process that dies anywhere in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.market import PriceSource, Timeframe
from desktop_trader.domain.order import Order, OrderStatus
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.messages.network import (
    NO_NETWORK,
    NO_NEW_TRADES,
    NOT_CHECKED,
    RESUMED,
    CrossedLevel,
    HeldBack,
    PauseReason,
    ReasonKind,
)
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import (
    LogNotice,
    Notice,
    OrderAccepted,
    OrderCanceled,
    OutageEnded,
    TradingResumed,
)
from tests.builders import SPOT, START, bars_of_closes, make_bar
from tests.fakes import MemoryLedgerStore, RecordingStore
from tests.pause_rig import INTERNET, PauseRig

FEED = PauseReason(kind=ReasonKind.FEED, scope=SPOT.symbol)
CLOCK = PauseReason(kind=ReasonKind.CLOCK)


def texts(notices: list[Notice]) -> list[str]:
    return [notice_text(notice, "USDT") for notice in notices]


# ---------------------------------------------------------------------------------------------------- sentences


@pytest.mark.requirement("R209")
def test_a_pause_and_its_end_are_told_in_the_sentences_of_the_documents() -> None:
    rig = PauseRig()
    assert texts(rig.lose()) == [NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES]
    told = rig.regain()
    assert texts(told)[0] == RESUMED
    assert [type(notice) for notice in told] == [TradingResumed, OutageEnded]
    assert [notice_level(notice) for notice in told] == ["info", "info"]
    assert NO_NETWORK == "⏸️  SYSTEM PAUSED: No network - ALL operations frozen"
    assert NOT_CHECKED == "ℹ️  Open positions will NOT be checked until network restored"
    assert NO_NEW_TRADES == "ℹ️  No new trades will be opened until network restored"
    assert RESUMED == "✅ SYSTEM RESUMED: All connections verified"


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        ((INTERNET,), NO_NETWORK),
        ((FEED,), NO_NETWORK),
        ((PauseReason(kind=ReasonKind.EXCHANGE, scope="coinex"),), NO_NETWORK),
        ((CLOCK, INTERNET), NO_NETWORK),
        ((CLOCK,), "⏸️  SYSTEM PAUSED: The clock is wrong - ALL operations frozen"),
        ((PauseReason(kind=ReasonKind.RESUME),), "⏸️  SYSTEM PAUSED: The computer was asleep - ALL operations frozen"),
        (
            (PauseReason(kind=ReasonKind.AUTH, scope="coinex"), PauseReason(kind=ReasonKind.STALL)),
            "⏸️  SYSTEM PAUSED: The exchange refuses the key, The program stood still - ALL operations frozen",
        ),
    ],
)
def test_every_reason_has_its_sentence(reasons: tuple[PauseReason, ...], sentence: str) -> None:
    paused, *_ = PauseRig().lose(*reasons)
    assert notice_text(paused, "USDT") == sentence
    assert notice_level(paused) == "warning"


def test_what_programs_read_of_a_pause() -> None:
    rig = PauseRig()
    paused, *_, why = rig.lose(INTERNET, FEED, detail="connection refused")
    rig.now += timedelta(seconds=30)
    resumed, ended = rig.regain()
    assert isinstance(why, LogNotice)
    assert why.message == "Trading is paused for internet, feed:BTC/USDT: connection refused"
    fields = paused.as_fields()
    assert (fields["event"], fields["reason"], fields["detail"]) == (
        "trading_paused",
        "network: internet, feed:BTC/USDT",
        "connection refused",
    )
    assert resumed.as_fields()["event"] == "trading_resumed"
    assert {key: value for key, value in ended.as_fields().items() if key not in ("id", "at", "account", "detail")} == {
        "event": "outage",
        "outage_id": 1,
        "begun_at": START,
        "ended_at": START + timedelta(seconds=30),
        "reason": "network: internet, feed:BTC/USDT",
        "held_back": 0,
        "levels_crossed": 0,
        "is_simulated": False,
    }


# ---------------------------------------------------------------------------------------------------- rows


def test_an_outage_is_a_row_from_its_beginning_to_its_end() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.lose(detail="no name", is_simulated=True)
    (row,) = rig.outages
    assert (row.begun_at, row.ended_at, row.reasons, row.detail, row.is_simulated) == (
        rig.now,
        None,
        ("internet",),
        "no name",
        True,
    )
    begun_at = rig.now
    rig.now += timedelta(seconds=1)
    rig.note(INTERNET, CLOCK, detail="the clock is 9 s off")
    rig.note(FEED)
    rig.note(FEED)
    rig.now += timedelta(seconds=1)
    rig.regain()
    (row,) = rig.outages
    assert (row.begun_at, row.ended_at, row.reasons, row.detail, row.is_simulated) == (
        begun_at,
        rig.now,
        ("internet", "clock", "feed:BTC/USDT"),
        "the clock is 9 s off",
        True,
    )


def test_only_a_new_reason_is_told() -> None:
    rig = PauseRig()
    rig.lose()
    (told,) = rig.note(INTERNET, CLOCK, detail="9 s off")
    assert notice_text(told, "USDT") == "Trading stays paused, now also for clock: 9 s off"
    assert rig.note(CLOCK) == []


def test_a_second_outage_has_a_row_of_its_own() -> None:
    rig = PauseRig()
    for _ in range(3):
        rig.lose()
        rig.regain()
    assert [(row.id, row.ended_at) for row in rig.outages] == [(1, START), (2, START), (3, START)]


def test_a_disk_that_refuses_the_row_does_not_touch_the_pause_and_gets_it_later() -> None:
    rig = PauseRig()
    rig.store.outages.fails = True
    warned = [each for each in rig.lose() if isinstance(each, LogNotice) and each.level == "warning"]
    assert ["the pause itself is not affected" in each.message for each in warned] == [True]
    rig.note(CLOCK)
    assert not rig.floor.gate.is_open
    rig.store.outages.fails = False
    rig.now += timedelta(seconds=5)
    rig.regain()
    (row,) = rig.outages
    assert (row.begun_at, row.ended_at, row.reasons) == (START, rig.now, ("internet", "clock"))
    assert not rig.floor.halted


def test_a_disk_that_refuses_the_end_of_a_row_gets_it_before_the_next_one() -> None:
    rig = PauseRig()
    rig.lose()
    rig.store.outages.fails = True
    rig.now += timedelta(seconds=5)
    rig.regain()
    assert rig.floor.gate.is_open
    assert [row.ended_at for row in rig.outages] == [None]
    rig.store.outages.fails = False
    rig.now += timedelta(seconds=5)
    rig.lose(CLOCK)
    assert [(row.begun_at, row.ended_at, row.reasons) for row in rig.outages] == [
        (START, START + timedelta(seconds=5), ("internet",)),
        (START + timedelta(seconds=10), None, ("clock",)),
    ]


def test_what_the_disk_refused_is_written_with_the_next_checkpoint() -> None:
    rig = PauseRig()
    rig.store.outages.fails = True
    rig.lose()
    rig.now += timedelta(seconds=5)
    rig.regain()
    rig.floor.checkpoint()
    assert rig.outages == []
    rig.store.outages.fails = False
    rig.floor.checkpoint()
    rig.floor.checkpoint()
    assert [(row.id, row.begun_at, row.ended_at) for row in rig.outages] == [(1, START, rig.now)]


@pytest.mark.parametrize("is_live", [False, True])
def test_a_row_whose_end_was_never_written_is_no_outage_of_the_next_start(is_live: bool) -> None:
    """The disk refused its end, trading went on, and the process died: the time of that was none without network."""
    rig = PauseRig(is_live=is_live)
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    rig.lose(detail="refused")
    begun_at = rig.now
    rig.store.outages.fails = True
    rig.regain()
    rig.close()
    rig.quote(100)
    rig.store.outages.fails = False
    told = rig.restart()
    assert [notice for notice in told if isinstance(notice, OutageEnded)] == []
    assert not rig.floor.outages.is_open
    if is_live:
        assert rig.regain() == []
    rig.floor.checkpoint()
    (row,) = rig.outages
    assert (row.begun_at, row.ended_at) == (begun_at, begun_at)
    assert row.detail == "refused; its end could not be written: it lasted longer than this says"
    rig.lose()
    rig.regain()
    assert [row.ended_at is None for row in rig.outages] == [False, False]


# ---------------------------------------------------------------------------------------------------- report


@pytest.mark.requirement("R211")
def test_levels_crossed_are_found_in_the_bars_of_the_gap_and_move_nothing() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, stop=95, target=110)
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.now = START + timedelta(minutes=1)
    rig.lose()
    for prices in ("100 101 99 100", "100 101 94 96", "96 112 92 111"):
        rig.unseen_bar(prices)
    updates = len(rig.store.updates)
    rig.regain()
    assert len(rig.store.updates) == updates
    stop, target = rig.outages[0].levels_crossed
    assert stop == CrossedLevel(
        account="demo",
        symbol=SPOT.symbol,
        level="stop_loss",
        price=Decimal(95),
        position_id=1,
        order_id=None,
        crossed_at=START + timedelta(minutes=2),
    )
    assert (target.level, target.price, target.crossed_at) == (
        "take_profit",
        Decimal(110),
        START + timedelta(minutes=3),
    )
    (ended,) = rig.told(OutageEnded)
    assert ended.levels_crossed == 2
    assert "demo: the stop loss 95 of position 1 on BTC/USDT, first in the bar of 00:02" in ended.detail


def test_a_limit_that_only_the_first_stable_price_shows_was_crossed_in_the_minute_still_open() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.lose()
    rig.quote(85)
    rig.regain()
    (level,) = rig.outages[0].levels_crossed
    assert (level.level, level.order_id, level.crossed_at) == ("limit", 1, START)
    assert "on BTC/USDT, in the minute from 00:00" in rig.told(OutageEnded)[0].detail


@pytest.mark.parametrize("is_known", [True, False])
def test_the_minute_still_open_is_named_only_where_all_closed_ones_are_known(is_known: bool) -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.lose()
    for minute in (0, 1) if is_known else (0,):
        rig.remember(make_bar("100 101 99 100", opened_at=START + timedelta(minutes=minute)))
    rig.now = START + timedelta(minutes=2, seconds=30)
    rig.quote(85)
    rig.regain()
    (level,) = rig.outages[0].levels_crossed
    assert level.crossed_at == (START + timedelta(minutes=2) if is_known else None)
    said = "in the minute from 00:02" if is_known else "at the first stable price"
    assert f"on BTC/USDT, {said}" in rig.told(OutageEnded)[0].detail


def test_what_a_bar_shows_from_before_a_position_was_opened_is_no_crossing() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.remember(make_bar("100 100 50 100", opened_at=START))
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.lose()
    rig.now = START + timedelta(minutes=1)
    rig.regain()
    assert rig.outages[0].levels_crossed == ()


def test_recorded_bars_of_one_length_are_asked_for_theirs() -> None:
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.now = START
    for index in range(3):
        opened_at = START + timedelta(hours=index)
        rig.remember(make_bar("100 100 100 100", opened_at=opened_at, timeframe=Timeframe.H1))
        rig.step(make_bar("100 100 100 100", opened_at=opened_at, timeframe=Timeframe.H1))
        if index == 0:
            rig.buy(1, stop=95)
    rig.now = START + timedelta(hours=3)
    rig.lose()
    rig.remember(make_bar("100 100 90 100", opened_at=rig.now, timeframe=Timeframe.H1))
    rig.now += timedelta(hours=1)
    rig.regain()
    assert [level.level for level in rig.outages[0].levels_crossed] == []
    rig.lose()
    rig.remember(make_bar("100 100 90 100", opened_at=rig.now, timeframe=Timeframe.M1))
    rig.now += timedelta(minutes=1)
    rig.regain()
    assert [level.level for level in rig.outages[1].levels_crossed] == ["stop_loss"]


def test_the_report_says_what_was_held_back_by_whom() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.buy(1)
    rig.lose()
    rig.quote(94)
    rig.note(CLOCK)
    rig.quote(94)
    rig.close()
    rig.regain()
    whats = {"exits": 2, "entries": 2, "voided": 1, "commands": 1}
    assert set(rig.outages[0].held_back) == {
        HeldBack(account=account, what=what, count=count) for account in rig.accounts for what, count in whats.items()
    }
    (ended,) = rig.told(OutageEnded)
    assert ended.held_back == 12
    assert ended.detail == (
        "Nothing traded from 2026-01-01 00:00:02 to 2026-01-01 00:00:04 UTC: internet, clock. Held back: demo: 2 looks "
        "at open positions, 2 looks at waiting entries, 1 order voided, 1 command refused; second: 2 looks at open "
        "positions, 2 looks at waiting entries, 1 order voided, 1 command refused. Levels crossed meanwhile, for "
        "information only: demo: the stop loss 95 of position 1 on BTC/USDT, in the minute from 00:00; second: the "
        "stop loss 95 of position 2 on BTC/USDT, in the minute from 00:00."
    )


def test_an_outage_of_eight_hours_looks_at_longer_bars_where_minutes_would_be_too_many() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.lose()
    rig.now = START + timedelta(days=4)
    low = make_bar("100 100 90 100", opened_at=START + timedelta(days=2), timeframe=Timeframe.M5)
    rig.remember(low)
    rig.regain()
    assert [level.crossed_at for level in rig.outages[0].levels_crossed] == [low.opened_at]


# ---------------------------------------------------------------------------------------------------- on the way back


@pytest.mark.requirement("R202")
def test_entries_at_the_market_are_voided_before_the_first_price_and_said_so() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1)
    rig.lose()
    told = [notice for notice in rig.regain() if isinstance(notice, OrderCanceled)]
    assert [(notice.account, notice.reason) for notice in told] == [("demo", "canceled"), ("second", "canceled")]
    assert all(notice.detail.startswith("void: ") for notice in told)
    ended = [order for update in rig.store.updates for order in update.orders if order.status is OrderStatus.CANCELED]
    assert [order.detail.partition(":")[0] for order in ended] == ["void", "void"]


@pytest.mark.requirement("R200")
@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_a_strategy_wished_to_leave_before_is_void_and_its_stop_lives_on(is_restarted: bool) -> None:
    """The bar's close told it to leave, the network went before the next price: the wish is older than the resume."""
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.remember(*bars_of_closes([100, 99, 98, 97, 96, 95]))
    rig.now = START + timedelta(minutes=6)
    rig.regain()
    rig.start_strategy(fast="2", slow="4", stop_loss_percent="50", take_profit_percent="0")
    for close in (95, 110, 120):
        rig.bar(f"{close} {close} {close} {close}")
    rig.quote(120)
    rig.now = START + timedelta(minutes=9)
    rig.bar("80 80 80 80")
    (wish,) = rig.engine().books.portfolio.orders.values()
    assert wish.is_exit
    if is_restarted:
        rig.restart()
    else:
        rig.lose()
    told = [notice for notice in rig.regain() if isinstance(notice, OrderCanceled)]
    assert [(notice.order_id, notice.detail.partition(":")[0]) for notice in told] == [(wish.id, "void")]
    rig.quote(150)
    assert len(rig.engine().books.portfolio.positions) == 1
    rig.quote(10)
    assert rig.engine().books.portfolio.positions == {}
    assert [update.fills[0].is_gap for update in rig.store.updates if update.fills][-1] is False


def test_what_a_person_wished_to_leave_before_is_left_at_the_first_stable_price() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    rig.close()
    rig.lose()
    rig.regain()
    rig.quote(90)
    assert rig.engine().books.portfolio.positions == {}


@pytest.mark.requirement("R200")
def test_a_strategy_started_after_an_outage_waits_for_all_bars_of_its_own_window() -> None:
    """What the one before it has waited for, and since when, is nothing to it."""
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.now = START + timedelta(minutes=10)
    rig.regain()
    rig.start_strategy(fast="2", slow="4")
    for _ in range(3):
        rig.bar("100 100 100 100")
    before = len([notice for notice in rig.told(LogNotice) if "decides nothing" in notice.message])
    rig.start_strategy(fast="2", slow="8")
    rig.bar("100 100 100 100")
    waits = [notice.message for notice in rig.told(LogNotice) if "decides nothing" in notice.message]
    assert len(waits) == before + 1
    assert ": 6 bars" in waits[-1]


@pytest.mark.requirement("R200")
def test_a_strategy_decides_nothing_about_bars_that_closed_in_an_outage_shown_or_not() -> None:
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.start_strategy(fast="2", slow="4")
    for close in (100, 99, 98, 97, 96):
        rig.bar(f"{close} {close} {close} {close}")
    rig.lose()
    for close in (95, 110, 120):
        rig.unseen_bar(f"{close} {close} {close} {close}")
    rig.regain()
    for missed in rig.history[-2:]:
        rig.step(missed)  # the feed still had them: too late
    assert rig.told(OrderAccepted) == []
    rig.bar("121 121 121 121")
    assert rig.told(OrderAccepted) == []  # the averages crossed in the outage; the window knows that
    assert rig.engine().desk.cursor.bars_seen == 6


def test_on_a_market_outside_nothing_is_decided_before_the_bars_of_the_outage_have_come() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    closes = [100, 99, 98, 97, 96, 95, 94]
    rig.remember(*bars_of_closes(closes))
    rig.now = START + timedelta(minutes=7)
    rig.regain()
    rig.start_strategy(fast="2", slow="4")
    rig.lose()
    begun = rig.now
    rig.now += timedelta(minutes=2)
    rig.regain()
    late = [make_bar(f"{c} {c} {c} {c}", opened_at=begun + timedelta(minutes=i)) for i, c in enumerate((93, 92))]
    rig.bar("91 91 91 91")
    waits = [notice.message for notice in rig.told(LogNotice) if "decides nothing" in notice.message]
    assert waits == [
        "moving_average_cross decides nothing on BTC/USDT yet: 2 bars of the time without network are still missing"
    ]
    rig.remember(*late)
    rig.feed.events.sort(key=lambda event: event.opened_at)  # type: ignore[union-attr]
    assert rig.told(OrderAccepted) == []
    rig.bar("90 90 90 90")
    rig.bar("120 120 120 120")
    assert len(rig.told(OrderAccepted)) == 1


def test_bars_that_never_come_are_not_waited_for_for_ever() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.now = START + timedelta(minutes=7)
    rig.regain()
    rig.start_strategy(fast="2", slow="4")
    for close in (100, 99, 98, 97, 96, 110, 120):
        rig.bar(f"{close} {close} {close} {close}")
    assert len(rig.told(OrderAccepted)) == 1


def test_an_engine_that_halts_over_the_way_back_leaves_the_outage_open_for_the_next_start() -> None:
    store = FailingStore()
    rig = PauseRig(store=store)
    rig.quote(100)
    rig.buy(1)
    rig.lose()
    store.fails = True
    rig.regain()
    assert all(account.engine.halted for account in rig.floor.accounts.values())
    assert [row.ended_at for row in rig.outages] == [None]
    store.fails = False
    told = rig.restart()
    assert rig.outages[0].ended_at is not None
    assert [type(notice) for notice in told if isinstance(notice, OutageEnded)] == [OutageEnded]
    assert all(not rig.engine(name).books.portfolio.orders for name in rig.accounts)


class FailingStore(MemoryLedgerStore):
    """Books that refuse as long as `fails` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False

    def commit(self, update: BookUpdate) -> None:
        self.fails_next_commit = self.fails
        super().commit(update)


def test_the_first_verification_of_a_start_is_no_outage() -> None:
    rig = PauseRig(is_live=True)
    assert rig.regain() == []
    assert rig.outages == []


# ---------------------------------------------------------------------------------------------------- restarts


def test_on_a_market_outside_a_restart_takes_the_open_row_up_and_ends_it_when_all_is_verified() -> None:
    rig = PauseRig(is_live=True)
    rig.regain()
    rig.quote(100)
    rig.lose(INTERNET, detail="refused")
    begun_at = rig.now
    rig.restart()
    assert rig.outages[0].ended_at is None
    rig.now += timedelta(minutes=5)
    assert texts(rig.lose(CLOCK))[:3] == [
        "⏸️  SYSTEM PAUSED: The clock is wrong - ALL operations frozen",
        NOT_CHECKED,
        NO_NEW_TRADES,
    ]
    rig.regain()
    (row,) = rig.outages
    assert (row.begun_at, row.ended_at, row.reasons) == (begun_at, rig.now, ("internet", "clock"))


def test_an_outage_that_is_taken_up_ends_for_each_account_where_it_stands() -> None:
    """One that has bought nothing since, and was not stored as far on, may not be moved on by the one beside it."""
    rig = PauseRig(fills_on=PriceSource.BARS)
    for _ in range(2):
        rig.bar("100 101 99 100")
    rig.buy(1, stop=50)
    rig.bar("100 101 99 100")
    for _ in range(5):
        rig.bar("100 101 99 100")
    rig.lose()
    rig.floor.checkpoint()
    behind = rig.engine("second").desk.clock.now()
    market = rig.store.load("second").market
    assert market is not None
    stood_at = behind - timedelta(minutes=5)
    account_id = rig.engine("second").books.portfolio.account.id
    rig.store.checkpoint(account_id, replace(market, at=stood_at - timedelta(minutes=1), clock_at=stood_at))
    rig.restart()
    assert rig.engine("demo").desk.clock.now() == behind
    assert rig.engine("second").desk.clock.now() == stood_at
    assert rig.outages[0].ended_at == behind


def test_a_row_of_another_market_waits_for_a_start_on_that_market() -> None:
    rig = PauseRig()
    rig.lose()
    rig.store.outages.rows[0] = replace(rig.outages[0], source_id="scripted:2")
    rig.restart()
    assert rig.outages[0].ended_at is None
    rig.lose()
    rig.regain()
    assert [row.ended_at is None for row in rig.outages] == [True, False]


def test_a_command_that_only_moves_money_leaves_the_outage_to_whoever_trades_next() -> None:
    rig = PauseRig()
    rig.quote(100)
    rig.buy(1)
    rig.lose()
    rig.restart(is_listed=False)
    assert [row.ended_at for row in rig.outages] == [None]
    assert all(len(rig.engine(name).books.portfolio.orders) == 1 for name in rig.accounts)
    rig.restart()
    assert rig.outages[0].ended_at == rig.now
    assert all(not rig.engine(name).books.portfolio.orders for name in rig.accounts)


# ---------------------------------------------------------------------------------------------------- kills


def _session(rig: PauseRig) -> list[Callable[[], object]]:
    return [
        lambda: rig.quote(100),
        lambda: rig.buy(1, stop=95),
        lambda: rig.quote(100),
        lambda: rig.buy(1, limit=90),
        lambda: rig.buy(1),
        lambda: rig.lose(INTERNET),
        lambda: rig.quote(94),
        lambda: rig.note(INTERNET, CLOCK),
        lambda: rig.floor.checkpoint(),  # noqa: PLW0108  # the floor of then, not of now
        rig.regain,
        lambda: rig.quote(85),
        lambda: rig.quote(86),
    ]


@pytest.mark.requirement("R199", "R202")
@pytest.mark.parametrize("is_live", [False, True])
def test_killed_after_any_write_the_outage_ends_once_and_nothing_fills_at_a_price_of_it(is_live: bool) -> None:
    """Each copy of the books is what one kill leaves; a start goes on from it, and the market is at 85 by then."""
    store = RecordingStore()
    rig = PauseRig(store=store, is_live=is_live)
    if is_live:
        rig.regain()
    first = len(store.left_behind)
    for act in _session(rig):
        act()
    assert len(store.left_behind) > first + 15
    for left in store.left_behind[first:]:
        _goes_on(left, rig, is_live=is_live)


def _goes_on(left: MemoryLedgerStore, before: PauseRig, *, is_live: bool) -> None:
    orders = {order.id: order for update in before.store.updates for order in update.orders}
    rig = PauseRig.over(left, at=before.now, is_live=is_live)
    if is_live:
        rig.regain()
    assert all(row.ended_at is not None for row in rig.outages)
    assert len(rig.outages) <= 1
    rig.quote(85)
    rig.quote(85)
    for name in rig.accounts:
        engine = rig.engine(name)
        assert not engine.halted
        portfolio = engine.books.portfolio
        assert all(order.limit_price is not None for order in portfolio.orders.values())
        locked = sum((each.margin for each in portfolio.positions.values()), Decimal(0))
        assert portfolio.wallet.locked == locked + sum((each.reserve for each in portfolio.orders.values()), Decimal(0))
    for update in rig.store.updates:
        for fill in update.fills:
            assert fill.price == 85, _told(orders, fill.order_id)


def _told(orders: dict[int, Order], order_id: int) -> str:
    return f"order {order_id}: {orders.get(order_id)}"
