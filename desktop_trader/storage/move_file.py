"""*Move to another computer*: one ZIP file with the books, the settings, the window's layout, and what they must be.

The sources of imports go with them: the journal names their hashes for ever.
There are no secrets in it: settings are written anew from what the program knows of them, logs and keys stay behind.
On the way in nothing of the file is believed: its parts are known by name, each has to be as long and to have the hash
that the manifest says, and the books have to verify, before anything in the folder is touched.
"""

import hashlib
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from desktop_trader import __version__
from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, StorageError
from desktop_trader.domain.market import instant_text
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind, BooksFacts, MoveFileInfo
from desktop_trader.settings import BackupSettings
from desktop_trader.storage import backup_files as files
from desktop_trader.storage.backup import SPARE_BYTES, backup_now, verify_backup
from desktop_trader.storage.database import sync_folder
from desktop_trader.storage.folder_swap import CORRUPT, REPLACED, SwapOrder, aside_name, begin_staged, order_swap
from desktop_trader.storage.legacy_archive import archive_folder
from desktop_trader.storage.live_files import refuse_live
from desktop_trader.storage.restore import back_up_present, head_of_facts
from desktop_trader.storage.settings_file import load_settings, save_settings
from desktop_trader.storage.verify import NOBODY, VerifyWatch

_ZIP_BEGINS = b"PK\x03\x04"
_MANIFEST = "manifest.json"
_ARCHIVED = re.compile(r"archive/((?!import-)[a-z_]{1,40}|import)-([0-9a-f]{64})\.json", re.ASCII)
_ARCHIVED_MAX = 3_000
_ARCHIVED_BYTES_MAX = 4_000_000
_APPLICATION = "desktop-trader"
_FORMAT = 1
_SMALL_BYTES_MAX = 1_000_000
_BOOKS_BYTES_MAX = 1 << 40
_CHUNK = 1 << 20
_DATE_IN_ZIP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    at: datetime
    version: str
    members: tuple[_Member, ...]

    @property
    def staged(self) -> tuple[_Member, ...]:
        """What takes the place of something in the folder; the rest is only added to it."""
        return tuple(member for member in self.members if not _ARCHIVED.fullmatch(member.name))


def pack(paths: DataFolderPaths, target: Path, *, at: datetime, watch: VerifyWatch = NOBODY) -> MoveFileInfo:
    """Write the file for another computer, and return what is in it; the books may be in use meanwhile.

    Raises:
        InvalidInputError: there is a file `target` already.
        BooksDamagedError: the books do not verify; nothing was written.
        StorageError: there are no books, or the disk refused; nothing was written.
        VerificationStoppedError: whoever looks on asked to stop; nothing was written.
    """
    if os.path.lexists(target):
        raise InvalidInputError(f"There is a file {target} already; name another one")
    try:
        with _workshop(paths) as (books, settings):
            facts = backup_now(paths, kind=BackupKind.MANUAL, target=books, at=at, watch=watch).facts
            assert facts is not None
            save_settings(settings, _settings_to_take_along(paths))
            sources = {paths.database.name: books, paths.settings_file.name: settings}
            if paths.layout_file.is_file():
                sources[paths.layout_file.name] = paths.layout_file
            sources |= _archived(paths)
            unfinished = files.unfinished_in(target.parent)
            try:
                _write_zip(unfinished, sources, at=at)
                files.sync_file(unfinished)
                unfinished.replace(target)
                sync_folder(target.parent)
            finally:
                unfinished.unlink(missing_ok=True)
        return MoveFileInfo(
            path=target,
            at=at,
            version=__version__,
            size_bytes=target.stat().st_size,
            members=tuple(sources),
            facts=facts,
        )
    except OSError as error:
        raise StorageError(f"{target} could not be written: {error.strerror or error}", detail=repr(error)) from error


def look_into(paths: DataFolderPaths, source: Path, *, watch: VerifyWatch = NOBODY) -> MoveFileInfo:
    """Check a file from another computer in full, its books included, and return what it holds; nothing is changed.

    Raises:
        InvalidInputError: it is the present books themselves.
        StorageError: it is no such file, or the disk refused. BooksDamagedError: it is, and damaged.
        VerificationStoppedError: whoever looks on asked to stop.
    """
    refuse_live(paths, source)
    with _workshop(paths) as (books, settings), _opened(source) as archive:
        manifest = _read_manifest(archive, source, room=_room_in(paths))
        places = {paths.database.name: books, paths.settings_file.name: settings}
        for member in manifest.members:
            _extract(archive, member, places.get(member.name))
        return _checked(source, manifest, books=books, settings=settings, watch=watch)


