"""The way from one schema version to the next: numbered, forward only, each in the transaction of all.

Version 1 is everything. A later version adds a function here and a number to `schema_version.SCHEMA_VERSION`; what
version 1 creates then has to be frozen as SQL text.
"""

from collections.abc import Callable

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import StorageError
from desktop_trader.storage.schema_extras import PARTIAL_INDICES, TRIGGERS, VIEW
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error


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
            connection.execute("ROLLBACK")
            raise
    except apsw.Error as error:
        raise storage_error(error, "The database could not be prepared") from error


def _create_everything(connection: apsw.Connection) -> None:
    # peewee takes longer to import than a whole start of a current file.
    from playhouse.apsw_ext import APSWDatabase

    from desktop_trader.storage.schema import TABLES

    class GivenConnection(APSWDatabase):  # type: ignore[misc]
        """Lets peewee speak over the connection that holds the transaction."""

        def _connect(self) -> apsw.Connection:
            return connection

    database = GivenConnection(":memory:")
    with database.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        for table in TABLES:
            table.create_table(safe=False)
    for statement in (*PARTIAL_INDICES, *TRIGGERS, VIEW):
        connection.execute(statement)


_STEPS: tuple[Callable[[apsw.Connection], None], ...] = (_create_everything,)
