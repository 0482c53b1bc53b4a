"""Exact decimals: what gets in, what is refused, and which way things are rounded."""

import decimal
from decimal import Decimal

import pytest

from desktop_trader.domain import money
from desktop_trader.domain.errors import InvalidInputError, InvariantError
from desktop_trader.domain.money import MAX_UNITS, UNIT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("5", "5"),
        ("+5", "5"),
        ("-12.50", "-12.50"),
        ("0.00000001", "0.00000001"),
        ("007", "7"),
        ("1" * 24 + "." + "2" * 24, "1" * 24 + "." + "2" * 24),
    ],
)
def test_plain_decimals_are_parsed_exactly(text: str, value: str) -> None:
    assert money.parse_decimal(text) == Decimal(value)


@pytest.mark.requirement("R163")
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " 5",
        "5 ",
        "5\n",
        "abc",
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-inf",
        "1_000",
        "1,000",
        "1.000,5",
        "1E+400",
        "1e9999",
        "1e9",
        "0x10",
        "٣",
        "１２",
        "²",
        ".5",
        "5.",
        "--5",
        "+-5",
        "5-",
        "$5",
        "1" * 30,
        "0." + "1" * 25,
    ],
)
def test_whatever_is_not_a_plain_decimal_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInputError, match="the price must be a plain decimal number"):
        money.parse_decimal(text, what="the price")


def test_a_refusal_shows_a_long_text_only_in_part() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        money.parse_decimal("9" * 100_000)
    assert len(refusal.value.user_message) < 150


@pytest.mark.parametrize(
    "text", ["0.00000001", "46116860184.27387903", "-46116860184.27387903", "15000", "1.10000000000"]
)
def test_amounts_of_up_to_eight_decimals_within_the_books_are_parsed(text: str) -> None:
    assert money.parse_amount(text) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.000000001", "more than 8 decimals"),
        ("46116860184.27387904", "too large"),
        ("-46116860184.27387904", "too large"),
        ("9" * 24, "too large"),
        ("NaN", "plain decimal"),
    ],
)
@pytest.mark.requirement("R163")
def test_amounts_the_books_cannot_hold_are_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        money.parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        ("0", 0),
        ("-0", 0),
        ("0.00000001", 1),
        ("-0.00000001", -1),
        ("123456.78", 12_345_678_000_000),
        ("1.50000000000000000000", 150_000_000),
        ("46116860184.27387903", MAX_UNITS - 1),
        ("-46116860184.27387903", 1 - MAX_UNITS),
    ],
)
def test_units_and_amounts_are_the_same_number(amount: str, units: int) -> None:
    assert money.to_units(Decimal(amount)) == units
    assert money.from_units(units) == Decimal(amount)


@pytest.mark.parametrize(
    "amount", ["0.000000001", "1.123456789", "46116860184.27387904", "-46116860184.27387904", "1E+30"]
)
def test_units_are_exact_or_not_at_all(amount: str) -> None:
    with pytest.raises(InvariantError):
        money.to_units(Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "up", "down"),
    [
        ("1.000000001", "1.00000001", "1.00000000"),
        ("1.00000001", "1.00000001", "1.00000001"),
        ("-1.000000001", "-1.00000000", "-1.00000001"),
        ("0", "0", "0"),
        ("0.0000000000001", "0.00000001", "0"),
    ],
)
def test_fees_are_rounded_up_and_gains_down(amount: str, up: str, down: str) -> None:
    assert money.round_up(Decimal(amount)) == Decimal(up)
    assert money.round_down(Decimal(amount)) == Decimal(down)


@pytest.mark.parametrize(
    ("value", "step", "floor", "ceiling"),
    [
        ("0.29999", "0.1", "0.2", "0.3"),
        ("0.3", "0.1", "0.3", "0.3"),
        ("1.1", "0.00001", "1.1", "1.1"),
        ("0.000009", "0.00001", "0", "0.00001"),
        ("123.456", "5", "120", "125"),
        ("0", "0.01", "0", "0"),
        ("45000.015", "0.01", "45000.01", "45000.02"),
    ],
)
def test_steps_are_snapped_without_artefacts(value: str, step: str, floor: str, ceiling: str) -> None:
    assert money.canonical(money.floor_to_step(Decimal(value), Decimal(step))) == floor
    assert money.canonical(money.ceil_to_step(Decimal(value), Decimal(step))) == ceiling


def test_no_multiple_of_a_step_is_ever_moved() -> None:
    """`round(x / step) * step` on floats moves 0.3 to 0.30000000000000004 and was refused by an exchange."""
    for count in range(1, 2_000):
        value = count * Decimal("0.00001")
        assert money.floor_to_step(value, Decimal("0.00001")) == value == money.ceil_to_step(value, Decimal("0.00001"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("-0.00", "0"),
        ("1.50", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-8", "0.00000001"),
        ("-45000.010", "-45000.01"),
    ],
)
def test_canonical_text_has_no_exponent_no_trailing_zeros_and_no_negative_zero(value: str, text: str) -> None:
    assert money.canonical(Decimal(value)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("10000", "10000.00"), ("0.12345678", "0.12345678"), ("-1.5", "-1.50"), ("0", "0.00")]
)
def test_amounts_as_text_are_exact_with_two_decimals_at_least(amount: str, text: str) -> None:
    assert money.amount_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("10000", "USDT", "$10,000.00"),
        ("10000", "USD", "$10,000.00"),
        ("10000", "USDC", "$10,000.00"),
        ("-1234567.891", "USDT", "-$1,234,567.89"),
        ("0.125", "USDT", "$0.12"),
        ("0.135", "USDT", "$0.14"),
        ("-0.001", "USDT", "$0.00"),
        ("0", "USDT", "$0.00"),
        ("0.12345678", "BTC", "0.12345678 BTC"),
        ("0", "BTC", "0.00000000 BTC"),
    ],
)
def test_amounts_are_shown_as_people_read_them(amount: str, currency: str, text: str) -> None:
    assert money.display_amount(Decimal(amount), currency) == text


def test_a_float_never_becomes_money() -> None:
    """An earlier system swallowed the TypeError of Decimal + float and went on with the default balance."""
    money.install_context()
    with pytest.raises(decimal.FloatOperation):
        Decimal(float("0.1"))
    with pytest.raises(TypeError):
        Decimal(1) + 0.1  # type: ignore[operator]
    with pytest.raises(decimal.FloatOperation):
        assert Decimal(1) < 1.5
    with pytest.raises(decimal.DivisionByZero):
        Decimal(1) / 0
    with pytest.raises(decimal.InvalidOperation):
        assert Decimal("NaN") > 0


def test_the_smallest_unit_is_one_hundred_millionth() -> None:
    assert money.from_units(1) == UNIT == Decimal("1E-8")
