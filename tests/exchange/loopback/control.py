"""The control routes, by which a test steers an exchange that runs as a process; faults do not meet them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from tests.exchange.loopback.exchange import CONTROL, LoopbackExchange
from tests.exchange.loopback.faults import Fault

FIGURES = ("seconds", "size", "factor", "code", "text")


class Control:
    """Handlers of `/_control/...`; what scripts set is kept in `state` (a file), if there is one."""

    def __init__(self, exchange: LoopbackExchange, state: Path | None) -> None:
        self._exchange, self._state = exchange, state

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the control routes."""
        for name, carry_out in (
            ("price", self._set_price),
            ("walk", self._walk),
            ("mark", self._set_mark),
            ("funding", self._set_funding),
            ("fault", self._fault),
            ("clear", self._clear),
            ("disconnect", self._disconnect),
        ):
            router.add_post(CONTROL + name, self._of(carry_out))
        router.add_get(CONTROL + "price", self._price)
        router.add_get(CONTROL + "calls", self._calls)

    def restore(self) -> None:
        """Take up what an earlier process kept."""
        if self._state is not None and self._state.exists():
            self._exchange.restore(json.loads(self._state.read_text("utf-8")))

    def _of(self, carry_out: Callable[[dict[str, str]], None]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            carry_out(await request.json())
            if self._state is not None:
                self._state.write_text(json.dumps(self._exchange.scripted()), "utf-8")
            return web.json_response({"done": True})

        return handler

    def _set_price(self, asked: dict[str, str]) -> None:
        self._exchange.set_price(asked["symbol"], asked["price"])

    def _set_mark(self, asked: dict[str, str]) -> None:
        self._exchange.set_mark(asked["symbol"], asked["price"])

    def _set_funding(self, asked: dict[str, str]) -> None:
        self._exchange.set_funding(asked["symbol"], asked["rate"])

    def _walk(self, asked: dict[str, str]) -> None:
        self._exchange.walk(asked["symbol"])

    def _fault(self, asked: dict[str, str]) -> None:
        count = asked.get("count")
        figures = {name: asked[name] for name in FIGURES if name in asked}
        self._exchange.faults.inject(
            Fault(asked["fault"]), asked.get("where", "*"), None if count is None else int(count), **figures
        )

    def _clear(self, asked: dict[str, str]) -> None:
        self._exchange.faults.clear(Fault(asked["fault"]) if "fault" in asked else None)

    def _disconnect(self, _: dict[str, str]) -> None:
        # A moment later: the connection that asked for it is one of them.
        asyncio.get_running_loop().call_later(0.1, self._exchange.disconnect)

    async def _price(self, request: web.Request) -> web.Response:
        return web.json_response({"price": str(self._exchange.price(request.query["symbol"]))})

    async def _calls(self, request: web.Request) -> web.Response:
        found = self._exchange.calls.of(request.query.get("pattern", "*"), float(request.query.get("since", "0")))
        return web.json_response(
            [{"at": c.at, "method": c.method, "route": c.route, "params": c.params} for c in found]
        )
