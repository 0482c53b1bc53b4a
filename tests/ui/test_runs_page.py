"""The page of accounts and runs: what it asks for, what it shows, and how two runs are compared."""

from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.messages.ledger_page import LedgerFilter, PositionRow
from desktop_trader.messages.run_positions import RunPositionsReply, RunPositionsRequest
from desktop_trader.messages.run_rows import (
    RunCurvesReply,
    RunCurvesRequest,
    RunRow,
    RunsReply,
    RunsRequest,
    SessionRow,
)
from desktop_trader.settings import Settings
from desktop_trader.ui.charts.equity_curve import EquityCurve
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.pages.runs import RunsPage
from desktop_trader.ui.widgets.data_table import DataTable
from tests.ui.run_builders import make_curve, make_run
from tests.ui.snapshot_builders import NOON, make_balance, make_snapshot

Found = TypeVar("Found", bound=QObject)
RUNS = (make_run(3, is_current=True), make_run(2, return_amount=Decimal(-5)), make_run(1, account="second"))
CURVES = {
    3: make_curve(3, 0, 10, 30),
    2: make_curve(2, 0, -20, -5),
    1: make_curve(1, 0, 7),
}


class Page:
    """The page with fake doors; `answer` plays the books."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.model.replace_snapshot(make_snapshot(1, run_id=2))
        self.asked: list[object] = []
        self.histories: list[LedgerFilter] = []
        self.runs: tuple[RunRow, ...] = RUNS
        doors = PageDoors(
            model=self.model,
            send=lambda _command: pytest.fail("a page of figures moves nothing"),
            request=self.asked.append,
            folder=data_folder(folder),
            settings=Settings(),
            show_history=self.histories.append,
        )
        self.page = RunsPage(doors)
        qtbot.addWidget(self.page)
        self.page.resize(900, 600)
        self.page.show()
        self.page.refresh()
        self.table = self.find(DataTable, "runs-table")

    def find(self, kind: type[Found], name: str) -> Found:
        found = self.page.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def answer(self) -> None:
        """Answer everything asked so far, and what that makes the page ask."""
        while self.asked:
            request = self.asked.pop(0)
            if isinstance(request, RunsRequest):
                starts = (
                    SessionRow(session_id=2, started_at=NOON, ended_at=None, how_ended="", is_running=True),
                    SessionRow(session_id=1, started_at=NOON, ended_at=None, how_ended="killed", is_running=False),
                )
                self.page.show_reply(
                    RunsReply(request_id=request.request_id, runs=self.runs, sessions=starts, starts=2)
                )
            elif isinstance(request, RunCurvesRequest):
                curves = tuple(CURVES[run_id] for run_id in request.run_ids)
                self.page.show_reply(RunCurvesReply(request_id=request.request_id, curves=curves))
            elif isinstance(request, RunPositionsRequest):
                self.page.show_reply(
                    RunPositionsReply(request_id=request.request_id, positions=(position(request.run_id),))
                )

    def click(self, run_id: int, *, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = next(
            self.table.sorted_rows.index(row, 0)
            for row in range(self.table.sorted_rows.rowCount())
            if self.table.sorted_rows.index(row, 1).data() == str(run_id)
        )
        self._click(place, keys)
        self.answer()

    def _click(self, place: QModelIndex, keys: Qt.KeyboardModifier) -> None:
        at = self.table.visualRect(place).center()
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, keys, pos=at)

    @property
    def curve(self) -> EquityCurve:
        return self.find(EquityCurve, "runs-curve")

    def cells(self, name: str) -> list[list[str]]:
        table = self.find(DataTable, name)
        return [line.split("\t") for line in table.selection_text().splitlines()[1:]]


def position(run_id: int) -> PositionRow:
    return PositionRow(
        id=run_id * 10,
        run_id=run_id,
        symbol="BTC/USDT",
        direction="long",
        quantity=Decimal(0),
        entry_quantity=Decimal("0.01000"),
        entry_price=Decimal(45000),
        margin=Decimal(0),
        leverage=1,
        stop_loss=None,
        take_profit=None,
        realized_pnl=Decimal("12.5"),
        fees=Decimal("0.9"),
        is_open=False,
        opened_at=NOON,
        closed_at=NOON,
        close_reason="take_profit",
        strategy_run_id=None,
    )


@pytest.fixture
def page(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Page:
    made = Page(qtbot, tmp_path)
    made.answer()
    return made


def test_it_begins_with_the_run_that_the_window_shows(page: Page) -> None:
    assert [run.run_id for run in page.page.selected()] == [2]
    assert [line.name for line in page.curve.lines] == ["Run 2 · demo"]


@pytest.mark.requirement("R21", "R56")
def test_every_run_has_its_end_and_its_figures_net_of_deposits(page: Page) -> None:
    page.table.clearSelection()
    rows = page.cells("runs-table")
    assert [row[:2] for row in rows] == [["demo", "3"], ["demo", "2"], ["second", "1"]]
    assert [row[4] for row in rows] == ["goes on", "reset", "reset"]
    assert rows[0][5] == "+$321.50 ▲ (+3.22%)"
    assert rows[0][6] == "-1.44%"
    assert rows[0][7:] == ["$10,000.00", "$10,321.50 now", "42"]
    assert rows[0][3] == "—"


def test_an_archived_run_is_there_to_be_read_with_its_positions_and_history(page: Page) -> None:
    page.click(1)
    assert "Run 1 · second is archived: read-only" in page.find(QLabel, "runs-state").text()
    assert page.cells("runs-positions-table")[0][:3] == ["10", "BTC/USDT", "LONG ▲"]
    page.qtbot.mouseClick(page.find(QPushButton, "runs-history-btn"), Qt.MouseButton.LeftButton)
    assert page.histories == [LedgerFilter(account="second", run_id=1)]


def test_two_runs_are_laid_over_each_other_from_their_starts_and_differ_by_more_than_color(page: Page) -> None:
    page.click(3)
    page.click(2, keys=Qt.KeyboardModifier.ControlModifier)
    curve = page.curve
    assert curve.is_aligned
    assert {line.name for line in curve.lines} == {"Run 3 · demo", "Run 2 · demo"}
    drawn = {line.name: points for line, points in zip(curve.lines, curve.drawn(), strict=True)}
    assert drawn["Run 3 · demo"] == ([0.0, 3600.0, 7200.0], [0.0, 0.1, 0.3])
    assert drawn["Run 2 · demo"] == ([0.0, 3600.0, 7200.0], [0.0, -0.2, -0.05])
    legends = [page.find(QLabel, f"runs-curve-legend-{place}").text() for place in (0, 1)]
    assert set(legends) == {"Run 3 · demo  +$321.50 ▲ (+3.22%)", "Run 2 · demo  -$5.00 ▼ (+3.22%)"}
    samples = [page.find(QLabel, f"runs-curve-sample-{place}") for place in (0, 1)]
    assert [sample.accessibleName() for sample in samples] == ["full line", "dashed line"]
    assert not page.find(QPushButton, "runs-history-btn").isEnabled()


def test_the_curve_is_read_in_money_as_well(page: Page) -> None:
    page.click(3)
    page.qtbot.mouseClick(page.find(QRadioButton, "runs-money-radio"), Qt.MouseButton.LeftButton)
    assert page.curve.drawn()[0][1] == [0.0, 10.0, 30.0]
    assert not page.curve.is_aligned


def test_of_three_selected_runs_two_are_compared_and_that_is_said(page: Page) -> None:
    page.click(3)
    page.click(2, keys=Qt.KeyboardModifier.ControlModifier)
    page.click(1, keys=Qt.KeyboardModifier.ControlModifier)
    assert len(page.curve.lines) == 2
    assert "Two runs at most" in page.find(QLabel, "runs-state").text()


@pytest.mark.requirement("R56")
def test_a_deposit_is_no_step_of_the_curve(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CURVES, 3, make_curve(3, 0, 10, 10, contributed=(10_000, 10_000, 11_000)))
    page.click(3)
    assert page.curve.lines[0].gains == (0.0, 10.0, 10.0)


def test_the_accounts_can_be_looked_at_one_by_one(page: Page) -> None:
    combo = page.find(QComboBox, "runs-account-combo")
    assert [combo.itemText(place) for place in range(combo.count())] == ["All accounts", "demo", "second"]
    combo.setCurrentText("second")
    page.answer()
    assert page.table.sorted_rows.rowCount() == 1


def test_how_the_program_was_started_and_ended_is_listed(page: Page) -> None:
    assert [row[2] for row in page.cells("runs-sessions-table")] == ["runs now", "killed"]


def test_books_that_move_are_asked_for_again_while_the_page_is_seen(page: Page) -> None:
    page.model.replace_snapshot(make_snapshot(2, run_id=2, balance=make_balance("9000")))
    page.qtbot.waitUntil(lambda: any(isinstance(each, RunsRequest) for each in page.asked), timeout=3_000)
    page.runs = (make_run(4, is_current=True), *RUNS[1:])
    page.answer()
    assert [run.run_id for run in page.page.selected()] == [2], "the selection stays"


def test_an_answer_to_an_older_question_is_let_pass(page: Page) -> None:
    page.click(3)
    page.page.show_reply(RunCurvesReply(request_id="older", curves=(CURVES[1],)))
    assert [line.name for line in page.curve.lines] == ["Run 3 · demo"]


def test_what_cannot_be_read_is_said(page: Page) -> None:
    page.page.refresh()
    request = page.asked.pop()
    assert isinstance(request, RunsRequest)
    page.page.show_reply(RunsReply(request_id=request.request_id, error="the books cannot be read"))
    assert page.find(QLabel, "runs-message").text() == "the books cannot be read"


def test_every_control_has_its_names(page: Page) -> None:
    from tests.ui.test_main_window import unnamed

    assert unnamed(page.page) == []
    assert page.page.findChildren(QWidget)
