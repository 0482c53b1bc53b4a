"""Adjust, deposit, withdraw, reset and sync: each from the sidebar, both panels, the menu and the tray."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QRadioButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.messages.account_sync import SyncAccount
from desktop_trader.messages.jobs import StartJob
from desktop_trader.ui import tray_icon
from desktop_trader.ui.actions import Actions
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.dialogs.reset_account import ResetAccountDialog
from desktop_trader.ui.tray_icon import TrayIcon
from tests.ui.snapshot_builders import make_balance, make_snapshot
from tests.ui.test_tray_icon import FakeSystemTray
from tests.ui.window_builders import OpenWindow, make_window

PLACES = ("sidebar", "auto", "futures", "menu", "tray")
RADIOS = {"adjust": "adjust-set-total-radio", "deposit": "adjust-deposit-radio", "withdraw": "adjust-withdraw-radio"}
BUTTONS = {"reset": "reset-balance", "sync": "sync-balance"}
ACTIONS = {"reset": "action-reset-account"}


class Places:
    """Every place from which money is moved, used as a person uses it."""

    def __init__(self, qtbot: QtBot, opened: OpenWindow, tray: TrayIcon) -> None:
        self.qtbot = qtbot
        self.opened = opened
        self.tray = tray

    def use(self, place: str, what: str) -> None:
        """Press the button, or choose the entry of the menu."""
        if place in ("menu", "tray"):
            menu = self.tray.menu if place == "tray" else self.opened.window.findChild(QMenu, "menu-trade")
            assert isinstance(menu, QMenu)
            self._choose(menu, ACTIONS.get(what, f"action-{what}"))
            return
        button = self.opened.window.findChild(QToolButton, f"{place}-{BUTTONS.get(what, what)}-btn")
        assert button is not None, (place, what)
        assert button.isVisible()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def shown(self, kind: type[QDialog]) -> list[QDialog]:
        return [each for each in self.opened.window.findChildren(kind) if each.isVisible()]

    def _choose(self, menu: QMenu, name: str) -> None:
        action = next(each for each in menu.actions() if each.objectName() == name)
        assert action.isVisible()
        menu.popup(self.opened.window.mapToGlobal(self.opened.window.rect().center()))
        self.qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


@pytest.fixture
def places(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    opened = make_window(qtbot, tmp_path)
    opened.window.show()
    opened.window.fill_docks()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    opened.model.replace_snapshot(make_snapshot(1))
    monkeypatch.setattr(tray_icon, "QSystemTrayIcon", FakeSystemTray)
    return Places(qtbot, opened, TrayIcon(opened.model, opened.window))


@pytest.mark.requirement("R38", "R153", "R165")
@pytest.mark.parametrize("what", ["adjust", "deposit", "withdraw"])
@pytest.mark.parametrize("place", PLACES)
def test_money_is_moved_from_each_of_the_five_places(places: Places, place: str, what: str) -> None:
    places.use(place, what)
    dialogs = places.shown(AdjustBalanceDialog)
    assert len(dialogs) == 1
    radio = dialogs[0].findChild(QRadioButton, RADIOS[what])
    assert radio is not None
    assert radio.isChecked()
    dialogs[0].reject()


@pytest.mark.requirement("R21", "R142", "R153", "R165")
@pytest.mark.parametrize("place", PLACES)
def test_the_account_is_reset_from_each_of_the_five_places(places: Places, place: str) -> None:
    places.use(place, "reset")
    assert len(places.shown(ResetAccountDialog)) == 1
    places.shown(ResetAccountDialog)[0].reject()


@pytest.mark.requirement("R143", "R148", "R153", "R165")
@pytest.mark.parametrize("place", PLACES)
def test_the_account_is_synced_from_each_of_the_five_places(places: Places, place: str) -> None:
    places.use(place, "sync")
    jobs = [each for each in places.opened.requested if isinstance(each, StartJob)]
    assert [each.job for each in jobs] == [SyncAccount(account="demo")]


def test_the_other_entries_turn_the_open_dialog_instead_of_opening_a_second(places: Places) -> None:
    places.use("sidebar", "adjust")
    places.use("menu", "deposit")
    places.use("tray", "withdraw")
    (dialog,) = places.shown(AdjustBalanceDialog)
    radio = dialog.findChild(QRadioButton, "adjust-withdraw-radio")
    assert radio is not None
    assert radio.isChecked()
    dialog.reject()


@pytest.mark.requirement("R21")
def test_on_a_live_account_no_place_offers_a_reset(places: Places) -> None:
    places.opened.model.replace_snapshot(make_snapshot(2, account_type="live"))
    for name in ("sidebar", "auto", "futures"):
        button = places.opened.window.findChild(QToolButton, f"{name}-reset-balance-btn")
        assert button is not None
        assert not button.isVisible()
    assert not places.opened.window.actions_.reset_account.isVisible()
    places.opened.model.replace_snapshot(make_snapshot(3))
    assert places.opened.window.actions_.reset_account.isVisible()


def test_the_tray_brings_the_hidden_window_with_its_dialog(places: Places) -> None:
    places.opened.window.hide()
    places.use("tray", "deposit")
    assert places.opened.window.isVisible()
    places.shown(AdjustBalanceDialog)[0].reject()


@pytest.mark.requirement("R167")
def test_the_five_lines_of_the_architecture_put_a_card_into_a_new_panel(places: Places) -> None:
    panel = QWidget()
    places.qtbot.addWidget(panel)
    window, model = places.opened.window, places.opened.model
    tools = window.money.card_tools(window.actions_)
    lines = card_example()
    assert len([line for line in lines.splitlines() if line]) <= 5
    doors = SimpleNamespace(model=model, tools=tools)
    exec(lines, {"doors": doors, "layout": QVBoxLayout(panel)})  # noqa: S102
    panel.show()
    model.replace_snapshot(make_snapshot(2, balance=make_balance("123.45")))
    for name in ("scalping-pnl-display", "scalping-portfolio-value"):
        assert isinstance(panel.findChild(QLabel, name), QLabel), name
    figure = panel.findChild(QLabel, "scalping-virtual-balance")
    assert figure is not None
    assert figure.text() == "$123.45"
    deposit = panel.findChild(QToolButton, "scalping-deposit-btn")
    assert deposit is not None
    places.qtbot.mouseClick(deposit, Qt.MouseButton.LeftButton)
    (dialog,) = places.shown(AdjustBalanceDialog)
    dialog.reject()


def card_example() -> str:
    """Return the code that the architecture shows for a card in a new panel."""
    text = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    (found,) = [block for block in blocks if "BalanceCard(" in block]
    return found


def test_every_action_that_moves_money_is_made_once(places: Places) -> None:
    made = places.opened.window.findChildren(Actions)
    assert len(made) == 1
    names = [action.objectName() for action in made[0].money]
    assert len(set(names)) == len(names) == 5
