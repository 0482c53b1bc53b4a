"""Finds balance files of earlier programs below a folder and reads each without trusting it. Nothing is written.

The standard library only; every file becomes one `LegacyFile`, readable or named with the reason why not.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.legacy_balance import LegacyFile, LegacyKind, LegacyRefusalError, LegacyTime, Unreadable
from desktop_trader.messages.legacy_import import LegacySearch
from desktop_trader.storage.legacy_json import MAX_BYTES, read_content
from desktop_trader.storage.local_zone import LocalZone, local_zone

KNOWN_FOLDERS = ("", "backend", "data", "backend/data")
"""Where those programs kept their files, relative to their working folder."""

MAX_DEPTH = 5
MAX_FOLDERS = 5_000
MAX_FILES = 200
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_KINDS = {kind.file_name: kind for kind in LegacyKind}
_CLOCKS_DIFFER = timedelta(days=1)
_MB = MAX_BYTES // 1024 // 1024
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyBytes:
    """The content of one file as it was at one moment."""

    raw: bytes
    changed_at: datetime

    @property
    def sha256(self) -> str:
        """The hash under which it is imported once."""
        return hashlib.sha256(self.raw).hexdigest()


def find_files(
    folder: Path, *, zone: LocalZone | None = None, should_stop: Callable[[], bool] = lambda: False
) -> LegacySearch:
    """Look for balance files in the known folders below `folder`, in itself and further down, and read each.

    A path to one such file is a search that finds it alone.

    Raises:
        InvalidInputError: there is no such folder, or it may not be looked into.
    """
    zone = zone or local_zone()
    # Absolute but not resolved: what is shown is what the person picked.
    folder = Path(os.path.abspath(folder))  # noqa: PTH100
    if folder.name in _KINDS and not folder.is_dir():
        return LegacySearch(folder=str(folder.parent), files=(read_file(folder, zone=zone),), folders=1)
    _check_folder(folder)
    walk = _Walk(folder, should_stop)
    found = sorted(walk.candidates(), key=lambda path: _place(path, folder))
    files = []
    for path in found[:MAX_FILES]:
        if should_stop():
            break
        files.append(read_file(path, zone=zone))
    return LegacySearch(
        folder=str(folder),
        files=tuple(files),
        folders=walk.folders,
        closed_folders=walk.closed,
        is_complete=not walk.was_cut and len(files) == len(found),
    )


def working_folder_with_files() -> str:
    """Return the folder this process works in if one of the known folders there holds a balance file by name, else "".

    Costs eight looks at the disk; nothing is read.
    """
    try:
        here = Path.cwd()
    except OSError:  # somebody has deleted it
        return ""
    has_one = any(os.path.lexists(here / place / name) for place in KNOWN_FOLDERS for name in _KINDS)
    return str(here) if has_one else ""


def read_file(path: Path, *, zone: LocalZone) -> LegacyFile:
    """Return what one file says, or why it cannot be believed; never raises for what is in it."""
    kind = _KINDS.get(path.name, LegacyKind.VIRTUAL_BALANCE)
    try:
        content = read_bytes(path)
    except LegacyRefusalError as refusal:
        return LegacyFile(
            path=str(path),
            kind=kind,
            size=_size(path),
            refusal=refusal.reason,
            explanation=refusal.user_message,
        )
    size, sha256, changed_at = len(content.raw), content.sha256, content.changed_at
    try:
        said = read_content(content.raw, zone)
    except LegacyRefusalError as refusal:
        return LegacyFile(
            path=str(path),
            kind=kind,
            size=size,
            sha256=sha256,
            changed_at=changed_at,
            refusal=refusal.reason,
            explanation=refusal.user_message,
        )
    return LegacyFile(
        path=str(path),
        kind=kind,
        size=size,
        sha256=sha256,
        balance=said.balance,
        exact=said.exact,
        time=said.time,
        changed_at=changed_at,
        notes=(*said.notes, *_notes_of_clocks(said.time)),
        trade_check=said.trade_check,
    )


def _notes_of_clocks(time: LegacyTime | None) -> tuple[str, ...]:
    """A file that says it is from tomorrow is the newest of all: the person should know."""
    if time is None or time.at <= datetime.now(UTC) + _CLOCKS_DIFFER:
        return ()
    return ("its time lies in the future",)


def read_bytes(path: Path) -> LegacyBytes:
    """Return the content of a regular file of at most 1 MB, read through one descriptor.

    Raises:
        LegacyRefusalError: a link, a pipe, a folder or a device, too large, not permitted, gone, or changed meanwhile.
    """
    try:
        # Before it is opened: to open a device or a pipe can have effects of its own.
        before = path.lstat()
        _check_regular(before)
        descriptor = os.open(path, _FLAGS)
        try:
            opened = os.fstat(descriptor)
            _check_regular(opened)
            raw = _read_to_end(descriptor, opened.st_size)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refused_by_system(error) from error
    if (len(raw), opened.st_size, opened.st_mtime_ns) != (opened.st_size, after.st_size, after.st_mtime_ns):
        raise LegacyRefusalError(Unreadable.CHANGED, "it was written to while it was read; quit the program that does")
    return LegacyBytes(raw=raw, changed_at=datetime.fromtimestamp(after.st_mtime, UTC))


class _Walk:
    """Goes down from a folder, nearest first, within limits; links are never followed."""

    def __init__(self, folder: Path, should_stop: Callable[[], bool]) -> None:
        self._folder = folder
        self._should_stop = should_stop
        self.folders = 0
        self.closed = 0
        self.was_cut = False

    def candidates(self) -> Iterator[Path]:
        level = [self._folder]
        for depth in range(MAX_DEPTH + 1):
            below: list[Path] = []
            for folder in level:
                if self._should_stop() or self.folders >= MAX_FOLDERS:
                    self.was_cut = True
                    return
                self.folders += 1
                yield from self._look_into(folder, below)
            level = below
            if depth == MAX_DEPTH and below:
                self.was_cut = True

    def _look_into(self, folder: Path, below: list[Path]) -> Iterator[Path]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name in _KINDS:
                        yield Path(entry.path)
                    elif entry.is_dir(follow_symlinks=False) and not _is_skipped(entry.name):
                        below.append(Path(entry.path))
        except OSError:
            self.closed += 1
        below.sort()


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED


def _place(path: Path, folder: Path) -> tuple[int, str]:
    """Sorts the known folders first, in their order."""
    relative = path.parent.relative_to(folder).as_posix()
    known = KNOWN_FOLDERS.index("" if relative == "." else relative) if relative in (".", *KNOWN_FOLDERS) else 99
    return known, str(path)


def _check_folder(folder: Path) -> None:
    try:
        if not folder.is_dir():
            raise InvalidInputError(f"{folder} is not a folder; name the one in which the old program ran")
        with os.scandir(folder):
            pass
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be looked into: {error.strerror or error}") from error


def _check_regular(facts: os.stat_result) -> None:
    if stat.S_ISLNK(facts.st_mode):
        raise LegacyRefusalError(Unreadable.SYMLINK, "it is a link, and links are not followed")
    if not stat.S_ISREG(facts.st_mode):
        raise LegacyRefusalError(Unreadable.NOT_A_FILE, f"it is {_special(facts.st_mode)}, not a file")
    if facts.st_size > MAX_BYTES:
        raise _too_large(facts.st_size)


def _special(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _too_large(size: int) -> LegacyRefusalError:
    return LegacyRefusalError(Unreadable.TOO_LARGE, f"it has {size:,} bytes; no such file is larger than {_MB} MB")


def _read_to_end(descriptor: int, size: int) -> bytes:
    """Return the content, one byte more than its size at most: then it has grown."""
    parts: list[bytes] = []
    left = size + 1
    while left > 0 and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _refused_by_system(error: OSError) -> LegacyRefusalError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return LegacyRefusalError(Unreadable.DISAPPEARED, "it is not there any more")
    if error.errno == errno.ELOOP:
        return LegacyRefusalError(Unreadable.SYMLINK, "it is a link, and links are not followed")
    if error.errno in (errno.EACCES, errno.EPERM):
        return LegacyRefusalError(Unreadable.NO_PERMISSION, "this user may not read it")
    return LegacyRefusalError(Unreadable.CANNOT_BE_READ, f"it cannot be read: {error.strerror or error}")
