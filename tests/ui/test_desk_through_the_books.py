"""What the tables and dialogs of positions and orders ask for, carried out by a real engine and seen everywhere."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import Direction
from desktop_trader.ui.panels.orders import OrdersTable
from desktop_trader.ui.panels.positions import PositionsTable
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.builders import SPOT, SWAP
from tests.trading_rig import TradingRig, play
from tests.ui.desk_rig import action, button, cell, dialog_of, field, is_open, label, text, type_into
from tests.ui.trading_room import Room


class Desk(Room):
    """The room with a long of 0.1 at 45,000 with ten times leverage, and its table."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.futures = TradingRig(instruments=(SWAP, SPOT))
        super().__init__(qtbot, folder, rig=self.futures)
        self.play("quote 45000", "long 0.1 x10 stop 44100", "quote 45000")
        found = self.window.findChild(PositionsTable, "positions-table")
        assert found is not None
        self.table: PositionsTable = found
        self.table.selectRow(0)

    def play(self, *lines: str) -> None:
        """Let lines of a table happen, and see what comes of each."""
        for line in lines:
            told = len(self.futures.notices)
            play(self.futures, line)
            self.show()
            for notice in self.futures.notices[told:]:
                self.model.raise_notice(notice)

    def edit(self, title: str, typed: str) -> None:
        """Type a price into a cell of the first row."""
        self.table.selectRow(0)
        self.table.edit_level(title)
        editor = next(each for each in self.table.findChildren(DecimalEdit) if each.isVisible())
        type_into(self.qtbot, editor, typed)
        self.qtbot.keyClick(editor, Qt.Key.Key_Return)

    def ask(self, name: str, prefix: str, fields: dict[str, str]) -> None:
        """Open a dialog from the menu of the first row, fill it in and press its button."""
        self.table.selectRow(0)
        action(self.table, name).trigger()
        dialog = dialog_of(self.window, prefix)
        for each, typed in fields.items():
            type_into(self.qtbot, field(dialog, each), typed)
        self.qtbot.mouseClick(button(dialog, f"{prefix}-ok-btn"), Qt.MouseButton.LeftButton)


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Desk:
    return Desk(qtbot, tmp_path)


def test_levels_typed_into_cells_are_in_the_books_and_in_the_row(desk: Desk) -> None:
    desk.edit("SL", "44500")
    desk.edit("TP", "46000.5")
    assert (desk.rig.position.stop_loss, desk.rig.position.take_profit) == (Decimal(44_500), Decimal("46000.5"))
    assert text(desk.table, 0, "SL") == "44,500.00"
    assert text(desk.table, 0, "TP") == "46,000.50"
    desk.edit("TP", "")
    assert desk.rig.position.take_profit is None
    assert text(desk.table, 0, "TP") == "—"


def test_trailing_margin_leverage_and_a_part_go_through_their_dialogs(desk: Desk) -> None:
    desk.ask("levels", "levels", {"levels-trail-edit": "1"})
    assert text(desk.table, 0, "Trail") == "1 % → 44,550.00"
    desk.ask("margin", "margin", {"margin-amount-edit": "50"})
    assert desk.rig.position.margin == Decimal(500)
    assert desk.text("futures-locked-balance") == "$500.00"
    desk.ask("leverage", "leverage", {"leverage-edit": "20"})
    # What was added is given back: 4,500 / 20.
    assert desk.rig.position.margin == Decimal(225)
    assert desk.text("futures-locked-balance") == text(desk.table, 0, "Margin") == "$225.00"
    desk.play("quote 45300")
    desk.ask("close-part", "close-part", {"close-part-quantity-edit": "0.04"})
    desk.play("quote 45300")
    assert desk.rig.position.quantity == Decimal("0.06")
    # 4.5 for the entry; 0.04 x 300, less 1.812 of fee.
    assert desk.rig.portfolio.wallet.total == Decimal("10000") - Decimal("4.5") + 12 - Decimal("1.812")
    for prefix in ("levels", "margin", "leverage", "close-part"):
        assert not is_open(desk.window, prefix)


@pytest.mark.parametrize(
    ("prefix", "typed"),
    [
        ("margin", {"margin-amount-edit": "50"}),
        ("leverage", {"leverage-edit": "7"}),
        ("leverage", {"leverage-edit": "15"}),
    ],
)
def test_the_liquidation_that_a_dialog_foretells_is_the_one_that_holds_then(
    desk: Desk, prefix: str, typed: dict[str, str]
) -> None:
    before = desk.model.positions[0].liquidation_price
    assert before is not None
    desk.table.selectRow(0)
    action(desk.table, prefix).trigger()
    dialog = dialog_of(desk.window, prefix)
    for name, value in typed.items():
        type_into(desk.qtbot, field(dialog, name), value)
    (told,) = [line for line in label(dialog, f"{prefix}-facts").splitlines() if line.startswith("Liquidation: ")]
    assert "given back" not in label(dialog, f"{prefix}-facts"), "nothing was added by hand"
    dialog.close()
    desk.ask(prefix, prefix, typed)
    after = desk.model.positions[0].liquidation_price
    assert after is not None
    assert after != before
    way = "farther away" if after < before else "nearer"
    assert told == f"Liquidation: {before:,.2f} → {after:,.2f}, {way}"


