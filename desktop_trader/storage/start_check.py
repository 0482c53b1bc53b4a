"""The quick check of a start: the newest entries, and every cache against the journal's newest figures.

Costs the same for a short and a long history. A wrong cache is rebuilt from the journal and told; a wrong journal
is never repaired. The rest of the journal is `verify`'s.
"""

from decimal import Decimal, localcontext

import apsw

from desktop_trader.domain.errors import BooksDamagedError, InvariantError
from desktop_trader.domain.money import CONTEXT, ZERO, canonical, from_units
from desktop_trader.storage import statements as sql
from desktop_trader.storage.cache_check import run_totals_of_journal, wallet_of_journal
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.rows import RUN_TOTALS, Row, run_totals_from
from desktop_trader.storage.schema_extras import LIVE_STATUSES

NEWEST_ENTRIES = 20
MADE_OF_DAMAGE = (InvariantError, ArithmeticError, ValueError, TypeError, AttributeError)
"""What reading a damaged file raises: of its pages SQLite does not notice all that hold something else."""
_NEWEST_TOTALS = """
SELECT total_after, locked_after, occurred_at FROM ledger_entries WHERE account = ? ORDER BY id DESC LIMIT 1
"""
_WALLET = """
SELECT total, available, locked, total_deposits, total_withdrawals, total_pnl, updated_at, account_type, currency
FROM wallet
WHERE account = ?
"""
_SUMS = f"SELECT {', '.join(f't.{name}' for name in RUN_TOTALS)} FROM runs r LEFT JOIN run_totals t ON t.run = r.id"
_LOCKED = f"""
SELECT (SELECT coalesce(sum(margin), 0) FROM positions WHERE account = ?1 AND closed_at IS NULL)
     + (SELECT coalesce(sum(reserve), 0) FROM orders WHERE account = ?1 AND status IN {LIVE_STATUSES})
"""
_ACCOUNTS = "SELECT id, type, name, currency FROM accounts ORDER BY id"
_OPEN_LOTS = """
SELECT id, contract_size, quantity, entry_quantity, entry_cost, realized_pnl, fees FROM positions
WHERE account = ? AND closed_at IS NULL
"""
# By way of the entries, which have an index for it.
_FILLS_OF = """
SELECT o.is_exit, f.quantity, f.price, f.realized_pnl, f.fee FROM fills f JOIN orders o ON o.id = f."order"
WHERE f.id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" = ?)
"""
_OPEN_ORDERS = f"""
SELECT id, "position", quantity, filled_quantity FROM orders WHERE account = ? AND status IN {LIVE_STATUSES}
"""
_FILLED_OF = """
SELECT quantity FROM fills
WHERE "order" = ? AND id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" = ?)
"""
_REBUILD_MARGINS = """
UPDATE positions SET margin = (SELECT coalesce(sum(p.amount), 0) FROM postings p
                               WHERE p.ledger_account = 'cash:locked:position:' || positions.id)
WHERE account = ? AND closed_at IS NULL
"""
_REBUILD_RESERVES = f"""
UPDATE orders SET reserve = (SELECT coalesce(sum(p.amount), 0) FROM postings p
                             WHERE p.ledger_account = 'cash:locked:order:' || orders.id)
WHERE account = ? AND status IN {LIVE_STATUSES}
"""
_REBUILD_FILLED = "UPDATE orders SET filled_quantity = ?1, status = iif(?1 = quantity, 'filled', status) WHERE id = ?2"
_REBUILD_LOT = """
UPDATE positions SET quantity = ?, entry_quantity = ?, entry_cost = ?, realized_pnl = ?, fees = ? WHERE id = ?
"""


def check_at_start(connection: apsw.Connection) -> tuple[str, ...]:
    """Return what was mended, a line each; nothing when all was well.

    Raises:
        BooksDamagedError: the journal, or what is open, contradicts itself; nothing was changed.
    """
    with localcontext(CONTEXT):
        try:
            return _check(connection)
        except MADE_OF_DAMAGE as error:
            detail = f"{type(error).__name__}: {error}"
            raise BooksDamagedError("The books hold what nobody wrote; restore a backup", detail=detail) from error


