"""After a start the window says what it has found again."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.messages.notices import BooksRecovered
from tests.ui.snapshot_builders import make_position, make_snapshot
from tests.ui.window_builders import make_window


def recovered(open_positions: int) -> BooksRecovered:
    return BooksRecovered(
        id=1,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        message="Recovered balance from previous session: $1,250.00",
        current_balance=Decimal(1250),
        open_positions=open_positions,
    )


@pytest.mark.requirement("R18", "R52", "R53")
def test_a_start_that_recovered_positions_says_so_until_it_is_dismissed(qtbot: QtBot, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    with qtbot.waitExposed(opened.window):
        opened.window.show()
    opened.model.raise_notice(recovered(2))
    opened.model.replace_snapshot(make_snapshot(positions=(make_position(1), make_position(2, stop_loss=None))))

    band = opened.window.findChild(QWidget, "recovery-banner")
    text = opened.window.findChild(QLabel, "recovery-banner-text")
    dismiss = opened.window.findChild(QPushButton, "recovery-dismiss-btn")
    assert band is not None
    assert text is not None
    assert dismiss is not None
    assert band.isVisible()
    assert "2 open positions, 1 of 2 with a stop" in text.text()
    assert "$1,250.00" in text.text()

    qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)

    assert not band.isVisible()


@pytest.mark.parametrize(
    ("stops", "words"),
    [((None,), "1 open position WITHOUT A STOP,"), ((Decimal(44000),), "1 open position with its stop,")],
)
def test_it_promises_no_stop_that_is_not_there(
    qtbot: QtBot, tmp_path: Path, stops: tuple[Decimal | None, ...], words: str
) -> None:
    opened = make_window(qtbot, tmp_path)
    positions = tuple(make_position(place, stop_loss=stop) for place, stop in enumerate(stops))

    opened.model.replace_snapshot(make_snapshot(positions=positions))
    opened.model.raise_notice(recovered(len(stops)))

    text = opened.window.findChild(QLabel, "recovery-banner-text")
    assert text is not None
    assert words in text.text()


def test_a_start_without_positions_has_nothing_to_say(qtbot: QtBot, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    with qtbot.waitExposed(opened.window):
        opened.window.show()

    opened.model.raise_notice(recovered(0))

    band = opened.window.findChild(QWidget, "recovery-banner")
    assert band is not None
    assert not band.isVisible()
