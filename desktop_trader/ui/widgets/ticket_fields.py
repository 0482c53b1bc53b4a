"""The fields of the order form, and the ticket that they make."""

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.margin import leverage_limit
from desktop_trader.domain.order import MarginMode, OrderSide, OrderType
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.order_ticket import SHAPES, OrderTicket, TicketKind, expected_price
from desktop_trader.ui.models.ticket_preview import account_of
from desktop_trader.ui.models.ticket_share import accepted_share
from desktop_trader.ui.models.ticket_size import SizeGround
from desktop_trader.ui.number_format import format_money, format_quantity
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.leverage_slider import LeverageSlider
from desktop_trader.ui.widgets.order_terms_row import OrderTermsRow, TimeInForceField
from desktop_trader.ui.widgets.position_choice import PositionChoice
from desktop_trader.ui.widgets.price_row import PriceRow
from desktop_trader.ui.widgets.protection_rows import ProtectionRows
from desktop_trader.ui.widgets.quiet_wheel import QuietWheel
from desktop_trader.ui.widgets.size_row import SizeRow


class TicketFields(QWidget):
    """Only the fields that the kind of order needs are there. `edited` comes with everything that changes the ticket.

    A size in margin or in percent becomes a quantity at the price of the order, or at what the market shows.
    """

    edited = Signal()

    def __init__(self, model: BalanceModel, defaults: FuturesSettings, *, risk: RiskSettings | None = None) -> None:
        super().__init__()
        self._model = model
        self._defaults = defaults
        self._risk = risk or RiskSettings()
        self.setObjectName("futures-fields")
        self.setAccessibleName("Fields of the order")
        self._symbol = _combo("futures-symbol-combo", "Order symbol")
        self._kind = _combo("futures-type-combo", "Order type")
        for kind, shape in SHAPES.items():
            self._kind.addItem(shape.title, kind)
        self._mode = _combo("futures-margin-mode-combo", "Margin mode")
        for mode in MarginMode:
            self._mode.addItem(mode.value.capitalize(), mode)
        self._mode.setCurrentIndex(self._mode.findData(MarginMode(defaults.margin_mode)))
        self._leverage = LeverageSlider(leverage=defaults.leverage)
        self._prices = PriceRow(last=lambda: _last_price(model, self.symbol))
        self._position = PositionChoice()
        self._position.offer(False)
        self._size = SizeRow()
        self._life = TimeInForceField()
        self._protection = ProtectionRows(defaults, beside=self._life)
        self._terms = OrderTermsRow(self._life)
        self._arrange()
        self._connect()
        self.take_state()
        self._on_kind_changed()

    @property
    def symbol(self) -> str:
        """The symbol of the ticket; empty before the first snapshot."""
        return self._symbol.currentText()

    @property
    def position(self) -> PositionView | None:
        """The open position that the order reduces; None where it opens one, and where there is none to reduce."""
        return self._position.position()

    @property
    def is_exit(self) -> bool:
        """Whether the order is reduce-only."""
        return self._terms.reduce_only.isChecked()

    def choose_symbol(self, symbol: str) -> None:
        """Show another symbol, if it can be traded."""
        self._symbol.setCurrentText(symbol)

    def choose_type(self, order_type: OrderType | None, *, price: Decimal | None = None) -> None:
        """Show another type of order, if a person can place such, with its limit, else its trigger, at a price."""
        kinds = [kind for kind in TicketKind if order_type is not None and kind.value == order_type.value]
        if kinds:
            self._kind.setCurrentIndex(self._kind.findData(kinds[0]))
        if price is not None:
            self._prices.set_price(price)

    def begin(self) -> None:
        """Put the cursor where the size is typed."""
        self._size.edit.setFocus()
        self._size.edit.selectAll()

    def start_over(self) -> None:
        """Forget what was typed: it was meant for the account that was shown then."""
        self._terms.start_over()
        self._kind.setCurrentIndex(0)
        self._mode.setCurrentIndex(self._mode.findData(MarginMode(self._defaults.margin_mode)))
        self._leverage.start_over(self._defaults.leverage)
        self._size.start_over()
        self._prices.clear()
        self._protection.start_over()

    def error_text(self) -> str:
        """Say what is typed wrong; empty while nothing is."""
        wrong = self._size.edit.error_text()
        if wrong:
            return f"Size: {wrong}"
        return self._prices.error_text() or self._protection.error_text() or self._leverage.error_text()

    def ticket(self, side: OrderSide) -> OrderTicket | None:
        """Return the order of one side; None before the first snapshot, and for a reduce-only one without position."""
        instrument, position = self._model.instrument(self.symbol), self.position
        if instrument is None or (self.is_exit and position is None):
            return None
        mode = MarginMode(position.margin_mode) if position else MarginMode(self._mode.currentData())
        ticket = OrderTicket(
            kind=TicketKind(self._kind.currentData()),
            instrument=instrument,
            side=side,
            quantity=None,
            limit_price=self._prices.limit,
            trigger_price=self._prices.trigger,
            trail_percent=self._prices.trail_percent,
            protection=self._protection.value(),
            leverage=position.leverage if position else self._leverage.value(),
            margin_mode=mode if instrument.kind is InstrumentKind.SWAP else MarginMode.ISOLATED,
            time_in_force=self._life.value(),
            expires_at=self._terms.expires_at(),
            is_post_only=self._terms.is_post_only(),
            position_id=position.id if position else None,
        )
        price = expected_price(ticket.orders()[0], market_price(self._model, self.symbol, side), instrument=instrument)
        ground = self._ground(instrument, price)
        return replace(ticket, price=price, quantity=ground.quantity_of(self._size.unit, self._size.edit.value()))

    def take_state(self) -> None:
        """Offer what can be traded now."""
        symbols = [each.symbol for each in self._model.instruments]
        if symbols != [self._symbol.itemText(place) for place in range(self._symbol.count())]:
            chosen = self.symbol
            with QSignalBlocker(self._symbol):
                self._symbol.clear()
                self._symbol.addItems(symbols)
                if chosen in symbols:
                    self._symbol.setCurrentText(chosen)
        self._on_symbol_changed()

    def take_market(self) -> None:
        """Take newer prices and positions."""
        if self._model.market_now is not None:
            self._terms.take_time(self._model.market_now)
        held = tuple(each for each in self._model.positions if each.symbol == self.symbol and not each.is_closing)
        self._position.take(held, self._model.instrument(self.symbol))
        self._on_edited()

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        for row in ((self._symbol, self._kind), (self._mode, self._leverage)):
            line = QHBoxLayout()
            line.setSpacing(SPACE_M)
            for field in row:
                line.addWidget(field, 0 if field is self._mode else 1)
            layout.addLayout(line)
        for each in (self._prices, self._position, self._size, self._protection, self._terms):
            layout.addWidget(each)

    def _connect(self) -> None:
        self._symbol.currentTextChanged.connect(self._on_symbol_changed)
        self._kind.currentIndexChanged.connect(self._on_kind_changed)
        self._size.share_chosen.connect(self._take_share)
        self._terms.reduce_only.toggled.connect(self._on_reduce_only)
        for signal in (self._leverage.changed, self._prices.changed, self._size.changed, self._protection.changed):
            signal.connect(self._on_edited)
        for signal in (self._mode.currentIndexChanged, self._life.changed, self._terms.changed, self._position.changed):
            signal.connect(self._on_edited)

    def _on_symbol_changed(self) -> None:
        instrument = self._model.instrument(self.symbol)
        if instrument is not None:
            self._mode.setEnabled(instrument.kind is InstrumentKind.SWAP)
            self._leverage.take_maximum(instrument.max_leverage)
            for each in (self._prices, self._size, self._protection):
                each.take_grid(instrument)
        self.take_market()

    def _on_kind_changed(self) -> None:
        shape = SHAPES[TicketKind(self._kind.currentData())]
        self._prices.take_shape(shape)
        self._life.take_shape(shape)
        self._terms.take_shape(shape)
        self._on_edited()

    def _on_reduce_only(self, is_exit: bool) -> None:
        self._position.offer(is_exit)
        self._mode.setVisible(not is_exit)
        self._leverage.offer(not is_exit)
        self._protection.offer(not is_exit)
        self._size.close_part(is_exit)
        self._on_edited()

    def _on_edited(self) -> None:
        ticket = self.ticket(OrderSide.BUY)
        self._size.show_room(_room_text(self._model, ticket, self.position))
        if ticket is not None and not self.is_exit:
            notional = ticket.instrument.notional(ticket.quantity or Decimal(0), ticket.price or Decimal(0))
            self._leverage.allow(leverage_limit(notional, ticket.instrument))
        self.edited.emit()

    def _take_share(self, percent: Decimal) -> None:
        ticket, shown, unit = self.ticket(OrderSide.BUY), self._model.snapshot, self._size.unit
        if ticket is None or shown is None:
            return
        ground = self._ground(ticket.instrument, ticket.price)
        amount, bound = ground.share(unit, percent), ""
        wanted = ground.quantity_of(unit, amount)
        if wanted and not self.is_exit:
            sides = [made for side in OrderSide if (made := self.ticket(side)) is not None]
            quantity, bound = accepted_share(sides, wanted, shown=shown, risk=self._risk)
            amount = ground.amount_of(unit, quantity) if bound else amount
        self._size.take_share(amount, bound=bound)

    def _ground(self, instrument: Instrument, price: Decimal | None) -> SizeGround:
        shown, position = self._model.snapshot, self.position
        return SizeGround(
            instrument=instrument,
            price=price,
            leverage=self._leverage.value(),
            available=account_of(shown).free if shown else None,
            open_quantity=position.quantity if position else None,
        )


def _last_price(model: BalanceModel, symbol: str) -> Decimal | None:
    quote = model.quote(symbol)
    return quote.last if quote else None


def market_price(model: BalanceModel, symbol: str, side: OrderSide) -> Decimal | None:
    """Return what that side of the market shows, None while it shows nothing."""
    quote = model.quote(symbol)
    if quote is None:
        return None
    return quote.ask if side is OrderSide.BUY else quote.bid


def _room_text(model: BalanceModel, ticket: OrderTicket | None, position: PositionView | None) -> str:
    if ticket is None or model.snapshot is None:
        return ""
    if position is not None:
        return f"{format_quantity(position.quantity, ticket.instrument.lot_size)} open"
    free = account_of(model.snapshot).free
    return "" if free is None else f"{format_money(free, ticket.instrument.settle)} free"


def _combo(name: str, spoken: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    combo.setToolTip(spoken)
    QuietWheel(combo)
    return combo
