"""The page *Health*: everything trading rests on, with state, age and what to do; live while it is seen."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from desktop_trader.messages.health import HealthReply, HealthRequest
from desktop_trader.ui.models.health_rows import HealthRow, HealthState, health_rows
from desktop_trader.ui.models.price_ages import age_text
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.elided_label import ElidedLabel

_LOOK_MS, _READ_MS = 1_000, 10_000
_NAMED_MAX = 4


class HealthPage(Page):
    """What the model knows is shown every second, what has to be read from the disk is asked for every ten."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._model = doors.model
        self._request_id = ""
        self._reply: HealthReply | None = None
        self._last_error = ""
        self.setObjectName("health-page")
        self.setAccessibleName("Health")
        self._verdict = ElidedLabel(name="health-verdict", tone="heading", spoken="In one sentence")
        self._rows: RowTableModel[HealthRow] = RowTableModel(_columns(), key=lambda row: row.part, parent=self)
        self._table = DataTable(self._rows, name="health-table", spoken="Health", empty_text="Looking…")
        self._table.setWordWrap(True)
        rows = self._table.verticalHeader()
        rows.setDefaultSectionSize(2 * self.fontMetrics().lineSpacing() + SPACE_M)
        self._look_again = QPushButton("Look again")
        self._look_again.setObjectName("health-refresh-btn")
        self._look_again.setAccessibleName("Read books, disk and clock again")
        self._look_again.clicked.connect(self.refresh)
        head = QHBoxLayout()
        head.addWidget(self._verdict, 1)
        head.addWidget(self._look_again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addLayout(head)
        layout.addWidget(self._table, 1)
        self._look = self._repeat(_LOOK_MS, self._show)
        self._read = self._repeat(_READ_MS, self.refresh)
        self._model.network_changed.connect(self._on_network_changed)
        self._model.state_changed.connect(self._show)
        self._on_network_changed()

    def refresh(self) -> None:
        """Ask for what has to be read."""
        self._request_id = uuid4().hex
        self._doors.request(HealthRequest(request_id=self._request_id))

    def show_reply(self, reply: object) -> None:
        """Take what was read."""
        if isinstance(reply, HealthReply) and reply.request_id == self._request_id:
            self._reply = reply
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look.start()
        self._read.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look.stop()
        self._read.stop()

    def _repeat(self, milliseconds: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _on_network_changed(self) -> None:
        network = self._model.network
        if network is not None and network.detail and not network.is_open:
            self._last_error = network.detail
        self._show()

    def _show(self) -> None:
        rows = health_rows(
            self._model,
            self._reply,
            now=datetime.now(UTC),
            last_error=self._last_error,
        )
        self._rows.replace_rows(rows)
        bad = [row.part for row in rows if row.state is HealthState.BAD]
        look = [row.part for row in rows if row.state is HealthState.LOOK]
        if bad:
            text, tone = f"✗  Needs attention: {_named(bad)}", "warning"
        elif look:
            text, tone = f"!  Worth a look: {_named(look)}", "warning"
        else:
            text, tone = "✓  All is well", "heading"
        if text != self._verdict.text():
            self._verdict.setText(text)
            self._verdict.setAccessibleName(text)
            self._verdict.setToolTip(text)
            self._verdict.setProperty("figure", "medium")
            self._verdict.setProperty("tone", tone)
            self._verdict.style().unpolish(self._verdict)
            self._verdict.style().polish(self._verdict)


def _named(parts: list[str]) -> str:
    more = len(parts) - _NAMED_MAX
    return ", ".join(parts[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _columns() -> tuple[Column[HealthRow], ...]:
    return (
        Column(
            title="State",
            text=lambda row: row.state.text,
            sort_key=lambda row: int(row.state),
            tone=lambda row: row.state.tone,
        ),
        Column(title="Part", text=lambda row: row.part, sort_key=lambda row: row.part),
        Column(
            title="Age",
            text=lambda row: "now" if row.age_seconds is None else age_text(row.age_seconds),
            sort_key=lambda row: row.age_seconds or 0.0,
            is_number=True,
            full_title="How old what is said here is",
        ),
        Column(
            title="Finding",
            text=lambda row: row.finding,
            sort_key=lambda row: row.finding,
            tooltip=lambda row: row.finding,
            is_wide=True,
        ),
        Column(
            title="What to do",
            text=lambda row: row.advice or "nothing",
            sort_key=lambda row: row.advice,
            tooltip=lambda row: row.advice,
            tone=lambda row: "" if row.advice else "text_muted",
        ),
    )
