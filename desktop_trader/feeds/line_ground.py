"""What every part of a line stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.feeds.line_calls import LineCalls
from desktop_trader.feeds.live import LiveFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGround:
    """The feed that is served, the way of asking, the time.

    `now` is the exchange's, None while it is unknown; `wall` is our own clock.
    """

    feed: LiveFeed
    calls: LineCalls
    clock: AsyncClock
    random: Random
    now: Callable[[], datetime | None]
    wall: Callable[[], datetime]
