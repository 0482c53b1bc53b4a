"""The way from one schema version to the next: numbered, forward only, each in the transaction of all.

A new file goes the whole way, so that it is the same as one that has been migrated from the beginning. A step is
never changed once files exist that went it: the next version adds a function here, a number to
`schema_version.SCHEMA_VERSION`, its columns to the models of `schema`, and a file of its own to `tests/fixtures`.
"""

from collections.abc import Callable

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import StorageError
from desktop_trader.storage.history_indices import HISTORY_INDICES
from desktop_trader.storage.outage_rows import CREATE_OUTAGES
from desktop_trader.storage.schema_v1 import SCHEMA_V1
from desktop_trader.storage.schema_v4 import SCHEMA_V4
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verified_head import CREATE_VERIFIED_HEADS


def migrate(connection: apsw.Connection) -> None:
    """Bring a file to the present schema in one transaction.

    Raises:
        StorageError: it could not be done; the file is as it was.
    """
    version = int(connection.pragma("user_version"))
    if version > SCHEMA_VERSION:
        raise StorageError(f"The database has version {version}, newer than this program's {SCHEMA_VERSION}")
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in range(version, SCHEMA_VERSION):
                _STEPS[step](connection)
                crash_point(f"L19.{step + 1}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            crash_point("L19.version")
            connection.execute("COMMIT")
            crash_point("L19.done")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except apsw.Error as error:
        raise storage_error(error, "The database could not be prepared") from error


def _create_version_1(connection: apsw.Connection) -> None:
    for statement in SCHEMA_V1:
        connection.execute(statement)


def _bring_to_version_2(connection: apsw.Connection) -> None:
    """Resets (how a run ended, what it took out), the verified head, imports and what the history is searched by."""
    for statement in (*_RESETS, CREATE_VERIFIED_HEADS, *HISTORY_INDICES):
        connection.execute(statement)


def _bring_to_version_3(connection: apsw.Connection) -> None:
    """Outages, and which fills were at the first price after one."""
    for statement in (*CREATE_OUTAGES, _GAPS):
        connection.execute(statement)


def _bring_to_version_4(connection: apsw.Connection) -> None:
    """Terms of orders and positions, receipts of orders and changes of positions, what is remembered of the market."""
    for statement in SCHEMA_V4:
        connection.execute(statement)


# An account has one run that goes on, and a run that ended says how.
_RESETS = (
    "ALTER TABLE runs ADD COLUMN how_ended TEXT CHECK ((how_ended IS NULL) = (ended_at IS NULL))",
    'ALTER TABLE run_totals ADD COLUMN "reset" INTEGER NOT NULL DEFAULT 0',
    "CREATE UNIQUE INDEX runs_current ON runs (account) WHERE ended_at IS NULL",
)
_GAPS = "ALTER TABLE fills ADD COLUMN is_gap INTEGER NOT NULL DEFAULT 0 CHECK (is_gap IN (0, 1))"
_STEPS: tuple[Callable[[apsw.Connection], None], ...] = (
    _create_version_1,
    _bring_to_version_2,
    _bring_to_version_3,
    _bring_to_version_4,
)
