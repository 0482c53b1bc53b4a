"""Orders, positions and fills as rows and back: the order of their columns is known here only."""

from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import canonical, from_units, to_units
from desktop_trader.domain.order import (
    Direction,
    MarginMode,
    Order,
    OrderReason,
    OrderSide,
    OrderStatus,
    OrderType,
    Protection,
    TimeInForce,
)
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange, PositionTerm
from desktop_trader.storage.rows import Row, iso, moment

ORDER = (
    "id", "account", "run", "client_order_id", "symbol", "side", "type", "reason", "signal_key", "created_at",
    "is_exit", "strategy_run", "is_post_only", "oco_id", "margin_mode", "updated_at", "filled_quantity", "status",
    "position", "reserve", "detail", "is_triggered", "revision", "quantity", "eligible_at", "limit_price",
    "trigger_price", "worst_price", "trail_percent", "leverage", "stop_loss", "take_profit", "stop_loss_percent",
    "take_profit_percent", "protection_trail_percent", "time_in_force", "expires_at",
)  # fmt: skip
ORDER_CHANGES, ORDER_PROGRESS = 22, 8
"""So many of the last columns may change after an order is stored; the first of them with every step it takes."""
ORDER_TERMS = (
    "quantity", "eligible_at", "limit_price", "trigger_price", "worst_price", "trail_percent", "leverage", "protection",
    "time_in_force", "expires_at",
)  # fmt: skip
"""The fields of an order that make the columns which only an edit changes."""
POSITION = (
    "id", "account", "run", "symbol", "direction", "entry_order", "opened_at", "contract_size", "margin_mode",
    "opening_bar_at", "entered_within_bar", "strategy_run", "quantity", "entry_quantity", "entry_cost", "margin",
    "leverage", "stop_loss", "take_profit", "trail_percent", "realized_pnl", "fees", "funding", "closed_at",
    "close_reason",
)  # fmt: skip
POSITION_CHANGES = 13
FILL = (
    "id", "order", "position", "account", "run", "trade_id", "symbol", "side", "quantity", "price", "fee", "is_maker",
    "at", "realized_pnl", "is_gap",
)  # fmt: skip
ORDER_EVENT = ("order", "at", "step", "subject", "detail")
POSITION_CHANGE = ("position", "at", "term", "before", "after", "author")

_NAME_OF_STEP = {step: step.value for step in ReceiptStep}
_instant = datetime.fromisoformat


