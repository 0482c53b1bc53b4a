"""Positions and orders that a start is to restore: is each row what its fills, its order and the journal say?

Figures are derived and can be rebuilt. What a row *is* (its symbol, its side, that it is open) is written nowhere else,
so a row that contradicts the rest there is not restored: whoever reads the complaint learns which one, and why.
"""

import json
from decimal import Decimal

import apsw

from desktop_trader.domain.money import ZERO, canonical, from_units
from desktop_trader.storage import statements as sql
from desktop_trader.storage import trading_rows
from desktop_trader.storage.position_terms import complaints_of_terms, funding_of
from desktop_trader.storage.rows import Row
from desktop_trader.storage.schema_extras import LIVE_STATUSES

_NEWEST_LOCKED = "SELECT locked_after FROM ledger_entries WHERE account = ? ORDER BY id DESC LIMIT 1"
_LOCKED = f"""
SELECT (SELECT coalesce(sum(margin), 0) FROM positions WHERE account = ?1 AND closed_at IS NULL)
     + (SELECT coalesce(sum(reserve), 0) FROM orders WHERE account = ?1 AND status IN {LIVE_STATUSES})
"""
# Walks every posting: asked for only when something is wrong already.
_LOCKED_BY_NAME = """
SELECT p.ledger_account, sum(p.amount) FROM postings p JOIN ledger_entries e ON e.id = p.entry
WHERE e.account = ? AND p.ledger_account > 'cash:locked:' AND p.ledger_account < 'cash:locked;'
GROUP BY 1 HAVING sum(p.amount) <> 0 ORDER BY 1
"""
_HELD = f"""
SELECT 'cash:locked:position:' || id, margin FROM positions WHERE account = ?1 AND closed_at IS NULL AND margin <> 0
UNION ALL
SELECT 'cash:locked:order:' || id, reserve FROM orders
WHERE account = ?1 AND status IN {LIVE_STATUSES} AND reserve <> 0
"""
_OPEN_LOTS = """
SELECT id, symbol, direction, contract_size, quantity, entry_quantity, entry_cost, realized_pnl, fees FROM positions
WHERE account = ? AND closed_at IS NULL ORDER BY id
"""
# By way of the entries, which have an index for it.
_FILLS_OF = """
SELECT o.is_exit, f.quantity, f.price, f.realized_pnl, f.fee FROM fills f JOIN orders o ON o.id = f."order"
WHERE f.id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" = ?)
"""
_UNLIKE_ITS_ORDER = """
SELECT p.id, p.symbol, p.direction, p.entry_order, o.symbol, o.side FROM positions p
LEFT JOIN orders o ON o.id = p.entry_order
WHERE p.account = ? AND p.closed_at IS NULL
      AND (o.symbol IS NOT p.symbol OR p.direction <> iif(o.side = 'buy', 'long', 'short')
           OR p.margin_mode <> o.margin_mode OR o.account <> p.account OR o.run <> p.run
           OR o.is_exit OR o."position" IS NOT p.id)
ORDER BY p.id
"""
_OPEN_ORDERS = f"""
SELECT id, symbol, side, "position", quantity, filled_quantity FROM orders
WHERE account = ? AND status IN {LIVE_STATUSES} ORDER BY id
"""
_FUNDING = "SELECT id, symbol, direction, funding FROM positions WHERE account = ? AND closed_at IS NULL ORDER BY id"
_FIRST_PRICE = """
SELECT f.price FROM ledger_entries e JOIN fills f ON f.id = e.fill WHERE e."position" = ? ORDER BY e.id LIMIT 1
"""
_FILLED_OF = """
SELECT quantity FROM fills
WHERE "order" = ? AND id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" = ?)
"""
_REBUILD_MARGINS = """
UPDATE positions SET margin = (SELECT coalesce(sum(p.amount), 0) FROM postings p
                               WHERE p.ledger_account = 'cash:locked:position:' || positions.id)
WHERE account = ? AND closed_at IS NULL
"""
_REBUILD_RESERVES = f"""
UPDATE orders SET reserve = (SELECT coalesce(sum(p.amount), 0) FROM postings p
                             WHERE p.ledger_account = 'cash:locked:order:' || orders.id)
WHERE account = ? AND status IN {LIVE_STATUSES}
"""
_REBUILD_FILLED = "UPDATE orders SET filled_quantity = ?1, status = iif(?1 = quantity, 'filled', status) WHERE id = ?2"
_REBUILD_LOT = """
UPDATE positions SET quantity = ?, entry_quantity = ?, entry_cost = ?, realized_pnl = ?, fees = ? WHERE id = ?
"""
_REBUILD_FUNDING = "UPDATE positions SET funding = ? WHERE id = ?"
_LOT_FIGURES = ("quantity", "entry quantity", "cost", "P&L", "fees")


