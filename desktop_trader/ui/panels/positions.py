"""The positions dock, and its table, which the futures dock shows in short."""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.messages.commands import ClosePosition
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import position_columns
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.table_bar import TableBar

_CLOSE_HINT = "Close the selected positions"
_EMPTY = "No positions yet. Start the strategy under Auto trading, or open one by hand under Futures."


class PositionsTable(DataTable):
    """The open positions with live marks. The last cell closes one; it asks once per position until answered."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, name: str, parent: QWidget | None = None) -> None:
        self._positions = RowTableModel(
            position_columns(
                model.instrument,
                lambda: model.balance.currency if model.balance else "",
                old=lambda symbol: model.ages.staleness_of((symbol,)),
                shut=lambda: refusal_text(model.network),
            ),
            key=lambda row: row.id,
        )
        super().__init__(self._positions, name=name, spoken="Open positions", empty_text=_EMPTY, parent=parent)
        self._positions.setParent(self)
        self._model = model
        self._send = send
        self._pending: dict[int, PendingRequest] = {}
        self.action_pressed.connect(self.close_position)
        self._shut = refusal_text(model.network)
        model.positions_changed.connect(self._on_positions_changed)
        self._was_old = False
        model.ages.changed.connect(self._on_ages_changed)
        model.network_changed.connect(self._on_network_changed)
        self._on_positions_changed()

    def show_only(self, titles: Collection[str]) -> None:
        """Hide every column whose title is not named; what can be pressed stands before the figures, which grow."""
        header = self.horizontalHeader()
        figures = [place for place, column in enumerate(self._positions.columns) if column.is_number]
        for place, column in enumerate(self._positions.columns):
            self.setColumnHidden(place, column.title not in titles)
            if column.is_action:
                header.moveSection(header.visualIndex(place), header.visualIndex(figures[0]))

    def close_position(self, position: PositionView) -> None:
        """Ask for the close of a position, unless that is under way or nothing trades now."""
        if position.is_closing or refusal_text(self._model.network):
            return
        pending = self._pending.setdefault(position.id, PendingRequest(self._model, self))
        request_id = pending.begin()
        if request_id:
            self._send(ClosePosition(request_id=request_id, position_id=position.id))

    def _on_ages_changed(self) -> None:
        self._positions.refresh()
        is_old = self._model.ages.staleness_of(row.symbol for row in self._positions.rows) is not None
        if self._was_old and not is_old:
            # The ages behind the figures have gone, and with them the need for their room.
            self.narrow_columns()
        self._was_old = is_old

    def _on_network_changed(self) -> None:
        shut = refusal_text(self._model.network)
        if shut != self._shut:
            self._shut = shut
            self._positions.refresh()

    def _on_positions_changed(self) -> None:
        self._positions.replace_rows(self._model.positions)
        open_ids = {position.id for position in self._model.positions}
        for closed in [position_id for position_id in self._pending if position_id not in open_ids]:
            self._pending.pop(closed).deleteLater()


class PositionsPanel(QWidget):
    """The table with a filter and a button that closes what is selected."""

    symbol_chosen = Signal(str)

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("positions-panel")
        self.setAccessibleName("Positions")
        self._table = PositionsTable(model, send=send, name="positions-table")
        self._table.row_chosen.connect(lambda row: self.symbol_chosen.emit(row.symbol))
        bar = TableBar(self._table, place="positions", spoken="Positions")
        self._close = bar.add_button("positions-close-btn", "Close selected", _CLOSE_HINT)
        self._close.setEnabled(False)
        self._close.clicked.connect(self._on_close_clicked)
        self._table.selectionModel().selectionChanged.connect(self._refresh_button)
        model.positions_changed.connect(self._refresh_button)
        model.network_changed.connect(self._refresh_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._table, 1)

    def _refresh_button(self) -> None:
        shut = refusal_text(self._model.network)
        self._close.setEnabled(not shut and any(not row.is_closing for row in self._table.selected_rows()))
        self._close.setToolTip(shut or _CLOSE_HINT)

    def _on_close_clicked(self) -> None:
        for row in self._table.selected_rows():
            self._table.close_position(row)
