"""Numbers go through JSON digit for digit."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.api.exact_json import NumberText, dumps, loads_object
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe

AMOUNTS = st.decimals(min_value=-(10**11), max_value=10**11, places=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | AMOUNTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(AMOUNTS)
def test_an_amount_is_a_literal_that_reads_back_as_itself(amount: Decimal) -> None:
    text = dumps(amount)

    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == amount
    assert "e" not in text.lower()


@given(VALUES)
def test_whatever_is_written_any_parser_reads(value: object) -> None:
    assert json.loads(dumps(value), parse_float=Decimal) == value


def test_what_a_float_would_spoil_stays_exact() -> None:
    assert dumps({"a": Decimal("0.1"), "b": Decimal("92233720368.54775807")}) == '{"a": 0.1, "b": 92233720368.54775807}'


def test_instants_and_enums_are_text() -> None:
    assert dumps([datetime(2026, 1, 1, tzinfo=UTC), Timeframe.H1]) == '["2026-01-01T00:00:00+00:00", "1h"]'


def test_a_line_stays_one_line_of_ascii() -> None:
    assert dumps("a\nb\u2028€") == '"a\\nb\\u2028\\u20ac"'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(value)


def test_a_value_of_no_json_type_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no place"):
        dumps({1})


def test_numbers_are_read_as_the_text_they_were() -> None:
    read = loads_object(b'{"a": 0.10, "b": 12345678901234567890, "c": "0.10"}')

    assert read == {"a": "0.10", "b": "12345678901234567890", "c": "0.10"}
    assert [type(value) for value in read.values()] == [NumberText, NumberText, str]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[1]", b"1", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1, "a": 2}', b"\xff\xfe{}",
        b"[" * 60_000, b'{"a":' * 10_000,
    ],
)  # fmt: skip
def test_anything_but_a_plain_object_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInputError):
        loads_object(text)
