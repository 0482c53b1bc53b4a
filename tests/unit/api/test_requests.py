"""Bodies of requests: what is understood, and what is refused by name."""

from decimal import Decimal

import pytest

from desktop_trader.api.requests import adjust_balance, execute_signal, start_auto_trading
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.order import OrderSide
from desktop_trader.messages.commands import AdjustmentKind


@pytest.mark.parametrize("number", ["15000", '"15000"', "15000.00", '"15000.00000000"'])
def test_a_balance_may_be_a_number_or_a_text(number: str) -> None:
    command = adjust_balance(f'{{"balance": {number}, "reason": "r", "updated_by": "bot"}}'.encode(), is_private=False)

    assert command.amount == Decimal(15_000)
    assert (command.kind, command.reason, command.author) == (AdjustmentKind.SET_TOTAL, "r", "api:bot")


def test_every_digit_of_a_balance_arrives() -> None:
    command = adjust_balance(b'{"balance": 46116860184.27387903, "reason": "r"}', is_private=False)

    assert command.amount == Decimal("46116860184.27387903")


def test_who_does_not_say_who_it_is_is_unknown() -> None:
    assert adjust_balance(b'{"balance": 1, "reason": "r"}', is_private=False).author == "api:unknown"


def test_the_command_line_moves_money_under_its_own_name() -> None:
    deposit = adjust_balance(b'{"deposit": 5, "reason": "r", "author": "Ann"}', is_private=True)
    withdrawal = adjust_balance(b'{"withdraw": 5, "reason": "r", "author": "Ann"}', is_private=True)

    assert (deposit.kind, withdrawal.kind) == (AdjustmentKind.DEPOSIT, AdjustmentKind.WITHDRAW)
    assert (deposit.author, deposit.amount) == ("Ann", Decimal(5))


def test_the_same_request_keeps_its_id() -> None:
    assert adjust_balance(b'{"balance": 1, "reason": "r", "request_id": "q-1"}', is_private=False).request_id == "q-1"


@pytest.mark.requirement("R163")
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('{"reason": "r"}', "balance is required"),
        ('{"balance": 1}', "reason"),
        ('{"balance": 1, "reason": " "}', "reason"),
        ('{"balance": 1, "reason": 5}', "reason"),
        ('{"balance": "abc", "reason": "r"}', "plain decimal"),
        ('{"balance": 1e9, "reason": "r"}', "plain decimal"),
        ('{"balance": true, "reason": "r"}', "amount"),
        ('{"balance": null, "reason": "r"}', "amount"),
        ('{"balance": [1], "reason": "r"}', "amount"),
        ('{"balance": 0.000000001, "reason": "r"}', "decimals"),
        ('{"balance": 99999999999999, "reason": "r"}', "too large"),
        ('{"balance": 1, "reason": "r", "author": "me"}', "'author' means nothing"),
        ('{"deposit": 1, "reason": "r"}', "'deposit' means nothing"),
        ('{"balance": 1, "reason": "r", "admin": true}', "'admin' means nothing"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_by_name(body: str, complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        adjust_balance(body.encode(), is_private=False)


@pytest.mark.parametrize("author", ["system", " SYSTEM "])
def test_nobody_signs_as_the_program_itself(author: str) -> None:
    with pytest.raises(InvalidInputError, match="system"):
        adjust_balance(f'{{"deposit": 1, "reason": "r", "author": "{author}"}}'.encode(), is_private=True)


def test_one_body_makes_one_change() -> None:
    with pytest.raises(InvalidInputError, match="balance is required"):
        adjust_balance(b'{"balance": 1, "deposit": 1, "reason": "r"}', is_private=True)


@pytest.mark.parametrize(
    ("side", "meant"), [("buy", OrderSide.BUY), ("LONG", OrderSide.BUY), ("short", OrderSide.SELL)]
)
def test_a_signal_says_what_and_which_way(side: str, meant: OrderSide) -> None:
    signal = execute_signal(f'{{"symbol": "BTCUSDT", "side": "{side}", "confidence": 0.8, "price": 1}}'.encode())

    assert (signal.symbol, signal.side) == ("BTC/USDT", meant)


@pytest.mark.parametrize("body", ["{}", '{"symbol": "BTCUSDT"}', '{"symbol": "?", "side": "buy"}', '{"side": "up"}'])
def test_half_a_signal_is_none(body: str) -> None:
    with pytest.raises(InvalidInputError):
        execute_signal(body.encode())


def test_a_strategy_is_started_with_its_parameters_as_typed() -> None:
    command = start_auto_trading(
        b'{"strategy": "moving_average_cross", "symbol": "BTC/USDT", "timeframe": "1h", "parameters": {"fast": 5}}'
    )

    assert (command.strategy, command.timeframe, command.parameters) == (
        "moving_average_cross",
        Timeframe.H1,
        (("fast", "5"),),
    )


@pytest.mark.parametrize(
    "body",
    [
        '{"symbol": "BTC/USDT"}',
        '{"strategy": "x", "symbol": "BTC/USDT", "timeframe": "7m"}',
        '{"strategy": "x", "symbol": "BTC/USDT", "parameters": [1]}',
        '{"strategy": "x", "symbol": "BTC/USDT", "parameters": {"fast": null}}',
    ],
)
def test_a_start_that_is_not_understood_is_refused(body: str) -> None:
    with pytest.raises(InvalidInputError):
        start_auto_trading(body.encode())
