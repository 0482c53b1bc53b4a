"""Talks to the instance that holds a data folder, through its private socket: for the command line and a second start.

Blocking, and light to import: the standard library's HTTP, no aiohttp.
"""

import http.client
import json
import socket
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

from desktop_trader.api import private_socket
from desktop_trader.api.exact_json import dumps
from desktop_trader.domain.errors import DataFolderInUseError, InvalidInputError, RefusedError, TraderError
from desktop_trader.locations import DataFolderPaths

_ANSWER_SECONDS = 10.0
_PATIENT_SECONDS = 900.0
_PATIENT_ROUTES = frozenset({"/virtual_balance/reset", "/legacy/import"})
"""What the instance backs its books up before: large books take their time."""
_OPENING_SECONDS = 5.0
_RETRY_SECONDS = 0.1
_LOOK_FIRST = "it may have done nevertheless what was asked: look at `desktop-trader balance history` first"


class _PrivateConnection(http.client.HTTPConnection):
    """HTTP over the private socket."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path
        self._seconds = seconds

    def connect(self) -> None:
        self.sock: socket.socket = private_socket.connect(self._path, self._seconds)


class RunningInstance:
    """The instance that answers for a data folder. Every call is one request."""

    def __init__(self, paths: DataFolderPaths) -> None:
        """Talk to whoever holds `paths`."""
        self._paths = paths

    def get(self, route: str) -> object:
        """Return what a route answers, numbers as exact decimals."""
        return self._request("GET", route, None)

    def post(self, route: str, body: Mapping[str, object]) -> object:
        """Send a command and return the answer.

        Raises:
            InvalidInputError, RefusedError: the instance says so.
        """
        return self._request("POST", route, dumps(body).encode())

    def raise_window(self) -> bool:
        """Bring the window of the instance to the front; False where it has none."""
        answer = self.post("/window/raise", {})
        return isinstance(answer, dict) and answer.get("raised") is True

    def _request(self, method: str, route: str, body: bytes | None) -> object:
        seconds = _PATIENT_SECONDS if route in _PATIENT_ROUTES else _ANSWER_SECONDS
        connection = _PrivateConnection(self._paths.control_socket, seconds=seconds)
        try:
            connection.connect()
        except OSError as error:
            raise self._unanswered("try again", error) from error
        try:
            connection.request(method, route, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read(), parse_float=Decimal, parse_int=Decimal)
        except (OSError, http.client.HTTPException, ValueError) as error:
            advice = "try again" if method == "GET" else _LOOK_FIRST
            raise self._unanswered(advice, error) from error
        finally:
            connection.close()
        if response.status == 200:
            return answer
        message = answer.get("message") if isinstance(answer, dict) else None
        raise _failure(response.status, str(message or "the running instance refused and did not say why"))

    def _unanswered(self, advice: str, error: Exception) -> TraderError:
        return TraderError(f"the instance that runs on {self._paths.root} did not answer; {advice}", detail=repr(error))


def find_instance(paths: DataFolderPaths) -> RunningInstance | None:
    """Return the instance that answers on this data folder now, or None."""
    if not private_socket.has_private_sockets():
        return None
    try:
        private_socket.connect(paths.control_socket, _ANSWER_SECONDS).close()
    except OSError:
        return None
    return RunningInstance(paths)


def wait_for_instance(paths: DataFolderPaths, in_use: DataFolderInUseError) -> RunningInstance:
    """Return the instance that holds the lock: its door may open a few seconds after that.

    Raises:
        DataFolderInUseError: `in_use`, when nobody opens.
    """
    end = monotonic() + _OPENING_SECONDS
    while (instance := find_instance(paths)) is None:
        if monotonic() > end:
            raise in_use
        sleep(_RETRY_SECONDS)
    return instance


def _failure(status: int, message: str) -> TraderError:
    if status == 400:
        return InvalidInputError(message)
    return RefusedError(message) if status == 409 else TraderError(message)
