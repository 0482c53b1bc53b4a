"""The page *Backups*: the list, one job at a time, and a restore that asks first and starts the program again."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.answers.backups import backups
from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.jobs.backups import run
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages import backup_jobs as jobs
from desktop_trader.messages.jobs import JobDone, JobFailed, StartJob
from desktop_trader.settings import Settings
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.settings_file import load_settings
from desktop_trader.ui.dialogs.restore_backup import RestoreDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.backups import BackupsPage
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.widgets.data_table import DataTable
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


_Found = TypeVar("_Found", bound=QObject)


def find(parent: QObject, kind: type[_Found], name: str) -> _Found:
    """Return a control by its name."""
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


class Opened:
    """A page over a real data folder. Questions and jobs wait in `asked` until `answer` does them for real."""

    def __init__(self, qtbot: QtBot, paths: DataFolderPaths) -> None:
        self.paths = paths
        self.asked: list[Any] = []
        self.restarts = 0
        doors = PageDoors(
            model=BalanceModel(),
            send=lambda _command: None,
            request=self.asked.append,
            folder=paths,
            settings=Settings(),
            show_history=lambda _filter: None,
            restart=self._restart,
        )
        self.page = BackupsPage(doors)
        self.page.resize(1100, 650)
        qtbot.addWidget(self.page)
        self.page.show()
        self.page.refresh()
        self.answer()

    def _restart(self) -> None:
        self.restarts += 1

    def answer(self) -> None:
        """Do everything that was asked for, also what that asks for."""
        while self.asked:
            self.page.show_reply(self._reply(self.asked.pop(0)))

    def _reply(self, message: Any) -> object:
        if isinstance(message, StartJob):
            context = JobContext(
                paths=self.paths, settings=Settings(), tell_progress=lambda *_: None, should_stop=lambda: False
            )
            try:
                return JobDone(request_id=message.request_id, result=run(context, message.job))  # type: ignore[arg-type]
            except TraderError as error:
                return JobFailed(request_id=message.request_id, error=error.user_message)
        feed = ClosedFeed(source_id="test", starts_at=NOW)
        return backups(AnswerContext(paths=self.paths, feed=feed, clock=MarketClock(NOW), account="demo"), message)

    def press(self, name: str) -> None:
        """Press a button and do what it asks for."""
        find(self.page, QPushButton, f"backups-{name}-btn").click()
        self.answer()

    def is_enabled(self, name: str) -> bool:
        """Return whether a button can be pressed."""
        return find(self.page, QPushButton, f"backups-{name}-btn").isEnabled()

    def text(self, name: str) -> str:
        """Return what a label says."""
        return find(self.page, QLabel, f"backups-{name}").text()

    def cells(self, column: int) -> list[str]:
        """Return a column of the table as shown."""
        rows = find(self.page, DataTable, "backups-table").sorted_rows
        return [str(rows.index(line, column).data()) for line in range(rows.rowCount())]

    def select(self, line: int) -> None:
        """Select one row."""
        find(self.page, DataTable, "backups-table").selectRow(line)

    @property
    def dialog(self) -> RestoreDialog:
        """The dialog that is asked last."""
        dialog = self.page.findChild(RestoreDialog, "restore-dialog")
        assert dialog is not None
        return dialog


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Opened:
    """A page over books of which two backups were made, and one entry booked after them."""
    paths = stored_history(tmp_path / "books")
    backup_now(paths, kind="scheduled", at=NOW - timedelta(hours=1))
    book_more(paths, "12.5")
    backup_now(paths, kind="quit", at=NOW)
    book_more(paths, "100")
    return Opened(qtbot, paths)


def test_it_lists_time_reason_balance_entries_and_whether_it_was_verified(opened: Opened) -> None:
    assert opened.cells(1) == ["At quit", "Automatic"]
    assert opened.cells(2) == ["10,270.27888230 USDT", "10,257.77888230 USDT"]
    assert opened.cells(3) == ["21", "20"]
    assert opened.cells(7) == ["✓  when it was made"] * 2
    assert "10,270.27888230 USDT" in opened.text("state")


@pytest.mark.requirement("R5", "R100")
def test_it_says_where_the_database_and_its_backups_lie(opened: Opened) -> None:
    assert opened.text("database") == str(opened.paths.database)
    assert opened.text("folder") == str(opened.paths.backups)


def test_back_up_now_adds_a_row(opened: Opened) -> None:
    opened.press("start")
    assert opened.cells(1) == ["By hand", "At quit", "Automatic"]
    assert opened.text("said").startswith("✓  Backed up and verified: desktop_trader-")


def test_without_a_selection_there_is_nothing_to_verify_or_restore(opened: Opened) -> None:
    assert not opened.is_enabled("verify")
    assert not opened.is_enabled("restore")
    opened.select(0)
    assert opened.is_enabled("verify")
    assert opened.is_enabled("restore")


def test_one_job_at_a_time(opened: Opened) -> None:
    opened.select(0)
    find(opened.page, QPushButton, "backups-verify-btn").click()
    assert not any(opened.is_enabled(name) for name in ("start", "verify", "restore", "pack", "unpack", "choose"))
    opened.answer()
    assert all(opened.is_enabled(name) for name in ("start", "verify", "restore", "pack", "unpack", "choose"))


def test_a_backup_is_verified_and_a_damaged_one_is_found_out(opened: Opened) -> None:
    opened.select(1)
    opened.press("verify")
    assert opened.cells(7) == ["✓  when it was made", "✓  just now, in full"]
    newest = next(opened.paths.backups.glob("*quit.db"))
    content = bytearray(newest.read_bytes())
    content[9_000] ^= 1
    newest.write_bytes(content)
    opened.select(0)
    opened.press("verify")
    assert "changed since it was made" in opened.cells(7)[0]
    assert "The books are as they were" in opened.text("said")


def test_a_restore_shows_both_sides_and_cancel_changes_nothing(opened: Opened) -> None:
    opened.select(1)
    opened.press("restore")
    dialog = opened.dialog
    assert find(dialog, QLabel, "restore-balance-comes").text() == "10,257.77888230 USDT"
    assert find(dialog, QLabel, "restore-balance-goes").text() == "10,370.27888230 USDT"
    assert "2 entries that came after the backup" in find(dialog, QLabel, "restore-moved").text()
    assert find(dialog, QPushButton, "restore-cancel-btn").isDefault()
    find(dialog, QPushButton, "restore-cancel-btn").click()
    opened.answer()
    assert not opened.paths.swap_order.exists()
    assert opened.restarts == 0


def test_a_restore_that_is_wanted_is_ordered_and_the_program_starts_again(opened: Opened) -> None:
    opened.select(1)
    opened.press("restore")
    find(opened.dialog, QPushButton, "restore-ok-btn").click()
    opened.answer()
    assert opened.paths.swap_order.exists()
    assert opened.restarts == 1


def test_a_backup_that_is_damaged_is_not_offered_for_a_restore(opened: Opened) -> None:
    newest = next(opened.paths.backups.glob("*quit.db"))
    newest.write_bytes(newest.read_bytes()[:8_192])
    opened.select(0)
    opened.press("restore")
    assert opened.page.findChild(RestoreDialog, "restore-dialog") is None
    assert "changed since it was made" in opened.text("said")
    opened.select(0)
    assert not opened.is_enabled("restore"), "by now the list knows as well"
    assert "damaged" in opened.cells(7)[0]
    assert not opened.paths.swap_order.exists()


def test_a_second_folder_is_chosen_kept_and_filled(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "stick"
    second.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(second))
    opened.press("choose")
    assert opened.text("second") == str(second)
    assert opened.cells(6) == ["Data folder", "Data folder", "Second folder"]
    assert load_settings(opened.paths.settings_file).settings.backups.second_folder == str(second)
    shutil.rmtree(second)
    second.write_text("in the way")
    opened.press("start")
    assert "stick" in opened.text("said")
    opened.press("none")
    assert load_settings(opened.paths.settings_file).settings.backups.second_folder == ""


def test_books_are_packed_and_taken_over(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "moved.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(file), ""))
    opened.press("pack")
    assert str(file) in opened.text("said")
    opened.press("pack")
    assert "already" in opened.text("said")
    opened.press("unpack")
    assert "moved.zip" in find(opened.dialog, QLabel, "restore-source").text()
    find(opened.dialog, QPushButton, "restore-ok-btn").click()
    opened.answer()
    assert opened.paths.swap_order.exists()
    assert opened.restarts == 1


def test_what_was_not_packed_by_us_is_refused(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "holiday.zip"
    file.write_bytes(b"pictures")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(file), ""))
    opened.press("unpack")
    assert "no file that Desktop Trader packed" in opened.text("said")
    assert opened.restarts == 0


def test_a_folder_that_cannot_be_read_is_said(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    paths = stored_history(tmp_path / "books")
    opened = Opened(qtbot, paths)
    assert opened.text("state") == "No verified backup yet"
    reply = jobs.BackupsReply(
        request_id="", backups=(), second_folder="", second=(), every_minutes=30, error="the disk is away"
    )
    opened.page.refresh()
    opened.page.show_reply(replace(reply, request_id=opened.asked.pop().request_id))
    assert opened.text("said") == "the disk is away"
