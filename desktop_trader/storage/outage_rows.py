"""The outages of a market as rows: written by the one writer, outside the hash, each in a transaction of its own."""

import json
from decimal import Decimal

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import canonical
from desktop_trader.messages.network import CrossedLevel, HeldBack, Outage
from desktop_trader.storage.damage import reading_rows
from desktop_trader.storage.rows import Row, iso, moment
from desktop_trader.storage.sqlite_error import storage_error

OUTAGE = (
    "id", "source_id", "begun_at", "ended_at", "reasons", "detail", "is_simulated", "held_back", "levels_crossed",
)  # fmt: skip
CREATE_OUTAGES = (
    (
        "CREATE TABLE outages (id INTEGER NOT NULL PRIMARY KEY, source_id TEXT NOT NULL, begun_at TEXT NOT NULL, "
        "ended_at TEXT, reasons TEXT NOT NULL, detail TEXT NOT NULL, is_simulated INTEGER NOT NULL "
        "CHECK (is_simulated IN (0, 1)), held_back TEXT NOT NULL, levels_crossed TEXT NOT NULL) STRICT"
    ),
    "CREATE INDEX outages_source ON outages (source_id, id)",
    "CREATE UNIQUE INDEX outages_open ON outages (source_id) WHERE ended_at IS NULL",
)
"""A market has one outage at a time."""
_NAMES = ", ".join(OUTAGE)
_NEWEST = f"SELECT {_NAMES} FROM outages WHERE source_id = ? ORDER BY id DESC LIMIT ?"
_NEWEST_OF_ALL = f"SELECT {_NAMES} FROM outages ORDER BY id DESC LIMIT ?"
_INSERT = f"INSERT INTO outages ({_NAMES}) VALUES ({', '.join('?' * len(OUTAGE))})"
_UPDATE = f"UPDATE outages SET {', '.join(f'{name} = ?' for name in OUTAGE[1:])} WHERE id = ?"

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class OutageRows:
    """Implements the engine's `OutageLog` over the writer's connection. Not thread-safe: it belongs to the writer."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Work over the writer's connection."""
        self._connection = connection

    def newest(self, source_id: str) -> Outage | None:
        """Return the newest outage of a market, which may still be open; None where there was none.

        Raises:
            BooksDamagedError: its row cannot be understood.
            StorageError: it cannot be read.
        """
        found = read_outages(self._connection, source_id, limit=1)
        return found[0] if found else None

    def begin(self, outage: Outage) -> int:
        """Store a new outage and return its id.

        Raises:
            StorageError: it could not be stored.
        """
        try:
            crash_point("L26.begin")
            self._connection.execute(_INSERT, (None, *outage_row(outage)[1:]))
            crash_point("L26.begun")
        except apsw.Error as error:
            raise storage_error(error, "The outage could not be stored") from error
        return self._connection.last_insert_rowid()

    def change(self, outage: Outage) -> None:
        """Store an outage as it is now.

        Raises:
            StorageError: it could not be stored; the row is as it was.
        """
        try:
            crash_point("L26.change")
            self._connection.execute(_UPDATE, (*outage_row(outage)[1:], outage.id))
            crash_point("L26.changed")
        except apsw.Error as error:
            raise storage_error(error, "The outage could not be stored") from error


def read_outages(connection: apsw.Connection, source_id: str, *, limit: int) -> tuple[Outage, ...]:
    """Return the newest outages of a market, or of all where `source_id` is "", newest first.

    Raises:
        BooksDamagedError: a row cannot be understood.
        StorageError: they cannot be read.
    """
    try:
        with reading_rows():
            found = connection.execute(_NEWEST, (source_id, limit)) if source_id else _of_all(connection, limit)
            return tuple(outage_from(row) for row in found)
    except apsw.Error as error:
        raise storage_error(error, "The outages cannot be read") from error


def outage_row(outage: Outage) -> Row:
    """Return the row of an outage."""
    held = [(each.account, each.what, each.count) for each in outage.held_back]
    return (
        outage.id,
        outage.source_id,
        instant_text(outage.begun_at),
        iso(outage.ended_at),
        _json(outage.reasons),
        outage.detail,
        int(outage.is_simulated),
        _json(held),
        _json([_level_row(level) for level in outage.levels_crossed]),
    )


def outage_from(row: Row) -> Outage:
    """Return the outage of a row."""
    begun_at = moment(row[2])
    if begun_at is None:
        raise ValueError("an outage without a beginning")
    return Outage(
        id=row[0],
        source_id=row[1],
        begun_at=begun_at,
        ended_at=moment(row[3]),
        reasons=tuple(str(each) for each in json.loads(row[4])),
        detail=row[5],
        is_simulated=row[6] == 1,
        held_back=tuple(
            HeldBack(account=account, what=what, count=int(count)) for account, what, count in json.loads(row[7])
        ),
        levels_crossed=tuple(_level_from(*values) for values in json.loads(row[8])),
    )


def _of_all(connection: apsw.Connection, limit: int) -> apsw.Cursor:
    return connection.execute(_NEWEST_OF_ALL, (limit,))


def _level_row(level: CrossedLevel) -> Row:
    price, at = canonical(level.price), iso(level.crossed_at)
    return (level.account, level.symbol, level.level, price, level.position_id, level.order_id, at)


def _level_from(*values: str | int | None) -> CrossedLevel:
    account, symbol, level, price, position_id, order_id, crossed_at = values
    return CrossedLevel(
        account=str(account),
        symbol=str(symbol),
        level=str(level),
        price=Decimal(str(price)),
        position_id=None if position_id is None else int(position_id),
        order_id=None if order_id is None else int(order_id),
        crossed_at=None if crossed_at is None else moment(str(crossed_at)),
    )
