"""The routes: requests become commands, snapshots become JSON. Runs in the loop that hosts the engine."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiohttp import web

from desktop_trader import __version__
from desktop_trader.api import payloads, requests
from desktop_trader.api.door import Door
from desktop_trader.api.exact_json import dumps
from desktop_trader.domain.errors import InvalidInputError, TraderError
from desktop_trader.domain.money import install_context
from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.commands import AdjustBalance, Command, ImportBalance, ResetAccount
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.notices import (
    HALTED,
    NETWORK,
    UNCERTAIN,
    AlreadyDone,
    BalanceChanged,
    CommandRefused,
    Notice,
    OrderAccepted,
    OrderDenied,
)
from desktop_trader.messages.snapshot import AccountSnapshot

MAX_BODY_BYTES = 64 * 1024
_NAME_SHOWN = 40
_UNAVAILABLE = frozenset({HALTED, NETWORK, UNCERTAIN})
"""Reasons of a refusal that pass: the same request may be carried out later."""
_log = logging.getLogger(__name__)
_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MoneyCommand = AdjustBalance | ResetAccount | ImportBalance
_BACKED_UP: dict[type[_MoneyCommand], BackupKind] = {
    ResetAccount: BackupKind.RESET,
    ImportBalance: BackupKind.IMPORT,
}


class _ReadMoneyCommand(Protocol):
    """Makes a command of a body."""

    def __call__(self, raw: bytes, *, is_private: bool) -> _MoneyCommand: ...


class _AnswerError(Exception):
    """A request that ends in an error: its HTTP status, the name of the rule, and the sentence for the person."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message


class Routes:
    """The public routes over one door. `is_private` says that only our own user can reach them."""

    def __init__(self, door: Door, *, is_private: bool) -> None:
        """Answer through `door`."""
        self._door = door
        self._is_private = is_private

    def application(self) -> web.Application:
        """Return the routes as an application that answers everything in JSON."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_errors_as_json])
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
        if self._is_private:
            router.add_post("/legacy/import", self._money_mover(requests.import_balance))
            router.add_post("/window/raise", self._raise_window)
        return application

    async def _balance(self, request: web.Request) -> web.Response:
        return _json(payloads.snapshot_balance(self._asked(request)))

    async def _virtual_balance(self, request: web.Request) -> web.Response:
        return _json(payloads.virtual_balance(self._asked(request)))

    def _money_mover(self, read: _ReadMoneyCommand) -> _Answer:
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
            raise _AnswerError(503, "backup", message) from error

    def _change_money(self, command: _MoneyCommand) -> web.Response:
        notices = self._ask(command)
        if not any(isinstance(each, BalanceChanged | AlreadyDone) for each in _answers(notices, command)):
            message = (
                "nothing says that the change was booked; look at the history, then ask again with this request_id"
            )
            raise _AnswerError(503, "not_booked", message)
        fields = payloads.snapshot_balance(self._snapshot(command.account))
        return _json({**fields, "notices": [notice.as_fields() for notice in notices]})

    async def _history(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "50")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= 4):
            raise InvalidInputError(f"limit must be a number from 1 to 1000, not {limit[:24]!r}")
        wanted = LedgerFilter(account=self._asked(request).account_name)
        rows = await asyncio.to_thread(self._read_history, wanted, int(limit))
        return _json(rows)

    def _read_history(self, wanted: LedgerFilter, limit: int) -> list[payloads.Fields]:
        install_context()
        history = self._door.open_history()
        try:
            return [payloads.history_row(row) for row in history.page(wanted, limit=limit).rows]
        finally:
            history.close()

    async def _auto_trading_status(self, request: web.Request) -> web.Response:
        return _json(payloads.auto_trading_status(self._asked(request)))

    async def _start_auto_trading(self, request: web.Request) -> web.Response:
        command = requests.start_auto_trading(await request.read())
        self._ask(command)
        return _json(payloads.auto_trading_status(self._snapshot(command.account)))

    async def _stop_auto_trading(self, request: web.Request) -> web.Response:
        command = requests.stop_auto_trading(await request.read())
        self._ask(command)
        return _json(payloads.auto_trading_status(self._snapshot(command.account)))

    async def _execute_signal(self, request: web.Request) -> web.Response:
        notices = self._ask(requests.execute_signal(await request.read()))
        orders = [notice.as_fields() for notice in notices if isinstance(notice, OrderAccepted)]
        return _json({"order": orders[0] if orders else None, "notices": [each.as_fields() for each in notices]})

    async def _positions(self, request: web.Request) -> web.Response:
        snapshot = self._asked(request)
        return _json([payloads.position_fields(position, snapshot.network) for position in snapshot.positions])

    async def _orders(self, request: web.Request) -> web.Response:
        return _json([payloads.order_fields(order) for order in self._asked(request).orders])

    async def _health(self, _request: web.Request) -> web.Response:
        snapshot = self._snapshot("")
        return _json(
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
        return _json({"raised": self._door.raise_window()})

    def _asked(self, request: web.Request) -> AccountSnapshot:
        """The account that a request names with `?account=`; without it the one the process was started with."""
        return self._snapshot(request.query.get("account", ""))

    def _snapshot(self, account: str) -> AccountSnapshot:
        known = self._door.accounts()
        if account and account not in known:
            message = f"there is no account {account[:_NAME_SHOWN]!r}; known: {', '.join(known)}"
            raise _AnswerError(400, "no_account", message)
        snapshot = self._door.snapshot(account)
        if snapshot is None:
            raise _AnswerError(503, "starting", "the engine is still starting; try again in a moment")
        return snapshot

    def _ask(self, command: Command) -> list[Notice]:
        notices = self._door.ask(command)
        for notice in _answers(notices, command):
            if isinstance(notice, CommandRefused):
                status = 400 if notice.is_bad_input else 503 if notice.reason in _UNAVAILABLE else 409
                raise _AnswerError(status, notice.reason, notice.detail)
            if isinstance(notice, OrderDenied):
                raise _AnswerError(409, notice.reason, notice.detail)
        return notices


def _answers(notices: Sequence[Notice], command: Command) -> list[Notice]:
    """The notices that answer a command: others may be told with them."""
    return [notice for notice in notices if notice.request_id == command.request_id]


def _json(value: dict[str, object] | Sequence[dict[str, object]], *, status: int = 200) -> web.Response:
    return web.Response(text=dumps(value), status=status, content_type="application/json")


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Answer) -> web.StreamResponse:
    try:
        return await handler(request)
    except _AnswerError as error:
        return _error(error.status, error.error, error.message)
    except InvalidInputError as error:
        return _error(400, "bad_input", error.user_message)
    except TraderError as error:
        _log.error("%s %s failed: %s", request.method, request.path, error)
        return _error(503, "unavailable", error.user_message)
    except web.HTTPException as error:
        return _error(error.status, error.reason.lower().replace(" ", "_"), error.text or error.reason)
    except Exception as error:
        _log.exception("%s %s failed", request.method, request.path)
        what = f"{request.method} {request.path} failed"
        asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})
        return _error(500, "internal_error", f"this should not have happened: {type(error).__name__}: {error}")


def _error(status: int, error: str, message: str) -> web.Response:
    return _json({"error": error, "message": message}, status=status)
