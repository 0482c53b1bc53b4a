"""Orders, deals, balances and positions at the loopback exchange, through ccxt: what EXCHANGE.md says of CoinEx."""

import asyncio
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from tests.exchange.coinex_client import SPOT, SWAP, coinex, until
from tests.exchange.loopback import Fault, LoopbackExchange
from tests.exchange.loopback.exchange import TEST_KEY

pytestmark = pytest.mark.asyncio


def market_at(price: str, level_amount: str | None = None) -> LoopbackExchange:
    """Return an exchange whose BTC price is held, with this much at each of the makers' levels."""
    exchange = LoopbackExchange(tick_seconds=None)
    if level_amount is not None:
        for symbol in (SPOT, SWAP):
            exchange.market(symbol).level_amount = Decimal(level_amount)
    exchange.set_price(SPOT, price)
    return exchange


async def test_a_limit_order_holds_its_money_fills_as_maker_and_pays_its_fee_in_the_coin_bought() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        order = await client.create_order(SPOT, "limit", "buy", 0.01, 59000, {"clientOrderId": "mine-1"})
        assert (order["status"], order["filled"], order["clientOrderId"]) == (None, 0, "mine-1")
        assert (await client.fetch_balance())["USDT"] == {"free": 9410, "used": 590, "total": 10000}
        (found,) = await client.fetch_open_orders(SPOT, params={"client_id": "mine-1"})
        assert found["id"] == order["id"]
        exchange.set_price(SPOT, "58990")
        filled = await client.fetch_order(order["id"], SPOT)
        assert (filled["status"], filled["filled"], filled["average"]) == ("filled", 0.01, 59000)
        (deal,) = await client.fetch_my_trades(SPOT)
        assert (deal["takerOrMaker"], deal["fee"]) == ("maker", {"currency": "BTC", "cost": 0.00002})
        assert (await client.fetch_balance())["BTC"]["total"] == 1.00998


async def test_a_market_order_walks_the_levels_and_what_finds_none_is_cancelled() -> None:
    async with market_at("60000", "0.001") as exchange, coinex(exchange.url) as client:
        order = await client.create_order(SPOT, "market", "sell", 0.06)
        told = await client.fetch_order(order["id"], SPOT)
        assert (told["status"], told["filled"], told["remaining"]) == ("part_canceled", 0.05, 0.01)
        assert len(await client.fetch_my_trades(SPOT, limit=100)) == 50
        assert (await client.fetch_balance())["BTC"] == {"free": 0.95, "used": 0, "total": 0.95}


async def test_a_market_buy_is_given_by_its_value() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        order = await client.create_market_buy_order_with_cost(SPOT, 500)
        assert order["info"]["amount"] == "500"
        assert 499.99 < order["cost"] <= 500
        with pytest.raises(ccxt.InvalidOrder):
            await client.create_order(SPOT, "market", "buy", 0.01)


async def test_a_partly_filled_order_rests_with_the_rest_and_cancels_as_part_canceled() -> None:
    async with market_at("60000", "0.004") as exchange, coinex(exchange.url) as client:
        best = exchange.market(SPOT).best_ask
        order = await client.create_order(SPOT, "limit", "buy", 0.01, float(str(best)))
        told = await client.fetch_order(order["id"], SPOT)
        assert (told["status"], told["filled"], told["remaining"]) == ("part_filled", 0.004, 0.006)
        await client.cancel_order(order["id"], SPOT)
        assert (await client.fetch_order(order["id"], SPOT))["status"] == "part_canceled"
        assert (await client.fetch_balance())["USDT"]["used"] == 0


async def test_an_order_cancelled_without_any_deal_vanishes() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        order = await client.create_order(SPOT, "limit", "buy", 0.01, 50000, {"clientOrderId": "gone"})
        await client.cancel_order(order["id"], SPOT, {"clientOrderId": "gone"})
        with pytest.raises(ccxt.OrderNotFound):
            await client.fetch_order(order["id"], SPOT)
        assert await client.fetch_closed_orders(SPOT) == []


REFUSED: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception]]] = [
    (("limit", "buy", 1, 59000), {}, ccxt.InsufficientFunds),
    (("limit", "sell", 2, 61000), {}, ccxt.InsufficientFunds),
    (("limit", "buy", 0.00001, 59000), {}, ccxt.InvalidOrder),
    (("limit", "buy", 0.01, 1), {}, ccxt.InvalidOrder),
    (("limit", "buy", 0.01, 61000), {"postOnly": True}, ccxt.InvalidOrder),
    (("limit", "buy", 0.1, 60003), {"timeInForce": "FOK"}, ccxt.InvalidOrder),
]


