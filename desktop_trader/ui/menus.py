"""Menus and toolbar of the main window, made of the shared actions."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from desktop_trader.ui.actions import Actions
from desktop_trader.ui.docks import Docks
from desktop_trader.ui.theme import active_tokens
from desktop_trader.ui.widgets.icon import icon

_ICON_PX = 16


def build_menus(window: QMainWindow, actions: Actions, docks: Docks) -> None:
    """Fill the menu bar."""
    bar = window.menuBar()
    bar.setObjectName("menu-bar")
    bar.setAccessibleName("Menus")
    file = _menu(window, "&File")
    file.addActions([actions.new_account, actions.market])
    file.addSeparator()
    file.addActions([actions.import_legacy, actions.export_history])
    file.addSeparator()
    file.addActions([actions.open_folder, actions.restart, actions.quit])
    trade = _menu(window, "&Trade")
    trade.addActions([actions.run, actions.pause, actions.stop])
    trade.addSeparator()
    trade.addActions(list(actions.money))
    trade.addSeparator()
    trade.addAction(actions.close_all)
    chart = _menu(window, "&Chart")
    chart.addAction(actions.find_symbol)
    timeframes = _menu(window, "&Timeframe", parent=chart)
    timeframes.addActions(list(actions.timeframes.values()))
    chart.addAction(actions.chart_levels)
    chart.addActions([actions.chart_zoom_in, actions.chart_zoom_out, actions.chart_autoscale, actions.chart_latest])
    view = _menu(window, "&View")
    for dock in docks:
        view.addAction(dock.toggleViewAction())
    view.addSeparator()
    themes = _menu(window, "T&heme", parent=view)
    themes.addActions(list(actions.themes.values()))
    view.addActions([actions.lock_layout, actions.reset_layout, actions.full_screen])
    view.addSeparator()
    view.addActions([actions.net_change, actions.refresh])
    tools = _menu(window, "T&ools")
    tools.addActions([actions.books, actions.performance, actions.backups, actions.sync])
    tools.addSeparator()
    tools.addActions([actions.health, actions.outages, actions.simulate_loss])
    help_menu = _menu(window, "&Help")
    help_menu.addActions([actions.verify_books, actions.crash_drill])
    help_menu.addSeparator()
    help_menu.addActions([actions.open_folder, actions.about])


class MainToolBar(QToolBar):
    """Run, pause, stop; which symbol is shown; whose money it is."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("main-toolbar")
        self.setAccessibleName("Toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for action in (actions.run, actions.pause, actions.stop):
            self.addAction(action)
            button = self.widgetForAction(action)
            button.setObjectName(f"toolbar-{action.objectName().removeprefix('action-')}-btn")
            button.setAccessibleName(action.text().replace("&", ""))
        self.addSeparator()
        self.symbol = QComboBox()
        self.symbol.setObjectName("toolbar-symbol-combo")
        self.symbol.setAccessibleName("Symbol shown")
        self.symbol.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addWidget(self.symbol)
        find = QToolButton()
        find.setDefaultAction(actions.find_symbol)
        find.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        find.setObjectName("toolbar-find-symbol-btn")
        find.setAccessibleName("Find a symbol")
        self.addWidget(find)
        room = QWidget()
        room.setObjectName("toolbar-room")
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(room)

    def add_panic(self, action: QAction) -> None:
        """Put the button that closes everything at the right end, apart from the others."""
        self.addSeparator()
        button = QToolButton()
        button.setDefaultAction(action)
        # The color of other icons would be lost on this ground.
        button.setIcon(icon("warning", active_tokens().on_trade))
        button.setText(action.text().replace("&", "").removesuffix("…"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setObjectName("toolbar-close-all-btn")
        button.setAccessibleName("Close all: cancel every order and close every position")
        button.setProperty("look", "panic")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.addWidget(button)

    def show_symbols(self, symbols: list[str]) -> None:
        """Offer these symbols; the one chosen stays. An account that sleeps offers none, and nothing changes."""
        if not symbols or symbols == [self.symbol.itemText(place) for place in range(self.symbol.count())]:
            return
        chosen = self.symbol.currentText()
        self.symbol.blockSignals(True)
        self.symbol.clear()
        self.symbol.addItems(symbols)
        if chosen in symbols:
            self.symbol.setCurrentText(chosen)
        self.symbol.blockSignals(False)

    def show_symbol(self, symbol: str) -> None:
        """Show which symbol was chosen elsewhere."""
        self.symbol.blockSignals(True)
        self.symbol.setCurrentText(symbol)
        self.symbol.blockSignals(False)


def _menu(window: QMainWindow, title: str, *, parent: QMenu | None = None) -> QMenu:
    menu = (parent or window.menuBar()).addMenu(title)
    plain = title.replace("&", "")
    menu.setObjectName(f"menu-{plain.lower()}")
    menu.setAccessibleName(plain)
    return menu
