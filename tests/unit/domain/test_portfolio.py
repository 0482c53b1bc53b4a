"""An account before and after a movement."""

from decimal import Decimal

import pytest

from desktop_trader.domain import accounting, ledger, order_accounting
from desktop_trader.domain.accounting import BalanceChange
from desktop_trader.domain.ledger import EntryDraft, EntryKind, Posting
from desktop_trader.domain.order import OrderSide, OrderStatus
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.wallet import RunTotals
from tests.builders import after, make_order, make_portfolio, make_position


def moving(ledger_account: str, amount: str) -> Movement:
    """Cash against one other ledger account."""
    value = Decimal(amount)
    legs = (
        Posting(ledger_account=ledger.AVAILABLE, amount=value),
        Posting(ledger_account=ledger_account, amount=-value),
    )
    return Movement(
        drafts=(
            EntryDraft(
                kind=EntryKind.RECONCILE,
                idempotency_key="k",
                occurred_at=after(minutes=1),
                account_id=1,
                run_id=1,
                currency="USDT",
                postings=legs,
                reason="test",
            ),
        )
    )


@pytest.mark.requirement("R175", "R176", "R177")
@pytest.mark.parametrize(
    ("ledger_account", "amount", "field", "value", "total_pnl"),
    [
        (ledger.OPENING_EQUITY, "10", "opening", "10010", "0"),
        (ledger.IMPORT_EQUITY, "10", "imports", "10", "0"),
        (ledger.DEPOSIT_EQUITY, "10", "deposits", "10", "0"),
        (ledger.WITHDRAWAL_EQUITY, "-10", "withdrawals", "10", "0"),
        (ledger.ADJUSTMENT_EQUITY, "-10", "adjustments", "-10", "0"),
        (ledger.PNL_INCOME, "10", "realized_pnl", "10", "10"),
        (ledger.FEE_EXPENSE, "-10", "fees", "10", "-10"),
        (ledger.FUNDING_INCOME, "-10", "funding", "-10", "-10"),
        (ledger.ROUNDING, "10", "rounding", "10", "0"),
        (ledger.SUSPENSE, "-10", "suspense", "-10", "0"),
    ],
)
def test_every_source_of_money_has_its_own_sum(
    ledger_account: str, amount: str, field: str, value: str, total_pnl: str
) -> None:
    portfolio = make_portfolio().apply(moving(ledger_account, amount), at=after(minutes=1))
    assert getattr(portfolio.totals, field) == Decimal(value)
    assert portfolio.wallet.total == 10_000 + Decimal(amount) == portfolio.totals.expected_total
    assert portfolio.wallet.total_pnl == Decimal(total_pnl)
    assert portfolio.wallet.updated_at == after(minutes=1)


def test_deposits_and_withdrawals_are_summed_apart_and_never_count_as_profit() -> None:
    portfolio = make_portfolio()
    for index, (kind, amount) in enumerate(
        [(EntryKind.DEPOSIT, "500"), (EntryKind.WITHDRAWAL, "-200"), (EntryKind.DEPOSIT, "1")]
    ):
        change = BalanceChange(kind=kind, amount=Decimal(amount), reason="r", author="a", request_key=f"{index}")
        portfolio = portfolio.apply(
            accounting.change_balance(portfolio, change, at=after(minutes=1)), at=after(minutes=1)
        )
    wallet = portfolio.wallet
    assert (wallet.total_deposits, wallet.total_withdrawals, wallet.total_pnl, wallet.total) == (501, 200, 0, 10_301)
    assert portfolio.totals.contributed == wallet.total


@pytest.mark.requirement("R173", "R75")
def test_available_is_derived_from_total_and_locked() -> None:
    order = make_order(reserve=Decimal("45.045"))
    portfolio = make_portfolio()
    portfolio = portfolio.apply(order_accounting.place_order(portfolio, order), at=after(minutes=1))
    wallet = portfolio.wallet
    assert (wallet.total, wallet.available, wallet.locked) == (10_000, Decimal("9954.955"), Decimal("45.045"))
    assert wallet.total == wallet.available + wallet.locked


def test_only_live_orders_and_open_positions_are_kept() -> None:
    portfolio = make_portfolio(positions=[make_position()], orders=[make_order()])
    ended, closed = make_order(status=OrderStatus.FILLED), make_position(quantity=0, entry_quantity=Decimal(1))
    fresh = make_order(id=2)
    after_ = portfolio.apply(Movement(orders=(ended, fresh), positions=(closed,)), at=after(minutes=1))
    assert list(after_.orders) == [2]
    assert after_.positions == {}
    assert list(portfolio.orders) == [1]
    assert list(portfolio.positions) == [1]


def test_an_empty_movement_changes_no_figure() -> None:
    portfolio = make_portfolio()
    assert portfolio.apply(Movement(), at=after(minutes=1)) == portfolio


def test_a_position_knows_its_live_exit() -> None:
    exit_ = make_order(id=4, is_exit=True, side=OrderSide.SELL, position_id=1)
    portfolio = make_portfolio(positions=[make_position()], orders=[make_order(id=3), exit_])
    assert portfolio.exit_order_of(1) == exit_
    assert portfolio.exit_order_of(2) is None


def test_equity_adds_what_open_positions_are_worth() -> None:
    assert make_portfolio().equity(Decimal("-12.5")) == Decimal("9987.5")


def test_the_expected_total_is_law_12() -> None:
    totals = RunTotals(
        opening=Decimal(10_000),
        imports=Decimal(1),
        deposits=Decimal(20),
        withdrawals=Decimal(300),
        adjustments=Decimal(-4),
        realized_pnl=Decimal(50),
        fees=Decimal(6),
        funding=Decimal(-7),
        rounding=Decimal("0.5"),
        suspense=Decimal("-0.25"),
    )
    assert totals.contributed == 9717
    assert totals.expected_total == Decimal("9754.25")
