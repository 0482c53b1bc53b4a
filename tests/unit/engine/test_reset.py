"""Ending a run and beginning the next: what it does to money, figures and books, and when it is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import RunChange
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    AlreadyDone,
    AutoTradingChanged,
    BalanceChanged,
    CommandRefused,
    TradingHalted,
)
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.builders import Number
from tests.engine_rig import DEMO_ACCOUNT, EngineRig, only
from tests.fakes import RecordingStore


def traded_rig(**fields: object) -> EngineRig:
    """An account that has earned, paid fees and been given money, with nothing open."""
    rig = EngineRig(**fields)  # type: ignore[arg-type]
    rig.quote(100)
    rig.deposit(500)
    rig.buy(10)
    rig.quote(100)
    rig.quote(110)
    rig.close(rig.position.id)
    rig.quote(110)
    assert not rig.portfolio.positions
    return rig


@pytest.mark.requirement("R16", "R21", "R62")
def test_a_reset_ends_the_run_and_opens_the_next_with_the_start_amount() -> None:
    rig = traded_rig()
    left = rig.portfolio.wallet.total
    notice = only(rig.reset(7_000), BalanceChanged)
    assert (notice.kind, notice.amount, notice.author) == ("reset", Decimal(7_000) - left, "a person")
    assert (notice.current_balance, notice.reason) == (Decimal(7_000), "a new try")
    (ended,) = rig.memory.ended_runs
    assert (ended.run.id, ended.run.how_ended, ended.run.ended_at) == (1, "reset", rig.engine.desk.clock.now())
    assert (ended.totals.reset, ended.totals.expected_total) == (left, 0)
    assert rig.portfolio.run.id == 2
    assert (rig.portfolio.totals.opening, rig.portfolio.totals.expected_total) == (Decimal(7_000), Decimal(7_000))
    reset, opening = rig.memory.entries[-2:]
    assert [(entry.draft.kind, entry.draft.run_id, entry.total_after) for entry in (reset, opening)] == [
        (EntryKind.RESET, 1, Decimal(0)),
        (EntryKind.OPENING, 2, Decimal(7_000)),
    ]


@pytest.mark.requirement("R16")
def test_every_figure_starts_anew_with_the_run() -> None:
    rig = traded_rig()
    rig.wait(hours=30)
    rig.quote(110)
    assert rig.snapshot.balance.balance_change_24h is not None
    rig.reset(7_000)
    for snapshot in (rig.snapshot, _after_restart(rig)):
        balance = snapshot.balance
        assert (balance.total, balance.realized_pnl, balance.fees, balance.pnl) == (7_000, 0, 0, 0)
        assert (balance.peak_equity, balance.drawdown_percent, balance.contributed) == (7_000, 0, 7_000)
        assert (balance.balance_change_24h, snapshot.run_id) == (None, 2)
        assert [change.kind for change in snapshot.recent_changes] == ["opening"]


def _after_restart(rig: EngineRig) -> AccountSnapshot:
    rig.restart()
    return rig.snapshot


def test_a_run_that_lost_everything_resets_without_an_entry_of_nothing() -> None:
    rig = EngineRig()
    rig.withdraw(10_000)
    rig.reset(500)
    assert [entry.draft.kind for entry in rig.memory.entries] == [
        EntryKind.OPENING,
        EntryKind.WITHDRAWAL,
        EntryKind.OPENING,
    ]
    assert rig.portfolio.wallet.total == 500


@pytest.mark.requirement("R66")
def test_open_positions_and_waiting_orders_refuse_a_reset() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1, limit=90)
    assert only(rig.reset(), CommandRefused).reason == "live_orders"
    rig.buy(1)
    rig.quote(100)
    before = (rig.portfolio, len(rig.memory.entries))
    refusal = only(rig.reset(), CommandRefused)
    assert (refusal.reason, refusal.detail) == (
        "open_positions",
        "1 position is open; close every position before a reset",
    )
    assert before == (rig.portfolio, len(rig.memory.entries))


def test_a_live_account_is_never_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.engine_rig.DEMO_ACCOUNT", replace(DEMO_ACCOUNT, type="live"))
    rig = EngineRig()
    assert only(rig.reset(), CommandRefused).reason == "live_account"
    assert rig.portfolio.run.id == 1


@pytest.mark.parametrize(
    ("amount", "reason", "author"),
    [
        (0, "r", "a"),
        (-1, "r", "a"),
        ("0.000000001", "r", "a"),
        (40_000_000_001, "r", "a"),
        (100, "", "a"),
        (100, "  ", "a"),
        (100, "x" * 201, "a"),
        (100, "r", ""),
        (100, "r\nr", "a"),
    ],
)
def test_amounts_and_texts_that_cannot_be_are_refused(amount: Number, reason: str, author: str) -> None:
    rig = EngineRig()
    refusal = only(rig.reset(amount, reason=reason, author=author), CommandRefused)
    assert refusal.is_bad_input
    assert (rig.portfolio.run.id, rig.engine.halted) == (1, "")


def test_the_same_request_resets_once_even_after_a_restart() -> None:
    rig = traded_rig()
    rig.reset(7_000, request_id="one submit")
    rig.reset(7_000, request_id="one submit")
    rig.restart()
    rig.reset(7_000, request_id="one submit")
    assert (rig.portfolio.run.id, len(rig.memory.ended_runs)) == (2, 1)


def test_a_reset_of_an_untouched_account_may_follow_another() -> None:
    rig = EngineRig()
    for amount in (100, 100, 300):
        rig.reset(amount)
    assert (rig.portfolio.run.id, rig.portfolio.wallet.total) == (4, 300)
    rig.restart()
    assert (rig.portfolio.run.id, rig.portfolio.run.start_amount) == (4, 300)


@pytest.mark.requirement("R21")
def test_a_running_strategy_ends_with_the_run() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.start_strategy()
    rig.reset(7_000)
    assert rig.told(AutoTradingChanged)[-1].state == "stopped"
    rig.restart()
    assert rig.engine.auto_trading.run is None
    assert rig.store.load("demo").strategy_runs == ()


@pytest.mark.requirement("R16")
def test_a_kill_at_any_write_of_a_reset_leaves_the_old_run_or_the_new_one() -> None:
    rig = traded_rig(store=RecordingStore())
    rig.start_strategy()
    left, store = rig.portfolio.wallet.total, rig.store
    assert isinstance(store, RecordingStore)
    known = len(store.left_behind)
    rig.reset(7_000)
    new = store.left_behind[known:]
    assert len(new) == 1  # one transaction: there is no half
    for books, expected in ((store.left_behind[known - 1], (1, left, True)), (new[0], (2, Decimal(7_000), False))):
        other = EngineRig(store=books)
        total = other.portfolio.wallet.total
        assert (other.portfolio.run.id, total, other.engine.auto_trading.run is not None) == expected


def test_a_disk_that_refuses_leaves_the_old_run() -> None:
    rig = traded_rig()
    before = rig.portfolio
    rig.memory.fails_next_commit = True
    assert rig.told(TradingHalted) == []
    rig.reset(7_000)
    assert (rig.portfolio, len(rig.told(TradingHalted))) == (before, 1)
    rig.restart()
    assert rig.portfolio == before


def test_trading_goes_on_in_the_new_run() -> None:
    rig = traded_rig()
    rig.reset(1_000)
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    assert (rig.position.run_id, rig.portfolio.orders) == (2, {})
    rig.close(rig.position.id)
    rig.quote(100)
    assert rig.portfolio.totals.fees == rig.portfolio.totals.opening - rig.portfolio.wallet.total
    assert {entry.draft.run_id for entry in rig.memory.entries[-6:]} == {2}


def test_the_peak_forgets_the_run_before() -> None:
    rig = traded_rig()
    rig.reset(50)
    rig.quote(100)
    assert rig.engine.books.peak_equity == 50


class TestImports:
    @pytest.mark.requirement("R32")
    def test_a_balance_is_taken_over_as_one_entry_with_what_it_came_from(self) -> None:
        rig = EngineRig()
        notice = only(rig.take_over("12345.67", description="virtual_balance.json of 2025-08-01"), BalanceChanged)
        assert (notice.kind, notice.amount, notice.current_balance) == (
            "import",
            Decimal("2345.67"),
            Decimal("12345.67"),
        )
        entry = rig.memory.entries[-1]
        assert (entry.draft.kind, entry.draft.description) == (EntryKind.IMPORT, "virtual_balance.json of 2025-08-01")
        assert (rig.portfolio.totals.imports, rig.portfolio.totals.realized_pnl) == (Decimal("2345.67"), 0)

    @pytest.mark.requirement("R32")
    def test_the_same_content_is_never_imported_twice_in_this_start_or_the_next(self) -> None:
        rig = EngineRig()
        rig.take_over(500)
        rig.deposit(70)
        assert only(rig.take_over(500), CommandRefused).reason == "already_imported"
        rig.restart()
        assert only(rig.take_over(500), CommandRefused).reason == "already_imported"
        rig.reset(10_000)
        assert only(rig.take_over(500), CommandRefused).reason == "already_imported"
        assert rig.portfolio.wallet.total == 10_000

    @pytest.mark.parametrize("content_hash", ["", "abc", "G" * 64, "A" * 64, "a" * 65])
    def test_what_is_no_hash_is_refused(self, content_hash: str) -> None:
        rig = EngineRig()
        command = c.ImportBalance(
            request_id="1", amount=Decimal(5), content_hash=content_hash, description="d", author="a"
        )
        assert only(rig.step(command), CommandRefused).is_bad_input

    def test_a_negative_balance_is_refused_and_one_below_what_is_locked_too(self) -> None:
        rig = EngineRig()
        rig.quote(100)
        rig.buy(50)
        rig.quote(100)
        assert only(rig.take_over(-1), CommandRefused).is_bad_input
        assert only(rig.take_over(100), CommandRefused).reason == "insufficient_funds"
        total = rig.portfolio.wallet.total
        assert only(rig.take_over(total), CommandRefused).reason == "no_change"


def test_a_reset_of_another_total_or_run_than_the_person_saw_is_refused() -> None:
    rig = EngineRig()
    wish = c.ResetAccount(
        request_id="seen",
        start_amount=Decimal(500),
        author="a person",
        reason="a new try",
        expected_total=rig.portfolio.wallet.total,
        run_id=rig.portfolio.run.id,
    )
    rig.deposit(5)
    assert only(rig.step(wish), CommandRefused).reason == "balance_moved"
    assert (rig.portfolio.run.id, rig.portfolio.wallet.total) == (1, 10_005)
    rig.reset(10_000)
    assert only(rig.step(wish), CommandRefused).reason == "balance_moved"
    current = replace(wish, run_id=rig.portfolio.run.id)
    assert only(rig.step(current), BalanceChanged).current_balance == 500
    assert only(rig.step(current), AlreadyDone).request_id == "seen"
    another = replace(current, start_amount=Decimal(501))
    assert only(rig.step(another), CommandRefused).reason == "request_id_used"
    assert rig.portfolio.wallet.total == 500


def test_an_import_over_another_total_than_the_person_saw_is_refused() -> None:
    rig = EngineRig()
    wish = c.ImportBalance(
        request_id="seen",
        amount=Decimal(500),
        content_hash="a" * 64,
        description="a file",
        author="a person",
        expected_total=rig.portfolio.wallet.total,
    )
    rig.deposit(5)
    assert only(rig.step(wish), CommandRefused).reason == "balance_moved"
    assert rig.portfolio.wallet.total == 10_005
    current = replace(wish, expected_total=Decimal(10_005))
    assert only(rig.step(current), BalanceChanged).current_balance == 500


def test_the_day_change_begins_again_a_day_after_the_reset() -> None:
    rig = traded_rig()
    rig.wait(hours=30)
    rig.quote(110)
    rig.reset(1_000)
    rig.wait(hours=23)
    rig.quote(110)
    assert _day_change(rig) is None
    rig.wait(hours=2)
    rig.quote(110)
    assert _day_change(rig) == 0
    assert rig.now - rig.portfolio.run.started_at > timedelta(hours=24)


def _day_change(rig: EngineRig) -> Decimal | None:
    return rig.snapshot.balance.balance_change_24h


def test_the_books_refuse_a_reset_while_money_is_locked() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(1, limit=90)
    change = RunChange(run_id=2, start_amount=Decimal(5), reason="r", author="a", request_key="k")
    with pytest.raises(InvariantError):
        accounting.reset_account(rig.portfolio, change, at=rig.now)
