"""How requests are answered: commands asked of the engine, refusals and failures as a status and a sentence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from desktop_trader.api.door import Door
from desktop_trader.api.exact_json import dumps
from desktop_trader.domain.errors import InvalidInputError, TraderError
from desktop_trader.messages.commands import Command
from desktop_trader.messages.notices import (
    HALTED,
    NETWORK,
    UNCERTAIN,
    CommandRefused,
    Notice,
    OrderDenied,
)
from desktop_trader.messages.snapshot import AccountSnapshot

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NAME_SHOWN = 40
_UNAVAILABLE = frozenset({HALTED, NETWORK, UNCERTAIN})
"""Reasons of a refusal that pass: the same request may be carried out later."""
_log = logging.getLogger(__name__)


class AnswerError(Exception):
    """A request that ends in an error: its HTTP status, the name of the rule, and the sentence for the person."""

    def __init__(self, status: int, error: str, message: str) -> None:
        """Answer with these."""
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message


class Asker:
    """Asks the engine behind one door; what it refuses is raised as an `AnswerError`."""

    def __init__(self, door: Door) -> None:
        """Ask through `door`."""
        self._door = door

    def snapshot(self, account: str) -> AccountSnapshot:
        """Return the newest snapshot of an account, "" for the one the process was started with."""
        known = self._door.accounts()
        if account and account not in known:
            message = f"there is no account {account[:_NAME_SHOWN]!r}; known: {', '.join(known)}"
            raise AnswerError(400, "no_account", message)
        snapshot = self._door.snapshot(account)
        if snapshot is None:
            raise AnswerError(503, "starting", "the engine is still starting; try again in a moment")
        return snapshot

    def tell(self, command: Command) -> list[Notice]:
        """Carry a command out and return its notices, whatever they say."""
        return self._door.ask(command)

    def ask(self, command: Command) -> list[Notice]:
        """Carry a command out and return its notices; a refusal is raised."""
        notices = self.tell(command)
        for notice in answers_to(notices, command):
            if isinstance(notice, CommandRefused):
                raise refusal(notice)
            if isinstance(notice, OrderDenied):
                raise AnswerError(409, notice.reason, notice.detail)
        return notices


def refusal(notice: CommandRefused) -> AnswerError:
    """Return what a refused command is answered with."""
    status = 400 if notice.is_bad_input else 503 if notice.reason in _UNAVAILABLE else 409
    return AnswerError(status, notice.reason, notice.detail)


def answers_to(notices: Sequence[Notice], command: Command) -> list[Notice]:
    """Return the notices that answer a command: others may be told with them."""
    return [notice for notice in notices if notice.request_id == command.request_id]


def json_answer(value: dict[str, object] | Sequence[dict[str, object]], *, status: int = 200) -> web.Response:
    """Return a value as the body of an answer."""
    return web.Response(text=dumps(value), status=status, content_type="application/json")


@web.middleware
async def errors_as_json(request: web.Request, handler: Answer) -> web.StreamResponse:
    """Answer whatever goes wrong with a name and a sentence."""
    try:
        return await handler(request)
    except AnswerError as error:
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
    return json_answer({"error": error, "message": message}, status=status)
