"""The tray: closing hides the window only while there is one, its menu acts, and it shows no money."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import PauseEntries
from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED
from desktop_trader.messages.notices import LogNotice
from desktop_trader.ui import tray_icon
from desktop_trader.ui.tray_icon import TrayIcon
from tests.ui.network_builders import make_network, make_pause
from tests.ui.snapshot_builders import NOON, make_auto_trading, make_balance, make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window


class FakeSystemTray(QObject):
    """A tray that is always there and remembers what it was told."""

    ActivationReason = QSystemTrayIcon.ActivationReason
    activated = Signal(object)
    messageClicked = Signal()  # noqa: N815

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.messages: list[str] = []
        self.tip = ""
        self.is_shown = False

    @staticmethod
    def isSystemTrayAvailable() -> bool:
        return True

    def setContextMenu(self, menu: object) -> None:
        self.menu = menu

    def setIcon(self, icon: object) -> None:
        self.icon = icon

    def setToolTip(self, text: str) -> None:
        self.tip = text

    def toolTip(self) -> str:
        return self.tip

    def show(self) -> None:
        self.is_shown = True

    def hide(self) -> None:
        self.is_shown = False

    def showMessage(self, _title: str, text: str, _icon: object) -> None:
        self.messages.append(text)


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    made.window.fill_docks()
    made.model.replace_snapshot(make_snapshot(1))
    return made


@pytest.fixture
def tray(opened: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrayIcon]:
    monkeypatch.setattr(tray_icon, "QSystemTrayIcon", FakeSystemTray)
    made = TrayIcon(opened.model, opened.window)
    made.show()
    yield made
    made.hide()


def system_tray(tray: TrayIcon) -> FakeSystemTray:
    found = tray.findChild(FakeSystemTray)
    assert found is not None
    return found


def action(tray: TrayIcon, name: str) -> QAction:
    return next(each for each in tray.menu.actions() if each.objectName() == name)


def test_without_a_tray_there_is_none(qtbot: QtBot, dressed_app: QApplication) -> None:
    assert not TrayIcon.is_available()


def test_closing_hides_and_explains_once(opened: OpenWindow, tray: TrayIcon) -> None:
    opened.window.close()
    assert not opened.window.isVisible()
    assert len(system_tray(tray).messages) == 1
    action(tray, "tray-toggle").trigger()
    assert opened.window.isVisible()
    opened.window.close()
    assert len(system_tray(tray).messages) == 1


def test_the_application_outlives_its_window_only_while_the_tray_is_there(tray: TrayIcon) -> None:
    assert not QApplication.quitOnLastWindowClosed()
    tray.hide()
    assert QApplication.quitOnLastWindowClosed()


def test_the_icon_says_the_state_and_never_the_balance(opened: OpenWindow, tray: TrayIcon) -> None:
    assert tray.state == "stopped"
    opened.model.replace_snapshot(
        make_snapshot(2, auto_trading=make_auto_trading("running"), positions=(make_position(),))
    )
    assert tray.state == "running"
    assert tray.tool_tip() == "Desktop Trader - PAPER - demo - running, 1 open"
    assert "10,000" not in tray.tool_tip()
    opened.model.replace_snapshot(make_snapshot(3, halted="broken"))
    assert tray.state == "halted"


def test_the_menu_shows_the_balance_only_to_who_asked_for_it(opened: OpenWindow, tray: TrayIcon) -> None:
    entry = action(tray, "tray-balance")
    assert "10,000" not in entry.text()
    entry.trigger()
    assert entry.text() == "Balance $10,000.00"
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("12.5")))
    tray.menu.aboutToShow.emit()
    assert entry.text() == "Balance $12.50"
    assert "12.50" not in tray.tool_tip()
    entry.trigger()
    assert "12.50" not in entry.text()


def test_pause_and_quit_of_the_menu_act(qtbot: QtBot, opened: OpenWindow, tray: TrayIcon) -> None:
    opened.model.replace_snapshot(make_snapshot(2, auto_trading=make_auto_trading("running")))
    action(tray, "action-pause").trigger()
    assert [type(command) for command in opened.sent] == [PauseEntries]
    opened.model.replace_snapshot(make_snapshot(3))
    with qtbot.waitSignal(opened.window.quit_requested):
        action(tray, "action-quit").trigger()


def say(opened: OpenWindow, *sentences: str) -> None:
    for number, sentence in enumerate(sentences, start=1):
        opened.model.raise_notice(LogNotice(id=number, at=NOON, message=sentence))


@pytest.mark.requirement("R198")
def test_without_a_network_the_icon_has_another_shape_and_says_why(opened: OpenWindow, tray: TrayIcon) -> None:
    running = make_auto_trading("running")
    opened.model.replace_snapshot(make_snapshot(2, network=make_network(), auto_trading=running))
    assert tray.state == "running"
    before = system_tray(tray).icon
    opened.model.replace_snapshot(make_snapshot(3, network=make_pause(), auto_trading=running))
    assert tray.state == "offline"
    assert tray.tool_tip() == "Desktop Trader - PAPER - demo - offline (network pause), 0 open"
    assert system_tray(tray).icon is not before
    opened.model.replace_snapshot(make_snapshot(4, network=make_network(epoch=1), auto_trading=running))
    assert tray.state == "running"


@pytest.mark.requirement("R209")
def test_a_pause_and_its_end_are_told_once_each_in_the_exact_sentences(opened: OpenWindow, tray: TrayIcon) -> None:
    say(opened, NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, NO_NETWORK)
    assert system_tray(tray).messages == [f"{NO_NETWORK}\n{NOT_CHECKED}\n{NO_NEW_TRADES}"]
    say(opened, RESUMED, RESUMED)
    assert system_tray(tray).messages[1:] == [RESUMED]
    say(opened, NO_NETWORK)
    assert len(system_tray(tray).messages) == 3, "the next pause is told again"


@pytest.mark.requirement("R204")
def test_every_wait_that_was_in_vain_is_told(opened: OpenWindow, tray: TrayIcon) -> None:
    opened.model.replace_snapshot(make_snapshot(2, network=make_pause(wait_ends_in_seconds=300.0)))
    opened.model.replace_snapshot(make_snapshot(3, network=make_pause(wait_ends_in_seconds=0.4)))
    assert system_tray(tray).messages == []
    opened.model.replace_snapshot(make_snapshot(4, network=make_pause(wait_ends_in_seconds=300.0)))
    assert system_tray(tray).messages == [
        "Network pause goes on: no internet connection; no fresh prices of BTC/USDT. Waiting again."
    ]
    opened.model.replace_snapshot(make_snapshot(5, network=make_network(epoch=1)))
    opened.model.replace_snapshot(make_snapshot(6, network=make_pause(epoch=2, wait_ends_in_seconds=300.0)))
    assert len(system_tray(tray).messages) == 1, "another pause begins with a wait of its own"