def _check(connection: apsw.Connection) -> tuple[str, ...]:
    _check_newest_entries(connection)
    notes = []
    for account_id, account_type, name, currency in _rows(connection, _ACCOUNTS):
        complaint = _complaint(connection, account_id, kind=(account_type, currency))
        if complaint is not None:
            _rebuild_sums(connection, account_id, account_type=account_type, currency=currency)
            _require_none(_complaint(connection, account_id, kind=(account_type, currency)), name)
            notes.append(f"Account {name}: {complaint}; rebuilt from the journal")
        complaint = _complaint_of_open(connection, account_id)
        if complaint is not None:
            _rebuild_open(connection, account_id, name)
            notes.append(f"Account {name}: {complaint}; rebuilt from the journal and the fills")
    return tuple(notes)


def _require_none(complaint: str | None, name: str) -> None:
    if complaint is not None:
        raise BooksDamagedError(f"The books of account {name} do not verify: {complaint}; restore a backup")


def _rows(connection: apsw.Connection, statement: str, *values: object) -> list[Row]:
    return connection.execute(statement, values).fetchall()


def _check_newest_entries(connection: apsw.Connection) -> None:
    newest = connection.execute("SELECT max(id) FROM ledger_entries").get or 0
    findings = Findings()
    walk = JournalWalk(connection, findings)
    walk.begin_after(max(0, newest - NEWEST_ENTRIES))
    walk.walk()
    for law, message in findings.by_law.items():
        raise BooksDamagedError(f"The journal does not verify, {law}: {message}; restore a backup")


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
            raise BooksDamagedError(f"The journal does not verify, {law}: {message}; restore a backup")
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
        connection.execute(sql.ROLLBACK)
        raise


def _complaint_of_open(connection: apsw.Connection, account_id: int) -> str | None:
    """Compare open positions and live orders with their fills and with what is locked."""
    for position_id, contract_size, *stored in _rows(connection, _OPEN_LOTS, account_id):
        if _lot_of_fills(connection, position_id, Decimal(contract_size)) != tuple(stored):
            return f"position {position_id} was not the sum of its fills"
    for order_id, position_id, quantity, filled in _rows(connection, _OPEN_ORDERS, account_id):
        sum_of_fills = "0" if position_id is None else _filled(connection, _FILLED_OF, order_id, position_id)
        if filled == quantity or filled != sum_of_fills:
            return f"order {order_id} was not what its fills left of it"
    locked = (connection.execute(_NEWEST_TOTALS, (account_id,)).get or (0, 0))[1]
    if connection.execute(_LOCKED, (account_id,)).get != locked:
        return "margins of positions and reserves of orders were not what is locked"
    return None


def _filled(connection: apsw.Connection, statement: str, *values: object) -> str:
    return canonical(sum((Decimal(text) for (text,) in _rows(connection, statement, *values)), ZERO))


def _lot_of_fills(connection: apsw.Connection, position_id: int, contract_size: Decimal) -> tuple[str | int, ...]:
    """Return quantity, entry quantity, entry cost, P&L and fees of a position as its fills have them, as stored."""
    bought = sold = cost = ZERO
    earned = paid = 0
    for is_exit, quantity, price, pnl, fee in _rows(connection, _FILLS_OF, position_id):
        if is_exit:
            sold += Decimal(quantity)
        else:
            bought += Decimal(quantity)
            cost += Decimal(quantity) * Decimal(price) * contract_size
        earned += pnl
        paid += fee
    return (canonical(bought - sold), canonical(bought), canonical(cost), earned, paid)


def _rebuild_open(connection: apsw.Connection, account_id: int, name: str) -> None:
    """Write the figures of what is open anew, in one transaction; what still does not fit is damage."""
    connection.execute(sql.BEGIN)
    try:
        connection.execute(_REBUILD_MARGINS, (account_id,))
        connection.execute(_REBUILD_RESERVES, (account_id,))
        for position_id, contract_size, *_ in _rows(connection, _OPEN_LOTS, account_id):
            lot = _lot_of_fills(connection, position_id, Decimal(contract_size))
            connection.execute(_REBUILD_LOT, (*lot, position_id))
        for order_id, *_ in _rows(connection, _OPEN_ORDERS, account_id):
            filled = _filled(connection, 'SELECT quantity FROM fills WHERE "order" = ?', order_id)
            connection.execute(_REBUILD_FILLED, (filled, order_id))
        _require_none(_complaint_of_open(connection, account_id), name)
        connection.execute(sql.COMMIT)
    except BaseException:
        connection.execute(sql.ROLLBACK)
        raise
