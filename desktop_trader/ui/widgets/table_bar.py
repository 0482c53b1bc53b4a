"""The thin bar above a table: filter on the left, what can be done with rows on the right."""

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.data_table import DataTable

_FILTER_WIDTH = 180


class TableBar(QWidget):
    """Filters its table and offers to copy it."""

    def __init__(self, table: DataTable, *, place: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{place}-bar")
        self.setAccessibleName(f"{spoken}: filter and actions")
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        self._layout.setSpacing(SPACE_M)
        self._filter = QLineEdit()
        self._filter.setObjectName(f"{place}-filter-edit")
        self._filter.setAccessibleName(f"{spoken}: filter")
        self._filter.setPlaceholderText("Filter…")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaximumWidth(_FILTER_WIDTH)
        self._filter.textChanged.connect(table.sorted_rows.set_filter_text)
        self._layout.addWidget(self._filter)
        self._layout.addStretch(1)
        copy = self.add_button(f"{place}-copy-btn", "Copy", f"{spoken}: copy the selected rows, or all")
        copy.clicked.connect(table.copy_selection)

    def add_button(self, name: str, text: str, spoken: str) -> QPushButton:
        """Add a button at the right end and return it."""
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.setProperty("look", "small-button")
        self._layout.addWidget(button)
        return button

    def add_widget(self, widget: QWidget) -> None:
        """Add something else beside the filter."""
        self._layout.insertWidget(1, widget)
