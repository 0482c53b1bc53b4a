"""The loopback exchange in a thread of its own, for tests that have no event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from ssl import SSLContext
from typing import Any, TypeVar

from tests.exchange.loopback.exchange import LoopbackExchange
from tests.exchange.loopback.faults import Fault, Injected

T = TypeVar("T")
_PATIENCE = 30.0


class ExchangeThread:
    """Starts with `with`, ends with it; every method waits until the exchange has done what it says."""

    def __init__(
        self, *, seed: int = 1, extra_pairs: int = 0, tick_seconds: float | None = 0.5, ssl: SSLContext | None = None
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-exchange", daemon=True)
        self._ssl = ssl
        self.inside = LoopbackExchange(seed=seed, extra_pairs=extra_pairs, tick_seconds=tick_seconds)
        """Only to be touched through `do`, apart from `faults` read and `calls` read."""

    def __enter__(self) -> "ExchangeThread":
        self._thread.start()
        self._wait(self.inside.start(ssl=self._ssl))
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self.inside.close())
        self._wait(_end_the_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    @property
    def url(self) -> str:
        return self.inside.url

    @property
    def port(self) -> int:
        return self.inside.port

    def do(self, action: Callable[[LoopbackExchange], T]) -> T:
        """Carry out something on the exchange's loop and return its result."""

        async def carry_out() -> T:
            return action(self.inside)

        return self._wait(carry_out())

    def set_price(self, symbol: str, price: str) -> None:
        self.do(lambda inside: inside.set_price(symbol, price))

    def walk(self, symbol: str) -> None:
        self.do(lambda inside: inside.walk(symbol))

    def inject(self, fault: Fault, where: str = "*", count: int | None = None, **figures: float | str) -> Injected:
        return self.do(lambda inside: inside.faults.inject(fault, where, count, **figures))

    def clear(self, fault: Fault | None = None) -> None:
        self.do(lambda inside: inside.faults.clear(fault))

    def disconnect(self) -> None:
        self.do(lambda inside: inside.disconnect())

    def go_down(self) -> None:
        self._wait(self.inside.go_down())

    def come_back(self) -> None:
        self._wait(self.inside.come_back())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)


async def _end_the_others() -> None:
    """Cancel whatever still waits in a fault."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
