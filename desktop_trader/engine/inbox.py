"""The way in for everything from other threads: bounded, and fair in what it gives up when it is full.

Beyond the limit quotes coalesce per symbol and commands are refused, so that a flood of prices never delays or
loses what a person asked for: commands have a queue of their own and are taken first. Thread-safe.
"""

from collections import deque
from collections.abc import Iterable
from threading import Lock

from desktop_trader.domain.market import Quote

_COMMAND_LIMIT = 1_000


class Inbox:
    """Messages and pushed quotes on their way to the engine's host."""

    def __init__(self, *, limit: int) -> None:
        """Hold at most `limit` quotes, and a thousand messages."""
        self._limit = limit
        self._lock = Lock()
        self._messages: deque[object] = deque()
        self._quotes: deque[Quote] = deque()
        self._newest: dict[str, Quote] = {}
        self.coalesced = 0

    def put_message(self, message: object) -> bool:
        """Take a command or request; False when too many wait already and this one was not taken."""
        with self._lock:
            if len(self._messages) >= _COMMAND_LIMIT:
                return False
            self._messages.append(message)
            return True

    def put_back(self, messages: Iterable[object]) -> None:
        """Put messages that were taken and not worked through before those that wait, in their order."""
        with self._lock:
            self._messages.extendleft(reversed(list(messages)))

    def put_quote(self, quote: Quote) -> None:
        """Take one quote, as `put_quotes` does."""
        self.put_quotes((quote,))

    def put_quotes(self, quotes: Iterable[Quote]) -> None:
        """Take quotes, oldest first; when the queue is full only the newest of each symbol waits on."""
        with self._lock:
            for quote in quotes:
                if not self._newest and len(self._quotes) < self._limit:
                    self._quotes.append(quote)
                else:
                    self.coalesced += quote.symbol in self._newest
                    self._newest[quote.symbol] = quote

    def take_messages(self) -> list[object]:
        """Return the waiting messages, oldest first, and forget them."""
        if not self._messages:
            return []
        with self._lock:
            taken = list(self._messages)
            self._messages.clear()
        return taken

    def take_quotes(self, most: int) -> list[Quote]:
        """Return up to `most` waiting quotes, oldest first; the coalesced ones last."""
        if not self._quotes and not self._newest:
            return []
        with self._lock:
            taken = [self._quotes.popleft() for _ in range(min(most, len(self._quotes)))]
            if not self._quotes and len(taken) + len(self._newest) <= most:
                taken += self._newest.values()
                self._newest.clear()
        return taken

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self._messages or self._quotes or self._newest)
