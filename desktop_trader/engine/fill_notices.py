"""What a fill is told as: the execution itself, and what it opened or closed."""

from decimal import Decimal

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.order import Order
from desktop_trader.domain.position import Position
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.messages.notices import OrderFilled, PositionClosed, PositionOpened


def tell_fill(board: NoticeBoard, order: Order, *, fill: Fill, position: Position, balance: Decimal) -> None:
    """Pin the notices of a fill that is booked; `order` is the one before it, `position` and `balance` are after it."""
    subject = {"symbol": order.symbol, "order_id": order.id, "position_id": position.id, "price": fill.price}
    board.pin(
        OrderFilled,
        **subject,
        side=order.side.value,
        quantity=fill.quantity,
        fee=fill.fee,
        fill_id=fill.id,
        reason=order.reason.value,
        current_balance=balance,
        realized_pnl=fill.realized_pnl if order.is_exit else None,
    )
    if not order.is_exit and position.entry_quantity == fill.quantity:
        board.pin(
            PositionOpened,
            **subject,
            side=position.direction.value,
            quantity=position.quantity,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
        )
    elif not position.is_open:
        board.pin(
            PositionClosed,
            **subject,
            side=position.direction.value,
            quantity=position.entry_quantity,
            reason=order.reason.value,
            realized_pnl=position.realized_pnl,
            fee=position.fees,
            current_balance=balance,
        )
