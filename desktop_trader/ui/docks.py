"""The docks of the main window: made at once, so that a stored layout finds them; filled when there is time."""

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from desktop_trader.ui.theme import SPACE_M, SPACE_S

_TITLES = {
    "sidebar": "Wallet",
    "chart": "Chart",
    "auto-trading": "Auto trading",
    "futures": "Futures",
    "positions": "Positions",
    "orders": "Orders",
    "assets": "Assets",
    "history": "History",
    "log": "Log",
}
_MOVABLE = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)
_LEFT_WIDTH, _RIGHT_WIDTH, _BOTTOM_HEIGHT = 352, 346, 214
_CHART_MIN = 200
_RIGHT = ("futures", "auto-trading")
_BOTTOM = ("positions", "orders", "assets", "history", "log")
_EDGE_NAMES = {"sidebar": "sidebar", **dict.fromkeys(_RIGHT, "auto-trading"), **dict.fromkeys(_BOTTOM, "bottom")}
"""Under which name the size of an edge is kept, by the names of the docks that may stand there."""
_AREAS = {
    "sidebar": Qt.DockWidgetArea.LeftDockWidgetArea,
    **dict.fromkeys(_RIGHT, Qt.DockWidgetArea.RightDockWidgetArea),
    **dict.fromkeys(_BOTTOM, Qt.DockWidgetArea.BottomDockWidgetArea),
}


class _SideArea(QScrollArea):
    """Scrolls up and down only, and is never narrower than what it shows, with its scroll bar beside it.

    `narrowed` says that it needs less than it did.
    """

    narrowed = Signal()

    def __init__(self, narrowest: int) -> None:
        super().__init__()
        self._narrowest = narrowest
        self.setMinimumWidth(narrowest)

    def minimumSizeHint(self) -> QSize:
        hint, panel = super().minimumSizeHint(), self.widget()
        if panel is None:
            return hint
        width = panel.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(self._narrowest, width), hint.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._keep_wide()
        return super().eventFilter(watched, event)

    def _keep_wide(self) -> None:
        # A longer figure may need more than the room there was, and a shorter one gives it back.
        wanted, before = self.minimumSizeHint().width(), self.minimumWidth()
        if wanted != before:
            self.setMinimumWidth(wanted)
        if wanted < before:
            self.narrowed.emit()


