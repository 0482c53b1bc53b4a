"""Dragging a horizontal line of the chart to another price with the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from desktop_trader.ui.charts.chart_data import PriceLevel

if TYPE_CHECKING:
    from desktop_trader.ui.charts.chart_view_box import ChartViewBox
    from desktop_trader.ui.charts.price_lines import PriceLinesItem

_REACH_PX = 5.0


class LevelGrip(QObject):
    """Takes drags that begin on a line with a key, or on its text; everything else pans as ever.

    `moved` and `dropped` carry the key and the price under the pointer. Who listens says with `hold` where the line is
    drawn meanwhile, and with `release` that it goes back to where it is. `given_up` comes of Esc during a drag.
    `sought` carries the price of a line out of view whose mark at the edge was clicked.
    """

    moved = Signal(str, float)
    dropped = Signal(str, float)
    given_up = Signal(str)
    sought = Signal(float)

    def __init__(self, box: ChartViewBox, lines: PriceLinesItem, parent: QObject) -> None:
        super().__init__(parent)
        self._box = box
        self._lines = lines
        self._levels: tuple[PriceLevel, ...] = ()
        self._key = ""
        self._is_given_up = False
        box.grip = self.take_drag
        box.press = self.take_press

    @property
    def dragged(self) -> str:
        """The key of the line that is dragged at this moment; empty for none."""
        return self._key

    def set_levels(self, levels: Sequence[PriceLevel]) -> None:
        """Take the lines there are; one that is dragged and gone is let go."""
        self._levels = tuple(levels)
        if self._key and all(level.key != self._key for level in self._levels):
            self.give_up()

    def key_at(self, place: QPointF) -> str:
        """Return which line can be taken at a place of the scene; empty for none."""
        for level, box in self._lines.boxes():
            if level.key and box.contains(place):
                return level.key
        near = [
            (distance, level.key)
            for level in self._levels
            if level.key
            and (distance := abs(self._box.mapViewToScene(QPointF(0.0, level.price)).y() - place.y())) <= _REACH_PX
        ]
        return min(near)[1] if near else ""

    def is_at_mark(self, place: QPointF) -> bool:
        """Say whether a place of the scene is on the mark of a line out of view."""
        return any(box.contains(place) for _, box in self._lines.marks())

    def take_press(self, place: QPointF) -> bool:
        """Take a click at a place of the scene, if it is on a mark."""
        level = next((level for level, box in self._lines.marks() if box.contains(place)), None)
        if level is not None:
            self.sought.emit(level.price)
        return level is not None

    def hold(self, key: str, price: float, text: str) -> None:
        """Draw a line at another price with another text."""
        level = next((level for level in self._levels if level.key == key), None)
        if level is not None:
            self._lines.hold(replace(level, price=price, text=text))

    def release(self) -> None:
        """Draw every line where it is."""
        self._lines.hold(None)

    def give_up(self) -> bool:
        """End a drag as if it had never begun; say whether there was one."""
        if not self._key:
            return False
        key, self._key = self._key, ""
        self._is_given_up = True
        self.release()
        self.given_up.emit(key)
        return True

    def take_drag(self, event: Any) -> bool:
        """Take a step of a drag with the left button, if it is one of a line."""
        if event.isStart():
            self._is_given_up = False
            is_left = event.button() is Qt.MouseButton.LeftButton
            self._key = self.key_at(event.buttonDownScenePos()) if is_left else ""
        if self._is_given_up:
            self._is_given_up = not event.isFinish()
            return True
        if not self._key:
            return False
        price = float(self._box.mapToView(event.pos()).y())
        if event.isFinish():
            key, self._key = self._key, ""
            self.dropped.emit(key, price)
        else:
            self.moved.emit(self._key, price)
        return True
