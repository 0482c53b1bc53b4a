"""The Books window: pages about the books as a whole, beside the main window. Built when it is first opened."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from desktop_trader.ui.pages.catalog import PAGES
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_L, SPACE_M

_SIZE = (1120, 680)
_LIST_WIDTH = 170


class BooksWindow(QDialog):
    """Not modal. A page is built when it first comes to the front, and asks anew each time it does."""

    def __init__(self, doors: PageDoors, parent: QWidget) -> None:
        super().__init__(parent)
        self._doors = doors
        self._pages: dict[str, Page] = {}
        self.setObjectName("books-window")
        self.setAccessibleName("Books")
        self.setWindowTitle("Books")
        self.setModal(False)
        self.resize(*_SIZE)
        self._list = QListWidget()
        self._list.setObjectName("books-pages-list")
        self._list.setAccessibleName("Pages about the books")
        self._list.setFixedWidth(_LIST_WIDTH)
        self._stack = QStackedWidget()
        self._stack.setObjectName("books-stack")
        for entry in PAGES:
            item = QListWidgetItem(entry.title)
            item.setData(Qt.ItemDataRole.UserRole, entry.name)
            item.setSizeHint(QSize(0, self.fontMetrics().height() + 2 * SPACE_M))
            self._list.addItem(item)
        self._list.currentRowChanged.connect(self._on_row_changed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._list)
        layout.addWidget(self._stack, 1)

    def open_page(self, name: str = "") -> None:
        """Come to the front with a page; without a name with the one shown last, or the first."""
        names = [entry.name for entry in PAGES]
        row = names.index(name) if name in names else max(self._list.currentRow(), 0)
        is_same = row == self._list.currentRow()
        self._list.setCurrentRow(row)
        self.show()
        self.raise_()
        self.activateWindow()
        if is_same:
            self._refresh()

    def page(self, name: str) -> Page | None:
        """Return a page that was built already."""
        return self._pages.get(name)

    def show_reply(self, reply: object) -> None:
        """Hand a reply to every page that exists; each knows its own."""
        for page in self._pages.values():
            page.show_reply(reply)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.type() == QEvent.Type.Show and not event.spontaneous() and self._list.currentRow() < 0:
            self._list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return  # Enter in the filter of a page is no press of that page's first button, which may begin a job.
        super().keyPressEvent(event)

    def _on_row_changed(self, row: int) -> None:
        if not 0 <= row < len(PAGES):
            return
        entry = PAGES[row]
        page = self._pages.get(entry.name)
        if page is None:
            page = self._pages[entry.name] = entry.build(self._doors)
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        page.refresh()

    def _refresh(self) -> None:
        page = self._stack.currentWidget()
        if isinstance(page, Page):
            page.refresh()
