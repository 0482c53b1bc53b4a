"""Replaces the files of a data folder as one: what comes in is staged, ordered and then put in place.

Until the order lies in the folder, nothing has happened. From then on the next start, or whoever holds the folder's
lock, finishes it; killed at any step, it goes on from there. Nothing is ever overwritten: what was there is renamed
and stays. If what was staged is not what was ordered any more, everything is put back; once the ordered database is in
its place there is no way back any more.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.anchor import AnchorFile
from desktop_trader.storage.backup_files import sha256_of, sync_file
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.database import sync_folder

_log = logging.getLogger(__name__)
_STAGED = ".incoming"
_REFUSED = ".refused"
_FORMAT = 1
_COMPANIONS = ("-wal", "-shm", "-journal")
REPLACED, CORRUPT = "replaced", "corrupt"
"""How what was moved aside is called: sound as far as anybody knows, or damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapOrder:
    """What comes in, by its name in the folder and its SHA-256; the database comes last.

    `head` is that of the books coming in. `aside` ends the names of what goes out. `source` is for people.
    """

    source: str
    aside: str
    head: LedgerHead
    files: tuple[tuple[str, str], ...]


def aside_name(paths: DataFolderPaths, kind: str, *, at: datetime) -> str:
    """Return how the names of files end that are moved aside at a moment: `.replaced-20261120T143005Z`.

    No file of the folder has such an end yet.
    """
    moment = f".{kind}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    taken = [each.name for each in paths.root.iterdir() if moment in each.name] if paths.root.is_dir() else []
    number = 1
    while any(_numbered(moment, number) in name for name in taken):
        number += 1
    return _numbered(moment, number)


def staged_path(paths: DataFolderPaths, name: str) -> Path:
    """Return where a file waits that is to become `name`."""
    return paths.root / f"{name}{_STAGED}"


