"""Books that a start refuses: the dialog says what happened to the money, and no way out loses any of it."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.domain.errors import TraderError
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.books_trouble import ReadOnlyBooks
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, StartJob
from desktop_trader.settings import Settings
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.books_file import open_books
from desktop_trader.storage.verify import verify_folder
from desktop_trader.ui.dialogs.books_trouble import BooksTroubleDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from tests.faults.small_disk import small_disk
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
_Found = TypeVar("_Found", bound=QObject)


def find(parent: QObject, kind: type[_Found], name: str) -> _Found:
    """Return a control by its name."""
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def damage(paths: DataFolderPaths) -> None:
    """Edit an amount as somebody with a database browser could."""
    connection = apsw.Connection(str(paths.database))
    connection.execute("DROP TRIGGER postings_refuse_update")
    connection.execute("UPDATE postings SET amount = amount + 1 WHERE entry = 20")
    connection.close()


class Opened:
    """The dialog over a real folder whose books a start has just refused; what it asks for is done for real."""

    def __init__(self, qtbot: QtBot, paths: DataFolderPaths, *, what: str = "") -> None:
        self.paths = paths
        self.asked: list[Any] = []
        self.told: list[str] = []
        self.shown: list[ReadOnlyBooks] = []
        if not what:
            with pytest.raises(TraderError) as refused:
                open_books(paths)
            what = refused.value.user_message
        self.dialog = BooksTroubleDialog(what, BalanceModel(), request=self.asked.append, account="demo")
        self.dialog.restart_wanted.connect(lambda: self.told.append("restart"))
        self.dialog.quit_wanted.connect(lambda: self.told.append("quit"))
        self.dialog.opened.connect(self.shown.append)
        qtbot.addWidget(self.dialog)
        self.dialog.open()
        qtbot.waitUntil(lambda: bool(self.asked))

    def answer(self) -> None:
        """Do everything that was asked for."""
        while self.asked:
            message = self.asked.pop(0)
            if not isinstance(message, CancelJob):
                self.dialog.show_reply(self._done(message))

    def _done(self, message: StartJob) -> object:
        context = JobContext(
            paths=self.paths, settings=Settings(), tell_progress=lambda *_: None, should_stop=lambda: False
        )
        try:
            return JobDone(request_id=message.request_id, result=JOBS[type(message.job)]()(context, message.job))
        except TraderError as error:
            return JobFailed(request_id=message.request_id, error=error.user_message)

    def text(self, name: str) -> str:
        """Return what a sentence says."""
        return find(self.dialog, QLabel, f"trouble-{name}").text()

    def button(self, name: str) -> QPushButton:
        """Return a button."""
        return find(self.dialog, QPushButton, f"trouble-{name}-btn")


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with a backup, and one more entry after it."""
    paths = stored_history(tmp_path / "books")
    backup_now(paths, kind="scheduled", at=NOW - timedelta(hours=1))
    book_more(paths, "100")
    return paths


def copies_in(paths: DataFolderPaths) -> list[Path]:
    """Return the copies of damaged databases that were kept."""
    return [each for each in paths.root.glob("*.db.corrupt-*") if each.name.endswith("Z")]


