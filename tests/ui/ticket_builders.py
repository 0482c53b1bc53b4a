"""The order form as a person sees it: fake doors that only remember what went through."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.market import FundingRate, Quote
from desktop_trader.messages.commands import Command, SubmitOco, SubmitOrder
from desktop_trader.messages.notices import OrderAccepted
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.order_form import OrderForm
from tests.ui.snapshot_builders import NOON, make_snapshot

SWAP = "BTC/USDT:USDT"
Found = TypeVar("Found", bound=QWidget)


class Ticket:
    """The form, what it is shown, and what it sent."""

    def __init__(
        self, qtbot: QtBot, *, defaults: FuturesSettings | None = None, risk: RiskSettings | None = None
    ) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.commands: list[Command] = []
        self.form = OrderForm(self.model, send=self.commands.append, defaults=defaults, risk=risk)
        qtbot.addWidget(self.form)
        self.form.show()
        self.long = self.find(QPushButton, "futures-long-btn")
        self.short = self.find(QPushButton, "futures-short-btn")
        self.quantity = self.find(DecimalEdit, "futures-quantity-edit")
        self.sequence = 0

    def show(self, **state: Any) -> AccountSnapshot:
        """Show a newer state at once."""
        self.sequence += 1
        snapshot = make_snapshot(self.sequence, **state)
        self.model.replace_snapshot(snapshot)
        self.model.show_newest()
        return snapshot

    @property
    def sent(self) -> list[SubmitOrder]:
        """The single orders that were sent."""
        return [each for each in self.commands if isinstance(each, SubmitOrder)]

    @property
    def pairs(self) -> list[SubmitOco]:
        """The pairs that were sent."""
        return [each for each in self.commands if isinstance(each, SubmitOco)]

    def find(self, kind: type[Found], name: str) -> Found:
        found = self.form.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def text(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def type(self, name: str, text: str) -> None:
        edit = self.find(DecimalEdit, name)
        edit.clear()
        self.qtbot.keyClicks(edit, text)

    def choose(self, name: str, text: str) -> None:
        combo = self.find(QComboBox, name)
        assert combo.findText(text) >= 0, text
        combo.setCurrentText(text)

    def click(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(QAbstractButton, name), Qt.MouseButton.LeftButton)

    def sees(self, name: str) -> bool:
        return self.find(QWidget, name).isVisible()

    def accept(self) -> None:
        request_id = self.commands[-1].request_id
        self.model.raise_notice(
            OrderAccepted(
                id=1,
                at=NOON,
                request_id=request_id,
                symbol="BTC/USDT",
                side="buy",
                quantity=Decimal("0.01"),
                order_id=1,
                reason="manual",
            )
        )


def swap_quotes(bid: str = "44999.50", ask: str = "45000.50") -> tuple[Quote, ...]:
    """Return a spot and a swap quote."""
    spot = Quote(symbol="BTC/USDT", bid=Decimal(45_000), ask=Decimal(45_000), last=Decimal(45_000), at=NOON)
    swap = Quote(
        symbol=SWAP, bid=Decimal(bid), ask=Decimal(ask), last=Decimal(45_000), at=NOON, mark=Decimal("45000.20")
    )
    return (spot, swap)


def funding_rate(rate: str = "0.0001") -> FundingRate:
    """Return the funding that is due next."""
    return FundingRate(
        symbol=SWAP, at=NOON + timedelta(hours=4), rate=Decimal(rate), mark_price=Decimal("45000.20"), is_estimate=True
    )
