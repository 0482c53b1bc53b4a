"""A cell of a table in which a price is typed: exact, checked while it is typed, and taken with Enter alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.ui.number_format import decimals_of
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit

AnyIndex = QModelIndex | QPersistentModelIndex
_WIDEST = "0,000,000.00000"
_LEAVING = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab})


class LevelCell(QStyledItemDelegate):
    """`typed` carries the row's key and the price, None for an emptied cell; leaving in any other way types nothing.

    What stands in the cell when it is opened is what may be changed; prices that come meanwhile change no letter of it.
    """

    typed = Signal(object, object)

    def __init__(
        self,
        parent: QWidget,
        *,
        name: str,
        read: Callable[[AnyIndex], tuple[Any, Decimal | None, Instrument | None]],
        check: Callable[[Any, Decimal], str],
    ) -> None:
        """`read` gives key, price and rules of a cell; `check` says why a price may not be, or nothing."""
        super().__init__(parent)
        self._name = name
        self._read = read
        self._check = check
        self._key: Any = None

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        self._key, price, instrument = self._read(index)
        tick = instrument.tick_size if instrument is not None else Decimal("0.00000001")
        edit = DecimalEdit(decimals=decimals_of(tick), step=tick, parent=parent)
        edit.setObjectName(f"{self._name}-edit")
        edit.setAccessibleName(self._name.replace("-", " "))
        edit.setProperty("look", "cell")
        edit.set_value(price)
        edit.selectAll()
        edit.value_changed.connect(lambda _value: self._show_problem(edit))
        return edit

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Lie over the cell with its right edge, as wide as a price with all its digits wants."""
        area = QRect(option.rect)
        area.setLeft(min(area.left(), area.right() - editor.fontMetrics().horizontalAdvance(_WIDEST)))
        editor.setGeometry(area)

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Leave what is typed as it is."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Take nothing when the focus leaves: a price of a stop is never changed in passing."""

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, DecimalEdit) and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(editor)
                return True
            if event.key() in _LEAVING:
                self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
                return True
        return super().eventFilter(editor, event)

    def _take(self, edit: DecimalEdit) -> None:
        if self._problem(edit):
            self._show_problem(edit)
            return
        key, value = self._key, edit.value()
        self.closeEditor.emit(edit, QStyledItemDelegate.EndEditHint.NoHint)
        self.typed.emit(key, value)

    def _problem(self, edit: DecimalEdit) -> str:
        value = edit.value()
        if value is None:
            return edit.error_text() or ("A price is wanted, or nothing." if edit.text() else "")
        return self._check(self._key, value)

    def _show_problem(self, edit: DecimalEdit) -> None:
        problem = self._problem(edit)
        edit.setAccessibleDescription(problem)
        if problem:
            QToolTip.showText(edit.mapToGlobal(edit.rect().bottomLeft()), problem, edit)
        else:
            QToolTip.hideText()