@pytest.fixture
def no_view_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies to look at are made."""
    views = tmp_path / "views"
    views.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(views))
    return views


def test_damaged_books_are_kept_and_the_newest_good_backup_is_offered(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    """Row F17 of the fault list."""
    damage(paths)
    content = paths.database.read_bytes()
    opened = Opened(qtbot, paths)
    assert not opened.button("restore").isEnabled()
    opened.answer()
    assert "entry 20 is not what its hash says" in opened.text("what")
    assert "restore a backup" not in opened.text("what"), "there are buttons for that here"
    assert "10,357.77888230 USDT after 21 entries" in opened.text("money")
    assert "10,257.77888230 USDT after 20 entries" in opened.text("offer")
    (kept,) = copies_in(paths)
    assert kept.read_bytes() == content
    assert str(kept) in opened.text("kept")
    assert opened.button("quit").isDefault()


def test_the_same_damage_is_kept_once(qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths) -> None:
    damage(paths)
    for _ in range(2):
        Opened(qtbot, paths).answer()
    assert len(copies_in(paths)) == 1


def test_a_restore_is_ordered_and_the_next_start_has_the_backup(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    damage(paths)
    opened = Opened(qtbot, paths)
    opened.answer()
    opened.button("restore").click()
    opened.answer()
    assert opened.told == ["restart"]
    books = open_books(paths)
    books.connection.close()
    books.anchor.close()
    report = verify_folder(paths)
    assert (report.ok, report.entries) == (True, 20)


def test_a_missing_database_is_no_new_account(qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths) -> None:
    """Row F20 of the fault list."""
    paths.database.unlink()
    opened = Opened(qtbot, paths)
    opened.answer()
    assert "is gone" in opened.text("money")
    assert "No new account was begun" in opened.text("money")
    assert opened.button("restore").isEnabled()
    assert opened.button("read-only").text() == "Open backup read-only"
    assert not paths.database.exists()


def test_books_that_were_rolled_back_say_how_much_is_missing(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    """Row F19 of the fault list."""
    older = paths.database.read_bytes()
    book_more(paths, "5")
    book_more(paths, "6")
    paths.database.write_bytes(older)
    opened = Opened(qtbot, paths)
    opened.answer()
    assert "2 entries are missing" in opened.text("money")


def test_a_database_copied_without_its_journal_is_noticed(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    """Row F18 of the fault list: entries that only the -wal file has are not silently forgotten."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from desktop_trader.domain.money import install_context; install_context()\n"
        "from desktop_trader.locations import DataFolderPaths\n"
        "from desktop_trader.domain.ledger import EntryKind\n"
        "from desktop_trader.storage.ledger_store import SqliteLedgerStore\n"
        "from tests.booked_account import BookedAccount\n"
        "account = BookedAccount(SqliteLedgerStore.open(DataFolderPaths(root=Path(sys.argv[1]))))\n"
        "account.change('7', kind=EntryKind.DEPOSIT, key='late')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, str(paths.root)], env=environment, check=False)
    wal = paths.database.with_name("desktop_trader.db-wal")
    assert wal.stat().st_size > 0
    wal.unlink()
    paths.database.with_name("desktop_trader.db-shm").unlink()
    opened = Opened(qtbot, paths)
    opened.answer()
    assert "without its -wal file" in opened.text("what")
    assert "1 entry is missing" in opened.text("money")


def test_without_any_good_backup_another_file_can_be_chosen(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "on a stick.db"
    backup_now(paths, kind="manual", target=elsewhere, at=NOW)
    for each in paths.backups.iterdir():
        each.unlink()
    damage(paths)
    opened = Opened(qtbot, paths)
    opened.answer()
    assert "no backup that verifies" in opened.text("offer")
    assert not opened.button("restore").isEnabled()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "nothing.db"), ""))
    opened.button("choose").click()
    opened.answer()
    assert "cannot be read" in opened.text("error")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(elsewhere), ""))
    opened.button("choose").click()
    opened.answer()
    assert "10,357.77888230 USDT" in opened.text("offer")
    opened.button("restore").click()
    opened.answer()
    assert opened.told == ["restart"]


def test_books_can_be_looked_at_without_being_touched(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths, no_view_left: Path
) -> None:
    damage(paths)
    content = paths.database.read_bytes()
    opened = Opened(qtbot, paths)
    opened.answer()
    opened.button("read-only").click()
    opened.answer()
    (shown,) = opened.shown
    assert str(shown.snapshot.balance.total) == "10357.77888230"
    assert len(shown.snapshot.positions) == 2
    assert "reading only" in shown.snapshot.halted
    assert shown.root.parent == no_view_left
    assert paths.database.read_bytes() == content


