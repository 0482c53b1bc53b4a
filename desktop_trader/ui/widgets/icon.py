"""The application's own line icons, recolored and sharp at every scale.

Icons are drawn by an icon engine when Qt needs them, so one made without a color follows the palette through a live
switch of the theme. GUI thread only.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap

from desktop_trader.locations import resource

_PIXMAPS_MAX = 256
# PySide does not hand a clone's ownership to Qt: without a reference kept here Python would free it under Qt's feet.
# Qt clones only when a copy of an icon is changed, which nobody does on purpose, so this stays short.
_CLONES: list[QIconEngine] = []


@lru_cache(maxsize=_PIXMAPS_MAX)
def icon(name: str, color: str | None = None) -> QIcon:
    """The icon `resources/icons/<name>.svg` in a color `#rrggbb`, or in the color of button text when None.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    resource(f"icons/{name}.svg").stat()
    return QIcon(_LineIconEngine(name, color))


def icon_pixmap(name: str, size: int, color: str, *, scale: float = 1.0) -> QPixmap:
    """The icon as a pixmap of `size` logical pixels for a screen of the given scale."""
    pixels = round(size * scale)
    pixmap = _rendered(name, color, pixels, pixels)
    sharp = QPixmap(pixmap)
    sharp.setDevicePixelRatio(scale)
    return sharp


class _LineIconEngine(QIconEngine):
    """Draws one icon from its SVG text whenever Qt asks."""

    def __init__(self, name: str, color: str | None) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, state: QIcon.State) -> None:
        target = QRectF(rect)  # type: ignore[call-overload]
        scale = painter.device().devicePixelRatio()
        size = QSize(round(target.width() * scale), round(target.height() * scale))
        pixmap = _rendered(self._name, self._ink(mode), size.width(), size.height())
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return QPixmap(_rendered(self._name, self._ink(mode), size.width(), size.height()))

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # `size` is in logical pixels; QIcon reads the ratio off the pixmap's own size.
        return self.pixmap(size * scale, mode, state)

    def clone(self) -> QIconEngine:
        copy = _LineIconEngine(self._name, self._color)
        _CLONES.append(copy)
        return copy

    def _ink(self, mode: QIcon.Mode) -> str:
        palette = QGuiApplication.palette()
        if mode is QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText).name()
        return self._color or palette.color(QPalette.ColorRole.ButtonText).name()


@lru_cache(maxsize=_PIXMAPS_MAX)
def _rendered(name: str, color: str, width: int, height: int) -> QPixmap:
    # QtSvg costs start-up time and is needed only once the first icon is really painted.
    from PySide6.QtSvg import QSvgRenderer

    text = resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", QColor(color).name())
    side = max(1, min(width, height))
    pixmap = QPixmap(max(1, width), max(1, height))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    left, top = (pixmap.width() - side) / 2, (pixmap.height() - side) / 2
    QSvgRenderer(text.encode("utf-8")).render(painter, QRectF(left, top, side, side))
    painter.end()
    return pixmap
