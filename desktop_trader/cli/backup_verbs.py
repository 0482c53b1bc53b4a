"""`db backup`, `backups`, `restore`, `pack` and `unpack`: copies of the books, and the way back from them."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.table import cell, printable, table
from desktop_trader.cli.verify_progress import watching
from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.domain.money import display_amount
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind, BooksFacts, MoveFileInfo, RestorePreview
from desktop_trader.settings import BackupSettings
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.backup_round import back_up
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.folder_swap import SwapOrder, finish_swap
from desktop_trader.storage.move_file import look_into, order_unpack
from desktop_trader.storage.move_file import pack as pack_folder
from desktop_trader.storage.restore import newest_good_backup, order_restore, preview_restore
from desktop_trader.storage.settings_file import load_settings
from desktop_trader.storage.verify import VerifyWatch

_COLUMNS = {
    "at": "Made at (UTC)", "kind": "Kind", "size": "Bytes", "entries": "Entries", "total": "Balance",
    "verified": "Verified", "name": "Name",
}  # fmt: skip
_yes_option = click.option("--yes", is_flag=True, help="Do it. Without this, only say what would happen.")
_file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_optional_file = click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)


@click.command(epilog="\b\nExample:\n  desktop-trader db backup && desktop-trader db backups")
@_optional_file
@options.data_and_json
def backup(file: Path | None, data_dir: str | None, as_json: bool) -> None:
    """Make a verified backup, in the data folder or as FILE.

    Works while an instance is running. FILE must not exist.
    """
    paths = books.folder(data_dir)
    now = datetime.now(UTC)
    complaints: tuple[str, ...] = ()
    with books.reading(paths):
        pass
    with watching() as watch:
        if file is not None:
            made = backup_now(paths, kind=BackupKind.MANUAL, target=file.absolute(), at=now, watch=watch)
        else:
            done = back_up(paths, _settings(paths), kind=BackupKind.MANUAL, at=now, watch=watch)
            assert done.made is not None
            made, complaints = done.made, done.complaints
    for complaint in complaints:
        failures.say(complaint)
    click.echo(dumps(_backup_fields(made)) if as_json else f"Verified backup {printable(str(made.path))}")
    if not as_json and made.facts is not None:
        click.echo(_facts_text(made.facts))


@click.command(epilog="\b\nExample:\n  desktop-trader db backups --json")
@options.data_and_json
def backups(data_dir: str | None, as_json: bool) -> None:
    """List the backups of the data folder, newest first."""
    found = list_backups(books.folder(data_dir).backups)
    if as_json:
        click.echo(dumps([_backup_fields(each) for each in found]))
        return
    rows = [
        {
            "at": each.at,
            "kind": each.kind,
            "size": each.size_bytes,
            "entries": None if each.facts is None else each.facts.entries,
            "total": each.complaint if each.facts is None else _totals_text(each.facts),
            "verified": each.was_verified,
            "name": each.path.name,
        }
        for each in found
    ]
    click.echo(table(rows, _COLUMNS, empty="There are no backups yet; `desktop-trader db backup` makes one"))


@click.command(epilog="\b\nExamples:\n  desktop-trader db restore\n  desktop-trader db restore --yes FILE")
@_optional_file
@_yes_option
@options.data_and_json
def restore(file: Path | None, yes: bool, data_dir: str | None, as_json: bool) -> None:
    """Put a backup in the place of the books.

    They are moved aside, never overwritten. Without --yes it only says what would be gained and lost. Without FILE it
    takes the newest backup that verifies.
    """
    paths = books.folder(data_dir)
    anchored = books.anchored_head(paths)
    with watching() as watch:
        preview = preview_restore(paths, _chosen(paths, file, watch), watch=watch)
        notes = (
            _carry_out(paths, lambda at: order_restore(paths, preview.backup.path, at=at, watch=watch)) if yes else ()
        )
    if as_json:
        missing = max(0, anchored.entry_id - _entries_now(preview)) if anchored else 0
        click.echo(dumps({"done": yes, **_preview_fields(preview), "missing_entries": missing, "notes": list(notes)}))
        return
    click.echo(_preview_text(preview, anchored))
    click.echo("\n".join(map(printable, notes)) if yes else "Nothing was changed; with --yes it is restored")


@click.command(epilog="\b\nExample:\n  desktop-trader db pack my-books.zip")
@_file_argument
@options.data_and_json
def pack(file: Path, data_dir: str | None, as_json: bool) -> None:
    """Write books, settings and layout into one FILE to move.

    It is for another computer, and `db unpack` there. Works while an instance is running. There are no secrets in it.
    FILE must not exist.
    """
    paths = books.folder(data_dir)
    with books.reading(paths):
        pass
    with watching() as watch:
        info = pack_folder(paths, file.absolute(), at=datetime.now(UTC), watch=watch)
    click.echo(
        dumps(_move_fields(info)) if as_json else f"Packed {printable(str(info.path))}\n{_facts_text(info.facts)}"
    )


@click.command(
    epilog="\b\nExamples:\n  desktop-trader db unpack my-books.zip\n  desktop-trader db unpack my-books.zip --yes"
)
@_file_argument
@_yes_option
@options.data_and_json
def unpack(file: Path, yes: bool, data_dir: str | None, as_json: bool) -> None:
    """Take over what `db pack` wrote on another computer.

    What is in the data folder is moved aside, never overwritten. Without --yes it only says what is in FILE.
    """
    paths = books.folder(data_dir)
    source = file.absolute()
    with watching() as watch:
        if yes:
            notes = _carry_out(paths, lambda at: order_unpack(paths, source, at=at, watch=watch))
            click.echo(dumps({"done": True, "notes": list(notes)}) if as_json else "\n".join(map(printable, notes)))
            return
        info = look_into(paths, source, watch=watch)
    if as_json:
        click.echo(dumps({"done": False, **_move_fields(info)}))
        return
    click.echo(f"Packed at {cell(info.at)} UTC by version {printable(info.version)}\n{_facts_text(info.facts)}")
    click.echo("Nothing was changed; with --yes it is taken over")


def _carry_out(paths: DataFolderPaths, order: Callable[[datetime], SwapOrder]) -> tuple[str, ...]:
    """Order and finish under the folder's lock, so that nobody has the books open meanwhile."""
    with take_data_folder(paths):
        finish_swap(paths)
        order(datetime.now(UTC))
        return finish_swap(paths)


