"""Compares everything that is derived with what it is derived from (I2 to I5, I7, I10 to I13), over a whole file."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import apsw

from desktop_trader.domain import ledger
from desktop_trader.domain.money import HUNDRED, ZERO, round_down, to_units
from desktop_trader.domain.order import Direction, OrderStatus
from desktop_trader.domain.portfolio import TOTALS_FIELD_OF
from desktop_trader.domain.wallet import DEMO
from desktop_trader.storage.journal_walk import Findings, JournalWalk
from desktop_trader.storage.rows import RUN_TOTALS, WALLET, Row, run_totals_from

_LEDGER_ACCOUNT_OF = {column: (name, sign) for name, (column, sign) in TOTALS_FIELD_OF.items()}
"""Which ledger account each sum of a run is, and with which sign."""

_STRANGERS = (
    ("entry", 'ledger_entries e JOIN runs x ON x.id = e.run WHERE x.account <> e.account'),
    ("entry", 'ledger_entries e JOIN positions x ON x.id = e."position" WHERE x.account <> e.account'),
    ("entry", 'ledger_entries e JOIN orders x ON x.id = e."order" WHERE x.account <> e.account'),
    ("entry", 'ledger_entries e JOIN fills x ON x.id = e.fill WHERE x.account <> e.account'),
    ("entry", 'ledger_entries e JOIN accounts x ON x.id = e.account WHERE x.currency <> e.currency'),
    ("fill", 'fills e JOIN positions x ON x.id = e."position" WHERE x.account <> e.account'),
    ("fill", 'fills e JOIN orders x ON x.id = e."order" WHERE x.account <> e.account'),
    ("order", """orders e LEFT JOIN positions x ON x.id = e."position"
                 WHERE e."position" IS NOT NULL AND x.account IS NOT e.account"""),
)  # fmt: skip
_FILLS = """
SELECT f.id, f."order", f."position", f.quantity, f.price, p.contract_size, f.realized_pnl, f.fee, o.is_exit,
       p.direction, f.at
FROM fills f JOIN orders o ON o.id = f."order" JOIN positions p ON p.id = f."position" ORDER BY f.id
"""
_ORDERS = 'SELECT id, account, status, reserve, "position", quantity, filled_quantity FROM orders ORDER BY id'
_POSITIONS = """
SELECT id, account, quantity, entry_quantity, entry_cost, margin, realized_pnl, fees, closed_at, close_reason,
       opened_at
FROM positions ORDER BY id
"""
# Nothing moves a stop or a target once its position is open. Those in percent are compared by `_check_levels`.
_UNLIKE_ITS_ORDER = """
SELECT p.id FROM positions p JOIN orders o ON o.id = p.entry_order
WHERE p.symbol <> o.symbol OR p.direction <> iif(o.side = 'buy', 'long', 'short') OR p.leverage <> o.leverage
      OR p.account <> o.account OR p.run <> o.run OR p.strategy_run IS NOT o.strategy_run
      OR o.is_exit OR o."position" IS NOT p.id
      OR (o.stop_loss_percent IS NULL AND p.stop_loss IS NOT o.stop_loss)
      OR (o.take_profit_percent IS NULL AND p.take_profit IS NOT o.take_profit) LIMIT 1
"""
_LEVELS = """
SELECT p.id, o.side, p.stop_loss, o.stop_loss_percent, p.take_profit, o.take_profit_percent
FROM positions p JOIN orders o ON o.id = p.entry_order
WHERE o.stop_loss_percent IS NOT NULL OR o.take_profit_percent IS NOT NULL
"""
_MISVALUED = """
SELECT q.entry FROM equity_points q LEFT JOIN ledger_entries e ON e.id = q.entry
WHERE e.account IS NOT q.account OR e.run <> q.run OR e.total_after <> q.total OR e.occurred_at <> q.at LIMIT 1
"""
_MISNAMED_FILL = """
SELECT e.id FROM ledger_entries e JOIN fills f ON f.id = e.fill
WHERE instr(e.idempotency_key, ':' || f.symbol || ':' || f.trade_id || ':') = 0 OR e.occurred_at <> f.at
      OR e."position" IS NOT f."position" OR e."order" IS NOT f."order" OR e.run <> f.run LIMIT 1
