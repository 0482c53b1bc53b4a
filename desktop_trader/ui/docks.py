"""The docks of the main window: made at once, so that a stored layout finds them; filled when there is time."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QWidget

_TITLES = {
    "sidebar": "Wallet",
    "chart": "Chart",
    "auto-trading": "Auto trading",
    "futures": "Futures",
    "positions": "Positions",
    "orders": "Orders",
    "history": "History",
    "log": "Log",
}
_MOVABLE = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)
_LEFT_WIDTH, _RIGHT_WIDTH, _BOTTOM_HEIGHT = 260, 344, 190


class Docks:
    """Eight docks by their public names, and where they stand by default."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        for name, title in _TITLES.items():
            dock = QDockWidget(title, window)
            dock.setObjectName(name)
            dock.setAccessibleName(title)
            dock.setFeatures(_MOVABLE)
            self._docks[name] = dock

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    def fill(self, name: str, panel: QWidget, *, scrolls: bool = False) -> None:
        """Put a panel into a dock; one that may be higher than its dock scrolls."""
        dock = self._docks[name]
        if not scrolls:
            dock.setWidget(panel)
            return
        area = QScrollArea()
        area.setObjectName(f"{name}-scroll")
        area.setAccessibleName(f"{_TITLES[name]}, scrolling")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(panel)
        dock.setWidget(area)

    def arrange(self) -> None:
        """Put every dock back to where it stands by default."""
        window, docks = self._window, self._docks
        for dock in self:
            dock.setFloating(False)
            window.removeDockWidget(dock)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["sidebar"])
        window.splitDockWidget(docks["sidebar"], docks["chart"], Qt.Orientation.Horizontal)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks["auto-trading"])
        window.splitDockWidget(docks["auto-trading"], docks["futures"], Qt.Orientation.Vertical)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["positions"])
        for name in ("orders", "history", "log"):
            window.tabifyDockWidget(docks["positions"], docks[name])
        for dock in self:
            dock.show()
        docks["positions"].raise_()
        self.set_default_sizes()

    def set_default_sizes(self) -> None:
        """Give every dock its default share of the window."""
        width, height = self._window.width(), self._window.height()
        chart_width = max(300, width - _LEFT_WIDTH - _RIGHT_WIDTH)
        docks = [self._docks[name] for name in ("sidebar", "chart", "auto-trading")]
        self._window.resizeDocks(docks, [_LEFT_WIDTH, chart_width, _RIGHT_WIDTH], Qt.Orientation.Horizontal)
        self._window.resizeDocks(
            [self._docks["chart"], self._docks["positions"]],
            [max(200, height - _BOTTOM_HEIGHT), _BOTTOM_HEIGHT],
            Qt.Orientation.Vertical,
        )

    def lock(self, is_locked: bool) -> None:
        """Hold every dock in place, or let them go."""
        none = QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
        for dock in self:
            dock.setFeatures(none if is_locked else _MOVABLE)