def begin_staged(paths: DataFolderPaths, name: str) -> Path:
    """Create the empty file in which what is to become `name` is made, for its owner alone.

    Raises:
        OSError: it cannot be created.
    """
    path = staged_path(paths, name)
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def order_swap(paths: DataFolderPaths, order: SwapOrder) -> None:
    """Let the staged files take the place of those in the folder, at the next `finish_swap`.

    Raises:
        StorageError: it could not be ordered; nothing has happened then.
    """
    unfinished = paths.swap_order.with_name(paths.swap_order.name + ".new")
    try:
        for name, _ in order.files:
            sync_file(staged_path(paths, name))
        descriptor = os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps({"format": _FORMAT, **asdict(order)}, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        crash_point("L25.restore.staged")
        unfinished.replace(paths.swap_order)
        sync_folder(paths.root)
        crash_point("L25.restore.ordered")
    except OSError as error:
        raise _failed(paths, error) from error


def finish_swap(paths: DataFolderPaths) -> tuple[str, ...]:
    """Carry out what was ordered, if anything was, and return what to tell; only under the folder's lock.

    It must come before anything else looks at the books. Where nothing was ordered, what a kill left staged is removed.

    Raises:
        StorageError: the disk refused; it is finished the next time.
    """
    try:
        if not paths.swap_order.exists():
            for left in paths.root.glob(f"*{_STAGED}"):
                left.unlink()
            return ()
        order = _read_order(paths.swap_order)
        if order is None or not _can_go_on(paths, order):
            return _put_back(paths, order)
        _move_aside(paths, order)
        sync_folder(paths.root)
        crash_point("L25.restore.aside")
        for name, _ in order.files:
            if staged_path(paths, name).exists():
                staged_path(paths, name).replace(paths.root / name)
                crash_point(f"L25.restore.in.{name}")
        sync_folder(paths.root)
        _write_anchor(paths, order.head)
        crash_point("L25.restore.anchored")
        paths.swap_order.unlink()
        sync_folder(paths.root)
    except OSError as error:
        raise _failed(paths, error) from error
    note = (
        f"The books were restored from {order.source}: {order.head.entry_id} entries. What was there before is kept "
        f"as {paths.database.name}{order.aside}"
    )
    _log.warning("%s", note)
    return (note,)


def _read_order(path: Path) -> SwapOrder | None:
    """Return what was ordered; None when nobody can say, which an order of ours never is."""
    try:
        told = json.loads(path.read_bytes())
        head = told["head"]
        return SwapOrder(
            source=str(told["source"]),
            aside=str(told["aside"]),
            head=LedgerHead(entry_id=int(head["entry_id"]), hash=str(head["hash"])),
            files=tuple((_plain_name(name), str(sha256)) for name, sha256 in told["files"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _plain_name(name: str) -> str:
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file")
    return name


def _can_go_on(paths: DataFolderPaths, order: SwapOrder) -> bool:
    """Whether every file is staged as ordered or in its place already.

    A database in its place is judged by its content, and then alone decides. Settings and a layout that are in theirs
    may have been written to since.
    """
    database = paths.database.name
    wanted = dict(order.files)
    if not staged_path(paths, database).exists():
        return paths.database.exists() and sha256_of(paths.database) == wanted.get(database)
    return all(_is_ready(paths, name, sha256) for name, sha256 in order.files)


def _is_ready(paths: DataFolderPaths, name: str, sha256: str) -> bool:
    staged = staged_path(paths, name)
    return sha256_of(staged) == sha256 if staged.exists() else (paths.root / name).exists()


def _move_aside(paths: DataFolderPaths, order: SwapOrder) -> None:
    """Rename what is in the way of what is still staged. A journal keeps the name of its database: they stay one."""
    for name, _ in order.files:
        if staged_path(paths, name).exists():
            _rename(paths.root / name, paths.root / f"{name}{order.aside}")
            crash_point(f"L25.restore.out.{name}")
    database = paths.database.name
    if staged_path(paths, database).exists():
        for suffix in _COMPANIONS:
            _rename(paths.root / f"{database}{suffix}", paths.root / f"{database}{order.aside}{suffix}")
            crash_point(f"L25.restore.out.{suffix}")
        for beside in (paths.anchor, seal_path(paths.database)):
            _rename(beside, paths.root / f"{beside.name}{order.aside}")


def _numbered(moment: str, number: int) -> str:
    return moment if number == 1 else f"{moment}-{number}"


def _rename(old: Path, new: Path) -> None:
    """Rename what is there; a name that somebody took meanwhile is left to him."""
    if os.path.lexists(old):
        number = 2
        free = new
        while os.path.lexists(free):
            free, number = new.with_name(f"{new.name}.{number}"), number + 1
        old.rename(free)


def _put_back(paths: DataFolderPaths, order: SwapOrder | None) -> tuple[str, ...]:
    """Undo what had begun: what was moved aside gets its name back, what was staged is removed.

    What had come in is kept under another name. A database and what belongs to it go together: an anchor or a journal
    of other books beside them would be taken for theirs.
    """
    if order is not None:
        database = paths.database.name
        of_the_database = [(database, f"{database}{order.aside}")]
        of_the_database += [(f"{database}{suffix}", f"{database}{order.aside}{suffix}") for suffix in _COMPANIONS]
        for beside in (paths.anchor, seal_path(paths.database)):
            of_the_database.append((beside.name, f"{beside.name}{order.aside}"))
        others = [(name, f"{name}{order.aside}") for name, _ in order.files if name != database]
        # It came in after all that belongs to the old one had gone out; before, what is there is still the old one's.
        came_in = all(os.path.lexists(paths.root / each) for each in of_the_database[0])
        for name, aside in (*others, *of_the_database):
            if os.path.lexists(paths.root / aside) or (came_in and (name, aside) in of_the_database):
                _rename(paths.root / name, paths.root / f"{name}{_REFUSED}{order.aside}")
            if os.path.lexists(paths.root / aside):
                (paths.root / aside).rename(paths.root / name)
    for left in paths.root.glob(f"*{_STAGED}"):
        left.unlink()
    paths.swap_order.unlink()
    sync_folder(paths.root)
    note = "A restore that had been ordered could not be finished; the books are as they were before it"
    _log.error("%s", note)
    return (note,)


def _write_anchor(paths: DataFolderPaths, head: LedgerHead) -> None:
    anchor = AnchorFile(paths.anchor)
    try:
        anchor.write(head)
    finally:
        anchor.close()


def _failed(paths: DataFolderPaths, error: OSError) -> StorageError:
    return StorageError(
        f"The files of {paths.root} could not be replaced: {error.strerror or error}; mend that and start again, "
        "nothing is lost",
        detail=repr(error),
    )
