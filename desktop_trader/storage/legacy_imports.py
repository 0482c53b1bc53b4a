"""Which imports the journal has: the entries whose key begins with `import:`."""

from datetime import datetime

import apsw

from desktop_trader.domain.money import from_units
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.legacy_import import EarlierImport
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.legacy_archive import archived_hashes
from desktop_trader.storage.rows import Row
from desktop_trader.storage.sqlite_error import storage_error

_PREFIX = "import:"
# The range is one of the unique index over the keys, however long the journal is.
_IMPORTS = """
SELECT e.id, a.name, e.occurred_at, e.total_after, e.currency, e.description, e.author, e.idempotency_key,
       (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.entry = e.id AND p.ledger_account GLOB 'cash:*')
FROM ledger_entries e JOIN accounts a ON a.id = e.account
WHERE e.idempotency_key >= 'import:' AND e.idempotency_key < 'import;' ORDER BY e.id DESC LIMIT 1000
"""


def earlier_imports(paths: DataFolderPaths) -> tuple[EarlierImport, ...]:
    """Return the imports of all accounts, newest first; none where there are no books yet.

    Raises:
        StorageError: the books cannot be read.
    """
    if not paths.database.exists():
        return ()
    archived = archived_hashes(paths)
    connection = open_reader(paths.database)
    try:
        rows: list[Row] = connection.execute(_IMPORTS).fetchall()
    except apsw.Error as error:
        raise storage_error(error, f"{paths.database} cannot be read") from error
    finally:
        connection.close()
    return tuple(
        EarlierImport(
            entry_id=row[0],
            account=row[1],
            at=datetime.fromisoformat(row[2]),
            total_after=from_units(row[3]),
            currency=row[4],
            description=row[5],
            author=row[6],
            content_hash=row[7].removeprefix(_PREFIX),
            amount=from_units(row[8]),
            is_archived=row[7].removeprefix(_PREFIX) in archived,
        )
        for row in rows
    )
