"""The data folder: made ready, proven writable, and held by one instance. It never falls back to another place."""

import os
import shutil
import stat
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import Protocol

from desktop_trader.domain.errors import DataFolderInUseError, StorageError
from desktop_trader.locations import DataFolderPaths

LOCK_ATTEMPTS = 8
LOCK_PAUSE_SECONDS = 0.05
MIN_FREE_BYTES = 16 * 1024 * 1024
_PRIVATE = 0o700


class _Lock(Protocol):
    def release(self) -> None: ...


class DataFolder:
    """A prepared data folder and the lock on it, held until `release` or the end of the process, however it ends."""

    def __init__(self, paths: DataFolderPaths, lock: _Lock) -> None:
        """Take over a lock that is held."""
        self.paths = paths
        self._lock: _Lock | None = lock

    def release(self) -> None:
        """Let another instance have the folder. Releasing twice is harmless."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def __enter__(self) -> "DataFolder":
        """Hold the folder for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it, whatever happened."""
        self.release()


def take_data_folder(paths: DataFolderPaths) -> DataFolder:
    """Create the folder if need be, check it, and take its lock. The lock of a killed process counts for nothing.

    Raises:
        DataFolderInUseError: another instance holds it.
        StorageError: it cannot be created, is not ours, or cannot be written to.
    """
    try:
        _prepare(paths.root)
        lock = _take_lock(paths.lock)
        try:
            _probe(paths.root)
        except BaseException:
            lock.release()
            raise
    except OSError as error:
        raise _refused(paths.root, error) from error
    return DataFolder(paths, lock)


def probe_writing(root: Path) -> None:
    """Write to a folder whose lock is held, as a start does, and take it away again.

    Raises:
        StorageError: it cannot be written to, or the disk has too little left.
    """
    try:
        _probe(root)
    except OSError as error:
        raise _refused(root, error) from error


def _prepare(root: Path) -> None:
    is_new = not root.exists()
    root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    if not root.is_dir():
        raise StorageError(f"The data folder {root} is not a folder; name another one with --data-dir")
    if os.name != "posix":
        return
    facts = root.stat()
    user = os.geteuid()
    if user not in (0, facts.st_uid):
        raise StorageError(f"The data folder {root} belongs to another user; name another one with --data-dir")
    # Someone may point us at a folder with other things in it: that one keeps its mode.
    is_ours = is_new or not any(root.iterdir()) or (root / "desktop_trader.db").exists()
    if is_ours and facts.st_uid == user and stat.S_IMODE(facts.st_mode) & 0o077 and not facts.st_mode & stat.S_ISVTX:
        root.chmod(_PRIVATE)


def _probe(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < MIN_FREE_BYTES:
        raise StorageError(
            f"The disk of the data folder {root} has {free // 1024 // 1024} MB left; "
            f"at least {MIN_FREE_BYTES // 1024 // 1024} MB are needed"
        )
    probe = root / f".probe-{os.getpid()}"
    try:
        descriptor = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, b"probe")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        probe.unlink(missing_ok=True)


def _take_lock(path: Path) -> _Lock:
    if os.name == "posix":
        return _PosixLock(path)
    return _take_lock_by_library(path)


class _PosixLock:
    """flock on the lock file. filelock does the same here, but its import costs more than the whole data folder."""

    def __init__(self, path: Path) -> None:
        import fcntl

        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            for attempts_left in reversed(range(LOCK_ATTEMPTS)):
                try:
                    fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if not attempts_left:
                        raise _in_use(path.parent) from error
                # A process that was killed or quits at this moment still has to let go.
                sleep(LOCK_PAUSE_SECONDS)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        os.close(self._descriptor)


def _take_lock_by_library(path: Path) -> _Lock:
    from filelock import FileLock, Timeout

    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=LOCK_ATTEMPTS * LOCK_PAUSE_SECONDS)
    except Timeout as error:
        raise _in_use(path.parent) from error
    return lock


def _in_use(root: Path) -> DataFolderInUseError:
    return DataFolderInUseError(
        f"Desktop Trader is already running on {root}; quit it first, or name another folder with --data-dir"
    )


def _refused(root: Path, error: OSError) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(
        f"The data folder {root} cannot be used: {reason}; mend that, or name another folder with --data-dir",
        detail=repr(error),
    )
