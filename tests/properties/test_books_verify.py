"""*Verify books* says ok to whatever was booked by the rules, and notices every single thing that was changed after."""

from decimal import Decimal
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.ledger import GENESIS, EntryDraft, EntryKind, Posting, seal
from desktop_trader.domain.money import MAX_UNITS, from_units
from desktop_trader.domain.order import OrderSide
from desktop_trader.storage.journal_walk import hash_of
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.rows import ENTRY, RUN_TOTALS, entry_row
from desktop_trader.storage.verify import VerifyReport, verify
from tests.booked_account import START, BookedAccount, small_history

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "withdraw", "adjust", "buy", "sell", "rest", "cancel", "part", "close"]),
        st.integers(1, 60_000),
        st.integers(1, 10**9),
    ),
    max_size=25,
)


def take_step(account: BookedAccount, what: str, lots: int, units: int) -> None:
    """Do one thing if the account can pay for it, else nothing."""
    portfolio, amount = account.portfolio, from_units(units * 37)
    available = portfolio.wallet.available
    quantity, price = Decimal(lots) / 100_000, 20_000 + Decimal(units % 3_000_000) / 100
    can_pay = quantity * price * Decimal("1.01") < available
    if what == "deposit" or (what == "adjust" and units % 2):
        account.change(amount, kind=EntryKind.DEPOSIT if what == "deposit" else EntryKind.ADJUSTMENT)
    elif what in ("withdraw", "adjust") and amount <= available:
        account.change(-amount, kind=EntryKind.WITHDRAWAL if what == "withdraw" else EntryKind.ADJUSTMENT)
    elif what in ("buy", "sell", "rest") and can_pay:
        side = OrderSide.SELL if what == "sell" else OrderSide.BUY
        order = account.order(side, quantity, price)
        if what != "rest":
            account.fill(order, order.quantity, price - 1 if side is OrderSide.BUY else price)
    elif what == "cancel" and portfolio.orders:
        account.cancel(portfolio.orders[sorted(portfolio.orders)[units % len(portfolio.orders)]])
    elif what == "part" and portfolio.orders:
        order = portfolio.orders[sorted(portfolio.orders)[units % len(portfolio.orders)]]
        account.fill(order, min(order.remaining_quantity, quantity), order.limit_price or price)
    elif what == "close" and portfolio.positions:
        position = portfolio.positions[sorted(portfolio.positions)[units % len(portfolio.positions)]]
        rest = portfolio.orders.get(position.entry_order_id)
        if rest is not None and quantity >= position.quantity:
            account.cancel(rest)  # a closed position has no live order, not even the rest of the one that opened it
        near = position.entry_price.quantize(Decimal("0.01")) + (units % 200 - 100)
        account.close(position, min(position.quantity, quantity), near)


@pytest.mark.requirement("R75", "R179", "R182", "R189")
@given(steps=STEPS)
@settings(max_examples=60)
def test_whatever_is_booked_by_the_rules_verifies_and_comes_back(steps: list[tuple[str, int, int]]) -> None:
    store = SqliteLedgerStore.in_memory()
    account = BookedAccount(store)
    account.change("10000")
    for what, lots, units in steps:
        take_step(account, what, lots, units)
    report = verify(store._connection)
    assert (report.ok, set(report.invariants.values()), report.integrity) == (True, {"ok"}, "ok")
    assert report.head_hash == account.head.hash
    assert store.load("demo").portfolio == account.portfolio
    check_view(store._connection)
    store.close()


