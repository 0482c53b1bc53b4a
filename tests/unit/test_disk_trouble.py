"""A disk that is full or a database that is held: trading waits, nothing is lost, and it goes on by itself."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from desktop_trader import assembly
from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.errors import BooksDamagedError, DiskError, StorageError
from desktop_trader.domain.market import MarketEvent, PriceSource
from desktop_trader.engine_host import EngineHost, Listener
from desktop_trader.locations import data_folder
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    BalanceChanged,
    CommandRefused,
    Notice,
    TradingHalted,
    TradingPaused,
    TradingResumed,
)
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.network.host import HostClocks
from desktop_trader.settings import Settings
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.restore import order_restore
from desktop_trader.storage.verify import verify
from tests.builders import SPOT, after, make_quote
from tests.fakes import ScriptedFeed

_N = TypeVar("_N", bound=Notice)


class Run:
    """A host over real books in a folder, on a silent market, and everything it told."""

    def __init__(self, folder: Path) -> None:
        self.paths = data_folder(folder)
        events: list[MarketEvent] = [make_quote(100 + n, at=after(seconds=n + 1)) for n in range(3)]
        feed = ScriptedFeed([SPOT], events, fills_on=PriceSource.QUOTES)
        choice = AccountChoice(start_amount=Decimal(1_000))
        self.trader: Trader = open_trader(self.paths, choice, settings=Settings(), make_feed=lambda: feed)
        self.notices: list[Notice] = []
        self.snapshots: list[AccountSnapshot] = []
        self.on_notice: Callable[[Notice], None] = lambda notice: None
        self.host = EngineHost(
            self.trader,
            Listener(on_snapshot=self.snapshots.append, on_notice=self._hear, on_request=lambda request: None),
            settings=Settings(),
            speed=1_000.0,
            clocks=HostClocks(retry_seconds=0.02),
        )

    def _hear(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.on_notice(notice)

    def go(self) -> None:
        asyncio.run(asyncio.wait_for(self.host.run(), 30))

    def stop_at(self, kind: type[Notice], request_id: str = "") -> None:
        """End the run at the first notice of a kind that answers a request."""
        self.on_notice = lambda notice: (
            self.host.stop() if isinstance(notice, kind) and notice.request_id == request_id else None
        )

    def told(self, kind: type[_N]) -> list[_N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def fill_the_disk(self) -> None:
        """Let SQLite answer that the disk is full from now on, until the file is opened anew."""
        connection = self.trader.store._connection
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("PRAGMA max_page_count = 1").fetchall()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.trader.close("test")


def deposit(request_id: str, amount: str = "5", reason: str = "test") -> c.AdjustBalance:
    return c.AdjustBalance(
        request_id=request_id,
        kind=c.AdjustmentKind.DEPOSIT,
        amount=Decimal(amount),
        reason=reason,
        author="a person",
    )


def big_deposits(count: int) -> list[c.AdjustBalance]:
    """Enough entries to need another page of the file."""
    return [deposit(f"big-{number}", reason="x" * 200) for number in range(count)]


@pytest.mark.requirement("R168")
def test_a_full_disk_halts_trading_says_how_much_is_free_and_it_goes_on_by_itself(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def still_full(root: Path) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DiskError("The disk of the data folder has 0 MB left")
        run.host.send(deposit("after"))

    monkeypatch.setattr(assembly, "probe_writing", still_full)
    run.fill_the_disk()
    for command in big_deposits(60):
        run.host.send(command)
    run.stop_at(BalanceChanged, "after")
    run.go()
    (halt,) = run.told(TradingHalted)
    assert halt.reason == "disk"
    assert "MB are free" in halt.detail
    (resumed,) = run.told(TradingResumed)
    assert run.notices.index(halt) < run.notices.index(resumed)
    booked = [notice.request_id for notice in run.told(BalanceChanged) if notice.kind == "deposit"]
    refused = [notice.request_id for notice in run.told(CommandRefused)]
    assert all("MB are free" in notice.detail for notice in run.told(CommandRefused))  # The first one too.
    assert booked[-1] == "after"
    assert len(refused) > 1
    assert not set(booked) & set(refused)
    assert run.trader.engine.books.portfolio.wallet.total == 1_000 + 5 * len(booked)
    assert [shot.is_halt_passing for shot in run.snapshots if shot.halted][-1]
    assert not run.snapshots[-1].halted
    numbers = [shot.sequence for shot in run.snapshots]
    assert numbers == sorted(set(numbers))
    report = verify(run.paths.database)
    assert report.ok, report


@pytest.mark.requirement("R168")
def test_a_database_that_another_program_holds_pauses_trading_until_it_lets_go(run: Run) -> None:
    holder = apsw.Connection(str(run.paths.database))
    holder.execute("BEGIN IMMEDIATE")
    run.trader.store._connection.set_busy_timeout(1)
    looked: list[bool] = []
    is_free = run.trader.store.is_free

    def is_free_at_the_third_look() -> bool:
        looked.append(is_free())
        if len(looked) == 2:
            holder.execute("ROLLBACK")
        return looked[-1]

    run.trader.store.is_free = is_free_at_the_third_look  # type: ignore[method-assign]
    run.host.send(deposit("while held"))
    run.stop_at(TradingResumed)
    run.go()
    holder.close()
    (paused,) = run.told(TradingPaused)
    assert paused.reason == "database"
    assert "another program" in paused.detail
    assert looked == [False, False, True]
    assert run.trader.engine.books.portfolio.wallet.total == 1_000
    assert run.host.ask(deposit("again"))[0].event == "balance_changed"


def test_the_market_waits_while_the_books_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came after the last commit is done again, from where the books stand."""
    monkeypatch.setattr(assembly, "probe_writing", lambda root: None)
    seen: list[int] = []
    run.trader.floor.primary.halted, run.trader.floor.primary.is_halt_passing = "the disk is full", True
    run.stop_at(TradingResumed)
    run.go()
    seen.append(len(run.snapshots))
    assert run.trader.engine.feed.peek_time() == after(seconds=1)


