"""Auto trading: the form comes from the catalogue, the buttons follow the snapshot and nothing else."""

from decimal import Decimal
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.commands import PauseEntries, ResumeEntries, StartAutoTrading, StopAutoTrading
from desktop_trader.messages.notices import AutoTradingChanged, CommandRefused, EntriesPaused
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.panels.auto_trading import AutoTradingPanel
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import NOON, STRATEGIES, make_auto_trading, make_decision, make_snapshot

Found = TypeVar("Found", bound=QWidget)


class Panel:
    """The panel as a person sees it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.sent: list[object] = []
        self.panel = AutoTradingPanel(self.model, send=self.sent.append, strategies=STRATEGIES)
        qtbot.addWidget(self.panel)
        self.panel.show()
        self.start, self.stop, self.pause = (
            self.find(QPushButton, f"auto-{name}-btn") for name in ("start", "stop", "pause")
        )

    def find(self, kind: type[Found], name: str) -> Found:
        found = self.panel.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def click(self, button: QPushButton) -> None:
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def show_state(self, sequence: int, state: str) -> None:
        self.model.replace_snapshot(make_snapshot(sequence, auto_trading=make_auto_trading(state)))


@pytest.fixture
def panel(qtbot: QtBot, dressed_app: QApplication) -> Panel:
    made = Panel(qtbot)
    made.show_state(1, "stopped")
    return made


def test_start_sends_the_form_and_waits_for_the_answer(panel: Panel) -> None:
    edit = panel.find(DecimalEdit, "auto-fast-edit")
    edit.clear()
    panel.qtbot.keyClicks(edit, "12")
    panel.find(QComboBox, "auto-timeframe-combo").setCurrentText("1h")
    panel.click(panel.start)
    panel.click(panel.start)
    panel.panel.start()
    assert len(panel.sent) == 1
    command = panel.sent[0]
    assert isinstance(command, StartAutoTrading)
    assert (command.strategy, command.symbol, command.timeframe) == ("moving_average_cross", "BTC/USDT", Timeframe.H1)
    assert dict(command.parameters) == {
        "fast": "12",
        "slow": "30",
        "stop_loss_percent": "2",
        "take_profit_percent": "4",
    }
    assert STRATEGIES[0].parse(command.parameters)["fast"] == Decimal(12)


def test_the_buttons_change_when_the_snapshot_says_so_not_when_they_are_pressed(panel: Panel) -> None:
    panel.click(panel.start)
    assert panel.find(QLabel, "auto-state").text() == "■ STOPPED"
    command = panel.sent[0]
    assert isinstance(command, StartAutoTrading)
    panel.model.raise_notice(AutoTradingChanged(id=1, at=NOON, request_id=command.request_id, state="running"))
    assert not panel.stop.isEnabled()
    panel.show_state(2, "running")
    assert panel.stop.isEnabled()
    assert not panel.start.isEnabled()
    assert panel.find(QLabel, "auto-state").text().startswith("▶ RUNNING")


def test_pause_is_toggled_only_by_the_snapshot(panel: Panel) -> None:
    panel.show_state(2, "running")
    panel.click(panel.pause)
    first = panel.sent[0]
    assert isinstance(first, PauseEntries)
    assert panel.pause.text() == "Pause entries"
    panel.model.raise_notice(EntriesPaused(id=1, at=NOON, request_id=first.request_id, is_paused=True))
    panel.show_state(3, "paused")
    assert panel.pause.text() == "Resume entries"
    panel.click(panel.pause)
    assert isinstance(panel.sent[1], ResumeEntries)


def test_stop_is_sent_once(panel: Panel) -> None:
    panel.show_state(2, "running")
    panel.click(panel.stop)
    panel.click(panel.stop)
    assert [type(command) for command in panel.sent] == [StopAutoTrading]


def test_a_refusal_is_told(panel: Panel) -> None:
    panel.click(panel.start)
    command = panel.sent[0]
    assert isinstance(command, StartAutoTrading)
    panel.model.raise_notice(
        CommandRefused(id=1, at=NOON, request_id=command.request_id, reason="running", detail="it runs already")
    )
    assert panel.find(QLabel, "auto-message").text() == "it runs already"
    assert panel.start.isEnabled()


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("typed", ["", "0", "1.5", "501"])
def test_bad_parameters_cannot_be_started_with(panel: Panel, typed: str) -> None:
    edit = panel.find(DecimalEdit, "auto-fast-edit")
    edit.clear()
    panel.qtbot.keyClicks(edit, typed)
    assert not panel.start.isEnabled()
    assert "Fast" in panel.start.toolTip()


def test_a_running_strategy_shows_its_own_parameters(panel: Panel) -> None:
    running = make_auto_trading("running", parameters=(("fast", "7"), ("slow", "77")), symbol="ETH/USDT")
    panel.model.replace_snapshot(make_snapshot(2, auto_trading=running))
    assert panel.find(DecimalEdit, "auto-slow-edit").text() == "77"
    assert panel.find(QComboBox, "auto-symbol-combo").currentText() == "ETH/USDT"
    assert not panel.find(QComboBox, "auto-symbol-combo").isEnabled()


def test_decisions_are_listed(panel: Panel) -> None:
    decisions = (make_decision(2), make_decision(1, outcome="denied", detail="funds"))
    panel.model.replace_snapshot(make_snapshot(2, auto_trading=make_auto_trading("running", decisions=decisions)))
    table = panel.find(DataTable, "auto-decisions-table")
    assert table.sorted_rows.rowCount() == 2
    assert table.sorted_rows.index(1, 2).data() == "denied"
