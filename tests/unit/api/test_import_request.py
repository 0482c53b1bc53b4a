"""The body of an import: taken by the private door alone, strict in every field."""

from decimal import Decimal

import pytest

from desktop_trader.api.exact_json import dumps
from desktop_trader.api.requests import import_balance
from desktop_trader.domain.errors import InvalidInputError

BODY = {
    "request_id": "r",
    "amount": Decimal("12345.67"),
    "content_hash": "ab" * 32,
    "description": "virtual_balance.json: 12345.67",
    "author": "Ann",
    "account": "demo",
}


def test_it_becomes_the_command() -> None:
    command = import_balance(dumps(BODY).encode(), is_private=True)
    assert (command.amount, command.content_hash, command.account) == (Decimal("12345.67"), "ab" * 32, "demo")
    assert (command.author, command.description) == ("Ann", BODY["description"])


def test_the_public_door_takes_none() -> None:
    with pytest.raises(InvalidInputError, match="own command line"):
        import_balance(dumps(BODY).encode(), is_private=False)


@pytest.mark.parametrize(
    "change",
    [{"amount": None}, {"amount": "NaN"}, {"author": "system"}, {"description": ""}, {"content_hash": 5}, {"more": 1}],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        import_balance(dumps({**BODY, **change}).encode(), is_private=True)
