"""Close all and the way back over both doors, over a real engine on a scripted market."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from desktop_trader.api.routes import Routes
from tests.engine_rig import EngineRig
from tests.unit.api.test_routes import FakeHistory, door_of

Client = TestClient[Request, Application]


@pytest.fixture
def held() -> EngineRig:
    """An account that holds a position."""
    rig = EngineRig()
    rig.quote(40_000)
    rig.buy("0.01")
    rig.quote(41_000)
    return rig


@pytest_asyncio.fixture(params=[True, False], ids=["private", "public"])
async def client(held: EngineRig, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    application = Routes(door_of(held, FakeHistory()), is_private=request.param).application()
    async with TestClient(TestServer(application)) as client:
        yield client


async def post(client: Client, route: str, body: str = "", status: int = 200) -> Any:
    response = await client.post(route, data=body.encode())
    assert (response.status, response.content_type) == (status, "application/json"), await response.text()
    return json.loads(await response.text(), parse_float=Decimal)


@pytest.mark.asyncio
async def test_everything_is_closed_and_entries_stay_off_until_somebody_says_why(
    client: Client, held: EngineRig
) -> None:
    answer = await post(client, "/close_all", '{"reason": "news", "updated_by": "bot"}')
    (latched,) = [each for each in answer["notices"] if each["event"] == "close_only_changed"]
    assert (answer["account"], answer["close_only"], latched["author"]) == ("demo", "news", "api:bot")
    assert [each["is_closing"] for each in answer["open_positions"]] == [True]
    held.quote(41_010)
    assert held.portfolio.positions == {}
    await post(client, "/auto_trading/execute_signal", '{"symbol": "BTC/USDT", "side": "buy"}', 409)
    assert (await post(client, "/close_only/clear", "{}", 400))["error"] == "bad_input"
    cleared = await post(client, "/close_only/clear", '{"reason": "over"}')
    assert (cleared["close_only"], cleared["open_positions"], cleared["live_orders"]) == (None, [], [])
    await post(client, "/auto_trading/execute_signal", '{"symbol": "BTC/USDT", "side": "buy"}')


@pytest.mark.asyncio
async def test_while_nothing_trades_the_latch_is_on_and_what_stays_open_is_said(
    client: Client, held: EngineRig
) -> None:
    held.engine.desk.gate.close("trading is paused: internet")
    answer = await post(client, "/close_all")
    assert answer["close_only"] == "close all"
    assert [each["is_closing"] for each in answer["open_positions"]] == [False]
    refused = [each for each in answer["notices"] if each["event"] == "command_refused"]
    assert "trading is paused: internet" in refused[0]["detail"]
    assert held.portfolio.orders == {}


@pytest.mark.asyncio
async def test_twice_is_harmless(client: Client, held: EngineRig) -> None:
    await post(client, "/close_all", '{"reason": "news"}')
    assert (await post(client, "/close_all", '{"reason": "more news"}'))["close_only"] == "news"
    assert len(held.portfolio.orders) == 1
    held.quote(41_010)
    assert held.portfolio.orders == {}
    assert (await post(client, "/close_only/clear", '{"reason": "over"}'))["close_only"] is None
    assert (await post(client, "/close_only/clear", '{"reason": "over"}'))["close_only"] is None


@pytest.mark.asyncio
@pytest.mark.parametrize("body", ['{"reason": 5}', '{"author": "system"}', '{"everything": 1}', "{"])
async def test_a_body_that_makes_no_sense_is_refused_and_changes_nothing(
    client: Client, held: EngineRig, body: str
) -> None:
    assert (await post(client, "/close_all", body, 400))["error"] == "bad_input"
    assert (held.engine.books.close_only, len(held.portfolio.positions)) == ("", 1)


@pytest.mark.asyncio
async def test_what_nothing_says_was_done_is_no_success(held: EngineRig) -> None:
    door = replace(door_of(held, FakeHistory()), ask=lambda command: [])
    async with TestClient(TestServer(Routes(door, is_private=True).application())) as client:
        assert (await post(client, "/close_all", "", 503))["error"] == "not_done"
