"""Trading on the chart: lines that are dragged, a menu at a price, and the list of all levels for the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QMenu

from desktop_trader.domain.level_result import snapped
from desktop_trader.domain.order import Order, OrderSide, OrderType
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.chart_levels import ChartLevel, LevelRole, chart_levels, level_caption
from desktop_trader.ui.level_checks import level_problem
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.table_columns import direction_text, price_text, quantity_text
from desktop_trader.ui.number_format import format_plain
from desktop_trader.ui.position_commands import levels_of
from desktop_trader.ui.position_menu import show_dialog

if TYPE_CHECKING:
    from desktop_trader.ui.charts.chart_view import ChartView
    from desktop_trader.ui.panels.chart import ChartPanel


class ChartTrading(QObject):
    """Nothing is asked for by a drag or a menu alone: a dialog says before and after, and is the one confirmation.

    `order_wanted(side, type, price)` fills the ticket in and sends nothing.
    """

    order_wanted = Signal(object, object, object)

    def __init__(self, model: BalanceModel, panel: ChartPanel, *, send: SendCommand) -> None:
        super().__init__(panel)
        self._model = model
        self._panel = panel
        self._send = send
        self._view: ChartView | None = None
        self._asked: QDialog | None = None

    def draw(self) -> None:
        """Listen to the chart, once it is there."""
        view = self._panel.view
        if view is None or self._view is not None:
            return
        self._view = view
        view.grip.moved.connect(self._on_moved)
        view.grip.dropped.connect(self._on_dropped)
        view.menu_requested.connect(self._on_menu_requested)

    def levels(self) -> list[ChartLevel]:
        """Every line of the symbol shown."""
        return chart_levels(self._model, self._panel.symbol)

    def change(self, level: ChartLevel, price: Decimal | None = None) -> QDialog:
        """Open the dialog that changes a level, filled in with a price; the line waits there until it is closed."""
        if self._asked is not None:
            self._asked.close()
        dialog = self._dialog_of(level, price)
        self._asked = dialog
        dialog.finished.connect(lambda _result: self._release(dialog))
        show_dialog(dialog)
        return dialog

    def open_levels(self) -> QDialog:
        """Open the list of all levels, each of which can be changed from there."""
        from desktop_trader.ui.dialogs.levels import LevelListDialog

        dialog = LevelListDialog(self._model, self._panel.symbol, parent=self._panel.window())
        dialog.chosen.connect(self.change)
        show_dialog(dialog)
        return dialog

    def menu_at(self, price: Decimal) -> QMenu:
        """Return what can be done at a price of the symbol shown."""
        instrument = self._model.instrument(self._panel.symbol)
        menu = QMenu(self._panel)
        menu.setObjectName("chart-menu")
        menu.setAccessibleName("Trade at a price")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = price_text(price, instrument)
        title = menu.addAction(f"{self._panel.symbol} at {shown}")
        title.setEnabled(False)
        can_sell = instrument is not None and instrument.allows_short
        for name, text, side, kind in self._entries(price):
            action = menu.addAction(text)
            action.setObjectName(f"chart-menu-{name}")
            action.setEnabled(side is OrderSide.BUY or can_sell)
            action.triggered.connect(lambda _on=False, side=side, kind=kind: self.order_wanted.emit(side, kind, price))
        menu.addSeparator()
        for level in self._movable_to(price):
            is_stop = level.role is LevelRole.STOP
            held = level.owner
            size = quantity_text(held.quantity, instrument)
            what = direction_text(held.direction) if isinstance(held, PositionView) else ""
            action = menu.addAction(f"{'Stop' if is_stop else 'Target'} of {what} {size} here…")
            action.setObjectName(f"chart-menu-{level.role}-{held.id}")
            action.triggered.connect(lambda _on=False, level=level: self.change(level, price))
        self._add(menu, "levels", "&Levels…", self.open_levels)
        menu.addSeparator()
        self._add(menu, "copy", f"&Copy {shown}", lambda: QGuiApplication.clipboard().setText(format_plain(price)))
        if self._view is not None:
            self._add(menu, "reset", "&Reset the view", self._view.viewport.series_replaced)
        return menu

    def _add(self, menu: QMenu, name: str, text: str, act: Callable[[], object]) -> None:
        action = menu.addAction(text)
        action.setObjectName(f"chart-menu-{name}")
        action.triggered.connect(lambda _on=False: act())

    def _entries(self, price: Decimal) -> list[tuple[str, str, OrderSide, OrderType]]:
        """Orders that make sense as entries; a stop order waits on the far side of the present price."""
        quote = self._model.quote(self._panel.symbol)
        is_above = quote is not None and price > quote.last
        side = OrderSide.BUY if is_above else OrderSide.SELL
        return [
            ("buy-limit", "&Buy limit here…", OrderSide.BUY, OrderType.LIMIT),
            ("sell-limit", "&Sell limit here…", OrderSide.SELL, OrderType.LIMIT),
            ("stop", f"S&top here ({side} when reached)…", side, OrderType.STOP_MARKET),
        ]

    def _movable_to(self, price: Decimal) -> list[ChartLevel]:
        """Stops and targets of open positions that may stand at a price."""
        symbol = self._panel.symbol
        return [
            ChartLevel(role=role, owner=position, price=price, text="")
            for position in self._model.positions
            if position.symbol == symbol and not position.is_closing
            for role in (LevelRole.STOP, LevelRole.TARGET)
            if not level_problem(self._model, position, price, is_stop=role is LevelRole.STOP)
        ]

    def _dialog_of(self, level: ChartLevel, price: Decimal | None) -> QDialog:
        owner, window = level.owner, self._panel.window()
        if isinstance(owner, Order):
            from desktop_trader.ui.dialogs.edit_order import EditOrderDialog

            role = None if price is None else level.role.value
            return EditOrderDialog(self._model, owner, send=self._send, chosen=(role, price), parent=window)
        from desktop_trader.ui.dialogs.set_protection import LevelsDialog

        levels = levels_of(owner)
        if price is not None:
            is_stop = level.role is LevelRole.STOP
            levels = replace(levels, stop_loss=price) if is_stop else replace(levels, take_profit=price)
        return LevelsDialog(self._model, owner, send=self._send, levels=levels, parent=window)

    def _release(self, dialog: QDialog) -> None:
        if self._asked is dialog:
            self._asked = None
            if self._view is not None:
                self._view.grip.release()

    def _level_of(self, key: str) -> ChartLevel | None:
        return next((level for level in self.levels() if level.key == key), None)

    def _exact(self, price: float) -> Decimal:
        """The multiple of the tick nearest to where the pointer is."""
        instrument = self._model.instrument(self._panel.symbol)
        exact = Decimal(repr(price))
        return exact if instrument is None else snapped(exact, instrument)

    def _on_moved(self, key: str, price: float) -> None:
        level = self._level_of(key)
        if level is None or self._view is None:
            return
        exact = self._exact(price)
        shown = price_text(exact, self._model.instrument(self._panel.symbol))
        problem = self._problem(level, exact)
        text = f"{level_caption(self._model, level, exact)}  → {shown}" + (f"  ✗ {problem}" if problem else "")
        self._view.grip.hold(key, float(exact), text)

    def _on_dropped(self, key: str, price: float) -> None:
        level = self._level_of(key)
        if level is None or self._view is None:
            return
        exact = self._exact(price)
        if exact == level.price:
            self._view.grip.release()
            return
        self._on_moved(key, price)
        self.change(level, exact)

    def _problem(self, level: ChartLevel, price: Decimal) -> str:
        if not isinstance(level.owner, PositionView):
            return ""
        problem = level_problem(self._model, level.owner, price, is_stop=level.role is LevelRole.STOP)
        return "would act at once" if problem else ""

    def _on_menu_requested(self, price: float, place: QPoint) -> None:
        if self._panel.symbol:
            self.menu_at(self._exact(price)).popup(place)
