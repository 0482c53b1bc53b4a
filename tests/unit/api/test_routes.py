"""The routes over a real engine on a scripted market: what they answer, and how they refuse."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from desktop_trader.api.door import Door
from desktop_trader.api.exact_json import dumps
from desktop_trader.api.routes import Routes
from desktop_trader.domain.errors import StorageError, TraderError
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage, LedgerRow
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.engine_rig import EngineRig

Client = TestClient[Request, Application]
BALANCE_KEYS = [
    "account_id", "account_type", "currency", "current_balance", "available_balance", "locked_balance", "realized_pnl",
    "unrealized_pnl", "portfolio_value", "total_deposits", "total_withdrawals", "balance_change_24h",
    "balance_change_24h_percent", "peak_equity", "drawdown_percent", "last_updated", "last_update_reason", "run_id",
    "recent_history", "price_age_seconds", "is_stale",
]  # fmt: skip
ROW = LedgerRow(
    id=7,
    transaction_type="deposit",
    amount=Decimal("0.10"),
    balance_before=Decimal(1),
    balance_after=Decimal("1.10"),
    locked_change=Decimal(0),
    reason="r",
    updated_by="me",
    description="d",
    position_id=None,
    order_id=None,
    fill_id=None,
    run_id=1,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@dataclass
class FakeHistory:
    """Remembers what was asked; `failure` is raised instead of an answer."""

    rows: Sequence[LedgerRow] = (ROW,)
    failure: Exception | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    is_closed: bool = False
    backups: list[str] = field(default_factory=list)
    backup_failure: TraderError | None = None

    def back_up(self, kind: str) -> None:
        if self.backup_failure is not None:
            raise self.backup_failure
        self.backups.append(kind)

    def page(self, wanted: LedgerFilter, *, limit: int = 50) -> LedgerPage:
        if self.failure is not None:
            raise self.failure
        self.asked.append((wanted.account, limit))
        return LedgerPage(rows=tuple(self.rows), has_more=False)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def rig() -> EngineRig:
    rig = EngineRig()
    rig.quote(40_000)
    return rig


@pytest.fixture
def history() -> FakeHistory:
    return FakeHistory()


def door_of(rig: EngineRig, history: FakeHistory) -> Door:
    def snapshot(account: str) -> AccountSnapshot | None:
        return rig.snapshot

    return Door(
        snapshot=snapshot,
        accounts=lambda: ("demo",),
        ask=rig.step,
        open_history=lambda: history,
        back_up=history.back_up,
        raise_window=lambda: True,
    )


@pytest_asyncio.fixture
async def client(rig: EngineRig, history: FakeHistory) -> AsyncIterator[Client]:
    application = Routes(door_of(rig, history), is_private=True).application()
    async with TestClient(TestServer(application)) as client:
        yield client


async def get(client: Client, route: str, status: int = 200) -> Any:
    response = await client.get(route)
    assert (response.status, response.content_type) == (status, "application/json")
    return json.loads(await response.text(), parse_float=Decimal)


async def post(client: Client, route: str, body: str, status: int = 200) -> Any:
    response = await client.post(route, data=body.encode())
    assert (response.status, response.content_type) == (status, "application/json"), await response.text()
    return json.loads(await response.text(), parse_float=Decimal)


@pytest.mark.asyncio
@pytest.mark.requirement("R140")
async def test_the_balance_has_its_public_keys(client: Client, rig: EngineRig) -> None:
    rig.buy("0.01")
    rig.quote(41_000)

    answer = await get(client, "/api/balance")

    assert list(answer) == BALANCE_KEYS
    balance = rig.snapshot.balance
    assert answer["current_balance"] == balance.total
    assert answer["portfolio_value"] == balance.portfolio_value
    assert answer["locked_balance"] == balance.locked > 0


@pytest.mark.asyncio
@pytest.mark.requirement("R130")
async def test_both_balance_routes_say_the_same(client: Client, rig: EngineRig) -> None:
    await post(client, "/virtual_balance", '{"balance": 15000, "reason": "r", "updated_by": "bot"}')

    long, short = await get(client, "/api/balance"), await get(client, "/virtual_balance")

    assert long["current_balance"] == short["balance"] == 15_000
    for key in ("realized_pnl", "unrealized_pnl", "portfolio_value", "currency", "last_updated"):
        assert long[key] == short[key]
    assert list(short) == [
        "balance", "pnl", "realized_pnl", "unrealized_pnl", "portfolio_value", "currency", "last_updated",
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_an_adjustment_is_answered_with_the_balance_after_it(client: Client) -> None:
    body = '{"balance": 12345.67890123, "reason": "audit", "author": "Ann"}'

    answer = await post(client, "/api/balance", body)

    assert answer["current_balance"] == Decimal("12345.67890123")
    (notice,) = answer["notices"]
    assert (notice["event"], notice["author"], notice["amount"]) == (
        "balance_changed",
        "Ann",
        Decimal("2345.67890123"),
    )


@pytest.mark.asyncio
async def test_the_same_request_twice_is_booked_once(client: Client) -> None:
    body = '{"deposit": 5, "reason": "r", "author": "Ann", "request_id": "q-1"}'
    await post(client, "/api/balance", body)

    again = await post(client, "/api/balance", body)

    assert again["current_balance"] == 10_005


@pytest.mark.asyncio
async def test_another_change_under_the_same_request_id_is_refused(client: Client, rig: EngineRig) -> None:
    body = '{"deposit": %s, "reason": "r", "author": "Ann", "request_id": "q-1"}'
    await post(client, "/api/balance", body % 5)

    answer = await post(client, "/api/balance", body % 6, 409)

    assert answer["error"] == "request_id_used"
    assert rig.portfolio.wallet.total == 10_005


@pytest.mark.asyncio
async def test_a_request_id_stays_used_when_the_program_was_started_again(rig: EngineRig, history: FakeHistory) -> None:
    body = '{"deposit": %s, "reason": "r", "author": "Ann", "request_id": "q-1"}'
    for amount, status in ((5, 200), (6, 409), (5, 200)):
        application = Routes(door_of(rig, history), is_private=True).application()
        async with TestClient(TestServer(application)) as client:
            await post(client, "/api/balance", body % amount, status)
    assert rig.portfolio.wallet.total == 10_005


@pytest.mark.asyncio
async def test_what_could_not_be_stored_is_never_answered_with_success(client: Client, rig: EngineRig) -> None:
    rig.memory.fails_next_commit = True

    answer = await post(client, "/api/balance", '{"deposit": 5, "reason": "r", "request_id": "q-1"}', 503)

    assert answer["error"] == "halted"
    assert rig.portfolio.wallet.total == 10_000


@pytest.mark.asyncio
async def test_a_change_that_nothing_says_was_booked_is_no_success(rig: EngineRig, history: FakeHistory) -> None:
    door = replace(door_of(rig, history), ask=lambda command: [])
    async with TestClient(TestServer(Routes(door, is_private=True).application())) as client:
        answer = await post(client, "/api/balance", '{"deposit": 5, "reason": "r"}', 503)
    assert answer["error"] == "not_booked"


@pytest.mark.asyncio
async def test_a_reset_and_an_import_have_their_backup_before_and_nothing_else_has(
    client: Client, rig: EngineRig, history: FakeHistory
) -> None:
    await post(client, "/api/balance", '{"deposit": 5, "reason": "r"}')
    assert history.backups == []
    answer = await post(client, "/virtual_balance/reset", '{"amount": 700, "expected_total": 10005, "run_id": 1}')
    assert (answer["current_balance"], answer["run_id"]) == (700, 2)
    wish = {"request_id": "i", "amount": Decimal(900), "content_hash": "ab" * 32, "description": "d", "author": "Ann"}
    await post(client, "/legacy/import", dumps({**wish, "expected_total": Decimal(700)}))
    assert history.backups == ["reset", "import"]
    assert rig.portfolio.wallet.total == 900


@pytest.mark.asyncio
async def test_without_a_backup_nothing_is_reset(client: Client, rig: EngineRig, history: FakeHistory) -> None:
    history.backup_failure = StorageError("the disk is full")

    answer = await post(client, "/virtual_balance/reset", "", 503)

    assert (answer["error"], "the disk is full" in answer["message"]) == ("backup", True)
    assert rig.portfolio.run.id == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ('{"expected_total": 9999}', 409, "balance_moved"),
        ('{"run_id": 2}', 409, "balance_moved"),
        ('{"run_id": "1"}', 400, "bad_input"),
        ('{"run_id": 1.5}', 400, "bad_input"),
        ('{"run_id": -1}', 400, "bad_input"),
        ('{"amount": 40000000001}', 400, "bad_input"),
    ],
)
async def test_a_reset_of_other_figures_than_were_seen_is_refused(
    client: Client, rig: EngineRig, body: str, status: int, error: str
) -> None:
    assert (await post(client, "/virtual_balance/reset", body, status))["error"] == error
    assert (rig.portfolio.run.id, rig.portfolio.wallet.total) == (1, 10_000)


@pytest.mark.asyncio
async def test_an_error_of_ours_is_told_in_json_and_halts_trading(
    client: Client, rig: EngineRig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("desktop_trader.engine.balance_desk.accounting.change_balance", fail)

    answer = await post(client, "/api/balance", '{"balance": 1, "reason": "r"}', 500)

    assert answer["error"] == "internal_error"
    assert "ZeroDivisionError" in answer["message"]
    assert "Traceback" in caplog.text
    health = await get(client, "/health")
    assert (health["ok"], health["halted"]) == (False, "an error of the program")
    assert (await post(client, "/api/balance", '{"balance": 1, "reason": "r"}', 503))["error"] == "halted"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("{", 400, "bad_input"),
        ('{"balance": -1, "reason": "r"}', 400, "bad_input"),
        ('{"balance": 10000, "reason": "r"}', 409, "no_change"),
        ('{"withdraw": 10000.01, "reason": "r"}', 409, "insufficient_funds"),
        ('{"balance": 1, "reason": "r", "expected_total": 9}', 409, "balance_moved"),
        (f'{{"balance": 1, "reason": "{"x" * 70_000}"}}', 413, "request_entity_too_large"),
    ],
)
async def test_a_refusal_says_which_rule_and_changes_nothing(
    client: Client, rig: EngineRig, body: str, status: int, error: str
) -> None:
    answer = await post(client, "/api/balance", body, status)

    assert answer["error"] == error
    assert answer["message"]
    assert rig.portfolio.wallet.total == 10_000


@pytest.mark.asyncio
async def test_history_is_read_with_its_limit_and_closed(client: Client, history: FakeHistory) -> None:
    (row,) = await get(client, "/api/balance/history?limit=7")

    assert history.asked == [("demo", 7)]
    assert history.is_closed
    assert list(row) == [
        "id", "transaction_type", "amount", "balance_before", "balance_after", "reason", "updated_by", "description",
        "position_id", "created_at",
    ]  # fmt: skip
    assert row["balance_after"] == Decimal("1.10")


@pytest.mark.asyncio
@pytest.mark.parametrize("limit", ["-1", "abc", "1e3", "99999", "٣"])
async def test_a_limit_that_is_none_is_refused(client: Client, limit: str) -> None:
    assert (await get(client, f"/api/balance/history?limit={limit}", 400))["error"] == "bad_input"


@pytest.mark.asyncio
async def test_books_that_cannot_be_read_are_unavailable(client: Client, history: FakeHistory) -> None:
    history.failure = StorageError("the disk is gone")

    assert (await get(client, "/api/balance/history", 503))["message"] == "the disk is gone"


@pytest.mark.asyncio
async def test_a_signal_becomes_an_order_and_a_position(client: Client, rig: EngineRig) -> None:
    answer = await post(client, "/auto_trading/execute_signal", '{"symbol": "BTCUSDT", "side": "buy", "confidence": 1}')
    rig.quote(40_100)

    assert answer["order"]["event"] == "order_accepted"
    (position,) = await get(client, "/positions")
    assert position["symbol"] == "BTC/USDT"
    assert position["mark_price"] is not None


@pytest.mark.asyncio
async def test_a_denied_signal_says_which_rule(client: Client, rig: EngineRig) -> None:
    answer = await post(client, "/auto_trading/execute_signal", '{"symbol": "BTC/USDT", "side": "sell"}', 409)

    assert answer["error"]
    assert not rig.portfolio.orders


@pytest.mark.asyncio
async def test_a_strategy_is_started_shown_and_stopped(client: Client) -> None:
    body = '{"strategy": "moving_average_cross", "symbol": "BTC/USDT", "parameters": {"fast": 2, "slow": 3}}'

    started = await post(client, "/auto_trading/start", body)
    shown = await get(client, "/auto_trading/status")
    stopped = await post(client, "/auto_trading/stop", "")
    again = await post(client, "/auto_trading/stop", "{}", 409)

    assert started == shown
    assert (shown["state"], shown["strategy"], shown["parameters"]["fast"]) == ("running", "moving_average_cross", "2")
    assert stopped["state"] == "stopped"
    assert again["error"] == "not_running"


@pytest.mark.asyncio
async def test_an_unknown_strategy_is_bad_input(client: Client) -> None:
    answer = await post(client, "/auto_trading/start", '{"strategy": "oracle", "symbol": "BTC/USDT"}', 400)

    assert "oracle" in answer["message"]


@pytest.mark.asyncio
async def test_live_orders_are_listed(client: Client, rig: EngineRig) -> None:
    rig.buy("0.01", limit="30000")

    (order,) = await get(client, "/orders")

    assert (order["type"], order["limit_price"], order["status"]) == ("limit", 30_000, "open")


@pytest.mark.asyncio
async def test_health_names_account_and_market(client: Client) -> None:
    answer = await get(client, "/health")

    assert (answer["ok"], answer["account"], answer["halted"]) == (True, "demo", None)


@pytest.mark.asyncio
async def test_a_halted_engine_is_unavailable_and_says_why(client: Client, rig: EngineRig) -> None:
    rig.engine.halt("a law of the books broke", "I2")

    assert (await get(client, "/health"))["halted"] == "a law of the books broke"
    assert (await post(client, "/api/balance", '{"balance": 1, "reason": "r"}', 503))["error"] == "halted"


@pytest.mark.asyncio
async def test_the_window_comes_to_the_front(client: Client) -> None:
    assert await post(client, "/window/raise", "") == {"raised": True}


@pytest.mark.asyncio
@pytest.mark.parametrize(("route", "status"), [("/nowhere", 404), ("/auto_trading/stop", 405), ("/window/raise", 405)])
async def test_what_is_not_there_is_told_in_json(client: Client, route: str, status: int) -> None:
    assert (await get(client, route, status))["error"]


@pytest.mark.asyncio
async def test_nothing_is_answered_before_the_first_snapshot(history: FakeHistory, rig: EngineRig) -> None:
    door = Door(
        snapshot=lambda account: None,
        accounts=lambda: (),
        ask=rig.step,
        open_history=lambda: history,
        back_up=history.back_up,
        raise_window=lambda: False,
    )
    async with TestClient(TestServer(Routes(door, is_private=False).application())) as client:
        assert (await get(client, "/api/balance", 503))["error"] == "starting"
        assert (await client.post("/window/raise")).status == 404
