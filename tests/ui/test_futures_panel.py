"""The futures dock: what the account has at work, and a ticket whose buttons never scroll away."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.settings import FuturesSettings, RiskSettings, Settings
from desktop_trader.ui.panels.futures import FuturesPanel
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.money_label import MoneyLabel
from tests.ui.network_builders import make_ages, make_network, make_pause
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import make_balance, make_position, make_snapshot
from tests.ui.ticket_builders import SWAP, swap_quotes
from tests.ui.window_builders import make_window

AT_WORK = make_balance(
    available=Decimal(7500),
    locked=Decimal(2500),
    locked_in_positions=Decimal(2000),
    locked_in_orders=Decimal(500),
    maintenance_margin=Decimal("101.5"),
    margin_ratio_percent=Decimal("24.876"),
)
HELD = (make_position(3, SWAP), make_position(4, "BTC/USDT"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    made = SharedWindow(tmp_path_factory.mktemp("futures"))
    made.window.resize(1280, 800)
    yield made
    made.end()


@pytest.fixture
def opened(shared: SharedWindow, dressed_app: QApplication) -> SharedWindow:
    shared.begin(network=make_network(), quotes=swap_quotes())
    shared.window.choose_symbol(SWAP)
    shared.window.activateWindow()
    QCoreApplication.processEvents()
    return shared


def find(opened: SharedWindow, name: str) -> QWidget:
    found = opened.window.findChild(QWidget, name)
    assert found is not None, name
    return found


def is_in_sight(opened: SharedWindow, name: str) -> bool:
    """Say whether a widget lies whole inside of the window and of what scrolls around it."""
    widget = find(opened, name)
    around = widget.parentWidget()
    while around is not None:
        place = widget.mapTo(around, QPoint(0, 0))
        if not around.rect().contains(widget.rect().translated(place)):
            return False
        around = around.parentWidget()
    return widget.isVisible()


def test_margin_used_and_how_near_its_limit_it_is(opened: SharedWindow) -> None:
    opened.show(network=make_network(), balance=AT_WORK, positions=HELD)
    assert opened.text("futures-margin-used") == "$2,000.00"
    assert opened.text("futures-margin-ratio") == "24.88% of 80%"
    assert opened.text("futures-maintenance-margin") == "$101.50"
    assert opened.text("futures-open-positions") == "2"
    ratio = opened.window.findChild(MoneyLabel, "futures-margin-ratio")
    assert ratio is not None
    assert ratio.property("tone") == ""
    full = make_balance(margin_ratio_percent=Decimal(80))
    opened.show(network=make_network(), balance=full, positions=HELD)
    assert ratio.property("tone") == "warning"


def test_margin_that_follows_from_old_marks_is_gray_with_its_age(opened: SharedWindow) -> None:
    opened.show(network=make_pause(ages=make_ages(14, (SWAP,))), balance=AT_WORK, positions=HELD[:1])
    assert opened.text("futures-margin-ratio") == "24.88% of 80% · 14 s"
    assert opened.text("futures-maintenance-margin") == "$101.50 · 14 s"
    kept = opened.window.findChild(MoneyLabel, "futures-maintenance-margin")
    assert kept is not None
    assert kept.is_stale()
    assert opened.text("futures-margin-used") == "$2,000.00", "what is locked does not follow from a price"


def test_what_is_not_known_reads_as_a_dash(opened: SharedWindow) -> None:
    opened.show(network=make_network(), balance=make_balance())
    assert opened.text("futures-margin-ratio") == "—"
    assert opened.text("futures-maintenance-margin") == "—"


def test_the_buttons_are_in_sight_wherever_the_panel_is_scrolled(opened: SharedWindow) -> None:
    area = opened.window.findChild(QScrollArea, "futures-scroll")
    assert area is not None
    bar = area.verticalScrollBar()
    assert bar.maximum() > 0
    for place in (bar.minimum(), bar.maximum()):
        bar.setValue(place)
        for name in ("futures-long-btn", "futures-short-btn", "futures-estimate"):
            assert is_in_sight(opened, name), (name, place)


def test_an_order_of_a_row_brings_its_size_into_view(opened: SharedWindow) -> None:
    area = opened.window.findChild(QScrollArea, "futures-scroll")
    assert area is not None
    area.verticalScrollBar().setValue(0)
    panel = opened.window.findChild(FuturesPanel)
    assert panel is not None
    panel.prefill(symbol="BTC/USDT", side=OrderSide.SELL, order_type=OrderType.LIMIT, price=Decimal("45123.5"))
    assert QApplication.focusWidget() is find(opened, "futures-quantity-edit")
    assert is_in_sight(opened, "futures-quantity-edit")
    assert is_in_sight(opened, "futures-limit-price-edit")
    assert opened.sent == []
    opened.window.choose_symbol(SWAP)


def test_from_the_size_to_the_button_by_keys_alone(opened: SharedWindow) -> None:
    find(opened, "futures-quantity-edit").setFocus()
    focused = QApplication.focusWidget()
    assert isinstance(focused, DecimalEdit)
    focused.clear()
    QTest.keyClicks(focused, "0.02")
    walked = []
    for _ in range(20):
        focused = QApplication.focusWidget()
        assert focused is not None
        walked.append(focused.objectName())
        if walked[-1] == "futures-long-btn":
            break
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert walked[-1] == "futures-long-btn", walked
    QTest.keyClick(find(opened, "futures-long-btn"), Qt.Key.Key_Space)
    sent = opened.sent[-1]
    assert isinstance(sent, SubmitOrder)
    assert (sent.symbol, sent.quantity, sent.leverage) == (SWAP, Decimal("0.02"), 10)


def test_nothing_of_the_panel_is_cut_off_and_it_stays_narrow(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(network=make_network(), balance=AT_WORK, positions=HELD, quotes=swap_quotes())
    quantity = opened.window.findChild(DecimalEdit, "futures-quantity-edit")
    assert quantity is not None
    quantity.set_value(Decimal("0.1"))
    panel = find(opened, "futures-panel")
    qtbot.waitUntil(lambda: panel.width() >= panel.minimumSizeHint().width())
    cut = [
        label.objectName()
        for label in panel.findChildren(QLabel)
        if label.isVisible() and not label.wordWrap() and label.width() < label.minimumSizeHint().width()
    ]
    assert cut == []
    assert panel.width() <= 380


def test_the_ticket_of_the_window_begins_with_its_settings(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    chosen = Settings(
        futures=FuturesSettings(leverage=7, stop_loss_percent=Decimal("1.5")),
        risk=RiskSettings(max_margin_ratio_percent=Decimal(60)),
    )
    made = make_window(qtbot, tmp_path, settings=chosen)
    made.window.fill_docks()
    made.model.replace_snapshot(make_snapshot(1, quotes=swap_quotes(), balance=AT_WORK))
    made.window.choose_symbol(SWAP)
    leverage, stop = (
        made.window.findChild(DecimalEdit, name) for name in ("futures-leverage-edit", "futures-stop-loss-edit")
    )
    ratio = made.window.findChild(MoneyLabel, "futures-margin-ratio")
    assert leverage is not None
    assert stop is not None
    assert ratio is not None
    assert (leverage.value(), stop.value(), ratio.text()) == (7, Decimal("1.5"), "24.88% of 60%")
