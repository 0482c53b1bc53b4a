"""The futures dock: the balance card and the margin as account summary, the order form and the open positions."""

from decimal import Decimal

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.panels.positions import PositionsTable
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.balance_card import FUTURES_CARD, BalanceCard
from desktop_trader.ui.widgets.capital_line import CapitalLine
from desktop_trader.ui.widgets.margin_summary import MarginSummary
from desktop_trader.ui.widgets.order_form import OrderForm
from desktop_trader.ui.widgets.plain_label import plain_label

_SHOWN_COLUMNS = frozenset({"Symbol", "Side", "uP&L", "Close"})
_TABLE_HEIGHT_MIN = 90


class FuturesPanel(QWidget):
    """Where a person trades by hand. `defaults` is what the ticket begins with, `risk` what it is measured against."""

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        card: BalanceCard | None = None,
        defaults: FuturesSettings | None = None,
        risk: RiskSettings | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("futures-panel")
        self.setAccessibleName("Futures")
        if card is None:
            card = BalanceCard(model, names=FUTURES_CARD)
        limits = risk or RiskSettings()
        self._form = OrderForm(model, send=send, defaults=defaults, risk=limits)
        positions = PositionsTable(model, send=send, name="futures-positions-table")
        positions.show_only(_SHOWN_COLUMNS)
        positions.setMinimumHeight(_TABLE_HEIGHT_MIN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_S)
        layout.addWidget(card)
        layout.addWidget(CapitalLine(model, name="futures-capital", risk=limits))
        layout.addWidget(MarginSummary(model, risk=limits))
        layout.addWidget(self._form)
        layout.addWidget(plain_label("Open positions", name="futures-positions-title", tone="title"))
        layout.addWidget(positions, 1)

    @property
    def footer(self) -> QWidget:
        """What places the order: it stands below the panel, where it never scrolls away."""
        return self._form.bar

    def choose_symbol(self, symbol: str) -> None:
        """Put a symbol into the ticket."""
        self._form.choose_symbol(symbol)

    def begin_order(self) -> None:
        """Put the cursor where the size is typed."""
        self._form.begin()

    def prefill(
        self,
        *,
        symbol: str = "",
        side: OrderSide | None = None,
        order_type: OrderType | None = None,
        price: Decimal | None = None,
    ) -> None:
        """Fill the ticket in with what somebody pointed at, and put the cursor into its size; nothing is sent."""
        self._form.prefill(symbol=symbol, side=side, order_type=order_type, price=price)
