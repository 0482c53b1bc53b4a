"""What an account has traded since a time, read from the newest fill backwards: nothing older is touched."""

from datetime import datetime

import apsw

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.position import Position
from desktop_trader.engine.ports import LaterTrades
from desktop_trader.storage import statements as sql
from desktop_trader.storage import trading_rows
from desktop_trader.storage.sqlite_error import storage_error


class TradeRows:
    """A `TradeLog` over the store's connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Read what the store has written."""
        self._connection = connection

    def since(self, account_id: int, at: datetime) -> LaterTrades:
        """Return the fills of an account at or after a time, and the positions that were closed since.

        Raises:
            StorageError: they cannot be read.
        """
        try:
            return self._since(account_id, at)
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error

    def _since(self, account_id: int, at: datetime) -> LaterTrades:
        fills: list[Fill] = []
        for row in self._connection.execute(sql.FILLS_NEWEST_FIRST, (account_id,)):
            fill = trading_rows.fill_from(row)
            if fill.at < at:
                break  # The fills of an account are booked as they happen: the older ones were before that.
            fills.append(fill)
        found = (self._position(each) for each in sorted({fill.position_id for fill in fills}))
        closed = tuple(each for each in found if each is not None and each.closed_at is not None)
        return LaterTrades(fills=tuple(fills), closed=closed)

    def _position(self, position_id: int) -> Position | None:
        row = self._connection.execute(sql.POSITION_BY_ID, (position_id,)).fetchone()
        return None if row is None else trading_rows.position_from(row)