def test_books_that_turn_out_damaged_halt_it_for_good(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(store: object) -> None:
        raise BooksDamagedError("The database is not the one that was written")

    monkeypatch.setattr(run.trader, "_reopen", damaged)
    run.trader.floor.primary.halted, run.trader.floor.primary.is_halt_passing = "the disk is full", True
    run.stop_at(TradingHalted)
    run.go()
    assert run.told(TradingHalted)[-1].reason == "the books do not verify"
    assert not run.trader.floor.is_halt_passing


def test_every_account_is_taken_up_again(run: Run) -> None:
    run.host.ask(c.OpenAccount(request_id="open", name="second", start_amount=Decimal(300)))
    before = run.trader.floor
    run.trader.recover()
    assert run.trader.floor is not before
    totals = {name: account.engine.books.portfolio.wallet.total for name, account in run.trader.floor.accounts.items()}
    assert totals == {"demo": 1_000, "second": 300}


def test_what_keeps_refusing_leaves_everything_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(root: Path) -> None:
        raise DiskError("full")

    monkeypatch.setattr(assembly, "probe_writing", full)
    before = (run.trader.store, run.trader.floor)
    with pytest.raises(StorageError):
        run.trader.recover()
    assert (run.trader.store, run.trader.floor) == before


def test_a_restore_that_was_ordered_is_not_carried_out_in_the_middle_of_a_run(run: Run) -> None:
    made = backup_now(run.paths, kind="manual", at=datetime(2026, 11, 20, tzinfo=UTC))
    run.host.ask(deposit("later", "500"))
    order_restore(run.paths, made.path, at=datetime(2026, 11, 20, 1, tzinfo=UTC))
    before = (run.trader.store, run.trader.floor)
    run.trader.floor.primary.halted, run.trader.floor.primary.is_halt_passing = "the disk is full", True
    run.stop_at(TradingHalted)
    run.go()
    (halt,) = run.told(TradingHalted)
    assert halt.reason == "other books take the place of these"
    assert "Restart" in halt.detail
    assert not run.trader.floor.is_halt_passing
    assert (run.trader.store, run.trader.floor) == before
    assert run.trader.engine.books.portfolio.wallet.total == 1_500
    assert run.paths.swap_order.exists(), "the next start carries it out"
