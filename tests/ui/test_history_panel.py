"""The history dock over real books: filters, pages while scrolling, links, receipts, copying and the export dialog."""

import csv
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.jobs.context import JobContext
from desktop_trader.jobs.export_history import run
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.entry_receipt import AuthorsRequest
from desktop_trader.messages.history_export import ExportHistory, ExportShape, HistoryExported
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobProgress, StartJob
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage, LedgerRow
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.messages.snapshot import BalanceRow
from desktop_trader.settings import Settings
from desktop_trader.storage import history_search, ledger_reader
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.dialogs.entry_receipt import EntryReceiptDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.ledger_window import LedgerWindow
from desktop_trader.ui.panels.history import HistoryPanel
from desktop_trader.ui.panels.sidebar import SidebarPanel
from desktop_trader.ui.widgets.data_table import DataTable
from tests.booked_account import START, BookedAccount, small_history
from tests.ui.snapshot_builders import make_balance, make_order, make_position, make_snapshot

WAIT_MS = 3_000


@dataclass
class Dock:
    """The panel, the books behind it, and a worker that answers when it is told to."""

    panel: HistoryPanel
    model: BalanceModel
    account: BookedAccount
    reader_: LedgerReader
    waiting: deque[object] = field(default_factory=deque)
    asked: list[object] = field(default_factory=list)
    sequence: int = 0

    def reader(self) -> LedgerReader:
        return self.reader_

    def answer(self) -> None:
        """Answer everything that waits, and what is asked because of that."""
        while self.waiting:
            self.answer_one()

    def answer_one(self) -> None:
        request = self.waiting.popleft()
        if type(request) in ANSWERS:
            self.panel.show_reply(ANSWERS[type(request)](self, request))  # type: ignore[arg-type]

    def tell(self) -> None:
        """Publish where the journal stands."""
        self.sequence += 1
        total = self.account.portfolio.wallet.total
        self.model.replace_snapshot(
            make_snapshot(
                self.sequence,
                balance=make_balance(total),
                now=self.account.now,
                ledger_head_id=self.account.head.entry_id,
            )
        )

    @property
    def table(self) -> DataTable:
        return cast(DataTable, self.find(DataTable, "history-table"))

    def ids(self) -> list[int]:
        rows = self.table.sorted_rows
        return [int(rows.index(place, 0).data()) for place in range(rows.rowCount())]

    def column(self, title: str) -> list[str]:
        rows = self.table.sorted_rows
        titles = [str(rows.headerData(place, Qt.Orientation.Horizontal)) for place in range(rows.columnCount())]
        place = titles.index(title)
        return [str(rows.index(line, place).data()) for line in range(rows.rowCount())]

    def newest_filter(self) -> LedgerFilter:
        return [each.filter for each in self.asked if isinstance(each, LedgerPageRequest)][-1]

    def expected(self, chosen: LedgerFilter) -> list[int]:
        return [row.id for row in self.reader_.page(chosen, limit=1_000, seconds=None).rows]

    def find(self, kind: type, name: str) -> object:
        found: object = self.panel.findChild(kind, name)
        assert found is not None, name
        return found