def _chosen(paths: DataFolderPaths, file: Path | None, watch: VerifyWatch) -> Path:
    if file is None:
        newest = newest_good_backup(paths, watch=watch, second_folder=_settings(paths).second_folder)
        if newest is None:
            raise BooksDamagedError(f"There is no backup in {paths.backups} that verifies; name a file")
        return newest.path
    for candidate in (file.absolute(), paths.backups / file.name):
        if os.path.lexists(candidate):
            return candidate
    raise InvalidInputError(
        f"There is no file {file}, nor a backup of that name; `desktop-trader db backups` lists them"
    )


def _settings(paths: DataFolderPaths) -> BackupSettings:
    return load_settings(paths.settings_file).settings.backups


def _facts_fields(facts: BooksFacts) -> dict[str, object]:
    return {
        "entries": facts.entries,
        "head_hash": facts.head_hash,
        "schema_version": facts.schema_version,
        "last_entry_at": facts.last_entry_at,
        "accounts": [
            {"name": each.name, "type": each.type, "currency": each.currency, "total": each.total}
            for each in facts.accounts
        ],
    }


def _backup_fields(info: BackupInfo) -> dict[str, object]:
    return {
        "path": str(info.path),
        "kind": info.kind,
        "at": info.at,
        "size_bytes": info.size_bytes,
        "verified": info.was_verified,
        "sha256": info.sha256,
        "complaint": info.complaint,
        "books": None if info.facts is None else _facts_fields(info.facts),
    }


def _preview_fields(preview: RestorePreview) -> dict[str, object]:
    return {
        "backup": _backup_fields(preview.backup),
        "now": None if preview.now is None else _facts_fields(preview.now),
        "complaint": preview.complaint,
        "lost_entries": preview.lost_entries,
    }


def _move_fields(info: MoveFileInfo) -> dict[str, object]:
    return {
        "path": str(info.path),
        "at": info.at,
        "version": info.version,
        "size_bytes": info.size_bytes,
        "files": list(info.members),
        "books": _facts_fields(info.facts),
    }


def _totals_text(facts: BooksFacts) -> str:
    return (
        ", ".join(f"{each.name} {display_amount(each.total, each.currency)}" for each in facts.accounts) or "no account"
    )


def _facts_text(facts: BooksFacts) -> str:
    return f"  {facts.entries} entries, the last of {cell(facts.last_entry_at)}: {printable(_totals_text(facts))}"


def _entries_now(preview: RestorePreview) -> int:
    return 0 if preview.now is None else preview.now.entries


def _preview_text(preview: RestorePreview, anchored: LedgerHead | None) -> str:
    backup_facts = preview.backup.facts
    assert backup_facts is not None
    lines = [f"Backup {printable(str(preview.backup.path))}, verified", _facts_text(backup_facts), "The books now"]
    if preview.now is None:
        lines.append(f"  {printable(preview.complaint)}")
    else:
        lines.append(_facts_text(preview.now))
        if preview.lost_entries is None:
            lines.append("  These are other books than those of the backup; all of them would be moved aside")
        else:
            entries = "1 entry" if preview.lost_entries == 1 else f"{preview.lost_entries} entries"
            lines.append(f"  {entries} after the backup would be moved aside with them")
    missing = books.missing_entries(_entries_now(preview), anchored) if anchored else ""
    if missing:
        lines.append(f"  {missing[0].upper()}{missing[1:]}")
    return "\n".join(lines)