def check_view(connection: apsw.Connection) -> None:
    """The view says in exact text what `Decimal` makes of the integers."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT v.amount, v.balance_before, v.balance_after, v.locked_change, e.total_after, e.locked_after "
        "FROM wallet_transactions v JOIN ledger_entries e ON e.id = v.id ORDER BY v.id"
    ).fetchall()
    total = locked = Decimal(0)
    for amount, before, after, locked_change, total_after, locked_after in rows:
        assert Decimal(before) == total
        assert Decimal(after) == from_units(total_after) == total + Decimal(amount)
        assert locked + Decimal(locked_change) == from_units(locked_after)
        total, locked = Decimal(after), from_units(locked_after)


UNITS = st.integers(-MAX_UNITS + 1, MAX_UNITS - 1).filter(bool)
DRAFTS = st.builds(
    lambda kind, texts, links, amount: EntryDraft(
        kind=kind,
        idempotency_key=texts[0],
        occurred_at=START,
        account_id=1,
        run_id=2,
        currency="USDT",
        postings=(
            Posting(ledger_account=texts[1], amount=from_units(amount)),
            Posting(ledger_account=texts[1] + "!", amount=from_units(-amount)),
        ),
        reason=texts[2],
        author=texts[3],
        description=texts[4],
        position_id=links[0],
        order_id=links[1],
        fill_id=links[2],
        corrects=links[3],
    ),
    st.sampled_from(EntryKind),
    st.tuples(*[st.text(max_size=20)] * 5),
    st.tuples(*[st.integers(0, 2**40)] * 4),
    UNITS,
)


@given(draft=DRAFTS)
def test_the_hash_of_a_row_is_the_hash_of_its_entry(draft: EntryDraft) -> None:
    (entry,), _ = seal((draft,), head=GENESIS, total=Decimal(0), locked=Decimal(0))
    legs = sorted((1, p.ledger_account, "USDT", int(p.amount.scaleb(8))) for p in draft.postings)
    assert hash_of(entry_row(entry), legs) == entry.hash


@given(units=UNITS)
def test_money_goes_through_the_database_to_the_last_digit(units: int) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER) STRICT")
    connection.execute("INSERT INTO t VALUES (?)", (units,))
    assert from_units(connection.execute("SELECT a FROM t").get) == Decimal(units) / 10**8


class Forgery:
    """A copy of a small history, open to someone who knows about the triggers; every change is taken back."""

    def __init__(self) -> None:
        store = SqliteLedgerStore.in_memory()
        small_history(store)
        self.connection = store._connection
        self.triggers: list[tuple[Any, ...]] = self.connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()

    def report_after(self, statement: str) -> VerifyReport | None:
        """Return what verification says of the file after a change; None when SQLite itself refuses the change."""
        copy = apsw.Connection(":memory:")
        copy.deserialize("main", self.connection.serialize("main"))
        for name, _ in self.triggers:
            copy.execute(f"DROP TRIGGER {name}")
        try:
            copy.execute(statement)
        except apsw.ConstraintError:
            return None
        for _, sql in self.triggers:
            copy.execute(sql)
        return verify(copy)

    def ids(self, table: str, column: str) -> list[int]:
        rows: list[tuple[Any, ...]] = self.connection.execute(f"SELECT {column} FROM {table}").fetchall()
        return [row[0] for row in rows]


@pytest.fixture(scope="module")
def forgery() -> Forgery:
    return Forgery()


def changed(column: str) -> str:
    """SQL for another value of the same type as the present one."""
    return (
        f"CASE typeof(\"{column}\") WHEN 'text' THEN \"{column}\" || '1' WHEN 'null' THEN 1 ELSE \"{column}\" + 1 END"
    )


def test_the_untouched_copy_verifies(forgery: Forgery) -> None:
    report = forgery.report_after("SELECT 1")
    assert report is not None
    assert report.ok, report


@pytest.mark.requirement("R182")
@pytest.mark.parametrize("column", ENTRY)
def test_every_changed_column_of_every_entry_is_noticed(forgery: Forgery, column: str) -> None:
    reports = [
        forgery.report_after(f'UPDATE ledger_entries SET "{column}" = {changed(column)} WHERE id = {entry_id}')
        for entry_id in forgery.ids("ledger_entries", "id")
    ]
    assert [report for report in reports if report is not None and report.ok] == []


@pytest.mark.requirement("R182")
@pytest.mark.parametrize("column", ["entry", "ledger_account", "currency", "amount"])
def test_every_changed_column_of_every_posting_is_noticed(forgery: Forgery, column: str) -> None:
    end_of = "entry = {0} AND ledger_account = (SELECT {1}(ledger_account) FROM postings WHERE entry = {0})"
    reports = [
        forgery.report_after(f"UPDATE postings SET {column} = {changed(column)} WHERE {end_of.format(entry_id, end)}")
        for entry_id in forgery.ids("ledger_entries", "id")
        for end in ("min", "max")
    ]
    assert [report for report in reports if report is not None and report.ok] == []


@pytest.mark.parametrize("table", ["ledger_entries", "postings"])
def test_every_missing_row_is_noticed(forgery: Forgery, table: str) -> None:
    key = "id" if table == "ledger_entries" else "entry"
    ids = forgery.ids("ledger_entries", "id")
    reports = [forgery.report_after(f"DELETE FROM {table} WHERE {key} = {entry_id}") for entry_id in ids]
    assert [report for report in reports if report is not None and report.ok] == []


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("wallet", ["account_type", "currency", "updated_at", "total_deposits", "total_withdrawals", "total_pnl"]),
        ("run_totals", RUN_TOTALS),
        ("runs", ["account", "started_at", "ended_at", "start_amount", "how_ended"]),
        ("positions", ["quantity", "entry_quantity", "entry_cost", "contract_size", "margin", "realized_pnl", "fees"]),
        (
            "positions",
            ["symbol", "direction", "account", "run", "leverage", "entry_order", "opened_at", "strategy_run"],
        ),
        ("equity_points", ["entry", "at", "run", "total", "account"]),
        ("orders", ["filled_quantity", "reserve", "symbol", "side", "is_exit", "account"]),
        ("fills", ["quantity", "price", "fee", "realized_pnl", "symbol", "trade_id", "at", "position", "order", "run"]),
    ],
)
def test_every_changed_figure_of_a_cache_is_noticed(forgery: Forgery, table: str, columns: list[str]) -> None:
    key = "entry" if table == "equity_points" else "rowid"
    ids = forgery.ids(table, key)
    unnoticed = [
        (column, row_id)
        for column in columns
        for row_id in ids
        if (report := forgery.report_after(f'UPDATE {table} SET "{column}" = {changed(column)} WHERE {key} = {row_id}'))
        and report.ok
    ]
    # An order that never filled belongs to nothing that could contradict its symbol and side.
    assert [place for place in unnoticed if not (table == "orders" and place[1] in (3, 7))] == []


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        ("UPDATE wallet SET total = total + 5, available = available + 5", "I7"),
        ("UPDATE wallet SET locked = locked - 5, available = available + 5", "I3"),
        ("DELETE FROM wallet", "I7"),
        ("UPDATE ledger_entries SET total_after = total_after + 1 WHERE id = 3", "I6"),
        ("UPDATE postings SET amount = amount + 1 WHERE entry = 3 AND ledger_account = 'cash:available'", "I1"),
        ("UPDATE ledger_entries SET reason = 'another' WHERE id = 2", "I8"),
        ("UPDATE orders SET status = 'open', is_exit = 1, position = 1 WHERE id = 3", "I10"),
        ("UPDATE orders SET status = 'open', position = 1 WHERE id = 7", "I10"),
        ("UPDATE orders SET status = 'open' WHERE id = 3", "I3"),
        ("UPDATE fills SET quantity = '0.5' WHERE id = 1", "I11"),
        ("UPDATE run_totals SET fees = 0", "I7"),
        ("UPDATE orders SET quantity = '999' WHERE id = 1", "I11"),
        ("UPDATE orders SET quantity = '0.001' WHERE id = 6", "I11"),
        ("UPDATE orders SET status = 'open' WHERE id = 1", "I11"),
        ("UPDATE orders SET status = 'filled' WHERE id = 6", "I11"),
        ("UPDATE orders SET status = 'sent' WHERE id = 6", "I11"),
        ("UPDATE orders SET status = 'partially_filled' WHERE id = 7", "I11"),
        ("UPDATE positions SET stop_loss = '1' WHERE id = 2", "I7"),
        ("UPDATE positions SET stop_loss = NULL WHERE id = 2", "I7"),
        ("UPDATE positions SET stop_loss = '45100' WHERE id = 2", "I7"),
        ("UPDATE positions SET take_profit = '40000' WHERE id = 2", "I7"),
        ("UPDATE positions SET closed_at = '2001-01-01T00:00:00+00:00' WHERE id = 1", "I7"),
        ("UPDATE orders SET stop_loss_percent = NULL, stop_loss = '44000' WHERE id = 1", "I7"),
        ("UPDATE equity_points SET total = total + 1", "I7"),
    ],
)
def test_the_law_that_broke_is_named(forgery: Forgery, statement: str, law: str) -> None:
    report = forgery.report_after(statement)
    assert report is not None
    assert report.invariants[law] != "ok"


def test_dropped_triggers_are_noticed() -> None:
    store = SqliteLedgerStore.in_memory()
    small_history(store)
    store._connection.execute("DROP TRIGGER postings_refuse_update")
    assert verify(store._connection).integrity == "triggers are missing: postings_refuse_update"