def order_unpack(paths: DataFolderPaths, source: Path, *, at: datetime, watch: VerifyWatch = NOBODY) -> SwapOrder:
    """Let the next start find what a file from another computer holds; what is in the folder now is moved aside whole.

    Raises:
        InvalidInputError: it is the present books themselves.
        StorageError: it is no such file, or the disk refused; nothing has changed. BooksDamagedError: it is damaged.
        VerificationStoppedError: whoever looks on asked to stop; nothing has changed.
    """
    paths.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    look_into(paths, source, watch=watch)
    is_sound = back_up_present(paths, at=at, watch=watch)
    refuse_live(paths, source)
    with _opened(source) as archive:
        manifest = _read_manifest(archive, source, room=_room_in(paths))
        try:
            staged = {member.name: begin_staged(paths, member.name) for member in manifest.staged}
        except OSError as error:
            raise StorageError(f"{paths.root} cannot be written: {error.strerror or error}") from error
        for member in manifest.staged:
            _extract(archive, member, staged[member.name])
        books = staged[paths.database.name]
        info = _checked(source, manifest, books=books, settings=staged[paths.settings_file.name], watch=watch)
        _unpack_archive(paths, archive, manifest)
    # The database last: where it is in its place, everything is.
    members = sorted(manifest.staged, key=lambda member: member.name == paths.database.name)
    order = SwapOrder(
        source=str(source),
        aside=aside_name(paths, REPLACED if is_sound else CORRUPT, at=at),
        head=head_of_facts(info.facts),
        files=tuple((member.name, member.sha256) for member in members),
    )
    order_swap(paths, order)
    return order


def _checked(source: Path, manifest: _Manifest, *, books: Path, settings: Path, watch: VerifyWatch) -> MoveFileInfo:
    facts: BooksFacts = verify_backup(books, watch=watch)
    load_settings(settings)
    return MoveFileInfo(
        path=source,
        at=manifest.at,
        version=manifest.version,
        size_bytes=source.stat().st_size,
        members=tuple(member.name for member in manifest.members),
        facts=facts,
    )


@contextmanager
def _workshop(paths: DataFolderPaths) -> Iterator[tuple[Path, Path]]:
    """Names for books and settings in the making, in the data folder; nothing is left behind that was not there."""
    made = [folder for folder in (paths.backups, paths.root) if not folder.exists()]
    files.prepare_folder(paths.backups)
    try:
        books, settings = (files.unfinished_in(paths.backups) for _ in range(2))
        books.unlink()
        settings.unlink()
        try:
            yield books, settings
        finally:
            books.unlink(missing_ok=True)
            settings.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{paths.root} cannot be written: {error.strerror or error}", detail=repr(error)) from error
    finally:
        for folder in made:
            with suppress(OSError):  # Something else is in it by now.
                folder.rmdir()


def _archived(paths: DataFolderPaths) -> dict[str, Path]:
    """Return the sources of imports by their names in the file."""
    names = {f"archive/{each.name}": each for each in sorted(archive_folder(paths).glob("*.json"))}
    found = {name: path for name, path in names.items() if _ARCHIVED.fullmatch(name) and path.is_file()}
    if len(found) > _ARCHIVED_MAX or any(path.stat().st_size > _ARCHIVED_BYTES_MAX for path in found.values()):
        raise StorageError(f"{archive_folder(paths)} holds more than a file for another computer can take along")
    return found


def _unpack_archive(paths: DataFolderPaths, archive: zipfile.ZipFile, manifest: _Manifest) -> None:
    """Add the sources of imports to those of the folder, before anything is ordered; what is there is not replaced.

    Their names are their content, so that nothing of the present books changes by it.
    """
    members = [member for member in manifest.members if _ARCHIVED.fullmatch(member.name)]
    try:
        if members:
            files.prepare_folder(paths.backups)
            archive_folder(paths).mkdir(mode=0o700, exist_ok=True)
        for member in members:
            place = paths.root / member.name
            if os.path.lexists(place):
                continue
            unfinished = files.unfinished_in(paths.backups)
            try:
                _extract(archive, member, unfinished)
                files.sync_file(unfinished)
                unfinished.chmod(0o400)
                unfinished.rename(place)
            finally:
                unfinished.unlink(missing_ok=True)
        if members:
            sync_folder(archive_folder(paths))
    except OSError as error:
        raise StorageError(f"{paths.root} cannot be written: {error.strerror or error}") from error


def _settings_to_take_along(paths: DataFolderPaths) -> Any:
    """Everything that means something on another computer: a folder of this one does not."""
    settings = load_settings(paths.settings_file).settings
    return replace(settings, backups=BackupSettings(every_minutes=settings.backups.every_minutes))


