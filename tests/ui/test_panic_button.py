"""The button that closes everything keeps its color, whatever the pointer and the keyboard do with it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.ui.theme import active_tokens


@pytest.mark.parametrize("state", ["at rest", "under the pointer", "with the focus", "pressed"])
def test_it_is_red(qtbot: QtBot, dressed_app: QApplication, state: str) -> None:
    room = QWidget()
    qtbot.addWidget(room)
    other, panic = QToolButton(), QToolButton()
    panic.setDefaultAction(QAction("CLOSE ALL", panic))
    panic.setProperty("look", "panic")
    panic.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout = QVBoxLayout(room)
    layout.addWidget(other)
    layout.addWidget(panic)
    panic.setFixedSize(140, 40)
    room.resize(300, 140)
    with qtbot.waitExposed(room):
        room.show()
    if state == "under the pointer":
        panic.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    elif state == "with the focus":
        room.activateWindow()
        qtbot.waitUntil(room.isActiveWindow)
        panic.setFocus()
    elif state == "pressed":
        QTest.mousePress(panic, Qt.MouseButton.LeftButton)
    picture = QImage(panic.size(), QImage.Format.Format_RGB32)
    panic.render(picture, QPoint())
    assert picture.pixelColor(8, 20) == QColor(active_tokens().sell)
