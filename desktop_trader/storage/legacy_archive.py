"""Keeps what an import came from: every source found, winner and losers, in the data folder under its hash.

The journal alone says what was imported: the entry's key is `import:` and the hash of the content, unique in the file
of the books, so there is no table beside it. Everything here is done before that entry is booked and may be done
again: killed at any moment there are copies without an entry, never an entry whose sources are missing. The
originals are only read.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import time

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import InvalidInputError, RefusedError, StorageError
from desktop_trader.domain.legacy_balance import LegacyFile, LegacyRefusalError
from desktop_trader.domain.money import canonical
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.legacy_import import ImportPrepared, PrepareImport
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.legacy_files import read_bytes
from desktop_trader.storage.live_files import refuse_live
from desktop_trader.storage.new_file import new_file
from desktop_trader.storage.verify import NOBODY, VerifyWatch

_FOLDER = "archive"
_READ_ONLY = 0o400
_UNFINISHED = ".*.part"
_ABANDONED_SECONDS = 3_600


def archive_folder(paths: DataFolderPaths) -> Path:
    """Return where the sources of imports are kept; it need not exist."""
    return paths.root / _FOLDER


def archived_name(file: LegacyFile) -> str:
    """Return the name of a source in the archive: its own with the hash of its content."""
    return f"{file.kind.value}-{file.sha256}.json"


def archived_hashes(paths: DataFolderPaths) -> frozenset[str]:
    """Return the hashes of the sources that lie in the archive."""
    try:
        return frozenset(path.stem.rpartition("-")[2] for path in archive_folder(paths).glob("*-*.json"))
    except OSError:
        return frozenset()


def prepare_import(
    paths: DataFolderPaths, wish: PrepareImport, *, at: datetime, watch: VerifyWatch = NOBODY
) -> ImportPrepared:
    """Back the books up and archive every source, before the chosen content is booked.

    `at` is the wall clock. A source is archived when its content was read, whether it makes sense or not.

    Raises:
        RefusedError: a source is not what it was when it was shown; nothing is to be booked then.
        BooksDamagedError: the books do not verify.
        StorageError: the disk refused.
        InvalidInputError: the chosen file is not among the readable ones.
        VerificationStoppedError: whoever looks on asked to stop.
    """
    files = wish.files
    winner = next((file for file in files if file.is_readable and file.sha256 == wish.chosen), None)
    if winner is None:
        raise InvalidInputError("the file to import is not among those that could be read")
    for file in files:
        refuse_live(paths, Path(file.path))
    contents = {file.sha256: _same_as_before(file) for file in files if file.sha256}
    backup = ""
    if paths.database.exists():
        backup = str(backup_now(paths, kind="import", at=at, watch=watch).path)
    crash_point("L20.backup")
    folder = archive_folder(paths)
    try:
        for each in (paths.root, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_abandoned(folder)
    except OSError as error:
        raise StorageError(
            f"The archive {folder} cannot be used: {error.strerror or error}", detail=repr(error)
        ) from error
    names = dict.fromkeys(archived_name(file) for file in files if file.sha256)
    for file in files:
        if file.sha256:
            _archive(folder / archived_name(file), contents[file.sha256])
            crash_point("L20.source")
    _write(folder / f"import-{wish.chosen}.json", _manifest(files, winner=winner, account=wish.account, at=at))
    crash_point("L20.archived")
    return ImportPrepared(
        archive=str(folder),
        archived=tuple(names),
        skipped=tuple(file.path for file in files if not file.sha256),
        backup=backup,
    )


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed imports left; what is young may be another process's that is at it right now."""
    for left in folder.glob(_UNFINISHED):
        with suppress(FileNotFoundError):
            if time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()


def _same_as_before(file: LegacyFile) -> bytes:
    try:
        content = read_bytes(Path(file.path))
    except LegacyRefusalError as refusal:
        raise RefusedError(
            f"{file.path} cannot be read any more ({refusal.user_message}); search again. Nothing was booked"
        ) from refusal
    if content.sha256 != file.sha256:
        raise RefusedError(
            f"{file.path} has changed since it was read; quit the program that writes it, and search again. "
            "Nothing was booked"
        )
    return content.raw


def _archive(target: Path, raw: bytes) -> None:
    """Keep one content; a copy of it that is there and whole stays."""
    with suppress(OSError):
        if hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(raw).digest():
            return
    _write(target, raw)


def _write(target: Path, raw: bytes) -> None:
    with new_file(target, may_replace=True) as file:
        file.write(raw)
        if os.name == "posix":
            os.fchmod(file.fileno(), _READ_ONLY)


def _manifest(files: Iterable[LegacyFile], *, winner: LegacyFile, account: str, at: datetime) -> bytes:
    """What was found and chosen, for a person or a program that wants to know years later."""
    sources = [
        {
            "path": file.path,
            "archived_as": archived_name(file) if file.sha256 else None,
            "size": file.size,
            "sha256": file.sha256 or None,
            "balance": None if file.balance is None else canonical(file.balance),
            "as_written": file.exact or None,
            "time": None if file.time is None else file.time.line,
            "refusal": None if file.refusal is None else file.refusal.value,
            "explanation": file.explanation or None,
            "was_chosen": file is winner,
        }
        for file in files
    ]
    told = {
        "idempotency_key": f"import:{winner.sha256}",
        "account": account,
        "prepared_at": at.isoformat(),
        "sources": sources,
    }
    return json.dumps(told, indent=1).encode("ascii") + b"\n"
