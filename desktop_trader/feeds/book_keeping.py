"""Keeps the books of orders fresh that somebody needs: a live order, an open form. No other book is asked for."""

import logging

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, ExchangeRefusedError
from desktop_trader.feeds.line_ground import LineGround

_log = logging.getLogger(__name__)
_OWN = (BadAnswerError, ExchangeRefusedError)
_LEVELS = 20
_EVERY_SECONDS = 1.0
_LOOK_SECONDS = 0.25
_ROUND = 6
"""Books asked for in one second at most; those that were asked for longest ago first."""


class BookKeeping:
    """One loop; `run` until it is cancelled."""

    def __init__(self, ground: LineGround) -> None:
        """Ask nothing yet."""
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._now = ground.now
        self._until: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}

    async def run(self) -> None:
        """Ask for every book that is wanted once a second, as long as it is."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            if self._calls.works.is_set() and self._now() is not None:
                for symbol in self._due():
                    await self._fetch(symbol)

    def _due(self) -> list[str]:
        now, asked = self._clock.monotonic(), self._asked_at
        for symbol, seconds in self._feed.books.take_wishes().items():
            self._until[symbol] = max(self._until.get(symbol, now), now + seconds)
        self._until = {symbol: until for symbol, until in self._until.items() if until > now}
        listing = self._feed.listing()
        due = [
            symbol
            for symbol in self._until
            if symbol in listing and now - asked.get(symbol, now - _EVERY_SECONDS) >= _EVERY_SECONDS
        ]
        return sorted(due, key=lambda symbol: asked.get(symbol, 0.0))[:_ROUND]

    async def _fetch(self, symbol: str) -> None:
        self._asked_at[symbol] = self._clock.monotonic()
        try:
            # A book that is no book says nothing of the prices, which are heard elsewhere.
            book = await self._calls.ask(lambda session: session.order_book(symbol, _LEVELS), own=_OWN)
        except _OWN as error:
            _log.warning("No book of %s: %s", symbol, error)
            self._asked_at[symbol] += 10 * _EVERY_SECONDS
            return
        except ExchangeError as error:  # it has been told, and is asked again
            _log.debug("No book of %s: %s", symbol, error)
            return
        now = self._now()
        if now is not None:
            self._feed.books.take(book, answered_at=now)
