"""The symbol search: thousands of markets, a few keys, and no mouse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.markets import search
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import WatchSymbol
from desktop_trader.messages.market_search import SearchSort, SymbolSearch
from desktop_trader.ui.dialogs.symbol_search import SymbolSearchDialog
from desktop_trader.ui.market_views import MarketViews
from desktop_trader.ui.models.balance_model import BalanceModel
from tests.builders import SPOT
from tests.fakes import ManualClock
from tests.market_crowd import CrowdFeed, crowd, tickers
from tests.ui.snapshot_builders import NOON, make_snapshot
from tests.ui.window_builders import make_window

pytestmark = pytest.mark.usefixtures("dressed_app")
MARKETS = crowd(3_200)
ROWS = tickers(MARKETS, at=NOON)


class Search:
    """The dialog over a market of thousands, answered by the real worker's function when the test says so."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.sent: list[object] = []
        self.asked: list[SymbolSearch] = []
        self.chosen: list[str] = []
        self.traded: list[str] = []
        self.clock = ManualClock(NOON)
        self.context = AnswerContext(
            paths=DataFolderPaths(root=Path("nowhere")),
            feed=CrowdFeed(MARKETS, rows=ROWS),
            clock=self.clock,
            account="demo",
        )
        self.views = MarketViews(self.model, send=self.sent.append, request=self._take)
        self.views.symbol_chosen.connect(self.chosen.append)
        self.views.trade_wanted.connect(self.traded.append)
        self.host = self.views.watchlist
        qtbot.addWidget(self.host)
        self.show_snapshot(4)

    def _take(self, request: object) -> None:
        if isinstance(request, SymbolSearch):
            self.asked.append(request)

    def show_snapshot(self, followed: int) -> None:
        snapshot = make_snapshot(followed, instruments=MARKETS[:followed], quotes=())
        self.model.replace_snapshot(replace(snapshot, market=replace(snapshot.market, source_id="exchange:crowd")))

    @property
    def dialog(self) -> SymbolSearchDialog:
        found = self.host.findChild(SymbolSearchDialog, "symbol-search-dialog")
        assert isinstance(found, SymbolSearchDialog)
        return found

    def begin(self, text: str = "") -> None:
        self.views.open_search(text)
        self.answer()

    def answer(self) -> None:
        """Answer what was asked last, until nothing is asked any more."""
        answered = ""
        while self.asked and self.asked[-1].request_id != answered:
            answered = self.asked[-1].request_id
            self.views.take_reply(search(self.context, self.asked[-1]))

    def type(self, text: str) -> None:
        self.qtbot.keyClicks(self.dialog.filters.text, text)
        self.answer()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.dialog.filters.text, key, modifier)

    def found(self) -> list[str]:
        return [each.symbol for each in self.dialog._rows.rows]

    def current(self) -> str:
        return str(self.dialog.table.selected_rows()[0].symbol)


@pytest.fixture
def opened(qtbot: QtBot) -> Search:
    made = Search(qtbot)
    made.begin()
    return made


def test_everything_is_found_first_the_most_traded(opened: Search) -> None:
    assert len(opened.found()) == 200
    assert opened.found()[0] == "BTC/USDT"
    count = opened.dialog.findChild(QLabel, "symbol-search-count")
    assert isinstance(count, QLabel)
    assert count.text() == "200 of 3,200 found, 3,200 markets"


def test_typing_and_enter_are_all_it_takes(opened: Search) -> None:
    opened.type("eth")
    assert opened.found()[:2] == ["ETH/USDT", "ETH/USDT:USDT"]
    assert opened.current() == "ETH/USDT"
    opened.press(Qt.Key.Key_Down)
    assert opened.current() == "ETH/USDT:USDT"
    assert opened.dialog.filters.text.hasFocus() or not opened.dialog.isActiveWindow()
    opened.press(Qt.Key.Key_Return)
    assert opened.chosen == ["ETH/USDT:USDT"]
    assert not opened.dialog.isVisible()


