"""Threads of a loop that nobody waits for at its end: what they still do matters to nobody then.

A name that is looked up without a network takes as long as the system wants, and the import of an exchange some
seconds; `asyncio.run` and the interpreter would both wait for them, and so would whoever quits.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_R = TypeVar("_R")
_AT_ONCE = 32


class LeftThreads(ThreadPoolExecutor):
    """For `loop.set_default_executor`. Each work has a daemon thread of its own, up to a limit; the rest waits."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        """Run `at_once` works at a time."""
        super().__init__(1)  # A loop takes nothing else; it never gets a thread.
        self._at_once = at_once
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._running = 0

    def submit(self, fn: Callable[..., _R], /, *args: Any, **kwargs: Any) -> "Future[_R]":
        """Begin a work, or let it wait for its turn."""
        future: Future[_R] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # the end of a thread: whoever waits for the work gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            if self._running >= self._at_once:
                self._waiting.append(work)
                return future
            self._running += 1
        threading.Thread(target=self._run, args=(work,), name="left", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Begin nothing more of what waits; what runs is left, whatever `wait` and `cancel_futures` say."""
        with self._lock:
            self._waiting.clear()

    def _run(self, work: Callable[[], None]) -> None:
        while True:
            work()
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                work = self._waiting.popleft()
