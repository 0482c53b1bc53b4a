"""The area of the chart that the mouse moves: wheel zooms time at the pointer, dragging pans, axes scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal

_WHEEL_ZOOM = 1.0015
_DRAG_ZOOM = 1.006
_X_AXIS, _Y_AXIS = 0, 1


class ChartViewBox(pg.ViewBox):  # type: ignore[misc]
    """Turns mouse gestures into signals and small range changes; what follows from them is `ChartViewport`'s.

    Signals: `time_zoomed(factor, at)` with the bar index that stays in place (None is the right edge), `panned(bars,
    share)` with the share of the price range moved upwards, `price_zoomed(factor)`, and after a double click on an axis
    `price_reset_requested()` or `time_reset_requested()`. `menu_requested(price, place)` comes of a right click, with
    the place on the screen. `grip`, when there is one, takes drags of lines before they pan, `press` clicks on marks.
    """

    time_zoomed = Signal(float, object)
    panned = Signal(float, float)
    price_zoomed = Signal(float)
    price_reset_requested = Signal()
    time_reset_requested = Signal()
    menu_requested = Signal(float, object)

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.grip: Callable[[Any], bool] | None = None
        self.press: Callable[[QPointF], bool] | None = None
        self.disableAutoRange()
        self.setMouseEnabled(x=True, y=True)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        factor = _WHEEL_ZOOM ** -event.delta()
        if axis == _Y_AXIS:
            self.price_zoomed.emit(factor)
        else:
            at = self.mapToView(event.pos()).x() if axis is None else None
            self.time_zoomed.emit(factor, at)
        event.accept()

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() is Qt.MouseButton.RightButton:
            self.menu_requested.emit(self.mapToView(event.pos()).y(), event.screenPos().toPoint())
            event.accept()
        elif event.button() is Qt.MouseButton.LeftButton and self.press is not None and self.press(event.scenePos()):
            event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        event.accept()
        if axis is None and self.grip is not None and self.grip(event):
            return
        moved = event.pos() - event.lastPos()
        if axis == _Y_AXIS:
            self.price_zoomed.emit(_DRAG_ZOOM ** moved.y())
        elif axis == _X_AXIS:
            self.time_zoomed.emit(_DRAG_ZOOM ** -moved.x(), None)
        else:
            bars = -moved.x() / max(1.0, self.width()) * self.viewRect().width()
            self.panned.emit(bars, moved.y() / max(1.0, self.height()))
