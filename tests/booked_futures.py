"""A small account of futures in the books: leverage, funding, changes of positions, every term an order can have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from desktop_trader.domain import accounting, ledger
from desktop_trader.domain.ledger import EntryDraft, EntryKind, Posting
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import canonical, round_up
from desktop_trader.domain.order import MarginMode, Order, OrderReason, OrderSide, OrderType, Protection, TimeInForce
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange, PositionTerm
from desktop_trader.engine.ports import LedgerStore
from tests.booked_account import FEE_RATE, BookedAccount

_Legs = Sequence[tuple[str, Decimal]]


class BookedFutures(BookedAccount):
    """A demo account that does what futures do. Every method is one transaction."""

    def post(self, movement: Movement) -> None:
        """Commit a movement; what it does to orders is told on their receipts, and a lot has its order's terms."""
        orders = {order.id: order for order in (*self.portfolio.orders.values(), *movement.orders)}
        lots = tuple(
            replace(
                position,
                margin_mode=orders[position.entry_order_id].margin_mode,
                trail_percent=orders[position.entry_order_id].protection.trail_percent,
            )
            if position.id not in self.portfolio.positions
            else position
            for position in movement.positions
        )
        receipt = movement.receipt or tuple(event for order in movement.orders for event in self._told(order))
        super().post(replace(movement, positions=lots, receipt=receipt))

    def enter(self, side: OrderSide, quantity: str, price: str, *, leverage: int = 10, **fields: object) -> Position:
        """Open a position with leverage, by one order and one fill."""
        order = self.order(
            side, quantity, price, leverage=leverage, **self._locked(quantity, price, leverage), **fields
        )
        self.fill(order, order.quantity, price)
        return list(self.portfolio.positions.values())[-1]

    def rest(self, side: OrderSide, quantity: str, price: str, **fields: object) -> Order:
        """Let an entry rest with the terms given."""
        return self.order(side, quantity, price, **(self._locked(quantity, price, 5) | {"leverage": 5} | fields))

    def rest_exit(self, position: Position, quantity: str, **fields: object) -> Order:
        """Let an exit of a part of a position rest."""
        values: dict[str, object] = {
            "reason": OrderReason.MANUAL, "is_exit": True, "position_id": position.id, "type": OrderType.LIMIT,
        }  # fmt: skip
        side = position.direction.entry_side.opposite
        order = self._order(self._take("order"), side, Decimal(quantity), values | fields)
        self.post(accounting.place_order(self.portfolio, order))
        return order

    def edit(self, order: Order, **fields: object) -> Order:
        """Give a live order that locks nothing new terms."""
        current = self.portfolio.orders[order.id]
        edited = replace(current, updated_at=self.tick(), revision=current.revision + 1, **fields)  # type: ignore[arg-type]
        event = OrderEvent(order_id=order.id, at=self.now, step=ReceiptStep.EDITED, detail="by a test")
        self.post(Movement(orders=(edited,), receipt=(event,)))
        return edited

    def fund(self, position_id: int, amount: str) -> None:
        """Pay (+) or charge (-) funding out of what is available."""
        position, paid, at = self.portfolio.positions[position_id], Decimal(amount), self.tick()
        draft = self._draft(
            EntryKind.FUNDING,
            f"funding:{position.account_id}:{position.symbol}:{at:%Y%m%dT%H%M%SZ}:{position_id}",
            ((ledger.AVAILABLE, paid), (ledger.FUNDING_INCOME, -paid)),
            position=position,
        )
        self.post(Movement(drafts=(draft,), positions=(replace(position, funding=position.funding + paid),)))

    def set_stop(self, position_id: int, stop: str | None) -> None:
        """Move the stop of a position, or take it away."""
        position, after = self.portfolio.positions[position_id], None if stop is None else Decimal(stop)
        change = self._change(position, PositionTerm.STOP_LOSS, before=position.stop_loss, after=after)
        self.post(Movement(positions=(replace(position, stop_loss=after),), position_changes=(change,)))

    def set_leverage(self, position_id: int, leverage: int) -> None:
        """Lock the margin of a position anew at another leverage."""
        position = self.portfolio.positions[position_id]
        margin = initial_margin(position.open_cost, leverage)
        moved, at = margin - position.margin, self.tick()
        draft = self._draft(
            EntryKind.MARGIN_CHANGE,
            f"margin:{position_id}:{at:%H%M%S}",
            ((ledger.AVAILABLE, -moved), (ledger.locked_for_position(position_id), moved)),
            position=position,
        )
        before, after = Decimal(position.leverage), Decimal(leverage)
        changes = (
            self._change(position, PositionTerm.LEVERAGE, before=before, after=after),
            self._change(position, PositionTerm.MARGIN, before=position.margin, after=margin),
        )
        changed = replace(position, leverage=leverage, margin=margin)
        self.post(Movement(drafts=(draft,), positions=(changed,), position_changes=changes))

    def _locked(self, quantity: str, price: str, leverage: int) -> dict[str, object]:
        cost = Decimal(quantity) * Decimal(price)
        return {"reserve": initial_margin(cost, leverage) + round_up(cost * FEE_RATE)}

    def _draft(self, kind: EntryKind, key: str, legs: _Legs, *, position: Position) -> EntryDraft:
        return EntryDraft(
            kind=kind,
            idempotency_key=key,
            occurred_at=self.now,
            account_id=position.account_id,
            run_id=self.portfolio.run.id,
            currency=self.portfolio.account.currency,
            postings=tuple(Posting(ledger_account=name, amount=amount) for name, amount in legs),
            reason=kind.value,
            author="system",
            description=f"{kind.value} of {position.symbol}",
            position_id=position.id,
        )

    def _change(
        self, position: Position, term: PositionTerm, *, before: Decimal | None, after: Decimal | None
    ) -> PositionChange:
        texts = ["" if value is None else canonical(value) for value in (before, after)]
        return PositionChange(
            position_id=position.id, at=self.now, term=term, before=texts[0], after=texts[1], author="user"
        )

    def _told(self, order: Order) -> tuple[OrderEvent, ...]:
        if order.id not in self.portfolio.orders:
            return (
                OrderEvent(
                    order_id=order.id, at=self.now, step=ReceiptStep.CHECKED, subject="risk_per_trade",
                    detail="0.4 %; limit 1 %",
                ),
                OrderEvent(order_id=order.id, at=self.now, step=ReceiptStep.STORED),
                OrderEvent(order_id=order.id, at=self.now, step=ReceiptStep.SENT),
            )  # fmt: skip
        step = ReceiptStep.FILLED if order.filled_quantity else ReceiptStep(order.status.value)
        return (OrderEvent(order_id=order.id, at=self.now, step=step, detail=order.detail),)


