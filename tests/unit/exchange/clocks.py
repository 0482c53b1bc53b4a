"""Time that passes when somebody sleeps, and not otherwise."""

import asyncio


class SleeperClock:
    """An `AsyncClock`: each sleep moves it on at once; `slept` lists the sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)
