"""Journals of any size written row by row: what the history reads needs their columns, not their hashes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from desktop_trader.domain.market import instant_text
from desktop_trader.storage import database

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One entry as it lies in the file; `change` counts 10^-8 of the currency, and without it nothing is posted."""

    account: int = 1
    run: int = 1
    kind: str = "fee"
    author: str = "system"
    reason: str = "fee_taker"
    description: str = ""
    at: datetime = BEGAN
    position: int | None = None
    order: int | None = None
    change: int = 0
    total_after: int = 0


def new_books(path: Path, *, accounts: tuple[str, ...] = ("demo", "second")) -> apsw.Connection:
    """Create a file of ours with accounts and nothing in them; the connection asks for no foreign keys."""
    database.create(path)
    connection = database.open_writer(path)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    for name in accounts:
        connection.execute(
            "INSERT INTO accounts (type, exchange, currency, name, created_at) VALUES ('demo', 'paper', 'USDT', ?, ?)",
            (name, instant_text(BEGAN)),
        )
    return connection


def write_entries(connection: apsw.Connection, entries: Iterable[Written]) -> None:
    """Append entries in one transaction."""
    first = int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM ledger_entries").get)
    rows = list(entries)
    connection.execute("BEGIN")
    connection.executemany(
        'INSERT INTO ledger_entries (id, account, run, kind, idempotency_key, occurred_at, "position", "order", '
        "reason, author, description, currency, total_after, locked_after, previous_hash, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'USDT', ?, 0, '', '')",
        (_values(entry_id, each) for entry_id, each in enumerate(rows, first)),
    )
    connection.executemany(
        "INSERT INTO postings (entry, ledger_account, currency, amount) VALUES (?, ?, 'USDT', ?)",
        (
            (entry_id, name, amount)
            for entry_id, each in enumerate(rows, first)
            if each.change
            for name, amount in (("cash:available", each.change), ("equity:adjustment", -each.change))
        ),
    )
    connection.execute("COMMIT")


def _values(entry_id: int, entry: Written) -> tuple[object, ...]:
    return (
        entry_id, entry.account, entry.run, entry.kind, f"key:{entry_id}", instant_text(entry.at), entry.position,
        entry.order, entry.reason, entry.author, entry.description, entry.total_after,
    )  # fmt: skip
