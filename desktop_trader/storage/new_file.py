"""Writes a file the person picked whole or not at all, beside nothing but a temporary file in the same folder.

A process killed in the middle leaves the old file or the new one, never half of either; at worst a `.part` file, which
the next one written to that folder takes away.
"""

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import InvalidInputError, RefusedError, StorageError
from desktop_trader.storage.database import sync_folder

_PREFIX, _SUFFIX = ".desktop-trader-", ".part"
_ABANDONED_SECONDS = 3_600


def check_target(target: Path, *, may_replace: bool, protected: Path | None = None) -> None:
    """Refuse what must not be written to: a folder, a link, a device, a file that is there, our own data folder.

    A link is refused and not followed: what it points to is not what the person sees.

    Raises:
        InvalidInputError: the path cannot be written to at all.
        RefusedError: a file is there, and `may_replace` was not said.
    """
    try:
        folder = target.parent.resolve(strict=True)
        if not folder.is_dir():
            raise InvalidInputError(f"{target.parent} is not a folder; name a file in one that exists")
        if protected is not None and folder.is_relative_to(protected.resolve()):
            raise InvalidInputError(
                f"{target} lies in the data folder, which is for the books alone; name another place"
            )
        mode = target.lstat().st_mode
    except FileNotFoundError:
        if not target.parent.exists():
            raise InvalidInputError(f"There is no folder {target.parent}; name a file in one that exists") from None
        return
    except OSError as error:
        raise InvalidInputError(f"{target} cannot be written: {error.strerror or error}") from error
    if stat.S_ISDIR(mode):
        raise InvalidInputError(f"{target} is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise InvalidInputError(f"{target} is not a plain file but a link or a device; name another")
    if not may_replace:
        raise RefusedError(f"{target} is there already; nothing was written")


@contextmanager
def new_file(target: Path, *, may_replace: bool) -> Iterator[BinaryIO]:
    """Open a temporary file for a block and put it in the place of `target` when the block ends well.

    Raises:
        RefusedError: a file has come to be there meanwhile.
        StorageError: it could not be written; what was there is as it was.
    """
    unfinished = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        _sweep(target.parent)
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
                yield file
                crash_point("L22.written")
                file.flush()
                os.fsync(file.fileno())
            crash_point("L22.synced")
            _put_in_place(unfinished, target, may_replace=may_replace)
            crash_point("L22.renamed")
            sync_folder(target.parent)
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
    except OSError as error:
        raise StorageError(
            f"{target} could not be written: {error.strerror or error}; nothing was changed", detail=repr(error)
        ) from error


def _sweep(folder: Path) -> None:
    """Take away what killed processes left; what somebody still writes has changed lately."""
    for left in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if time.time() - left.lstat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()


def _put_in_place(unfinished: Path, target: Path, *, may_replace: bool) -> None:
    if may_replace:
        unfinished.replace(target)
        return
    try:
        # Unlike a rename, a second name is refused where a file has come to be.
        os.link(unfinished, target)
    except FileExistsError:
        raise RefusedError(f"{target} is there already; nothing was written") from None
    except OSError:  # a file system without second names
        if target.exists():
            raise RefusedError(f"{target} is there already; nothing was written") from None
        unfinished.replace(target)
