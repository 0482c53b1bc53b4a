"""What a balance figure is made of: the parts that sum to it, exactly, and the entries behind each. No Qt.

The amounts are those of the snapshot; here they are only put in order, and added up once more to see that they make
the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.wallet import RunTotals
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.snapshot import AccountSnapshot, BalanceView
from desktop_trader.ui.models.table_columns import utc_time
from desktop_trader.ui.number_format import format_percent


class Figure(Enum):
    """A figure of the balance views, by the end of its object names."""

    TOTAL = ("Balance", ("virtual-balance", "total-balance", "balance-display"))
    PNL = ("Profit and loss", ("virtual-pnl", "pnl-display"))
    PORTFOLIO = ("Portfolio value", ("portfolio-value",))
    CHANGE_24H = ("Change in 24 hours", ("balance-change-24h",))
    AVAILABLE = ("Available balance", ("available-balance",))
    LOCKED = ("Locked balance", ("locked-balance",))
    UNREALIZED = ("Unrealized profit and loss", ("unrealized-pnl",))

    @property
    def title(self) -> str:
        """What the figure is called."""
        title: str = self.value[0]
        return title

    @classmethod
    def named(cls, object_name: str) -> Figure | None:
        """Return the figure that a label of this name shows; None for labels of other things."""
        return next((each for each in cls if object_name.endswith(each.value[1])), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One addend with its sign; `entries` are those behind it, None where there are none of its own."""

    caption: str
    amount: Decimal
    note: str = ""
    entries: LedgerFilter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The parts of a figure and the figure; `problem` is why there is none, or that they do not add up."""

    title: str
    currency: str
    parts: tuple[Part, ...] = ()
    result: Decimal | None = None
    note: str = ""
    problem: str = ""


def explain(figure: Figure, snapshot: AccountSnapshot | None) -> Explanation:
    """Return what a figure is made of, as of a snapshot."""
    if snapshot is None or snapshot.balance.totals is None:
        return Explanation(title=figure.title, currency="", problem="Nothing is known of the account yet.")
    balance = snapshot.balance
    makers = {
        Figure.TOTAL: _total,
        Figure.PNL: _pnl,
        Figure.PORTFOLIO: _portfolio,
        Figure.CHANGE_24H: _change,
        Figure.AVAILABLE: _available,
        Figure.LOCKED: _locked,
        Figure.UNREALIZED: _unrealized,
    }
    told = makers[figure](snapshot, balance, balance.totals or RunTotals())
    told = replace(told, title=figure.title, currency=balance.currency)
    if told.result is None and not told.problem:
        return replace(told, problem="A held symbol has no price yet, so this figure is not known.")
    if told.result is not None and sum((part.amount for part in told.parts), ZERO) != told.result:
        return replace(told, problem="The parts do not add up to the figure. Verify the books (Tools, Books).")
    return told


def _of_run(snapshot: AccountSnapshot, *kinds: EntryKind) -> LedgerFilter:
    names = tuple(kind.value for kind in kinds)
    return LedgerFilter(account=snapshot.account_name, run_id=snapshot.run_id, kinds=names)


def _put_in(snapshot: AccountSnapshot, totals: RunTotals) -> Iterator[Part]:
    parts = (
        ("Start of the run", totals.opening, EntryKind.OPENING, True),
        ("Imports", totals.imports, EntryKind.IMPORT, False),
        ("Deposits", totals.deposits, EntryKind.DEPOSIT, True),
        ("Withdrawals", -totals.withdrawals, EntryKind.WITHDRAWAL, True),
        ("Adjustments", totals.adjustments, EntryKind.ADJUSTMENT, True),
    )
    for caption, amount, kind, is_always in parts:
        if amount or is_always:
            yield Part(caption=caption, amount=amount, entries=_of_run(snapshot, kind))


def _earned(snapshot: AccountSnapshot, totals: RunTotals) -> Iterator[Part]:
    closes = _of_run(snapshot, EntryKind.POSITION_CLOSE, EntryKind.LIQUIDATION)
    yield Part(caption="Realized P&L", amount=totals.realized_pnl, note="gross of fees", entries=closes)
    yield Part(caption="Fees", amount=-totals.fees, entries=_of_run(snapshot, EntryKind.FEE))
    yield Part(caption="Funding", amount=totals.funding, entries=_of_run(snapshot, EntryKind.FUNDING))
    for caption, amount, kind in (
        ("Rounding", totals.rounding, EntryKind.RECONCILE),
        ("Suspense", totals.suspense, EntryKind.RECONCILE),
        ("Taken out by the reset", -totals.reset, EntryKind.RESET),
    ):
        if amount:
            yield Part(caption=caption, amount=amount, entries=_of_run(snapshot, kind))


def _moves(snapshot: AccountSnapshot) -> Iterator[Part]:
    for each in snapshot.positions:
        mark = "no price yet" if each.mark_price is None else canonical(each.mark_price)
        yield Part(
            caption=f"Position {each.id} {each.direction.upper()} {each.symbol}",
            amount=each.unrealized_pnl or ZERO,
            note=f"mark {mark}, entry {canonical(each.entry_price)}, quantity {canonical(each.quantity)}",
            entries=LedgerFilter(account=snapshot.account_name, position_id=each.id),
        )


def _locks(snapshot: AccountSnapshot, *, sign: int) -> Iterator[Part]:
    for each in snapshot.positions:
        yield Part(
            caption=f"Margin of position {each.id} {each.direction.upper()} {each.symbol}",
            amount=sign * each.margin,
            note=f"leverage {each.leverage}",
            entries=LedgerFilter(account=snapshot.account_name, position_id=each.id),
        )
    for order in snapshot.orders:
        if order.reserve:
            yield Part(
                caption=f"Reserve of order {order.id} {order.side.value} {order.symbol}",
                amount=sign * order.reserve,
                entries=LedgerFilter(account=snapshot.account_name, order_id=order.id),
            )


def _total(snapshot: AccountSnapshot, balance: BalanceView, totals: RunTotals) -> Explanation:
    parts = (*_put_in(snapshot, totals), *_earned(snapshot, totals))
    return Explanation(
        title="", currency="", parts=parts, result=balance.total, note=f"What run {snapshot.run_id} is made of."
    )


def _pnl(snapshot: AccountSnapshot, balance: BalanceView, totals: RunTotals) -> Explanation:
    parts = (*_earned(snapshot, totals), *_moves(snapshot))
    note = "Deposits, withdrawals and adjustments are no profit and not part of it."
    return Explanation(title="", currency="", parts=parts, result=balance.pnl, note=note)


def _balance_part(snapshot: AccountSnapshot, balance: BalanceView) -> Part:
    return Part(caption="Balance", amount=balance.total, note="wallet total", entries=_of_run(snapshot))


def _portfolio(snapshot: AccountSnapshot, balance: BalanceView, _totals: RunTotals) -> Explanation:
    parts = (_balance_part(snapshot, balance), *_moves(snapshot))
    note = "The balance and what open positions would gain or lose at their marks."
    return Explanation(title="", currency="", parts=parts, result=balance.portfolio_value, note=note)


def _unrealized(snapshot: AccountSnapshot, balance: BalanceView, _totals: RunTotals) -> Explanation:
    note = "Never booked: it is what the open positions would gain or lose at their marks, gross of fees."
    return Explanation(title="", currency="", parts=tuple(_moves(snapshot)), result=balance.unrealized_pnl, note=note)


def _available(snapshot: AccountSnapshot, balance: BalanceView, _totals: RunTotals) -> Explanation:
    parts = (_balance_part(snapshot, balance), *_locks(snapshot, sign=-1))
    note = "What is neither margin of a position nor reserve of an order."
    return Explanation(title="", currency="", parts=parts, result=balance.available, note=note)


def _locked(snapshot: AccountSnapshot, balance: BalanceView, _totals: RunTotals) -> Explanation:
    parts = tuple(_locks(snapshot, sign=1))
    return Explanation(title="", currency="", parts=parts, result=balance.locked, note="Margins and reserves.")


def _change(snapshot: AccountSnapshot, balance: BalanceView, _totals: RunTotals) -> Explanation:
    day = balance.day_change
    if day is None:
        return Explanation(title="", currency="", problem="n/a: the run is younger than 24 hours of market time.")
    within = LedgerFilter(
        account=snapshot.account_name, from_at=day.begins_at, until_at=day.ends_at + timedelta(microseconds=1)
    )
    moved = tuple(
        kind.value for kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL, EntryKind.ADJUSTMENT, EntryKind.IMPORT)
    )
    percents = f"With them {_percent(day.gross_percent)}, without {_percent(day.net_percent)} of the balance before."
    return Explanation(
        title="",
        currency="",
        parts=(
            Part(caption="Balance at the end", amount=day.after, note=utc_time(day.ends_at), entries=within),
            Part(caption="Balance 24 hours before", amount=-day.before, note=utc_time(day.begins_at)),
            Part(
                caption="Deposits, withdrawals, adjustments",
                amount=-day.flow,
                note="put in (taken off here) or taken out",
                entries=replace(within, kinds=moved),
            ),
        ),
        result=day.net,
        note=f"Deposits and withdrawals are no profit. {percents}",
    )


def _percent(value: Decimal | None) -> str:
    return "n/a" if value is None else format_percent(value)
