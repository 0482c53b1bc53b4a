"""Accounts and runs: every run with its figures, its curve and its positions; archived ones are there to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.run_positions import RunPositionsReply, RunPositionsRequest
from desktop_trader.messages.run_rows import (
    PresentEquity,
    RunCurve,
    RunCurvesReply,
    RunCurvesRequest,
    RunRow,
    RunsReply,
    RunsRequest,
)
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.run_columns import (
    as_of_text,
    ending_text,
    position_columns,
    return_text,
    run_columns,
    run_title,
    session_columns,
)
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

if TYPE_CHECKING:
    from desktop_trader.ui.charts.equity_curve import EquityCurve

_COMPARED_MAX = 2
_REFRESH_MS = 1_000
_HINT = "Select a run to see its curve; select a second one with Ctrl to compare the two."
_NO_POSITIONS = "No positions in this run."
_NO_CURVE = "This run has no points yet: its curve begins with its first entry."


class RunsPage(Page):
    """Asks for the runs when it comes to the front and while books or prices move; a selection asks for curves.

    A run that goes on is shown as of now: with the equity that the cards show.
    """

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._runs_request = ""
        self._curves_request = ""
        self._positions_request = ""
        self._runs: tuple[RunRow, ...] = ()
        self._curves: RunCurvesReply | None = None
        self._has_chosen = False
        self._detailed: tuple[object, ...] = ()
        self._later = QTimer(self, singleShot=True)
        self._later.setInterval(_REFRESH_MS)
        self._later.timeout.connect(self.refresh)
        self.setObjectName("runs-page")
        self.setAccessibleName("Accounts and runs")
        self._build_tables()
        self._build_curve()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addLayout(self._build_bar())
        layout.addWidget(self._message)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("runs-split")
        split.addWidget(self._table)
        split.addWidget(self._tabs)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setChildrenCollapsible(False)
        layout.addWidget(split, 1)
        for moved in (doors.model.balance_changed, doors.model.quotes_changed, doors.model.snapshot_kept):
            moved.connect(self._on_moved)
        self._on_selected()

    def refresh(self) -> None:
        """Ask for all runs and the newest starts."""
        self._runs_request = uuid4().hex
        self._doors.request(RunsRequest(request_id=self._runs_request, present=_present(self._doors.model)))

    def show_reply(self, reply: object) -> None:
        """Take runs and curves that this page asked for."""
        if isinstance(reply, RunsReply) and reply.request_id == self._runs_request:
            self._show_runs(reply)
        elif isinstance(reply, RunPositionsReply) and reply.request_id == self._positions_request:
            self._lots.replace_rows(reply.positions)
            self._positions.set_empty_text(reply.error or _NO_POSITIONS)
        elif isinstance(reply, RunCurvesReply) and reply.request_id == self._curves_request:
            self._curves = reply
            self._draw()

    def selected(self) -> list[RunRow]:
        """Return the runs that are looked at, two at most."""
        rows: list[RunRow] = self._table.selected_rows()
        return rows[:_COMPARED_MAX]

    def _build_bar(self) -> QHBoxLayout:
        self._account = QComboBox()
        self._account.setObjectName("runs-account-combo")
        self._account.setAccessibleName("Runs of which account")
        self._account.addItem("All accounts", "")
        self._account.currentIndexChanged.connect(self._show_rows)
        self._history = QPushButton("Open history")
        self._history.setObjectName("runs-history-btn")
        self._history.setAccessibleName("Open the history of the selected run, read-only")
        self._history.clicked.connect(self._on_history)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_M)
        bar.addWidget(self._account)
        bar.addStretch(1)
        bar.addWidget(self._history)
        return bar

    def _build_tables(self) -> None:
        self._message = plain_label("", name="runs-message", tone="error", spoken="What is wrong")
        self._message.setWordWrap(True)
        self._message.hide()
        self._rows: RowTableModel[RunRow] = RowTableModel(
            run_columns(), key=lambda row: (row.account, row.run_id), parent=self
        )
        self._table = DataTable(
            self._rows,
            name="runs-table",
            spoken="Runs",
            empty_text="No runs yet. The first begins with an account.",
        )
        self._table.doubleClicked.connect(self._on_history)
        self._table.selectionModel().selectionChanged.connect(self._on_selected)
        self._lots = RowTableModel(position_columns(), key=lambda row: row.id, parent=self)
        self._positions = DataTable(
            self._lots, name="runs-positions-table", spoken="Positions of the run", empty_text=_NO_POSITIONS
        )
        self._starts = RowTableModel(session_columns(), key=lambda row: row.session_id, parent=self)
        self._sessions = DataTable(
            self._starts, name="runs-sessions-table", spoken="Starts of the program", empty_text="No starts yet."
        )

    def _build_curve(self) -> None:
        self._curve: EquityCurve | None = None
        self._room = QVBoxLayout()
        self._state = plain_label(_HINT, name="runs-state", tone="muted", spoken="Selected runs")
        self._state.setWordWrap(True)
        self._units = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        row.addWidget(self._state, 1)
        for text, name, is_percent in (("Percent", "runs-percent-radio", True), ("Money", "runs-money-radio", False)):
            radio = QRadioButton(text)
            radio.setObjectName(name)
            radio.setAccessibleName(f"Curve in {text.lower()}")
            radio.setChecked(is_percent)
            self._units.addButton(radio, int(is_percent))
            row.addWidget(radio)
        self._units.idToggled.connect(lambda _id, is_on: self._draw() if is_on else None)
        page = QWidget()
        page.setObjectName("runs-curve-tab")
        self._room.setContentsMargins(0, SPACE_M, 0, 0)
        self._room.addLayout(row)
        page.setLayout(self._room)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("runs-tabs")
        self._tabs.setAccessibleName("Of the selected runs")
        self._tabs.addTab(page, "Equity curve")
        self._tabs.addTab(self._positions, "Positions")
        self._tabs.addTab(self._sessions, "Starts of the program")

    def _show_runs(self, reply: RunsReply) -> None:
        self._message.setText(reply.error)
        self._message.setVisible(bool(reply.error))
        if reply.error:
            return
        self._runs = reply.runs
        self._starts.replace_rows(reply.sessions)
        self._show_accounts(sorted({run.account for run in reply.runs}))
        self._show_rows()
        if not self._has_chosen and self._runs:
            self._has_chosen = True
            self._choose_current()
        elif self._detailed != self._books_of_selected():
            self._ask_for_details()
        else:
            self._draw()
        self._tell_state()

    def _show_accounts(self, names: list[str]) -> None:
        known = [self._account.itemData(place) for place in range(1, self._account.count())]
        if names == known:
            return
        chosen = self._account.currentData()
        self._account.blockSignals(True)
        self._account.clear()
        self._account.addItem("All accounts", "")
        for name in names:
            self._account.addItem(name, name)
        self._account.setCurrentIndex(max(self._account.findData(chosen), 0))
        self._account.blockSignals(False)

    def _show_rows(self) -> None:
        account = self._account.currentData()
        self._rows.replace_rows([run for run in self._runs if not account or run.account == account])

    def _choose_current(self) -> None:
        """Begin with the run that the window shows."""
        snapshot = self._doors.model.snapshot
        shown = self._rows.rows
        place = next((at for at, run in enumerate(shown) if snapshot is not None and run.run_id == snapshot.run_id), 0)
        if shown:
            self._table.selectRow(self._table.sorted_rows.mapFromSource(self._rows.index(place, 0)).row())

    def _on_selected(self) -> None:
        runs = self.selected()
        self._history.setEnabled(len(runs) == 1)
        self._tell_state()
        self._ask_for_details()

    def _tell_state(self) -> None:
        self._state.setText(_state_text(self.selected(), len(self._table.selected_rows())))
        self._state.setAccessibleName(self._state.text())

    def _books_of_selected(self) -> tuple[object, ...]:
        """Return what changes with curves and positions in the books, and with no price."""
        newest = ((run, self._doors.model.snapshot_of(run.account)) for run in self.selected())
        return tuple((run.run_id, None if each is None else each.ledger_head_id) for run, each in newest)

    def _ask_for_details(self) -> None:
        """Ask for the curves of what is selected, and for the positions of a single run."""
        runs = self.selected()
        self._detailed = self._books_of_selected()
        self._curves_request = uuid4().hex if runs else ""
        self._positions_request = uuid4().hex if len(runs) == 1 else ""
        if runs:
            ids = tuple(run.run_id for run in runs)
            self._doors.request(RunCurvesRequest(request_id=self._curves_request, run_ids=ids))
        else:
            self._curves = None
            self._draw()
        if len(runs) == 1:
            self._doors.request(
                RunPositionsRequest(request_id=self._positions_request, account=runs[0].account, run_id=runs[0].run_id)
            )
        else:
            self._lots.replace_rows(())
            self._positions.set_empty_text("Select one run to see its positions.")

    def _draw(self) -> None:
        from desktop_trader.ui.charts.curve_line import curve_line
        from desktop_trader.ui.charts.equity_curve import EquityCurve

        if self._curve is None:
            self._curve = EquityCurve(name="runs-curve", spoken="Equity curve", empty_text=_HINT)
            self._room.addWidget(self._curve, 1)
        runs = {run.run_id: run for run in self.selected()}
        reply = self._curves
        self._curve.set_empty_text(_NO_CURVE if runs else _HINT)
        if reply is not None and reply.error:
            self._curve.set_empty_text(reply.error)
        curves = () if reply is None else reply.curves
        lines = [
            curve_line(
                run_title(runs[curve.run_id]),
                _up_to_now(curve, runs[curve.run_id]),
                note=return_text(runs[curve.run_id]),
            )
            for curve in curves
            if curve.run_id in runs
        ]
        self._curve.show_lines(lines, is_percent=self._units.checkedId() == 1)

    def _on_history(self) -> None:
        for run in self.selected()[:1]:
            self._doors.show_history(LedgerFilter(account=run.account, run_id=run.run_id))

    def _on_moved(self) -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()


def _present(model: BalanceModel) -> tuple[PresentEquity, ...]:
    """Return what every account is worth now, as its cards show it; without those that hold what has no price."""
    newest = (model.snapshot_of(entry.name) for entry in model.accounts)
    return tuple(
        PresentEquity(
            run_id=each.run_id,
            at=each.market.now,
            equity=each.balance.portfolio_value,
            contributed=each.balance.contributed,
        )
        for each in newest
        if each is not None and each.balance.portfolio_value is not None
    )


def _up_to_now(curve: RunCurve, run: RunRow) -> RunCurve:
    """Carry a curve on to the present point, if it has all that the books had when that was made."""
    point = run.present
    if point is None or not curve.points or curve.points[-1].entry_id != point.entry_id:
        return curve
    return replace(curve, points=(*curve.points, point))


def _state_text(runs: list[RunRow], count: int) -> str:
    if not runs:
        return _HINT
    if count > _COMPARED_MAX:
        return f"Two runs at most are compared: {run_title(runs[0])} and {run_title(runs[1])}."
    if len(runs) == _COMPARED_MAX:
        return "Both begin at the left: the time is that since each run's start."
    run = runs[0]
    if run.ended_at is None:
        return f"{run_title(run)} goes on since {local_time(run.started_at)}, restarts included. {as_of_text(run)}"
    return f"{run_title(run)} is archived: read-only, ended {local_time(run.ended_at)} ({ending_text(run)})."
