"""What the form says of an order before it is sent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QDateTimeEdit, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.money_label import MoneyLabel
from tests.ui.network_builders import make_ages, make_network, make_pause
from tests.ui.snapshot_builders import INSTRUMENTS, make_balance, make_position, make_snapshot
from tests.ui.ticket_builders import SWAP, Ticket, funding_rate, swap_quotes

FUNDED = tuple(
    replace(each, funding_interval=timedelta(hours=8)) if ":" in each.symbol else each for each in INSTRUMENTS
)


def shown(ticket: Ticket, **state: object) -> AccountSnapshot:
    """Show the account with the funding of the swap known."""
    ticket.sequence += 1
    snapshot = make_snapshot(ticket.sequence, **({"quotes": swap_quotes(), "instruments": FUNDED} | state))
    snapshot = replace(snapshot, market=replace(snapshot.market, funding=(funding_rate(),)))
    ticket.model.replace_snapshot(snapshot)
    ticket.model.show_newest()
    return snapshot


@pytest.fixture
def ticket(qtbot: QtBot, dressed_app: QApplication) -> Ticket:
    made = Ticket(qtbot)
    shown(made)
    made.form.choose_symbol(SWAP)
    return made


def figures(ticket: Ticket, side: str) -> dict[str, str]:
    """Return a column of the preview as it is seen."""
    found = {}
    for label in ticket.form.findChildren(MoneyLabel):
        prefix = f"futures-preview-{side}-"
        if label.objectName().startswith(prefix) and label.isVisible():
            found[label.objectName().removeprefix(prefix)] = label.text()
    return found


def test_before_a_size_is_typed_nothing_is_made_up(ticket: Ticket) -> None:
    for side in ("long", "short"):
        assert set(figures(ticket, side).values()) == {"—"}
    assert not ticket.sees("futures-refusal")


def test_both_directions_are_previewed_side_by_side(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.1")
    # Long at the ask 45,000.50, short at the bid 44,999.50; 10x isolated, fee 0.1 %, maintenance 0.5 %.
    assert figures(ticket, "long") == {
        "notional": "$4,500.05",
        "margin": "$450.00",  # 450.005, half to even
        "fee": "$4.50",
        "liquidation": "40,703.97",  # 45,000.50 x 0.9 / 0.995, up to the tick
        "stop": "-$90.00",
        "stop-percent": "-0.90%",
        "target": "+$225.00",
        "target-percent": "+2.25%",
        "funding": "-$1.35",  # 4,500.05 x 0.01 % x 3
        "break-even": "45,090.60",
        "margin-ratio": "4.55%",
    }
    short = figures(ticket, "short")
    assert (short["notional"], short["liquidation"]) == ("$4,499.95", "49,253.18")  # 44,999.50 x 1.1 / 1.005
    assert (short["funding"], short["stop"], short["break-even"]) == ("+$1.35", "-$90.00", "44,909.59")


def test_the_preview_follows_every_field(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.1")
    ticket.type("futures-leverage-edit", "50")
    assert figures(ticket, "long")["margin"] == "$90.00"
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "40000")
    assert figures(ticket, "long")["notional"] == "$4,000.00"
    ticket.find(DecimalEdit, "futures-stop-loss-edit").clear()
    assert figures(ticket, "long")["stop"] == "—"
    ticket.type("futures-trailing-stop-edit", "1")
    assert figures(ticket, "long")["stop"] == "-$40.00"


def test_a_typed_share_is_previewed_as_what_would_be_sent(ticket: Ticket) -> None:
    ticket.choose("futures-size-unit-combo", "USDT margin")
    ticket.type("futures-quantity-edit", "100")
    assert figures(ticket, "long")["notional"] == "$999.91"  # 0.02222 x 45,000.50
    assert figures(ticket, "long")["margin"] == "$99.99"


def test_spot_is_previewed_for_the_only_direction_that_it_has(ticket: Ticket) -> None:
    ticket.form.choose_symbol("BTC/USDT")
    ticket.type("futures-quantity-edit", "0.1")
    assert figures(ticket, "short") == {}
    assert figures(ticket, "long")["liquidation"] == "none"
    assert figures(ticket, "long")["funding"] == "—"


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("0.0001", "The order is worth $4.50; the minimum is $5.00"),
        ("0.2", "The stop would lose $180.00; the limit is $100.00 (1 % of the balance)"),
        ("1.5", "The margin of the position at 10x is $6,7"),
    ],
)
def test_the_rule_that_would_refuse_it_is_named_as_it_is_typed(ticket: Ticket, quantity: str, said: str) -> None:
    ticket.type("futures-quantity-edit", quantity)
    assert said in ticket.text("futures-refusal")
    label = ticket.find(QLabel, "futures-refusal")
    assert (label.isVisible(), label.property("tone")) == (True, "error")
    ticket.type("futures-quantity-edit", "0.1")
    assert not label.isVisible()


def test_a_stop_on_the_wrong_side_is_said_of_its_direction_alone(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.1")
    ticket.click("futures-stop-loss-unit-btn")
    ticket.type("futures-stop-loss-edit", "44500")
    said = ticket.text("futures-refusal")
    assert said.startswith("Short: the stop loss 44500 of a short must be above")
    assert ticket.find(QLabel, "futures-refusal").property("tone") == "warning", "a long may still be placed"
    assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (True, False)
    assert ticket.short.toolTip().startswith("The stop loss 44500 of a short must be above")


def test_too_much_of_the_account_at_work_is_named(ticket: Ticket) -> None:
    shown(ticket, balance=make_balance(available=Decimal(2500), locked=Decimal(7500)))
    ticket.find(DecimalEdit, "futures-stop-loss-edit").clear()
    ticket.type("futures-quantity-edit", "0.2")
    assert "the limit is 80 %" in ticket.text("futures-refusal")
    shown(ticket, balance=make_balance(available=Decimal(50), locked=Decimal(9950)))
    assert "Insufficient balance: Need $909.01, Have $50.00" in ticket.text("futures-refusal")


def test_the_limits_are_those_of_the_settings(qtbot: QtBot, dressed_app: QApplication) -> None:
    ticket = Ticket(qtbot, risk=RiskSettings(risk_per_trade_percent=Decimal(5)))
    shown(ticket)
    ticket.form.choose_symbol(SWAP)
    ticket.type("futures-quantity-edit", "0.2")
    assert not ticket.sees("futures-refusal")


def test_figures_of_an_old_price_are_gray_with_its_age(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.1")
    shown(ticket, network=make_pause(ages=make_ages(14, (SWAP,))))
    notional = ticket.find(MoneyLabel, "futures-preview-long-notional")
    assert notional.is_stale()
    assert ticket.text("futures-estimate").endswith("price 14 s old")
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    assert not notional.is_stale(), "a price that was typed does not grow old"


def test_an_exit_is_previewed_with_what_it_realizes(ticket: Ticket) -> None:
    shown(ticket, positions=(make_position(3, SWAP, quantity=Decimal("0.02"), entry_price=Decimal(44_000)),))
    ticket.find(QCheckBox, "futures-reduce-only-check").click()
    ticket.click("futures-size-50-btn")
    assert figures(ticket, "long") == {}
    assert not ticket.sees("futures-preview-short-title"), "selling a long is no short"
    # 0.01 sold at the bid 44,999.50 that was bought at 44,000.
    assert figures(ticket, "short") == {"notional": "$450.00", "fee": "$0.45", "result": "+$10.00"}
    ticket.type("futures-quantity-edit", "0.03")
    assert "only 0.02 is open" in ticket.text("futures-refusal").lower()


def test_a_trigger_on_the_wrong_side_of_the_market_is_named_for_its_direction(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Stop market")
    ticket.type("futures-quantity-edit", "0.1")
    ticket.type("futures-trigger-price-edit", "44000")
    said = ticket.text("futures-refusal")
    assert said.startswith("Long: the trigger 44000 of a buy stop market must be above the market 45000.5")
    assert "Short" not in said


def test_a_date_that_is_past_is_named(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.type("futures-quantity-edit", "0.1")
    ticket.choose("futures-time-in-force-combo", "GTD")
    assert not ticket.sees("futures-refusal")
    until = ticket.find(QDateTimeEdit, "futures-expires-edit")
    until.setDateTime(until.dateTime().addDays(-3))
    assert "which is past" in ticket.text("futures-refusal")


def test_both_orders_of_a_pair_lock_their_margin_and_that_is_said(ticket: Ticket) -> None:
    ticket.choose("futures-type-combo", "OCO (limit + stop)")
    ticket.type("futures-limit-price-edit", "44000")
    ticket.type("futures-trigger-price-edit", "46000")
    ticket.type("futures-quantity-edit", "0.1")
    # 440 + 4.4 of the limit, 460 + 4.6 of the stop; of a short the trigger has to lie below.
    long_note, short_note = ticket.text("futures-refusal").splitlines()
    assert long_note == "Long: both orders of the pair lock $909.00 together"
    assert short_note.startswith("Short: ")
    assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (True, False)
    assert ticket.find(QLabel, "futures-refusal").property("tone") == "warning"
    long = figures(ticket, "long")
    assert (long["margin"], long["margin-ratio"]) == ("$900.00", "9.09%"), "what both lock, not one of them"
    assert ticket.find(MoneyLabel, "futures-preview-long-margin").toolTip().startswith("900")
    shown(ticket, balance=make_balance(total="500", portfolio_value=Decimal(500)))
    assert "limit" in ticket.text("futures-refusal")


def test_a_resting_limit_pays_what_a_maker_pays(qtbot: QtBot, dressed_app: QApplication) -> None:
    ticket = Ticket(qtbot)
    cheap = tuple(replace(each, maker_fee_rate=Decimal("0.0002")) for each in FUNDED)
    shown(ticket, instruments=cheap)
    ticket.form.choose_symbol(SWAP)
    ticket.choose("futures-type-combo", "Limit")
    ticket.type("futures-quantity-edit", "0.1")
    ticket.type("futures-limit-price-edit", "44000")
    assert figures(ticket, "long")["fee"] == "$0.88"
    assert figures(ticket, "short")["fee"] == "$4.40", "it would meet the market at once"


def test_losses_of_cross_positions_are_not_free_for_an_order(ticket: Ticket) -> None:
    losing = make_position(3, SWAP, margin_mode="cross", unrealized_pnl=Decimal(-4000), margin=Decimal(1000))
    state = make_balance(available=Decimal(9000), locked=Decimal(1000), portfolio_value=Decimal(6000))
    shown(ticket, positions=(losing,), balance=state)
    ticket.choose("futures-size-unit-combo", "USDT margin")
    ticket.find(DecimalEdit, "futures-stop-loss-edit").clear()
    ticket.click("futures-size-50-btn")
    assert ticket.quantity.text() == "2500.00"  # half of 5,000


def test_a_side_that_would_be_refused_rests_with_its_reason_but_never_for_an_old_price(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.2")
    assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (False, False)
    assert ticket.text("futures-refusal") == "The stop would lose $180.00; the limit is $100.00 (1 % of the balance)"
    assert ticket.long.toolTip() == ticket.text("futures-refusal")
    assert not ticket.sees("futures-hint"), "it is said once"
    # Nobody knows what a newer price says: the engine decides.
    shown(ticket, network=make_network(ages=make_ages(14, (SWAP,))))
    assert (ticket.long.isEnabled(), ticket.short.isEnabled()) == (True, True)
    assert "The stop would lose" in ticket.text("futures-refusal")
