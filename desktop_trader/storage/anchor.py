"""The anchor: the head of the hash chain, kept in a small file beside the database.

Two checksummed slots are written in turn, in place, after the commit; a torn write leaves the other one. The
database is always synced first, so an honest anchor is never ahead of it: one that is, or whose hash is not in the
journal, says that the file was rolled back, edited or copied without its newest part.
"""

import hashlib
import os
from pathlib import Path
from time import monotonic

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.ledger import LedgerHead

SYNC_SECONDS = 1.0
_SLOT_BYTES = 256
_MARK = "DTRB1"


def read_anchor(path: Path) -> LedgerHead | None:
    """Return the newest valid head in the file; None when there is no file or no slot of it is valid."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return max((head for head in _slots(content) if head is not None), key=lambda head: head.entry_id, default=None)


class AnchorFile:
    """The anchor of the one writer. Not thread-safe: it belongs to whoever owns the writing connection."""

    def __init__(self, path: Path) -> None:
        """Open the file, created with mode 0600 where it is missing.

        Raises:
            OSError: it cannot be opened.
        """
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        first, second = _slots(os.read(self._descriptor, 2 * _SLOT_BYTES))
        self._slot = 1 if first is not None and (second is None or second.entry_id < first.entry_id) else 0
        self._synced_at = monotonic()

    def write(self, head: LedgerHead) -> None:
        """Write a head over the older slot; synced once a second at most.

        Raises:
            OSError: the disk refused.
        """
        text = f"{_MARK} {head.entry_id} {head.hash} "
        line = f"{text}{_checksum(text)}".ljust(_SLOT_BYTES - 1) + "\n"
        os.lseek(self._descriptor, self._slot * _SLOT_BYTES, os.SEEK_SET)
        crash_point("L21")
        os.write(self._descriptor, line.encode())
        self._slot ^= 1
        now = monotonic()
        if now - self._synced_at >= SYNC_SECONDS:
            os.fsync(self._descriptor)
            self._synced_at = now

    def close(self) -> None:
        """Sync and close."""
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


def _slots(content: bytes) -> tuple[LedgerHead | None, LedgerHead | None]:
    return _slot_content(content[:_SLOT_BYTES]), _slot_content(content[_SLOT_BYTES : 2 * _SLOT_BYTES])


def _slot_content(slot: bytes) -> LedgerHead | None:
    match slot.decode("ascii", errors="replace").split():
        case [mark, entry_id, head_hash, checksum] if mark == _MARK and entry_id.isascii() and entry_id.isdigit():
            if _checksum(f"{mark} {entry_id} {head_hash} ") == checksum:
                return LedgerHead(entry_id=int(entry_id), hash=head_hash)
    return None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
