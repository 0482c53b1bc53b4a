"""The trading capital stands beside the balance in both panels that trade, once it is set."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.settings import RiskSettings, Settings
from tests.ui.snapshot_builders import make_balance, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

LINES = ("auto-capital", "futures-capital")


def window_with(qtbot: QtBot, folder: Path, capital: int) -> OpenWindow:
    settings = Settings(risk=RiskSettings(trading_capital=Decimal(capital)))
    opened = make_window(qtbot, folder, settings=settings)
    opened.window.fill_docks()
    return opened


def label(opened: OpenWindow, name: str) -> QLabel:
    found = opened.window.findChild(QLabel, name)
    assert found is not None
    return found


@pytest.mark.requirement("R92")
def test_capital_and_balance_stand_side_by_side(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = window_with(qtbot, tmp_path, 2_500)
    opened.model.replace_snapshot(make_snapshot(1))
    assert {label(opened, name).text() for name in LINES} == {"Capital $2,500.00 of $10,000.00"}
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("900")))
    assert {label(opened, name).text() for name in LINES} == {"Capital $900.00 of $900.00"}


@pytest.mark.requirement("R92")
def test_nothing_is_said_while_no_capital_is_set(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = window_with(qtbot, tmp_path, 0)
    opened.model.replace_snapshot(make_snapshot(1))
    assert all(label(opened, name).isHidden() and not label(opened, name).text() for name in LINES)


@pytest.mark.requirement("R92")
def test_the_margin_ratio_is_that_of_the_capital(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    balance = make_balance(locked=Decimal(500), available=Decimal(9_500), margin_ratio_percent=Decimal(5))
    for capital, text in ((0, "5.00% of 80%"), (1_000, "50.00% of 80%"), (20_000, "5.00% of 80%")):
        opened = window_with(qtbot, tmp_path / str(capital), capital)
        opened.model.replace_snapshot(make_snapshot(1, balance=balance))
        assert label(opened, "futures-margin-ratio").text() == text
