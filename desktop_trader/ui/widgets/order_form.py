"""The order ticket: its fields, what the order would come to, and one button for each direction."""

from collections.abc import Mapping
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages.notices import CommandRefused, Notice, OrderCanceled, OrderDenied
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.order_gate import closing_side, lacking_text, shut_text
from desktop_trader.ui.models.order_ticket import OrderTicket
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.held_focus import HeldFocus
from desktop_trader.ui.widgets.order_preview import OrderPreview
from desktop_trader.ui.widgets.said_label import SaidLabel
from desktop_trader.ui.widgets.ticket_fields import TicketFields

_SIDES = (OrderSide.BUY, OrderSide.SELL)
_TEXTS = {OrderSide.BUY: "▲ LONG", OrderSide.SELL: "▼ SHORT"}
_HINTS = {OrderSide.BUY: "Buy: open a long position", OrderSide.SELL: "Sell: open a short position"}
_EXIT_TEXTS = {OrderSide.BUY: "▲ BUY: close short", OrderSide.SELL: "▼ SELL: close long"}


class OrderForm(QWidget):
    """One press sends one order under one request id; both buttons rest until its answer came.

    Return in a field presses nothing: only a button that has the focus, or is clicked, places an order. While the
    buttons rest, the reason stands above them; a side that would surely be refused rests alone. The `bar` with the
    buttons may be put where it never scrolls away.
    """

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        defaults: FuturesSettings | None = None,
        risk: RiskSettings | None = None,
    ) -> None:
        super().__init__()
        self._model = model
        self._send = send
        self._seen: object = None
        self._shut = refusal_text(model.network)
        self._pending = PendingRequest(model, self)
        self._focus = HeldFocus(self)
        self.setObjectName("futures-order-form")
        self.setAccessibleName("Order form")
        self._fields = TicketFields(model, defaults or FuturesSettings(), risk=risk)
        self._preview = OrderPreview(model, self._fields, risk=risk or RiskSettings())
        self.bar = QFrame()
        self.bar.setObjectName("futures-order-bar")
        self.bar.setAccessibleName("Place the order")
        self._estimate = SaidLabel(name="futures-estimate", spoken="Estimated order value", tone="muted")
        self._hint = SaidLabel(name="futures-hint", spoken="Why the order buttons rest", tone="muted")
        self._message = SaidLabel(name="futures-message", spoken="Order message", tone="error")
        self._buttons = {
            OrderSide.BUY: _TradeButton("futures-long-btn", OrderSide.BUY, "buy"),
            OrderSide.SELL: _TradeButton("futures-short-btn", OrderSide.SELL, "sell"),
        }
        self._arrange()
        self._connect()
        self._refresh()

    @property
    def symbol(self) -> str:
        """The symbol of the ticket; empty before the first snapshot."""
        return self._fields.symbol

    def choose_symbol(self, symbol: str) -> None:
        """Show another symbol, if it can be traded."""
        self._fields.choose_symbol(symbol)

    def begin(self) -> None:
        """Put the cursor where the size is typed, and bring that into view."""
        self._fields.begin()
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(self._fields, 0, 0)

    def prefill(
        self,
        *,
        symbol: str = "",
        side: OrderSide | None = None,
        order_type: OrderType | None = None,
        price: Decimal | None = None,
    ) -> None:
        """Fill in what somebody pointed at, and leave the rest; nothing is sent.

        `price` is the limit of an order that has one, else its trigger; `side` is the direction meant.
        """
        if symbol:
            self._fields.choose_symbol(symbol)
        self._fields.choose_type(order_type, price=price)
        self._preview.mean(side)
        self.begin()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_M)
        for side in _SIDES:
            buttons.addWidget(self._buttons[side], 1)
        below = QVBoxLayout(self.bar)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACE_S)
        for label in (self._estimate, self._preview.remark, self._hint):
            below.addWidget(label)
        below.addLayout(buttons)
        below.addWidget(self._message)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._fields)
        layout.addWidget(self._preview)
        layout.addWidget(self.bar)

    def _connect(self) -> None:
        model = self._model
        for side in _SIDES:
            self._buttons[side].clicked.connect(lambda _=False, side=side: self._submit(side))
            self._buttons[side].meant.connect(lambda side=side: self._preview.mean(side))
        self._fields.edited.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh_buttons)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        model.state_changed.connect(self._fields.take_state)
        for signal in (model.positions_changed, model.auto_trading_changed, model.balance_changed):
            signal.connect(self._on_snapshot)
        model.quotes_changed.connect(self._on_snapshot)
        model.ages.changed.connect(self._refresh)
        model.network_changed.connect(self._on_network_changed)
        model.account_switched.connect(self._start_over)

    def _submit(self, side: OrderSide) -> None:
        ticket = self._fields.ticket(side)
        if ticket is None or self._why_not(ticket):
            return
        request_id = self._pending.begin()
        if not request_id:
            return
        self._message.say("")
        self._send(ticket.command(request_id))

    def _why_not(self, ticket: OrderTicket | None) -> str:
        """Say why this order cannot be sent now; empty when it can."""
        fields = self._fields
        shut = shut_text(self._model, is_exit=fields.is_exit)
        lacking = lacking_text(ticket, fields.position, symbol=self.symbol, is_exit=fields.is_exit)
        return shut or fields.error_text() or lacking

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, OrderDenied | CommandRefused | OrderCanceled):
            self._message.say(notice.detail or notice.reason)
            return
        self._message.say("")

    def _on_expired(self) -> None:
        self._message.say("No answer came. Look at orders and positions before you press again.")

    def _on_snapshot(self) -> None:
        """Look once at each snapshot, whichever of its parts differ."""
        if self._model.snapshot is not self._seen:
            self._seen = self._model.snapshot
            self._fields.take_market()

    def _on_network_changed(self) -> None:
        """What was said of an order before the market came or went is over by then."""
        shut, self._shut = self._shut, refusal_text(self._model.network)
        if shut != self._shut:
            self._message.say("")
            self._refresh()

    def _start_over(self) -> None:
        self._fields.start_over()
        self._message.say("")

    def _refresh(self) -> None:
        tickets = {side: self._fields.ticket(side) for side in _SIDES}
        self._refresh_estimate(tickets[OrderSide.BUY])
        self._preview.show_tickets(tickets)
        self._dress_buttons(tickets)

    def _refresh_buttons(self) -> None:
        self._dress_buttons({side: self._fields.ticket(side) for side in _SIDES})

    def _dress_buttons(self, tickets: Mapping[OrderSide, OrderTicket | None]) -> None:
        is_free, position = not self._pending.is_busy, self._fields.position
        reasons = {side: self._why_not(ticket) for side, ticket in tickets.items()}
        for side, button in self._buttons.items():
            why_not = reasons[side] or self._preview.refusal(side)
            self._focus.set_enabled(button, is_free and not why_not)
            button.dress(why_not, closes=None if position is None else position.id)
            button.setVisible(position is None or side is closing_side(position))
        # What one side can do needs no word about the other: its own tooltip says why that rests.
        rests = all(reasons.values())
        main = OrderSide.BUY if position is None else closing_side(position)
        is_shut = bool(shut_text(self._model, is_exit=self._fields.is_exit))
        self._hint.say(reasons[main] if rests else "", tone="warning" if is_shut else "muted")

    def _refresh_estimate(self, ticket: OrderTicket | None) -> None:
        price = ticket.price if ticket else None
        old = None
        if ticket is None or price is None:
            text = "Fills at the open of the next bar" if self._model.replay else "Waiting for a price"
        elif not ticket.quantity and ticket.position_id is not None:
            text = ""
        elif not ticket.quantity:
            least = ticket.instrument.minimum_notional
            text = f"Minimum order {format_money(least, ticket.instrument.settle)}" if least else ""
        else:
            # What the ticket is about, not a figure of the books: the engine sizes, checks and books on its own.
            notional = ticket.instrument.notional(ticket.quantity, price)
            text = f"≈ {format_money(notional, ticket.instrument.settle)}, leverage {ticket.leverage}x"
            old = None if ticket.names_price else self._model.ages.staleness_of((self.symbol,))
        text += f" · price {old.text} old" if old else ""
        self._estimate.say(text, tone="warning" if old else "muted")


class _TradeButton(QPushButton):
    """`meant` comes when the mouse or the keyboard reaches it."""

    meant = Signal()

    def __init__(self, name: str, side: OrderSide, tone: str) -> None:
        super().__init__(_TEXTS[side])
        self._side = side
        self._told: tuple[str, str] | None = None
        self.setObjectName(name)
        self.setProperty("tone", tone)
        self.setAutoDefault(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.dress("", closes=None)

    def dress(self, why_not: str, *, closes: int | None) -> None:
        """Say what a press does, and in the tooltip why it rests; `closes` is the id of the position it reduces."""
        does = _HINTS[self._side] if closes is None else f"Close position {closes} or a part of it"
        told, self._told = self._told, (does, why_not)
        if told == self._told:
            return
        self.setText(_TEXTS[self._side] if closes is None else _EXIT_TEXTS[self._side])
        self.setAccessibleName(does)
        self.setToolTip(why_not or does)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.meant.emit()
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.meant.emit()
        super().focusInEvent(event)
