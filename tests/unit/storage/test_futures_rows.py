"""Leverage, funding, changes of positions and receipts of orders in the books: stored, given back, and watched over."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.domain.portfolio import Movement
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.verify_report import VerifyReport
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.drill_books import lost_of
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify, verify_folder
from tests.booked_account import START, market_at
from tests.booked_futures import BookedFutures, small_futures


@pytest.fixture
def store() -> Iterator[SqliteLedgerStore]:
    store = SqliteLedgerStore.in_memory()
    yield store
    store.close()


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    small_futures(store)
    store.close()
    return paths


def falsify(paths: DataFolderPaths, *statements: str) -> None:
    """Edit the file as someone would who knows about the triggers and the seal."""
    connection = apsw.Connection(str(paths.database))
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(str(sql))
    connection.close()
    paths.database.with_suffix(".seal").unlink()


def texts(report: VerifyReport) -> list[str]:
    return [finding.text for finding in report.findings]


def test_every_term_of_orders_and_positions_comes_back_as_it_was_stored(store: SqliteLedgerStore) -> None:
    account = small_futures(store)
    loaded = store.load("futures")
    assert loaded.portfolio == account.portfolio
    assert (loaded.market, verify(store._connection).ok) == (
        market_at(account.now, peak=account.portfolio.wallet.total),
        True,
    )


def test_an_edited_order_is_stored_with_its_new_terms(store: SqliteLedgerStore) -> None:
    account = BookedFutures(store)
    account.change("10000")
    position = account.enter(OrderSide.BUY, "0.02", "45000")
    order = account.rest_exit(position, "0.02", limit_price=Decimal(47_000))
    edited = account.edit(order, quantity=Decimal("0.015"), limit_price=Decimal("46500.5"))
    assert edited.revision == 1
    assert store.load("demo").portfolio == account.portfolio
    assert account.portfolio.orders[order.id] == edited


@pytest.mark.requirement("R34", "R96")
def test_receipts_are_appended_in_the_transaction_of_what_they_tell(store: SqliteLedgerStore) -> None:
    account = small_futures(store)
    assert store._connection.execute(
        'SELECT step, subject, detail FROM order_events WHERE "order" = 4 ORDER BY id'
    ).fetchall() == [
        ("checked", "risk_per_trade", "0.4 %; 1 %"),
        (
            "stored",
            "dt-4",
            "sell 0.01 stop limit, trigger 44,100, limit 44,000, reduce-only for position 1, one of a pair",
        ),
        ("sent", "", ""),
        ("edited", "1", "quantity 0.01 to 0.005, trigger 44,100 to 44,200"),
        ("triggered", "", "44,200 reached at 44,200; rests at 44,000 from now on"),
    ]
    order = next(iter(account.portfolio.orders.values()))
    stranger = OrderEvent(order_id=99, at=account.now, step=ReceiptStep.NOTE)
    with pytest.raises(Exception, match="could not be stored"):
        account.post(Movement(orders=(replace(order, updated_at=account.tick()),), receipt=(stranger,)))
    assert store.load("futures").portfolio == account.portfolio


@pytest.mark.parametrize("table", ["order_events", "position_changes"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET id = id + 100",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0} WHERE id = 1",
    ],
)
def test_what_was_told_once_is_never_told_otherwise(store: SqliteLedgerStore, table: str, statement: str) -> None:
    small_futures(store)
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        store._connection.execute(statement.format(table))


FAULTS = [
    ("UPDATE positions SET leverage = 20 WHERE id = 1", "position 1 (BTC/USDT:USDT long) has a leverage of 20; its"),
    ("UPDATE positions SET leverage = 20 WHERE id = 2", "position 2 (BTC/USDT:USDT short) has a leverage of 20; its"),
    ("UPDATE positions SET stop_loss = '44000' WHERE id = 1", "position 1 (BTC/USDT:USDT long) has a stop loss of"),
    ("UPDATE positions SET take_profit = NULL WHERE id = 2", "position 2 (BTC/USDT:USDT short) has a take profit of"),
    (
        "UPDATE positions SET trail_percent = '3' WHERE id = 2",
        "position 2 (BTC/USDT:USDT short) has a trail percent of",
    ),
    ("UPDATE orders SET leverage = 20 WHERE id = 1", "position 1 (BTC/USDT:USDT long) had its leverage changed from"),
    ("DELETE FROM position_changes WHERE id = 1", "position 1 (BTC/USDT:USDT long) has a leverage of 8; its entry"),
    ("DELETE FROM position_changes WHERE id = 4", "position 1 (BTC/USDT:USDT long) has a stop loss of 44700.5; its"),
    (
        "UPDATE position_changes SET \"after\" = '50' WHERE id = 1",
        "position 1 (BTC/USDT:USDT long) has a leverage of 8",
    ),
    (
        "UPDATE position_changes SET \"before\" = '30000' WHERE id = 3",
        "position 1 (BTC/USDT:USDT long) began with a stop",
    ),
    ("UPDATE positions SET funding = funding + 1 WHERE id = 1", "position 1"),
    ("UPDATE positions SET funding = 0 WHERE id = 2", "position 2"),
]


@pytest.mark.requirement("R182")
@pytest.mark.parametrize(("statement", "text"), FAULTS)
def test_falsified_leverage_levels_funding_and_changes_are_found(
    paths: DataFolderPaths, statement: str, text: str
) -> None:
    falsify(paths, statement)
    report = verify_folder(paths)
    assert [found for found in texts(report) if found.startswith(text)], texts(report)
    assert report.invariants["I7"] != "ok"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE positions SET margin_mode = 'cross' WHERE id = 1",
        "UPDATE positions SET funding = 1 WHERE id = 3",
        'UPDATE order_events SET "order" = 99 WHERE id = 2',
        "UPDATE order_events SET step = 'guessed' WHERE id = 2",
        "UPDATE order_events SET \"at\" = 'yesterday' WHERE id = 2",
        'UPDATE position_changes SET "position" = 99 WHERE id = 2',
        "UPDATE orders SET reserve = 5 WHERE id = 4",
        "UPDATE ledger_entries SET kind = 'funding' WHERE kind = 'margin_change'",
    ],
)
def test_every_other_fault_of_futures_is_found(paths: DataFolderPaths, statement: str) -> None:
    assert verify_folder(paths).ok
    falsify(paths, statement)
    assert not verify_folder(paths).ok


@pytest.mark.requirement("R182")
def test_a_start_does_not_restore_a_position_whose_terms_were_falsified(paths: DataFolderPaths) -> None:
    falsify(paths, "UPDATE positions SET stop_loss = '10' WHERE id = 1")
    with pytest.raises(BooksDamagedError, match=r"position 1 \(BTC/USDT:USDT long\) has a stop loss of 10; its entry"):
        SqliteLedgerStore.open(paths)


def test_a_start_books_funding_of_positions_anew_from_the_journal_and_says_so(paths: DataFolderPaths) -> None:
    before = verify_folder(paths).head_hash
    falsify(paths, "UPDATE positions SET funding = 7 WHERE id = 1")
    store = SqliteLedgerStore.open(paths)
    books = store.load("futures")
    store.close()
    assert books.portfolio is not None
    assert books.portfolio.positions[1].funding == Decimal("-0.07894754")
    (note,) = store.notes
    assert "position 1 (BTC/USDT:USDT long) said funding 0.00000007; the journal booked -0.07894754" in note
    report = verify_folder(paths)
    assert (report.ok, report.head_hash) == (True, before)


def test_what_is_remembered_of_the_market_comes_back_in_its_order(store: SqliteLedgerStore) -> None:
    account = small_futures(store)
    state = replace(market_at(account.now), close_only="", ratchets=(("b", "2"), ("a", "1")))
    store.checkpoint(account.portfolio.account.id, state)
    market = store.load("futures").market
    assert market is not None
    assert (market.close_only, market.ratchets) == ("", (("b", "2"), ("a", "1")))


@pytest.mark.requirement("R35")
def test_a_drill_misses_what_was_told_of_futures_and_is_not_there(paths: DataFolderPaths) -> None:
    paid = {"event": "funding_paid", "position_id": 1, "amount": "-0.09002", "current_balance": "9999.0099798"}
    there: list[dict[str, object]] = [
        dict(paid),
        {"event": "position_changed", "position_id": 1},
        {"event": "order_edited", "order_id": 4},
        {"event": "order_triggered", "order_id": 4},
    ]
    assert lost_of(paths.database, there) == ()
    missing: list[dict[str, object]] = [
        paid | {"amount": "-0.09003"},
        paid | {"position_id": 2},
        {"event": "position_changed", "position_id": 2},
        {"event": "order_edited", "order_id": 3},
        {"event": "order_triggered", "order_id": 5},
    ]
    assert [lost.split(":")[0] for lost in lost_of(paths.database, missing)] == [
        "funding paid", "funding paid", "position changed", "order edited", "order triggered",
    ]  # fmt: skip


def test_a_backup_holds_futures_whole(paths: DataFolderPaths) -> None:
    made = backup_now(paths, kind=BackupKind.RESET, at=START)
    store = SqliteLedgerStore.open(paths)
    books = store.load("futures")
    store.close()
    reader = LedgerReader(made.path)
    copied = reader.load("futures")
    receipt = reader.order_receipt("futures", 4)
    reader.close()
    assert (copied.portfolio, copied.market) == (books.portfolio, books.market)
    assert len(receipt.events) == 5
