"""`db migrate`: books of an older version become books of the present one, after a verified backup."""

from dataclasses import dataclass
from pathlib import Path

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, options
from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.books_facts import open_source
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.database import check_header
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.schema_version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class _Migration:
    """From which version to which, and where the books are as they were; None where nothing was to be done."""

    from_version: int
    backup: Path | None

    @property
    def is_done(self) -> bool:
        return self.from_version != SCHEMA_VERSION


@click.command(epilog="\b\nExample:\n  desktop-trader db migrate --json")
@options.data_and_json
def migrate(data_dir: str | None, as_json: bool) -> None:
    """Bring books of an older version to the present one.

    Opening the window does the same. A verified backup is made first; the books are brought there whole or not at all.
    """
    paths = books.folder(data_dir)
    done = _bring_up_to_date(paths)
    if as_json:
        fields = {
            "path": str(paths.database),
            "from_version": done.from_version,
            "to_version": SCHEMA_VERSION,
            "migrated": done.is_done,
            "backup": None if done.backup is None else str(done.backup),
        }
        click.echo(dumps(fields))
        return
    if not done.is_done:
        click.echo(f"The books have schema version {SCHEMA_VERSION} already; nothing was changed.")
        return
    click.echo(
        f"The books were brought from schema version {done.from_version} to {SCHEMA_VERSION}; every figure is as it "
        f"was.\nAs they were, they are in {done.backup}"
    )


def _bring_up_to_date(paths: DataFolderPaths) -> _Migration:
    if not paths.database.exists():
        raise StorageError(f"There are no books in {paths.root} yet; nothing was changed")
    check_header(paths.database)  # says best what is wrong with what is not ours
    connection = open_source(paths.database)
    try:
        version = int(connection.pragma("user_version"))
    finally:
        connection.close()
    if version == SCHEMA_VERSION:
        return _Migration(from_version=version, backup=None)
    known = {each.path for each in list_backups(paths.backups)}
    with take_data_folder(paths):
        SqliteLedgerStore.open(paths).close()
    made = [
        each.path
        for each in list_backups(paths.backups)
        if each.kind == BackupKind.MIGRATION and each.path not in known
    ]
    return _Migration(from_version=version, backup=made[0] if made else None)
