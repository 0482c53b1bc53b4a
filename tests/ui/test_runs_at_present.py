"""A run that goes on is shown as of now: the page of runs and the cards tell the same story."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.runs import curves, runs
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.performance import Performance
from desktop_trader.engine.balance_figures import BalanceSources, balance_view
from desktop_trader.engine.clock import MarketClock
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.run_rows import RunCurvesRequest, RunsRequest
from desktop_trader.messages.snapshot import AccountSnapshot, BalanceView
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.balance_text import pnl_text
from desktop_trader.ui.charts.equity_curve import EquityCurve
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.pages.runs import RunsPage
from desktop_trader.ui.widgets.data_table import DataTable
from tests.booked_account import START, BookedAccount
from tests.fakes import ScriptedFeed
from tests.ui.snapshot_builders import make_snapshot


class Desk:
    """The page over books that somebody trades on."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        paths = DataFolderPaths(root=folder)
        self.store = SqliteLedgerStore.open(paths)
        self.account = BookedAccount(self.store)
        self.context = AnswerContext(paths=paths, feed=ScriptedFeed([]), clock=MarketClock(START), account="demo")
        self.asked: list[object] = []
        self.sequence = 0
        self.model = BalanceModel()
        doors = PageDoors(
            model=self.model,
            send=lambda _command: None,
            request=self.asked.append,
            folder=data_folder(folder),
            settings=Settings(),
            show_history=lambda _filter: None,
        )
        self.page = RunsPage(doors)
        qtbot.addWidget(self.page)
        self.page.show()

    def value(self, unrealized: str | None) -> AccountSnapshot:
        """Publish the account, its open positions being that much up or down; None while they have no price."""
        self.sequence += 1
        now = self.account.now + timedelta(minutes=7)
        balance: BalanceView = balance_view(
            BalanceSources(
                portfolio=self.account.portfolio,
                balances=(),
                peak_equity=ZERO,
                unrealized=None if unrealized is None else Decimal(unrealized),
                now=now,
            )
        )
        head = self.account.head.entry_id
        snapshot = make_snapshot(self.sequence, balance=balance, now=now, ledger_head_id=head)
        self.model.replace_snapshot(snapshot)
        self.model.show_newest()
        return snapshot

    def answer(self) -> list[object]:
        """Answer what the page asks until it asks no more; return what it asked."""
        answered: list[object] = []
        while self.asked:
            request = self.asked.pop(0)
            answered.append(request)
            if isinstance(request, RunsRequest):
                self.page.show_reply(runs(self.context, request))
            elif isinstance(request, RunCurvesRequest):
                self.page.show_reply(curves(self.context, request))
        return answered

    def cells(self) -> dict[str, str]:
        """What the first row of the table says, by column."""
        table = self.page.findChild(DataTable, "runs-table")
        assert isinstance(table, DataTable)
        titles, values = (line.split("\t") for line in table.selection_text().splitlines()[:2])
        return dict(zip(titles, values, strict=True))

    def state(self) -> str:
        label = self.page.findChild(QLabel, "runs-state")
        assert isinstance(label, QLabel)
        return label.text()

    def curve(self) -> EquityCurve:
        found = self.page.findChild(EquityCurve, "runs-curve")
        assert isinstance(found, EquityCurve)
        return found


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, tmp_path)
    made.account.change("10000")
    made.account.change("500", kind=EntryKind.DEPOSIT)
    made.account.open(OrderSide.BUY, "1", "1000")
    yield made
    made.context.runs().close()
    made.store.close()


@pytest.mark.requirement("R16", "R21", "R56")
def test_return_and_end_are_those_of_the_cards_after_a_deposit_an_open_position_and_a_move(desk: Desk) -> None:
    card = desk.value("7.35").balance
    desk.page.refresh()
    desk.answer()
    assert card.pnl == Decimal("6.35")
    assert desk.cells()["Return"] == f"{pnl_text(card.pnl, 'USDT')} (+0.06%)"
    assert desk.cells()["End"] == "$10,506.35 now"
    assert desk.cells()["Closed"] == "0"
    assert desk.curve().lines[0].gains[-1] == 6.35
    market_now = desk.account.now + timedelta(minutes=7)
    assert desk.curve().lines[0].seconds[-1] == market_now.timestamp()


def test_a_price_moves_the_figures_while_the_page_is_open_and_no_curve_is_read_again(desk: Desk) -> None:
    desk.value("7.35")
    desk.page.refresh()
    desk.answer()
    card = desk.value("-41").balance
    desk.qtbot.waitUntil(lambda: bool(desk.asked), timeout=3_000)
    assert [type(each) for each in desk.answer()] == [RunsRequest]
    assert desk.cells()["Return"] == f"{pnl_text(card.pnl, 'USDT')} (-0.40%)"
    # From the fee that was paid at the top, 10,500, down to 10,458.
    assert desk.cells()["Drawdown"] == "-0.40%"
    assert desk.curve().lines[0].gains[-1] == -42
    desk.account.change("100", kind=EntryKind.DEPOSIT)
    desk.value("-41")
    desk.page.refresh()
    assert RunCurvesRequest in [type(each) for each in desk.answer()], "the books have moved"
    assert desk.curve().lines[0].gains[-1] == -42


def test_figures_without_a_present_price_say_of_when_they_are(desk: Desk) -> None:
    desk.value(None)
    desk.page.refresh()
    desk.answer()
    booked = f"{desk.account.now.astimezone():%Y-%m-%d %H:%M:%S}"
    assert f"Figures as of {booked}, when something was last booked" in desk.state()
    desk.value("1")
    desk.page.refresh()
    desk.answer()
    present = f"{desk.account.now.astimezone() + timedelta(minutes=7):%Y-%m-%d %H:%M:%S}"
    assert f"Figures as of {present}, open positions at present prices" in desk.state()


def test_a_present_point_is_counted_by_the_formulas_of_the_others_and_forgotten(desk: Desk) -> None:
    desk.value("7.35")
    desk.page.refresh()
    first = desk.asked[-1]
    assert isinstance(first, RunsRequest)
    (with_present,) = runs(desk.context, first).runs
    (without,) = runs(desk.context, RunsRequest(request_id="without")).runs
    performance = Performance()
    for equity, flow in ((10_000, 10_000), (10_500, 500), (10_499, 0), (Decimal("10506.35"), 0)):
        performance.add(int(equity * 10**8), flow * 10**8)
    assert with_present.return_percent == performance.return_percent()
    assert (without.present, without.return_amount) == (None, -1)
    assert with_present.present is not None
    assert with_present.present.return_percent.quantize(Decimal("0.01")) == performance.return_percent()