def test_one_question_is_on_its_way_and_the_newest_text_follows_it(qtbot: QtBot) -> None:
    opened = Search(qtbot)
    opened.views.open_search()
    assert len(opened.asked) == 1
    qtbot.keyClicks(opened.dialog.filters.text, "doge")
    assert len(opened.asked) == 1  # however fast somebody types
    opened.answer()
    assert [each.text for each in opened.asked] == ["", "doge"]
    assert opened.found()[0] == "DOGE/USDT"


def test_a_question_that_is_never_answered_is_asked_again(qtbot: QtBot) -> None:
    opened = Search(qtbot)
    opened.views.open_search()
    qtbot.keyClicks(opened.dialog.filters.text, "ada")
    opened.dialog._giving_up.timeout.emit()
    assert [each.text for each in opened.asked] == ["", "ada"]


def test_a_choice_stays_while_prices_are_refreshed_and_new_text_begins_at_the_top(opened: Search) -> None:
    opened.press(Qt.Key.Key_Down)
    opened.press(Qt.Key.Key_Down)
    chosen = opened.current()
    opened.dialog._ask()
    opened.answer()
    assert opened.current() == chosen
    opened.type("x")
    assert opened.current() == opened.found()[0]


def test_kind_currency_sort_and_direction_are_asked_of_the_worker(opened: Search) -> None:
    filters = opened.dialog.filters
    filters.kind.setCurrentIndex(2)
    opened.answer()
    assert opened.asked[-1].kind is InstrumentKind.SWAP
    assert all(":" in each for each in opened.found())
    filters.kind.setCurrentIndex(0)
    opened.answer()
    place = filters.quote.findText("BTC")
    assert place > 0
    filters.quote.setCurrentIndex(place)
    opened.answer()
    assert all(each.endswith("/BTC") for each in opened.found())
    filters.quote.setCurrentIndex(0)
    assert not filters.order.isEnabled()
    filters.sort.setCurrentIndex(3)
    opened.answer()
    assert opened.found() == sorted(opened.found())
    order = opened.dialog.findChild(QToolButton, "symbol-search-order-btn")
    assert isinstance(order, QToolButton)
    opened.qtbot.mouseClick(order, Qt.MouseButton.LeftButton)
    opened.answer()
    assert opened.found() == sorted(opened.found(), reverse=True)
    assert "lowest first" in order.toolTip()


def test_a_click_on_a_title_sorts_all_markets_not_those_shown(opened: Search) -> None:
    table = opened.dialog.table
    header = table.horizontalHeader()
    place = header.sectionViewportPosition(4) + header.sectionSize(4) // 2
    for is_reversed in (False, True):
        opened.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, header.height() // 2))
        opened.answer()
        assert (opened.asked[-1].sort, opened.asked[-1].is_reversed) == (SearchSort.CHANGE, is_reversed)
        changes = [each.change for each in opened.dialog._rows.rows if each.change is not None]
        assert len(changes) == 200
        assert changes == sorted(changes, reverse=not is_reversed)


def test_ctrl_d_follows_and_favourites_come_first(opened: Search) -> None:
    opened.type("pepe")
    opened.press(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert opened.views.desk.favourites == ("PEPE/USDT",)
    (watched,) = opened.sent
    assert isinstance(watched, WatchSymbol)
    assert watched.symbol == "PEPE/USDT"
    follow = opened.dialog.findChild(QPushButton, "symbol-search-follow-btn")
    assert isinstance(follow, QPushButton)
    assert follow.text() == "Unfollow"
    opened.dialog.filters.text.clear()
    opened.answer()
    assert opened.found()[0] == "PEPE/USDT"
    opened.qtbot.mouseClick(follow, Qt.MouseButton.LeftButton)
    assert list(opened.views.desk.favourites) == []
    assert follow.text() == "Follow"


def test_the_star_is_pressed_without_leaving(opened: Search) -> None:
    table = opened.dialog.table
    index = table.sorted_rows.index(1, 0)
    opened.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())
    assert opened.views.desk.favourites == (opened.found()[1],)
    assert opened.dialog.isVisible()


