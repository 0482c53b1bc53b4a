"""The life of a futures position on a real data folder: panel, history and command line say the same at every turn."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QDockWidget
from pytestqt.qtbot import QtBot

from desktop_trader.answers import history
from desktop_trader.answers.context import AnswerContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerRow
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.number_format import format_signed_money
from desktop_trader.ui.panels.history_table import HistoryTable
from desktop_trader.ui.panels.orders import OrdersTable
from tests.command_line import desktop_trader
from tests.fakes import ManualClock
from tests.ui.desk_rig import column, text
from tests.ui.futures_desk import FuturesDesk
from tests.ui.snapshot_builders import NOON


class StoredDesk(FuturesDesk):
    """The desk over books in a folder; what the history asks is read from them, after the question was put."""

    def __init__(self, qtbot: QtBot, folder: Path, store: SqliteLedgerStore) -> None:
        self.folder = folder
        self.asked: list[LedgerPageRequest] = []
        super().__init__(qtbot, folder, store=store)
        self.answers = AnswerContext(
            paths=DataFolderPaths(root=folder), feed=self.rig.feed, clock=ManualClock(NOON), account="demo"
        )
        table = self.window.findChild(HistoryTable, "history-table")
        assert table is not None
        self.table: HistoryTable = table

    def take_request(self, request: object) -> None:
        if isinstance(request, LedgerPageRequest):
            self.asked.append(request)

    def read_history(self) -> list[LedgerRow]:
        """Have the history dock read the newest entries, and return them as the books have them."""
        everything = LedgerFilter(account="demo")
        self.window.show_history(everything)
        while self.asked:
            self.window.show_reply(history.page(self.answers, self.asked.pop(0)))
        return list(self.answers.reader().page(everything, limit=100).rows)

    def booked_total(self) -> Decimal:
        rows = self.read_history()
        assert text(self.table, 0, "After") == self.text("virtual-balance")
        assert column(self.table, "No.") == [str(row.id) for row in rows]
        assert column(self.table, "Locked ±") == [format_signed_money(row.locked_change, "USDT") for row in rows]
        assert sum(row.locked_change for row in rows) == self.rig.portfolio.wallet.locked
        assert sum(row.amount for row in rows) == rows[0].balance_after
        return rows[0].balance_after

    def check_everywhere(self, total: str, locked: str) -> None:
        """Panel, sidebar, local API, the rows of the history and the command line in a process of its own agree."""
        self.check_figures()
        wallet = self.rig.portfolio.wallet
        assert (wallet.total, wallet.locked) == (Decimal(total), Decimal(locked))
        told = desktop_trader("balance", "show", "--json", data_dir=self.folder)
        assert told.code == 0, told.err
        figures = [told.json[f"{name}_balance"] for name in ("current", "available", "locked")]
        assert figures == [wallet.total, wallet.available, wallet.locked]

    def bring_up(self, name: str) -> None:
        dock = self.window.findChild(QDockWidget, name)
        assert dock is not None
        dock.raise_()
        self.qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty(), timeout=30_000)


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Iterator[StoredDesk]:
    store = SqliteLedgerStore.open(DataFolderPaths(root=tmp_path))
    made = StoredDesk(qtbot, tmp_path, store)
    made.price("45000")
    yield made
    made.answers.close()
    store.close()


@pytest.mark.slow
@pytest.mark.requirement("R136", "R144", "R149")
def test_every_place_says_the_same_from_the_order_to_the_close(desk: StoredDesk) -> None:
    desk.check_everywhere("10000", "0")
    desk.write("futures-quantity-edit", "0.1")
    desk.click("futures-long-btn")
    desk.price("45000")
    # 4,500 / 10 is locked, and 4.5 was the fee.
    desk.check_everywhere("9995.5", "450")
    desk.futures.fund("0.0001", 45_000)
    desk.show()
    check = desk.window.findChild(QCheckBox, "futures-reduce-only-check")
    assert check is not None
    check.click()
    desk.price("46000")
    desk.click("futures-size-50-btn")
    desk.click("futures-short-btn")
    desk.price("46000")
    # Funding of 0.45; half of it closed with a gain of 50 and a fee of 2.3.
    desk.check_everywhere("10042.75", "225")
    desk.click("futures-size-100-btn")
    desk.click("futures-short-btn")
    desk.price("46000")
    desk.check_everywhere("10090.45", "0")


@pytest.mark.slow
@pytest.mark.requirement("R76", "R144")
def test_a_resting_order_locks_money_everywhere_until_it_is_canceled_in_the_table(desk: StoredDesk) -> None:
    desk.choose("futures-type-combo", "Limit")
    desk.write("futures-limit-price-edit", "44000")
    desk.write("futures-quantity-edit", "0.1")
    desk.click("futures-long-btn")
    desk.price("45000")
    # 4,400 / 10, and the taker fee of 4.4.
    desk.check_everywhere("10000", "444.4")
    assert desk.text("futures-locked-balance") == "$444.40"
    desk.bring_up("orders")
    orders = desk.window.findChild(OrdersTable, "orders-table")
    assert orders is not None
    orders.selectRow(0)
    desk.click("orders-cancel-btn")
    assert not desk.rig.portfolio.orders
    desk.check_everywhere("10000", "0")
    assert desk.text("futures-locked-balance") == "$0.00"


@pytest.mark.requirement("R144")
def test_return_and_a_click_before_the_answer_are_one_order(desk: StoredDesk) -> None:
    desk.write("futures-quantity-edit", "0.1")
    button = desk.window.findChild(QAbstractButton, "futures-long-btn")
    assert button is not None
    desk.hold_answers = True
    desk.qtbot.keyClick(button, Qt.Key.Key_Return)
    assert len(desk.rig.portfolio.orders) == 1
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    (order,) = desk.rig.portfolio.orders.values()
    desk.hold_answers = False
    desk.price("45000")
    assert desk.rig.position.entry_order_id == order.id
    desk.check_figures()