def complaints_of_open(connection: apsw.Connection, account_id: int) -> tuple[str, ...]:
    """Return what is wrong with the open positions and live orders of an account, a text for each row."""
    unreadable = _unreadable(connection, account_id)
    if unreadable:
        return tuple(unreadable)
    return (
        *_complaints_of_lots(connection, account_id),
        *_complaints_of_funding(connection, account_id),
        *_complaints_of_entry_orders(connection, account_id),
        *_complaints_of_terms(connection, account_id),
        *_complaints_of_orders(connection, account_id),
        *_complaints_of_locked(connection, account_id),
    )


def rebuild_open(connection: apsw.Connection, account_id: int) -> None:
    """Write the figures of what is open anew; within a transaction of the caller, who asks again afterwards."""
    connection.execute(_REBUILD_MARGINS, (account_id,))
    connection.execute(_REBUILD_RESERVES, (account_id,))
    for position_id, _, _, contract_size, *_ in _rows(connection, _OPEN_LOTS, account_id):
        lot = _lot_of_fills(connection, position_id, Decimal(contract_size))
        connection.execute(_REBUILD_LOT, (*lot, position_id))
    funding = funding_of(connection, _ids(connection, account_id))
    for position_id, *_ in _rows(connection, _FUNDING, account_id):
        connection.execute(_REBUILD_FUNDING, (funding.get(position_id, 0), position_id))
    for order_id, *_ in _rows(connection, _OPEN_ORDERS, account_id):
        filled = _filled(connection, 'SELECT quantity FROM fills WHERE "order" = ?', order_id)
        connection.execute(_REBUILD_FILLED, (filled, order_id))


def _rows(connection: apsw.Connection, statement: str, *values: object) -> list[Row]:
    return connection.execute(statement, values).fetchall()


def _complaints_of_lots(connection: apsw.Connection, account_id: int) -> list[str]:
    complaints = []
    for position_id, symbol, direction, contract_size, *stored in _rows(connection, _OPEN_LOTS, account_id):
        lot = _lot_of_fills(connection, position_id, Decimal(contract_size))
        wrong = [
            f"{name} {_shown(is_)} instead of {_shown(due)}"
            for name, is_, due in zip(_LOT_FIGURES, stored, lot, strict=True)
            if is_ != due
        ]
        if wrong:
            complaints.append(
                f"position {position_id} ({symbol} {direction}) was not the sum of its fills: {', '.join(wrong)}"
            )
    return complaints


def _ids(connection: apsw.Connection, account_id: int) -> str:
    return json.dumps([row[0] for row in _rows(connection, _FUNDING, account_id)])


def _complaints_of_funding(connection: apsw.Connection, account_id: int) -> list[str]:
    due = funding_of(connection, _ids(connection, account_id))
    return [
        f"position {position_id} ({symbol} {direction}) said funding {_shown(funding)}; the journal booked "
        f"{_shown(due.get(position_id, 0))}"
        for position_id, symbol, direction, funding in _rows(connection, _FUNDING, account_id)
        if funding != due.get(position_id, 0)
    ]