def test_what_is_not_followed_yet_is_shown_when_it_is(opened: Search) -> None:
    opened.type("pepe/usdt")
    opened.press(Qt.Key.Key_Return)
    assert opened.chosen == []
    assert [each.symbol for each in opened.sent if isinstance(each, WatchSymbol)] == ["PEPE/USDT"]
    opened.show_snapshot(20)
    opened.qtbot.waitUntil(lambda: opened.chosen == ["PEPE/USDT"])


def test_ctrl_t_trades_what_is_chosen(opened: Search) -> None:
    opened.type("btc")
    opened.press(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert opened.chosen == opened.traded == ["BTC/USDT"]
    assert not opened.dialog.isVisible()


def test_an_old_price_is_shown_with_its_age(opened: Search) -> None:
    opened.clock.at = NOON + timedelta(minutes=3)
    opened.type("btc")
    place = opened.found().index("BTC/USDT")
    assert str(opened.dialog.table.sorted_rows.index(place, 3).data()).endswith("· 3 min")


def test_nothing_found_and_no_list_yet_say_so(opened: Search) -> None:
    opened.type("no such coin")
    assert opened.found() == []
    assert opened.dialog.table._empty_text == "No market matches."
    assert not opened.dialog.chart.isEnabled()
    opened.press(Qt.Key.Key_Return)
    assert opened.chosen == []
    opened.context.feed = CrowdFeed(())
    opened.type("x")
    assert opened.dialog.table._empty_text == "The list of markets has not come yet."


def test_escape_closes(opened: Search) -> None:
    opened.press(Qt.Key.Key_Escape)
    assert not opened.dialog.isVisible()


def test_every_control_has_a_name(opened: Search) -> None:
    for widget in opened.dialog.findChildren(QWidget):
        if widget.objectName().startswith("symbol-search"):
            assert widget.accessibleName(), widget.objectName()


def test_the_slash_key_the_menu_and_the_button_open_it(qtbot: QtBot, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.fill_docks()
    opened.window.show()
    opened.model.replace_snapshot(make_snapshot(1))
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow)

    def dialog_is_open() -> bool:
        dialog = opened.window.findChild(SymbolSearchDialog, "symbol-search-dialog")
        return isinstance(dialog, SymbolSearchDialog) and dialog.isVisible()

    def close() -> None:
        dialog = opened.window.findChild(SymbolSearchDialog, "symbol-search-dialog")
        assert isinstance(dialog, SymbolSearchDialog)
        dialog.reject()

    button = opened.window.findChild(QToolButton, "toolbar-find-symbol-btn")
    beside = opened.window.findChild(QToolButton, "watchlist-search-btn")
    assert isinstance(button, QToolButton)
    assert isinstance(beside, QToolButton)
    openers: tuple[Callable[[], object], ...] = (
        lambda: qtbot.keyClick(opened.window, Qt.Key.Key_Slash),
        lambda: qtbot.mouseClick(button, Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseClick(beside, Qt.MouseButton.LeftButton),
        opened.window.actions_.find_symbol.trigger,
    )
    for number, open_it in enumerate(openers):
        open_it()
        assert dialog_is_open(), number
        close()
    asked = [each for each in opened.requested if isinstance(each, SymbolSearch)]
    assert asked


@pytest.mark.requirement("R91")
def test_markets_are_found_by_each_of_the_dollars_they_are_paid_in(qtbot: QtBot) -> None:
    dollars = ("USD", "USDC", "USDT")
    made = Search(qtbot)
    markets = tuple(
        replace(SPOT, symbol=f"{base}/{quote}", base=base, quote=quote, settle=quote)
        for base in ("BTC", "ETH")
        for quote in (*dollars, "EUR")
    )
    made.context = replace(made.context, feed=CrowdFeed(markets, rows=tickers(markets, at=NOON)))
    made.model.replace_snapshot(make_snapshot(20, instruments=markets, quotes=()))
    made.begin("btc")
    combo = made.dialog.filters.quote
    offered = {combo.itemData(place) for place in range(combo.count())}
    assert offered >= set(dollars)
    for quote in dollars:
        combo.setCurrentIndex(combo.findData(quote))
        made.answer()
        assert made.found() == [f"BTC/{quote}"]
        made.press(Qt.Key.Key_Return)
        made.begin("btc")
    assert made.chosen == [f"BTC/{quote}" for quote in dollars]
