"""A small disk of its own for a test: a tmpfs that can be filled, emptied and mounted read-only."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_BLOCK = bytes(4096)


class SmallDisk:
    """A mounted file system of a few megabytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self) -> None:
        """Leave not a single block free, and keep it so: what is freed meanwhile is filled again."""
        with self._ballast.open("ab", buffering=0) as file:
            while True:
                try:
                    file.write(_BLOCK)
                except OSError:
                    return

    def empty(self) -> None:
        """Give all the space back."""
        self._ballast.unlink()

    def remount(self, *, is_read_only: bool) -> None:
        """Let nothing be written any more, or everything again."""
        _mount("-o", f"remount,{'ro' if is_read_only else 'rw'}", str(self.root))


@contextmanager
def small_disk(root: Path, size: str) -> Iterator[SmallDisk]:
    """Mount a tmpfs; the test is skipped, with the reason, where that cannot be done."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root mounts a tmpfs, and only on Linux")
    root.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(root), is_checked=False)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)


def _mount(*words: str, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=is_checked)