"""
_ACCOUNTS = "SELECT id, type, currency FROM accounts"
_WALLETS = f"SELECT {', '.join(WALLET)} FROM wallet ORDER BY account"
_MISFILED_FILL = """
SELECT f.id FROM fills f JOIN orders o ON o.id = f."order" JOIN positions p ON p.id = f."position"
WHERE f.symbol <> o.symbol OR f.symbol <> p.symbol OR f.side <> o.side
      OR o.is_exit <> (f.side <> iif(p.direction = 'long', 'buy', 'sell')) LIMIT 1
"""


@dataclass(slots=True)
class _Lot:
    """What the fills of one position add up to."""

    quantity: Decimal = ZERO
    entry_quantity: Decimal = ZERO
    entry_cost: Decimal = ZERO
    realized_pnl: int = 0
    fees: int = 0
    first_price: Decimal = ZERO
    first_at: str = ""
    last_at: str = ""

    def earned(self, quantity: Decimal, value: Decimal, *, sign: int) -> int:
        """Return what closing so much of the lot for this value earned, as `domain.pnl` has it, in 10^-8."""
        if not self.entry_quantity:
            return 0
        return to_units(round_down((value - self.entry_cost * quantity / self.entry_quantity) * sign))


@dataclass(slots=True)
class _Open:
    """What is open in one account."""

    locked: int = 0
    items: int = 0
    ordered: set[int] = field(default_factory=set)


def check_caches(connection: apsw.Connection, walk: JournalWalk, *, findings: Findings) -> None:
    """Compare every cache of the file with the whole journal, as walked."""
    opened: dict[int, _Open] = defaultdict(_Open)
    filled = _check_fills(connection, walk, findings)
    _check_orders(connection, walk, findings, opened=opened)
    _check_positions(connection, walk, findings, lots=filled, opened=opened)
    _check_entry_orders(connection, findings, lots=filled)
    _check_wallets(connection, walk, findings, opened=opened)
    _check_run_totals(connection, walk, findings)
    _check_belonging(connection, findings)


def _check_fills(connection: apsw.Connection, walk: JournalWalk, findings: Findings) -> dict[int, _Lot]:
    lots: dict[int, _Lot] = defaultdict(_Lot)
    filled: dict[int, Decimal] = defaultdict(Decimal)
    for fill_id, order_id, position_id, *texts, pnl, fee, is_exit, direction, at in connection.cursor().execute(_FILLS):
        quantity, price, contract_size = (Decimal(text) for text in texts)
        lot = lots[position_id]
        if is_exit:
            if pnl != lot.earned(quantity, quantity * price * contract_size, sign=Direction(direction).sign):
                findings.add("I11", f"fill {fill_id} did not earn what its price says")
            lot.quantity -= quantity
        else:
            if not lot.entry_quantity:
                lot.first_price, lot.first_at = price, at
            lot.quantity += quantity
            lot.entry_quantity += quantity
            lot.entry_cost += quantity * price * contract_size
        lot.realized_pnl += pnl
        lot.fees += fee
        lot.last_at = at
        filled[order_id] += quantity
        if walk.fill_sums.get(fill_id, (0, 0)) != (pnl, fee):
            findings.add("I7", f"fill {fill_id} is not what the journal booked of it")
    for order_id, text in connection.cursor().execute("SELECT id, filled_quantity FROM orders"):
        if filled.get(order_id, ZERO) != Decimal(text):
            findings.add("I11", f"the filled quantity of order {order_id} is not the sum of its fills")
    return lots


def _check_orders(
    connection: apsw.Connection, walk: JournalWalk, findings: Findings, *, opened: dict[int, _Open]
) -> None:
    for order_id, account_id, status, reserve, position_id, *texts in connection.cursor().execute(_ORDERS):
        if not _is_status_of(OrderStatus(status), *(Decimal(text) for text in texts)):
            findings.add("I11", f"order {order_id} is {status} with {texts[1]} of {texts[0]} filled")
        if reserve != walk.balances.get((account_id, ledger.locked_for_order(order_id)), 0):
            findings.add("I7", f"the reserve of order {order_id} is not what the journal locked for it")
        if OrderStatus(status).is_live:
            account = opened[account_id]
            account.items += 1
            account.locked += reserve
            if position_id is not None:
                account.ordered.add(position_id)
        elif reserve:
            findings.add("I10", f"ended order {order_id} still holds a reserve")


def _is_status_of(status: OrderStatus, quantity: Decimal, filled: Decimal) -> bool:
    """Say whether an order of which so much is filled can stand there."""
    if status is OrderStatus.FILLED or filled >= quantity:
        return status is OrderStatus.FILLED and filled == quantity
    if status in (OrderStatus.INTENT, OrderStatus.SENT):
        return not filled
    return filled > 0 or status is not OrderStatus.PARTIALLY_FILLED


def _check_positions(
    connection: apsw.Connection,
    walk: JournalWalk,
    findings: Findings,
    *,
    lots: dict[int, _Lot],
    opened: dict[int, _Open],
) -> None:
    for position_id, account_id, *rest in connection.cursor().execute(_POSITIONS):
        *texts, margin, pnl, fees, closed_at, reason, opened_at = rest
        quantity, entry_quantity, entry_cost = (Decimal(text) for text in texts)
        lot, account = lots[position_id], opened[account_id]
        if opened_at != lot.first_at or closed_at not in (None, lot.last_at):
            findings.add("I7", f"position {position_id} did not begin and end with its fills")
        if (quantity, entry_quantity, entry_cost) != (lot.quantity, lot.entry_quantity, lot.entry_cost):
            findings.add("I11", f"quantity or cost of position {position_id} is not that of its fills")
        if (pnl, fees) != (lot.realized_pnl, lot.fees):
            findings.add("I7", f"P&L or fees of position {position_id} are not those of its fills")
        if margin != walk.balances.get((account_id, ledger.locked_for_position(position_id)), 0):
            findings.add("I7", f"the margin of position {position_id} is not what the journal locked for it")
        account.locked += margin
        if quantity > 0:
            account.items += 1
            if closed_at is not None:
                findings.add("I10", f"position {position_id} is open and closed at once")
        elif margin or closed_at is None or reason is None or position_id in account.ordered:
            findings.add("I10", f"closed position {position_id} holds margin or an order, or has no end")


def _check_entry_orders(connection: apsw.Connection, findings: Findings, *, lots: dict[int, _Lot]) -> None:
    unlike = connection.cursor().execute(_UNLIKE_ITS_ORDER).get
    if unlike is not None:
        findings.add("I7", f"position {unlike} is not what its entry order asked for")
    for position_id, side, stop, stop_percent, target, target_percent in connection.cursor().execute(_LEVELS):
        sign, price = (1 if side == "buy" else -1), lots[position_id].first_price
        if not _is_level(stop, stop_percent, price, sign=-sign) or not _is_level(
            target, target_percent, price, sign=sign
        ):
            findings.add("I7", f"stop or target of position {position_id} is not what its entry order asked for")


def _is_level(level: str | None, percent: str | None, price: Decimal, *, sign: int) -> bool:
    """Say whether a level can be so many percent from the fill price, rounded to some tick towards it.

    The books do not say how large the tick was, so anything between the exact level and the fill price can be.
    """
    if percent is None:
        return True
    exact = price * (HUNDRED + sign * Decimal(percent)) / HUNDRED
    return level is not None and min(exact, price) <= Decimal(level) <= max(exact, price)


def _check_wallets(
    connection: apsw.Connection, walk: JournalWalk, findings: Findings, *, opened: dict[int, _Open]
) -> None:
    accounts: dict[int, Row] = {row[0]: row for row in connection.cursor().execute(_ACCOUNTS)}
    wallets = {row[0]: row for row in connection.cursor().execute(_WALLETS)}
    for account_id in accounts.keys() - wallets.keys():
        findings.add("I7", f"account {account_id} has no wallet")
    for account_id, row in wallets.items():
        total, available, locked = row[3:6]
        if total != available + locked:
            findings.add("I2", f"account {account_id}: total is not available + locked")
        if locked != opened[account_id].locked:
            findings.add("I3", f"account {account_id}: locked is not the margins of positions + reserves of orders")
        if row[1] == DEMO and (available < 0 or locked < 0):
            findings.add("I4", f"account {account_id}: available or locked is below zero")
        if not opened[account_id].items and locked:
            findings.add("I5", f"account {account_id}: nothing is open, and yet something is locked")
        if row[:3] != accounts.get(account_id):
            findings.add("I7", f"account {account_id}: the wallet is of another type or currency")
        if (total, locked) != walk.totals.get(account_id, (0, 0)) or row[9] != walk.newest_at.get(account_id):
            findings.add("I7", f"account {account_id}: the wallet is not what its newest entry says")
        if row[3:9] != wallet_of_journal(walk, account_id):
            findings.add("I7", f"account {account_id}: the wallet is not the sum of the journal")


def wallet_of_journal(walk: JournalWalk, account_id: int) -> tuple[int, ...]:
    """Return total, available, locked, deposits, withdrawals and P&L of an account, summed from the journal."""
    total = locked = 0
    for (account, name), amount in walk.balances.items():
        if account == account_id and name.startswith(ledger.CASH_PREFIX):
            total += amount
            locked += amount if name.startswith(ledger.LOCKED_PREFIX) else 0
    sums = {name: walk.balances.get((account_id, name), 0) for name in _WALLET_SUMS}
    earned = -sum(sums[name] for name in (ledger.PNL_INCOME, ledger.FEE_EXPENSE, ledger.FUNDING_INCOME))
    deposits, withdrawals = -sums[ledger.DEPOSIT_EQUITY], sums[ledger.WITHDRAWAL_EQUITY]
    return (total, total - locked, locked, deposits, withdrawals, earned)


_WALLET_SUMS = (
    ledger.PNL_INCOME, ledger.FEE_EXPENSE, ledger.FUNDING_INCOME, ledger.DEPOSIT_EQUITY, ledger.WITHDRAWAL_EQUITY,
)  # fmt: skip


def run_totals_of_journal(walk: JournalWalk, run_id: int) -> tuple[int, ...]:
    """Return the sums of a run in the order of `RUN_TOTALS`, summed from the journal."""
    return tuple(
        sign * walk.run_sums.get((run_id, name), 0)
        for name, sign in (_LEDGER_ACCOUNT_OF[column] for column in RUN_TOTALS)
    )


def _check_run_totals(connection: apsw.Connection, walk: JournalWalk, findings: Findings) -> None:
    expected: dict[int, int] = defaultdict(int)
    names = ", ".join(f't."{name}"' for name in RUN_TOTALS)
    statement = f"SELECT r.id, r.account, {names} FROM runs r LEFT JOIN run_totals t ON t.run = r.id ORDER BY r.id"
    for run_id, account_id, *stored in connection.cursor().execute(statement):
        sums = run_totals_of_journal(walk, run_id)
        if tuple(stored) != sums:
            findings.add("I7", f"the sums of run {run_id} are not those of the journal")
        expected[account_id] += to_units(run_totals_from(sums).expected_total)
    for account_id, (total, _) in walk.totals.items():
        if expected[account_id] != total:
            findings.add("I12", f"account {account_id}: the total is not what came in, went out and was earned")


def _check_belonging(connection: apsw.Connection, findings: Findings) -> None:
    for what, joined in _STRANGERS:
        stranger = connection.cursor().execute(f"SELECT e.id FROM {joined} LIMIT 1").get
        if stranger is not None:
            findings.add("I13", f"{what} {stranger} refers to another account")
    misnamed = connection.cursor().execute(_MISNAMED_FILL).get
    if misnamed is not None:
        findings.add("I13", f"entry {misnamed} and its fill do not name the same trade")
    misfiled = connection.cursor().execute(_MISFILED_FILL).get
    if misfiled is not None:
        findings.add("I11", f"fill {misfiled} is not of the symbol and side of its order and position")
    misvalued = connection.cursor().execute(_MISVALUED).get
    if misvalued is not None:
        findings.add("I7", f"the equity point of entry {misvalued} is not what the entry says")
    for table, row_id, parent, _ in connection.cursor().execute("PRAGMA foreign_key_check"):
        findings.add("I13", f"row {row_id} of {table} refers to a missing row of {parent}")
        break