class Docks(QObject):
    """Nine docks by their public names, and where they stand by default.

    All of them are docks, the chart too, so none is the one that takes the room when the window grows. This sees to
    it: sidebar, right column and bottom keep what they have, and the chart gets the rest.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self._wanted = {"sidebar": _LEFT_WIDTH, "auto-trading": _RIGHT_WIDTH, "bottom": _BOTTOM_HEIGHT}
        self._is_separator_held = False
        self._settle = QTimer(self, singleShot=True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._keep_edges)
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        # Above, where the eye begins: below they would be lost under the buttons of the ticket.
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
        for name, title in _TITLES.items():
            dock = QDockWidget(title, window)
            dock.setObjectName(name)
            dock.setAccessibleName(title)
            dock.setFeatures(_MOVABLE)
            self._docks[name] = dock
            if name in _AREAS:
                dock.installEventFilter(self)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window and isinstance(event, QMouseEvent) and event.button() is Qt.MouseButton.LeftButton:
            is_between = self._window.isSeparator(event.position().toPoint())
            self._is_separator_held = kind is QEvent.Type.MouseButtonPress and is_between
        elif kind is QEvent.Type.Resize:
            if watched is self._window:
                self._settle.start()
            elif isinstance(watched, QDockWidget):
                self._remember_edge(watched)
        return False

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    def fill(self, name: str, panel: QWidget, *, minimum_width: int = 0, footer: QWidget | None = None) -> None:
        """Put a panel into a dock; with a minimum width it scrolls above its footer where it is too high."""
        dock = self._docks[name]
        before = dock.widget()
        if before is not None:
            before.setParent(None)
            before.deleteLater()
        if not minimum_width:
            dock.setWidget(panel)
            return
        area = _SideArea(minimum_width)
        area.narrowed.connect(self._settle.start)
        area.setObjectName(f"{name}-scroll")
        area.setAccessibleName(f"{_TITLES[name]}, scrolling")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(panel)
        dock.setWidget(area if footer is None else _above(area, footer, name=name))

    def arrange(self) -> None:
        """Put every dock back to where it stands by default."""
        window, docks = self._window, self._docks
        for dock in self:
            dock.setFloating(False)
            window.removeDockWidget(dock)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["sidebar"])
        window.splitDockWidget(docks["sidebar"], docks["chart"], Qt.Orientation.Horizontal)
        for tabs in (_RIGHT, _BOTTOM):
            window.addDockWidget(_AREAS[tabs[0]], docks[tabs[0]])
            for name in tabs[1:]:
                window.tabifyDockWidget(docks[tabs[0]], docks[name])
        for dock in self:
            dock.show()
        for tabs in (_RIGHT, _BOTTOM):
            docks[tabs[0]].raise_()
        self.set_default_sizes()

    def set_default_sizes(self) -> None:
        """Give every dock its default share of the window."""
        self._wanted = {"sidebar": _LEFT_WIDTH, "auto-trading": _RIGHT_WIDTH, "bottom": _BOTTOM_HEIGHT}
        self._keep_edges()

    @property
    def edges(self) -> dict[str, int]:
        """How wide or high each edge is to be, in pixels, by the names of their docks and `bottom`."""
        return dict(self._wanted)

    def restore_edges(self, edges: Mapping[str, int]) -> None:
        """Hold edges at what they were; Qt scales them where the window has not its size yet."""
        self._wanted.update({name: size for name, size in edges.items() if name in self._wanted and size > 0})
        self._settle.start()

    def _remember_edge(self, dock: QDockWidget) -> None:
        """Take what a person made of an edge; whatever else moved it, a band for one, takes nothing from it."""
        edge = _EDGE_NAMES[dock.objectName()]
        if dock not in self._in_front(edge):
            return
        if not self._is_separator_held:
            self._settle.start()
        else:
            self._wanted[edge] = dock.height() if edge == "bottom" else dock.width()

    def _keep_edges(self) -> None:
        chart = self._docks["chart"]
        beside = {dock: self._wanted[edge] for edge in ("sidebar", "auto-trading") for dock in self._in_front(edge)[:1]}
        # What they have together: separators take their part, and asked for more, Qt would shave every dock.
        room = chart.width() + sum(dock.width() for dock in beside)
        self._window.resizeDocks(
            [*beside, chart],
            [*beside.values(), max(_CHART_MIN, room - sum(beside.values()))],
            Qt.Orientation.Horizontal,
        )
        for lower in self._in_front("bottom")[:1]:
            self._keep_height(lower, self._wanted["bottom"])

    def _keep_height(self, lower: QDockWidget, wanted: int) -> None:
        # Asked for more than the column has, Qt would take as much off the lower dock as off the chart.
        chart = self._docks["chart"]
        room = lower.height() + chart.height()
        self._window.resizeDocks([lower, chart], [wanted, max(_CHART_MIN, room - wanted)], Qt.Orientation.Vertical)

    def _in_front(self, edge: str) -> list[QDockWidget]:
        """Docks at an edge whose tab is in front; those behind keep the size they had when they were seen."""
        there = [self._docks[name] for name in _AREAS if _EDGE_NAMES[name] == edge and self._is_at_its_edge(name)]
        return [dock for dock in there if dock.geometry().intersects(self._window.rect())] or there[:1]

    def _is_at_its_edge(self, name: str) -> bool:
        dock = self._docks[name]
        is_there = not dock.isFloating() and not dock.isHidden()
        return is_there and self._window.dockWidgetArea(dock) == _AREAS[name]

    def show(self, name: str) -> None:
        """Bring a dock to the front, wherever it stands, hidden or behind another tab."""
        dock = self._docks[name]
        dock.show()
        dock.raise_()

    def lock(self, is_locked: bool) -> None:
        """Hold every dock in place, or let them go."""
        none = QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
        for dock in self:
            dock.setFeatures(none if is_locked else _MOVABLE)


def _above(area: QScrollArea, footer: QWidget, *, name: str) -> QWidget:
    """Return both in one widget: what scrolls, and what does not."""
    room = QWidget()
    room.setObjectName(f"{name}-with-footer")
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(area, 1)
    frame = QFrame()
    frame.setProperty("look", "footer")
    below = QVBoxLayout(frame)
    below.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_M)
    below.addWidget(footer)
    layout.addWidget(frame)
    return room
