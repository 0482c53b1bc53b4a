"""Typing exact numbers."""

from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.ui.widgets.decimal_edit import DecimalEdit


def _edit(
    qtbot: QtBot, *, decimals: int = 8, maximum: Decimal | None = None, minimum: Decimal | None = Decimal(0)
) -> DecimalEdit:
    edit = DecimalEdit(decimals=decimals, minimum=minimum, maximum=maximum)
    qtbot.addWidget(edit)
    return edit


def _paste(edit: DecimalEdit, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    edit.paste()


@pytest.mark.parametrize(
    ("typed", "value"),
    [("10000", "10000"), ("0.1", "0.1"), (".5", "0.5"), ("5.", "5"), ("731697647.47261018", "731697647.47261018")],
)
def test_a_typed_number_is_kept_digit_for_digit(qtbot: QtBot, typed: str, value: str) -> None:
    edit = _edit(qtbot)
    qtbot.keyClicks(edit, typed)
    assert edit.value() == Decimal(value)
    assert edit.error_text() == ""


@pytest.mark.parametrize("pasted", ["10,000.00", "$10,000.00", "  10000 "])
def test_a_grouped_or_dressed_number_can_be_pasted(qtbot: QtBot, pasted: str) -> None:
    edit = _edit(qtbot, decimals=2)
    _paste(edit, pasted)
    assert edit.value() == Decimal("10000.00")


@pytest.mark.parametrize("rubbish", ["abc", "NaN", "1e9999", "١٢٣", "１２", "0x10", "inf", "1.2.3", "--5"])
def test_what_is_no_number_never_enters_the_field(qtbot: QtBot, rubbish: str) -> None:
    edit = _edit(qtbot)
    _paste(edit, rubbish)
    assert edit.text() == ""
    assert edit.value() is None


def test_letters_are_ignored_while_typing(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    qtbot.keyClicks(edit, "1e5x.5")
    assert edit.value() == Decimal("15.5")


def test_a_letter_that_is_not_taken_is_said_until_the_field_is_emptied(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    with qtbot.waitSignal(edit.refused):
        qtbot.keyClicks(edit, "1e")
    qtbot.keyClicks(edit, "9")
    assert edit.refusal_text().startswith("“e” was not taken")
    assert edit.property("invalid") is True
    assert edit.accessibleDescription() == edit.refusal_text()
    edit.clear()
    assert edit.refusal_text() == ""
    assert edit.property("invalid") is False


def test_a_comma_is_never_taken_for_a_decimal_point(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    qtbot.keyClicks(edit, "1,5")
    assert edit.value() is None
    assert "commas only group thousands" in edit.error_text()


@pytest.mark.parametrize(
    ("typed", "error"), [("-1", "At least 0."), ("6", "At most 5."), ("1.234", "At most 2 decimals.")]
)
def test_a_number_out_of_bounds_stays_visible_and_says_why(qtbot: QtBot, typed: str, error: str) -> None:
    edit = _edit(qtbot, decimals=2, maximum=Decimal(5))
    qtbot.keyClicks(edit, typed)
    assert (edit.text(), edit.value(), edit.error_text()) == (typed, None, error)
    assert edit.property("invalid") is True
    assert edit.accessibleDescription() == error


def test_zeros_behind_the_last_decimal_do_no_harm(qtbot: QtBot) -> None:
    edit = _edit(qtbot, decimals=2)
    edit.set_value(Decimal("10000.00000000"))
    assert edit.value() == Decimal(10000)


def test_arrow_and_page_keys_step_within_the_bounds(qtbot: QtBot) -> None:
    edit = DecimalEdit(decimals=2, minimum=Decimal(0), maximum=Decimal("1.05"), step=Decimal("0.1"))
    qtbot.addWidget(edit)
    edit.set_value(Decimal("0.2"))
    for key, value in (
        (Qt.Key.Key_Up, "0.3"),
        (Qt.Key.Key_Down, "0.2"),
        (Qt.Key.Key_PageUp, "1.05"),
        (Qt.Key.Key_PageDown, "0.05"),
        (Qt.Key.Key_Down, "0"),
    ):
        qtbot.keyClick(edit, key)
        assert edit.value() == Decimal(value)


def test_stepping_sums_exactly_where_floats_would_not(qtbot: QtBot) -> None:
    edit = DecimalEdit(step=Decimal("0.1"))
    qtbot.addWidget(edit)
    for _ in range(3):
        qtbot.keyClick(edit, Qt.Key.Key_Up)
    assert edit.text() == "0.3"


def test_every_change_of_the_value_is_told_once(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    told: list[Decimal | None] = []
    edit.value_changed.connect(told.append)
    qtbot.keyClicks(edit, "1.50")
    qtbot.keyClick(edit, Qt.Key.Key_Backspace)
    edit.clear()
    assert told == [Decimal(1), Decimal("1.5"), None]


def test_new_bounds_judge_the_number_that_is_there(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    edit.set_value(Decimal(7))
    edit.set_range(minimum=Decimal(0), maximum=Decimal(5))
    assert edit.value() is None
    edit.set_range(minimum=Decimal(0), maximum=None)
    assert edit.value() == Decimal(7)


def test_leaving_the_field_writes_the_number_as_it_was_understood(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    edit, other = DecimalEdit(decimals=2, parent=window), QLineEdit(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    edit.setFocus()
    _paste(edit, "10,000.00")
    other.setFocus()
    assert edit.text() == "10000.00"


def _turn(edit: DecimalEdit, notches: int) -> bool:
    """Turn the wheel over a field, and say whether the field took it."""
    center = QPointF(edit.rect().center())
    event = QWheelEvent(
        center,
        center,
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(edit, event)
    return event.isAccepted()


def test_the_wheel_steps_only_in_the_field_that_has_the_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    edit, other = DecimalEdit(step=Decimal("0.5"), parent=window), QLineEdit(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    edit.set_value(Decimal(10))
    other.setFocus()
    assert not _turn(edit, 1)
    assert edit.value() == Decimal(10)
    edit.setFocus()
    assert _turn(edit, 3)
    assert edit.value() == Decimal("11.5")
    assert _turn(edit, -1)
    assert edit.value() == Decimal(11)


def test_a_grid_takes_its_multiples_only(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    edit.set_grid(Decimal("0.25"))
    for typed, error in (
        ("10.50", ""),
        ("10.30", "A multiple of 0.25."),
        ("10.255", "At most 2 decimals."),
        ("0", "At least 0.25."),
    ):
        edit.setText(typed)
        assert edit.error_text() == error
    edit.set_value(Decimal("10.5"))
    qtbot.keyClick(edit, Qt.Key.Key_Up)
    assert edit.value() == Decimal("10.75")
    edit.set_precision(decimals=2, step=Decimal(1))
    edit.setText("10.30")
    assert edit.value() == Decimal("10.30")


def test_a_pasted_price_with_grouping_is_the_number_that_it_reads_as(qtbot: QtBot) -> None:
    edit = _edit(qtbot)
    edit.set_grid(Decimal("0.1"))
    _paste(edit, "1,234.5")
    assert edit.value() == Decimal("1234.5")
