"""The receipt of an order: its terms as they stand, every step of its life, and its fills."""

import apsw

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Order
from desktop_trader.messages.order_receipt import OrderReceipt
from desktop_trader.storage import statements as sql
from desktop_trader.storage import trading_rows
from desktop_trader.storage.rows import Row

_CURRENCY = "SELECT currency FROM accounts WHERE id = ?"


def read_order_receipt(
    connection: apsw.Connection, account_name: str, *, account_id: int, order_id: int
) -> OrderReceipt:
    """Return the receipt of an order of an account; the caller holds the snapshot.

    Raises:
        InvalidInputError: the account has no such order.
    """
    row: Row | None = connection.execute(sql.ORDER_OF_ACCOUNT, (order_id, account_id)).fetchone()
    if row is None:
        raise InvalidInputError(f"Account {account_name} has no order {order_id}")
    order = trading_rows.order_from(row)
    return OrderReceipt(
        account=account_name,
        currency=str(connection.execute(_CURRENCY, (account_id,)).get),
        order=order,
        events=tuple(trading_rows.event_from(each) for each in connection.execute(sql.EVENTS_OF_ORDER, (order_id,))),
        fills=_fills(connection, order),
    )


def _fills(connection: apsw.Connection, order: Order) -> tuple[Fill, ...]:
    if not order.filled_quantity:
        return ()
    of_position = (order.id, order.position_id)
    found: list[Row] = connection.execute(sql.FILLS_OF_ORDER_AND_POSITION, of_position).fetchall()
    fills = tuple(map(trading_rows.fill_from, found))
    if sum((fill.quantity for fill in fills), ZERO) == order.filled_quantity:
        return fills
    # The rest of an entry whose position was closed meanwhile is a lot of its own: all fills have to be looked through.
    found = connection.execute(sql.FILLS_OF_ORDER, (order.id,)).fetchall()
    return tuple(map(trading_rows.fill_from, found))
