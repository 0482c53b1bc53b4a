"""The table of positions: what it says, and what is asked for from its cells, its menu and its keys."""

from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import Direction
from desktop_trader.messages.commands import (
    ChangeMargin,
    ClosePosition,
    ReversePosition,
    SetLeverage,
    SetProtection,
)
from desktop_trader.ui import theme
from desktop_trader.ui.panels.positions import PositionsPanel, PositionsTable
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.desk_rig import (
    SWAP,
    Desk,
    action,
    button,
    cell,
    column,
    dialog_of,
    field,
    is_open,
    label,
    swap_position,
    text,
    type_into,
)
from tests.ui.network_builders import make_ages, make_network
from tests.ui.snapshot_builders import make_quote


class Positions(Desk):
    """The panel with a long and a short."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.panel = self.put(PositionsPanel(self.model, send=self.sent.append))
        found = self.panel.findChild(PositionsTable, "positions-table")
        assert found is not None
        self.table: PositionsTable = found
        self.short = swap_position(
            2,
            direction=Direction.SHORT,
            quantity=Decimal("0.00900"),
            entry_price=Decimal("45500.00"),
            stop_loss=Decimal("46000.00"),
            take_profit=None,
            unrealized_pnl=Decimal("-12.50"),
            unrealized_percent=Decimal("-3.10"),
            margin_mode="cross",
        )
        self.show(positions=(swap_position(), self.short))

    def double_click(self, row: int, title: str) -> DecimalEdit:
        """Open a cell with the mouse, and return its editor."""
        index = cell(self.table, row, title)
        self.table.scrollTo(index)
        place: QPoint = self.table.visualRect(index).center()
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.qtbot.mouseDClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return self.editor()

    def editor(self) -> DecimalEdit:
        """The editor that is open."""
        found = [each for each in self.table.findChildren(DecimalEdit) if each.isVisible()]
        assert len(found) == 1
        return found[0]

    def is_editing(self) -> bool:
        return any(each.isVisible() for each in self.table.findChildren(DecimalEdit))

    def note(self) -> str:
        found = self.table.findChild(QLabel, "positions-table-note")
        assert found is not None
        return found.text() if found.isVisible() else ""


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication) -> Positions:
    return Positions(qtbot)


def test_every_figure_of_a_position_has_its_column(desk: Positions) -> None:
    desk.show(
        positions=(
            swap_position(trail_percent=Decimal("1.5"), trailing_stop=Decimal("44443.2"), funding=Decimal("-0.12")),
        )
    )
    read = {title: text(desk.table, 0, title) for title in ("Entry", "Mark", "uP&L", "ROE", "SL", "TP", "Trail")}
    assert read == {
        "Entry": "45,000.00",
        "Mark": "45,120.00",
        "uP&L": "+$1.20 ▲",
        "ROE": "+0.27%",
        "SL": "44,100.00",
        "TP": "46,800.00",
        "Trail": "1.5 % → 44,443.20",
    }
    read = {title: text(desk.table, 0, title) for title in ("Liq.", "Margin", "Mode", "Funding", "Close")}
    assert read == {
        "Liq.": "40,700.00 (9.79 %)",
        "Margin": "$45.00",
        "Mode": "isolated 10x",
        "Funding": "-$0.12 ▼",
        "Close": "Close",
    }


def test_positions_are_sorted_by_value(desk: Positions) -> None:
    place = cell(desk.table, 0, "Quantity").column()
    desk.table.sortByColumn(place, Qt.SortOrder.AscendingOrder)
    assert column(desk.table, "Quantity") == ["0.00900", "0.01000"]
    place = cell(desk.table, 0, "uP&L").column()
    desk.table.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    assert column(desk.table, "uP&L") == ["+$1.20 ▲", "-$12.50 ▼"]


def test_a_stop_typed_into_its_cell_is_asked_for_once_and_waits_for_the_snapshot(desk: Positions) -> None:
    edit = desk.double_click(0, "SL")
    assert edit.text() == "44100.00"
    type_into(desk.qtbot, edit, "44500.5")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert not desk.is_editing()
    assert len(desk.sent) == 1
    assert desk.sent[0] == SetProtection(
        request_id=desk.sent[0].request_id,
        position_id=1,
        stop_loss=Decimal("44500.5"),
        take_profit=Decimal("46800.00"),
    )
    assert text(desk.table, 0, "SL") == "44,500.50 …"
    desk.agree()
    assert text(desk.table, 0, "SL") == "44,500.50 …"
    desk.show(positions=(swap_position(stop_loss=Decimal("44500.50")), desk.short))
    assert text(desk.table, 0, "SL") == "44,500.50"


def test_a_refused_stop_reads_as_before_and_the_reason_is_seen(desk: Positions) -> None:
    edit = desk.double_click(0, "TP")
    type_into(desk.qtbot, edit, "47000")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert text(desk.table, 0, "TP") == "47,000.00 …"
    desk.refuse("the price has moved")
    assert text(desk.table, 0, "TP") == "46,800.00"
    assert desk.note() == "Refused: the price has moved. Nothing was changed."
    desk.qtbot.mouseClick(desk.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert desk.note() == ""


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Tab])
def test_leaving_the_cell_changes_nothing(desk: Positions, key: Qt.Key) -> None:
    edit = desk.double_click(0, "SL")
    type_into(desk.qtbot, edit, "44500")
    desk.qtbot.keyClick(edit, key)
    assert not desk.is_editing()
    assert desk.sent == []
    assert text(desk.table, 0, "SL") == "44,100.00"


def test_losing_the_focus_changes_nothing(desk: Positions) -> None:
    edit = desk.double_click(0, "SL")
    type_into(desk.qtbot, edit, "44500")
    field(desk.panel, "positions-filter-edit").setFocus()
    QApplication.processEvents()
    assert desk.sent == []
    assert text(desk.table, 0, "SL") == "44,100.00"


@pytest.mark.parametrize("bad", ["45200", "0", "44100.005", "44,10", "-"])
def test_a_price_that_cannot_be_stays_in_the_cell_and_is_not_sent(desk: Positions, bad: str) -> None:
    edit = desk.double_click(0, "SL")
    type_into(desk.qtbot, edit, bad)
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert desk.is_editing()
    assert edit.accessibleDescription() != ""
    assert desk.sent == []


def test_the_stop_of_a_short_belongs_above_the_mark(desk: Positions) -> None:
    edit = desk.double_click(1, "SL")
    type_into(desk.qtbot, edit, "45000")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert "SHORT has to be above the price 45,120.00" in edit.accessibleDescription()
    type_into(desk.qtbot, edit, "45900")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert desk.sent[0].stop_loss == Decimal(45900)
    assert desk.sent[0].position_id == 2


def test_an_emptied_cell_takes_the_level_away(desk: Positions) -> None:
    edit = desk.double_click(0, "TP")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Delete)
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert desk.sent[0].take_profit is None
    assert desk.sent[0].stop_loss == Decimal("44100.00")
    assert text(desk.table, 0, "TP") == "— …"


def test_f2_and_enter_open_a_level_without_the_mouse(desk: Positions) -> None:
    desk.table.setFocus()
    desk.table.setCurrentIndex(cell(desk.table, 0, "Symbol"))
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_F2)
    assert desk.editor().objectName() == "positions-table-stop-edit"
    desk.qtbot.keyClick(desk.editor(), Qt.Key.Key_Escape)
    desk.table.setCurrentIndex(cell(desk.table, 0, "TP"))
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Return)
    assert desk.editor().objectName() == "positions-table-target-edit"


def test_prices_that_come_meanwhile_do_not_touch_what_is_typed(desk: Positions) -> None:
    edit = desk.double_click(0, "SL")
    type_into(desk.qtbot, edit, "444")
    desk.show(positions=(swap_position(mark_price=Decimal("45130.00")), desk.short))
    assert desk.editor().text() == "444"


def test_the_same_price_again_asks_for_nothing(desk: Positions) -> None:
    edit = desk.double_click(0, "SL")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert not desk.is_editing()
    assert desk.sent == []


def test_delete_closes_the_chosen_position_once(desk: Positions) -> None:
    desk.table.setFocus()
    desk.table.selectRow(1)
    for _ in range(2):
        action(desk.table, "close").trigger()
    assert desk.sent == [ClosePosition(request_id=desk.sent[0].request_id, position_id=2)]
    assert action(desk.table, "close").shortcut().toString() == "Del"


def test_a_part_is_closed_from_the_menu(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "close-part").trigger()
    dialog = dialog_of(desk.panel, "close-part")
    quantity = field(dialog, "close-part-quantity-edit")
    type_into(desk.qtbot, quantity, "0.02")
    assert not button(dialog, "close-part-ok-btn").isEnabled()
    assert label(dialog, "close-part-error") == "Only 0.01000 is open."
    desk.qtbot.mouseClick(button(dialog, "close-part-25-btn"), Qt.MouseButton.LeftButton)
    assert quantity.text() == "0.00250"
    assert "about +$0.30 at the mark" in label(dialog, "close-part-facts")
    assert "0.00750 stays open" in label(dialog, "close-part-facts")
    desk.qtbot.keyClick(quantity, Qt.Key.Key_Return)
    desk.qtbot.mouseClick(button(dialog, "close-part-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent == [
        ClosePosition(request_id=desk.sent[0].request_id, position_id=1, quantity=Decimal("0.0025"), account="demo")
    ]
    desk.agree()
    assert not is_open(desk.panel, "close-part")


def test_all_of_it_is_closed_whole(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "close-part").trigger()
    dialog = dialog_of(desk.panel, "close-part")
    desk.qtbot.mouseClick(button(dialog, "close-part-100-btn"), Qt.MouseButton.LeftButton)
    desk.qtbot.mouseClick(button(dialog, "close-part-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent[0].quantity is None


def test_reversing_says_both_halves_and_enter_cancels(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "reverse").trigger()
    dialog = dialog_of(desk.panel, "reverse")
    facts = label(dialog, "reverse-facts")
    assert "Closes the LONG of 0.01000" in facts
    assert "Opens a SHORT ▼ of 0.01000 with 10x, isolated" in facts
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.sent == []
    assert not is_open(desk.panel, "reverse")
    action(desk.table, "reverse").trigger()
    dialog = dialog_of(desk.panel, "reverse")
    desk.qtbot.mouseClick(button(dialog, "reverse-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent == [ReversePosition(request_id=desk.sent[0].request_id, position_id=1, account="demo")]
    desk.refuse("the margin ratio would be 91 %")
    assert label(dialog, "reverse-error") == "Refused: the margin ratio would be 91 %. Nothing was changed."
    assert dialog.isVisible()


def test_margin_is_added_and_removed_within_what_may_be(desk: Positions) -> None:
    desk.show(positions=(swap_position(margin=Decimal(60)), desk.short))
    desk.table.selectRow(0)
    action(desk.table, "margin").trigger()
    dialog = dialog_of(desk.panel, "margin")
    amount = field(dialog, "margin-amount-edit")
    type_into(desk.qtbot, amount, "10.5")
    assert "Margin of the position: $60.00 → $70.50" in label(dialog, "margin-facts")
    assert "Available: $9,500.00 → $9,489.50" in label(dialog, "margin-facts")
    type_into(desk.qtbot, amount, "9500.01")
    assert label(dialog, "margin-error") == "Only $9,500.00 is available."
    desk.qtbot.mouseClick(dialog.findChild(type(dialog._remove), "margin-remove-check"), Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    type_into(desk.qtbot, amount, "15")
    # 0.01 at the mark of 45,120 with 10x has to keep 45.12.
    assert "At most $14.88 can be taken out: $45.12 has to stay beside" in label(dialog, "margin-error")
    type_into(desk.qtbot, amount, "14.88")
    desk.qtbot.mouseClick(button(dialog, "margin-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent == [
        ChangeMargin(request_id=desk.sent[0].request_id, position_id=1, amount=Decimal("-14.88"), account="demo")
    ]


def test_a_cross_position_has_no_margin_of_its_own_to_change(desk: Positions) -> None:
    desk.table.selectRow(1)
    assert not action(desk.table, "margin").isEnabled()
    assert action(desk.table, "leverage").isEnabled()
    desk.table.selectRow(0)
    assert action(desk.table, "margin").isEnabled()


def test_leverage_is_set_within_the_bracket_and_shows_what_is_locked(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "leverage").trigger()
    dialog = dialog_of(desk.panel, "leverage")
    edit = field(dialog, "leverage-edit")
    assert not button(dialog, "leverage-ok-btn").isEnabled()
    type_into(desk.qtbot, edit, "126")
    assert not button(dialog, "leverage-ok-btn").isEnabled()
    type_into(desk.qtbot, edit, "20")
    assert "Margin of the position: $45.00 → $22.50" in label(dialog, "leverage-facts")
    desk.qtbot.mouseClick(button(dialog, "leverage-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent == [SetLeverage(request_id=desk.sent[0].request_id, position_id=1, leverage=20, account="demo")]


def test_stop_target_and_trailing_are_set_together_with_what_they_come_to(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "levels").trigger()
    dialog = dialog_of(desk.panel, "levels")
    assert not button(dialog, "levels-ok-btn").isEnabled()
    type_into(desk.qtbot, field(dialog, "levels-stop-edit"), "44500")
    type_into(desk.qtbot, field(dialog, "levels-trail-edit"), "1.5")
    facts = label(dialog, "levels-facts")
    # 0.01 x -500 = -5; the fee of 0.1 % of 445 is 0.445.
    assert "Stop: 44,100.00 → 44,500.00, which comes to -$5.00, -$5.44 after its fee (-0.05 % of the balance)" in facts
    assert "Trailing: none → 1.5 %" in facts
    desk.qtbot.mouseClick(button(dialog, "levels-ok-btn"), Qt.MouseButton.LeftButton)
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.sent == [
        SetProtection(
            request_id=desk.sent[0].request_id,
            position_id=1,
            stop_loss=Decimal(44500),
            take_profit=Decimal("46800.00"),
            trail_percent=Decimal("1.5"),
            account="demo",
        )
    ]


def test_a_dialog_of_a_position_that_closes_meanwhile_asks_for_nothing(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "levels").trigger()
    dialog = dialog_of(desk.panel, "levels")
    type_into(desk.qtbot, field(dialog, "levels-stop-edit"), "44500")
    desk.show(positions=(desk.short,))
    assert label(dialog, "levels-error") == "This position is closed."
    assert not button(dialog, "levels-ok-btn").isEnabled()


def test_the_receipt_of_its_entry_is_asked_for(desk: Positions) -> None:
    wanted: list[int] = []
    desk.table.receipt_wanted.connect(wanted.append)
    desk.table.selectRow(1)
    action(desk.table, "receipt").trigger()
    assert wanted == [72]


def test_columns_are_chosen_from_a_menu(desk: Positions) -> None:
    chooser = desk.panel.findChild(QToolButton, "positions-columns-btn")
    assert chooser is not None
    funding = next(each for each in chooser.menu().actions() if each.text() == "Funding")
    place = cell(desk.table, 0, "Funding").column()
    funding.trigger()
    assert desk.table.isColumnHidden(place)
    funding.trigger()
    assert not desk.table.isColumnHidden(place)


def test_a_stop_is_held_against_what_leaving_would_get(desk: Positions) -> None:
    quote = replace(make_quote(SWAP, "45120.00"), bid=Decimal("45100.00"), ask=Decimal("45140.00"))
    desk.show(positions=(swap_position(), desk.short), quotes=(quote,))
    edit = desk.double_click(0, "SL")
    type_into(desk.qtbot, edit, "45110")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert "below the price 45,100.00" in edit.accessibleDescription()
    desk.qtbot.keyClick(edit, Qt.Key.Key_Escape)
    edit = desk.double_click(1, "SL")
    type_into(desk.qtbot, edit, "45130")
    desk.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert "above the price 45,140.00" in edit.accessibleDescription()


def test_a_stop_that_was_passed_already_does_not_keep_the_target_from_changing(desk: Positions) -> None:
    desk.show(positions=(swap_position(stop_loss=Decimal("45300.00")),))
    desk.table.selectRow(0)
    action(desk.table, "levels").trigger()
    dialog = dialog_of(desk.panel, "levels")
    type_into(desk.qtbot, field(dialog, "levels-target-edit"), "47000")
    assert button(dialog, "levels-ok-btn").isEnabled()


def test_a_stop_behind_the_liquidation_is_said_to_have_no_turn(desk: Positions) -> None:
    desk.table.selectRow(0)
    action(desk.table, "levels").trigger()
    dialog = dialog_of(desk.panel, "levels")
    type_into(desk.qtbot, field(dialog, "levels-stop-edit"), "40000")
    assert "The liquidation at 40,700.00 comes before this stop." in label(dialog, "levels-facts")
    assert button(dialog, "levels-ok-btn").isEnabled()


def test_more_leverage_must_leave_the_initial_margin_at_the_mark(desk: Positions) -> None:
    loss = swap_position(mark_price=Decimal("44900.00"), unrealized_pnl=Decimal("-1.00"))
    desk.show(positions=(loss,))
    desk.table.selectRow(0)
    action(desk.table, "leverage").trigger()
    dialog = dialog_of(desk.panel, "leverage")
    type_into(desk.qtbot, field(dialog, "leverage-edit"), "100")
    # 450 / 100 - 1.00 = 3.50; 449 / 100 = 4.49.
    expected = "At 100x it would be left with $3.50; its initial margin at the mark is $4.49."
    assert label(dialog, "leverage-error") == expected
    assert not button(dialog, "leverage-ok-btn").isEnabled()


def test_figures_of_a_stale_price_are_gray_and_say_how_old_it_is(desk: Positions) -> None:
    desk.show(positions=(swap_position(),), network=make_network(ages=make_ages(14, (SWAP,))))
    muted = QColor(theme.active_tokens().text_muted)
    for title in ("Mark", "uP&L", "ROE", "Liq."):
        assert text(desk.table, 0, title).endswith(" · 14 s")
        assert cell(desk.table, 0, title).data(Qt.ItemDataRole.ForegroundRole) == muted
    assert cell(desk.table, 0, "Entry").data(Qt.ItemDataRole.ForegroundRole) is None
