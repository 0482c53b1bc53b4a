"""Events of a real market between the line that brings them and the engine that pulls them: bounded, and in order."""

from collections import deque
from datetime import datetime

from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, Quote


class LiveQueue:
    """Holds events in the order in which they came. One thread.

    Beyond the limit only the newest quote of each symbol waits; bars and rates are never dropped.
    """

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` quotes one by one."""
        self._limit = limit
        self._events: deque[MarketEvent] = deque()
        self._newest: dict[str, Quote] = {}
        self.coalesced = 0

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._events) + len(self._newest)

    def put_quote(self, quote: Quote) -> None:
        """Take a quote; when the queue is full it stands for those of its symbol that wait at the end."""
        if not self._newest and len(self._events) < self._limit:
            self._events.append(quote)
            return
        self.coalesced += self._newest.pop(quote.symbol, None) is not None
        self._newest[quote.symbol] = quote

    def put_bar(self, bar: Bar) -> None:
        """Take a closed bar, behind every quote that came before it."""
        self._put(bar)

    def put_rate(self, rate: FundingRate) -> None:
        """Take a funding rate, behind every quote that came before it."""
        self._put(rate)

    def _put(self, event: Bar | FundingRate) -> None:
        self._events.extend(self._newest.values())
        self._newest.clear()
        self._events.append(event)

    def next_at(self) -> datetime | None:
        """Return the market's own time of the next event; None when nothing waits."""
        event = self._events[0] if self._events else next(iter(self._newest.values()), None)
        if event is None:
            return None
        return event.closed_at if isinstance(event, Bar) else event.at

    def take(self) -> MarketEvent | None:
        """Return the next event and forget it; None when nothing waits."""
        if self._events:
            return self._events.popleft()
        if not self._newest:
            return None
        return self._newest.pop(next(iter(self._newest)))
