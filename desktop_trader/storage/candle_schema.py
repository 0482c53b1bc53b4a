"""The tables of the candle file, and the steps by which an older file becomes one of today.

A bar is a row of whole numbers: its prices counted in 10^-`price_scale`, its volume in 10^-`volume_scale`, both the
smallest that hold every digit. A number too large for an integer of SQLite is there as text of the same digits.
`quiet` holds stretches (`since` <= opening < `until`) for which the exchange itself has no bars.
"""

import apsw

APPLICATION_ID = 0x44544341
_STEPS = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        symbol TEXT NOT NULL,
        timeframe TEXT NOT NULL,
        UNIQUE (source, symbol, timeframe)
    ) STRICT;
    CREATE TABLE candles (
        series INTEGER NOT NULL,
        opened INTEGER NOT NULL,
        price_scale INTEGER NOT NULL,
        volume_scale INTEGER NOT NULL,
        open NOT NULL,
        high NOT NULL,
        low NOT NULL,
        close NOT NULL,
        volume NOT NULL,
        PRIMARY KEY (series, opened)
    ) WITHOUT ROWID;
    CREATE TABLE quiet (
        series INTEGER NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (series, since)
    ) WITHOUT ROWID, STRICT;
    """,
)
VERSION = len(_STEPS)


def migrate(connection: apsw.Connection) -> None:
    """Bring a file to the present version, in one transaction; one that is there already is not written to."""
    if connection.pragma("user_version") == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Somebody else may have done it while this connection waited.
        for step in range(connection.pragma("user_version"), VERSION):
            connection.execute(_STEPS[step])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
