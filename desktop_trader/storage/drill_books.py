"""The books of a crash drill: a copy of the real ones, and whether it holds what a killed process had told.

The real books are only read, through a read-only connection of its own.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.money import canonical, from_units, to_units
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.anchor import AnchorFile
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.disk_room import disk_room
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.stored_books import head_of

_PAGES_AT_ONCE = 1_000
_ROOM_FACTOR = 2
_SPARE_BYTES = 100_000_000
Told = Mapping[str, object]
"""One notice as it came out of a process: names and values, amounts as the text of their number."""

_FILL = 'SELECT "order", "position", side, quantity, price, fee FROM fills WHERE id = ?'
_BOOKED = """
SELECT 1 FROM ledger_entries e JOIN postings p ON p.entry = e.id
WHERE e.reason = ? AND e.kind = ? AND e.total_after = ? AND p.ledger_account = 'cash:available' AND p.amount = ?
"""
_FUNDED = """
SELECT 1 FROM ledger_entries e JOIN postings p ON p.entry = e.id
WHERE e."position" = ? AND e.kind = 'funding' AND e.total_after = ? AND p.ledger_account = 'income:funding'
      AND p.amount = ?
"""
_WALLET = "SELECT w.total, w.currency FROM wallet w JOIN accounts a ON a.id = w.account WHERE a.name = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillBalance:
    """What the copy holds now: entries in all, and the balance of one account."""

    entries: int
    balance: Decimal
    currency: str


def copy_books(paths: DataFolderPaths, target: DataFolderPaths, *, tell_progress: Callable[[int, int], None]) -> None:
    """Copy the database into a new folder, beside the one who writes the real one. Settings stay: they name folders.

    `tell_progress` hears how many pages of how many are copied; what it raises ends the copy.

    Raises:
        StorageError: there are no books, or there is no room for a copy.
    """
    room = disk_room(paths)
    target.root.mkdir(mode=0o700)
    needed = _ROOM_FACTOR * room.file_bytes + _SPARE_BYTES
    free = shutil.disk_usage(target.root).free
    if free < needed:
        raise StorageError(
            f"The drill needs {needed // 1_000_000:,} MB for its copy of the books and {target.root} has "
            f"{free // 1_000_000:,} MB; free some space. Nothing was changed"
        )
    reader = open_reader(paths.database)
    try:
        copy = apsw.Connection(str(target.database))
        try:
            with copy.backup("main", reader, "main") as backup:
                while not backup.done:
                    backup.step(_PAGES_AT_ONCE)
                    tell_progress(backup.page_count - backup.remaining, backup.page_count)
            copy.execute("PRAGMA journal_mode = WAL").fetchall()
            anchor = AnchorFile(target.anchor)
            anchor.write(head_of(copy))
            anchor.close()
        finally:
            copy.close()
    except apsw.Error as error:
        raise storage_error(error, "The books cannot be copied") from error
    finally:
        reader.close()


def account_names(path: Path) -> frozenset[str]:
    """Return the names of the accounts in a file."""
    reader = open_reader(path)
    try:
        return frozenset(str(name) for (name,) in reader.execute("SELECT name FROM accounts"))
    finally:
        reader.close()


def balance_of(path: Path, account: str) -> DrillBalance:
    """Return how long a file is, and what an account has: nothing where it was not opened yet."""
    reader = open_reader(path)
    try:
        entries = reader.execute("SELECT max(id) FROM ledger_entries").get or 0
        total, currency = reader.execute(_WALLET, (account,)).get or (0, "")
    finally:
        reader.close()
    return DrillBalance(entries=entries, balance=from_units(total), currency=currency)


def lost_of(path: Path, told: Iterable[Told]) -> tuple[str, ...]:
    """Return what was told and is not in a file as it was told, in words."""
    reader = open_reader(path)
    try:
        return tuple(lost for notice in told if (lost := _lost(reader, notice)))
    finally:
        reader.close()


def _lost(reader: apsw.Connection, notice: Told) -> str:
    """Return what is wrong with the record of a notice; nothing when it is there."""
    event = str(notice.get("event", ""))
    is_there = _CHECKS.get(event)
    if is_there is None or is_there(reader, notice):
        return ""
    names = ("order_id", "fill_id", "position_id", "quantity", "price", "amount")
    figures = ", ".join(f"{name.replace('_', ' ')} {notice[name]}" for name in names if name in notice)
    return f"{event.replace('_', ' ')}: {figures}"


def _has_order(reader: apsw.Connection, notice: Told) -> bool:
    return reader.execute("SELECT 1 FROM orders WHERE id = ?", (_number(notice, "order_id"),)).get is not None


def _has_fill(reader: apsw.Connection, notice: Told) -> bool:
    stored = reader.execute(_FILL, (_number(notice, "fill_id"),)).get
    told = (
        _number(notice, "order_id"),
        _number(notice, "position_id"),
        notice.get("side"),
        canonical(_amount(notice, "quantity")),
        canonical(_amount(notice, "price")),
        to_units(_amount(notice, "fee")),
    )
    return bool(stored == told)


def _has_position(reader: apsw.Connection, notice: Told) -> bool:
    return reader.execute("SELECT 1 FROM positions WHERE id = ?", (_number(notice, "position_id"),)).get is not None


def _has_end(reader: apsw.Connection, notice: Told) -> bool:
    row = reader.execute(
        "SELECT realized_pnl FROM positions WHERE id = ? AND closed_at IS NOT NULL", (_number(notice, "position_id"),)
    ).get
    return bool(row is not None and row == to_units(_amount(notice, "realized_pnl")))


def _has_change(reader: apsw.Connection, notice: Told) -> bool:
    amount, total = (to_units(_amount(notice, name)) for name in ("amount", "current_balance"))
    return reader.execute(_BOOKED, (notice.get("reason"), notice.get("kind"), total, amount)).get is not None


def _has_funding(reader: apsw.Connection, notice: Told) -> bool:
    amount, total = (to_units(_amount(notice, name)) for name in ("amount", "current_balance"))
    booked = reader.execute(_FUNDED, (_number(notice, "position_id"), total, -amount))
    return booked.get is not None


def _has_position_change(reader: apsw.Connection, notice: Told) -> bool:
    changed = 'SELECT 1 FROM position_changes WHERE "position" = ?'
    return reader.execute(changed, (_number(notice, "position_id"),)).get is not None


def _has_edit(reader: apsw.Connection, notice: Told) -> bool:
    edited = "SELECT 1 FROM orders WHERE id = ? AND revision > 0"
    return reader.execute(edited, (_number(notice, "order_id"),)).get is not None


def _has_trigger(reader: apsw.Connection, notice: Told) -> bool:
    triggered = "SELECT 1 FROM orders WHERE id = ? AND is_triggered = 1"
    return reader.execute(triggered, (_number(notice, "order_id"),)).get is not None


_CHECKS: Mapping[str, Callable[[apsw.Connection, Told], bool]] = {
    "order_accepted": _has_order,
    "order_filled": _has_fill,
    "position_opened": _has_position,
    "position_closed": _has_end,
    "balance_changed": _has_change,
    "funding_paid": _has_funding,
    "position_changed": _has_position_change,
    "order_edited": _has_edit,
    "order_triggered": _has_trigger,
}


def _number(notice: Told, name: str) -> int:
    return int(str(notice[name]))


def _amount(notice: Told, name: str) -> Decimal:
    return Decimal(str(notice[name]))