@pytest.fixture
def dock(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Iterator[Dock]:
    paths = DataFolderPaths(root=tmp_path)
    account = small_history(SqliteLedgerStore.open(paths))
    model = BalanceModel()
    asked: list[object] = []
    waiting: deque[object] = deque()

    def request(question: object) -> None:
        asked.append(question)
        waiting.append(question)

    panel = HistoryPanel(model, request=request)
    qtbot.addWidget(panel)
    dock = Dock(
        panel=panel, model=model, account=account, reader_=LedgerReader.open(paths), waiting=waiting, asked=asked
    )
    panel.resize(1_000, 400)
    panel.show()
    qtbot.waitExposed(panel)
    dock.tell()
    panel.request_newest()
    dock.answer()
    yield dock
    dock.reader_.close()


def click_cell(qtbot: QtBot, dock: Dock, title: str, line: int) -> None:
    """Click a cell where it stands, scrolled into view."""
    rows = dock.table.sorted_rows
    titles = [str(rows.headerData(place, Qt.Orientation.Horizontal)) for place in range(rows.columnCount())]
    index = rows.index(line, titles.index(title))
    dock.table.scrollTo(index)
    at = dock.table.visualRect(index).center()
    qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


@pytest.mark.requirement("R39", "R61", "R79", "R181", "R183")
def test_every_column_of_an_entry_is_there_newest_first(dock: Dock) -> None:
    rows = dock.table.sorted_rows
    titles = [str(rows.headerData(place, Qt.Orientation.Horizontal)) for place in range(rows.columnCount())]
    assert [title.split(" (")[0] for title in titles] == [
        "No.", "Time", "Kind", "Amount", "Before", "After", "Locked ±", "Reason", "Description", "By", "Run",
        "Position", "Order", "Fill",
    ]  # fmt: skip
    assert dock.ids() == dock.expected(LedgerFilter(account="demo"))
    assert set(dock.column("By")) == {"system", "a person"}
    assert all(dock.column("Description"))


def test_the_order_is_that_of_the_journal_and_a_click_on_a_title_keeps_it(qtbot: QtBot, dock: Dock) -> None:
    before = dock.ids()
    header = dock.table.horizontalHeader()
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(header.sectionViewportPosition(3) + 5, 8))
    assert dock.ids() == before
    assert not dock.table.isSortingEnabled()


def test_times_are_local_or_utc_and_the_header_names_the_zone(qtbot: QtBot, dock: Dock) -> None:
    check = dock.find(QCheckBox, "history-utc-check")
    assert isinstance(check, QCheckBox)
    check.setChecked(True)
    newest = dock.reader_.page(LedgerFilter(account="demo"), limit=1).rows[0]
    assert dock.column("Time (UTC)")[0] == f"{newest.created_at:%Y-%m-%d %H:%M:%S}"
    check.setChecked(False)
    title = str(dock.table.sorted_rows.headerData(1, Qt.Orientation.Horizontal))
    zone = datetime.now(UTC).astimezone().tzname()
    assert zone is not None
    assert title.startswith(f"Time ({zone}")


@pytest.mark.requirement("R39")
def test_kinds_people_and_words_are_filtered_by_the_books(qtbot: QtBot, dock: Dock) -> None:
    for kind in ("fee", "deposit"):
        action = dock.find(QAction, f"history-kind-{kind}")
        assert isinstance(action, QAction)
        action.trigger()
    qtbot.waitUntil(lambda: dock.newest_filter().kinds == ("deposit", "fee"), timeout=WAIT_MS)
    dock.answer()
    assert set(dock.column("Kind")) == {"fee", "deposit"}
    author = dock.find(QComboBox, "history-author-combo")
    assert isinstance(author, QComboBox)
    assert [author.itemText(place) for place in range(author.count())] == ["Everybody", "system", "a person"]
    author.setCurrentText("a person")
    dock.answer()
    assert set(dock.column("Kind")) == {"deposit"}
    words = dock.find(QLineEdit, "history-filter-edit")
    assert isinstance(words, QLineEdit)
    qtbot.keyClicks(words, "nobody wrote this")
    qtbot.keyClick(words, Qt.Key.Key_Return)
    dock.answer()
    assert dock.ids() == []
    assert dock.newest_filter() == LedgerFilter(
        account="demo", kinds=("deposit", "fee"), author="a person", text="nobody wrote this"
    )


def test_days_are_those_of_the_zone_shown(qtbot: QtBot, dock: Dock) -> None:
    utc = dock.find(QCheckBox, "history-utc-check")
    time = dock.find(QComboBox, "history-time-combo")
    first, last = (dock.find(QDateEdit, f"history-{end}-edit") for end in ("from", "to"))
    assert isinstance(utc, QCheckBox)
    assert isinstance(time, QComboBox)
    assert isinstance(first, QDateEdit)
    assert isinstance(last, QDateEdit)
    utc.setChecked(True)
    time.setCurrentText("From … to …")
    assert first.isVisible()
    assert first.date() == last.date() == QDate(2026, 1, 1)
    dock.answer()
    assert dock.newest_filter().from_at == START
    assert dock.newest_filter().until_at == START + timedelta(days=1)
    first.setDate(QDate(2026, 1, 2))
    last.setDate(QDate(2026, 1, 3))
    qtbot.waitUntil(lambda: dock.newest_filter().until_at == START + timedelta(days=3), timeout=WAIT_MS)
    dock.answer()
    assert dock.ids() == []
    time.setCurrentText("Today")
    dock.answer()
    assert dock.newest_filter().from_at == START
    assert len(dock.ids()) == dock.account.head.entry_id


