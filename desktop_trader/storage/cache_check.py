"""Compares everything that is derived with what it is derived from (I2 to I5, I7, I10 to I12).

Over a whole file, or over what may have changed since a verified head.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import apsw

from desktop_trader.domain import ledger
from desktop_trader.domain.money import ZERO, canonical, from_units, round_down, to_units
from desktop_trader.domain.order import Direction, OrderStatus
from desktop_trader.domain.portfolio import TOTALS_FIELD_OF
from desktop_trader.domain.wallet import DEMO
from desktop_trader.storage.cache_scope import AMONG, CacheScope
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.position_terms import complaints_of_terms, funding_of
from desktop_trader.storage.rows import RUN_TOTALS, WALLET, Row, run_totals_from

_LEDGER_ACCOUNT_OF = {column: (name, sign) for name, (column, sign) in TOTALS_FIELD_OF.items()}
"""Which ledger account each sum of a run is, and with which sign."""

_FILLS = """
SELECT f.id, f."order", f."position", f.quantity, f.price, p.contract_size, f.realized_pnl, f.fee, o.is_exit,
       p.direction, f.at, f.account
FROM fills f JOIN orders o ON o.id = f."order" JOIN positions p ON p.id = f."position"
"""
_ORDERS = 'SELECT id, account, status, reserve, is_exit, "position", quantity, filled_quantity FROM orders'
_POSITIONS = """
SELECT id, account, quantity, entry_quantity, entry_cost, margin, realized_pnl, fees, funding, closed_at,
       close_reason, opened_at
FROM positions
"""
# What may change later (`position_terms`) is compared by itself.
_UNLIKE_ITS_ORDER = """
SELECT p.id, p.account FROM positions p JOIN orders o ON o.id = p.entry_order
WHERE (p.symbol <> o.symbol OR p.direction <> iif(o.side = 'buy', 'long', 'short') OR p.margin_mode <> o.margin_mode
      OR p.account <> o.account OR p.run <> o.run OR p.strategy_run IS NOT o.strategy_run
      OR o.is_exit OR o."position" IS NOT p.id)