@pytest.mark.parametrize(("order", "params", "raised"), REFUSED)
async def test_what_cannot_be_done_is_refused_and_holds_nothing(
    order: tuple[Any, ...], params: dict[str, Any], raised: type[Exception]
) -> None:
    async with market_at("60000", "0.004") as exchange, coinex(exchange.url) as client:
        before = exchange.balance_rows(exchange.bank.accounts[TEST_KEY], exchange.market(SPOT).kind)
        with pytest.raises(raised):
            await client.create_order(SPOT, *order, params=params)
        assert exchange.balance_rows(exchange.bank.accounts[TEST_KEY], exchange.market(SPOT).kind) == before


async def test_a_trigger_order_waits_unseen_and_then_sells() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        told = asyncio.ensure_future(client.watch_orders(SPOT, params={"trigger": True}))
        await until(lambda: exchange.calls.count("ws/spot stop.subscribe") == 1)
        stop = await client.create_order(SPOT, "market", "sell", 0.01, None, {"triggerPrice": 58000})
        assert await client.fetch_open_orders(SPOT) == []
        assert [row["id"] for row in await client.fetch_open_orders(SPOT, params={"trigger": True})] == [stop["id"]]
        exchange.set_price(SPOT, "58001")
        assert await client.fetch_closed_orders(SPOT) == []
        exchange.set_price(SPOT, "57000")
        (sold,) = await client.fetch_closed_orders(SPOT)
        assert sold["average"] < 57000
        assert [row["status"] for row in await asyncio.wait_for(told, 60)] == ["open"]
        assert await client.fetch_open_orders(SPOT, params={"trigger": True}) == []


async def test_a_position_is_opened_partly_closed_and_its_size_is_the_open_interest() -> None:
    async with market_at("60000", "5") as exchange, coinex(exchange.url, kind="swap") as client:
        assert await client.fetch_positions([SWAP]) == []
        await client.set_leverage(10, SWAP, {"marginMode": "isolated"})
        await client.create_order(SWAP, "market", "buy", 0.1)
        (position,) = await client.fetch_positions([SWAP])
        assert (position["side"], position["contracts"], position["leverage"]) == ("long", 0.1, 10)
        assert position["collateral"] == pytest.approx(0.1 * position["entryPrice"] / 10)
        # Its total balance falls by the margin: equity is in no one field.
        assert (await client.fetch_balance())["USDT"]["total"] == pytest.approx(10000 - 603, abs=1)
        await client.create_order(SWAP, "limit", "sell", 0.04, 70000, {"reduceOnly": True})
        (position,) = await client.fetch_positions([SWAP])
        assert (position["contracts"], position["info"]["open_interest"]) == (0.06, "0.1")
        exchange.set_price(SWAP, "70010")
        (position,) = await client.fetch_positions([SWAP])
        assert (position["contracts"], position["unrealizedPnl"]) == (0.06, pytest.approx(600, abs=1))


async def test_the_stop_loss_of_a_position_closes_it_and_is_no_order() -> None:
    async with market_at("60000", "5") as exchange, coinex(exchange.url, kind="swap") as client:
        await client.create_order(SWAP, "market", "sell", 0.1)
        await client.create_order(SWAP, "market", "buy", 0.1, None, {"stopLossPrice": 61000})
        assert await client.fetch_open_orders(SWAP, params={"trigger": True}) == []
        exchange.set_price(SWAP, "60999")
        assert len(await client.fetch_positions([SWAP])) == 1
        exchange.set_price(SWAP, "61005")
        assert await client.fetch_positions([SWAP]) == []


async def test_a_position_that_lost_its_margin_is_liquidated() -> None:
    async with market_at("60000", "5") as exchange, coinex(exchange.url, kind="swap") as client:
        before = exchange.bank.totals()
        await client.set_leverage(20, SWAP, {"marginMode": "isolated"})
        await client.create_order(SWAP, "market", "buy", 0.1)
        exchange.set_price(SWAP, "56000")
        assert await client.fetch_positions([SWAP]) == []
        ended = await client.fetch_closed_orders(SWAP)  # both may have the same millisecond
        assert [each["clientOrderId"] for each in ended].count("liquidation") == 1
        assert exchange.bank.totals() == before


