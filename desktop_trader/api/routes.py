"""The routes: requests become commands, snapshots become JSON. Runs in the loop that hosts the engine."""

import asyncio
import logging
from typing import Protocol

from aiohttp import web

from desktop_trader import __version__
from desktop_trader.api import payloads, requests
from desktop_trader.api.answering import Answer, AnswerError, Asker, answers_to, errors_as_json, json_answer
from desktop_trader.api.door import Door
from desktop_trader.api.panic_routes import PanicRoutes
from desktop_trader.domain.errors import InvalidInputError, TraderError
from desktop_trader.domain.money import install_context
from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.commands import AdjustBalance, ImportBalance, ResetAccount
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.notices import (
    AlreadyDone,
    BalanceChanged,
    OrderAccepted,
)
from desktop_trader.messages.snapshot import AccountSnapshot

MAX_BODY_BYTES = 64 * 1024
_log = logging.getLogger(__name__)
_MoneyCommand = AdjustBalance | ResetAccount | ImportBalance
_BACKED_UP: dict[type[_MoneyCommand], BackupKind] = {
    ResetAccount: BackupKind.RESET,
    ImportBalance: BackupKind.IMPORT,
}


class _ReadMoneyCommand(Protocol):
    """Makes a command of a body."""

    def __call__(self, raw: bytes, *, is_private: bool) -> _MoneyCommand: ...


class Routes:
    """The public routes over one door. `is_private` says that only our own user can reach them."""

    def __init__(self, door: Door, *, is_private: bool) -> None:
        """Answer through `door`."""
        self._door = door
        self._asker = Asker(door)
        self._is_private = is_private

    def application(self) -> web.Application:
        """Return the routes as an application that answers everything in JSON."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[errors_as_json])
        router = application.router
        for path in ("/api/balance", "/virtual_balance"):
            router.add_post(path, self._money_mover(requests.adjust_balance))
        router.add_post("/virtual_balance/reset", self._money_mover(requests.reset_account))
        router.add_get("/api/balance", self._balance, allow_head=False)
        router.add_get("/virtual_balance", self._virtual_balance, allow_head=False)
        router.add_get("/api/balance/history", self._history, allow_head=False)
        router.add_get("/auto_trading/status", self._auto_trading_status, allow_head=False)
        router.add_post("/auto_trading/start", self._start_auto_trading)
        router.add_post("/auto_trading/stop", self._stop_auto_trading)
        router.add_post("/auto_trading/execute_signal", self._execute_signal)
        router.add_get("/positions", self._positions, allow_head=False)
        router.add_get("/orders", self._orders, allow_head=False)
        router.add_get("/health", self._health, allow_head=False)
        panic = PanicRoutes(self._asker, is_private=self._is_private)
        router.add_post("/close_all", panic.close_all)
        router.add_post("/close_only/clear", panic.clear_close_only)
        if self._is_private:
            router.add_post("/legacy/import", self._money_mover(requests.import_balance))
            router.add_post("/window/raise", self._raise_window)
        return application

    async def _balance(self, request: web.Request) -> web.Response:
        return json_answer(payloads.snapshot_balance(self._asked(request)))

    async def _virtual_balance(self, request: web.Request) -> web.Response:
        return json_answer(payloads.virtual_balance(self._asked(request)))

    def _money_mover(self, read: _ReadMoneyCommand) -> Answer:
        """Return the answer to requests for one kind of movement; what cannot be undone has its backup before."""

        async def answer(request: web.Request) -> web.Response:
            command = read(await request.read(), is_private=self._is_private)
            kind = _BACKED_UP.get(type(command))
            if kind is not None:
                await self._back_up(kind)
            return self._change_money(command)

        return answer

    async def _back_up(self, kind: BackupKind) -> None:
        try:
            await asyncio.to_thread(self._door.back_up, kind)
        except TraderError as error:
            _log.error("No backup could be made before the %s: %s", kind, error)
            message = f"no backup could be made before the {kind} ({error.user_message}); nothing was changed"
            raise AnswerError(503, "backup", message) from error

    def _change_money(self, command: _MoneyCommand) -> web.Response:
        notices = self._asker.ask(command)
        if not any(isinstance(each, BalanceChanged | AlreadyDone) for each in answers_to(notices, command)):
            message = (
                "nothing says that the change was booked; look at the history, then ask again with this request_id"
            )
            raise AnswerError(503, "not_booked", message)
        fields = payloads.snapshot_balance(self._asker.snapshot(command.account))
        return json_answer({**fields, "notices": [notice.as_fields() for notice in notices]})

    async def _history(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "50")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= 4):
            raise InvalidInputError(f"limit must be a number from 1 to 1000, not {limit[:24]!r}")
        wanted = LedgerFilter(account=self._asked(request).account_name)
        rows = await asyncio.to_thread(self._read_history, wanted, int(limit))
        return json_answer(rows)

    def _read_history(self, wanted: LedgerFilter, limit: int) -> list[payloads.Fields]:
        install_context()
        history = self._door.open_history()
        try:
            return [payloads.history_row(row) for row in history.page(wanted, limit=limit).rows]
        finally:
            history.close()

    async def _auto_trading_status(self, request: web.Request) -> web.Response:
        return json_answer(payloads.auto_trading_status(self._asked(request)))

    async def _start_auto_trading(self, request: web.Request) -> web.Response:
        command = requests.start_auto_trading(await request.read())
        self._asker.ask(command)
        return json_answer(payloads.auto_trading_status(self._asker.snapshot(command.account)))

    async def _stop_auto_trading(self, request: web.Request) -> web.Response:
        command = requests.stop_auto_trading(await request.read())
        self._asker.ask(command)
        return json_answer(payloads.auto_trading_status(self._asker.snapshot(command.account)))

    async def _execute_signal(self, request: web.Request) -> web.Response:
        notices = self._asker.ask(requests.execute_signal(await request.read()))
        orders = [notice.as_fields() for notice in notices if isinstance(notice, OrderAccepted)]
        return json_answer({"order": orders[0] if orders else None, "notices": [each.as_fields() for each in notices]})

    async def _positions(self, request: web.Request) -> web.Response:
        snapshot = self._asked(request)
        return json_answer([payloads.position_fields(position, snapshot.network) for position in snapshot.positions])

    async def _orders(self, request: web.Request) -> web.Response:
        return json_answer([payloads.order_fields(order) for order in self._asked(request).orders])

    async def _health(self, _request: web.Request) -> web.Response:
        snapshot = self._asker.snapshot("")
        return json_answer(
            {
                "ok": not snapshot.halted,
                "version": __version__,
                "account": snapshot.account_name,
                "accounts": list(self._door.accounts()),
                "market": snapshot.market.source_id,
                "market_time": snapshot.market.now,
                "halted": snapshot.halted or None,
                "network": payloads.network_fields(snapshot.network),
            }
        )

    async def _raise_window(self, _request: web.Request) -> web.Response:
        return json_answer({"raised": self._door.raise_window()})

    def _asked(self, request: web.Request) -> AccountSnapshot:
        """The account that a request names with `?account=`; without it the one the process was started with."""
        return self._asker.snapshot(request.query.get("account", ""))
