"""The application's own icons."""

import gc
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QApplication

from desktop_trader.locations import resource
from desktop_trader.ui import theme
from desktop_trader.ui.color_tokens import ThemeName
from desktop_trader.ui.widgets.icon import icon, icon_pixmap

NAMES = sorted(path.stem for path in resource("icons").glob("*.svg"))
TRAY = ["tray-running", "tray-paused", "tray-offline", "tray-stopped", "tray-error"]


def _inked(image: QImage) -> set[tuple[int, int]]:
    columns, rows = range(image.width()), range(image.height())
    return {(x, y) for x in columns for y in rows if image.pixelColor(x, y).alpha() > 128}


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_something_on_the_same_grid(dressed_app: QApplication, name: str) -> None:
    root = ElementTree.fromstring(resource(f"icons/{name}.svg").read_text(encoding="utf-8"))
    assert root.attrib["viewBox"] == "0 0 24 24"
    assert _inked(icon(name).pixmap(QSize(24, 24)).toImage())


def test_an_icon_takes_the_color_it_is_asked_for(dressed_app: QApplication) -> None:
    image = icon("stop", "#3ecf8e").pixmap(QSize(64, 64)).toImage()
    inks = {image.pixelColor(x, y).name() for x, y in _inked(image) if image.pixelColor(x, y).alpha() == 255}
    assert inks == {"#3ecf8e"}


def test_an_icon_without_a_color_follows_the_theme(dressed_app: QApplication) -> None:
    play = icon("play")
    dark = play.pixmap(QSize(32, 32)).toImage()
    theme.apply(dressed_app, theme.ThemeChoice(theme=ThemeName.LIGHT))
    light = play.pixmap(QSize(32, 32)).toImage()
    assert dark != light


def test_a_sharp_screen_gets_twice_the_pixels(dressed_app: QApplication) -> None:
    pixmap = icon("wallet").pixmap(QSize(20, 20), 2.0)
    assert (pixmap.size(), pixmap.devicePixelRatio()) == (QSize(40, 40), 2.0)
    assert icon_pixmap("wallet", 20, "#ffffff", scale=2.0).deviceIndependentSize().width() == 20


def test_the_states_of_the_tray_differ_in_shape(dressed_app: QApplication) -> None:
    shapes = [_inked(icon(name, "#808080").pixmap(QSize(22, 22)).toImage()) for name in TRAY]
    for place, shape in enumerate(shapes):
        assert all(len(shape ^ other) > 40 for other in shapes[:place])


def test_changed_copies_of_an_icon_outlive_the_garbage_collector(dressed_app: QApplication) -> None:
    for _ in range(20):
        copy = QIcon(icon("refresh"))
        copy.addPixmap(QPixmap(4, 4))
        gc.collect()
        assert not copy.pixmap(QSize(16, 16)).isNull()


def test_an_unknown_icon_is_an_error_at_once(dressed_app: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon", QColor("red").name())
