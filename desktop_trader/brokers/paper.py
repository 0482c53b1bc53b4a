"""The paper exchange: fills orders against prices that really were there, and charges for it.

On quotes a buy pays the ask and a sell gets the bid. On whole bars a market order fills at the open of the next bar
that exists; a limit order at its limit, or at the open where that is better; a stop or target at its trigger, or at
the open of a bar that opens beyond it. Nothing is ever better than the bar allows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.money import display_amount
from desktop_trader.domain.order import Order, OrderSide, OrderType
from desktop_trader.domain.protection import reaches_trigger
from desktop_trader.engine.broker_port import Accepted, BrokerReport, Canceled, Filled, FundsView, Rejected

_TRIGGERED = frozenset({OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})


class PaperBroker:
    """Implements the engine's `Broker` port in memory; what it holds is rebuilt from the books at every start.

    A market order takes the first price after it was placed; an order with a trigger may take the very price
    that pulled it. Like an exchange, it rejects an entry that the account cannot pay at the price of its fill; so
    each call ends at most one order, the oldest, and what that cost is booked before the next is looked at.
    """

    def __init__(self, funds: FundsView) -> None:
        """Trade for the account whose money `funds` shows."""
        self._funds = funds
        self._orders: dict[int, tuple[Order, Instrument]] = {}
        self._reports: list[BrokerReport] = []

    def submit(self, order: Order, instrument: Instrument) -> None:
        """Take an order; a limit order is reported as accepted, the others wait for their price in silence."""
        if order.id in self._orders:
            return
        self._orders[order.id] = (order, instrument)
        if order.type is OrderType.LIMIT:
            self._reports.append(Accepted(order_id=order.id))

    def cancel(self, order: Order) -> None:
        """End an order; there is nothing in flight in a paper exchange, so it always succeeds."""
        self._orders.pop(order.id, None)
        self._reports.append(Canceled(order_id=order.id))

    def edit(self, order: Order) -> None:
        """Replace what is waiting by its new terms."""
        if order.id in self._orders:
            self._orders[order.id] = (order, self._orders.pop(order.id)[1])

    def ratchets(self) -> Mapping[str, str]:
        """Return what is remembered beside the books."""
        return {}

    def take_ratchets(self, ratchets: Mapping[str, str]) -> None:
        """Remember what the exchange of the last process did."""

    def on_quote(self, quote: Quote) -> None:
        """Fill what this quote fills: buys at the ask, sells at the bid."""
        for order, instrument in self._waiting_for(quote.symbol):
            price = quote.ask if order.side is OrderSide.BUY else quote.bid
            if order.type in _TRIGGERED:
                fills = quote.at >= order.eligible_at and reaches_trigger(order, price)
            else:
                is_wanted = order.type is OrderType.MARKET or _meets_limit(order, price)
                fills = quote.at > order.eligible_at and is_wanted
            if fills:
                self._fill(order, instrument, price, at=quote.at)
                return

    def on_bar_open(self, bar: Bar) -> None:
        """Fill market orders, and limit orders that the open already meets, at the open."""
        for order, instrument in self._waiting_for(bar.symbol):
            if order.type in _TRIGGERED or bar.opened_at < order.eligible_at:
                continue
            if order.type is OrderType.MARKET or _meets_limit(order, bar.open):
                self._fill(order, instrument, bar.open, at=bar.opened_at, bar=bar)
                return

    def on_bar_range(self, bar: Bar) -> None:
        """Fill limit orders that the range touches, and orders whose trigger it reaches."""
        for order, instrument in self._waiting_for(bar.symbol):
            if order.type is OrderType.MARKET or bar.opened_at < order.eligible_at:
                continue
            if order.type in _TRIGGERED:
                if reaches_trigger(order, bar.low) or reaches_trigger(order, bar.high):
                    self._fill(order, instrument, _triggered_price(order, bar), at=bar.closed_at, bar=bar)
                    return
                continue
            if order.limit_price is not None and _is_touched(order, bar):
                self._fill(order, instrument, order.limit_price, at=bar.closed_at, bar=bar)
                return

    def drain(self) -> Sequence[BrokerReport]:
        """Return the reports since the last call and forget them."""
        if not self._reports:
            return ()
        reports, self._reports = self._reports, []
        return reports

    def _waiting_for(self, symbol: str) -> Sequence[tuple[Order, Instrument]]:
        if not self._orders:
            return ()
        return [waiting for waiting in self._orders.values() if waiting[0].symbol == symbol]

    def _fill(
        self, order: Order, instrument: Instrument, price: Decimal, *, at: datetime, bar: Bar | None = None
    ) -> None:
        """Fill all of an order at a price, unless the account cannot pay; either way the order has ended here."""
        del self._orders[order.id]
        if order.worst_price is not None:
            price = min(price, order.worst_price) if order.side is OrderSide.BUY else max(price, order.worst_price)
        quantity = order.remaining_quantity
        is_maker = order.type is OrderType.LIMIT
        fee = trading_fee(instrument, quantity, price=price, is_maker=is_maker)
        shortage = None if order.is_exit else self._shortage(order, instrument, price, fee)
        if shortage is not None:
            self._reports.append(Rejected(order_id=order.id, reason=shortage))
            return
        execution = Execution(
            trade_id=f"{order.client_order_id}-1",
            quantity=quantity,
            price=price,
            fee=fee,
            is_maker=is_maker,
            at=at,
            bar_opened_at=None if bar is None else bar.opened_at,
            is_within_bar=bar is not None and at != bar.opened_at,
        )
        self._reports.append(Filled(order_id=order.id, execution=execution))

    def _shortage(self, order: Order, instrument: Instrument, price: Decimal, fee: Decimal) -> str | None:
        needed = initial_margin(instrument.notional(order.remaining_quantity, price), order.leverage) + fee
        spendable = self._funds.spendable_for(order)
        if needed <= spendable:
            return None
        need, have = display_amount(needed, instrument.settle), display_amount(spendable, instrument.settle)
        return f"Insufficient balance: Need {need}, Have {have}"


def _meets_limit(order: Order, price: Decimal) -> bool:
    """Whether a price is the order's limit or better."""
    if order.limit_price is None:
        return False
    return price <= order.limit_price if order.side is OrderSide.BUY else price >= order.limit_price


def _is_touched(order: Order, bar: Bar) -> bool:
    """Whether the bar's range came to the order's limit."""
    return _meets_limit(order, bar.low if order.side is OrderSide.BUY else bar.high)


def _triggered_price(order: Order, bar: Bar) -> Decimal:
    """The trigger itself, or the open of a bar that opens beyond it."""
    if order.trigger_price is None or reaches_trigger(order, bar.open):
        return bar.open
    return order.trigger_price
