"""Orders, positions and fills as rows and back: the order of their columns is known here only."""

from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import canonical, from_units, to_units
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderStatus, OrderType, Protection
from desktop_trader.domain.position import Position
from desktop_trader.storage.rows import Row, iso, moment

ORDER = (
    "id", "account", "run", "client_order_id", "symbol", "side", "type", "quantity", "reason", "signal_key",
    "created_at", "eligible_at", "limit_price", "trigger_price", "worst_price", "is_exit", "leverage", "stop_loss",
    "take_profit", "stop_loss_percent", "take_profit_percent", "strategy_run", "updated_at", "filled_quantity",
    "status", "position", "reserve", "detail",
)  # fmt: skip
ORDER_CHANGES = 6
"""So many of the last columns may change after an order is stored; the others never do."""
POSITION = (
    "id", "account", "run", "symbol", "direction", "entry_order", "opened_at", "contract_size", "leverage",
    "opening_bar_at", "entered_within_bar", "strategy_run", "quantity", "entry_quantity", "entry_cost", "margin",
    "stop_loss", "take_profit", "realized_pnl", "fees", "closed_at", "close_reason",
)  # fmt: skip
POSITION_CHANGES = 10
FILL = (
    "id", "order", "position", "account", "run", "trade_id", "symbol", "side", "quantity", "price", "fee", "is_maker",
    "at", "realized_pnl", "is_gap",
)  # fmt: skip

_instant = datetime.fromisoformat


def _text(value: Decimal | None) -> str | None:
    return None if value is None else canonical(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def order_row(order: Order) -> Row:
    """Return the row of an order; what may change later comes last."""
    protection = order.protection
    return (
        order.id,
        order.account_id,
        order.run_id,
        order.client_order_id,
        order.symbol,
        order.side.value,
        order.type.value,
        canonical(order.quantity),
        order.reason.value,
        order.signal_key or None,
        instant_text(order.created_at),
        instant_text(order.eligible_at),
        _text(order.limit_price),
        _text(order.trigger_price),
        _text(order.worst_price),
        int(order.is_exit),
        order.leverage,
        _text(protection.stop_loss),
        _text(protection.take_profit),
        _text(protection.stop_loss_percent),
        _text(protection.take_profit_percent),
        order.strategy_run_id or None,
        *order_changes(order),
    )


def order_changes(order: Order) -> Row:
    """Return the values of the columns that may change."""
    return (
        instant_text(order.updated_at),
        canonical(order.filled_quantity),
        order.status.value,
        order.position_id,
        to_units(order.reserve),
        order.detail,
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
        quantity=Decimal(row[7]),
        reason=OrderReason(row[8]),
        signal_key=row[9] or "",
        created_at=_instant(row[10]),
        eligible_at=_instant(row[11]),
        limit_price=_decimal(row[12]),
        trigger_price=_decimal(row[13]),
        worst_price=_decimal(row[14]),
        is_exit=row[15] == 1,
        leverage=row[16],
        protection=Protection(
            stop_loss=_decimal(row[17]),
            take_profit=_decimal(row[18]),
            stop_loss_percent=_decimal(row[19]),
            take_profit_percent=_decimal(row[20]),
        ),
        strategy_run_id=row[21],
        updated_at=_instant(row[22]),
        filled_quantity=Decimal(row[23]),
        status=OrderStatus(row[24]),
        position_id=row[25],
        reserve=from_units(row[26]),
        detail=row[27],
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
        position.leverage,
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
        _text(position.stop_loss),
        _text(position.take_profit),
        to_units(position.realized_pnl),
        to_units(position.fees),
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
        leverage=row[8],
        opening_bar_at=moment(row[9]),
        entered_within_bar=row[10] == 1,
        strategy_run_id=row[11],
        quantity=Decimal(row[12]),
        entry_quantity=Decimal(row[13]),
        entry_cost=Decimal(row[14]),
        margin=from_units(row[15]),
        stop_loss=_decimal(row[16]),
        take_profit=_decimal(row[17]),
        realized_pnl=from_units(row[18]),
        fees=from_units(row[19]),
        closed_at=moment(row[20]),
        close_reason=None if row[21] is None else OrderReason(row[21]),
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
