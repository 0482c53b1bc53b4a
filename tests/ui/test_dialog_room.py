"""Dialogs about positions have room for all they say, when they open and when what they say grows."""

from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import Protection
from desktop_trader.ui.dialogs.set_protection import LevelsDialog
from desktop_trader.ui.dialogs.simulate_loss import SimulateLossDialog
from tests.ui.desk_rig import Desk, field, swap_position, type_into
from tests.ui.test_room_to_read import squashed

FOUR_LINES = Protection(stop_loss=Decimal("44154.67"), take_profit=Decimal("54863.73"), trail_percent=Decimal("0.5"))


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication) -> Desk:
    made = Desk(qtbot)
    made.show(positions=(swap_position(stop_loss=Decimal("44300"), quantity=Decimal("0.05")),))
    return made


def shown(desk: Desk, dialog: QDialog) -> QDialog:
    """Show a dialog as large as it wants to be."""
    desk.qtbot.addWidget(dialog)
    with desk.qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def test_levels_that_somebody_chose_open_with_room_for_every_line(desk: Desk) -> None:
    dialog = shown(desk, LevelsDialog(desk.model, desk.model.positions[0], send=desk.sent.append, levels=FOUR_LINES))
    assert squashed(dialog) == []


def test_levels_that_are_typed_make_room_for_every_line(desk: Desk) -> None:
    dialog = shown(desk, LevelsDialog(desk.model, desk.model.positions[0], send=desk.sent.append))
    type_into(desk.qtbot, field(dialog, "levels-stop-edit"), "44154.67")
    type_into(desk.qtbot, field(dialog, "levels-target-edit"), "54863.73")
    type_into(desk.qtbot, field(dialog, "levels-trail-edit"), "0.5")
    assert squashed(dialog) == []


def test_a_line_that_a_snapshot_makes_longer_has_room_too(desk: Desk) -> None:
    dialog = shown(desk, LevelsDialog(desk.model, desk.model.positions[0], send=desk.sent.append, levels=FOUR_LINES))
    desk.show(
        positions=(
            swap_position(stop_loss=Decimal("44300"), quantity=Decimal("123456.05"), margin=Decimal("123456789.05")),
        )
    )
    assert squashed(dialog) == []


def test_the_simulated_loss_explains_itself_whole(desk: Desk) -> None:
    assert squashed(shown(desk, SimulateLossDialog(desk.model, send=desk.sent.append))) == []
