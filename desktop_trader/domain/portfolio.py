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
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import NO_TOTALS, Account, Run, RunTotals, Wallet

_NO_ORDERS: Mapping[int, Order] = MappingProxyType({})
_NO_POSITIONS: Mapping[int, Position] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one event does to an account: the entries to book and every order, fill and position it changed."""

    drafts: tuple[EntryDraft, ...] = ()
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    positions: tuple[Position, ...] = ()


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
            wallet = _wallet_after(wallet, movement.drafts, at)
            totals = _totals_after(totals, movement.drafts)
        orders, positions = self.orders, self.positions
        if movement.orders:
            orders = {**orders, **{order.id: order for order in movement.orders}}
            orders = {order_id: order for order_id, order in orders.items() if order.status.is_live}
        if movement.positions:
            positions = {**positions, **{position.id: position for position in movement.positions}}
            positions = {position_id: position for position_id, position in positions.items() if position.is_open}
        return replace(self, wallet=wallet, totals=totals, orders=orders, positions=positions)

    def equity(self, unrealized_pnl: Decimal) -> Decimal:
        """Return wallet total + unrealized P&L (I5)."""
        return self.wallet.total + unrealized_pnl

    def exit_order_of(self, position_id: int) -> Order | None:
        """Return the live order that closes a position, if there is one."""
        for order in self.orders.values():
            if order.is_exit and order.position_id == position_id:
                return order
        return None


def _wallet_after(wallet: Wallet, drafts: tuple[EntryDraft, ...], at: datetime) -> Wallet:
    sums = _sums_by_ledger_account(drafts)
    total_change = locked_change = ZERO
    for name, amount in sums.items():
        if name.startswith(ledger.CASH_PREFIX):
            total_change += amount
            if name != ledger.AVAILABLE:
                locked_change += amount
    earned = -sums.get(ledger.PNL_INCOME, ZERO) - sums.get(ledger.FEE_EXPENSE, ZERO)
    return replace(
        wallet,
        total=wallet.total + total_change,
        locked=wallet.locked + locked_change,
        total_deposits=wallet.total_deposits - sums.get(ledger.DEPOSIT_EQUITY, ZERO),
        total_withdrawals=wallet.total_withdrawals + sums.get(ledger.WITHDRAWAL_EQUITY, ZERO),
        total_pnl=wallet.total_pnl + earned - sums.get(ledger.FUNDING_INCOME, ZERO),
        updated_at=at,
    )


def _totals_after(totals: RunTotals, drafts: tuple[EntryDraft, ...]) -> RunTotals:
    sums = _sums_by_ledger_account(drafts)
    if not any(name in _TOTALS_FIELD for name in sums):
        return totals
    changes = {
        field_name: getattr(totals, field_name) + sign * sums[name]
        for name, (field_name, sign) in _TOTALS_FIELD.items()
        if name in sums
    }
    return replace(totals, **changes)


def _sums_by_ledger_account(drafts: tuple[EntryDraft, ...]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for draft in drafts:
        for posting in draft.postings:
            sums[posting.ledger_account] = sums.get(posting.ledger_account, ZERO) + posting.amount
    return sums


_TOTALS_FIELD: dict[str, tuple[str, int]] = {
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
}
"""Which sum of a run a ledger account feeds, and with which sign (income and equity grow with negative postings)."""