def test_margin_that_was_added_is_said_to_be_given_back(desk: Desk) -> None:
    desk.ask("margin", "margin", {"margin-amount-edit": "50"})
    desk.table.selectRow(0)
    action(desk.table, "leverage").trigger()
    dialog = dialog_of(desk.window, "leverage")
    type_into(desk.qtbot, field(dialog, "leverage-edit"), "20")
    assert "$50.00 of its margin was added to the initial margin; it is given back." in label(dialog, "leverage-facts")
    dialog.close()


def test_what_the_engine_refuses_stays_in_the_dialog_with_its_figures(desk: Desk) -> None:
    desk.table.selectRow(0)
    action(desk.table, "margin").trigger()
    dialog = dialog_of(desk.window, "margin")
    type_into(desk.qtbot, field(dialog, "margin-amount-edit"), "9000")
    # Between the look and the press, an order takes most of what was free.
    desk.before_command = lambda: play(desk.futures, "long 0.2 x1 limit 40000")
    desk.qtbot.mouseClick(button(dialog, "margin-ok-btn"), Qt.MouseButton.LeftButton)
    assert "Insufficient balance: Need $9,000.00" in label(dialog, "margin-error")
    assert desk.rig.position.margin == Decimal(450)


def test_a_reversal_is_the_same_size_the_other_way(desk: Desk) -> None:
    desk.ask("reverse", "reverse", {})
    # The close fills, and places the entry, which the next price fills.
    desk.play("quote 45000", "quote 45000")
    assert (desk.rig.position.direction, desk.rig.position.quantity) == (Direction.SHORT, Decimal("0.1"))
    assert text(desk.table, 0, "Side") == "SHORT ▼"


def test_an_order_is_edited_and_what_is_locked_follows(desk: Desk) -> None:
    desk.play("long 0.1 x10 limit 44000")
    orders = desk.window.findChild(OrdersTable, "orders-table")
    assert orders is not None
    assert text(orders, 0, "Reserved") == "$444.40"
    orders.selectRow(0)
    action(orders, "edit").trigger()
    dialog = dialog_of(desk.window, "edit-order")
    type_into(desk.qtbot, field(dialog, "edit-order-quantity-edit"), "0.05")
    type_into(desk.qtbot, field(dialog, "edit-order-limit-edit"), "43000")
    desk.qtbot.mouseClick(button(dialog, "edit-order-ok-btn"), Qt.MouseButton.LeftButton)
    assert not is_open(desk.window, "edit-order")
    assert text(orders, 0, "Price") == "43,000.00"
    # 0.05 x 43,000 / 10, and a fee of 2.15.
    assert text(orders, 0, "Reserved") == "$217.15"
    action(orders, "cancel").trigger()
    assert orders.sorted_rows.rowCount() == 0
    assert desk.text("futures-locked-balance") == "$450.00"


def test_close_all_ends_everything_and_entries_wait_for_a_reason(desk: Desk) -> None:
    desk.play("long 0.1 x10 limit 44000")
    panic = desk.window.findChild(QToolButton, "toolbar-close-all-btn")
    assert panic is not None
    desk.qtbot.mouseClick(panic, Qt.MouseButton.LeftButton)
    dialog = dialog_of(desk.window, "close-all")
    desk.qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    assert not is_open(desk.window, "close-all")
    desk.play("quote 45000")
    assert not desk.rig.portfolio.positions
    assert not desk.rig.portfolio.orders
    assert desk.text("close-only-banner-text").startswith("■ CLOSE ONLY since ")
    before = len(desk.rig.memory.entries)
    desk.window.trading.close_all()
    again = dialog_of(desk.window, "close-all")
    desk.qtbot.mouseClick(button(again, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    assert not is_open(desk.window, "close-all")
    assert len(desk.rig.memory.entries) == before
    desk.qtbot.mouseClick(button(desk.window, "close-only-allow-btn"), Qt.MouseButton.LeftButton)
    clear = dialog_of(desk.window, "clear-close-only")
    type_into(desk.qtbot, field(clear, "clear-close-only-reason-edit"), "it was a drill")
    desk.qtbot.mouseClick(button(clear, "clear-close-only-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.rig.engine.books.close_only == ""
    assert desk.text("close-only-banner-text") == ""


def test_in_a_pause_close_all_says_what_stays_open(desk: Desk) -> None:
    desk.futures.hold()
    desk.window.trading.close_all()
    dialog = dialog_of(desk.window, "close-all")
    desk.qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    assert "1 of 1 positions stay open" in label(dialog_of(desk.window, "close-all"), "close-all-error")
    assert desk.rig.engine.books.close_only
    assert desk.rig.position.quantity == Decimal("0.1")
    assert cell(desk.table, 0, "Symbol").data() == SWAP.symbol
