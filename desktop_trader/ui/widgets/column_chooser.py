"""A button above a table whose menu says which columns are seen."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop_trader.ui.widgets.data_table import DataTable


class ColumnChooser(QToolButton):
    """Ticks columns; the first one and what can be pressed always stay."""

    def __init__(self, table: DataTable, *, place: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setText("Columns")
        self.setObjectName(f"{place}-columns-btn")
        self.setAccessibleName(f"{spoken}: which columns are seen")
        self.setToolTip(self.accessibleName())
        self.setProperty("look", "small-button")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setObjectName(f"{place}-columns-menu")
        menu.setAccessibleName(f"{spoken}: columns")
        model = table.model()
        for section in range(model.columnCount()):
            title = str(model.headerData(section, Qt.Orientation.Horizontal))
            full = model.headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
            action = QAction(str(full or title), menu)
            action.setObjectName(f"{place}-column-{title.lower().replace('.', '').replace('&', '').replace(' ', '-')}")
            action.setCheckable(True)
            action.setChecked(not table.isColumnHidden(section))
            action.setEnabled(section > 0)
            action.toggled.connect(lambda is_seen, place=section: table.setColumnHidden(place, not is_seen))
            menu.addAction(action)
        self.setMenu(menu)