@pytest.mark.requirement("R81")
def test_this_run_and_filters_from_elsewhere_are_shown_in_the_bar(qtbot: QtBot, dock: Dock) -> None:
    run = dock.find(QCheckBox, "history-run-check")
    assert isinstance(run, QCheckBox)
    run.setChecked(True)
    dock.answer()
    assert dock.newest_filter().run_id == 1
    dock.panel.show_filter(LedgerFilter(account="demo", run_id=7, kinds=("fee",), author="eve", text="x"))
    dock.answer()
    assert dock.newest_filter() == LedgerFilter(account="demo", run_id=7, kinds=("fee",), author="eve", text="x")
    label = dock.find(QLabel, "history-only-label")
    assert isinstance(label, QLabel)
    assert (label.text(), label.isVisible(), run.isChecked()) == ("Only run 7", True, False)
    clear = dock.find(QAbstractButton, "history-clear-btn")
    assert isinstance(clear, QAbstractButton)
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    dock.answer()
    assert dock.newest_filter() == LedgerFilter(account="demo")
    assert len(dock.ids()) == dock.account.head.entry_id


@pytest.mark.parametrize(
    "chosen",
    [
        LedgerFilter(account="demo", kinds=("fee",)),
        LedgerFilter(account="demo", run_id=1, kinds=("position_close", "liquidation")),
        LedgerFilter(account="demo", author="system"),
        LedgerFilter(account="demo", text="why"),
        LedgerFilter(account="demo", order_id=3),
    ],
)
def test_every_filter_is_cleared_in_one_step(qtbot: QtBot, dock: Dock, chosen: LedgerFilter) -> None:
    clear = dock.find(QAbstractButton, "history-clear-btn")
    assert isinstance(clear, QAbstractButton)
    assert not clear.isVisible()
    dock.panel.show_filter(chosen)
    dock.answer()
    assert dock.newest_filter() == chosen
    assert clear.isVisible()
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    assert dock.newest_filter() == LedgerFilter(account="demo")
    assert not clear.isVisible()


def test_the_kinds_begin_with_all_of_them(dock: Dock) -> None:
    dock.panel.show_filter(LedgerFilter(account="demo", kinds=("fee", "deposit")))
    menu = dock.find(QMenu, "history-kinds-menu")
    assert isinstance(menu, QMenu)
    first = menu.actions()[0]
    assert first.text() == "All kinds"
    first.trigger()
    assert dock.newest_filter() == LedgerFilter(account="demo")
    kinds = dock.find(QAbstractButton, "history-kinds-btn")
    assert isinstance(kinds, QAbstractButton)
    assert kinds.text().strip() == "All kinds"


def test_an_exact_span_from_elsewhere_stays_exact_until_days_are_chosen(qtbot: QtBot, dock: Dock) -> None:
    span = LedgerFilter(account="demo", from_at=START + timedelta(minutes=2), until_at=START + timedelta(minutes=4))
    dock.panel.show_filter(span)
    dock.answer()
    assert dock.newest_filter() == span
    assert dock.ids() == [3, 2]
    label = dock.find(QLabel, "history-only-label")
    utc = dock.find(QCheckBox, "history-utc-check")
    time = dock.find(QComboBox, "history-time-combo")
    assert isinstance(label, QLabel)
    assert isinstance(utc, QCheckBox)
    assert isinstance(time, QComboBox)
    utc.setChecked(True)
    assert label.text() == "Only from 2026-01-01 00:02:00 UTC, before 2026-01-01 00:04:00 UTC"
    time.setCurrentText("Today")
    dock.answer()
    assert dock.newest_filter() == LedgerFilter(account="demo", from_at=START)
    assert not label.isVisible()


