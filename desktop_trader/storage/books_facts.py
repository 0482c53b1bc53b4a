"""What a file of books holds, of this schema or an older one: for backups and what is restored of them."""

import hashlib
from decimal import localcontext
from pathlib import Path
from urllib.parse import quote

import apsw

from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.domain.money import CONTEXT, ZERO, from_units
from desktop_trader.messages.backups import AccountFacts, BooksFacts
from desktop_trader.storage import statements as sql
from desktop_trader.storage.cache_check import wallet_of_journal
from desktop_trader.storage.database import check_header, open_for_reading
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.rows import Row, moment
from desktop_trader.storage.schema_extras import LIVE_STATUSES
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.stored_books import head_of
from desktop_trader.storage.verify import NOBODY, OK, VerificationStoppedError, VerifyWatch, verify

_ACCOUNTS = """
SELECT a.id, a.name, a.type, a.currency, w.total FROM accounts a LEFT JOIN wallet w ON w.account = a.id ORDER BY a.id
"""
_NEWEST_MOMENT = "SELECT occurred_at FROM ledger_entries ORDER BY id DESC LIMIT 1"
_FIRST_START = "SELECT started_at FROM sessions ORDER BY id LIMIT 1"
_STEPS_BETWEEN_QUESTIONS = 20_000
_STATE = (
    sql.HEAD,
    "SELECT * FROM accounts",
    "SELECT * FROM runs",
    "SELECT * FROM strategy_runs WHERE ended_at IS NULL",
    "SELECT * FROM positions WHERE closed_at IS NULL",
    f"SELECT * FROM orders WHERE status IN {LIVE_STATUSES}",
)
_WALLETS = "SELECT account, total, available, locked, total_deposits, total_withdrawals, total_pnl FROM wallet"
_LOCKED = f"""
SELECT (SELECT coalesce(sum(margin), 0) FROM positions WHERE account = ?1 AND closed_at IS NULL)
     + (SELECT coalesce(sum(reserve), 0) FROM orders WHERE account = ?1 AND status IN {LIVE_STATUSES})
"""


def open_source(path: Path) -> apsw.Connection:
    """Open books for copying, beside whoever writes them; an older schema is as welcome as the present one.

    Raises:
        StorageError: there is no such file, or it is not ours, newer or unreadable.
    """
    try:
        if not path.stat().st_size:
            raise BooksDamagedError(f"{path} is empty; there is nothing to copy")
        connection, application, version = open_for_reading(path)
        try:
            if application != APPLICATION_ID or not 0 < version <= SCHEMA_VERSION:
                raise StorageError(f"{path} is not a database of this version of Desktop Trader; it was left untouched")
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be opened") from error
    return connection


