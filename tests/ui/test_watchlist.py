"""The watchlist: what it shows, how it sorts and grows old, and what keys and clicks make of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.messages.candles import CandlesStored
from desktop_trader.messages.commands import WatchSymbol
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.messages.market_search import OverviewPage, OverviewRequest, Sparkline
from desktop_trader.messages.network import NetworkView, SymbolAge
from desktop_trader.messages.notices import CommandRefused
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import WatchlistSettings
from desktop_trader.storage.settings_file import load_settings, save_part
from desktop_trader.ui import theme
from desktop_trader.ui.market_views import MarketViews
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.watch_row import WatchColumn
from desktop_trader.ui.number_format import UNKNOWN
from desktop_trader.ui.widgets.watchlist_menu import WatchlistMenu
from desktop_trader.ui.widgets.watchlist_table import WatchlistTable
from tests.market_crowd import crowd, tickers
from tests.ui.snapshot_builders import INSTRUMENTS, NOON, make_quote, make_snapshot
from tests.ui.window_builders import make_window

pytestmark = pytest.mark.usefixtures("dressed_app")
PRICES = {"BTC/USDT": "45000", "ETH/USDT": "2400", "SOL/USDT": "98", "XRP/USDT": "0.6200", "BTC/USDT:USDT": "45010"}


def quotes(prices: dict[str, str], *, at: datetime = NOON) -> tuple[Quote, ...]:
    return tuple(make_quote(symbol, price, at=at) for symbol, price in prices.items())


def row(symbol: str, *, last: str = "100", change: str | None = "0", volume: str | None = "1") -> TickerRow:
    return TickerRow(
        symbol=symbol,
        last=Decimal(last),
        bid=None,
        ask=None,
        change_percent_24h=None if change is None else Decimal(change),
        quote_volume_24h=None if volume is None else Decimal(volume),
        at=NOON,
    )


class Desk:
    """A watchlist over a model, with doors that remember what went through."""

    def __init__(self, qtbot: QtBot, settings: WatchlistSettings | None = None) -> None:
        self.model = BalanceModel()
        self.sent: list[object] = []
        self.asked: list[OverviewRequest] = []
        self.kept: list[WatchlistSettings] = []
        self.views = MarketViews(self.model, send=self.sent.append, request=self._ask, settings=settings)
        self.views.settings_changed.connect(self.kept.append)
        self.panel = self.views.watchlist
        self.table: WatchlistTable = self.panel.table
        qtbot.addWidget(self.panel)
        self.panel.resize(420, 400)
        self.panel.show()
        self._qtbot = qtbot
        self._sequence = 0

    def _ask(self, request: object) -> None:
        assert isinstance(request, OverviewRequest)
        self.asked.append(request)

    def show(
        self,
        prices: dict[str, str] | None = None,
        *,
        instruments: Sequence[Instrument] = INSTRUMENTS,
        **changes: object,
    ) -> None:
        self._sequence += 1
        source = str(changes.pop("source_id", "exchange:test"))
        at = changes.get("now", NOON)
        assert isinstance(at, datetime)
        quoted = quotes(PRICES if prices is None else prices, at=at)
        plain: AccountSnapshot = make_snapshot(
            self._sequence, quotes=quoted, instruments=tuple(instruments), ledger_head_id=1, **changes
        )
        self.model.replace_snapshot(replace(plain, market=replace(plain.market, source_id=source)))
        self.model.show_newest()

    def answer(self, rows: Sequence[TickerRow], **changes: object) -> None:
        self.panel.ask()
        request = self.asked[-1]
        listed = [each for each in INSTRUMENTS if each.symbol in request.symbols]
        values = {"rows": tuple(rows), "instruments": tuple(listed), "listed": 3_000, "now": NOON} | changes
        self.panel.take_overview(OverviewPage(request_id=request.request_id, **values))  # type: ignore[arg-type]

    def symbols(self) -> list[str]:
        return [each.symbol for each in self.panel.rows.shown]

    def text(self, symbol: str, column: WatchColumn) -> str:
        place = self.symbols().index(symbol)
        return str(self.panel.rows.index(place, column).data())

    def click(self, symbol: str, column: WatchColumn) -> None:
        index = self.panel.rows.index(self.symbols().index(symbol), column)
        self.table.scrollTo(index)
        self._qtbot.mouseClick(
            self.table.viewport(), Qt.MouseButton.LeftButton, pos=self.table.visualRect(index).center()
        )

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self._qtbot.keyClick(self.table, key, modifier)

    def click_header(self, column: WatchColumn) -> None:
        header = self.table.horizontalHeader()
        middle = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
        self._qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(middle, header.height() // 2))


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk(qtbot)
    made.show()
    return made


def test_before_the_first_snapshot_there_is_a_sentence_and_no_question(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.panel.ask()
    assert desk.asked == []
    assert desk.symbols() == []
    assert desk.table.empty_text == "Waiting for the first prices."


def test_every_followed_symbol_has_price_change_with_sign_and_arrow_and_volume(desk: Desk) -> None:
    assert desk.symbols() == list(PRICES)
    assert desk.text("BTC/USDT", WatchColumn.PRICE) == "45,000.00"
    assert desk.text("XRP/USDT", WatchColumn.PRICE) == "0.6200"
    assert desk.text("BTC/USDT", WatchColumn.CHANGE) == UNKNOWN

    desk.answer(
        [row("BTC/USDT", last="44000", change="10", volume="689771560"), row("ETH/USDT", last="2400", change="-5")]
    )

    # 40,000 a day ago, 45,000 now: the change follows the quote, not the overview's own price.
    assert desk.text("BTC/USDT", WatchColumn.CHANGE) == "▲ +12.50%"
    assert desk.text("ETH/USDT", WatchColumn.CHANGE) == "▼ -5.00%"
    assert desk.text("BTC/USDT", WatchColumn.VOLUME) == "689.8M"
    assert desk.text("SOL/USDT", WatchColumn.VOLUME) == UNKNOWN


def test_the_change_moves_with_every_quote(desk: Desk) -> None:
    desk.answer([row("BTC/USDT", last="45000", change="12.5")])
    desk.show(PRICES | {"BTC/USDT": "38000"})
    assert desk.text("BTC/USDT", WatchColumn.PRICE) == "38,000.00"
    assert desk.text("BTC/USDT", WatchColumn.CHANGE) == "▼ -5.00%"


def test_columns_sort_by_value_with_the_unknown_last_either_way_round(desk: Desk) -> None:
    desk.answer([row("BTC/USDT", volume="9"), row("ETH/USDT", volume="10"), row("SOL/USDT", volume="1000")])
    desk.click_header(WatchColumn.PRICE)
    assert desk.symbols() == ["XRP/USDT", "SOL/USDT", "ETH/USDT", "BTC/USDT", "BTC/USDT:USDT"]
    desk.click_header(WatchColumn.PRICE)
    assert desk.symbols()[0] == "BTC/USDT:USDT"
    desk.click_header(WatchColumn.VOLUME)
    assert desk.symbols()[:3] == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    desk.click_header(WatchColumn.VOLUME)
    assert desk.symbols()[:3] == ["SOL/USDT", "ETH/USDT", "BTC/USDT"]
    assert set(desk.symbols()[3:]) == {"XRP/USDT", "BTC/USDT:USDT"}


def test_the_order_follows_prices_now_and_then_and_the_selection_follows_its_symbol(desk: Desk) -> None:
    desk.table.sort_by(WatchColumn.PRICE, is_descending=True)
    desk.table.select_symbol("SOL/USDT")
    desk.show(PRICES | {"SOL/USDT": "99000"})
    before = desk.symbols()
    assert before[0] == "BTC/USDT:USDT"  # not with every tick
    desk.panel.rows.sort_again()
    after = desk.symbols()
    assert after[0] == "SOL/USDT"
    assert desk.table.selected_symbols() == ["SOL/USDT"]
    assert desk.table.currentIndex().row() == 0


def test_what_is_equal_keeps_its_order_however_often_it_is_sorted(desk: Desk) -> None:
    desk.answer([row(symbol, last=price, change="0") for symbol, price in PRICES.items()])
    desk.table.sort_by(WatchColumn.CHANGE, is_descending=True)
    first = desk.symbols()
    for number in range(5):
        desk.show(PRICES, now=NOON + timedelta(seconds=number))
        desk.panel.rows.sort_again()
        assert desk.symbols() == first


def test_only_the_rows_whose_quote_is_another_are_told_of(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    desk.panel.rows.dataChanged.connect(lambda top, bottom, _roles: told.append((top.row(), bottom.row())))
    snapshot = desk.model.snapshot
    assert snapshot is not None
    same = snapshot.market.quotes
    desk.panel.rows.take_quotes(same)
    assert told == []
    moved = make_quote("SOL/USDT", "97")
    desk.panel.rows.take_quotes((*same[:2], moved, *same[3:]))
    assert told == [(2, 2)]


@pytest.mark.requirement("R162")
def test_an_old_price_is_gray_with_its_age_and_an_unknown_one_a_dash(desk: Desk) -> None:
    ages = (
        SymbolAge(symbol="BTC/USDT", source_at=NOON, received_at=NOON, limit_seconds=10, is_stale=False),
        SymbolAge(symbol="ETH/USDT", source_at=NOON, received_at=NOON, limit_seconds=10, is_stale=True),
    )
    now = NOON + timedelta(seconds=9)
    prices = {symbol: price for symbol, price in PRICES.items() if symbol != "SOL/USDT"}
    desk.show(prices, network=NetworkView(at=now, ages=ages, has_line=True))
    assert desk.text("BTC/USDT", WatchColumn.PRICE) == "45,000.00"
    assert desk.text("ETH/USDT", WatchColumn.PRICE) == "2,400.00 · 9 s"
    tokens = theme.active_tokens()
    colors = {
        symbol: desk.panel.rows.cell(desk.symbols().index(symbol), WatchColumn.PRICE).color.name()
        for symbol in ("BTC/USDT", "ETH/USDT")
    }
    assert colors == {"BTC/USDT": tokens.text, "ETH/USDT": tokens.text_muted}
    index = desk.panel.rows.index(desk.symbols().index("ETH/USDT"), WatchColumn.PRICE)
    assert "9 s old" in str(index.data(Qt.ItemDataRole.ToolTipRole))
    assert str(index.data(Qt.ItemDataRole.AccessibleTextRole)).endswith("9 s old")


@pytest.mark.requirement("R162")
def test_what_is_followed_is_as_old_as_on_the_card_whatever_the_overview_said_since(desk: Desk) -> None:
    now = NOON + timedelta(seconds=12)
    age = SymbolAge(symbol="BTC/USDT", source_at=NOON, received_at=NOON, limit_seconds=10, is_stale=True)
    desk.answer([replace(row("BTC/USDT", last="45100"), at=NOON + timedelta(seconds=3))])
    desk.show(network=NetworkView(at=now, ages=(age,), has_line=True))
    assert desk.text("BTC/USDT", WatchColumn.PRICE).endswith(" · 12 s")
    place = desk.symbols().index("BTC/USDT")
    for column in (WatchColumn.PRICE, WatchColumn.CHANGE):
        color = desk.panel.rows.cell(place, column).color.name()
        assert color == theme.active_tokens().text_muted


def test_a_symbol_without_any_price_reads_a_dash(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.show({})
    assert {desk.text(symbol, WatchColumn.PRICE) for symbol in desk.symbols()} == {UNKNOWN}


def test_what_only_the_overview_knows_grows_old_after_a_minute(qtbot: QtBot) -> None:
    chosen = WatchlistSettings().with_market("exchange:test", favourites=("SOL/USDT",), hidden=())
    desk = Desk(qtbot, chosen)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1])
    desk.answer([row("SOL/USDT", last="98")])
    assert desk.text("SOL/USDT", WatchColumn.PRICE) == "98.00"
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1], now=NOON + timedelta(seconds=61))
    assert desk.text("SOL/USDT", WatchColumn.PRICE) == "98.00 · 1 min"


def reads_whole(desk: Desk, column: WatchColumn, text: str) -> bool:
    """Whether a text has room in its column, and the column in the table."""
    table = desk.table
    right = table.columnViewportPosition(column) + table.columnWidth(column)
    needed = table.fontMetrics().horizontalAdvance(text)
    return table.columnWidth(column) >= needed + 8 and right <= table.viewport().width()


def test_titles_read_whole_before_there_are_rows(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.panel.resize(328, 400)
    QApplication.processEvents()
    for column in WatchColumn:
        if column is not WatchColumn.FAVOURITE:
            assert reads_whole(desk, column, str(desk.panel.rows.headerData(column, Qt.Orientation.Horizontal)))


def test_every_figure_of_one_symbol_reads_whole_beside_a_chart(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.panel.resize(328, 400)
    desk.show({"BTC/USDT": "62812.50"}, instruments=INSTRUMENTS[:1])
    desk.answer([row("BTC/USDT", last="62812.50", change="-10.15", volume="123400000")])
    for column in (WatchColumn.SYMBOL, WatchColumn.PRICE, WatchColumn.CHANGE, WatchColumn.VOLUME):
        text = desk.text("BTC/USDT", column)
        qtbot.waitUntil(lambda column=column, text=text: reads_whole(desk, column, text), timeout=3000)  # type: ignore[misc]


def test_the_price_takes_the_room_of_an_age_only_while_it_has_one(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.panel.resize(328, 400)
    desk.show({"BTC/USDT": "62812.50"}, instruments=INSTRUMENTS[:1])
    before = desk.table.columnWidth(WatchColumn.PRICE)
    age = SymbolAge(symbol="BTC/USDT", source_at=NOON, received_at=NOON, limit_seconds=10, is_stale=True)
    old = NetworkView(at=NOON + timedelta(seconds=12), ages=(age,), has_line=True)
    desk.show({"BTC/USDT": "62812.50"}, instruments=INSTRUMENTS[:1], network=old)
    qtbot.waitUntil(lambda: desk.table.columnWidth(WatchColumn.PRICE) > before + 20, timeout=3000)
    fresh = replace(old, at=NOON, ages=(replace(age, is_stale=False),))
    desk.show({"BTC/USDT": "62812.50"}, instruments=INSTRUMENTS[:1], network=fresh)
    qtbot.waitUntil(lambda: desk.table.columnWidth(WatchColumn.PRICE) == before, timeout=3000)


def test_a_click_shows_the_chart_and_a_click_on_the_star_does_not(desk: Desk) -> None:
    chosen: list[str] = []
    desk.views.symbol_chosen.connect(chosen.append)
    desk.click("ETH/USDT", WatchColumn.SYMBOL)
    assert chosen == ["ETH/USDT"]
    desk.click("SOL/USDT", WatchColumn.FAVOURITE)
    assert chosen == ["ETH/USDT"]
    assert desk.views.desk.favourites == ("SOL/USDT",)
    assert desk.symbols()[0] == "SOL/USDT"
    assert desk.text("SOL/USDT", WatchColumn.FAVOURITE) == "★"


def test_everything_can_be_done_with_keys(desk: Desk) -> None:
    chosen: list[str] = []
    desk.views.symbol_chosen.connect(chosen.append)
    desk.table.setFocus()
    desk.table.select_symbol("ETH/USDT")
    desk.press(Qt.Key.Key_Return)
    assert chosen == ["ETH/USDT"]
    desk.press(Qt.Key.Key_Space)
    assert desk.views.desk.favourites == ("ETH/USDT",)
    desk.table.select_symbol("XRP/USDT")
    desk.press(Qt.Key.Key_Space)
    assert desk.symbols()[:2] == ["ETH/USDT", "XRP/USDT"]
    assert desk.table.selected_symbols() == ["XRP/USDT"]
    desk.press(Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert list(desk.views.desk.favourites) == ["XRP/USDT", "ETH/USDT"]
    desk.press(Qt.Key.Key_Delete)
    assert "XRP/USDT" not in desk.symbols()
    desk.table.select_symbol("ETH/USDT")
    desk.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[1:3] == ["Symbol", "Price"]
    assert lines[1].split("\t")[1:3] == ["ETH/USDT", "2,400.00"]


def test_the_menu_offers_chart_trade_follow_remove_and_copy(desk: Desk) -> None:
    traded: list[str] = []
    desk.views.trade_wanted.connect(traded.append)
    shown = desk.panel.rows.by_symbol["SOL/USDT"]
    menu = desk.table.menu(shown)
    names = [action.objectName() for action in menu.actions() if action.objectName()]
    assert names == ["watchlist-chart", "watchlist-trade", "watchlist-follow", "watchlist-remove", "watchlist-copy"]
    by_name = {action.objectName(): action for action in menu.actions()}
    by_name["watchlist-trade"].trigger()
    assert traded == ["SOL/USDT"]
    by_name["watchlist-follow"].trigger()
    assert desk.views.desk.favourites == ("SOL/USDT",)
    assert "watchlist-up" in [action.objectName() for action in desk.table.menu(shown).actions()]
    by_name["watchlist-remove"].trigger()
    assert "SOL/USDT" not in desk.symbols()
    desk.views.desk.add("SOL/USDT")
    assert "SOL/USDT" in desk.symbols()


def test_a_right_click_opens_the_menu_of_the_row_under_it(desk: Desk, qtbot: QtBot) -> None:
    index = desk.panel.rows.index(1, WatchColumn.SYMBOL)
    place = desk.table.visualRect(index).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, desk.table.viewport().mapToGlobal(place))
    QApplication.sendEvent(desk.table.viewport(), event)
    qtbot.waitUntil(lambda: desk.table.findChild(WatchlistMenu) is not None)
    menu = desk.table.findChild(WatchlistMenu)
    assert isinstance(menu, WatchlistMenu)
    assert menu.accessibleName() == "What to do with ETH/USDT"
    menu.close()


def test_the_filter_keeps_matching_symbols_and_enter_takes_the_first_or_searches(desk: Desk, qtbot: QtBot) -> None:
    chosen: list[str] = []
    wanted: list[str] = []
    desk.views.symbol_chosen.connect(chosen.append)
    desk.panel.search_wanted.disconnect()
    desk.panel.search_wanted.connect(wanted.append)
    field = desk.panel.findChild(QLineEdit, "watchlist-filter-edit")
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "sol")
    assert desk.symbols() == ["SOL/USDT"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chosen == ["SOL/USDT"]
    qtbot.keyClicks(field, "x")
    assert desk.symbols() == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert wanted == ["solx"]
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert len(desk.symbols()) == len(PRICES)


def test_favourites_that_are_not_followed_yet_are_followed_once_when_they_are_listed(qtbot: QtBot) -> None:
    chosen = WatchlistSettings().with_market(
        "exchange:test", favourites=("SOL/USDT", "GONE/USDT", "BTC/USDT"), hidden=()
    )
    desk = Desk(qtbot, chosen)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1])
    assert desk.symbols() == ["SOL/USDT", "GONE/USDT", "BTC/USDT"]
    desk.answer([], listed=0, instruments=())
    assert desk.sent == []  # the list of markets has not come: nobody knows
    desk.answer([])
    desk.answer([])
    assert [each.symbol for each in desk.sent if isinstance(each, WatchSymbol)] == ["SOL/USDT"]
    gone = desk.panel.rows.by_symbol["GONE/USDT"]
    assert gone.is_listed is False
    index = desk.panel.rows.index(gone.place, WatchColumn.SYMBOL)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "GONE/USDT is not traded on this market"
    chosen_symbols: list[str] = []
    desk.views.symbol_chosen.connect(chosen_symbols.append)
    desk.click("GONE/USDT", WatchColumn.SYMBOL)
    assert chosen_symbols == []


def test_a_symbol_that_is_not_followed_is_shown_as_soon_as_it_is(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1])
    ready: list[str] = []
    desk.views.symbol_chosen.connect(ready.append)
    desk.views.desk.show("SOL/USDT")
    assert ready == []
    (watched,) = desk.sent
    assert isinstance(watched, WatchSymbol)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:3])
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:4])
    qtbot.waitUntil(lambda: bool(ready))
    QApplication.processEvents()
    assert ready == ["SOL/USDT"]


def test_a_refused_symbol_is_not_waited_for_and_may_be_asked_for_again(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1])
    ready: list[str] = []
    desk.views.symbol_chosen.connect(ready.append)
    desk.views.desk.show("SOL/USDT")
    first = desk.sent[-1]
    assert isinstance(first, WatchSymbol)
    refusal = CommandRefused(id=1, at=NOON, request_id=first.request_id, reason="unknown", detail="not traded here")
    desk.model.raise_notice(refusal)
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:3])
    QApplication.processEvents()
    assert ready == []
    desk.show({"BTC/USDT": "45000"}, instruments=INSTRUMENTS[:1])
    desk.views.desk.show("SOL/USDT")
    assert len(desk.sent) == 2


def test_favourites_of_another_market_are_others(desk: Desk) -> None:
    desk.views.desk.add("SOL/USDT")
    desk.answer([row("SOL/USDT", volume="5")])
    desk.show(PRICES, source_id="simulated:1:9")
    assert desk.views.desk.favourites == ()
    assert desk.text("SOL/USDT", WatchColumn.VOLUME) == UNKNOWN
    desk.show(PRICES, source_id="exchange:test@127.0.0.1:8800")
    assert desk.views.desk.favourites == ("SOL/USDT",)


def test_courses_are_asked_for_few_at_a_time_and_drawn_once(desk: Desk, qtbot: QtBot) -> None:
    desk.panel.ask()
    request = desk.asked[-1]
    assert set(request.sparklines_of) == set(PRICES)
    lines = tuple(
        Sparkline(symbol=symbol, closes=(Decimal(price), Decimal(price) * 2), ends_at=NOON)
        for symbol, price in PRICES.items()
    )
    page = OverviewPage(request_id=request.request_id, now=NOON, sparklines=lines, listed=5, instruments=INSTRUMENTS)
    desk.panel.take_overview(page)
    desk.panel.grab()
    drawn = desk.table.cells.courses.drawn
    assert drawn == len(PRICES)
    desk.panel.grab()
    desk.show(PRICES, now=NOON + timedelta(seconds=1))
    desk.panel.grab()
    assert desk.table.cells.courses.drawn == drawn  # the same picture while nothing moves by a pixel
    desk.panel.ask()
    assert desk.asked[-1].sparklines_of == ()
    spoken = desk.panel.rows.index(0, WatchColumn.TREND).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "24 hours between 45,000 and 90,000"


def test_a_course_that_nobody_knew_is_asked_for_again_when_its_bars_are_there(desk: Desk) -> None:
    desk.answer([])
    desk.panel.ask()
    assert desk.asked[-1].sparklines_of == ()
    desk.views.take_reply(CandlesStored(symbol="ETH/USDT", timeframe=Timeframe.M30))
    desk.panel.ask()
    assert desk.asked[-1].sparklines_of == ("ETH/USDT",)


def test_a_symbol_that_was_not_followed_is_in_the_ticket_too_when_its_chart_is_shown(
    qtbot: QtBot, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.fill_docks()
    opened.window.show()
    opened.model.replace_snapshot(make_snapshot(1, quotes=(), instruments=INSTRUMENTS[:1]))
    opened.window._panels.markets.desk.show("ETH/USDT")
    opened.model.replace_snapshot(make_snapshot(2, quotes=(), instruments=INSTRUMENTS[:2]))
    qtbot.waitUntil(lambda: opened.window.windowTitle().endswith("ETH/USDT"))
    for name in ("futures-symbol-combo", "toolbar-symbol-combo"):
        combo = opened.window.findChild(QComboBox, name)
        assert isinstance(combo, QComboBox)
        assert combo.currentText() == "ETH/USDT", name


def test_nothing_is_asked_while_nobody_can_see_it(desk: Desk) -> None:
    before = len(desk.asked)
    desk.panel.hide()
    desk.panel.ask()
    assert len(desk.asked) == before
    desk.panel.show()
    desk.panel.ask()
    assert len(desk.asked) == before + 1


def test_an_answer_to_an_older_question_is_not_shown(desk: Desk) -> None:
    desk.panel.ask()
    old = desk.asked[-1].request_id
    desk.panel.ask()
    desk.panel.take_overview(OverviewPage(request_id=old, now=NOON, rows=(row("BTC/USDT", volume="77"),)))
    assert desk.text("BTC/USDT", WatchColumn.VOLUME) == UNKNOWN


def test_three_thousand_favourites_are_shown_and_sorted(qtbot: QtBot) -> None:
    instruments = crowd(3_000)
    desk = Desk(qtbot)
    desk.show({}, instruments=instruments, source_id="exchange:crowd")
    assert len(desk.symbols()) == 3_000
    rows = tickers(instruments, at=NOON)
    desk.answer(rows, instruments=instruments, listed=3_000)
    desk.table.sort_by(WatchColumn.VOLUME, is_descending=True)
    volumes = [each.volume for each in desk.panel.rows.shown]
    known = [each for each in volumes if each is not None]
    assert len(known) > 2_000
    assert known == sorted(known, reverse=True)
    assert volumes[len(known) :] == [None] * (3_000 - len(known))


def test_favourites_and_sorting_are_kept_over_a_restart(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    first = Desk(qtbot)
    first.views.settings_changed.connect(lambda chosen: save_part(path, chosen))
    first.show()
    first.click("XRP/USDT", WatchColumn.FAVOURITE)
    first.click("ETH/USDT", WatchColumn.FAVOURITE)
    first.table.setFocus()
    first.table.select_symbol("SOL/USDT")
    first.press(Qt.Key.Key_Delete)
    first.click_header(WatchColumn.PRICE)
    first.click_header(WatchColumn.PRICE)
    first.views.keep_at_end()
    assert len(first.kept) == 1  # a row of presses is one save

    second = Desk(qtbot, load_settings(path).settings.watchlist)
    second.show()

    assert second.views.desk.favourites == ("XRP/USDT", "ETH/USDT")
    assert "SOL/USDT" not in second.symbols()
    assert second.symbols()[0] == "BTC/USDT:USDT"
    second.table.sort_by(-1, is_descending=False)
    assert second.symbols()[:2] == ["XRP/USDT", "ETH/USDT"]


def test_cells_header_and_controls_have_names_for_screen_readers(desk: Desk) -> None:
    desk.answer([row("BTC/USDT", change="10")])
    interface = QAccessible.queryAccessibleInterface(desk.table)
    assert interface.text(QAccessible.Text.Name) == "Watchlist"
    for child in desk.panel.findChildren(QLineEdit):
        assert child.accessibleName()
    star = desk.panel.rows.index(0, WatchColumn.FAVOURITE)
    assert star.data(Qt.ItemDataRole.AccessibleTextRole) == "BTC/USDT is no favourite"
    header = desk.panel.rows.headerData(
        WatchColumn.CHANGE, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
    )
    assert header == "Change over 24 hours"


def test_in_the_window_a_row_shows_its_chart_and_trade_puts_the_cursor_into_the_ticket(
    qtbot: QtBot, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.fill_docks()
    opened.window.show()
    opened.model.replace_snapshot(make_snapshot(1, quotes=quotes(PRICES)))
    table = opened.window.findChild(WatchlistTable, "sidebar-watchlist-table")
    assert isinstance(table, WatchlistTable)
    table.chosen.emit("SOL/USDT")
    assert opened.window.windowTitle().endswith("SOL/USDT")
    assert table.selected_symbols() == ["SOL/USDT"]
    table.trade_wanted.emit("ETH/USDT")
    assert opened.window.windowTitle().endswith("ETH/USDT")
    quantity = opened.window.findChild(QLineEdit, "futures-quantity-edit")
    assert isinstance(quantity, QLineEdit)
    assert opened.window.focusWidget() is quantity
    QTest.keyClicks(quantity, "0.5")
    assert quantity.text() == "0.5"
