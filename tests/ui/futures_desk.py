"""A window over a real engine, with a hand on the futures panel."""

from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from desktop_trader.api.payloads import snapshot_balance
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.builders import SPOT, SWAP
from tests.fakes import MemoryLedgerStore
from tests.trading_rig import TradingRig
from tests.ui.trading_room import Room


class FuturesDesk(Room):
    """The room with a hand on the futures panel."""

    def __init__(self, qtbot: QtBot, folder: Path, *, store: LedgerStore | None = None) -> None:
        self.futures = TradingRig(instruments=(SWAP, SPOT), store=store or MemoryLedgerStore())
        super().__init__(qtbot, folder, rig=self.futures)
        self.window.choose_symbol(SWAP.symbol)

    def price(self, price: str, **market: str) -> None:
        """A second later: a price, and everything that comes of it."""
        notices = self.futures.show(price, **market)
        self.show()
        for notice in notices:
            self.model.raise_notice(notice)

    def write(self, name: str, text: str) -> None:
        edit = self.window.findChild(DecimalEdit, name)
        assert edit is not None, name
        edit.clear()
        self.qtbot.keyClicks(edit, text)

    def click(self, name: str) -> None:
        button = self.window.findChild(QAbstractButton, name)
        assert button is not None, name
        assert button.isEnabled(), (name, button.toolTip())
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, name: str, text: str) -> None:
        combo = self.window.findChild(QComboBox, name)
        assert combo is not None
        combo.setCurrentText(text)

    def check_figures(self) -> None:
        """Panel, sidebar, local API and the newest entry of the journal say the same."""
        wallet = self.rig.portfolio.wallet
        shown = format_money(wallet.total, "USDT")
        places = ("virtual-balance", "auto-balance-display", "futures-virtual-balance", "futures-total-balance")
        assert {self.text(name) for name in places} == {shown}
        assert self.text("futures-available-balance") == format_money(wallet.available, "USDT")
        assert self.text("futures-locked-balance") == format_money(wallet.locked, "USDT")
        payload = snapshot_balance(self.rig.snapshot)
        assert (payload["current_balance"], payload["available_balance"]) == (wallet.total, wallet.available)
        assert self.booked_total() == wallet.total

    def booked_total(self) -> Decimal:
        """The total after the newest entry of the journal."""
        return self.rig.memory.entries[-1].total_after
