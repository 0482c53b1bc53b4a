"""One round of backups: is there anything new, make one, copy it to the second folder, thin out what is old.

Only a backup that could not be made is a failure. A second folder that is away, or an old file that cannot be deleted,
is a complaint: it is said, and stops nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind
from desktop_trader.settings import BackupSettings
from desktop_trader.storage.backup import backup_now, copy_to, has_changed_since, prune_backups
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.verify import NOBODY, VerifyWatch

_WHEN_CHANGED = frozenset({BackupKind.SCHEDULED, BackupKind.QUIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRound:
    """What a round did: the new backup, None where nothing had changed, and complaints, a line each."""

    made: BackupInfo | None
    complaints: tuple[str, ...] = ()


def back_up(
    paths: DataFolderPaths, settings: BackupSettings, *, kind: BackupKind, at: datetime, watch: VerifyWatch = NOBODY
) -> BackupRound:
    """Make a backup of the books, if they changed since the last one or a person or a risk asks for it.

    Any thread, any process. Two rounds at once may make two backups, which harms nothing.

    Raises:
        StorageError, BooksDamagedError: no backup could be made.
        VerificationStoppedError: whoever looks on asked to stop.
    """
    complaints: list[str] = []
    if kind in _WHEN_CHANGED:
        newest = next((each for each in list_backups(paths.backups) if each.was_verified), None)
        if not has_changed_since(paths, newest):
            return BackupRound(made=None, complaints=tuple(_second(newest, settings, now=at)))
    made = backup_now(paths, kind=kind, at=at, watch=watch)
    try:
        assert made.facts is not None
        prune_backups(paths.backups, books_id=made.facts.books_id, now=at)
    except StorageError as error:
        complaints.append(error.user_message)
    complaints += _second(made, settings, now=at)
    return BackupRound(made=made, complaints=tuple(complaints))


def _second(newest: BackupInfo | None, settings: BackupSettings, *, now: datetime) -> list[str]:
    """Bring the newest backup to the second folder, where there is one and it does not have it yet."""
    if newest is None or newest.facts is None or not settings.second_folder:
        return []
    try:
        copy_to(newest, Path(settings.second_folder))
        prune_backups(Path(settings.second_folder), books_id=newest.facts.books_id, now=now)
    except StorageError as error:
        return [f"{error.user_message}. The backup in the data folder is complete"]
    return []
