"""What the API says of the network, and how it refuses while nothing trades."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from desktop_trader.api.door import Door
from desktop_trader.api.routes import Routes
from desktop_trader.messages.network import CheckView, NetworkState, NetworkView, PauseReason, ReasonKind, SymbolAge
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.engine_rig import EngineRig

Client = TestClient[Request, Application]
AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PAUSED = NetworkView(
    at=AT,
    state=NetworkState.PAUSED,
    reasons=(PauseReason(kind=ReasonKind.INTERNET), PauseReason(kind=ReasonKind.FEED, scope="BTC/USDT")),
    detail="connection refused",
    since=AT - timedelta(seconds=30),
    retry_in_seconds=2.5,
    wait_ends_in_seconds=270.0,
    checks=(CheckView(name="time", ok=False, detail="no answer"),),
    has_line=True,
    latency_ms=12.34567,
    rejected_ticks=(("crossed book", 3),),
    ages=(
        SymbolAge(
            symbol="BTC/USDT",
            source_at=AT - timedelta(seconds=31),
            received_at=AT - timedelta(seconds=30),
            limit_seconds=10.0,
            is_stale=True,
        ),
        SymbolAge(symbol="ETH/USDT", source_at=None, received_at=None, limit_seconds=inf, is_stale=False),
    ),
)


class Scene:
    """An engine, and what the host says of the network."""

    def __init__(self) -> None:
        self.rig = EngineRig()
        self.rig.quote(40_000)
        self.view: NetworkView | None = PAUSED

    def snapshot(self, account: str) -> AccountSnapshot:
        return replace(self.rig.snapshot, network=self.view)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest_asyncio.fixture
async def client(scene: Scene) -> AsyncIterator[Client]:
    def no_history() -> Any:
        raise AssertionError("nobody asks for the history here")

    door = Door(
        snapshot=scene.snapshot,
        accounts=lambda: ("demo",),
        ask=scene.rig.step,
        open_history=no_history,
        back_up=lambda kind: None,
        raise_window=lambda: False,
    )
    async with TestClient(TestServer(Routes(door, is_private=True).application())) as client:
        yield client


async def get(client: Client, route: str) -> Any:
    return json.loads(await (await client.get(route)).text(), parse_float=Decimal)


@pytest.mark.asyncio
@pytest.mark.requirement("R162", "R198")
async def test_health_says_state_reasons_and_the_age_of_every_price(client: Client) -> None:
    network = (await get(client, "/health"))["network"]
    assert (network["state"], network["word"], network["is_open"]) == ("paused", "paused", False)
    assert network["reasons"] == ["internet", "feed:BTC/USDT"]
    assert (network["detail"], network["since"]) == ("connection refused", "2026-01-01T11:59:30+00:00")
    assert (network["retry_in_seconds"], network["latency_ms"]) == (Decimal("2.5"), Decimal("12.346"))
    assert network["checks"] == [{"name": "time", "ok": False, "detail": "no answer"}]
    assert network["rejected_ticks"] == {"crossed book": 3}
    bitcoin, ether = network["prices"]
    assert (bitcoin["symbol"], bitcoin["age_seconds"], bitcoin["is_stale"]) == ("BTC/USDT", 31, True)
    assert (ether["age_seconds"], ether["limit_seconds"], ether["source_at"]) == (None, None, None)


@pytest.mark.asyncio
async def test_a_price_that_was_made_just_now_is_no_less_than_0_s_old(client: Client, scene: Scene) -> None:
    newest = replace(PAUSED.ages[0], source_at=AT + timedelta(milliseconds=400))
    scene.view = replace(PAUSED, ages=(newest,))
    (bitcoin,) = (await get(client, "/health"))["network"]["prices"]
    assert bitcoin["age_seconds"] == 0


@pytest.mark.asyncio
async def test_before_the_host_has_said_anything_nothing_is_made_up(client: Client, scene: Scene) -> None:
    scene.view = None
    assert (await get(client, "/health"))["network"] is None
    assert (await get(client, "/auto_trading/status"))["pause"]["network"] is None


@pytest.mark.asyncio
async def test_the_status_of_auto_trading_says_why_it_pauses(client: Client) -> None:
    pause = (await get(client, "/auto_trading/status"))["pause"]
    assert pause == {
        "is_entries_paused": False,
        "close_only": None,
        "halted": None,
        "network": "paused",
        "reasons": ["internet", "feed:BTC/USDT"],
        "since": "2026-01-01T11:59:30+00:00",
        "detail": "connection refused",
    }


@pytest.mark.asyncio
@pytest.mark.requirement("R201")
@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/auto_trading/execute_signal", '{"symbol": "BTC/USDT", "side": "buy", "confidence": 1}'),
        ("/auto_trading/start", '{"strategy": "moving_average_cross", "symbol": "BTC/USDT", "timeframe": "1m"}'),
    ],
)
async def test_what_would_trade_is_refused_as_unavailable_and_does_nothing(
    client: Client, scene: Scene, route: str, body: str
) -> None:
    scene.rig.engine.desk.gate.close("trading is paused: internet")
    response = await client.post(route, data=body.encode())
    answer = json.loads(await response.text())
    assert (response.status, answer["error"]) == (503, "network")
    assert answer["message"] == "trading is paused: internet; nothing was done; try again when trading goes on"
    assert scene.rig.portfolio.orders == {}
    assert scene.rig.engine.auto_trading.run is None


@pytest.mark.asyncio
async def test_money_moves_while_nothing_trades(client: Client, scene: Scene) -> None:
    scene.rig.engine.desk.gate.close("trading is paused: internet")
    response = await client.post("/api/balance", data=b'{"balance": 12000, "reason": "more"}')
    assert response.status == 200
    assert scene.rig.portfolio.wallet.total == Decimal(12_000)


@pytest.mark.asyncio
@pytest.mark.requirement("R78", "R162")
async def test_what_follows_from_an_old_price_says_how_old_it_is(client: Client, scene: Scene) -> None:
    nothing_held = await get(client, "/api/balance")
    assert (nothing_held["price_age_seconds"], nothing_held["is_stale"]) == (None, False)
    scene.rig.buy("0.01")
    scene.rig.quote(40_000)
    (position,), balance = await get(client, "/positions"), await get(client, "/api/balance")
    for told in (position, balance):
        assert (told["price_age_seconds"], told["is_stale"]) == (31, True)
    scene.view = None
    (position,), balance = await get(client, "/positions"), await get(client, "/api/balance")
    for told in (position, balance):
        assert (told["price_age_seconds"], told["is_stale"]) == (None, None)
    scene.view = replace(PAUSED, ages=())
    (position,) = await get(client, "/positions")
    assert (position["price_age_seconds"], position["is_stale"]) == (None, None)


def test_a_price_past_its_limit_is_stale_also_where_nobody_has_said_so_yet() -> None:
    (bitcoin, ether) = PAUSED.ages
    view = replace(PAUSED, ages=(replace(bitcoin, is_stale=False), ether))
    assert view.price_age("BTC/USDT") == (31.0, True)
    assert view.price_age("ETH/USDT") == (None, False)