def small_futures(store: LedgerStore, *, name: str = "futures") -> BookedFutures:
    """Book two positions with leverage that were paid and paid funding, one changed; and orders of every term."""
    account = BookedFutures(store, name=name)
    account.change("10000")
    long = account.enter(OrderSide.BUY, "0.02", "45000.01", protection=Protection(stop_loss_percent=Decimal(2)))
    account.fund(long.id, "-0.09000002")
    account.set_leverage(long.id, 25)
    account.set_stop(long.id, "44500")
    account.set_stop(long.id, "44700.5")
    short = account.enter(
        OrderSide.SELL,
        "0.01",
        "46000",
        margin_mode=MarginMode.CROSS,
        protection=Protection(take_profit=Decimal(40_000), trail_percent=Decimal("1.5")),
    )
    account.fund(short.id, "0.046")
    account.fund(long.id, "0.01")
    account.rest_exit(long, "0.01", limit_price=Decimal(47_000), oco_id="pair-1", is_post_only=True)
    stop = account.rest_exit(
        long, "0.01", type=OrderType.STOP_LIMIT, limit_price=Decimal(44_000), trigger_price=Decimal(44_100),
        oco_id="pair-1",
    )  # fmt: skip
    account.edit(stop, trigger_price=Decimal(44_200), quantity=Decimal("0.005"), is_triggered=True)
    account.rest_exit(
        short, "0.01", type=OrderType.TRAILING_STOP, trigger_price=Decimal(45_500), trail_percent=Decimal("0.75")
    )
    account.rest(
        OrderSide.BUY, "0.01", "40000", time_in_force=TimeInForce.GTD, expires_at=account.now + timedelta(days=3),
        is_post_only=True, margin_mode=MarginMode.CROSS,
    )  # fmt: skip
    done = account.enter(OrderSide.BUY, "0.01", "45500", leverage=50, protection=Protection())
    account.fund(done.id, "-0.5")
    account.close(account.portfolio.positions[done.id], done.quantity, "45600")
    return account
