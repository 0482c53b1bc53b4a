"""Explain this number: parts that sum to the figure, exactly, each leading to its entries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import ZERO, from_units
from desktop_trader.domain.wallet import RunTotals
from desktop_trader.engine.balance_figures import BalanceSources, balance_view
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.messages.snapshot import AccountSnapshot, DayChange
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.dialogs.explain_number import ExplainDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.explanation import Explanation, Figure, explain
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.money_label import MoneyLabel
from tests.booked_account import BookedAccount, small_history
from tests.ui.snapshot_builders import NOON, make_balance, make_order, make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

MONEY = st.integers(0, 10**14).map(from_units)
SIGNED = st.integers(-(10**14), 10**14).map(from_units)


def booked_snapshot(account: BookedAccount, *, marks: Decimal = Decimal(1)) -> AccountSnapshot:
    """The snapshot of real books, every position up by `marks`."""
    portfolio = account.portfolio
    positions = tuple(
        make_position(
            each.id,
            each.symbol,
            direction=each.direction.value,
            margin=each.margin,
            entry_price=each.entry_price,
            unrealized_pnl=marks,
        )
        for each in portfolio.positions.values()
    )
    balance = balance_view(
        BalanceSources(
            portfolio=portfolio,
            balances=account.store.load("demo").recent_balances,
            peak_equity=ZERO,
            unrealized=marks * len(positions),
            now=account.now + timedelta(hours=24),
        )
    )
    return make_snapshot(1, balance=balance, positions=positions, orders=tuple(portfolio.orders.values()))


@pytest.fixture
def account(tmp_path: Path) -> BookedAccount:
    return small_history(SqliteLedgerStore.open(DataFolderPaths(root=tmp_path)))


def parts_of(told: Explanation) -> dict[str, Decimal]:
    return {part.caption: part.amount for part in told.parts}


@pytest.mark.parametrize("figure", list(Figure))
def test_the_parts_of_every_figure_sum_to_it_over_real_books(account: BookedAccount, figure: Figure) -> None:
    snapshot = booked_snapshot(account)
    told = explain(figure, snapshot)
    balance = snapshot.balance
    shown = {
        Figure.TOTAL: balance.total,
        Figure.PNL: balance.pnl,
        Figure.PORTFOLIO: balance.portfolio_value,
        Figure.CHANGE_24H: balance.balance_change_24h,
        Figure.AVAILABLE: balance.available,
        Figure.LOCKED: balance.locked,
        Figure.UNREALIZED: balance.unrealized_pnl,
    }[figure]
    assert shown is not None
    assert (told.problem, told.result) == ("", shown)
    assert sum((part.amount for part in told.parts), ZERO) == shown
    assert told.parts


def test_the_entries_behind_each_part_of_the_balance_sum_to_it(account: BookedAccount, tmp_path: Path) -> None:
    reader = LedgerReader(tmp_path / "desktop_trader.db")
    for part in explain(Figure.TOTAL, booked_snapshot(account)).parts:
        assert part.entries is not None
        rows = reader.page(part.entries, limit=1_000, seconds=None).rows
        assert sum((row.amount for row in rows), ZERO) == part.amount, part.caption
    for part in explain(Figure.LOCKED, booked_snapshot(account)).parts:
        assert part.entries is not None
        rows = reader.page(part.entries, limit=1_000, seconds=None).rows
        assert rows
    reader.close()


@given(
    puts=st.tuples(MONEY, MONEY, MONEY, SIGNED), earned=st.tuples(SIGNED, MONEY, SIGNED), odd=st.tuples(SIGNED, SIGNED)
)
def test_rounding_suspense_and_imports_are_parts_only_where_there_are_any(
    puts: tuple[Decimal, ...], earned: tuple[Decimal, ...], odd: tuple[Decimal, ...]
) -> None:
    totals = RunTotals(
        opening=puts[0],
        imports=puts[1],
        withdrawals=puts[2],
        adjustments=puts[3],
        realized_pnl=earned[0],
        fees=earned[1],
        funding=earned[2],
        rounding=odd[0],
        suspense=odd[1],
    )
    total = totals.expected_total
    told = explain(Figure.TOTAL, make_snapshot(balance=make_balance(total, totals=totals)))
    assert (told.problem, told.result) == ("", total)
    parts = parts_of(told)
    assert ("Imports" in parts, "Rounding" in parts, "Suspense" in parts) == (puts[1] != 0, odd[0] != 0, odd[1] != 0)
    assert (parts["Fees"], parts["Withdrawals"]) == (-earned[1], -puts[2])


def test_parts_that_do_not_add_up_are_said(account: BookedAccount) -> None:
    snapshot = booked_snapshot(account)
    wrong = replace(snapshot, balance=replace(snapshot.balance, total=snapshot.balance.total + 1))
    assert explain(Figure.TOTAL, wrong).problem.startswith("The parts do not add up to the figure. Verify the books")
    assert explain(Figure.TOTAL, snapshot).problem == ""


def test_what_is_not_known_is_said_and_never_shown_as_zero(account: BookedAccount) -> None:
    snapshot = booked_snapshot(account)
    unpriced = replace(snapshot, balance=replace(snapshot.balance, unrealized_pnl=None, portfolio_value=None, pnl=None))
    for figure in (Figure.PNL, Figure.PORTFOLIO, Figure.UNREALIZED):
        assert explain(figure, unpriced).result is None
        assert "no price yet" in explain(figure, unpriced).problem
    young = replace(snapshot, balance=replace(snapshot.balance, day_change=None))
    assert explain(Figure.CHANGE_24H, young).problem.startswith("n/a: the run is younger than 24 hours")
    assert explain(Figure.TOTAL, None).problem == "Nothing is known of the account yet."


@pytest.mark.requirement("R58")
def test_the_change_names_both_ends_and_takes_deposits_off() -> None:
    day = DayChange(
        begins_at=NOON - timedelta(hours=24),
        ends_at=NOON,
        before=Decimal(1000),
        after=Decimal(1600),
        flow=Decimal(500),
        gross_percent=Decimal("60.00"),
        net_percent=Decimal("10.00"),
    )
    told = explain(
        Figure.CHANGE_24H,
        make_snapshot(balance=make_balance("1600", totals=RunTotals(opening=Decimal(1600)), day_change=day)),
    )
    assert told.result == 100
    assert [part.note for part in told.parts[:2]] == ["2026-01-01 12:00:00 UTC", "2025-12-31 12:00:00 UTC"]
    assert "With them +60.00%, without +10.00%" in told.note
    flows = told.parts[2].entries
    assert flows is not None
    assert (flows.from_at, flows.kinds) == (day.begins_at, ("deposit", "withdrawal", "adjustment", "import"))


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, account: BookedAccount) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.window.fill_docks()
    made.model.replace_snapshot(booked_snapshot(account))
    return made


def label_of(opened: OpenWindow, name: str) -> MoneyLabel:
    label = opened.window.findChild(MoneyLabel, name)
    assert isinstance(label, MoneyLabel)
    return label


def by_enter(qtbot: QtBot, label: MoneyLabel) -> None:
    label.setFocus()
    qtbot.keyClick(label, Qt.Key.Key_Return)


def by_menu(_qtbot: QtBot, label: MoneyLabel) -> None:
    menu = label.menu()
    assert [action.text() for action in menu.actions()] == ["Explain this number…", "Copy"]
    menu.actions()[0].trigger()


@pytest.mark.parametrize("ask", [by_enter, by_menu])
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("virtual-balance", "Balance of demo = "),
        ("auto-balance-display", "Balance of demo = "),
        ("futures-total-balance", "Balance of demo = "),
        ("virtual-pnl", "Profit and loss of demo = "),
        ("portfolio-value", "Portfolio value of demo = "),
        ("balance-change-24h", "Change in 24 hours of demo = "),
        ("futures-available-balance", "Available balance of demo = "),
    ],
)
def test_every_balance_figure_explains_itself(
    qtbot: QtBot, opened: OpenWindow, ask: Callable[[QtBot, MoneyLabel], None], name: str, title: str
) -> None:
    label = label_of(opened, name)
    assert label.focusPolicy() == Qt.FocusPolicy.StrongFocus
    ask(qtbot, label)
    dialog = opened.window.findChild(ExplainDialog, "explain-dialog")
    assert isinstance(dialog, ExplainDialog)
    result = dialog.findChild(QLabel, "explain-result")
    problem = dialog.findChild(QLabel, "explain-problem")
    assert isinstance(result, QLabel)
    assert isinstance(problem, QLabel)
    assert result.text().startswith(title)
    assert not problem.isVisible()
    dialog.close()


def test_only_a_figure_that_is_known_is_said_to_be_made_of_nothing(
    qtbot: QtBot, dressed_app: QApplication, account: BookedAccount
) -> None:
    snapshot = booked_snapshot(account)
    model = BalanceModel()
    model.replace_snapshot(replace(snapshot, balance=replace(snapshot.balance, day_change=None)))
    texts = {}
    for figure in (Figure.CHANGE_24H, Figure.LOCKED):
        dialog = ExplainDialog(figure, model=model, show_history=lambda _filter: None)
        qtbot.addWidget(dialog)
        table = dialog.findChild(DataTable, "explain-table")
        assert isinstance(table, DataTable)
        assert not table.sorted_rows.rowCount() or figure is Figure.LOCKED
        texts[figure] = table._empty_text
    assert texts == {Figure.CHANGE_24H: "", Figure.LOCKED: "It is made of nothing: zero."}


def test_a_part_opens_its_entries_in_the_history_and_the_dialog_follows_the_figure(
    qtbot: QtBot, opened: OpenWindow, account: BookedAccount
) -> None:
    by_enter(qtbot, label_of(opened, "virtual-balance"))
    dialog = opened.window.findChild(ExplainDialog, "explain-dialog")
    assert isinstance(dialog, ExplainDialog)
    table = dialog.findChild(DataTable, "explain-table")
    assert isinstance(table, DataTable)
    captions = [str(table.sorted_rows.index(place, 0).data()) for place in range(table.sorted_rows.rowCount())]
    table.selectRow(captions.index("Fees"))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    asked = [each for each in opened.requested if isinstance(each, LedgerPageRequest)]
    assert asked[-1].filter == LedgerFilter(account="demo", run_id=1, kinds=("fee",))
    assert dialog.isVisible()
    account.change("1000", kind=EntryKind.DEPOSIT)
    opened.model.replace_snapshot(replace(booked_snapshot(account), sequence=9))
    result = dialog.findChild(QLabel, "explain-result")
    assert isinstance(result, QLabel)
    assert f"{account.portfolio.wallet.total:,.8f}" in result.text()
    dialog.close()


def test_a_resting_order_and_a_position_are_what_is_locked() -> None:
    snapshot = make_snapshot(
        balance=make_balance(
            "10000",
            available=Decimal("9109.56"),
            locked=Decimal("890.44"),
            totals=RunTotals(opening=Decimal(10_000)),
        ),
        positions=(make_position(4),),
        orders=(make_order(9),),
    )
    told = explain(Figure.LOCKED, snapshot)
    assert told.problem == ""
    assert parts_of(told) == {
        "Margin of position 4 LONG BTC/USDT": Decimal(450),
        "Reserve of order 9 buy BTC/USDT": Decimal("440.44"),
    }
    assert [part.entries for part in told.parts] == [
        LedgerFilter(account="demo", position_id=4),
        LedgerFilter(account="demo", order_id=9),
    ]
