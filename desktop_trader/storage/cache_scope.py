"""Which orders, positions and fills a verification that goes on from a verified head has to compare again."""

import json
from dataclasses import dataclass

import apsw

from desktop_trader.storage.schema_extras import LIVE_STATUSES

# Neither asks for what is not null: that would make SQLite walk a whole index instead of the newest entries.
_LINKS = 'SELECT "order", "position", fill FROM ledger_entries WHERE id > ?'
_OPEN_POSITIONS = "SELECT id, entry_order FROM positions WHERE closed_at IS NULL"
_LIVE_ORDERS = f'SELECT id, "position" FROM orders WHERE status IN {LIVE_STATUSES}'
_POSITIONS_OF = 'SELECT "position" FROM orders WHERE id IN (SELECT value FROM json_each(?)) AND "position" IS NOT NULL'
_ENTRY_ORDERS_OF = "SELECT entry_order FROM positions WHERE id IN (SELECT value FROM json_each(?))"

AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheScope:
    """What is open, and what an entry after `since_entry` names; `orders` and `positions` are JSON arrays of ids.

    `fills` are those whose entries are all newer: only of them the walk knows what was booked.
    """

    since_entry: int
    orders: str
    positions: str
    fills: frozenset[int]


def scope_since(connection: apsw.Connection, entry_id: int) -> CacheScope:
    """Return what may have changed since an entry."""
    orders: set[int] = set()
    positions: set[int] = set()
    fills: set[int] = set()
    for order_id, position_id, fill_id in connection.cursor().execute(_LINKS, (entry_id,)):
        orders.add(order_id)
        positions.add(position_id)
        fills.add(fill_id)
    for position_id, order_id in connection.cursor().execute(_OPEN_POSITIONS):
        positions.add(position_id)
        orders.add(order_id)
    for order_id, position_id in connection.cursor().execute(_LIVE_ORDERS):
        orders.add(order_id)
        positions.add(position_id)
    positions |= {row[0] for row in connection.cursor().execute(_POSITIONS_OF, (_array(orders),))}
    orders |= {row[0] for row in connection.cursor().execute(_ENTRY_ORDERS_OF, (_array(positions),))}
    return CacheScope(
        since_entry=entry_id, orders=_array(orders), positions=_array(positions), fills=frozenset(fills) - {None}
    )


def _array(ids: set[int]) -> str:
    return json.dumps(sorted(each for each in ids if each is not None))
