"""The quick check of a start: the newest entries, and every cache against the journal's newest figures.

Looks at all entries since the verified head where these are few. Costs the same for a short and a long history. A
wrong cache is rebuilt from the journal and told; a wrong journal is never repaired. The rest of it is `verify`'s.
"""

from decimal import localcontext

import apsw

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.money import CONTEXT, from_units
from desktop_trader.storage import statements as sql
from desktop_trader.storage.cache_check import run_totals_of_journal, wallet_of_journal
from desktop_trader.storage.damage import MADE_OF_DAMAGE, books_of_nobody
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.open_rows import complaints_of_open, rebuild_open
from desktop_trader.storage.rows import RUN_TOTALS, Row, run_totals_from
from desktop_trader.storage.sqlite_error import RESTORE
from desktop_trader.storage.verified_head import (
    check_known,
    forget_verified_head,
    is_damaged,
    read_verified_head,
)

NEWEST_ENTRIES = 20
NEWER_ENTRIES_MAX = 60
"""So many entries after the verified head are checked before trading begins; more of them in the background."""
_NEWEST_TOTALS = """
SELECT total_after, locked_after, occurred_at FROM ledger_entries WHERE account = ? ORDER BY id DESC LIMIT 1
"""
_WALLET = """
SELECT total, available, locked, total_deposits, total_withdrawals, total_pnl, updated_at, account_type, currency
FROM wallet
WHERE account = ?
"""
_SUMS = f"SELECT {', '.join(f't.{name}' for name in RUN_TOTALS)} FROM runs r LEFT JOIN run_totals t ON t.run = r.id"
_ACCOUNTS = "SELECT id, type, name, currency FROM accounts ORDER BY id"


def check_at_start(connection: apsw.Connection) -> tuple[str, ...]:
    """Return what was mended, a line each; nothing when all was well.

    Raises:
        BooksDamagedError: the journal, or what is open, contradicts itself; nothing was changed.
    """
    with localcontext(CONTEXT):
        try:
            return _check(connection)
        except MADE_OF_DAMAGE as error:
            raise books_of_nobody(error) from error


def _check(connection: apsw.Connection) -> tuple[str, ...]:
    _check_journal(connection)
    notes = []
    for account_id, account_type, name, currency in _rows(connection, _ACCOUNTS):
        complaint = _complaint(connection, account_id, kind=(account_type, currency))
        if complaint is not None:
            _rebuild_sums(connection, account_id, account_type=account_type, currency=currency)
            _require_none(_complaint(connection, account_id, kind=(account_type, currency)), name)
            notes.append(f"Account {name}: {complaint}; rebuilt from the journal")
        complaints = complaints_of_open(connection, account_id)
        if complaints:
            _rebuild_open(connection, account_id, name, found=complaints)
            notes.append(f"Account {name}: {'; '.join(complaints)}; rebuilt from the journal and the fills")
    if is_damaged(connection):
        forget_verified_head(connection)
        notes.append("The note of what was verified was damaged; everything is verified anew in the background")
    return tuple(notes)


def _require_none(complaint: str | None, name: str) -> None:
    if complaint is not None:
        raise BooksDamagedError(f"The books of account {name} do not verify: {complaint}; {RESTORE}")


def _rows(connection: apsw.Connection, statement: str, *values: object) -> list[Row]:
    return connection.execute(statement, values).fetchall()


def _check_journal(connection: apsw.Connection) -> None:
    """Check what is newer than the verified head, where that is little, and always the newest entries."""
    newest = connection.execute("SELECT max(id) FROM ledger_entries").get or 0
    begin = max(0, newest - NEWEST_ENTRIES)
    verified = read_verified_head(connection)
    if verified is not None:
        check_known(connection, verified)
        if verified.head.entry_id >= newest - NEWER_ENTRIES_MAX:
            begin = min(begin, verified.head.entry_id)
    findings = Findings()
    walk = JournalWalk(connection, findings)
    walk.begin_after(begin)
    walk.walk()
    for law, message in findings.by_law.items():
        raise BooksDamagedError(f"The journal does not verify, {law}: {message}; {RESTORE}")


def _complaint(connection: apsw.Connection, account_id: int, *, kind: tuple[str, str]) -> str | None:
    """Compare what is cached with itself, the newest entry and the type and currency of the account."""
    wallet = connection.execute(_WALLET, (account_id,)).get
    newest = connection.execute(_NEWEST_TOTALS, (account_id,)).get or (0, 0, None)
    sums = _rows(connection, f"{_SUMS} WHERE r.account = ? ORDER BY r.id", account_id)
    if wallet is None or (wallet[0], wallet[2], wallet[6]) != newest or wallet[7:9] != kind:
        return "the wallet was not what its newest entry says"
    if wallet[0] != wallet[1] + wallet[2]:
        return "the wallet's total was not available + locked"
    if not sums or any(None in row for row in sums):
        return "the sums of a run were missing"
    if any(run_totals_from(row).expected_total for row in sums[:-1]):
        return "something was left in a run that has ended"
    totals = run_totals_from(tuple(sum(column) for column in zip(*sums, strict=True)))
    if totals.expected_total != from_units(wallet[0]):
        return "the sums of its runs were not the wallet's total"
    earned = totals.realized_pnl - totals.fees + totals.funding
    if tuple(map(from_units, wallet[3:6])) != (totals.deposits, totals.withdrawals, earned):
        return "the wallet's sums were not those of its runs"
    return None


def _rebuild_sums(connection: apsw.Connection, account_id: int, *, account_type: str, currency: str) -> None:
    """Sum the whole journal and write wallet and run totals anew, in one transaction."""
    findings = Findings()
    walk = JournalWalk(connection, findings)
    connection.execute(sql.BEGIN)
    try:
        walk.walk()
        if findings.by_law:
            law, message = next(iter(findings.by_law.items()))
            raise BooksDamagedError(f"The journal does not verify, {law}: {message}; {RESTORE}")
        updated_at = connection.execute(
            "SELECT occurred_at FROM ledger_entries WHERE account = ? ORDER BY id DESC LIMIT 1", (account_id,)
        ).get
        if updated_at is not None:
            wallet = (account_id, account_type, currency, *wallet_of_journal(walk, account_id), updated_at)
            connection.execute(sql.UPSERT_WALLET, wallet)
        for (run_id,) in _rows(connection, "SELECT id FROM runs WHERE account = ?", account_id):
            connection.execute(sql.UPSERT_RUN_TOTALS, (run_id, *run_totals_of_journal(walk, run_id)))
        connection.execute(sql.COMMIT)
    except BaseException:
        if connection.in_transaction:
            connection.execute(sql.ROLLBACK)
        raise


def _rebuild_open(connection: apsw.Connection, account_id: int, name: str, *, found: tuple[str, ...]) -> None:
    """Write the figures of what is open anew, in one transaction; rows that still do not fit are not restored."""
    connection.execute(sql.BEGIN)
    try:
        try:
            rebuild_open(connection, account_id)
            left = complaints_of_open(connection, account_id)
        except MADE_OF_DAMAGE:
            left = found
        if left:
            raise BooksDamagedError(
                f"The books of account {name} do not verify; not restored: {'; '.join(left)}. Restore a backup"
            )
        connection.execute(sql.COMMIT)
    except BaseException:
        connection.execute(sql.ROLLBACK)
        raise