def _complaints_of_terms(connection: apsw.Connection, account_id: int) -> list[str]:
    """Terms are written nowhere else in full, so that which of the rows is right cannot be told from them."""

    def first_price(position_id: int) -> Decimal:
        return Decimal(connection.execute(_FIRST_PRICE, (position_id,)).get or 0)

    wrong = complaints_of_terms(connection, _ids(connection, account_id), first_price_of=first_price)
    return [text for _, _, text in wrong]


def _shown(figure: str | int) -> str:
    return canonical(from_units(figure)) if isinstance(figure, int) else str(figure)


def _complaints_of_entry_orders(connection: apsw.Connection, account_id: int) -> list[str]:
    return [
        f"position {position_id} ({symbol} {direction}) is not what its entry order {order_id} "
        + ("says, which is missing" if side is None else f"opened ({ordered} {side})")
        for position_id, symbol, direction, order_id, ordered, side in _rows(connection, _UNLIKE_ITS_ORDER, account_id)
    ]


def _complaints_of_orders(connection: apsw.Connection, account_id: int) -> list[str]:
    complaints = []
    for order_id, symbol, side, position_id, quantity, filled in _rows(connection, _OPEN_ORDERS, account_id):
        due = "0" if position_id is None else _filled(connection, _FILLED_OF, order_id, position_id)
        if filled == quantity or filled != due:
            complaints.append(
                f"order {order_id} ({symbol} {side} {quantity}) was not what its fills left of it: "
                f"{filled} filled instead of {due}"
            )
    return complaints


def _complaints_of_locked(connection: apsw.Connection, account_id: int) -> list[str]:
    locked = connection.execute(_NEWEST_LOCKED, (account_id,)).get or 0
    if connection.execute(_LOCKED, (account_id,)).get == locked:
        return []
    due: dict[str, int] = dict(_rows(connection, _LOCKED_BY_NAME, account_id))
    held: dict[str, int] = dict(_rows(connection, _HELD, account_id))
    wrong = [
        f"{name.removeprefix('cash:locked:').replace(':', ' ')} holds {_shown(held.get(name, 0))}, and the journal "
        f"locked {_shown(due.get(name, 0))} for it"
        for name in sorted(due.keys() | held.keys())
        if due.get(name, 0) != held.get(name, 0)
    ]
    return wrong or ["margins of positions and reserves of orders were not what is locked"]


def _unreadable(connection: apsw.Connection, account_id: int) -> list[str]:
    complaints = []
    for what, statement, read in (
        ("position", sql.OPEN_POSITIONS, trading_rows.position_from),
        ("order", sql.LIVE_ORDERS, trading_rows.order_from),
    ):
        for row in _rows(connection, statement, account_id):
            try:
                read(row)
            except (ArithmeticError, ValueError, TypeError, AttributeError) as error:
                complaints.append(f"{what} {row[0]} cannot be read: {type(error).__name__}: {error}")
    return complaints


def _filled(connection: apsw.Connection, statement: str, *values: object) -> str:
    return canonical(sum((Decimal(text) for (text,) in _rows(connection, statement, *values)), ZERO))


def _lot_of_fills(connection: apsw.Connection, position_id: int, contract_size: Decimal) -> tuple[str | int, ...]:
    """Return quantity, entry quantity, entry cost, P&L and fees of a position as its fills have them, as stored."""
    bought = sold = cost = ZERO
    earned = paid = 0
    for is_exit, quantity, price, pnl, fee in _rows(connection, _FILLS_OF, position_id):
        if is_exit:
            sold += Decimal(quantity)
        else:
            bought += Decimal(quantity)
            cost += Decimal(quantity) * Decimal(price) * contract_size
        earned += pnl
        paid += fee
    return (canonical(bought - sold), canonical(bought), canonical(cost), earned, paid)
