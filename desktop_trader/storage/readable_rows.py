"""Entries, lots, orders and executions as people read them."""

from datetime import datetime

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import from_units
from desktop_trader.domain.order import Order
from desktop_trader.domain.position import Position
from desktop_trader.messages.ledger_page import FillRow, LedgerRow, OrderRow, PositionRow
from desktop_trader.storage.rows import Row


def ledger_row(row: Row) -> LedgerRow:
    """Return an entry as people read it, of the columns that `history_search` reads."""
    after, change = from_units(row[2]), from_units(row[12])
    return LedgerRow(
        id=row[0],
        transaction_type=row[1],
        amount=change,
        balance_before=after - change,
        balance_after=after,
        locked_change=from_units(row[13]),
        reason=row[4],
        updated_by=row[5],
        description=row[6],
        position_id=row[7],
        order_id=row[8],
        fill_id=row[9],
        run_id=row[10],
        created_at=datetime.fromisoformat(row[11]),
    )


def position_row(position: Position) -> PositionRow:
    """Return a lot as people read it."""
    return PositionRow(
        id=position.id,
        run_id=position.run_id,
        symbol=position.symbol,
        direction=position.direction.value,
        quantity=position.quantity,
        entry_quantity=position.entry_quantity,
        entry_price=position.entry_price,
        margin=position.margin,
        leverage=position.leverage,
        stop_loss=position.stop_loss,
        take_profit=position.take_profit,
        realized_pnl=position.realized_pnl,
        fees=position.fees,
        is_open=position.is_open,
        opened_at=position.opened_at,
        closed_at=position.closed_at,
        close_reason=None if position.close_reason is None else position.close_reason.value,
        strategy_run_id=position.strategy_run_id,
        margin_mode=position.margin_mode.value,
        trail_percent=position.trail_percent,
        funding=position.funding,
        entry_cost=position.entry_cost,
    )


def order_row(order: Order) -> OrderRow:
    """Return an order as people read it."""
    return OrderRow(
        id=order.id,
        run_id=order.run_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        type=order.type.value,
        status=order.status.value,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        reason=order.reason.value,
        position_id=order.position_id,
        is_exit=order.is_exit,
        is_live=order.status.is_live,
        reserve=order.reserve,
        detail=order.detail,
        created_at=order.created_at,
        updated_at=order.updated_at,
        leverage=order.leverage,
        time_in_force=order.time_in_force.value,
        expires_at=order.expires_at,
        is_post_only=order.is_post_only,
        oco_id=order.oco_id,
        margin_mode=order.margin_mode.value,
        trail_percent=order.trail_percent,
        is_triggered=order.is_triggered,
        revision=order.revision,
        stop_loss=order.protection.stop_loss,
        take_profit=order.protection.take_profit,
        stop_loss_percent=order.protection.stop_loss_percent,
        take_profit_percent=order.protection.take_profit_percent,
        protection_trail_percent=order.protection.trail_percent,
    )


def fill_row(fill: Fill) -> FillRow:
    """Return an execution as people read it."""
    return FillRow(
        id=fill.id,
        run_id=fill.run_id,
        order_id=fill.order_id,
        position_id=fill.position_id,
        trade_id=fill.trade_id,
        symbol=fill.symbol,
        side=fill.side.value,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        is_maker=fill.is_maker,
        realized_pnl=fill.realized_pnl,
        at=fill.at,
        is_gap=fill.is_gap,
    )
