"""The page *Market data*: which bars of real markets are stored, and how to get more of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QVBoxLayout

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.messages.candles import (
    CandlesDeleted,
    CandlesDownloaded,
    CandleSeriesList,
    CandleSeriesRequest,
    CandleSeriesRow,
    DeleteCandles,
    FillCandleGaps,
    SeriesName,
)
from desktop_trader.messages.market_name import market_name
from desktop_trader.settings import Settings
from desktop_trader.ui.backup_text import size_text
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.pages.candle_columns import candle_columns, gap_text
from desktop_trader.ui.pages.candle_form import CandleForm
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_INTRO = (
    "Bars of real markets that are stored on this computer: charts and strategies read them, also without a network. "
    "They are kept apart from the books; what is deleted here can be downloaded again."
)
_OWN_BARS = "The market in use has all its bars already and needs none of these. Downloads are for exchanges."
_EMPTY = "Nothing is stored yet. Choose a market, a symbol and a day above, then Download."


class CandlesPage(Page):
    """One job at a time; what came of it is said above the table."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._list_id = ""
        self._is_new = True
        self._question: QMessageBox | None = None
        self.setObjectName("candles-page")
        self.setAccessibleName("Market data")
        self._intro = plain_label(_INTRO, name="candles-intro", tone="muted")
        self._own_bars = plain_label(_OWN_BARS, name="candles-own-bars", tone="muted")
        self._state = plain_label("", name="candles-state", tone="heading", spoken="What is stored")
        self._said = plain_label("", name="candles-said", spoken="What came of it")
        for label in (self._intro, self._own_bars, self._said):
            label.setWordWrap(True)
        self._said.hide()
        self._form = CandleForm()
        self._form.edited.connect(self._show_buttons)
        self._job = JobStrip(doors.model, doors.request, place="candles", title="Download")
        self._job.begun.connect(self._on_begun)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._rows: RowTableModel[CandleSeriesRow] = RowTableModel(
            candle_columns(), key=lambda row: row.name, parent=self
        )
        self._table = DataTable(self._rows, name="candles-table", spoken="Stored bars", empty_text=_EMPTY)
        self._table.selectionModel().selectionChanged.connect(self._show_buttons)
        self._table.row_chosen.connect(lambda row: self._form.show_series(row.name, since=row.span.first_at))
        self._bar = TableBar(self._table, place="candles-table", spoken="Stored bars")
        self._fill = self._bar.add_button("candles-fill-btn", "Fill gaps", "Download what is missing of the series")
        self._delete = self._bar.add_button("candles-delete-btn", "Delete…", "Delete the stored bars of the series")
        self._fill.clicked.connect(self._on_fill)
        self._delete.clicked.connect(self._on_delete)
        self._arrange()
        self._ready_again()

    def show_reply(self, reply: object) -> None:
        """Take the list, or the news of the job."""
        self._job.show_reply(reply)
        if isinstance(reply, CandleSeriesList) and reply.request_id == self._list_id:
            self._show_list(reply)

    def refresh(self) -> None:
        """Ask which series are stored."""
        self._list_id = uuid4().hex
        self._doors.request(CandleSeriesRequest(request_id=self._list_id))
        snapshot = self._doors.model.snapshot
        source = "" if snapshot is None else snapshot.market.source_id
        self._own_bars.setVisible(snapshot is not None and not source.startswith("exchange:"))
        if self._is_new and snapshot is not None:
            self._is_new = False
            self._form.show_addresses(_hosts(self._doors.settings, source))
            listed = snapshot.instruments
            self._form.begin_with(source=source, symbol=listed[0].symbol if listed else "")

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for widget in (self._state, self._intro, self._own_bars, self._form, self._job, self._said, self._bar):
            layout.addWidget(widget)
        layout.addWidget(self._table, 1)

    def _selected(self) -> CandleSeriesRow | None:
        rows = self._table.selected_rows()
        return rows[0] if len(rows) == 1 else None

    def _show_list(self, reply: CandleSeriesList) -> None:
        self._rows.replace_rows(reply.rows)
        bars, size = sum(row.span.bars for row in reply.rows), sum(row.size_bytes for row in reply.rows)
        count = "1 series" if len(reply.rows) == 1 else f"{len(reply.rows)} series"
        self._state.setText(f"{count} · {bars:,} bars · {size_text(size)}" if reply.rows else "Nothing is stored yet")
        if reply.error:
            self._say(reply.error, tone="error")
        self._show_buttons()

    def _show_buttons(self, *_: Any) -> None:
        is_free, row = not self._job.is_busy, self._selected()
        complaint = self._complaint()
        self._job.start_button.setEnabled(is_free and not complaint)
        self._job.start_button.setToolTip(complaint)
        self._fill.setEnabled(is_free and row is not None and row.gaps > 0)
        self._fill.setToolTip("" if row is None else gap_text(row))
        self._delete.setEnabled(is_free and row is not None)

    def _complaint(self) -> str:
        try:
            self._form.job()
        except InvalidInputError as error:
            return error.user_message
        return ""

    def _begin(self, job: object) -> None:
        if not self._job.is_busy:
            self._job.make_job = lambda: job
            self._job.start()

    def _on_fill(self) -> None:
        row = self._selected()
        if row is not None:
            self._begin(FillCandleGaps(name=row.name))

    def _on_delete(self) -> None:
        row = self._selected()
        if row is not None:
            self._ask(row)

    def _ask(self, row: CandleSeriesRow) -> None:
        """Ask without holding up the window: prices and stops go on meanwhile."""
        text = (
            f"{row.span.bars:,} bars of {_named(row.name)} would be deleted. The books are not concerned, and the bars "
            "can be downloaded again as long as the exchange has them."
        )
        box = QMessageBox(QMessageBox.Icon.Warning, "Delete stored bars?", text, parent=self)
        box.setObjectName("candles-delete-dialog")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        leave = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        for button, name in ((leave, "ok"), (stay, "cancel")):
            button.setObjectName(f"candles-delete-{name}-btn")
            button.setAccessibleName(button.text())
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        leave.clicked.connect(lambda: self._begin(DeleteCandles(name=row.name)))
        self._question = box
        box.open()

    def _on_begun(self) -> None:
        self._said.hide()
        self._show_buttons()

    def _on_done(self, result: object) -> None:
        self._ready_again()
        if isinstance(result, CandlesDownloaded):
            is_whole = not result.was_cancelled and not result.gaps
            self._say(download_text(result), tone="up" if is_whole else "warning")
        elif isinstance(result, CandlesDeleted):
            self._say(f"✓  {result.bars:,} bars of {_named(result.name)} were deleted", tone="up")
        self.refresh()

    def _on_failed(self, error: str) -> None:
        self._ready_again()
        if error:
            self._say(f"{error.rstrip('.')}. The books are not concerned.", tone="error")
        self.refresh()

    def _ready_again(self) -> None:
        self._job.make_job = self._form.job
        self._show_buttons()

    def _say(self, text: str, *, tone: str) -> None:
        self._said.setText(text)
        self._said.setAccessibleName(f"What came of it: {text}")
        self._said.setProperty("tone", tone)
        self._said.style().unpolish(self._said)
        self._said.style().polish(self._said)
        self._said.show()