def _text(value: Decimal | None) -> str | None:
    return None if value is None else canonical(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def order_row(order: Order) -> Row:
    """Return the row of an order; what may change later comes last."""
    return (
        order.id,
        order.account_id,
        order.run_id,
        order.client_order_id,
        order.symbol,
        order.side.value,
        order.type.value,
        order.reason.value,
        order.signal_key or None,
        instant_text(order.created_at),
        int(order.is_exit),
        order.strategy_run_id or None,
        int(order.is_post_only),
        order.oco_id,
        order.margin_mode.value,
        *order_changes(order),
    )


def order_progress(order: Order) -> Row:
    """Return the values of the columns that say how far an order is."""
    return (
        instant_text(order.updated_at),
        canonical(order.filled_quantity),
        order.status.value,
        order.position_id,
        to_units(order.reserve),
        order.detail,
        int(order.is_triggered),
        order.revision,
    )


def order_changes(order: Order) -> Row:
    """Return the values of the columns that may change: how far an order is, and what an edit changes."""
    protection = order.protection
    return (
        *order_progress(order),
        canonical(order.quantity),
        instant_text(order.eligible_at),
        _text(order.limit_price),
        _text(order.trigger_price),
        _text(order.worst_price),
        _text(order.trail_percent),
        order.leverage,
        _text(protection.stop_loss),
        _text(protection.take_profit),
        _text(protection.stop_loss_percent),
        _text(protection.take_profit_percent),
        _text(protection.trail_percent),
        order.time_in_force.value,
        iso(order.expires_at),
    )


def order_from(row: Row) -> Order:
    """Return the order of a row."""
    return Order(
        id=row[0],
        account_id=row[1],
        run_id=row[2],
        client_order_id=row[3],
        symbol=row[4],
        side=OrderSide(row[5]),
        type=OrderType(row[6]),
        reason=OrderReason(row[7]),
        signal_key=row[8] or "",
        created_at=_instant(row[9]),
        is_exit=row[10] == 1,
        strategy_run_id=row[11],
        is_post_only=row[12] == 1,
        oco_id=row[13],
        margin_mode=MarginMode(row[14]),
        updated_at=_instant(row[15]),
        filled_quantity=Decimal(row[16]),
        status=OrderStatus(row[17]),
        position_id=row[18],
        reserve=from_units(row[19]),
        detail=row[20],
        is_triggered=row[21] == 1,
        revision=row[22],
        quantity=Decimal(row[23]),
        eligible_at=_instant(row[24]),
        limit_price=_decimal(row[25]),
        trigger_price=_decimal(row[26]),
        worst_price=_decimal(row[27]),
        trail_percent=_decimal(row[28]),
        leverage=row[29],
        protection=Protection(
            stop_loss=_decimal(row[30]),
            take_profit=_decimal(row[31]),
            stop_loss_percent=_decimal(row[32]),
            take_profit_percent=_decimal(row[33]),
            trail_percent=_decimal(row[34]),
        ),
        time_in_force=TimeInForce(row[35]),
        expires_at=moment(row[36]),
    )


def position_row(position: Position) -> Row:
    """Return the row of a position; what may change later comes last."""
    return (
        position.id,
        position.account_id,
        position.run_id,
        position.symbol,
        position.direction.value,
        position.entry_order_id,
        instant_text(position.opened_at),
        canonical(position.contract_size),
        position.margin_mode.value,
        iso(position.opening_bar_at),
        int(position.entered_within_bar),
        position.strategy_run_id or None,
        *position_changes(position),
    )


def position_changes(position: Position) -> Row:
    """Return the values of the columns that may change."""
    return (
        canonical(position.quantity),
        canonical(position.entry_quantity),
        canonical(position.entry_cost),
        to_units(position.margin),
        position.leverage,
        _text(position.stop_loss),
        _text(position.take_profit),
        _text(position.trail_percent),
        to_units(position.realized_pnl),
        to_units(position.fees),
        to_units(position.funding),
        iso(position.closed_at),
        None if position.close_reason is None else position.close_reason.value,
    )


def position_from(row: Row) -> Position:
    """Return the position of a row."""
    return Position(
        id=row[0],
        account_id=row[1],
        run_id=row[2],
        symbol=row[3],
        direction=Direction(row[4]),
        entry_order_id=row[5],
        opened_at=_instant(row[6]),
        contract_size=Decimal(row[7]),
        margin_mode=MarginMode(row[8]),
        opening_bar_at=moment(row[9]),
        entered_within_bar=row[10] == 1,
        strategy_run_id=row[11],
        quantity=Decimal(row[12]),
        entry_quantity=Decimal(row[13]),
        entry_cost=Decimal(row[14]),
        margin=from_units(row[15]),
        leverage=row[16],
        stop_loss=_decimal(row[17]),
        take_profit=_decimal(row[18]),
        trail_percent=_decimal(row[19]),
        realized_pnl=from_units(row[20]),
        fees=from_units(row[21]),
        funding=from_units(row[22]),
        closed_at=moment(row[23]),
        close_reason=None if row[24] is None else OrderReason(row[24]),
    )


def fill_row(fill: Fill) -> Row:
    """Return the row of a fill."""
    return (
        fill.id,
        fill.order_id,
        fill.position_id,
        fill.account_id,
        fill.run_id,
        fill.trade_id,
        fill.symbol,
        fill.side.value,
        canonical(fill.quantity),
        canonical(fill.price),
        to_units(fill.fee),
        int(fill.is_maker),
        instant_text(fill.at),
        to_units(fill.realized_pnl),
        int(fill.is_gap),
    )


def fill_from(row: Row) -> Fill:
    """Return the fill of a row."""
    return Fill(
        id=row[0],
        order_id=row[1],
        position_id=row[2],
        account_id=row[3],
        run_id=row[4],
        trade_id=row[5],
        symbol=row[6],
        side=OrderSide(row[7]),
        quantity=Decimal(row[8]),
        price=Decimal(row[9]),
        fee=from_units(row[10]),
        is_maker=row[11] == 1,
        at=_instant(row[12]),
        realized_pnl=from_units(row[13]),
        is_gap=row[14] == 1,
    )


def event_row(event: OrderEvent) -> Row:
    """Return the row of a line of a receipt; its id is the file's."""
    order_id, at, step, subject, detail = event
    return (order_id, instant_text(at), _NAME_OF_STEP[step], subject, detail)


def event_from(row: Row) -> OrderEvent:
    """Return the line of a row."""
    order_id, at, step, subject, detail = row
    return OrderEvent(order_id=order_id, at=_instant(at), step=ReceiptStep(step), subject=subject, detail=detail)


def change_row(change: PositionChange) -> Row:
    """Return the row of a change of a position; its id is the file's."""
    at = instant_text(change.at)
    return (change.position_id, at, change.term.value, change.before, change.after, change.author)


def change_from(row: Row) -> PositionChange:
    """Return the change of a row."""
    position_id, at, term, before, after, author = row
    return PositionChange(
        position_id=position_id, at=_instant(at), term=PositionTerm(term), before=before, after=after, author=author
    )
