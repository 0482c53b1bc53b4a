"""How a backup lies in its folder: its name, the manifest beside it, and what of the folder is left alone.

A backup is `desktop_trader-<UTC>-<kind>.db` with a manifest of the same name ending in `.json`, which says what the
file holds and what its bytes were when it was verified. What has another name is somebody else's and never touched;
an unfinished copy begins with `.unfinished-` and is never a backup.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import time
from uuid import uuid4

from desktop_trader.domain.errors import BooksDamagedError, StorageError, TraderError
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import canonical, parse_decimal
from desktop_trader.messages.backups import AccountFacts, BackupInfo, BackupKind, BooksFacts, newest_first
from desktop_trader.storage.books_facts import open_still, read_facts

_STEM = "desktop_trader"
_NAME = re.compile(rf"{_STEM}-(\d{{8}}T\d{{6}}Z)(?:-\d+)?-([a-z]+)\.db", re.ASCII)
_TIME = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".unfinished-"
_MANIFEST_BYTES_MAX = 1_000_000
_FORMAT = 1
_CHUNK = 1 << 20
_ABANDONED_SECONDS = 3_600


def prepare_folder(folder: Path) -> None:
    """Create a folder for backups, for its owner alone, and remove what copies that were killed left there.

    Raises:
        StorageError: it cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(f"{_UNFINISHED}*"):
            with suppress(FileNotFoundError):
                if time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                    left.unlink()
    except OSError as error:
        raise StorageError(
            f"The folder for backups {folder} cannot be used: {error.strerror or error}", detail=repr(error)
        ) from error


def unfinished_in(folder: Path) -> Path:
    """Create an empty file for a copy being made, for its owner alone, under a name that is never taken for a backup.

    Raises:
        OSError: it cannot be created.
    """
    path = folder / f"{_UNFINISHED}{os.getpid()}-{uuid4().hex}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def free_name(folder: Path, *, kind: BackupKind, at: datetime) -> Path:
    """Return a name for a backup made at a moment that no file has."""
    for path in _names(folder, kind=kind, at=at):
        if not os.path.lexists(path):
            return path
    raise _crowded(folder)


def place_for(info: BackupInfo, folder: Path) -> tuple[Path, bool]:
    """Return where a backup lies or may lie in another folder, and whether it lies there already.

    It keeps its name unless another file has it: one that books of another data folder sent there in the same second.
    """
    for path in (folder / info.path.name, *_names(folder, kind=info.kind, at=info.at)):
        if not os.path.lexists(path):
            return path, False
        if path.is_file() and describe(path).sha256 == info.sha256:
            return path, True
    raise _crowded(folder)


def _names(folder: Path, *, kind: str, at: datetime) -> Iterator[Path]:
    moment = at.astimezone(UTC).strftime(_TIME)
    for number in ("", *(f"-{n}" for n in range(2, 1_000))):
        yield folder / f"{_STEM}-{moment}{number}-{kind}.db"


def _crowded(folder: Path) -> StorageError:
    return StorageError(f"{folder} has a thousand backups of the same second")


def list_backups(folder: Path) -> tuple[BackupInfo, ...]:
    """Return the backups of a folder, newest first; nothing where there is none.

    Cheap: what the manifests say. Only a file without one is opened; one that cannot be read is listed with why.

    Raises:
        StorageError: the folder is there but cannot be read.
    """
    try:
        found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise StorageError(f"{folder} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    return tuple(newest_first(describe(path) for path in found))


def describe(path: Path) -> BackupInfo:
    """Return what is known of a backup without verifying it; for a file by another name its time is that of the disk.

    A manifest counts only for a file of the size it names.
    """
    try:
        facts_of_file = path.stat()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    match = _NAME.fullmatch(path.name)
    at, kind = datetime.fromtimestamp(facts_of_file.st_mtime, tz=UTC), ""
    if match is not None:
        with suppress(ValueError):
            at = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
        kind = match[2] if match[2] in set(BackupKind) else ""
    size = facts_of_file.st_size
    told = told_of(path)
    if told is not None and told.size_bytes == size:
        return told
    facts, complaint = None, ""
    try:
        if told is not None:
            raise BooksDamagedError("is not as long as it was when it was made: it is damaged")
        connection = open_still(path)
        try:
            facts = read_facts(connection)
        finally:
            connection.close()
    except TraderError as error:
        complaint = error.user_message
    return BackupInfo(path=path, kind=kind, at=at, size_bytes=size, facts=facts, complaint=complaint)


def told_of(path: Path) -> BackupInfo | None:
    """Return what the manifest of a backup says of it, true or not; None where there is none of ours."""
    return _read_manifest(manifest_of(path)) if _NAME.fullmatch(path.name) else None


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return path.with_suffix(".json")


def write_manifest(info: BackupInfo) -> None:
    """Put the manifest of a backup in its place, whole.

    Raises:
        OSError: it cannot be written.
    """
    assert info.facts is not None
    facts = asdict(info.facts)
    last_entry_at = info.facts.last_entry_at
    facts["last_entry_at"] = None if last_entry_at is None else instant_text(last_entry_at)
    facts["accounts"] = [
        {"name": each.name, "type": each.type, "currency": each.currency, "total": canonical(each.total)}
        for each in info.facts.accounts
    ]
    content = {
        "format": _FORMAT,
        "kind": info.kind,
        "at": instant_text(info.at),
        "size_bytes": info.size_bytes,
        "sha256": info.sha256,
        "books": facts,
    }
    unfinished = unfinished_in(info.path.parent)
    try:
        with unfinished.open("wb") as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(manifest_of(info.path))
    finally:
        unfinished.unlink(missing_ok=True)


def remove(info: BackupInfo) -> None:
    """Delete a backup and its manifest; the file first, so that what is left after a kill is no backup.

    Raises:
        OSError: it cannot be deleted.
    """
    info.path.unlink(missing_ok=True)
    manifest_of(info.path).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file that no connection of this process has open for writing.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Make the content of a file durable.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_manifest(path: Path) -> BackupInfo | None:
    """Return what a manifest says of its backup; None when there is none, or it is not one of ours."""
    try:
        if path.stat().st_size > _MANIFEST_BYTES_MAX:
            return None
        told = json.loads(path.read_bytes())
        books = told["books"]
        accounts = tuple(
            AccountFacts(
                name=str(each["name"]),
                type=str(each["type"]),
                currency=str(each["currency"]),
                total=parse_decimal(each["total"]),
            )
            for each in books["accounts"]
        )
        last_entry_at = books["last_entry_at"]
        return BackupInfo(
            path=path.with_suffix(".db"),
            kind=BackupKind(told["kind"]),
            at=datetime.fromisoformat(told["at"]),
            size_bytes=int(told["size_bytes"]),
            sha256=str(told["sha256"]),
            facts=BooksFacts(
                schema_version=int(books["schema_version"]),
                entries=int(books["entries"]),
                head_hash=str(books["head_hash"]),
                last_entry_at=None if last_entry_at is None else datetime.fromisoformat(last_entry_at),
                accounts=accounts,
                state=str(books["state"]),
                books_id=str(books.get("books_id", "")),
            ),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError, TraderError):
        return None
