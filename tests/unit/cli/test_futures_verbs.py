"""`orders`, `positions`, `orders --receipt`: futures as the books have them, for people and for programs."""

from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.cli import books
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_futures import BookedFutures, small_futures
from tests.unit.cli.conftest import CommandLine


@pytest.fixture(scope="module")
def futures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose account `demo` holds futures; nobody writes to it."""
    folder = tmp_path_factory.mktemp("futures") / "data"
    folder.mkdir()
    store = SqliteLedgerStore.open(DataFolderPaths(root=folder))
    small_futures(store, name="demo")
    store.close()
    return folder


def test_positions_say_margin_leverage_levels_and_funding(say: CommandLine, futures: Path) -> None:
    short, long = say("positions", "--json", folder=futures).json
    assert (long["margin"], long["leverage"], long["margin_mode"]) == (Decimal("125.000025"), 8, "isolated")
    assert (long["funding"], short["funding"]) == (Decimal("-0.07894754"), Decimal("0.04501"))
    assert (long["stop_loss"], long["take_profit"], long["trail_percent"]) == (
        Decimal("44700.5"),
        Decimal("47000.5"),
        None,
    )
    assert (short["margin_mode"], short["trail_percent"], short["liquidation_price"]) == ("cross", Decimal("1.5"), None)
    heading, *rows = say("positions", folder=futures).out.splitlines()
    for word in ("margin", "leverage", "liquidation", "stop", "target", "trail", "funding"):
        assert word in heading.split()
    assert "8x isolated" in rows[1]
    assert "10x cross" in rows[0]
    assert " 1.5 % " in rows[0]


def test_an_average_of_fills_has_no_endless_tail_and_its_cost_stands_exact_beside_it(
    say: CommandLine, tmp_path: Path
) -> None:
    store = SqliteLedgerStore.open(DataFolderPaths(root=tmp_path))
    account = BookedFutures(store, name="demo")
    account.change("10000")
    order = account.rest(OrderSide.BUY, "0.03", "45000.02")
    account.fill(order, Decimal("0.02"), "45000.01")
    account.fill(account.portfolio.orders[order.id], Decimal("0.01"), "45000.02")
    store.close()
    (row,) = say("positions", "--json", folder=tmp_path).json
    assert row["entry_price"] == Decimal("45000.013333333333")
    assert (row["entry_cost"], row["entry_quantity"]) == (Decimal("1350.0004"), Decimal("0.03"))
    (shown,) = say("positions", folder=tmp_path).out.splitlines()[1:]
    assert " 45000.01333333 " in shown


def test_a_closed_position_has_the_quantity_that_was_traded(say: CommandLine, futures: Path) -> None:
    heading, closed, *_ = say("positions", "--all", folder=futures).out.splitlines()
    assert heading.split()[3] == "quantity"
    assert closed.split()[3] == "0.01"
    newest = say("positions", "--all", "--json", folder=futures).json[0]
    assert (newest["quantity"], newest["entry_quantity"], newest["is_open"]) == (0, Decimal("0.01"), False)


def test_orders_say_type_prices_validity_and_what_they_belong_to(say: CommandLine, futures: Path) -> None:
    rows = {row["id"]: row for row in say("orders", "--json", folder=futures).json}
    assert {row["type"] for row in rows.values()} == {"limit", "stop_limit", "trailing_stop"}
    assert (rows[4]["trigger_price"], rows[4]["limit_price"], rows[4]["quantity"]) == (44_200, 44_000, Decimal("0.005"))
    assert (rows[4]["is_triggered"], rows[4]["revision"]) == (True, 1)
    assert (rows[3]["oco_id"], rows[4]["oco_id"], rows[3]["is_post_only"]) == ("pair-1", "pair-1", True)
    assert (rows[6]["time_in_force"], rows[6]["expires_at"]) == ("gtd", "2026-01-04T00:17:00+00:00")
    assert (rows[6]["leverage"], rows[6]["margin_mode"], rows[5]["trail_percent"]) == (5, "cross", Decimal("0.75"))
    heading, entry, trailing, stop, target = say("orders", folder=futures).out.splitlines()
    for word in ("type", "limit", "trigger", "trail", "valid", "status", "reduce-only", "pair"):
        assert word in heading.split()
    assert "until 2026-01-04 00:17:00, post-only" in entry
    assert (" 0.75 % " in trailing, " yes " in trailing, "pair-1" in stop, "gtc, post-only" in target) == (True,) * 4


@pytest.mark.requirement("R34")
def test_a_receipt_tells_the_life_of_an_order_in_its_order(say: CommandLine, futures: Path) -> None:
    text = say("orders", "--receipt", "4", folder=futures).out
    assert "Order 4 of account demo: sell 0.005 BTC/USDT:USDT, stop limit" in text
    assert "closes position 1, and opens nothing" in text
    assert "Edited once" in text
    steps = ["checked", "stored", "sent", "edited", "triggered"]
    assert [line.split()[2] for line in text.splitlines()[5:]] == steps
    filled = say("orders", "--receipt", "1", folder=futures).out
    assert "opened position 1 at 10x, isolated" in filled
    assert "1 fill: 0.02 of 0.02 at 45,000.01; fees 0.9000002 USDT" in filled
    closed = say("orders", "--receipt", "8", folder=futures).out
    assert "; P&L 1.00 USDT" in closed


def test_a_receipt_is_exact_for_programs(say: CommandLine, futures: Path) -> None:
    receipt = say("orders", "--receipt", "1", "--json", folder=futures).json
    assert [event["step"] for event in receipt["events"]] == ["stored", "sent", "filled"]
    assert receipt["fills"][0]["price"] == Decimal("45000.01")
    assert receipt["fills"][0]["fee"] == Decimal("0.9000002")
    assert receipt["order"]["protection"]["stop_loss_percent"] == 2
    assert receipt["events"][0]["detail"] == "buy 0.02 limit, limit 45,000.01, 10x isolated; locked $90.9000202"


def test_an_order_that_is_not_there_has_no_receipt(say: CommandLine, futures: Path) -> None:
    answer = say("orders", "--receipt", "99", folder=futures)
    assert (answer.code, answer.err) == (2, "desktop-trader: Account demo has no order 99\n")
    assert say("orders", "--receipt", "0", folder=futures).code == 2


@pytest.mark.requirement("R178")
@pytest.mark.parametrize(("kind", "count"), [("funding", 4), ("margin_change", 2), ("position_close", 1)])
def test_the_history_is_filtered_by_the_kinds_that_futures_have(
    say: CommandLine, futures: Path, kind: str, count: int
) -> None:
    rows = say("balance", "history", "--kind", kind, "--json", folder=futures).json
    assert [row["transaction_type"] for row in rows] == [kind] * count


@pytest.mark.requirement("R177")
def test_the_cumulative_profit_of_the_wallet_is_the_sum_of_the_filters_of_the_history(
    say: CommandLine, futures: Path
) -> None:
    filters = ("position_close", "liquidation", "fee", "funding")
    rows = [row for kind in filters for row in say("balance", "history", "--kind", kind, "--json", folder=futures).json]
    with books.reading(DataFolderPaths(root=futures)) as reader:
        portfolio = reader.load("demo").portfolio
    assert portfolio is not None
    assert portfolio.wallet.total_pnl == sum(row["amount"] for row in rows) == Decimal("-1.75503774")
    assert (
        say("balance", "show", "--json", folder=futures).json["current_balance"] == 10_000 + portfolio.wallet.total_pnl
    )


def test_close_all_without_yes_lists_what_would_happen_and_changes_nothing(say: CommandLine, futures: Path) -> None:
    before = (futures / "desktop_trader.db").read_bytes()
    answer = say("close-all", folder=futures)
    assert (answer.code, answer.err) == (2, "desktop-trader: nothing was changed; add --yes to do it\n")
    orders, _, positions = answer.out.partition("Positions that would be closed")
    assert [line.split()[0] for line in orders.splitlines()[2:]] == ["3", "4", "5", "6"]
    assert [line.split()[0] for line in positions.splitlines()[2:4]] == ["1", "2"]
    listed = say("close-all", "--json", folder=futures).json
    assert ([each["id"] for each in listed["cancels"]], [each["id"] for each in listed["closes"]]) == (
        [3, 4, 5, 6],
        [1, 2],
    )
    assert (futures / "desktop_trader.db").read_bytes() == before
