"""The order ticket: symbol, market or limit, quantity, stop and target, and one button for each direction."""

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Direction, OrderSide, OrderType, Protection
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.notices import CommandRefused, Notice, OrderCanceled, OrderDenied
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.network_text import is_shut, refusal_text
from desktop_trader.ui.number_format import decimals_of, format_money
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.held_focus import HeldFocus
from desktop_trader.ui.widgets.plain_label import plain_label

_SPOT_IS_LONG_ONLY = "Spot is long only: choose a swap such as BTC/USDT:USDT to go short"
_NO_MINIMUM = "Enter a quantity"
_ONE = Decimal(1)


class OrderForm(QWidget):
    """One press sends one order under one request id; both buttons rest until its answer came.

    Return in a field presses nothing: only a button that has the focus, or is clicked, places an order.
    """

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._pending = PendingRequest(model, self)
        self._shut = ""
        self._focus = HeldFocus(self)
        self.setObjectName("futures-order-form")
        self.setAccessibleName("Order form")
        self._build_fields()
        self._build_buttons()
        self._arrange()
        self._pending.busy_changed.connect(self._refresh_buttons)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        model.state_changed.connect(self._on_state_changed)
        model.quotes_changed.connect(self._refresh_estimate)
        model.ages.changed.connect(self._refresh_estimate)
        model.network_changed.connect(self._on_network_changed)
        model.account_switched.connect(self._start_over)
        self._symbol.currentTextChanged.connect(self._on_symbol_changed)
        self._type.currentIndexChanged.connect(self._on_type_changed)
        for edit in self._edits:
            edit.value_changed.connect(self._on_edited)
            edit.error_changed.connect(self._on_edited)
        self._on_state_changed()
        self._on_type_changed()

    @property
    def symbol(self) -> str:
        """The symbol of the ticket; empty before the first snapshot."""
        return self._symbol.currentText()

    def choose_symbol(self, symbol: str) -> None:
        """Show another symbol, if it can be traded."""
        self._symbol.setCurrentText(symbol)

    def begin(self) -> None:
        """Put the cursor where the size is typed."""
        self._quantity.setFocus()
        self._quantity.selectAll()

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
            self.choose_symbol(symbol)
        if order_type is not None:
            self._type.setCurrentIndex(self._type.findData(order_type))
        if price is not None:
            self._limit.set_value(price)
        self.begin()

    def _build_fields(self) -> None:
        self._symbol = QComboBox()
        self._symbol.setObjectName("futures-symbol-combo")
        self._symbol.setAccessibleName("Order symbol")
        self._type = QComboBox()
        self._type.setObjectName("futures-type-combo")
        self._type.setAccessibleName("Order type")
        self._type.addItem("Market", OrderType.MARKET)
        self._type.addItem("Limit", OrderType.LIMIT)
        self._quantity = _edit("futures-quantity-edit", "Order quantity")
        self._limit = _edit("futures-limit-price-edit", "Limit price")
        self._stop = _edit("futures-stop-loss-edit", "Stop loss price, optional", "optional")
        self._target = _edit("futures-take-profit-edit", "Take profit price, optional", "optional")
        self._edits = (self._quantity, self._limit, self._stop, self._target)

    def _build_buttons(self) -> None:
        self._long = _trade_button("futures-long-btn", "▲ LONG", "buy", "Buy: open a long position")
        self._short = _trade_button("futures-short-btn", "▼ SHORT", "sell", "Sell: open a short position")
        self._long.clicked.connect(lambda: self._submit(Direction.LONG))
        self._short.clicked.connect(lambda: self._submit(Direction.SHORT))
        self._estimate = plain_label("", name="futures-estimate", tone="muted", spoken="Estimated order value")
        self._message = plain_label("", name="futures-message", tone="error", spoken="Order message")
        self._message.setWordWrap(True)
        self._message.hide()

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_M)
        grid.setVerticalSpacing(SPACE_S)
        fields: tuple[tuple[str, QWidget], ...] = (
            ("Symbol", self._symbol),
            ("Type", self._type),
            ("Quantity", self._quantity),
            ("Limit price", self._limit),
            ("Stop loss", self._stop),
            ("Take profit", self._target),
        )
        for place, (text, field) in enumerate(fields):
            row, column = divmod(place, 2)
            if isinstance(field, QComboBox):
                # What it offers says what it is.
                grid.addWidget(field, row, column)
                continue
            caption = plain_label(text, name=f"{field.objectName()}-caption", tone="muted")
            caption.setBuddy(field)
            pair = QVBoxLayout()
            pair.setSpacing(1)
            pair.addWidget(caption)
            pair.addWidget(field)
            grid.addLayout(pair, row, column)
            grid.setColumnStretch(column, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_M)
        buttons.addWidget(self._long, 1)
        buttons.addWidget(self._short, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(grid)
        layout.addWidget(self._estimate)
        layout.addLayout(buttons)
        layout.addWidget(self._message)

    def _submit(self, direction: Direction) -> None:
        quantity, limit = self._quantity.value(), self._limit.value()
        instrument = self._model.instrument(self.symbol)
        if instrument is None or quantity is None or not self._is_complete(direction):
            return
        request_id = self._pending.begin()
        if not request_id:
            return
        self._say("")
        kind = OrderType(self._type.currentData())
        self._send(
            SubmitOrder(
                request_id=request_id,
                symbol=instrument.symbol,
                side=direction.entry_side,
                type=kind,
                quantity=quantity,
                limit_price=limit if kind is OrderType.LIMIT else None,
                protection=Protection(stop_loss=self._stop.value(), take_profit=self._target.value()),
            )
        )

    def _is_complete(self, direction: Direction) -> bool:
        instrument = self._model.instrument(self.symbol)
        if instrument is None or (direction is Direction.SHORT and not instrument.allows_short):
            return False
        needs_limit = self._type.currentData() == OrderType.LIMIT
        return bool(
            not self._model.halted
            and not is_shut(self._model.network)
            and not any(edit.error_text() for edit in self._edits if edit.isEnabled())
            and self._quantity.value()
            and (self._limit.value() or not needs_limit)
        )

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, OrderDenied | CommandRefused | OrderCanceled):
            self._say(notice.detail or notice.reason)
            return
        self._say("")

    def _on_expired(self) -> None:
        self._say("No answer came. Look at orders and positions before you press again.")

    def _start_over(self) -> None:
        """What was typed was meant for the account that was shown then."""
        for edit in self._edits:
            edit.clear()
        self._say("")

    def _on_state_changed(self) -> None:
        symbols = [each.symbol for each in self._model.instruments]
        if symbols != [self._symbol.itemText(place) for place in range(self._symbol.count())]:
            chosen = self.symbol
            self._symbol.blockSignals(True)
            self._symbol.clear()
            self._symbol.addItems(symbols)
            if chosen in symbols:
                self._symbol.setCurrentText(chosen)
            self._symbol.blockSignals(False)
        self._on_symbol_changed()

    def _on_network_changed(self) -> None:
        """Say why the buttons rest as long as they do; what was said of an order before that is over by then."""
        shut = refusal_text(self._model.network)
        if shut != self._shut:
            self._shut = shut
            self._say(shut)
            self._refresh_buttons()

    def _on_symbol_changed(self) -> None:
        instrument = self._model.instrument(self.symbol)
        if instrument is not None:
            self._take_grid(instrument)
        self._on_edited()

    def _take_grid(self, instrument: Instrument) -> None:
        self._quantity.set_precision(decimals=decimals_of(instrument.lot_size), step=instrument.lot_size)
        self._quantity.set_range(minimum=instrument.lot_size, maximum=None)
        for edit in (self._limit, self._stop, self._target):
            edit.set_precision(decimals=decimals_of(instrument.tick_size), step=instrument.tick_size)
            edit.set_range(minimum=instrument.tick_size, maximum=None)

    def _on_type_changed(self) -> None:
        is_limit = self._type.currentData() == OrderType.LIMIT
        self._limit.setEnabled(is_limit)
        self._limit.setPlaceholderText("" if is_limit else "market price")
        self._on_edited()

    def _on_edited(self) -> None:
        self._refresh_estimate()
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        instrument = self._model.instrument(self.symbol)
        is_free = not self._pending.is_busy
        self._focus.set_enabled(self._long, is_free and self._is_complete(Direction.LONG))
        self._focus.set_enabled(self._short, is_free and self._is_complete(Direction.SHORT))
        is_long_only = instrument is not None and not instrument.allows_short
        shut = refusal_text(self._model.network)
        self._long.setToolTip(shut or "Buy: open a long position")
        self._short.setToolTip(shut or (_SPOT_IS_LONG_ONLY if is_long_only else "Sell: open a short position"))

    def _refresh_estimate(self) -> None:
        instrument, quantity = self._model.instrument(self.symbol), self._quantity.value()
        quote = self._model.quote(self.symbol)
        limit = self._limit.value() if self._limit.isEnabled() else None
        price = limit or (quote.ask if quote else None)
        if instrument is None or price is None:
            text = "Fills at the open of the next bar" if self._model.replay else "Waiting for a price"
        elif not quantity:
            least = instrument.minimum_notional
            text = f"Minimum order {format_money(least, instrument.settle)}" if least else _NO_MINIMUM
        else:
            # What the ticket is about, not a figure of the books: the engine sizes, checks and books on its own.
            text = f"≈ {format_money(instrument.notional(quantity, price), instrument.settle)}, leverage 1x"
        old = None if limit or price is None else self._model.ages.staleness_of((self.symbol,))
        is_old = old is not None and bool(quantity)
        if old is not None and is_old:
            text += f" · price {old.text} old"
        _set_stale(self._estimate, is_old)
        if text != self._estimate.text():
            self._estimate.setText(text)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setAccessibleName(f"Order message: {text}" if text else "Order message")
        self._message.setVisible(bool(text))


def _set_stale(label: QLabel, is_stale: bool) -> None:
    tone = "warning" if is_stale else "muted"
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)


def _edit(name: str, spoken: str, placeholder: str = "") -> DecimalEdit:
    edit = DecimalEdit(minimum=Decimal("0.00000001"), step=_ONE)
    edit.setObjectName(name)
    edit.setAccessibleName(spoken)
    edit.setPlaceholderText(placeholder)
    return edit


def _trade_button(name: str, text: str, tone: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(hint)
    button.setToolTip(hint)
    button.setProperty("tone", tone)
    button.setAutoDefault(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
