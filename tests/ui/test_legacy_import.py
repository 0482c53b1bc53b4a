"""The import wizard with clicks: every file shown, the newest preselected, nothing booked before the last press."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import ImportBalance
from desktop_trader.messages.legacy_import import EarlierImport, EarlierImports, LegacyFound
from desktop_trader.ui.dialogs.legacy_import import LegacyImportDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.legacy_columns import shown_path
from desktop_trader.ui.pages.legacy_import import LegacyImportPage
from desktop_trader.ui.widgets.data_table import DataTable
from tests.legacy_folder import SAMPLE, balance_json, write_four_contradicting, write_legacy
from tests.ui.legacy_desk import LegacyDesk
from tests.ui.snapshot_builders import NOON
from tests.ui.test_adjust_balance import expire
from tests.ui.window_builders import make_window

VIRTUAL = "backend/virtual_balance.json"
AUTO = "backend/auto_trading_state.json"


class Wizard:
    """The dialog as a person sees it."""

    def __init__(self, qtbot: QtBot, folder: Path, old: Path) -> None:
        self.qtbot = qtbot
        self.old = old
        self.desk = LegacyDesk(folder, BalanceModel())
        self.dialog = LegacyImportDialog(
            self.desk.model, send=self.desk.send, request=self.desk.request, folder=str(old)
        )
        qtbot.addWidget(self.dialog)
        self.imported: list[bool] = []
        self.dialog.imported.connect(lambda: self.imported.append(True))

    def open(self) -> "Wizard":
        self.dialog.start()
        return self.deliver()

    def deliver(self) -> "Wizard":
        while self.desk.replies:
            self.dialog.show_reply(self.desk.replies.pop(0))
        return self

    def text(self, name: str) -> str:
        label: QLabel = self.find(QLabel, name)
        return label.text() if label.isVisible() else ""

    def press(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(QPushButton, name), Qt.MouseButton.LeftButton)
        self.deliver()

    def is_enabled(self, name: str) -> bool:
        return bool(self.find(QPushButton, name).isEnabled())

    def find(self, kind: Any, name: str) -> Any:
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    @property
    def table(self) -> DataTable:
        table = self.find(DataTable, "legacy-files-table")
        assert isinstance(table, DataTable)
        return table

    def cells(self) -> list[list[str]]:
        shown = self.table.sorted_rows
        return [
            [str(shown.index(row, column).data() or "") for column in range(shown.columnCount())]
            for row in range(shown.rowCount())
        ]

    def chosen(self) -> str:
        rows = self.table.selected_rows()
        return shown_path(rows[0].path, str(self.old)) if rows else ""

    def click(self, name: str) -> None:
        for row, cells in enumerate(self.cells()):
            if cells[0] == name:
                place = self.table.visualRect(self.table.sorted_rows.index(row, 0)).center()
                self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
                return
        raise AssertionError(name)

    def run_through(self) -> None:
        self.press("legacy-next-btn")
        self.press("legacy-import-start-btn")

    @property
    def total(self) -> Decimal:
        return self.desk.rig.portfolio.wallet.total


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old-bot"
    folder.mkdir()
    return folder


@pytest.fixture
def wizard(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, old: Path) -> Wizard:
    return Wizard(qtbot, tmp_path / "home", old)


@pytest.mark.requirement("R84", "R120", "R122", "R131")
def test_the_four_that_contradict_each_other_are_shown_and_the_newest_is_booked_on_the_last_press(
    wizard: Wizard, old: Path
) -> None:
    write_four_contradicting(old)
    wizard.open()
    assert [(row[0], row[1]) for row in wizard.cells()] == [
        ("virtual_balance.json", "$9,998.98"),
        (AUTO, "$15,000.00"),
        (VIRTUAL, "$15,000.00"),
        ("data/virtual_balance.json", "$50.00"),
    ]
    assert "9998.978341858076" in wizard.cells()[0][4]
    assert wizard.chosen() == "data/virtual_balance.json"
    assert wizard.text("legacy-difference") == "Today $10,000.00  →  $50.00  (-$9,950.00)"
    assert "→ UTC 2025-06-24" in wizard.text("legacy-zone")
    wizard.press("legacy-next-btn")
    assert "goes from $10,000.00 to $50.00, by one entry of -$9,950.00" in wizard.text("legacy-effects")
    assert wizard.desk.sent == []
    assert not (wizard.desk.paths.root / "archive").exists()

    wizard.press("legacy-import-start-btn")

    (command,) = wizard.desk.sent
    assert isinstance(command, ImportBalance)
    assert (command.amount, command.account, command.expected_total) == (50, "demo", 10_000)
    assert wizard.total == 50
    assert "$50.00 now" in wizard.text("legacy-result")
    assert "4 sources are kept" in wizard.text("legacy-kept")
    assert wizard.imported == [True]
    assert len(list((wizard.desk.paths.root / "archive").glob("[av]*"))) == 4
    wizard.press("legacy-close-btn")
    assert not wizard.dialog.isVisible()


@pytest.mark.requirement("R15", "R133")
def test_what_cannot_be_read_is_named_and_cannot_be_chosen(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "12346")
    (old / AUTO).write_bytes(SAMPLE[:-9])
    (old / "virtual_balance.json").symlink_to(old / VIRTUAL)
    wizard.open()
    remarks = {row[0]: row[4] for row in wizard.cells()}
    assert remarks[AUTO] == "Skipped: it is cut off in the middle"
    assert remarks["virtual_balance.json"].startswith("Skipped: it is a link")
    assert wizard.chosen() == VIRTUAL
    wizard.click(AUTO)
    assert wizard.text("legacy-question") == "This file cannot be imported: it is cut off in the middle."
    assert not wizard.is_enabled("legacy-next-btn")
    wizard.click(VIRTUAL)
    assert wizard.is_enabled("legacy-next-btn")


@pytest.mark.requirement("R133")
def test_where_none_can_be_read_nothing_can_be_imported(wizard: Wizard, old: Path) -> None:
    (old / "virtual_balance.json").write_bytes(b'{"balance": Infinity}')
    wizard.open()
    assert wizard.text("legacy-question") == "None of these can be read: nothing can be imported."
    assert not wizard.is_enabled("legacy-next-btn")
    wizard.press("legacy-next-btn")
    assert wizard.total == 10_000


@pytest.mark.requirement("R29")
def test_where_there_is_none_the_account_stays(wizard: Wizard) -> None:
    wizard.open()
    assert wizard.cells() == []
    assert not wizard.is_enabled("legacy-next-btn")


@pytest.mark.requirement("R121")
def test_the_same_time_with_different_balances_is_asked_and_nothing_is_preselected(wizard: Wizard, old: Path) -> None:
    write_legacy(old / AUTO, "9989.76")
    write_legacy(old / VIRTUAL, "12346")
    wizard.open()
    assert wizard.chosen() == ""
    assert "Which one is yours? Choose it." in wizard.text("legacy-question")
    assert not wizard.is_enabled("legacy-next-btn")
    wizard.click(AUTO)
    wizard.run_through()
    assert wizard.total == Decimal("9989.76")


@pytest.mark.requirement("R121")
def test_the_same_time_with_the_same_balance_is_no_question(wizard: Wizard, old: Path) -> None:
    write_legacy(old / AUTO, "15000.0")
    write_legacy(old / VIRTUAL, "15000")
    wizard.open()
    assert wizard.chosen() == VIRTUAL
    assert wizard.text("legacy-question") == ""


@pytest.mark.requirement("R122")
def test_a_content_of_before_is_not_imported_again(wizard: Wizard, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_legacy(old / VIRTUAL, "12346")
    wizard.open()
    found = wizard.dialog.find_step.found
    assert isinstance(found, LegacyFound)
    wizard.run_through()
    assert wizard.total == 12_346
    again = LegacyImportDialog(wizard.desk.model, send=wizard.desk.send, request=wizard.desk.request, folder=str(old))
    wizard.qtbot.addWidget(again)
    wizard.dialog.close()
    wizard.dialog = again
    wizard.desk.send(_deposit(wizard))
    wizard.open()
    # The journal of this test lives in memory, where the search cannot look; the engine refuses all the same.
    wizard.run_through()
    assert "Nothing was booked: this content was imported before" in wizard.text("legacy-import-error")
    assert wizard.total == 12_847


def _deposit(wizard: Wizard):  # type: ignore[no-untyped-def]
    from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind

    return AdjustBalance(
        request_id="deposit", kind=AdjustmentKind.DEPOSIT, amount=Decimal(501), reason="more", author="ann"
    )


@pytest.mark.requirement("R131")
def test_a_source_that_changes_before_the_last_press_is_not_booked(wizard: Wizard, old: Path) -> None:
    path = write_legacy(old / VIRTUAL, "12346")
    wizard.open()
    wizard.press("legacy-next-btn")
    path.write_bytes(balance_json(13_000))
    wizard.press("legacy-import-start-btn")
    assert "has changed since it was read" in wizard.text("legacy-import-error")
    assert wizard.desk.sent == []
    wizard.press("legacy-back-btn")
    wizard.press("legacy-search-start-btn")
    wizard.run_through()
    assert wizard.total == 13_000


def test_two_presses_are_one_entry_and_an_engine_that_is_silent_is_asked_again(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "12346")
    wizard.open()
    wizard.desk.is_deaf = True
    wizard.press("legacy-next-btn")
    wizard.press("legacy-import-start-btn")
    wizard.press("legacy-import-start-btn")
    assert len(wizard.desk.sent) == 1
    assert not wizard.is_enabled("legacy-close-btn")
    wizard.dialog.reject()
    assert wizard.dialog.isVisible()
    expire(wizard.dialog)
    assert "nobody knows whether it was booked" in wizard.text("legacy-import-error")
    wizard.desk.is_deaf = False
    wizard.press("legacy-import-start-btn")
    assert len({command.request_id for command in wizard.desk.sent}) == 1
    assert wizard.total == 12_346


def test_an_author_is_needed_and_is_kept(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "12346")
    wizard.open()
    wizard.press("legacy-next-btn")
    author = wizard.find(QLineEdit, "legacy-author-edit")
    author.clear()
    assert not wizard.is_enabled("legacy-import-start-btn")
    wizard.qtbot.keyClicks(author, "Ann")
    wizard.press("legacy-import-start-btn")
    command = wizard.desk.sent[0]
    assert isinstance(command, ImportBalance)
    assert command.author == "Ann"
    assert command.description.startswith("virtual_balance.json: 12346.00, written 2025-06-23T07:19:44.944435 read as")


def test_a_folder_is_typed_and_searched_with_enter(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "12346")
    field = wizard.find(QLineEdit, "legacy-folder-edit")
    field.clear()
    wizard.dialog.start()
    assert wizard.desk.replies == []
    assert not wizard.is_enabled("legacy-search-start-btn")
    wizard.qtbot.keyClicks(field, str(old / "nowhere"))
    wizard.qtbot.keyClick(field, Qt.Key.Key_Return)
    wizard.deliver()
    assert "is not a folder" in wizard.text("legacy-search-error")
    field.setText(str(old))
    wizard.press("legacy-search-start-btn")
    assert wizard.chosen() == VIRTUAL
    assert wizard.text("legacy-search-error") == ""


@pytest.mark.requirement("R85")
def test_the_trades_of_a_file_are_added_up_beside_it(wizard: Wizard, old: Path) -> None:
    (old / "auto_trading_state.json").write_bytes(b'{"balance": 9989.76, "trades": [{"pnl": 5.5}]}')
    wizard.open()
    assert wizard.text("legacy-trades") == (
        "Check only: 1 trade adds up to 10005.50, starting at 10000.00 (assumed, the file does not say): "
        "the file says 15.74 less."
    )


def test_names_that_would_turn_a_line_around_are_shown_in_their_order() -> None:
    assert shown_path("/old/a\u202egnp.json") == "/old/agnp.json"
    assert shown_path("/old/x\ny") == "/old/x�y"


def test_the_page_shows_what_was_imported_and_opens_the_wizard(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, old: Path
) -> None:
    desk = LegacyDesk(tmp_path / "home", BalanceModel())
    page = LegacyImportPage(desk.doors())
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    (reply,) = desk.replies
    assert isinstance(reply, EarlierImports)
    earlier = EarlierImport(
        entry_id=2, account="demo", at=NOON, amount=Decimal("2345.67"), total_after=Decimal("12345.67"),
        currency="USDT", description="virtual_balance.json: 12345.67", author="Ann", content_hash="ab" * 32,
        is_archived=True,
    )  # fmt: skip
    page.show_reply(EarlierImports(request_id=reply.request_id, imports=(earlier,), archive=str(tmp_path)))
    table = page.findChild(DataTable, "legacy-imports-table")
    assert table is not None
    assert "+$2,345.67" in table.selection_text()
    assert "kept" in table.selection_text()
    history = page.findChild(QPushButton, "legacy-history-btn")
    begin = page.findChild(QPushButton, "legacy-begin-btn")
    assert history is not None
    assert begin is not None
    qtbot.mouseClick(history, Qt.MouseButton.LeftButton)
    assert desk.histories[0].kinds == ("import",)
    qtbot.mouseClick(begin, Qt.MouseButton.LeftButton)
    dialog = page.findChild(LegacyImportDialog, "legacy-import-dialog")
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


@pytest.mark.requirement("R32")
def test_the_file_menu_leads_to_the_wizard(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.show()
    menu = opened.window.findChild(QMenu, "menu-file")
    assert menu is not None
    (action,) = [each for each in menu.actions() if each.objectName() == "action-import-legacy"]
    action.trigger()
    dialog = opened.window.findChild(LegacyImportDialog, "legacy-import-dialog")
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


def test_an_equal_balance_is_nothing_to_import_until_it_moves(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "10000.0")
    wizard.open()
    assert wizard.text("legacy-question") == "The balance is $10,000.00 already; there is nothing to import."
    assert not wizard.is_enabled("legacy-next-btn")
    wizard.desk.send(_deposit(wizard))
    assert wizard.text("legacy-difference") == "Today $10,501.00  →  $10,000.00  (-$501.00)"
    assert wizard.is_enabled("legacy-next-btn")


def test_nothing_is_imported_into_a_live_account(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "12346")
    demo = wizard.desk.model.snapshot
    assert demo is not None
    wizard.desk.model.replace_snapshot(replace(demo, sequence=demo.sequence + 1, account_type="live"))
    wizard.open()
    assert "live account's balance is what its exchange says" in wizard.text("legacy-question")
    assert not wizard.is_enabled("legacy-next-btn")


def test_what_is_locked_cannot_be_imported_away(wizard: Wizard, old: Path) -> None:
    write_legacy(old / VIRTUAL, "5")
    wizard.desk.rig.quote(40_000)
    wizard.desk.rig.buy("0.1")
    wizard.desk.rig.quote(40_000)
    assert wizard.desk.rig.position
    wizard.desk.publish()
    wizard.open()
    wizard.run_through()
    assert "Nothing was booked: only" in wizard.text("legacy-import-error")
    assert wizard.total > 5