def _hosts(settings: Settings, source: str) -> dict[str, str]:
    """Return where exchanges are asked, by id: as the settings have it, and the market in use where it is."""
    hosts = {exchange: urlsplit(address.rest).netloc for exchange, address in settings.network.addresses}
    kind, _, place = source.partition(":")
    if kind == "exchange":
        exchange, _, host = place.partition("@")
        hosts[exchange] = host
    return hosts


def download_text(result: CandlesDownloaded) -> str:
    """Say what a download came to."""
    bars = "1 new bar" if result.stored == 1 else f"{result.stored:,} new bars"
    if result.was_cancelled:
        return f"Stopped. {bars} of {_named(result.name)} came and are kept; the next download goes on there"
    parts = [f"{bars} of {_named(result.name)}" if result.stored else f"Nothing new of {_named(result.name)}"]
    if result.empty:
        parts.append(f"the exchange has none for {result.empty:,} more, where nobody traded")
    if result.gaps:
        gaps = "1 gap is" if len(result.gaps) == 1 else f"{len(result.gaps):,} gaps are"
        parts.append(f"{gaps} left: the exchange did not give them yet, ask again later")
    return f"{'⚠' if result.gaps else '✓'}  {' · '.join(parts)}"


def _named(name: SeriesName) -> str:
    return f"{name.symbol} {name.timeframe} on {market_name(name.source)}"
