"""How figures read."""

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.ui import number_format as nf
from desktop_trader.ui.balance_text import change_tone, pnl_text

CENTS = st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False)
AMOUNTS = st.decimals(min_value=-(10**11), max_value=10**11, places=8, allow_nan=False)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("10000", "USDT", "$10,000.00"),
        ("10000.00", "USD", "$10,000.00"),
        ("-1234.5", "USDC", "-$1,234.50"),
        ("0", "USDT", "$0.00"),
        ("-0.004", "USDT", "$0.00"),
        ("0.125", "USDT", "$0.12"),
        ("0.135", "USDT", "$0.14"),
        ("90071992547409.93250001", "USDT", "$90,071,992,547,409.93"),
        ("0.12345678", "BTC", "0.12345678 BTC"),
        ("1E+3", "BTC", "1,000.00000000 BTC"),
    ],
)
def test_amounts_read_as_the_contract_says(amount: str, currency: str, text: str) -> None:
    assert nf.format_money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("12.34", "+$12.34"), ("-5", "-$5.00"), ("0", "$0.00"), ("0.004", "$0.00"), ("-0.004", "$0.00")],
)
def test_gains_and_losses_carry_their_sign_and_nothing_has_none(amount: str, text: str) -> None:
    assert nf.format_signed_money(Decimal(amount), "USDT") == text


def test_other_currencies_carry_the_sign_too() -> None:
    assert nf.format_signed_money(Decimal("0.5"), "BTC") == "+0.50000000 BTC"
    assert nf.format_signed_money(Decimal("-0.5"), "BTC") == "-0.50000000 BTC"
    assert nf.format_signed_money(Decimal("0E-8"), "BTC") == "0.00000000 BTC"


def test_percentages_carry_their_sign() -> None:
    assert nf.format_percent(Decimal("0.314")) == "+0.31%"
    assert nf.format_percent(Decimal("-12.5")) == "-12.50%"
    assert nf.format_percent(Decimal("0.001")) == "0.00%"
    assert nf.format_percent(Decimal("1234.5"), decimals=1) == "+1,234.5%"


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [("45120", "0.01", "45,120.00"), ("0.5", "0.0001", "0.5000"), ("45120", "10", "45,120"), ("1.5", "0.50", "1.5")],
)
def test_prices_have_the_decimals_of_their_tick(price: str, tick: str, text: str) -> None:
    assert nf.format_price(Decimal(price), Decimal(tick)) == text


def test_quantities_have_the_decimals_of_their_lot() -> None:
    assert nf.format_quantity(Decimal("0.01"), Decimal("0.00001")) == "0.01000"


@pytest.mark.parametrize("unknown", [None, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_unknown_reads_as_a_dash_and_never_as_zero(unknown: Decimal | None) -> None:
    assert nf.format_money(unknown, "USDT") == "—"
    assert nf.format_signed_money(unknown, "USDT") == "—"
    assert nf.format_exact_money(unknown, "USDT") == "—"
    assert nf.format_percent(unknown) == "—"
    assert nf.format_price(unknown, Decimal("0.01")) == "—"
    assert nf.format_plain(unknown) == ""
    assert nf.direction_arrow(unknown) == ""


def test_arrows_say_the_direction_without_color() -> None:
    assert [nf.direction_arrow(Decimal(change)) for change in ("1", "0", "-1")] == ["▲", "", "▼"]


@given(CENTS)
def test_a_dollar_amount_reads_back_as_itself(amount: Decimal) -> None:
    text = nf.format_money(amount, "USDT")
    assert Decimal(text.replace("$", "").replace(",", "")) == amount


@given(AMOUNTS)
def test_the_exact_text_reads_back_as_itself(amount: Decimal) -> None:
    digits, currency = nf.format_exact_money(amount, "USDT").split(" ")
    assert currency == "USDT"
    assert Decimal(digits.replace(",", "")) == amount


def test_formatting_needs_neither_qt_nor_numpy() -> None:
    code = "import sys, desktop_trader.ui.number_format; print('PySide6' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("amount", "tone"), [("-0.004", ""), ("0.004", ""), ("-0.01", "down"), ("0.01", "up")])
def test_the_color_is_that_of_the_figure_as_it_is_written(amount: str, tone: str) -> None:
    assert change_tone(Decimal(amount), "USDT") == tone
    assert pnl_text(Decimal(amount), "USDT").endswith(("▲", "▼")) is bool(tone)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("9.994", "9.99"),
        ("950", "950"),
        ("999.94", "1.00K"),
        ("1234", "1.23K"),
        ("999949", "999.9K"),
        ("999951", "1.00M"),
        ("689771560.36", "689.8M"),
        ("7e9", "7.00B"),
        ("1e15", "1,000.0T"),
        ("-5432", "-5.43K"),
        ("NaN", nf.UNKNOWN),
    ],
)
def test_large_figures_are_short_and_never_read_as_a_thousand_of_the_smaller_unit(amount: str, text: str) -> None:
    assert nf.format_compact(Decimal(amount)) == text


def test_a_volume_that_nobody_knows_is_a_dash() -> None:
    assert nf.format_compact(None) == nf.UNKNOWN
