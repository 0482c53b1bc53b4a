"""Trading on the chart: lines that are dragged, the menu at a price, and the keyboard's way to the same."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QListWidget, QMenu
from pytestqt.qtbot import QtBot

from desktop_trader.domain.level_result import snapped
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages.chart_data import ChartData, ChartRequest
from desktop_trader.messages.commands import EditOrder, SetProtection
from desktop_trader.ui import theme
from desktop_trader.ui.chart_levels import chart_levels
from desktop_trader.ui.charts.chart_view import ChartView
from tests.ui.desk_rig import SWAP, button, dialog_of, exit_order, field, is_open, label, swap_position, type_into
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import NOON, make_instrument, make_order, make_quote

LOW, HIGH = 43_800.0, 46_900.0
SIZE = (1500, 1000)
STATE = {
    "positions": (swap_position(),),
    "orders": (make_order(5, symbol=SWAP, limit_price=Decimal("44700.00")), exit_order(6)),
    "quotes": (make_quote(SWAP, "45120.00"),),
}


class Chart:
    """The chart of the window with a position and two orders, and a hand with a mouse."""

    def __init__(self, shared: SharedWindow, qtbot: QtBot) -> None:
        self.shared = shared
        self.qtbot = qtbot
        view = shared.window.findChild(ChartView, "chart-view")
        assert view is not None
        self.view: ChartView = view
        self.plot = view._plot
        # Prices that come fit the range no more.
        view.viewport.zoom_price(1.0)
        self.plot.box.setYRange(LOW, HIGH, padding=0)
        # Where texts stand is known once they are painted.
        view.grab()

    @property
    def sent(self) -> list[object]:
        return self.shared.sent

    def place(self, price: float, aside: float = 0.0) -> QPointF:
        """Where a price is on the plot, right of the texts."""
        area = self.plot.area()
        there = QPointF(area.left() + 0.7 * area.width() + aside, self.plot.box.mapViewToScene(QPointF(0.0, price)).y())
        # A mouse stands on whole pixels.
        return QPointF(there.toPoint())

    def mouse(self, kind: QEvent.Type, place: QPointF, button_: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        target = self.plot.viewport()
        is_move, is_up = kind is QEvent.Type.MouseMove, kind is QEvent.Type.MouseButtonRelease
        none = Qt.MouseButton.NoButton
        pressed, held = none if is_move else button_, none if is_up else button_
        event = QMouseEvent(kind, place, target.mapToGlobal(place), pressed, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(target, event)
        QApplication.processEvents()

    def take(self, price: float, to: float) -> None:
        """Drag a line until the chart says that it follows; the button stays down."""
        self.mouse(QEvent.Type.MouseButtonPress, self.place(price))
        # pyqtgraph passes on at most so many moves a second, so the hand goes on until one has come through.
        step = 0

        def followed() -> None:
            nonlocal step
            step += 1
            self.mouse(QEvent.Type.MouseMove, self.place(to, step % 2))
            assert self.held() is not None

        self.qtbot.waitUntil(followed)

    def drop(self, to: float) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, self.place(to))

    def drag(self, price: float, to: float) -> None:
        self.take(price, to)
        self.drop(to)

    def held(self) -> tuple[float, str] | None:
        """Where the line that is dragged is drawn, and what it says."""
        level = self.plot._lines._held
        return None if level is None else (level.price, level.text)

    def at(self, price: float) -> Decimal:
        """The tick under the pointer at the pixel of a price."""
        view = self.plot.box.mapSceneToView(self.place(price))
        return snapped(Decimal(repr(view.y())), make_instrument(SWAP))

    def menu(self) -> QMenu:
        found = [each for each in self.shared.window.findChildren(QMenu, "chart-menu") if each.isVisible()]
        assert len(found) == 1
        return found[0]

    def choose(self, name: str) -> None:
        """Choose an entry of the menu that is open."""
        menu = self.menu()
        found = menu.findChild(QAction, f"chart-menu-{name}")
        assert found is not None, name
        found.trigger()
        menu.close()


def bars() -> tuple[Bar, ...]:
    return tuple(
        Bar(
            symbol=SWAP,
            timeframe=Timeframe.M1,
            opened_at=NOON - timedelta(minutes=100 - number),
            open=Decimal(45000 + number),
            high=Decimal(45040 + number),
            low=Decimal(44960 + number),
            close=Decimal(45020 + number),
            volume=Decimal(1),
        )
        for number in range(100)
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    # Once for all: to dress a whole window takes longer than most of these tests.
    theme.apply(qapp, theme.ThemeChoice())
    window = SharedWindow(tmp_path_factory.mktemp("chart-trading") / Path("data"))
    window.window.resize(*SIZE)
    window.begin(**STATE)
    window.window.attach_chart()
    window.window.choose_symbol(SWAP)
    asked = [each for each in window.requested if isinstance(each, ChartRequest) and each.symbol == SWAP][-1]
    window.window.show_reply(
        ChartData(request_id=asked.request_id, symbol=SWAP, timeframe=Timeframe.M1, bars=bars(), fills=())
    )
    yield window
    window.end()


@pytest.fixture
def chart(shared: SharedWindow, qtbot: QtBot) -> Iterator[Chart]:
    shared.begin(**STATE)
    made = Chart(shared, qtbot)
    yield made
    for prefix in ("levels", "edit-order", "level-list"):
        if is_open(shared.window, prefix):
            dialog_of(shared.window, prefix).close()
    for menu in shared.window.findChildren(QMenu, "chart-menu"):
        menu.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_every_level_of_a_position_is_a_line_with_quantity_and_result(chart: Chart) -> None:
    chart.shared.show(
        **STATE | {"positions": (swap_position(trail_percent=Decimal("1.5"), trailing_stop=Decimal("44443.20")),)}
    )
    levels = {level.text: (level.price, level.key) for level in chart_levels(chart.shared.model, SWAP)}
    assert levels == {
        "LONG 0.01000  +$1.20": (Decimal("45000.00"), ""),
        "SL 0.01000  -$9.00": (Decimal("44100.00"), "stop:1"),
        "TP 0.01000  +$18.00": (Decimal("46800.00"), "target:1"),
        "TRAIL 1.5 % 0.01000  -$5.57": (Decimal("44443.20"), ""),
        "LIQ 0.01000  -$45.00": (Decimal("40700.00"), ""),
        "BUY LIMIT 0.01000": (Decimal("44700.00"), "limit:5"),
        "SELL LIMIT 0.01000  -$5.20": (Decimal("44480.00"), "limit:6"),
        "SELL STOP LIMIT 0.01000  -$5.00": (Decimal("44500.00"), "trigger:6"),
    }


def test_levels_out_of_view_are_marked_at_the_edge_and_a_click_brings_them_into_view(chart: Chart) -> None:
    chart.plot.box.setYRange(44_600.0, 45_600.0, padding=0)
    chart.view.grab()
    marks = {level.aside: box for level, box in chart.plot._lines.marks()}
    assert list(marks) == ["TP 46,800.00", "LIQ 40,700.00", "SL 44,100.00"]
    boxes, area = list(marks.values()), chart.plot.area()
    assert all(area.contains(box) for box in boxes)
    assert not boxes[1].intersects(boxes[2])
    assert boxes[1].top() > boxes[2].top(), "the lower price is the lower mark"
    place = marks["SL 44,100.00"].center()
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        chart.mouse(kind, QPointF(place.toPoint()))
    low, high = chart.plot.box.viewRange()[1]
    assert low < 44_100.0 < high == 45_600.0
    chart.view.grab()
    assert [level.aside for level, _ in chart.plot._lines.marks()] == ["TP 46,800.00", "LIQ 40,700.00"]
    assert chart.sent == []


def test_an_order_that_follows_the_price_has_a_line_where_its_trigger_stands_now(chart: Chart) -> None:
    follows = make_order(
        9,
        symbol=SWAP,
        side=OrderSide.SELL,
        type=OrderType.TRAILING_STOP,
        limit_price=None,
        trail_percent=Decimal("1.5"),
    )
    chart.shared.show(**STATE | {"positions": (), "orders": (follows,), "trail_levels": ((9, Decimal("44443.20")),)})
    levels = [(level.text, level.price, level.key) for level in chart_levels(chart.shared.model, SWAP)]
    assert levels == [("SELL TRAILING STOP 0.01000", Decimal("44443.20"), "")]
    chart.shared.show(**STATE | {"positions": (), "orders": (follows,)})
    assert chart_levels(chart.shared.model, SWAP) == [], "it has not begun to follow"


def test_a_stop_at_the_entry_earns_nothing_whatever_the_position_earns_now(chart: Chart) -> None:
    chart.shared.show(**STATE | {"positions": (swap_position(stop_loss=Decimal("45000.00")),)})
    texts = [level.text for level in chart_levels(chart.shared.model, SWAP)]
    assert texts[:2] == ["LONG 0.01000  +$1.20", "SL 0.01000  $0.00"]


def test_a_stop_is_dragged_to_a_tick_and_confirmed_once(chart: Chart) -> None:
    wanted = chart.at(44_250.0)
    chart.take(44_100.0, 44_250.0)
    held = chart.held()
    assert held is not None
    assert Decimal(str(held[0])) == wanted
    assert held[1].startswith("SL 0.01000  -$7.")
    chart.drop(44_250.0)
    assert chart.sent == []
    dialog = dialog_of(chart.shared.window, "levels")
    assert Decimal(field(dialog, "levels-stop-edit").text()) == wanted
    assert f"Stop: 44,100.00 → {wanted:,.2f}, which comes to -$7." in label(dialog, "levels-facts")
    chart.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    chart.qtbot.mouseClick(button(dialog, "levels-ok-btn"), Qt.MouseButton.LeftButton)
    command = chart.sent[0]
    assert isinstance(command, SetProtection)
    assert chart.sent == [
        SetProtection(
            request_id=command.request_id,
            position_id=1,
            stop_loss=wanted,
            take_profit=Decimal("46800.00"),
            account="demo",
        )
    ]


def test_a_target_is_dragged_the_same_way(chart: Chart) -> None:
    wanted = chart.at(46_500.0)
    chart.drag(46_800.0, 46_500.0)
    dialog = dialog_of(chart.shared.window, "levels")
    assert Decimal(field(dialog, "levels-target-edit").text()) == wanted
    assert field(dialog, "levels-stop-edit").text() == "44100.00"


def test_escape_during_a_drag_restores_the_line_and_asks_nothing(chart: Chart) -> None:
    before = chart.plot.box.viewRange()
    chart.take(44_100.0, 44_250.0)
    chart.qtbot.keyClick(chart.view, Qt.Key.Key_Escape)
    assert chart.held() is None
    # The hand still holds the button: what it does now moves neither line nor chart.
    chart.mouse(QEvent.Type.MouseMove, chart.place(44_400.0))
    chart.drop(44_400.0)
    assert chart.held() is None
    assert not is_open(chart.shared.window, "levels")
    assert chart.plot.box.viewRange() == before
    assert chart.sent == []


def test_escape_in_the_confirmation_restores_the_line(chart: Chart) -> None:
    chart.drag(44_100.0, 44_250.0)
    assert chart.held() is not None
    chart.qtbot.keyClick(dialog_of(chart.shared.window, "levels"), Qt.Key.Key_Escape)
    assert chart.held() is None
    assert chart.sent == []


def test_a_stop_beyond_the_mark_cannot_be_confirmed(chart: Chart) -> None:
    chart.take(44_100.0, 45_300.0)
    held = chart.held()
    assert held is not None
    assert "would act at once" in held[1]
    chart.drop(45_300.0)
    dialog = dialog_of(chart.shared.window, "levels")
    assert not button(dialog, "levels-ok-btn").isEnabled()
    assert "has to be below the price 45,120.00" in label(dialog, "levels-error")


def test_an_order_is_dragged_and_edited_with_one_confirmation(chart: Chart) -> None:
    wanted = chart.at(44_850.0)
    chart.drag(44_700.0, 44_850.0)
    dialog = dialog_of(chart.shared.window, "edit-order")
    assert f"Limit price: 44,700.00 → {wanted:,.2f}" in label(dialog, "edit-order-facts")
    chart.qtbot.mouseClick(button(dialog, "edit-order-ok-btn"), Qt.MouseButton.LeftButton)
    command = chart.sent[0]
    assert isinstance(command, EditOrder)
    assert chart.sent == [EditOrder(request_id=command.request_id, order_id=5, limit_price=wanted, account="demo")]


def test_a_drag_beside_the_lines_pans_as_ever(chart: Chart) -> None:
    left = chart.plot.box.viewRange()[0][0]
    chart.mouse(QEvent.Type.MouseButtonPress, chart.place(45_600.0))
    share = 0.0

    def panned() -> None:
        nonlocal share
        share = min(1.0, share + 0.2)
        chart.mouse(QEvent.Type.MouseMove, chart.place(45_600.0, -120 * share))
        assert chart.plot.box.viewRange()[0][0] != left

    chart.qtbot.waitUntil(panned)
    chart.mouse(QEvent.Type.MouseButtonRelease, chart.place(45_600.0, -120))
    assert chart.held() is None
    chart.view.viewport.show_latest()


def test_lines_stay_where_they_are_dragged_while_prices_come(chart: Chart) -> None:
    chart.take(44_100.0, 44_250.0)
    held = chart.held()
    moved = swap_position(mark_price=Decimal("45130.00"), unrealized_pnl=Decimal("1.30"))
    chart.shared.show(**STATE | {"positions": (moved,)})
    assert chart.held() == held
    chart.drop(44_250.0)
    assert is_open(chart.shared.window, "levels")


def test_a_position_that_closes_under_the_hand_lets_go_of_its_line(chart: Chart) -> None:
    chart.take(44_100.0, 44_250.0)
    chart.shared.show(**STATE | {"positions": ()})
    assert chart.held() is None
    chart.drop(44_250.0)
    assert not is_open(chart.shared.window, "levels")


def test_a_line_shows_by_the_pointer_that_it_can_be_moved(chart: Chart) -> None:
    chart.plot.point_at(chart.place(44_100.0))
    assert chart.plot.viewport().cursor().shape() is Qt.CursorShape.SizeVerCursor
    chart.plot.point_at(chart.place(45_600.0))
    assert chart.plot.viewport().cursor().shape() is Qt.CursorShape.CrossCursor


def test_a_right_click_fills_the_ticket_in_and_sends_nothing(chart: Chart) -> None:
    wanted = chart.at(44_300.0)
    chart.mouse(QEvent.Type.MouseButtonPress, chart.place(44_300.0), Qt.MouseButton.RightButton)
    chart.mouse(QEvent.Type.MouseButtonRelease, chart.place(44_300.0), Qt.MouseButton.RightButton)
    wishes: list[tuple[OrderSide, OrderType, Decimal]] = []
    desk = chart.shared.window.trading._on_chart
    assert desk is not None
    desk.order_wanted.connect(lambda *wish: wishes.append(wish))
    chart.choose("buy-limit")
    assert wishes == [(OrderSide.BUY, OrderType.LIMIT, wanted)]
    assert chart.sent == []
    symbol = chart.shared.window.findChild(QComboBox, "futures-symbol-combo")
    assert symbol is not None
    assert symbol.currentText() == SWAP
    assert Decimal(field(chart.shared.window, "futures-limit-price-edit").text().replace(",", "")) == wanted


def test_the_menu_offers_stops_and_targets_of_what_is_open(chart: Chart) -> None:
    desk = chart.shared.window.trading._on_chart
    assert desk is not None
    below = {each.objectName() for each in desk.menu_at(Decimal("44321.50")).actions()}
    assert "chart-menu-stop-1" in below
    assert "chart-menu-target-1" not in below
    above = {each.objectName() for each in desk.menu_at(Decimal("46000.00")).actions()}
    assert "chart-menu-target-1" in above
    assert "chart-menu-stop-1" not in above
    menu = desk.menu_at(Decimal("44321.50"))
    found = menu.findChild(QAction, "chart-menu-stop-1")
    assert found is not None
    found.trigger()
    assert field(dialog_of(chart.shared.window, "levels"), "levels-stop-edit").text() == "44321.50"
    copy = menu.findChild(QAction, "chart-menu-copy")
    assert copy is not None
    copy.trigger()
    assert QGuiApplication.clipboard().text() == "44321.50"
    assert chart.sent == []


def test_a_stop_order_waits_on_the_far_side_of_the_price(chart: Chart) -> None:
    desk = chart.shared.window.trading._on_chart
    assert desk is not None
    wishes: list[tuple[OrderSide, OrderType, Decimal]] = []
    desk.order_wanted.connect(lambda *wish: wishes.append(wish))
    for price in ("46000.00", "44000.00"):
        found = desk.menu_at(Decimal(price)).findChild(QAction, "chart-menu-stop")
        assert found is not None
        found.trigger()
    assert wishes == [
        (OrderSide.BUY, OrderType.STOP_MARKET, Decimal("46000.00")),
        (OrderSide.SELL, OrderType.STOP_MARKET, Decimal("44000.00")),
    ]


def test_the_menu_key_asks_at_the_last_price(chart: Chart) -> None:
    middle = chart.view.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, chart.view.mapToGlobal(middle))
    QApplication.sendEvent(chart.view, event)
    assert chart.menu().actions()[0].text() == f"{SWAP} at 45,120.00"


def test_all_levels_can_be_changed_without_the_mouse(chart: Chart) -> None:
    window = chart.shared.window
    window.activateWindow()
    chart.qtbot.waitUntil(window.isActiveWindow)
    chart.qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    dialog = dialog_of(window, "level-list")
    listed = dialog.findChild(QListWidget, "level-list-table")
    assert listed is not None
    texts = [listed.item(row).text() for row in range(listed.count())]
    assert texts[0] == "46,800.00   TP 0.01000  +$18.00"
    assert listed.currentRow() == 0
    place = texts.index("44,100.00   SL 0.01000  -$9.00")
    while listed.currentRow() != place:
        chart.qtbot.keyClick(listed, Qt.Key.Key_Down)
    chart.qtbot.keyClick(listed, Qt.Key.Key_Return)
    levels = dialog_of(window, "levels")
    type_into(chart.qtbot, field(levels, "levels-stop-edit"), "44444.44")
    chart.qtbot.keyClick(field(levels, "levels-stop-edit"), Qt.Key.Key_Return)
    command = chart.sent[0]
    assert isinstance(command, SetProtection)
    assert command.stop_loss == Decimal("44444.44")


def test_a_missing_stop_is_listed_where_it_can_be_set(chart: Chart) -> None:
    chart.shared.show(**STATE | {"positions": (swap_position(stop_loss=None),)})
    desk = chart.shared.window.trading._on_chart
    assert desk is not None
    dialog = desk.open_levels()
    listed = dialog.findChild(QListWidget, "level-list-table")
    assert listed is not None
    assert "—   no stop is set: set one" in [listed.item(row).text() for row in range(listed.count())]
