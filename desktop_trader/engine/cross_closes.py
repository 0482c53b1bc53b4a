"""What closes of cross positions owe to one another: gains come before losses that only they can pay.

The paper exchange lets a close wait that would cost more than the cash and the margins of the account while another
cross position gains (`brokers.clearing`): the insurance fund pays for an account that has nothing left, not for one
whose gains are not booked yet. So the largest gain is closed first, at the market of its own: at this very price where
it is of the same symbol, else at the next price of its own symbol, and the loss waits until then. Where that symbol is
reviewed no price comes, and the loss waits as long. It is told once per close; a ratchet (`lacks:<order>`) remembers.

What is closed for something that is over is let go: a forced close, once the account can answer again, and the close of
a gain, once no loss waits for it.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.cross_margin import cross_health, gains_beside
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.money import canonical, display_amount
from desktop_trader.domain.order import Direction, MarginMode, Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.position import Position
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.ports import BarPhase
from desktop_trader.engine.tickets import ExitTicket

_RATCHET = "lacks:"
_SPARED = "the account can answer for its cross positions again"
_NOT_NEEDED = "no loss waits for its gain any more"


class CrossCloses:
    """Puts the closes of the cross positions of one account in their order. One thread."""

    def __init__(
        self, books: Bookkeeper, orders: OrderDesk, *, desk: Desk, instruments: Mapping[str, Instrument]
    ) -> None:
        """Close through `orders`; go on where the last commit on this market left off."""
        self.books = books
        self._orders = orders
        self._desk = desk
        self._instruments = instruments
        self._waiting = {int(key.removeprefix(_RATCHET)) for key in books.stored_ratchets if key.startswith(_RATCHET)}
        self._looked_at: Mapping[int, Order] = {}
        self._forced: list[Order] = []
        books.ratchet_sources.append(self._ratchets)

    def let_go(self, symbol: str, at: datetime) -> None:
        """Cancel what is to be closed at the next price of this symbol, which has come `at`, and need not be any more.

        Not what was placed at this very price: that comes once more after a kill.
        """
        orders = self.books.portfolio.orders
        if orders is not self._looked_at:  # quiet prices do not look through all that rests
            self._looked_at = orders
            self._forced = [each for each in orders.values() if _is_forced(each)]
        for order in self._forced:
            if order.symbol != symbol or order.created_at >= at:
                continue
            if order.reason is OrderReason.LIQUIDATION and self._is_spared():
                self._orders.cancel(order, _SPARED)
            elif order.reason is OrderReason.CROSS_LOSS and not self._waiting & self.books.portfolio.orders.keys():
                self._orders.cancel(order, _NOT_NEEDED)

    def close_gains(self, price: Quote | Bar) -> bool:
        """Close the largest gain beside a close that waits for it; say whether something was placed at this price."""
        lacking = dict(self.books.lacking)
        for order_id, wanted in lacking.items():
            order = self.books.portfolio.orders.get(order_id)
            if order is not None and self._close_beside(order, wanted, price):
                return True
        return False

    def _close_beside(self, order: Order, wanted: Decimal, price: Quote | Bar) -> bool:
        portfolio, gate = self.books.portfolio, self._desk.gate
        loser = portfolio.positions[order.position_id or 0]
        gains = gains_beside(portfolio, loser, marks=self._desk.marks.mark, price=wanted)
        if not gains:
            return False
        self._tell(order, gains[0])
        free = [
            each
            for gain, each in gains
            if gain and each.symbol in self._instruments and each.symbol not in gate.reviewed
        ]
        if any(portfolio.leaving_of(each.id) >= each.quantity for each in free):
            return False
        for each in free:
            if self._orders.place_exit(each, self._ticket(each, order, wanted, price)) is not None:
                return each.symbol == price.symbol
        return False

    def _ticket(self, winner: Position, order: Order, wanted: Decimal, price: Quote | Bar) -> ExitTicket:
        kind, trigger, eligible_at = OrderType.MARKET, None, None
        if winner.symbol == price.symbol:
            kind, trigger, eligible_at = self._now(winner, wanted, price)
        return ExitTicket(
            reason=OrderReason.CROSS_LOSS,
            epoch=self._desk.gate.epoch,
            type=kind,
            trigger_price=trigger,
            eligible_at=eligible_at,
            detail=f"closed first: its gain pays the loss of position {order.position_id}, closed by order {order.id}",
        )

    def _now(self, winner: Position, wanted: Decimal, price: Quote | Bar) -> tuple[OrderType, Decimal | None, datetime]:
        """Return what closes at this very price: a quote's, the open of a bar, or where the loss is taken inside."""
        is_long = winner.direction is Direction.LONG
        if isinstance(price, Quote):
            return OrderType.STOP_LOSS, price.bid if is_long else price.ask, price.at
        if self._desk.cursor.phase is not BarPhase.RANGE:
            return OrderType.MARKET, None, price.opened_at
        sells = winner.direction.entry_side is OrderSide.BUY
        is_ahead = wanted >= price.open if sells else wanted <= price.open
        return OrderType.TAKE_PROFIT if is_ahead else OrderType.STOP_LOSS, wanted, price.opened_at

    def _tell(self, order: Order, largest: tuple[Decimal, Position]) -> None:
        if order.id in self._waiting:
            return
        self._waiting.add(order.id)
        gain, winner = largest
        worth = display_amount(gain, self.books.portfolio.account.currency)
        text = (
            f"waits: the loss of position {order.position_id} is more than the cash and margins that answer for it. "
            f"Position {winner.id} ({winner.symbol}), which gains {worth}, is closed first"
        )
        if winner.symbol in self._desk.gate.reviewed:
            text += f", once {winner.symbol} is traded again: until then nobody can close it"
        note = OrderEvent(order.id, self._desk.clock.now(), ReceiptStep.NOTE, f"position {winner.id}", text)
        self.books.post(Movement(receipt=(note,)))
        self._desk.board.log(f"Order {order.id} ({order.symbol}) {text}", level="warning")

    def _is_spared(self) -> bool:
        health = cross_health(self.books.portfolio, self._desk.marks.mark, instruments=self._instruments)
        return health is not None and not health.is_liquidated

    def _ratchets(self) -> Mapping[str, str]:
        """Return the closes that wait, and forget those that are over."""
        if not self._waiting:
            return {}
        self._waiting &= self.books.portfolio.orders.keys()
        return {f"{_RATCHET}{order_id}": canonical(Decimal(1)) for order_id in self._waiting}


def _is_forced(order: Order) -> bool:
    is_cross = order.is_exit and order.margin_mode is MarginMode.CROSS
    return is_cross and order.reason in (OrderReason.LIQUIDATION, OrderReason.CROSS_LOSS)