@pytest.mark.requirement("R89")
def test_pages_of_fifty_come_by_scrolling_and_every_entry_once(qtbot: QtBot, dock: Dock) -> None:
    for number in range(180):
        dock.account.change("1", kind=EntryKind.DEPOSIT, key=f"more {number}")
    dock.tell()
    dock.panel.request_newest()
    dock.answer()
    assert len(dock.ids()) == 50
    bar = dock.table.verticalScrollBar()
    while len(dock.ids()) < dock.account.head.entry_id:
        QApplication.processEvents()
        known = len(dock.ids())
        bar.setValue(bar.maximum())
        dock.answer()
        assert len(dock.ids()) > known
    assert dock.ids() == list(range(dock.account.head.entry_id, 0, -1))


def test_new_entries_appear_at_the_top_and_who_scrolled_down_sees_what_he_saw(qtbot: QtBot, dock: Dock) -> None:
    for number in range(60):
        dock.account.change("1", kind=EntryKind.DEPOSIT, key=f"more {number}")
    dock.panel.show_filter(LedgerFilter(account="", kinds=("deposit",)))
    dock.answer()
    head = dock.account.head.entry_id
    bar = dock.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 500, timeout=WAIT_MS)
    bar.setValue(100)
    seen = dock.ids()[dock.table.rowAt(0)]
    dock.account.change("2", kind=EntryKind.DEPOSIT)
    dock.account.change("3", kind=EntryKind.ADJUSTMENT)
    dock.tell()
    qtbot.waitUntil(lambda: bool(dock.waiting), timeout=WAIT_MS)
    dock.answer()
    assert dock.ids()[:2] == [head + 1, head]
    assert dock.ids()[dock.table.rowAt(0)] == seen
    asked = len(dock.asked)
    dock.tell()
    qtbot.wait(10)
    assert len(dock.asked) == asked


def test_a_rare_text_is_searched_in_steps_that_go_on_by_themselves_and_can_be_stopped(
    qtbot: QtBot, dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_search, "_WINDOW_ROWS", 3)
    page = LedgerReader.page
    monkeypatch.setattr(LedgerReader, "page", lambda self, wanted, *, limit=50: page(self, wanted, limit=3, seconds=0))
    assert ledger_reader.SEARCH_SECONDS < 0.1
    line = dock.find(QAbstractButton, "history-stop-btn")
    assert isinstance(line, QAbstractButton)
    dock.panel.show_filter(LedgerFilter(account="", text="opening"))
    dock.answer_one()
    assert line.isVisible()
    state = dock.find(QLabel, "history-search-state")
    assert isinstance(state, QLabel)
    assert state.text().startswith("Searched back to 2026-01-01")
    dock.answer()
    assert not line.isVisible()
    assert dock.ids() == [1]
    dock.panel.show_filter(LedgerFilter(account="", text="never written"))
    dock.answer_one()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    dock.answer()
    assert not line.isVisible()
    assert len(dock.waiting) == 0


def test_a_position_leads_to_its_entries_and_an_order_to_its_own(qtbot: QtBot, dock: Dock) -> None:
    line = dock.column("Kind").index("position close")
    row = dock.reader_.page(LedgerFilter(account="demo"), limit=1_000).rows[line]
    click_cell(qtbot, dock, "Position", line)
    dock.answer()
    assert dock.ids() == dock.expected(LedgerFilter(account="demo", position_id=row.position_id))
    assert len(dock.ids()) >= 4
    click_cell(qtbot, dock, "Order", 0)
    dock.answer()
    order_id = dock.newest_filter().order_id
    assert order_id is not None
    assert dock.ids() == dock.expected(LedgerFilter(account="demo", order_id=order_id))


@pytest.mark.requirement("R34", "R108")
def test_enter_and_the_fill_open_a_receipt_with_everything_the_books_know(qtbot: QtBot, dock: Dock) -> None:
    line = dock.column("Kind").index("position close")
    row = dock.reader_.page(LedgerFilter(account="demo"), limit=1_000).rows[line]
    click_cell(qtbot, dock, "Fill", line)
    dock.answer()
    dialog = dock.find(EntryReceiptDialog, "receipt-dialog")
    assert isinstance(dialog, EntryReceiptDialog)
    edit = dialog.findChild(QPlainTextEdit, "receipt-text-edit")
    assert isinstance(edit, QPlainTextEdit)
    text = edit.toPlainText()
    receipt = dock.reader_.receipt("demo", row.id)
    for wanted in (f"ENTRY {row.id}", f"FILL {row.fill_id}", f"ORDER {row.order_id}", f"POSITION {row.position_id}"):
        assert wanted in text
    assert receipt.hash in text
    assert all(posting.ledger_account in text for posting in receipt.postings)
    assert edit.isReadOnly()
    dialog.close()
    asked = len(dock.asked)
    dock.table.selectRow(0)
    qtbot.keyClick(dock.table, Qt.Key.Key_Return)
    assert len(dock.asked) == asked + 1


