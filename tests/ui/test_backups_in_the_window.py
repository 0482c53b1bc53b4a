"""Backups of the running window: before a reset, at its end, and a restore from its page to the next start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount
from tests.stored_account import book_more

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
WINDOW = """
import sys
from decimal import Decimal
import apsw
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.messages.books_verified import VerifyBooks
from desktop_trader.messages.commands import ResetAccount
from desktop_trader.messages.jobs import StartJob
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, LogNotice, TradingHalted
from desktop_trader.relaunch import finish_restore
from desktop_trader.settings import Settings

paths = data_folder(sys.argv[1])
told = finish_restore(paths)
app = make_application()
desktop = DesktopApp(
    app,
    options=GuiOptions(data_dir=sys.argv[1], account=sys.argv[2]),
    paths=paths,
    settings=Settings(),
    complaints=told,
)
window, model, work = desktop.window, desktop.model, sys.argv[3]
state = {"step": 0}


def hear(notice):
    if isinstance(notice, BalanceChanged):
        print("changed", notice.kind, notice.current_balance, flush=True)
        if notice.kind == "reset":
            desktop.quit()
    elif isinstance(notice, CommandRefused) and not desktop._is_quitting:
        print("refused", notice.reason, notice.detail, flush=True)
        desktop.quit()
    elif isinstance(notice, LogNotice) and "restored" in notice.message:
        print("told", notice.message, flush=True)
    elif isinstance(notice, TradingHalted):
        print("halted", notice.reason, flush=True)


model.notice_raised.connect(hear)


def forge(folder):
    connection = apsw.Connection(folder + "/desktop_trader.db")
    connection.set_busy_timeout(5_000)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id = 1")
    connection.execute("COMMIT")
    connection.close()


def press(parent, name):
    button = parent.findChild(QPushButton, name)
    if button is None or not button.isEnabled():
        return False
    button.click()
    return True


def restore():
    page = window.open_books("backups").page("backups")
    step = state["step"]
    if step == 0 and page._rows.rows:
        page._table.selectRow(len(page._rows.rows) - 1)
        state["step"] += press(page, "backups-restore-btn")
    elif step == 1 and page._dialog is not None:
        state["step"] += press(page._dialog, "restore-ok-btn")


def tick():
    if model.snapshot is None:
        return
    if work == "reset" and not state["step"]:
        state["step"] = 1
        command = ResetAccount(
            request_id="1", account=sys.argv[2], start_amount=Decimal(500), author="a person", reason="again"
        )
        desktop._gate.send(command)
    elif work == "restore" and not desktop.wants_restart:
        restore()
    elif work == "look" and desktop.is_complete():
        print("balance", model.balance.total, flush=True)
        desktop.quit()
    elif work.startswith("damage"):
        dialog = window.findChild(QPushButton, "damage-ok-btn")
        if not state["step"]:
            state["step"] = 1
            if work == "damage":
                desktop.thread_.halt("the books do not verify", "I1: entry 3 does not balance")
            else:
                forge(sys.argv[1])
                desktop._gate.send(StartJob(request_id="verify", job=VerifyBooks()))
        elif dialog is not None and window._books is None:
            print("dialog", window.findChild(QLabel, "damage-what").text(), flush=True)
            dialog.click()
        elif window._books is not None:
            print("page", window._books.page("backups") is not None, flush=True)
            desktop.quit()


desktop.start()
timer = QTimer()
timer.timeout.connect(tick)
timer.start(20)
QTimer.singleShot(40_000, desktop.quit)
app.exec()
print("restart" if desktop.wants_restart else "end")
sys.exit(desktop.exit_code)
"""


def run_window(paths: DataFolderPaths, work: str, *, account: str = "demo") -> list[str]:
    """Run the window in a process of its own, let it do one thing, and return what it printed."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", WINDOW, str(paths.root), account, work],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """Books with an account that holds nothing."""
    paths = DataFolderPaths(root=tmp_path / "books")
    paths.root.mkdir()
    store = SqliteLedgerStore.open(paths)
    BookedAccount(store).change("10000", key="first")
    store.close()
    return paths


def kinds(paths: DataFolderPaths) -> list[str]:
    """Return the kinds of the backups, oldest first."""
    return [each.kind for each in list_backups(paths.backups)][::-1]


def test_a_reset_is_backed_up_before_and_a_quit_after(paths: DataFolderPaths) -> None:
    before = verify_folder(paths).head_hash
    said = run_window(paths, "reset")
    assert said[-2:] == ["changed reset 500.00000000", "end"]
    assert kinds(paths) == ["reset", "quit"]
    oldest = list_backups(paths.backups)[-1].facts
    assert oldest is not None
    assert oldest.head_hash == before
    assert verify_folder(paths).ok


def test_without_a_backup_nothing_is_reset(paths: DataFolderPaths) -> None:
    before = verify_folder(paths).head_hash
    paths.backups.write_text("in the way")
    (refused, *_) = run_window(paths, "reset")
    assert refused.startswith("refused backup no backup could be made before the reset")
    assert "nothing was changed" in refused
    assert verify_folder(paths).head_hash == before


def test_a_restore_from_the_page_is_finished_by_the_next_start_and_told(paths: DataFolderPaths) -> None:
    run_window(paths, "look")
    at_backup = verify_folder(paths).head_hash
    book_more(paths, "250")
    ordered = run_window(paths, "restore")
    assert ordered[-1] == "restart"
    assert "halted other books take the place of these" in ordered, "nothing is booked that would be moved aside"
    said = run_window(paths, "look")
    assert any(line.startswith("told The books were restored from") for line in said)
    assert "balance 10000.00000000" in said
    assert verify_folder(paths).head_hash == at_backup
    assert len(list(paths.root.glob("desktop_trader.db.replaced-*Z"))) == 1


def test_damage_that_a_person_finds_with_verify_books_halts_too(paths: DataFolderPaths) -> None:
    said = run_window(paths, "damage found by a person")
    assert "halted the books do not verify" in said
    assert any("entry 1 is not what its hash says" in line for line in said if line.startswith("dialog I8: "))


def test_damage_found_while_running_halts_and_leads_to_the_backups(paths: DataFolderPaths) -> None:
    said = run_window(paths, "damage")
    assert "halted the books do not verify" in said
    assert "dialog I1: entry 3 does not balance." in said
    assert "page True" in said
