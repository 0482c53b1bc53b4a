"""Which processes worked on the books, and how they ended: facts for the start-up report, never for recovery."""

from dataclasses import dataclass
from datetime import datetime

import apsw

from desktop_trader.storage import statements as sql
from desktop_trader.storage.damage import reading_rows
from desktop_trader.storage.rows import Row, moment
from desktop_trader.storage.sqlite_error import storage_error

_CONTINUE = "UPDATE sessions SET ended_at = NULL, how_ended = NULL WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """The process before this one. `how_ended` is empty when it left no note: it was killed, or the power failed."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    how_ended: str


class SessionLog:
    """Writes the beginning and the end of one process. Not thread-safe: it belongs to the writer."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Work over the writer's connection."""
        self._connection = connection
        self._session_id = 0

    def begin(self, at: datetime) -> SessionEnd | None:
        """Note the start of a process and return the one before it.

        Raises:
            BooksDamagedError: the note of the one before cannot be understood; nothing was written.
            StorageError: it could not be noted.
        """
        try:
            with reading_rows():
                row = self._connection.execute(sql.LAST_SESSION).get
                previous = None if row is None else _end_from(row)
            self._connection.execute(sql.INSERT_SESSION, (at.isoformat(),))
            self._session_id = self._connection.last_insert_rowid()
        except apsw.Error as error:
            raise storage_error(error, "The start could not be noted") from error
        return previous

    def continue_from(self, other: "SessionLog") -> None:
        """Go on with the start that another connection of this process has noted; writes, so that it proves it can."""
        self._session_id = other._session_id
        try:
            self._connection.execute(_CONTINUE, (self._session_id,))
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be written to") from error

    def end(self, how: str, *, at: datetime) -> None:
        """Note the end of the process that `begin` noted."""
        try:
            self._connection.execute(sql.END_SESSION, (at.isoformat(), how, self._session_id))
        except apsw.Error as error:
            raise storage_error(error, "The end could not be noted") from error


def _end_from(row: Row) -> SessionEnd:
    session_id, started_at, ended_at, how_ended = row
    begun = moment(started_at)
    if begun is None:
        raise ValueError("a start without a moment")
    return SessionEnd(id=session_id, started_at=begun, ended_at=moment(ended_at), how_ended=how_ended or "")
