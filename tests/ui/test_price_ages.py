"""Every figure that follows from a price says how old that price is once it is too old to be believed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.messages.network import SymbolAge
from desktop_trader.ui import theme
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.price_ages import PriceAges, age_text
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.money_label import MoneyLabel
from desktop_trader.ui.widgets.state_bar import StateBar
from tests.ui.network_builders import make_ages, make_network, make_pause
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import NOON, make_balance, make_position, make_quote, make_snapshot

HELD = {
    "positions": (make_position(1),),
    "balance": make_balance(
        "10000", unrealized_pnl=Decimal(20), portfolio_value=Decimal(10_020), pnl=Decimal(20), available=Decimal(9_550)
    ),
}
FOLLOWS_A_PRICE = (
    "portfolio-value",
    "virtual-pnl",
    "auto-portfolio-value",
    "auto-pnl-display",
    "futures-portfolio-value",
    "futures-pnl-display",
    "futures-unrealized-pnl",
)
FOLLOWS_NONE = (
    "virtual-balance",
    "auto-balance-display",
    "futures-virtual-balance",
    "futures-total-balance",
    "futures-available-balance",
    "futures-locked-balance",
    "balance-change-24h",
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    """One window for all tests of this module."""
    theme.apply(qapp, theme.ThemeChoice())
    made = SharedWindow(tmp_path_factory.mktemp("books"))
    yield made
    made.end()


@pytest.fixture
def opened(shared: SharedWindow) -> SharedWindow:
    """The window with a position whose price is fresh."""
    shared.begin(network=make_network(), **HELD)
    return shared


def figure(opened: SharedWindow, name: str) -> MoneyLabel:
    found = opened.window.findChild(MoneyLabel, name)
    assert found is not None, name
    return found


def cells(opened: SharedWindow, table: str) -> dict[str, str]:
    """Return the first row of a table by its titles."""
    found = opened.window.findChild(DataTable, table)
    assert found is not None
    rows = found.sorted_rows
    titles = [
        str(rows.headerData(place, found.horizontalHeader().orientation())) for place in range(rows.columnCount())
    ]
    return {title: str(rows.index(0, place).data()) for place, title in enumerate(titles)}


@pytest.mark.requirement("R78", "R162")
def test_what_follows_from_an_old_price_is_gray_with_its_age_in_all_three_cards(opened: SharedWindow) -> None:
    assert not any(figure(opened, name).is_stale() for name in FOLLOWS_A_PRICE)
    assert figure(opened, "portfolio-value").text() == "$10,020.00"
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    for name in FOLLOWS_A_PRICE:
        assert figure(opened, name).is_stale(), name
        assert figure(opened, name).text().endswith(" · 14 s"), name
        assert "Stale since 2026-01-01 11:59:46 UTC" in figure(opened, name).toolTip(), name
    assert figure(opened, "portfolio-value").text() == "$10,020.00 · 14 s", "the last value, never zero"
    opened.show(network=make_network(), **HELD)
    assert figure(opened, "portfolio-value").text() == "$10,020.00"
    assert not any(figure(opened, name).is_stale() for name in FOLLOWS_A_PRICE)


def test_money_that_depends_on_no_price_never_goes_stale(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(3_000)), **HELD)
    for name in FOLLOWS_NONE:
        assert not figure(opened, name).is_stale(), name
        assert " · " not in figure(opened, name).text(), name


def test_without_a_position_no_figure_of_the_balance_depends_on_a_price(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(3_000)), balance=HELD["balance"])
    assert not any(figure(opened, name).is_stale() for name in FOLLOWS_A_PRICE)


def test_the_price_of_what_is_not_held_grays_no_balance(opened: SharedWindow) -> None:
    ages = (*make_ages(0.5), *make_ages(900, ("XRP/USDT",)))
    opened.show(network=make_network(ages=ages), **HELD)
    assert not figure(opened, "portfolio-value").is_stale()
    assert opened.text("price-age").endswith("· 1 stale")


@pytest.mark.requirement("R162")
def test_an_unknown_figure_stays_unknown(opened: SharedWindow) -> None:
    balance = make_balance("10000", unrealized_pnl=None, portfolio_value=None, pnl=None)
    position = make_position(1, mark_price=None, unrealized_pnl=None, unrealized_percent=None)
    opened.show(network=make_pause(ages=make_ages(None)), balance=balance, positions=(position,))
    assert figure(opened, "portfolio-value").text() == "—"
    row = cells(opened, "positions-table")
    assert (row["Mark"], row["uP&L"], row["ROE"]) == ("—", "—", "—")


@pytest.mark.requirement("R78")
def test_the_line_under_the_figure_says_since_when(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    since = NOON - timedelta(seconds=14)
    line = opened.text("virtual-balance-updated")
    assert line.startswith("Updated ")
    assert f"stale since {since.astimezone():%H:%M:%S}" in line
    label = opened.window.findChild(QLabel, "virtual-balance-updated")
    assert label is not None
    assert label.property("tone") == "warning"
    opened.show(network=make_network(), **HELD)
    assert label.property("tone") == "muted"


def test_marks_and_gains_of_positions_show_the_age_and_their_entry_does_not(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    row = cells(opened, "positions-table")
    assert row["Mark"] == "45,120.00 · 14 s"
    assert row["uP&L"] == "+$1.20 ▲ · 14 s"
    assert row["ROE"] == "+0.27% · 14 s"
    assert row["Entry"] == "45,000.00"
    assert row["SL"] == "44,100.00"


def test_what_assets_are_worth_shows_the_age_and_what_the_books_hold_does_not(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    assert opened.text("assets-sum").endswith("$10,020.00 · 14 s at market")
    found = opened.window.findChild(DataTable, "assets-table")
    assert found is not None
    rows = found.sorted_rows
    worth = [str(rows.index(line, 4).data()) for line in range(rows.rowCount())]
    value = [str(rows.index(line, 3).data()) for line in range(rows.rowCount())]
    assert [each.endswith(" · 14 s") for each in worth] == [False, True], "only what is held has a price"
    assert not any(" · " in each for each in value)


def test_the_ticket_says_how_old_the_price_of_its_estimate_is(opened: SharedWindow) -> None:
    quantity = opened.window.findChild(DecimalEdit, "futures-quantity-edit")
    assert quantity is not None
    quantity.set_value(Decimal("0.01"))
    assert opened.text("futures-estimate") == "≈ $450.00, leverage 1x"
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    assert opened.text("futures-estimate") == "≈ $450.00, leverage 1x · price 14 s old"


@pytest.mark.requirement("R147")
def test_the_status_bar_counts_the_age_of_the_last_price(opened: SharedWindow) -> None:
    assert re.fullmatch(r"last price \d\.\d s ago", opened.text("price-age"))
    opened.show(network=make_pause(ages=make_ages(14)), **HELD)
    assert opened.text("price-age") == "stale: last price 14 s ago"
    label = opened.window.findChild(QLabel, "price-age")
    assert label is not None
    assert label.property("tone") == "warning"
    assert "BTC/USDT is 14 s old, stale since" in label.toolTip()


@pytest.mark.requirement("R147")
@pytest.mark.parametrize("ages", [(), make_ages(None)])
def test_before_the_first_price_the_status_bar_says_that_there_is_none(
    qtbot: QtBot, dressed_app: QApplication, ages: tuple[SymbolAge, ...]
) -> None:
    model = BalanceModel()
    bar = StateBar(model)
    qtbot.addWidget(bar)
    label = bar.findChild(QLabel, "price-age")
    assert label is not None
    for sequence in (1, 2):
        at = NOON + timedelta(seconds=sequence)
        model.replace_snapshot(make_snapshot(sequence, now=at, quotes=(), network=make_network(ages=ages)))
        model.show_newest()
        assert label.text() == "no price yet"
    model.replace_snapshot(make_snapshot(3, network=make_network()))
    model.show_newest()
    assert label.text().startswith("last price ")


@pytest.mark.requirement("R147")
def test_a_price_grows_old_and_stale_when_nothing_comes_any_more(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(network=make_network(ages=make_ages(8.8)), **HELD)
    assert not figure(opened, "portfolio-value").is_stale()
    qtbot.waitUntil(lambda: figure(opened, "portfolio-value").is_stale(), timeout=30_000)
    assert figure(opened, "portfolio-value").text().startswith("$10,020.00 · 1")


@pytest.mark.requirement("R147", "R149")
def test_a_change_of_the_ledger_is_there_in_the_same_turn(opened: SharedWindow) -> None:
    opened.show(network=make_network(), balance=make_balance("123.45"))
    shown = [figure(opened, name).text() for name in ("virtual-balance", "auto-balance-display")]
    assert shown == ["$123.45", "$123.45"]


@pytest.mark.slow
@pytest.mark.requirement("R147")
def test_prices_wait_for_their_repaint_two_seconds_at_most(qtbot: QtBot, qapp: QApplication) -> None:
    model = BalanceModel(repaint_interval_ms=60_000)
    model.replace_snapshot(make_snapshot(1, ledger_head_id=1))
    later = make_snapshot(2, ledger_head_id=1, quotes=(make_quote(last="45001"),))
    with qtbot.waitSignal(model.quotes_changed, timeout=30_000):
        model.replace_snapshot(later)


def test_an_age_counts_from_when_the_market_made_the_price(qapp: QApplication) -> None:
    ages = PriceAges()
    came = SymbolAge(
        symbol="BTC/USDT",
        source_at=NOON - timedelta(seconds=12),
        received_at=NOON - timedelta(seconds=1),
        limit_seconds=10,
        is_stale=False,
    )
    ages.take(make_network(ages=(came,)))
    old = ages.staleness_of(("BTC/USDT",))
    assert old is not None, "it came just now, but it is old"
    assert old.text == "12 s"
    assert ages.staleness_of(("ETH/USDT",)) is None
    assert ages.seconds_of("ETH/USDT") is None
    ages.take(None)
    assert ages.staleness_of(("BTC/USDT",)) is None


def test_of_several_prices_the_oldest_counts_and_an_unknown_age_is_the_oldest(qapp: QApplication) -> None:
    ages = PriceAges()
    ages.take(make_network(ages=(*make_ages(30), *make_ages(20, ("ETH/USDT",)), *make_ages(None, ("SOL/USDT",)))))
    two, three = ages.staleness_of(("ETH/USDT", "BTC/USDT")), ages.staleness_of(("BTC/USDT", "SOL/USDT"))
    assert two is not None
    assert two.text == "30 s"
    assert three is not None
    assert three.text == "age unknown"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (14.9, "14 s"), (59.9, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (200_000, "2 d")],
)
def test_an_age_is_written_in_its_largest_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text