def test_the_menu_leads_to_what_is_still_open_in_its_own_dock(qtbot: QtBot, dock: Dock) -> None:
    row = next(row for row in dock.reader_.page(LedgerFilter(account="demo")).rows if row.position_id and row.order_id)
    assert row.position_id is not None
    assert row.order_id is not None
    dock.sequence += 1
    dock.model.replace_snapshot(
        make_snapshot(dock.sequence, positions=(make_position(row.position_id),), orders=(make_order(row.order_id),))
    )
    menu = dock.panel._table.menu_of(row)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Receipt…",
        f"Entries of position {row.position_id}",
        f"Show position {row.position_id} in its dock",
        f"Entries of order {row.order_id}",
        f"Show order {row.order_id} in its dock",
        "Copy rows",
        "Export…",
    ]
    with qtbot.waitSignal(dock.panel.row_wanted) as wanted:
        next(action for action in menu.actions() if action.text().startswith("Show position")).trigger()
    assert wanted.args == ["positions", row.position_id]


def test_rows_are_copied_with_tabs_and_without_turned_text(qtbot: QtBot, dock: Dock) -> None:
    button = dock.find(QAbstractButton, "history-copy-btn")
    assert isinstance(button, QAbstractButton)
    dock.table.selectRow(1)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert len(lines) == 2
    assert lines[1].split("\t")[0] == str(dock.ids()[1])


def test_another_account_begins_with_nothing_of_the_one_before(qtbot: QtBot, dock: Dock) -> None:
    dock.panel.show_filter(LedgerFilter(account="", position_id=1))
    dock.answer()
    assert dock.ids()
    dock.model.replace_snapshot(make_snapshot(1, account_id=2, account_name="gone"))
    assert dock.model.choose_account("gone")
    assert dock.ids() == []
    dock.answer()
    assert dock.newest_filter() == LedgerFilter(account="gone")
    assert any(isinstance(each, AuthorsRequest) and each.account == "gone" for each in dock.asked)
    assert dock.table._empty_text.startswith("There is no account 'gone'")


@pytest.mark.requirement("R59")
def test_the_sidebar_shows_the_last_ten_changes_and_leads_to_their_entries(
    qtbot: QtBot, dressed_app: QApplication
) -> None:
    model = BalanceModel()
    changes = tuple(
        BalanceRow(at=START + timedelta(minutes=n), kind="deposit", reason=f"no {n}", total=Decimal(n))
        for n in range(10, 0, -1)
    )
    model.replace_snapshot(make_snapshot(1, recent_changes=changes))
    sidebar = SidebarPanel(model)
    qtbot.addWidget(sidebar)
    sidebar.show()
    table = cast(DataTable, sidebar.findChild(DataTable, "sidebar-changes-table"))
    assert table.sorted_rows.rowCount() == 10
    table.selectRow(0)
    with qtbot.waitSignal(sidebar.history_wanted) as wanted:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    chosen = wanted.args[0]
    assert (chosen.kinds, chosen.from_at) == (("deposit",), changes[0].at)
    assert chosen.until_at > chosen.from_at


def make_row(number: int) -> LedgerRow:
    return LedgerRow(
        id=number,
        transaction_type="fee",
        amount=Decimal(0),
        balance_before=Decimal(0),
        balance_after=Decimal(0),
        locked_change=Decimal(0),
        reason="",
        updated_by="system",
        description="",
        position_id=None,
        order_id=None,
        fill_id=None,
        run_id=1,
        created_at=START,
    )


class FakeJournal:
    """Entries 1 to `head`, of which those in `matching` are shown."""

    def __init__(self, matching: set[int], head: int) -> None:
        self.matching = matching
        self.head = head

    def page(self, *, before: int | None = None, after: int | None = None, limit: int = 4) -> LedgerPage:
        if after is None:
            found = sorted((n for n in self.matching if before is None or n < before), reverse=True)
            shown = found[:limit]
        else:
            found = sorted(n for n in self.matching if n > after)
            shown = found[:limit][::-1]
        return LedgerPage(rows=tuple(make_row(n) for n in shown), has_more=len(found) > limit)


