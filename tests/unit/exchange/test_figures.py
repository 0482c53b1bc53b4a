"""Single figures of exchanges: what is no sane number stays outside. Rows F33 and F39 of the fault list."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desktop_trader.exchange.figures import StrangeFigureError, instant, not_negative, positive, signed

NEVER: list[object] = [
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "1e400",
    "-1",
    "abc",
    "",
    " ",
    "1,5",
    None,
    True,
    1.5,
    float("nan"),
    [],
    {},
]


@pytest.mark.requirement("R211")
@pytest.mark.parametrize("value", [*NEVER, "0", 0, "1e-30", "9" * 61, "1" + "0" * 30, "-0.1"])
def test_a_price_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(StrangeFigureError, match="price"):
        positive(value, "price")


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("1", "1"),
        ("0.00000001", "0.00000001"),
        ("1e-7", "0.0000001"),
        ("1E+5", "100000"),
        (5, "5"),
        ("64291.340", "64291.340"),
    ],
)
def test_a_price_keeps_its_digits_and_is_spelled_plainly(value: object, price: str) -> None:
    assert format(positive(value, "price"), "f") == price
    assert positive(Decimal(str(value)), "price").as_tuple() == Decimal(price).as_tuple()


@pytest.mark.parametrize("value", NEVER)
def test_a_volume_is_no_nonsense_either(value: object) -> None:
    with pytest.raises(StrangeFigureError):
        not_negative(value, "volume")


def test_a_volume_may_be_nothing_and_a_change_may_be_negative() -> None:
    assert not_negative("0.000", "volume") == 0
    assert str(not_negative("-0", "volume")) == "0"
    assert signed("-3.25", "change") == Decimal("-3.25")
    with pytest.raises(StrangeFigureError):
        signed("-1e30", "change")


@pytest.mark.parametrize(
    "value", [1_711_699_867_777, "1711699867777", Decimal("1711699867777"), Decimal("1711699867777.5")]
)
def test_an_instant_is_milliseconds_since_1970(value: object) -> None:
    assert instant(value, "time") == datetime(2024, 3, 29, 8, 11, 7, 777_000, tzinfo=UTC)


def test_an_instant_may_be_seconds() -> None:
    assert instant(1_656_660_154, "time") == datetime(2022, 7, 1, 7, 22, 34, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -5, "NaN", "later", 1.7e12, 10**20, 4_200_000_000_000, "²", Decimal("NaN"), Decimal("1e40"), []],
)
def test_an_instant_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(StrangeFigureError, match="time"):
        instant(value, "time")