"""
_FILLS_OF_POSITIONS = f'WHERE f.id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" {AMONG})'
"""By way of the entries, which have an index for it."""
_ACCOUNTS = "SELECT id, type, currency FROM accounts"
_WALLETS = f"SELECT {', '.join(WALLET)} FROM wallet ORDER BY account"
_ROWS_BETWEEN_NEWS = 4_096
_STATUSES = {status.value: status for status in OrderStatus}
_LIVE = frozenset(status for status in OrderStatus if status.is_live)


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


class CacheCheck:
    """One comparison; `scope` None compares everything. `on_progress` is told how many rows were looked at."""

    def __init__(
        self,
        connection: apsw.Connection,
        walk: JournalWalk,
        findings: Findings,
        *,
        scope: CacheScope | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Compare with a journal that `walk` has walked to its end."""
        self._connection = connection
        self._walk = walk
        self._findings = findings
        self._fills = None if scope is None else scope.fills
        self._orders = None if scope is None else scope.orders
        self._positions = None if scope is None else scope.positions
        self._on_progress = on_progress
        self._rows_seen = 0
        self._lots: dict[int, _Lot] = defaultdict(_Lot)
        self._filled: dict[int, Decimal] = defaultdict(Decimal)
        self._opened: dict[int, _Open] = defaultdict(_Open)

    def check(self) -> None:
        """Compare every cache."""
        self._check_fills()
        self._check_orders()
        self._check_positions()
        self._check_entry_orders()
        self._check_wallets()
        self._check_run_totals()

    def _select(self, statement: str, where: str, ids: str | None) -> apsw.Cursor:
        """Run a statement over all rows, or those that `where` finds with a JSON array of ids."""
        cursor = self._connection.cursor()
        return (
            cursor.execute(f"{statement} ORDER BY 1") if ids is None else cursor.execute(f"{statement} {where}", (ids,))
        )

    def _tick(self) -> None:
        self._rows_seen += 1
        if self._on_progress is not None and not self._rows_seen % _ROWS_BETWEEN_NEWS:
            self._on_progress(self._rows_seen)

    def _check_fills(self) -> None:
        among = _FILLS_OF_POSITIONS + " ORDER BY f.id"
        for row in self._select(_FILLS, among, self._positions):
            fill_id, order_id, position_id, *texts, pnl, fee, is_exit, direction, at, account_id = row
            self._tick()
            quantity, price, contract_size = (Decimal(text) for text in texts)
            lot = self._lots[position_id]
            if is_exit:
                earned = lot.earned(quantity, quantity * price * contract_size, sign=Direction(direction).sign)
                if pnl != earned:
                    text = f"fill {fill_id} says it earned {_money(pnl)}; by its price it earned {_money(earned)}"
                    self._add("I11", text, ("fills", fill_id, account_id))
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
            self._filled[order_id] += quantity
            if self._fills is None or fill_id in self._fills:
                self._check_booked(fill_id, account_id, stored=(pnl, fee))

    def _check_booked(self, fill_id: int, account_id: int, *, stored: tuple[int, int]) -> None:
        booked = self._walk.fill_sums.get(fill_id, (0, 0))
        if booked != stored:
            text = (
                f"fill {fill_id} says P&L {_money(stored[0])} and fee {_money(stored[1])}; the journal booked "
                f"{_money(booked[0])} and {_money(booked[1])} of it"
            )
            self._add("I7", text, ("fills", fill_id, account_id))

    def _check_orders(self) -> None:
        for row in self._select(_ORDERS, f"WHERE id {AMONG} ORDER BY id", self._orders):
            order_id, account_id, status, reserve, is_exit, position_id, *texts = row
            self._tick()
            place = ("orders", order_id, account_id)
            filled = self._filled.get(order_id, ZERO)
            if filled != Decimal(texts[1]):
                text = f"order {order_id} says that {texts[1]} of it is filled; its fills add up to {canonical(filled)}"
                self._add("I11", text, place)
            known = _STATUSES[status]
            if not _is_status_of(known, *(Decimal(text) for text in texts)):
                self._add("I11", f"order {order_id} is {status} with {texts[1]} of {texts[0]} filled", place)
            locked = self._walk.balances.get((account_id, ledger.locked_for_order(order_id)), 0)
            if reserve != locked:
                text = f"order {order_id} reserves {_money(reserve)}; the journal locked {_money(locked)} for it"
                self._add("I7", text, place)
            if known in _LIVE:
                account = self._opened[account_id]
                account.items += 1
                account.locked += reserve
                if not reserve and not is_exit:
                    self._add("I3", f"order {order_id} is {status} and reserves nothing", place)
                if position_id is not None:
                    account.ordered.add(position_id)
            elif reserve:
                self._add("I10", f"order {order_id} has ended and still reserves {_money(reserve)}", place)

    def _check_positions(self) -> None:
        paid_of = funding_of(self._connection, self._positions)
        for row in self._select(_POSITIONS, f"WHERE id {AMONG} ORDER BY id", self._positions):
            position_id, account_id, *texts, margin, pnl, fees, funding, closed_at, reason, opened_at = row
            self._tick()
            place = ("positions", position_id, account_id)
            lot, account = self._lots[position_id], self._opened[account_id]
            if opened_at != lot.first_at or closed_at not in (None, lot.last_at):
                self._add("I7", f"position {position_id} did not begin and end with its fills", place)
            self._compare_lot(place, lot, stored=tuple(Decimal(text) for text in texts))
            if (pnl, fees) != (lot.realized_pnl, lot.fees):
                text = (
                    f"position {position_id} says P&L {_money(pnl)} and fees {_money(fees)}; its fills have "
                    f"{_money(lot.realized_pnl)} and {_money(lot.fees)}"
                )
                self._add("I7", text, place)
            paid = paid_of.get(position_id, 0)
            if funding != paid:
                text = f"position {position_id} says funding {_money(funding)}; the journal booked {_money(paid)}"
                self._add("I7", text, place)
            locked = self._walk.balances.get((account_id, ledger.locked_for_position(position_id)), 0)
            if margin != locked:
                text = f"position {position_id} has a margin of {_money(margin)}; the journal locked {_money(locked)}"
                self._add("I7", text, place)
            account.locked += margin
            is_ordered = position_id in account.ordered
            if Decimal(texts[0]) > 0:
                account.items += 1
                if closed_at is not None:
                    self._add("I10", f"position {position_id} is open and closed at once", place)
            elif margin or closed_at is None or reason is None or is_ordered:
                self._add("I10", f"closed position {position_id} holds margin or an order, or has no end", place)

    def _compare_lot(self, place: tuple[str, int, int], lot: _Lot, *, stored: tuple[Decimal, ...]) -> None:
        names = ("quantity", "entry quantity", "cost")
        summed = (lot.quantity, lot.entry_quantity, lot.entry_cost)
        for name, is_, due in zip(names, stored, summed, strict=True):
            if is_ != due:
                text = f"position {place[1]} has a {name} of {canonical(is_)}; its fills add up to {canonical(due)}"
                self._add("I11", text, place)

    def _check_entry_orders(self) -> None:
        ids = self._positions
        among = f"AND p.id {AMONG} ORDER BY p.id"
        for position_id, account_id in self._select(_UNLIKE_ITS_ORDER, among, ids):
            text = f"position {position_id} is not what its entry order asked for"
            self._add("I7", text, ("positions", position_id, account_id))
        wrong = complaints_of_terms(self._connection, ids, first_price_of=lambda lot: self._lots[lot].first_price)
        for position_id, account_id, text in wrong:
            self._add("I7", text, ("positions", position_id, account_id))

    def _check_wallets(self) -> None:
        accounts: dict[int, Row] = {row[0]: row for row in self._connection.cursor().execute(_ACCOUNTS)}
        wallets = {row[0]: row for row in self._connection.cursor().execute(_WALLETS)}
        for account_id in sorted(accounts.keys() - wallets.keys()):
            self._add("I7", f"account {account_id} has no wallet", ("wallet", account_id, account_id))
        for account_id, row in wallets.items():
            self._check_wallet(row, account=accounts.get(account_id))

    def _check_wallet(self, row: Row, *, account: Row | None) -> None:
        account_id, total, available, locked = row[0], *row[3:6]
        walk, opened = self._walk, self._opened[account_id]
        newest = walk.totals.get(account_id, (0, 0))
        shown = f"the wallet shows {_money(total)}, {_money(locked)} of it locked"
        complaints = (
            ("I2", total != available + locked, "the total of the wallet is not available + locked"),
            ("I3", locked != opened.locked, f"{shown}; positions and orders hold {_money(opened.locked)}"),
            ("I4", row[1] == DEMO and (available < 0 or locked < 0), "available or locked is below zero"),
            ("I5", not opened.items and locked != 0, f"nothing is open, and yet {_money(locked)} is locked"),
            ("I7", row[:3] != account, "the wallet is of another type or currency than its account"),
            ("I7", (total, locked) != newest, f"{shown}; the newest entry left {_money(newest[0])}"),
            ("I7", row[9] != walk.newest_at.get(account_id), "the wallet was not changed when its newest entry was"),
            ("I7", row[3:9] != wallet_of_journal(walk, account_id), "the wallet is not the sum of the journal"),
        )
        for law, is_broken, text in complaints:
            if is_broken:
                self._add(law, f"account {account_id}: {text}", ("wallet", account_id, account_id))

    def _check_run_totals(self) -> None:
        expected: dict[int, int] = defaultdict(int)
        names = ", ".join(f't."{name}"' for name in RUN_TOTALS)
        statement = f"SELECT r.id, r.account, {names} FROM runs r LEFT JOIN run_totals t ON t.run = r.id ORDER BY r.id"
        for run_id, account_id, *stored in self._connection.cursor().execute(statement):
            sums = run_totals_of_journal(self._walk, run_id)
            for name, is_, due in zip(RUN_TOTALS, stored, sums, strict=True):
                if is_ != due:
                    shown = "nothing" if is_ is None else _money(is_)
                    text = f"run {run_id} shows {shown} for {name}; the journal adds up to {_money(due)}"
                    self._add("I7", text, ("run_totals", run_id, account_id))
            expected[account_id] += to_units(run_totals_from(sums).expected_total)
        for account_id, (total, _) in self._walk.totals.items():
            due = expected[account_id]
            if due != total:
                text = (
                    f"account {account_id}: what came in, went out and was earned is {_money(due)}; the total is "
                    f"{_money(total)}"
                )
                self._add("I12", text, ("accounts", account_id, account_id))

    def _add(self, law: str, text: str, place: tuple[str, int, int]) -> None:
        table, row_id, account_id = place
        self._findings.add(law, text, table=table, row_id=row_id, account_id=account_id)


def _money(units: int) -> str:
    return canonical(from_units(units))


def _is_status_of(status: OrderStatus, quantity: Decimal, filled: Decimal) -> bool:
    """Say whether an order of which so much is filled can stand there."""
    if status is OrderStatus.FILLED or filled >= quantity:
        return status is OrderStatus.FILLED and filled == quantity
    if status in (OrderStatus.INTENT, OrderStatus.SENT):
        return not filled
    return filled > 0 or status is not OrderStatus.PARTIALLY_FILLED


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
