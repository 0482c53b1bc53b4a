"""An event loop whose time passes at once: whoever waits for an hour waits for nothing, in the order of a real one."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_BEGINS_AT = 1_000.0
_A_LOOK_TAKES = 1e-7


class _InstantSelector(selectors.DefaultSelector):
    """Looks, and instead of waiting lets the loop's time pass."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits for something that never comes")
        # Looking takes a moment too: whoever waits for less than the clock can tell would otherwise wait for ever.
        self.loop.pass_time(timeout if not ready and timeout else _A_LOOK_TAKES)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Single-threaded: what other threads do takes no time here."""

    def __init__(self) -> None:
        selector = _InstantSelector()
        selector.loop = self
        self._passed = _BEGINS_AT
        super().__init__(selector)

    def time(self) -> float:
        return self._passed

    def pass_time(self, seconds: float) -> None:
        """Let time pass in which nothing runs: a process that stands still."""
        self._passed += seconds


def run_virtually(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end in a loop of its own; returns at once, however long it waits."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def virtual_loop() -> VirtualLoop:
    """Return the loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