def test_quit_is_what_escape_means_and_nothing_is_changed(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    damage(paths)
    content = paths.database.read_bytes()
    opened = Opened(qtbot, paths)
    opened.dialog.reject()
    assert opened.told == ["quit"]
    assert paths.database.read_bytes() == content


def test_a_file_that_is_not_ours_is_left_alone_and_a_backup_offered(
    qtbot: QtBot, dressed_app: QApplication, paths: DataFolderPaths
) -> None:
    """Row F22 of the fault list."""
    paths.database.write_bytes(b"<html>Sign in to download</html>")
    opened = Opened(qtbot, paths)
    opened.answer()
    assert "cannot be read" in opened.text("money")
    assert opened.button("restore").isEnabled()
    assert opened.button("read-only").text() == "Open backup read-only"
    assert paths.database.read_bytes() == b"<html>Sign in to download</html>"
    assert copies_in(paths) == []


WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton
import desktop_trader.app as composition
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.messages.ledger_request import LedgerPageReply
from desktop_trader.settings import Settings

composition.somebody_looks = lambda app: True
app = make_application()
desktop = DesktopApp(
    app, options=GuiOptions(data_dir=sys.argv[1]), paths=data_folder(sys.argv[1]), settings=Settings()
)
desktop.start()
presses = sys.argv[2:]
pages = []

def note(reply):
    if isinstance(reply, LedgerPageReply) and reply.page.rows:
        pages.append(reply)


desktop._gate._replied.connect(note)


def step():
    dialog = desktop.window.findChild(QPushButton, f"trouble-{presses[0]}-btn") if presses else None
    if dialog is not None and dialog.isEnabled() and dialog.isVisible():
        presses.pop(0)
        dialog.click()
        return
    if not presses and desktop.model.snapshot is not None:
        if desktop.window._panels.is_filled and not pages:
            desktop.window._panels.history.request_newest()
        if pages:
            print(desktop.model.balance.total, len(pages[0].page.rows), desktop.model.halted)
            print([action.isEnabled() for action in desktop.window.actions_.money])
            desktop.quit()


timer = QTimer()
timer.timeout.connect(step)
timer.start(20)
app.exec()
print("restart" if desktop.wants_restart else "end")
sys.exit(desktop.exit_code)
"""


def run_window(paths: DataFolderPaths, *presses: str, views: Path) -> subprocess.CompletedProcess[str]:
    """Run the window in a process of its own and press buttons of the dialog."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "TMPDIR": str(views)}
    return subprocess.run(
        [sys.executable, "-c", WINDOW, str(paths.root), *presses],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_books_that_can_only_be_read_are_shown_and_nothing_else_is_offered(
    qtbot: QtBot,
    dressed_app: QApplication,
    paths: DataFolderPaths,
    no_view_left: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    what = f"The data folder {paths.root} cannot be used: Read-only file system; mend that, or name another folder"
    monkeypatch.setattr("desktop_trader.jobs.books_trouble.is_fixed", lambda _path: True)
    opened = Opened(qtbot, paths, what=what)
    opened.answer()
    assert opened.text("what") == f"{what.partition(';')[0]}."
    assert "10,357.77888230 USDT after 21 entries" in opened.text("money")
    assert "cannot be relied on" not in opened.text("money")
    assert "copy the whole folder" in opened.text("offer")
    assert not opened.button("restore").isVisible()
    assert not opened.button("choose").isVisible()
    assert copies_in(paths) == []
    opened.button("read-only").click()
    opened.answer()
    (shown,) = opened.shown
    assert str(shown.snapshot.balance.total) == "10357.77888230"
    shutil.rmtree(shown.root)


@pytest.mark.slow
def test_the_window_shows_books_of_a_medium_that_is_only_read(tmp_path: Path, no_view_left: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        paths = stored_history(disk.root / "books")
        disk.remount(is_read_only=True)
        ended = run_window(paths, "read-only", views=no_view_left)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.splitlines()[0] == "10257.77888230 20 desktop_trader.db is open for reading only"
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_the_window_offers_the_restore_and_wants_to_start_again(paths: DataFolderPaths, tmp_path: Path) -> None:
    damage(paths)
    ended = run_window(paths, "restore", views=tmp_path)
    assert (ended.returncode, ended.stdout.splitlines()) == (4, ["restart"]), ended.stderr
    assert paths.swap_order.exists()


@pytest.mark.slow
def test_the_window_shows_balance_and_history_read_only_and_leaves_nothing_behind(
    paths: DataFolderPaths, no_view_left: Path
) -> None:
    damage(paths)
    content = paths.database.read_bytes()
    ended = run_window(paths, "read-only", views=no_view_left)
    assert ended.returncode == 4, ended.stderr
    facts, enabled, end = ended.stdout.splitlines()
    assert facts == "10357.77888230 21 desktop_trader.db is open for reading only"
    assert "True" not in enabled
    assert end == "end"
    assert list(no_view_left.iterdir()) == []
    assert paths.database.read_bytes() == content
