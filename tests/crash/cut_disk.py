"""A disk whose power can be cut: it keeps what was synced, and of the rest whichever 512-byte sectors it likes.

It stands between SQLite and the real files of one folder, as SQLite's VFS. `pictures` of what a cut at that moment
would leave behind are taken while the process goes on, so that one session shows thousands of cuts.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass
class CachedFile:
    """One file: what is in it now, and what of it differs on the disk: old sectors by number, and the old size."""

    content: bytearray
    old_sectors: dict[int, bytes] = field(default_factory=dict)
    old_size: int = 0
    is_named_on_disk: bool = True

    def write(self, data: bytes, offset: int) -> None:
        """Change the content, keeping what the disk still holds."""
        self._keep_old(offset, offset + len(data))
        if len(self.content) < offset:
            self.content.extend(bytes(offset - len(self.content)))
        self.content[offset : offset + len(data)] = data

    def truncate(self, size: int) -> None:
        """Cut the end off."""
        self._keep_old(size, len(self.content))
        del self.content[size:]

    def sync(self) -> None:
        """Make everything durable."""
        self.old_sectors.clear()
        self.old_size = len(self.content)
        self.is_named_on_disk = True

    def left_by_a_cut(self, dice: random.Random) -> bytes:
        """Return what may be found after a cut now: of each sector that was not synced the old or the new content."""
        kept = dice.choice((0.0, 0.0, 0.2, 0.5, 0.8, 1.0))
        size = len(self.content) if dice.random() < max(kept, 0.3) else self.old_size
        image = bytearray(self.content[:size]).ljust(size, b"\0")
        for number, old in self.old_sectors.items():
            if dice.random() >= kept:
                start = number * SECTOR
                end = min(start + SECTOR, size)
                if start < end:
                    image[start:end] = old.ljust(SECTOR, b"\0")[: end - start]
        return bytes(image)

    def _keep_old(self, start: int, end: int) -> None:
        for number in range(start // SECTOR, -(-end // SECTOR)):
            if number not in self.old_sectors:
                at = number * SECTOR
                self.old_sectors[number] = bytes(self.content[at : min(at + SECTOR, self.old_size)])


class CutDisk(apsw.VFS):
    """The VFS. `on_moment` is called before and after everything that changes the disk, and may take a picture."""

    def __init__(self, folder: Path, *, honours_sync: bool = True) -> None:
        """Become SQLite's default; files outside of `folder` are passed through untouched."""
        self.files: dict[str, CachedFile] = {}
        self.honours_sync = honours_sync
        self.on_moment: Callable[[], None] = lambda: None
        self._folder = str(folder)
        self.below = apsw.vfs_names()[0]
        super().__init__("cut-disk", self.below, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not path.startswith(self._folder):
            return super().xOpen(name, flags)
        is_new = not Path(path).exists()
        file = _File(self, path, name, flags)
        if path not in self.files:
            content = bytearray() if is_new else bytearray(Path(path).read_bytes())
            self.files[path] = CachedFile(content, old_size=len(content), is_named_on_disk=not is_new)
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.on_moment()
        super().xDelete(filename, syncdir)
        self.files.pop(filename, None)
        self.on_moment()

    def picture(self, target: Path, dice: random.Random) -> None:
        """Write what a cut now would leave behind into a new folder."""
        target.mkdir(mode=0o700)
        for path, file in self.files.items():
            if path.endswith("-shm") or (not file.is_named_on_disk and dice.random() < 0.5):
                continue
            (target / Path(path).name).write_bytes(file.left_by_a_cut(dice))


class _File(apsw.VFSFile):
    def __init__(self, disk: CutDisk, path: str, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = path
        super().__init__(disk.below, name, flags)

    @property
    def _cached(self) -> CachedFile:
        return self._disk.files[self._path]

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.on_moment()
        super().xWrite(data, offset)
        self._cached.write(bytes(data), offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.on_moment()
        super().xTruncate(newsize)
        self._cached.truncate(newsize)

    def xSync(self, flags: int) -> None:
        # The real disk below is not the one that is cut: it need not sync.
        self._disk.on_moment()
        if self._disk.honours_sync:
            self._cached.sync()
        self._disk.on_moment()


class AnchorOs:
    """Stands in for `os` in the module of the anchor: knows what of its file was synced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.synced = path.read_bytes() if path.exists() else b""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        """Keep what is in the file; only the anchor's own descriptor comes here."""
        self.synced = self._path.read_bytes()

    def left_by_a_cut(self, dice: random.Random) -> bytes:
        """Return the synced or the newest content, or the newest written up to some byte only."""
        newest = self._path.read_bytes()
        torn = dice.randint(0, len(newest))
        return dice.choice((self.synced, newest, newest[:torn] + self.synced[torn:]))