def _write_zip(target: Path, sources: dict[str, Path], *, at: datetime) -> None:
    members = {name: {"size": path.stat().st_size, "sha256": files.sha256_of(path)} for name, path in sources.items()}
    manifest = {
        "application": _APPLICATION,
        "format": _FORMAT,
        "version": __version__,
        "at": instant_text(at),
        "files": members,
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST, _DATE_IN_ZIP), json.dumps(manifest, indent=1))
        for name, path in sources.items():
            info = zipfile.ZipInfo(name, _DATE_IN_ZIP)
            info.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as part:
                shutil.copyfileobj(source, part, _CHUNK)


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        if not _begins_like_a_zip(source):
            raise StorageError(f"{source} is no file that Desktop Trader packed; name one that `db pack` wrote")
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise BooksDamagedError(
            f"{source} is no file that Desktop Trader packed, or it is damaged ({error}); nothing has changed",
            detail=repr(error),
        ) from error
    except OSError as error:
        raise StorageError(f"{source} cannot be read: {error.strerror or error}", detail=repr(error)) from error


def _begins_like_a_zip(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(len(_ZIP_BEGINS)) == _ZIP_BEGINS


def _room_in(paths: DataFolderPaths) -> int:
    return shutil.disk_usage(paths.root).free - SPARE_BYTES


def _read_manifest(archive: zipfile.ZipFile, source: Path, *, room: int) -> _Manifest:
    """Return what the file says it holds, once that is what a file of ours can hold."""
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if _MANIFEST not in names:
        raise StorageError(
            f"{source} is no file that Desktop Trader packed: it has no list of what is in it; nothing has changed"
        )
    try:
        if names.count(_MANIFEST) != 1 or archive.getinfo(_MANIFEST).file_size > _SMALL_BYTES_MAX:
            raise ValueError("it has no list of what is in it")
        told = json.loads(archive.read(_MANIFEST))
        if told["application"] != _APPLICATION or told["format"] != _FORMAT:
            raise ValueError(f"it has format {told['format']!r}, this program knows {_FORMAT}")
        members = tuple(
            _Member(name=str(name), size=int(facts["size"]), sha256=str(facts["sha256"]))
            for name, facts in told["files"].items()
        )
        at = datetime.fromisoformat(told["at"])
        if at.tzinfo is None:
            raise ValueError("its time has no zone")
        manifest = _Manifest(at=at, version=str(told["version"])[:40], members=members)
        _check_members(manifest, parts, room=room)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BooksDamagedError(
            f"{source} is no file that Desktop Trader packed: {error}; nothing has changed", detail=repr(error)
        ) from error
    return manifest


def _check_members(manifest: _Manifest, parts: list[zipfile.ZipInfo], *, room: int) -> None:
    names = DataFolderPaths(root=Path())
    books, settings, layout = names.database.name, names.settings_file.name, names.layout_file.name
    told = [member.name for member in manifest.members]
    if sorted([*told, _MANIFEST]) != sorted(part.filename for part in parts):
        raise ValueError("what is in it is not what its list says")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise ValueError("it is packed in a way of another program")
    archived = {name for name in told if _ARCHIVED.fullmatch(name)}
    if len(archived) > _ARCHIVED_MAX or not {books, settings} <= set(told) - archived <= {books, settings, layout}:
        raise ValueError("it holds something else than books, settings, a layout and sources of imports")
    sizes = {part.filename: part.file_size for part in parts}
    for member in manifest.members:
        limit = _BOOKS_BYTES_MAX if member.name == books else _SMALL_BYTES_MAX
        if member.name in archived:
            limit = _ARCHIVED_BYTES_MAX
            _check_archived(member)
        if member.size != sizes[member.name] or not 0 <= member.size <= limit:
            raise ValueError(f"{member.name} is too large, or not as long as its list says")
    if sum(member.size for member in manifest.members) > room // 2:
        raise ValueError("there is no room for it on this disk; free some space")


def _check_archived(member: _Member) -> None:
    """Refuse a source whose name is not that of its content; the list of an import is named after another one."""
    found = _ARCHIVED.fullmatch(member.name)
    if found is not None and found[1] != "import" and found[2] != member.sha256:
        raise ValueError(f"{member.name} is not what its name says")


def _extract(archive: zipfile.ZipFile, member: _Member, place: Path | None) -> None:
    """Write one part to a place of ours, or only read it; it has to be what the manifest says, to the byte."""
    digest, left = hashlib.sha256(), member.size
    with archive.open(member.name) as part, _writing(place) as write:
        while chunk := part.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            write(chunk)
    if left or digest.hexdigest() != member.sha256:
        raise BooksDamagedError(
            f"{member.name} in the file is not what was packed: it is damaged or was edited; nothing has changed"
        )


@contextmanager
def _writing(place: Path | None) -> Iterator[Any]:
    if place is None:
        yield lambda _chunk: None
        return
    descriptor = os.open(place, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file.write