def open_still(path: Path) -> apsw.Connection:
    """Open a file of ours that nobody writes, such as a backup, without leaving a trace beside it.

    Only for files that no connection of this process has open for writing: the header is read by other means.

    Raises:
        StorageError: there is no such file, or it is not ours, newer or unreadable.
    """
    check_header(path)
    try:
        name = f"file:{quote(str(path.absolute()))}?immutable=1"
        connection = apsw.Connection(name, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be opened") from error
    return connection


def read_facts(connection: apsw.Connection) -> BooksFacts:
    """Return what a file holds, from its caches: quick, and not verified.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        head = head_of(connection)
        accounts: list[Row] = connection.execute(_ACCOUNTS).fetchall()
        return BooksFacts(
            schema_version=int(connection.pragma("user_version")),
            entries=head.entry_id,
            head_hash="" if head == GENESIS else head.hash,
            last_entry_at=moment(connection.execute(_NEWEST_MOMENT).get),
            accounts=tuple(
                AccountFacts(
                    name=name, type=kind, currency=currency, total=ZERO if total is None else from_units(total)
                )
                for _, name, kind, currency, total in accounts
            ),
            state=_state(connection),
            books_id=books_id_of(connection),
        )
    except apsw.Error as error:
        raise storage_error(error, "The books cannot be read") from error
    except (ArithmeticError, ValueError, TypeError) as error:
        raise BooksDamagedError(f"The books cannot be read: {error}", detail=repr(error)) from error


def books_id_of(connection: apsw.Connection) -> str:
    """Return what tells these books from all others: when they were first opened, to the microsecond.

    Their first entry cannot: the same market and start amount give the same one. It serves where no start was noted.
    "" is that of books in which nothing has happened.

    Raises:
        apsw.Error: they cannot be read.
    """
    first = connection.execute(_FIRST_START).get or connection.execute(sql.HASH_OF, (1,)).get
    return "" if first is None else hashlib.sha256(str(first).encode()).hexdigest()[:32]


def complaints_of(
    connection: apsw.Connection, *, anchor: LedgerHead | None = None, watch: VerifyWatch = NOBODY
) -> tuple[str, ...]:
    """Return everything that does not hold in a file, a line each; nothing when it verifies.

    A file of the present schema is verified in full. One of an older schema, which is to be migrated, is verified as
    far as the laws need nothing that came later: its journal, its wallets and what they have locked (I1 to I4, I6 to
    I8, I13).

    Raises:
        VerificationStoppedError: whoever looks on asked to stop.
    """
    if connection.pragma("user_version") == SCHEMA_VERSION:
        report = verify(connection, anchor=anchor, watch=watch)
        return () if report.ok else (report.text_of_findings(),)
    watch.tell_progress(0, 1, "Reading books of an older version")
    if watch.should_stop():
        raise _stopped()
    connection.set_progress_handler(watch.should_stop, _STEPS_BETWEEN_QUESTIONS)
    try:
        with localcontext(CONTEXT):
            return _complaints_of_older(connection, anchor)
    except apsw.InterruptError as error:
        raise _stopped() from error
    finally:
        connection.set_progress_handler(None)


def _stopped() -> VerificationStoppedError:
    return VerificationStoppedError("The verification was stopped; nothing was changed")


def _complaints_of_older(connection: apsw.Connection, anchor: LedgerHead | None) -> tuple[str, ...]:
    findings = Findings()
    complaints: list[str] = []
    try:
        complaints += [
            f"file: {line}" for (line,) in connection.execute("PRAGMA integrity_check(5)") if str(line) != OK
        ]
        walk = JournalWalk(connection, findings)
        walk.walk()
        _check_wallets(connection, walk, findings)
        if anchor is not None and anchor != GENESIS:
            stored = connection.execute(sql.HASH_OF, (anchor.entry_id,)).get
            if stored != anchor.hash:
                findings.add("I8", f"entry {anchor.entry_id} is missing or not the one the anchor names")
    except apsw.InterruptError:
        raise
    except (apsw.Error, ArithmeticError, ValueError, TypeError) as error:
        complaints.append(f"file: it cannot be read to its end: {type(error).__name__}: {error}")
    return (*complaints, *(f"{law}: {message}" for law, message in findings.by_law.items()))


def _check_wallets(connection: apsw.Connection, walk: JournalWalk, findings: Findings) -> None:
    rows: list[Row] = connection.execute(_WALLETS).fetchall()
    wallets = {account: figures for account, *figures in rows}
    for account in walk.totals.keys() - wallets.keys():
        findings.add("I7", f"account {account} has lost its wallet")
    for account, figures in wallets.items():
        total, available, locked = figures[:3]
        if total != available + locked:
            findings.add("I2", f"the wallet of account {account} does not add up")
        if connection.execute(_LOCKED, (account,)).get != locked:
            findings.add("I3", f"what account {account} has locked is not that of its positions and orders")
        if min(available, locked) < 0:
            findings.add("I4", f"account {account} has less than nothing")
        if tuple(figures) != wallet_of_journal(walk, account):
            findings.add("I7", f"the wallet of account {account} is not what the journal says")


def _state(connection: apsw.Connection) -> str:
    """A digest of what a person would miss: money, positions, orders, runs. Not of where the market stands."""
    digest = hashlib.sha256()
    for statement in _STATE:
        for row in connection.execute(statement):
            digest.update(repr(row).encode())
        digest.update(b"\n")
    return digest.hexdigest()
