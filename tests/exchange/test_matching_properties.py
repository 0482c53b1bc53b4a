"""Whatever is ordered at the loopback exchange, nothing is created or lost, and nobody holds less than nothing."""

import random
from decimal import Decimal

import pytest

from tests.exchange.coinex_client import SPOT, SWAP
from tests.exchange.loopback import Kind, LoopbackExchange
from tests.exchange.loopback.matching import TYPES
from tests.exchange.loopback.orders import Order, RefusedError, State

KEYS = ("one", "two", "three")
STEPS = 400


def crowd(seed: int) -> LoopbackExchange:
    """Return an exchange with three accounts and thin books, on a clock that stands."""
    exchange = LoopbackExchange(seed=seed, tick_seconds=None, clock=lambda: 1_750_000_000.0)
    for key in KEYS:
        exchange.open_account(key, key, spot={"USDT": "50000", "BTC": "2"}, futures={"USDT": "20000"})
    for symbol in (SPOT, SWAP):
        exchange.market(symbol).level_amount = Decimal("0.013")
    exchange.set_price(SPOT, "60000")
    return exchange


def act(exchange: LoopbackExchange, dice: random.Random) -> None:
    """Do one thing a user or the market could do."""
    engine = exchange.engine
    account = exchange.bank.accounts[dice.choice(KEYS)]
    market = exchange.market(dice.choice((SPOT, SWAP)))
    match dice.randrange(10):
        case 0:
            exchange.set_price(SPOT, str(dice.randrange(52_000_00, 68_000_00) / 100))
        case 1 if engine.resting:
            engine.cancel(dice.choice(engine.resting))
        case 2 if market.market_id in account.positions:
            engine.close_position(
                account.key, market, dice.choice(("market", "limit")), price=Decimal(dice.randrange(55_000, 65_000))
            )
        case 3 if market.kind is Kind.FUTURES:
            exchange.settle_funding(SWAP, str(dice.randrange(-20, 20) / 10000))
        case _:
            side, type_ = dice.choice(("buy", "sell")), dice.choice(TYPES)
            by_value = market.kind is Kind.SPOT and type_ == "market" and side == "buy"
            amount = Decimal(dice.randrange(1, 3000)) / (1 if by_value else 10000)
            near = market.last * Decimal(dice.randrange(9950, 10050)) / 10000
            price = Decimal(0) if type_ == "market" else near.quantize(Decimal("0.01"))
            engine.place(
                Order(
                    order_id=engine.next_id(),
                    account=account,
                    kind=market.kind,
                    pair=market.pair,
                    side=side,
                    type=type_,
                    amount=amount,
                    price=price,
                    by_value=by_value,
                )
            )


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_created_or_lost_whatever_is_ordered(seed: int) -> None:
    exchange, dice = crowd(seed), random.Random(seed)
    whole, refused, deals = exchange.bank.totals(), 0, 0
    for _ in range(STEPS):
        try:
            act(exchange, dice)
        except RefusedError:
            refused += 1
        assert exchange.bank.totals() == whole
        for account in (exchange.bank.accounts[key] for key in KEYS):
            assert all(p.available >= 0 and p.frozen >= 0 for p in account.spot.values())
            assert all(p.frozen >= 0 for p in account.futures.values())
    for order in (*exchange.engine.finished, *exchange.engine.resting):
        deals += len(order.deals)
        assert sum((deal.amount for deal in order.deals), Decimal(0)) == order.filled
        assert order.state is State.OPEN or order.deals
        if order.price and not order.is_close:
            assert all(
                (d.price <= order.price) if order.side == "buy" else (d.price >= order.price) for d in order.deals
            )
    assert deals > 100
    assert 0 < refused < STEPS / 2


@pytest.mark.parametrize("seed", range(8))
def test_what_orders_hold_is_exactly_what_is_frozen(seed: int) -> None:
    exchange, dice = crowd(seed), random.Random(1000 + seed)
    for _ in range(STEPS):
        try:
            act(exchange, dice)
        except RefusedError:
            continue
        for key in KEYS:
            account = exchange.bank.accounts[key]
            held = sum((o.frozen for o in exchange.engine.resting if o.account is account), Decimal(0))
            purses = (*account.spot.values(), *account.futures.values())
            assert sum((purse.frozen for purse in purses), Decimal(0)) == held


def test_when_all_positions_between_users_are_closed_their_profits_are_their_losses() -> None:
    exchange = crowd(1)
    exchange.market(SWAP).level_amount = Decimal("0.0000")
    exchange.set_price(SPOT, "60000")
    pair = exchange.market(SWAP).pair
    before = {key: exchange.bank.accounts[key].futures["USDT"].available for key in KEYS}

    def place(key: str, side: str, price: str) -> None:
        engine = exchange.engine
        engine.place(
            Order(
                order_id=engine.next_id(),
                account=exchange.bank.accounts[key],
                kind=Kind.FUTURES,
                pair=pair,
                side=side,
                type="limit",
                amount=Decimal("0.3"),
                price=Decimal(price),
            )
        )

    place("one", "buy", "60000")
    place("two", "sell", "60000")
    place("one", "sell", "61000")
    place("two", "buy", "61000")
    accounts = [exchange.bank.accounts[key] for key in KEYS]
    assert not any(account.positions for account in accounts)
    won = {account.key: account.futures["USDT"].available - before[account.key] for account in accounts}
    fees = exchange.bank.fees["USDT"]
    assert sum(won.values()) == -fees
    assert won["one"] == 300 - (Decimal("0.3") * 60000 + Decimal("0.3") * 61000) * Decimal("0.0003")
    assert exchange.bank.makers["USDT"] == 0
