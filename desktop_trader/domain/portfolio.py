"""The state of one account: wallet, open positions and live orders, and how a movement of money changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from desktop_trader.domain import ledger
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.ledger import EntryDraft
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Order
from desktop_trader.domain.order_receipt import OrderEvent
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange
from desktop_trader.domain.wallet import BY_RESET, NO_TOTALS, Account, Run, RunTotals, Wallet

_NO_ORDERS: Mapping[int, Order] = MappingProxyType({})
_NO_POSITIONS: Mapping[int, Position] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one event does to an account: the entries to book and every order, fill and position it changed.

    `next_run` is the run that a reset begins: the present one ends with it. Drafts name the run they belong to.
    `receipt` and `position_changes` are appended to the receipts of orders and to the changes of positions.
    `closed_before` are the positions among them that were closed already, as they were: funding may come late.
    """

    drafts: tuple[EntryDraft, ...] = ()
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    positions: tuple[Position, ...] = ()
    next_run: Run | None = None
    receipt: tuple[OrderEvent, ...] = ()
    position_changes: tuple[PositionChange, ...] = ()
    closed_before: tuple[Position, ...] = ()

    def followed_by(self, later: "Movement") -> "Movement":
        """Return both as one: what this one does comes first. The two touch nothing in common."""
        return Movement(
            drafts=self.drafts + later.drafts,
            orders=self.orders + later.orders,
            fills=self.fills + later.fills,
            positions=self.positions + later.positions,
            next_run=later.next_run or self.next_run,
            receipt=self.receipt + later.receipt,
            position_changes=self.position_changes + later.position_changes,
            closed_before=self.closed_before + later.closed_before,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """A run as a reset leaves it, with its sums."""

    run: Run
    totals: RunTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """An account between two events. Frozen: `apply` returns the next one.

    `orders` holds live orders only, `positions` open ones only; the ended ones are in the books.
    """

    account: Account
    run: Run
    wallet: Wallet
    totals: RunTotals = NO_TOTALS
    orders: Mapping[int, Order] = field(default_factory=lambda: _NO_ORDERS)
    positions: Mapping[int, Position] = field(default_factory=lambda: _NO_POSITIONS)

    def apply(self, movement: Movement, *, at: datetime) -> "Portfolio":
        """Return the account after the movement; self is unchanged and nothing is checked here (see `invariants`)."""
        wallet, totals = self.wallet, self.totals
        if movement.drafts:
            sums = _sums_by_ledger_account(movement.drafts)
            wallet = _wallet_after(wallet, sums, at)
            totals = self._first_totals(movement) if movement.next_run else _totals_after(totals, sums)
        orders, positions = self.orders, self.positions
        if movement.orders:
            orders = dict(orders)
            for order in movement.orders:
                if order.status.is_live:
                    orders[order.id] = order
                else:
                    orders.pop(order.id, None)
        if movement.positions:
            positions = dict(positions)
            for position in movement.positions:
                if position.is_open:
                    positions[position.id] = position
                else:
                    positions.pop(position.id, None)
        return Portfolio(
            account=self.account,
            run=movement.next_run or self.run,
            wallet=wallet,
            totals=totals,
            orders=orders,
            positions=positions,
        )

    def ended_by(self, movement: Movement, *, at: datetime) -> EndedRun | None:
        """Return the present run as a reset among the movements leaves it; None when the run goes on."""
        if movement.next_run is None:
            return None
        drafts = tuple(draft for draft in movement.drafts if draft.run_id == self.run.id)
        return EndedRun(
            run=replace(self.run, ended_at=at, how_ended=BY_RESET),
            totals=_totals_after(self.totals, _sums_by_ledger_account(drafts)),
        )

    def _first_totals(self, movement: Movement) -> RunTotals:
        """Return the sums of the run that a movement begins."""
        drafts = tuple(draft for draft in movement.drafts if draft.run_id != self.run.id)
        return _totals_after(NO_TOTALS, _sums_by_ledger_account(drafts))

    def equity(self, unrealized_pnl: Decimal) -> Decimal:
        """Return wallet total + unrealized P&L (I5)."""
        return self.wallet.total + unrealized_pnl

    def exit_order_of(self, position_id: int) -> Order | None:
        """Return the oldest live order that is closing a position, whole or in part; None where all exits rest."""
        return next((order for order in self.exit_orders_of(position_id) if order.leaves_at_once), None)

    def leaving_of(self, position_id: int) -> Decimal:
        """Return how much of a position is being closed at once: at the market, or at a level that was hit."""
        if not self.orders:
            return ZERO
        leaving = (order.remaining_quantity for order in self.exit_orders_of(position_id) if order.leaves_at_once)
        return sum(leaving, ZERO)

    def exit_orders_of(self, position_id: int) -> tuple[Order, ...]:
        """Return the live orders that close a position or a part of it, oldest first."""
        return tuple(order for order in self.orders.values() if order.is_exit and order.position_id == position_id)


def _sums_by_ledger_account(drafts: tuple[EntryDraft, ...]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for draft in drafts:
        for posting in draft.postings:
            sums[posting.ledger_account] = sums.get(posting.ledger_account, ZERO) + posting.amount
    return sums


def _wallet_after(wallet: Wallet, sums: dict[str, Decimal], at: datetime) -> Wallet:
    total, locked = wallet.total, wallet.locked
    for name, amount in sums.items():
        if name.startswith(ledger.CASH_PREFIX):
            total += amount
            if name != ledger.AVAILABLE:
                locked += amount
    spent = sum((sums[name] for name in _EARNINGS if name in sums), ZERO)
    return Wallet(
        account_id=wallet.account_id,
        currency=wallet.currency,
        total=total,
        locked=locked,
        total_deposits=wallet.total_deposits - sums.get(ledger.DEPOSIT_EQUITY, ZERO),
        total_withdrawals=wallet.total_withdrawals + sums.get(ledger.WITHDRAWAL_EQUITY, ZERO),
        total_pnl=wallet.total_pnl - spent,
        updated_at=at,
    )


def _totals_after(totals: RunTotals, sums: dict[str, Decimal]) -> RunTotals:
    changes: dict[str, Decimal] = {}
    for name, amount in sums.items():
        feeds = TOTALS_FIELD_OF.get(name)
        if feeds is not None:
            field_name, sign = feeds
            changes[field_name] = getattr(totals, field_name) + sign * amount
    return replace(totals, **changes) if changes else totals


_EARNINGS = (ledger.PNL_INCOME, ledger.FEE_EXPENSE, ledger.FUNDING_INCOME)
TOTALS_FIELD_OF: dict[str, tuple[str, int]] = {
    ledger.OPENING_EQUITY: ("opening", -1),
    ledger.IMPORT_EQUITY: ("imports", -1),
    ledger.DEPOSIT_EQUITY: ("deposits", -1),
    ledger.WITHDRAWAL_EQUITY: ("withdrawals", 1),
    ledger.ADJUSTMENT_EQUITY: ("adjustments", -1),
    ledger.PNL_INCOME: ("realized_pnl", -1),
    ledger.FEE_EXPENSE: ("fees", 1),
    ledger.FUNDING_INCOME: ("funding", -1),
    ledger.ROUNDING: ("rounding", -1),
    ledger.SUSPENSE: ("suspense", -1),
    ledger.RESET_EQUITY: ("reset", 1),
}
"""Which sum of a run a ledger account feeds, and with which sign (income and equity grow with negative postings)."""