async def test_funding_is_paid_by_longs_and_nothing_is_lost() -> None:
    async with market_at("60000", "5") as exchange, coinex(exchange.url, kind="swap") as client:
        await client.create_order(SWAP, "market", "buy", 0.1)
        before = (await client.fetch_balance())["USDT"]["free"]
        exchange.settle_funding(SWAP, "0.001")
        assert (await client.fetch_balance())["USDT"]["free"] == pytest.approx(before - 6)
        (paid,) = await client.fetch_funding_history(SWAP)
        assert (paid["code"], paid["amount"]) == ("USDT", -6)


async def test_money_moves_between_spot_and_futures() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        await client.transfer("USDT", 400, "spot", "swap")
        assert (await client.fetch_balance())["USDT"]["free"] == 9600
        assert (await client.fetch_balance({"type": "swap"}))["USDT"]["free"] == 10400
        with pytest.raises(ccxt.InsufficientFunds):
            await client.transfer("USDT", 50000, "spot", "swap")


async def test_orders_deals_and_balances_are_pushed_to_their_owner_once_signed() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        orders, deals = (
            asyncio.ensure_future(client.watch_orders(SPOT)),
            asyncio.ensure_future(client.watch_my_trades(SPOT)),
        )
        balance = asyncio.ensure_future(client.watch_balance())
        await until(lambda: exchange.calls.count("ws/spot *.subscribe") == 3)
        await client.create_order(SPOT, "market", "sell", 0.01)
        assert (await asyncio.wait_for(orders, 60))[0]["amount"] == 0.01
        assert (await asyncio.wait_for(deals, 60))[0]["fee"]["currency"] == "USDT"
        assert (await asyncio.wait_for(balance, 60))["BTC"]["total"] <= 1


async def test_keys_signatures_clocks_and_permissions_are_checked() -> None:
    async with market_at("60000") as exchange:
        async with coinex(exchange.url, apiKey="nobody") as client:
            with pytest.raises(ccxt.AuthenticationError):
                await client.fetch_balance()
        async with coinex(exchange.url, secret="wrong") as client:
            with pytest.raises(ccxt.AuthenticationError):
                await client.fetch_balance()
        exchange.open_account("reader", "s", spot={"USDT": "100"}, futures={}, can_trade=False)
        async with coinex(exchange.url, apiKey="reader", secret="s") as client:
            assert (await client.fetch_balance())["USDT"]["free"] == 100
            with pytest.raises(ccxt.PermissionDenied):
                await client.create_order(SPOT, "limit", "buy", 0.001, 50000)
        async with coinex(exchange.url) as client:
            await client.load_markets()
            exchange.faults.inject(Fault.CLOCK, "time", seconds=60)
            with pytest.raises(ccxt.ExchangeError, match="expired"):
                await client.fetch_balance()
            exchange.faults.clear()
            exchange.revoke(TEST_KEY)
            with pytest.raises(ccxt.AuthenticationError):
                await client.fetch_balance()


async def test_an_answer_lost_after_the_order_was_accepted_leaves_one_order_to_be_found_by_its_client_id() -> None:
    async with market_at("60000") as exchange, coinex(exchange.url) as client:
        await client.load_markets()
        exchange.faults.inject(Fault.LOST_ANSWER, "spot/order", count=1)
        with pytest.raises(ccxt.NetworkError):
            await client.create_order(SPOT, "limit", "buy", 0.01, 59000, {"clientOrderId": "lost-1"})
        assert len(exchange.calls.writes()) == 1
        (found,) = await client.fetch_open_orders(SPOT, params={"client_id": "lost-1"})
        assert found["amount"] == 0.01


async def test_two_users_meet_by_price_and_then_by_time() -> None:
    async with market_at("60000", "0.0001") as exchange, coinex(exchange.url) as taker:
        for name in ("early", "late"):
            exchange.open_account(name, name, spot={"USDT": "10000"}, futures={})
        async with coinex(exchange.url, apiKey="early", secret="early") as early:
            first = await early.create_order(SPOT, "limit", "buy", 0.01, 59999)
            async with coinex(exchange.url, apiKey="late", secret="late") as late:
                await late.create_order(SPOT, "limit", "buy", 0.01, 59999)
                sold = await taker.create_order(SPOT, "limit", "sell", 0.015, 59999)
                assert sold["filled"] == 0.015
                assert (await early.fetch_order(first["id"], SPOT))["status"] == "filled"
                assert (await late.fetch_open_orders(SPOT))[0]["filled"] == 0.005
