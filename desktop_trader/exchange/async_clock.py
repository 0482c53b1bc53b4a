"""Time as the exchange room sees it: monotonic seconds that pass by themselves, and waiting. Injected everywhere."""

import asyncio
import time
from typing import Protocol


class AsyncClock(Protocol):
    """Monotonic seconds and sleep; a test's clock moves by hand."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` are over."""
        ...


class LoopClock:
    """The real one."""

    def monotonic(self) -> float:
        """Return the system's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in the running loop."""
        await asyncio.sleep(seconds)
