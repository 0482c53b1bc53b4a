"""The order ticket: its fields, what the order would come to, and one button for each direction."""

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages.notices import CommandRefused, Notice, OrderCanceled, OrderDenied
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.held_focus import HeldFocus
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.ticket_fields import TicketFields

_SPOT_IS_LONG_ONLY = "Spot is long only: choose a swap such as BTC/USDT:USDT to go short"
_SIDES = (OrderSide.BUY, OrderSide.SELL)
_TEXTS = {OrderSide.BUY: "▲ LONG", OrderSide.SELL: "▼ SHORT"}
_HINTS = {OrderSide.BUY: "Buy: open a long position", OrderSide.SELL: "Sell: open a short position"}
_EXIT_TEXTS = {OrderSide.BUY: "▲ BUY: close short", OrderSide.SELL: "▼ SELL: close long"}


class OrderForm(QWidget):
    """One press sends one order under one request id; both buttons rest until its answer came.

    Return in a field presses nothing: only a button that has the focus, or is clicked, places an order. While the
    buttons rest, the reason stands above them.
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
        self._risk = risk or RiskSettings()
        self._model = model
        self._send = send
        self._pending = PendingRequest(model, self)
        self._focus = HeldFocus(self)
        self.setObjectName("futures-order-form")
        self.setAccessibleName("Order form")
        self._fields = TicketFields(model, defaults or FuturesSettings())
        self._buttons = {
            OrderSide.BUY: _trade_button("futures-long-btn", OrderSide.BUY, "buy"),
            OrderSide.SELL: _trade_button("futures-short-btn", OrderSide.SELL, "sell"),
        }
        self._estimate = plain_label("", name="futures-estimate", tone="muted", spoken="Estimated order value")
        self._hint = plain_label("", name="futures-hint", tone="muted", spoken="Why the order buttons rest")
        self._message = plain_label("", name="futures-message", tone="error", spoken="Order message")
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
        """Put the cursor where the size is typed."""
        self._fields.begin()

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
        self._fields.begin()

    def _arrange(self) -> None:
        for label in (self._estimate, self._hint, self._message):
            label.setWordWrap(True)
        self._message.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_M)
        for side in _SIDES:
            buttons.addWidget(self._buttons[side], 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._fields)
        layout.addWidget(self._estimate)
        layout.addWidget(self._hint)
        layout.addLayout(buttons)
        layout.addWidget(self._message)

    def _connect(self) -> None:
        model = self._model
        for side in _SIDES:
            self._buttons[side].clicked.connect(lambda _=False, side=side: self._submit(side))
        self._fields.edited.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh_buttons)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        model.state_changed.connect(self._fields.take_state)
        model.positions_changed.connect(self._fields.take_market)
        model.quotes_changed.connect(self._fields.take_market)
        model.auto_trading_changed.connect(self._refresh)
        model.balance_changed.connect(self._refresh)
        model.ages.changed.connect(self._refresh)
        model.network_changed.connect(self._on_network_changed)
        model.account_switched.connect(self._start_over)

    def _submit(self, side: OrderSide) -> None:
        ticket = self._fields.ticket(side)
        if ticket is None or self._why_not(side):
            return
        request_id = self._pending.begin()
        if not request_id:
            return
        self._say("")
        self._send(ticket.command(request_id))

    def _why_not(self, side: OrderSide) -> str:
        """Say why an order of this side cannot be sent now; empty when it can."""
        fields = self._fields
        ticket = fields.ticket(side)
        shut = self._shut_text()
        if shut:
            return shut
        if ticket is None:
            return f"No open position of {self.symbol} to reduce" if fields.is_exit else "Waiting for the market"
        if fields.position is not None:
            closing = OrderSide.SELL if fields.position.direction == "long" else OrderSide.BUY
            if side is not closing:
                return "Reduce-only: only the side that closes the position"
        elif side is OrderSide.SELL and not ticket.instrument.allows_short:
            return _SPOT_IS_LONG_ONLY
        return fields.error_text() or ticket.missing()

    def _shut_text(self) -> str:
        """Say why nothing can be ordered at all, or nothing that opens a position; empty while all can."""
        model, shown = self._model, self._model.snapshot
        if model.halted:
            return f"Trading is halted: {model.halted}"
        shut = refusal_text(model.network)
        if shut or shown is None or self._fields.is_exit:
            return shut
        if shown.close_only:
            return f"Close only ({shown.close_only}): nothing may be opened until that is cleared"
        return "New entries are paused: resume them to open a position" if _is_paused(model) else ""

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, OrderDenied | CommandRefused | OrderCanceled):
            self._say(notice.detail or notice.reason)
            return
        self._say("")

    def _on_expired(self) -> None:
        self._say("No answer came. Look at orders and positions before you press again.")

    def _on_network_changed(self) -> None:
        """What was said of an order before the market came or went is over by then."""
        self._say("")
        self._refresh()

    def _start_over(self) -> None:
        self._fields.start_over()
        self._say("")

    def _refresh(self) -> None:
        self._refresh_estimate()
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        is_free = not self._pending.is_busy
        position = self._fields.position
        reasons = {side: self._why_not(side) for side in _SIDES}
        for side, button in self._buttons.items():
            why = reasons[side]
            self._focus.set_enabled(button, is_free and not why)
            does = _HINTS[side] if position is None else f"Close position {position.id} or a part of it"
            button.setText(_TEXTS[side] if position is None else _EXIT_TEXTS[side])
            button.setAccessibleName(does)
            button.setToolTip(why or does)
            button.setVisible(position is None or (position.direction == "long") == (side is OrderSide.SELL))
        # What one side can do needs no word about the other: its own tooltip says why that rests.
        is_any_free = any(not why for why in reasons.values())
        said = "" if is_any_free else self._shut_text() or reasons[OrderSide.BUY]
        if position is not None and not is_any_free:
            said = reasons[OrderSide.SELL if position.direction == "long" else OrderSide.BUY]
        self._hint.setText(said)
        self._hint.setAccessibleName(f"Why the order buttons rest: {said}" if said else "Why the order buttons rest")
        _set_tone(self._hint, "warning" if self._shut_text() else "muted")
        self._hint.setVisible(bool(said))

    def _refresh_estimate(self) -> None:
        ticket = self._fields.ticket(OrderSide.BUY)
        price = ticket.price if ticket else None
        if ticket is None or price is None:
            text = "Fills at the open of the next bar" if self._model.replay else "Waiting for a price"
        elif not ticket.quantity:
            least = ticket.instrument.minimum_notional
            text = f"Minimum order {format_money(least, ticket.instrument.settle)}" if least else ""
        else:
            text = _estimate_text(ticket.instrument, ticket.quantity, price=price, leverage=ticket.leverage)
        is_market = ticket is not None and not ticket.names_price and price is not None
        old = self._model.ages.staleness_of((self.symbol,)) if is_market and ticket and ticket.quantity else None
        if old is not None:
            text += f" · price {old.text} old"
        _set_tone(self._estimate, "muted" if old is None else "warning")
        if text != self._estimate.text():
            self._estimate.setText(text)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setAccessibleName(f"Order message: {text}" if text else "Order message")
        self._message.setVisible(bool(text))


def _estimate_text(instrument: Instrument, quantity: Decimal, *, price: Decimal, leverage: int) -> str:
    # What the ticket is about, not a figure of the books: the engine sizes, checks and books on its own.
    return f"≈ {format_money(instrument.notional(quantity, price), instrument.settle)}, leverage {leverage}x"


def _is_paused(model: BalanceModel) -> bool:
    return model.auto_trading is not None and model.auto_trading.is_entries_paused


def _set_tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)


def _trade_button(name: str, side: OrderSide, tone: str) -> QPushButton:
    button = QPushButton(_TEXTS[side])
    button.setObjectName(name)
    button.setAccessibleName(_HINTS[side])
    button.setToolTip(_HINTS[side])
    button.setProperty("tone", tone)
    button.setAutoDefault(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