@given(
    matching=st.sets(st.integers(1, 60), max_size=60),
    steps=st.lists(st.sampled_from(("older", "newer", "book")), max_size=40),
)
def test_the_window_slides_over_a_long_history_without_gaps_or_repeats(matching: set[int], steps: list[str]) -> None:
    journal = FakeJournal(set(matching), head=60)
    window = LedgerWindow(rows_max=10)
    window.begin(journal.page(), head_id=journal.head)
    for step in steps:
        if step == "older" and window.has_older:
            window.add_older(journal.page(before=window.before_id))
        elif step == "newer":
            window.add_newer(journal.page(after=window.after_id), head_id=journal.head)
        elif step == "book":
            journal.head += 1
            journal.matching.add(journal.head)
        ids = [row.id for row in window.rows]
        assert len(ids) <= 10
        assert ids == sorted(set(ids), reverse=True)
        if ids:
            between = {n for n in journal.matching if ids[-1] <= n <= ids[0]}
            assert set(ids) == between
            assert window.has_older == any(n < ids[-1] for n in journal.matching)
    while window.has_newer or (window.after_id < journal.head):
        window.add_newer(journal.page(after=window.after_id), head_id=journal.head)
    top = [row.id for row in window.rows][:1]
    assert top == sorted(journal.matching, reverse=True)[:1]


