"""Every type of order through the form: the fields it has, and exactly what is sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QDate, QDateTime, Qt, QTime, QTimeZone
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDateTimeEdit, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import MarginMode, OrderSide, OrderType, Protection, TimeInForce
from desktop_trader.messages.commands import SubmitOco, SubmitOrder
from desktop_trader.settings import FuturesSettings, RiskSettings
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import NOON, make_auto_trading, make_position
from tests.ui.ticket_builders import SWAP, Ticket, swap_quotes

DEFAULT = Protection(stop_loss_percent=Decimal(2), take_profit_percent=Decimal(5))


LOOSE = RiskSettings(
    max_position_percent=Decimal(100), risk_per_trade_percent=Decimal(100), max_margin_ratio_percent=Decimal(100)
)


@pytest.fixture
def ticket(qtbot: QtBot, dressed_app: QApplication) -> Ticket:
    made = Ticket(qtbot, risk=LOOSE)
    made.show(quotes=swap_quotes())
    made.form.choose_symbol(SWAP)
    made.type("futures-quantity-edit", "0.02")
    return made


def order(ticket: Ticket, **terms: object) -> SubmitOrder:
    """Return the plain order that the form begins with, with other terms."""
    plain = SubmitOrder(
        request_id=ticket.commands[-1].request_id,
        symbol=SWAP,
        side=OrderSide.BUY,
        type=OrderType.MARKET,
        quantity=Decimal("0.02"),
        protection=DEFAULT,
        leverage=10,
    )
    return replace(plain, **terms)  # type: ignore[arg-type]


PRICES = {
    "Market": (),
    "Limit": ("limit",),
    "Stop market": ("trigger",),
    "Stop limit": ("limit", "trigger"),
    "Take profit": ("trigger",),
    "Take profit limit": ("limit", "trigger"),
    "Trailing stop": ("trail", "trigger"),
    "OCO (limit + stop)": ("limit", "trigger"),
}
EDITS = {
    "limit": "futures-limit-price-edit",
    "trigger": "futures-trigger-price-edit",
    "trail": "futures-trail-percent-edit",
}


@pytest.mark.parametrize("title", PRICES)
def test_only_the_prices_of_its_type_can_be_typed(ticket: Ticket, title: str) -> None:
    ticket.choose("futures-type-combo", title)
    assert {what for what, name in EDITS.items() if ticket.sees(name)} == set(PRICES[title])


def test_a_trigger_is_called_one_thing_and_says_what_it_looks_at(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Stop market")
    assert ticket.text("futures-hint") == "Enter a trigger price"
    edit = ticket.find(DecimalEdit, "futures-trigger-price-edit")
    assert edit.accessibleName() == "Trigger price"
    assert edit.toolTip() == "Triggers look at the ask to buy and at the bid to sell; liquidation looks at the mark"


@pytest.mark.parametrize(
    ("title", "lives"),
    [
        ("Market", []),
        ("Limit", ["GTC", "GTD", "IOC", "FOK"]),
        ("Stop market", ["GTC", "GTD"]),
        ("Trailing stop", ["GTC", "GTD"]),
        ("OCO (limit + stop)", ["GTC", "GTD"]),
    ],
)
def test_only_the_times_in_force_of_its_type_can_be_chosen(ticket: Ticket, title: str, lives: list[str]) -> None:
    ticket.choose("futures-type-combo", title)
    combo = ticket.find(QComboBox, "futures-time-in-force-combo")
    assert [combo.itemText(place) for place in range(combo.count())] == lives
    assert combo.isVisible() is bool(lives)


def test_a_market_order_carries_the_defaults_of_the_settings(ticket: Ticket) -> None:
    ticket.click("futures-short-btn")
    assert ticket.commands == [order(ticket, side=OrderSide.SELL)]


@pytest.mark.parametrize(
    ("title", "terms"),
    [
        ("Limit", {"type": OrderType.LIMIT, "limit_price": Decimal("44000.5")}),
        ("Stop market", {"type": OrderType.STOP_MARKET, "trigger_price": Decimal("45500.25")}),
        (
            "Stop limit",
            {
                "type": OrderType.STOP_LIMIT,
                "trigger_price": Decimal("45500.25"),
                "limit_price": Decimal("44000.5"),
            },
        ),
        ("Take profit", {"type": OrderType.TAKE_PROFIT, "trigger_price": Decimal("44500.25")}),
        (
            "Take profit limit",
            {
                "type": OrderType.TAKE_PROFIT_LIMIT,
                "trigger_price": Decimal("44500.25"),
                "limit_price": Decimal("44000.5"),
            },
        ),
        (
            "Trailing stop",
            {
                "type": OrderType.TRAILING_STOP,
                "trigger_price": Decimal("44500.25"),
                "trail_percent": Decimal("1.5"),
            },
        ),
    ],
)
def test_a_typed_order_is_sent_as_it_was_typed(ticket: Ticket, title: str, terms: dict[str, object]) -> None:
    ticket.choose("futures-type-combo", title)
    for what, text in (("limit", "44,000.5"), ("trigger", str(terms.get("trigger_price"))), ("trail", "1.5")):
        if what in PRICES[title]:
            assert not ticket.long.isEnabled() or title == "Trailing stop"
            ticket.type(EDITS[what], text)
    ticket.click("futures-long-btn")
    assert ticket.commands == [order(ticket, **terms)]


def test_a_trailing_stop_can_begin_at_once_but_needs_its_distance(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Trailing stop")
    assert not ticket.long.isEnabled()
    assert ticket.text("futures-hint") == "Enter how far the stop follows, in percent"
    ticket.type("futures-trail-percent-edit", "2")
    ticket.click("futures-long-btn")
    assert ticket.commands == [order(ticket, type=OrderType.TRAILING_STOP, trail_percent=Decimal(2))]


def test_a_pair_is_a_limit_and_a_stop_of_one_size_under_one_request(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "OCO (limit + stop)")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.type("futures-trigger-price-edit", "46000")
    ticket.click("futures-long-btn")
    request_id = ticket.commands[0].request_id
    assert ticket.commands == [
        SubmitOco(
            request_id=request_id,
            limit=order(ticket, type=OrderType.LIMIT, limit_price=Decimal(44_000)),
            stop=order(ticket, type=OrderType.STOP_MARKET, trigger_price=Decimal(46_000)),
        )
    ]
    assert not ticket.long.isEnabled()
    ticket.accept()
    assert ticket.long.isEnabled()


def test_an_order_until_a_date_is_sent_with_that_moment_in_utc(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    assert not ticket.sees("futures-expires-edit")
    ticket.choose("futures-time-in-force-combo", "GTD")
    until = ticket.find(QDateTimeEdit, "futures-expires-edit")
    assert until.isVisible()
    assert until.dateTime().toSecsSinceEpoch() == int((NOON + timedelta(days=1)).timestamp())
    until.setDateTime(QDateTime(QDate(2026, 3, 4), QTime(5, 6), QTimeZone.utc()))
    ticket.click("futures-long-btn")
    assert ticket.sent[0].time_in_force is TimeInForce.GTD
    assert ticket.sent[0].expires_at == datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(("life", "may_rest"), [("GTC", True), ("IOC", False), ("FOK", False)])
def test_what_is_over_at_once_cannot_be_post_only(ticket: Ticket, life: str, may_rest: bool) -> None:
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.find(QCheckBox, "futures-post-only-check").click()
    ticket.choose("futures-time-in-force-combo", life)
    ticket.click("futures-long-btn")
    assert ticket.sent[0].is_post_only is may_rest
    assert ticket.sent[0].time_in_force.value == life.lower()
    assert ticket.sent[0].expires_at is None


def test_stop_target_and_trail_go_in_percent_or_as_prices(ticket: Ticket) -> None:
    ticket.type("futures-stop-loss-edit", "1.25")
    ticket.click("futures-take-profit-unit-btn")
    ticket.type("futures-take-profit-edit", "46000.01")
    ticket.type("futures-trailing-stop-edit", "3")
    ticket.click("futures-long-btn")
    assert ticket.sent[0].protection == Protection(
        stop_loss_percent=Decimal("1.25"), take_profit=Decimal("46000.01"), trail_percent=Decimal(3)
    )


def test_an_emptied_stop_is_none(ticket: Ticket) -> None:
    for name in ("futures-stop-loss-edit", "futures-take-profit-edit"):
        ticket.find(DecimalEdit, name).clear()
    ticket.click("futures-long-btn")
    assert ticket.sent[0].protection == Protection()


def test_leverage_is_slid_typed_and_stepped_and_goes_with_the_order(ticket: Ticket) -> None:
    from PySide6.QtWidgets import QSlider

    slider, edit = ticket.find(QSlider, "futures-leverage-slider"), ticket.find(DecimalEdit, "futures-leverage-edit")
    assert (slider.minimum(), slider.maximum(), slider.value(), edit.value()) == (1, 125, 10, 10)
    ticket.qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert edit.value() == 11
    ticket.type("futures-leverage-edit", "40")
    assert slider.value() == 40
    ticket.qtbot.keyClick(edit, Qt.Key.Key_Up)
    ticket.choose("futures-margin-mode-combo", "Cross")
    ticket.click("futures-long-btn")
    assert (ticket.sent[0].leverage, ticket.sent[0].margin_mode) == (41, MarginMode.CROSS)


def test_more_leverage_than_the_bracket_allows_is_named_and_not_sent(ticket: Ticket) -> None:
    ticket.type("futures-leverage-edit", "125")
    assert ticket.long.isEnabled()
    ticket.type("futures-quantity-edit", "10")
    assert not ticket.long.isEnabled()
    assert ticket.text("futures-hint") == "Leverage: at most 100."
    ticket.type("futures-leverage-edit", "100")
    assert ticket.long.isEnabled()


def test_spot_has_no_leverage_and_the_swap_has_its_own_again(ticket: Ticket) -> None:
    ticket.type("futures-leverage-edit", "25")
    ticket.form.choose_symbol("BTC/USDT")
    for name in ("futures-leverage-slider", "futures-leverage-edit", "futures-margin-mode-combo"):
        assert not ticket.find(QWidget, name).isEnabled(), name
    ticket.choose("futures-margin-mode-combo", "Cross")
    ticket.click("futures-long-btn")
    assert (ticket.sent[0].leverage, ticket.sent[0].margin_mode) == (1, MarginMode.ISOLATED)
    ticket.form.choose_symbol(SWAP)
    assert ticket.find(DecimalEdit, "futures-leverage-edit").value() == 25


def test_the_form_begins_with_the_settings(qtbot: QtBot, dressed_app: QApplication) -> None:
    chosen = FuturesSettings(
        leverage=3, margin_mode="cross", stop_loss_percent=Decimal("1.5"), take_profit_percent=Decimal(4)
    )
    ticket = Ticket(qtbot, defaults=chosen)
    ticket.show(quotes=swap_quotes())
    ticket.form.choose_symbol(SWAP)
    ticket.type("futures-quantity-edit", "0.02")
    ticket.click("futures-long-btn")
    sent = ticket.sent[0]
    assert (sent.leverage, sent.margin_mode) == (3, MarginMode.CROSS)
    assert sent.protection == Protection(stop_loss_percent=Decimal("1.5"), take_profit_percent=Decimal(4))


# ------------------------------------------------------------------------------------------------------ the size
def test_a_margin_is_sent_as_the_quantity_that_it_carries(ticket: Ticket) -> None:
    ticket.choose("futures-size-unit-combo", "USDT margin")
    ticket.type("futures-quantity-edit", "100")
    ticket.click("futures-long-btn")
    # 100 x 10 / 45,000.50 = 0.022222...
    assert ticket.sent[0].quantity == Decimal("0.02222")


def test_a_share_of_what_is_available_pays_margin_and_fee(ticket: Ticket) -> None:
    ticket.choose("futures-size-unit-combo", "% available")
    ticket.click("futures-size-50-btn")
    assert ticket.quantity.text() == "50"
    ticket.click("futures-short-btn")
    # 5,000 / (44,999.50 x (1 / 10 + 0.001)) = 1.10012...
    assert ticket.sent[0].quantity == Decimal("1.10012")


@pytest.mark.parametrize(
    ("unit", "share", "text"),
    [("BTC", 25, "0.55004"), ("USDT margin", 75, "7500.00"), ("% available", 100, "100")],
)
def test_a_share_button_writes_its_part_in_the_unit_chosen(ticket: Ticket, unit: str, share: int, text: str) -> None:
    ticket.choose("futures-size-unit-combo", unit)
    ticket.click(f"futures-size-{share}-btn")
    assert ticket.quantity.text() == text


def test_what_is_free_for_an_order_stands_beside_its_size(ticket: Ticket) -> None:
    assert ticket.text("futures-quantity-edit-caption") == "Size · $10,000.00 free"


def test_a_size_that_is_less_than_a_lot_is_not_sent(ticket: Ticket) -> None:
    ticket.choose("futures-size-unit-combo", "USDT margin")
    ticket.type("futures-quantity-edit", "0.01")
    assert not ticket.long.isEnabled()


def test_the_last_price_is_one_press_away(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Stop limit")
    ticket.click("futures-limit-price-last-btn")
    ticket.click("futures-trigger-price-last-btn")
    assert ticket.find(DecimalEdit, "futures-limit-price-edit").value() == 45_000
    assert ticket.find(DecimalEdit, "futures-trigger-price-edit").value() == 45_000


# ------------------------------------------------------------------------------------------------------ reduce-only
POSITIONS = (
    make_position(3, SWAP, quantity=Decimal("0.02")),
    make_position(4, SWAP, quantity=Decimal("0.015"), direction="short"),
    make_position(5, "ETH/USDT", quantity=Decimal(1)),
)


def test_reduce_only_closes_a_part_of_the_position_chosen_and_only_on_its_side(ticket: Ticket) -> None:
    ticket.show(quotes=swap_quotes(), positions=POSITIONS)
    ticket.find(QCheckBox, "futures-reduce-only-check").click()
    combo = ticket.find(QComboBox, "futures-position-combo")
    offered = [combo.itemText(place) for place in range(combo.count())]
    assert offered == ["#3 LONG 0.02000 @ 45,000.00", "#4 SHORT 0.01500 @ 45,000.00"]
    for name in ("futures-leverage-slider", "futures-stop-loss-edit", "futures-size-unit-combo", "futures-long-btn"):
        assert not ticket.sees(name), name
    assert ticket.text("futures-quantity-edit-caption") == "Size · 0.02000 open"
    ticket.click("futures-size-50-btn")
    assert ticket.quantity.text() == "0.01000"
    assert ticket.short.text() == "▼ SELL: close long"
    ticket.click("futures-short-btn")
    assert ticket.commands == [
        SubmitOrder(
            request_id=ticket.commands[0].request_id,
            symbol=SWAP,
            side=OrderSide.SELL,
            type=OrderType.MARKET,
            quantity=Decimal("0.01"),
            position_id=3,
        )
    ]


def test_a_short_is_reduced_by_buying(ticket: Ticket) -> None:
    ticket.show(quotes=swap_quotes(), positions=POSITIONS)
    ticket.find(QCheckBox, "futures-reduce-only-check").click()
    ticket.choose("futures-position-combo", "#4 SHORT 0.01500 @ 45,000.00")
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.click("futures-size-100-btn")
    assert (ticket.sees("futures-long-btn"), ticket.sees("futures-short-btn")) == (True, False)
    ticket.click("futures-long-btn")
    sent = ticket.sent[0]
    assert (sent.side, sent.quantity, sent.position_id) == (OrderSide.BUY, Decimal("0.015"), 4)


def test_without_a_position_there_is_nothing_to_reduce(ticket: Ticket) -> None:
    ticket.find(QCheckBox, "futures-reduce-only-check").click()
    assert not ticket.long.isEnabled()
    assert not ticket.short.isEnabled()
    assert ticket.text("futures-hint") == f"No open position of {SWAP} to reduce"


# ------------------------------------------------------------------------------------------------------ when it rests
@pytest.mark.parametrize(
    ("state", "said", "exits_go_on"),
    [
        ({"halted": "the disk is full"}, "Trading is halted: the disk is full", False),
        ({"close_only": "close all"}, "Close only (close all): nothing may be opened until that is cleared", True),
        (
            {"auto_trading": make_auto_trading("paused")},
            "New entries are paused: resume them to open a position",
            True,
        ),
    ],
)
def test_the_buttons_rest_with_their_reason(
    ticket: Ticket, state: dict[str, object], said: str, exits_go_on: bool
) -> None:
    ticket.show(quotes=swap_quotes(), positions=POSITIONS, **state)
    assert not ticket.long.isEnabled()
    assert not ticket.short.isEnabled()
    hint = ticket.find(QLabel, "futures-hint")
    assert hint.isVisible()
    assert (hint.text(), hint.property("tone")) == (said, "warning")
    assert said in ticket.long.toolTip()
    assert said in hint.accessibleName()
    ticket.find(QCheckBox, "futures-reduce-only-check").click()
    ticket.click("futures-size-100-btn")
    assert ticket.short.isEnabled() is exits_go_on


def test_enter_in_any_field_places_nothing(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    for edit in ticket.form.findChildren(DecimalEdit):
        if edit.isVisible():
            ticket.qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert ticket.commands == []


def test_enter_and_click_give_one_order_of_any_type(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Stop market")
    ticket.type("futures-trigger-price-edit", "46000")
    ticket.long.setFocus()
    ticket.qtbot.keyClick(ticket.long, Qt.Key.Key_Return)
    ticket.click("futures-long-btn")
    ticket.qtbot.keyClick(ticket.short, Qt.Key.Key_Return)
    assert len(ticket.commands) == 1


def test_an_order_can_be_placed_by_keys_alone(ticket: Ticket) -> None:
    ticket.form.activateWindow()
    ticket.find(QComboBox, "futures-type-combo").setFocus()
    walked: list[str] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        walked.append(focused.objectName())
        if focused is ticket.long:
            break
        ticket.qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert walked[-1] == "futures-long-btn"
    asked = ["futures-type-combo", "futures-leverage-slider", "futures-quantity-edit", "futures-stop-loss-edit"]
    assert [name for name in walked if name in asked] == asked
    ticket.qtbot.keyClick(ticket.long, Qt.Key.Key_Space)
    assert len(ticket.sent) == 1


def test_everything_that_can_be_used_has_names(ticket: Ticket) -> None:
    kinds = (DecimalEdit, QComboBox, QPushButton, QCheckBox, QDateTimeEdit)
    found = [each for kind in kinds for each in ticket.form.findChildren(kind)]
    assert len(found) > 20
    for widget in found:
        assert widget.objectName().startswith("futures-"), widget
        assert widget.accessibleName(), widget.objectName()


def test_the_wheel_changes_nothing_that_somebody_scrolls_past(ticket: Ticket) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent

    def turn(widget: QWidget) -> None:
        center = QPointF(widget.rect().center())
        event = QWheelEvent(
            center,
            center,
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    ticket.form.activateWindow()
    ticket.long.setFocus()
    combo = ticket.find(QComboBox, "futures-type-combo")
    combo.setCurrentText("Limit")
    turn(combo)
    turn(ticket.quantity)
    assert (combo.currentText(), ticket.quantity.text()) == ("Limit", "0.02")
    ticket.quantity.setFocus()
    turn(ticket.quantity)
    assert ticket.quantity.value() == Decimal("0.02001")


def test_what_somebody_points_at_fills_the_ticket_and_sends_nothing(ticket: Ticket) -> None:
    ticket.form.activateWindow()
    ticket.form.prefill(symbol="BTC/USDT", side=OrderSide.BUY, order_type=OrderType.LIMIT, price=Decimal("44123.45"))
    assert ticket.commands == []
    assert QApplication.focusWidget() is ticket.quantity
    ticket.qtbot.keyClicks(ticket.quantity, "0.1")
    ticket.click("futures-long-btn")
    sent = ticket.sent[0]
    assert (sent.symbol, sent.type, sent.limit_price) == ("BTC/USDT", OrderType.LIMIT, Decimal("44123.45"))
    assert sent.quantity == Decimal("0.1")


def test_another_account_begins_with_a_ticket_of_its_own(ticket: Ticket) -> None:
    ticket.choose("futures-margin-mode-combo", "Cross")
    ticket.choose("futures-type-combo", "Limit")
    ticket.choose("futures-time-in-force-combo", "FOK")
    ticket.choose("futures-size-unit-combo", "USDT margin")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.type("futures-leverage-edit", "125")
    ticket.type("futures-stop-loss-edit", "7")
    ticket.model.account_switched.emit()
    assert not ticket.long.isEnabled()
    ticket.type("futures-quantity-edit", "0.02")
    ticket.click("futures-long-btn")
    assert ticket.commands == [order(ticket)]


@pytest.mark.parametrize(
    ("risk", "quantity", "bound"),
    [
        # 10,000 / (45,000.50 x 0.101): nothing else is less.
        (LOOSE, "2.20019", ""),
        (replace(LOOSE, max_position_percent=Decimal(50)), "1.11109", "the limit per position"),  # 5,000 of margin
        (replace(LOOSE, max_margin_ratio_percent=Decimal(80)), "1.76015", "the limit of the margin ratio"),
        (replace(LOOSE, risk_per_trade_percent=Decimal(1)), "0.11110", "the limit of the loss at the stop"),
    ],
)
def test_all_that_is_free_is_cut_down_to_what_is_accepted_and_that_is_named(
    qtbot: QtBot, dressed_app: QApplication, risk: RiskSettings, quantity: str, bound: str
) -> None:
    ticket = Ticket(qtbot, risk=risk)
    ticket.show(quotes=swap_quotes())
    ticket.form.choose_symbol(SWAP)
    ticket.click("futures-size-100-btn")
    assert ticket.quantity.value() == Decimal(quantity)
    named = [each.text() for each in ticket.form.findChildren(QLabel) if each.text().startswith("Size ·")]
    assert named == [f"Size · at most, by {bound}" if bound else "Size · $10,000.00 free"]
    assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (True, True)
    for unit in ("USDT margin", "% available"):
        ticket.choose("futures-size-unit-combo", unit)
        ticket.click("futures-size-100-btn")
        assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (True, True), unit
