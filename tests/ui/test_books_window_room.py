"""No page makes the Books window wider than it is, however many accounts there are and however long their names."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.messages.backup_jobs import BackupsReply, BackupsRequest
from desktop_trader.messages.backups import AccountFacts, BackupInfo, BooksFacts, RestorePreview
from desktop_trader.messages.run_rows import RunsReply, RunsRequest
from desktop_trader.settings import Settings
from desktop_trader.ui.books_window import BooksWindow
from desktop_trader.ui.dialogs.restore_backup import RestoreDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.catalog import PAGES
from desktop_trader.ui.pages.page import PageDoors
from tests.ui.run_builders import make_run
from tests.ui.snapshot_builders import NOON, make_snapshot

NAMES = tuple(f"{word}-with-a-name-as-long-as-it-may".ljust(40, "x")[:40] for word in ("first", "second", "third"))
SIZE = (1120, 680)


def _backup(folder: Path) -> BackupInfo:
    facts = BooksFacts(
        schema_version=2,
        entries=123_456,
        head_hash="a" * 64,
        last_entry_at=NOON,
        accounts=tuple(
            AccountFacts(name=name, type="demo", currency="USDT", total=Decimal("731697647.47261018")) for name in NAMES
        ),
    )
    path = folder / "backups" / "desktop_trader-20261120T143000Z-manual.db"
    return BackupInfo(path=path, kind="manual", at=NOON, size_bytes=8_600_000, facts=facts, sha256="b" * 64)


@pytest.mark.requirement("R5")
def test_no_page_makes_the_window_larger_than_it_is(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / "a-folder-of-a-long-name" / "and-another-one-below-it-that-is-long-as-well"
    model = BalanceModel()
    asked: list[object] = []
    for number, name in enumerate(NAMES, start=1):
        model.replace_snapshot(make_snapshot(number, account_id=number, account_name=name, run_id=number))
    doors = PageDoors(
        model=model,
        send=lambda _command: None,
        request=asked.append,
        folder=data_folder(str(folder)),
        settings=Settings(),
        show_history=lambda _filter: None,
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    books = BooksWindow(doors, parent)
    backup = _backup(folder)
    for entry in PAGES:
        books.open_page(entry.name)
        for question in asked:
            if isinstance(question, BackupsRequest):
                books.show_reply(
                    BackupsReply(
                        request_id=question.request_id,
                        backups=(backup,),
                        second_folder=str(folder / "second"),
                        second=(),
                        every_minutes=30,
                    )
                )
            elif isinstance(question, RunsRequest):
                runs = tuple(make_run(number, account=name) for number, name in enumerate(NAMES, start=1))
                books.show_reply(RunsReply(request_id=question.request_id, runs=runs, sessions=()))
        page = books.page(entry.name)
        assert page is not None
        hint = page.minimumSizeHint()
        assert (entry.name, hint.width() <= SIZE[0], hint.height() <= SIZE[1]) == (entry.name, True, True), hint
    assert (books.width(), books.height()) == SIZE


def test_a_restore_lists_one_account_below_the_other(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    backup = _backup(tmp_path)
    parent = QWidget()
    qtbot.addWidget(parent)
    preview = RestorePreview(backup=backup, now=backup.facts, complaint="", lost_entries=0)
    dialog = RestoreDialog.of_backup(preview, parent)
    dialog.show()
    goes = dialog.findChild(QLabel, "restore-balance-goes")
    assert goes is not None
    assert [line.split(": ")[0] for line in goes.text().splitlines()] == list(NAMES)
    assert goes.height() >= goes.heightForWidth(goes.width())
    assert dialog.width() <= SIZE[0]
