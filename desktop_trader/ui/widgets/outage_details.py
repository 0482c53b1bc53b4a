"""One outage in full: when, why, what was held back in each account, and which levels were crossed."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_trader.messages.network import Outage
from desktop_trader.ui.models.outage_columns import NOT_COUNTED, level_columns, outage_seconds
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import FindInstrument, local_time
from desktop_trader.ui.network_text import held_line, length_text, outage_reasons_text
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

_FOR_INFORMATION = (
    "For information only: nothing is filled at a level that was crossed unseen. What still stood at the first stable "
    "price was filled there, and is marked as a gap."
)
_TABLE_HEIGHT_MIN = 96


class OutageDetails(QWidget):
    """Shows one outage; names of controls begin with `prefix`."""

    def __init__(self, find: FindInstrument, *, prefix: str) -> None:
        super().__init__()
        self.setObjectName(f"{prefix}-details")
        self.setAccessibleName("One outage")
        self._when = plain_label("", name=f"{prefix}-when", spoken="When")
        self._why = plain_label("", name=f"{prefix}-why", tone="muted", spoken="Why")
        self._held = plain_label("", name=f"{prefix}-held", spoken="What was held back")
        self._levels = RowTableModel(
            level_columns(find),
            key=lambda row: (row.account, row.position_id, row.order_id, row.level, row.price),
            parent=self,
        )
        self._table = DataTable(
            self._levels,
            name=f"{prefix}-levels-table",
            spoken="Levels crossed meanwhile",
            empty_text="No stop, target or limit was crossed meanwhile.",
        )
        self._table.setMinimumHeight(_TABLE_HEIGHT_MIN)
        note = plain_label(_FOR_INFORMATION, name=f"{prefix}-note", tone="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        for label in (self._when, self._why, self._held, note):
            label.setWordWrap(True)
        for widget in (self._when, self._why, self._held):
            layout.addWidget(widget)
        layout.addSpacing(SPACE_M)
        layout.addWidget(plain_label("Levels crossed meanwhile", name=f"{prefix}-levels-title", tone="title"))
        layout.addWidget(self._table, 1)
        layout.addWidget(note)

    def show_outage(self, outage: Outage) -> None:
        """Show this one."""
        lasted = outage_seconds(outage)
        begun = f"Nothing traded from {local_time(outage.begun_at)}"
        if outage.ended_at is None or lasted is None:
            when = f"{begun} on; it lasts"
        else:
            when = f"{begun} to {local_time(outage.ended_at)}: {length_text(lasted)}"
        why = outage_reasons_text(outage)
        detail = f" ({outage.detail})" if outage.detail and outage.detail != why else ""
        held = "; ".join(map(held_line, outage.held_back))
        _say(self._when, when)
        _say(self._why, f"Why: {why}{detail}")
        nothing = NOT_COUNTED if outage.ended_at is None else "Nothing had to be held back."
        _say(self._held, f"Held back – {held}" if held and outage.ended_at is not None else nothing)
        self._levels.replace_rows(outage.levels_crossed)


def _say(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setAccessibleName(text)