class TestExport:
    """What the dialog asks for, and what it says of the job."""

    def job(self, dock: Dock) -> StartJob:
        started = [each for each in dock.asked if isinstance(each, StartJob)][-1]
        assert isinstance(started, StartJob)
        return started

    def test_it_writes_what_the_filter_shows_to_the_file_named(self, qtbot: QtBot, dock: Dock, tmp_path: Path) -> None:
        dock.panel.show_filter(LedgerFilter(account="", kinds=("fee",)))
        dialog = dock.panel.open_export()
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "export-file-edit")
        ok = dialog.findChild(QAbstractButton, "export-ok-btn")
        shape = dialog.findChild(QComboBox, "export-shape-combo")
        assert isinstance(edit, QLineEdit)
        assert isinstance(ok, QAbstractButton)
        assert isinstance(shape, QComboBox)
        edit.setText(str(tmp_path / "mine.csv"))
        shape.setCurrentIndex(1)
        assert edit.text() == str(tmp_path / "mine.json")
        qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
        qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
        assert len([each for each in dock.asked if isinstance(each, StartJob)]) == 1
        assert self.job(dock).job == ExportHistory(
            filter=LedgerFilter(account="demo", kinds=("fee",)),
            target=str(tmp_path / "mine.json"),
            shape=ExportShape.JSON,
        )
        request_id = self.job(dock).request_id
        dock.panel.show_reply(JobProgress(request_id=request_id, done=3, total=12))
        progress = dialog.findChild(QProgressBar, "export-progress")
        assert isinstance(progress, QProgressBar)
        assert (progress.isVisible(), progress.value(), progress.maximum()) == (True, 250, 1_000)
        done = HistoryExported(target="there", rows=1_234, size_bytes=9)
        dock.panel.show_reply(JobDone(request_id=request_id, result=done))
        state = dialog.findChild(QLabel, "export-state")
        assert isinstance(state, QLabel)
        assert state.text() == "1,234 entries written to there"
        assert not dialog.is_busy

    @pytest.mark.parametrize(("place", "name"), [(0, "a.csv"), (1, "a.json"), (2, "b.json")])
    @pytest.mark.parametrize("kinds", [("fee",), ()])
    def test_the_job_it_asks_for_writes_a_whole_file_of_each_kind(
        self,
        dock: Dock,
        tmp_path: Path,
        tmp_path_factory: pytest.TempPathFactory,
        *,
        place: int,
        name: str,
        kinds: tuple[str, ...],
    ) -> None:
        chosen = LedgerFilter(account="demo", kinds=kinds)
        dock.panel.show_filter(chosen)
        dialog = dock.panel.open_export()
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "export-file-edit")
        shape = dialog.findChild(QComboBox, "export-shape-combo")
        state = dialog.findChild(QLabel, "export-state")
        assert isinstance(edit, QLineEdit)
        assert isinstance(shape, QComboBox)
        assert isinstance(state, QLabel)
        shape.setCurrentIndex(place)
        target = tmp_path_factory.mktemp("picked") / name
        edit.setText(str(target))
        dialog.accept()
        started = self.job(dock)
        assert isinstance(started.job, ExportHistory)
        context = JobContext(
            paths=DataFolderPaths(root=tmp_path),
            settings=Settings(),
            tell_progress=lambda *_: None,
            should_stop=lambda: False,
        )
        done = run(context, started.job)
        dock.panel.show_reply(JobDone(request_id=started.request_id, result=done))
        wanted = sorted(dock.expected(chosen))
        if place == 0:
            rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
            assert [int(row["id"]) for row in rows] == wanted
        else:
            kept = json.loads(target.read_text(encoding="utf-8"), parse_float=Decimal)
            assert Decimal(kept["balance"]) == dock.account.portfolio.wallet.total
            assert [row["id"] for row in kept.get("history", [])] == (wanted if place == 1 else [])
            assert ("history" in kept) is (place == 1)
        told = "Balance" if place == 2 else f"{len(wanted)} entries"
        assert state.text() == f"{told} written to {target}"

    def test_enter_in_the_line_of_the_file_exports(self, qtbot: QtBot, dock: Dock, tmp_path: Path) -> None:
        dialog = dock.panel.open_export()
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "export-file-edit")
        assert isinstance(edit, QLineEdit)
        edit.setText(str(tmp_path / "mine.csv"))
        qtbot.waitActive(dialog)
        edit.setFocus()
        browse = dialog.findChild(QPushButton, "export-browse-btn")
        assert isinstance(browse, QPushButton)
        assert not browse.autoDefault()
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        assert isinstance(self.job(dock).job, ExportHistory)

    def test_a_file_that_is_there_is_replaced_only_with_a_tick(self, qtbot: QtBot, dock: Dock, tmp_path: Path) -> None:
        (tmp_path / "there.csv").write_text("mine")
        dialog = dock.panel.open_export()
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "export-file-edit")
        tick = dialog.findChild(QCheckBox, "export-replace-check")
        assert isinstance(edit, QLineEdit)
        assert isinstance(tick, QCheckBox)
        edit.setText(str(tmp_path / "new.csv"))
        assert not tick.isVisible()
        edit.setText(str(tmp_path / "there.csv"))
        assert tick.isVisible()
        dialog.accept()
        refused = JobFailed(request_id=self.job(dock).request_id, error="it is there already; nothing was written")
        job = self.job(dock).job
        assert isinstance(job, ExportHistory)
        assert not job.may_replace
        dock.panel.show_reply(refused)
        state = dialog.findChild(QLabel, "export-state")
        assert isinstance(state, QLabel)
        assert "there already" in state.text()
        tick.setChecked(True)
        dialog.accept()
        job = self.job(dock).job
        assert isinstance(job, ExportHistory)
        assert job.may_replace

    def test_cancel_gives_the_job_up_and_then_closes(self, qtbot: QtBot, dock: Dock, tmp_path: Path) -> None:
        dialog = dock.panel.open_export()
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "export-file-edit")
        cancel = dialog.findChild(QAbstractButton, "export-cancel-btn")
        assert isinstance(edit, QLineEdit)
        assert isinstance(cancel, QAbstractButton)
        edit.setText(str(tmp_path / "x.csv"))
        dialog.accept()
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
        assert dock.asked[-1] == CancelJob(request_id=self.job(dock).request_id)
        assert dialog.isVisible()
        gone = JobFailed(
            request_id=self.job(dock).request_id, error="Cancelled; nothing was changed", was_cancelled=True
        )
        dock.panel.show_reply(gone)
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
        assert not dialog.isVisible()


def test_the_same_filter_from_elsewhere_keeps_account_and_end(dock: Dock) -> None:
    dock.panel.show_filter(replace(LedgerFilter(account="another"), order_id=3))
    assert dock.newest_filter() == LedgerFilter(account="demo", order_id=3)
