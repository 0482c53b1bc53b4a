"""The stored bars of one market as its feed uses them: without them trading goes on, for candles are no money."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.engine.ports import CandleShelf

_log = logging.getLogger(__name__)


class KeptBars:
    """Writes to a shelf and reads from it. `on_stored` hears of every series that has new bars. One thread."""

    def __init__(self, source_id: str, shelf: CandleShelf) -> None:
        """Touch nothing yet."""
        self.on_stored: Callable[[str, Timeframe], None] | None = None
        self._source_id = source_id
        self._shelf = shelf
        self._is_failing = False

    def store(self, bars: Sequence[Bar]) -> int:
        """Put bars of one series on the shelf; return how many are new. Where the shelf refuses, none is."""
        if not bars:
            return 0
        try:
            new = self._shelf.write(self._source_id, bars)
        except StorageError as error:
            self._tell(error)
            return 0
        self._is_failing = False
        if new and self.on_stored is not None:
            self.on_stored(bars[0].symbol, bars[0].timeframe)
        return new

    def newest(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars that closed at or before `before`, oldest first; none where they cannot be read."""
        if limit <= 0:
            return ()
        try:
            return self._shelf.newest(self._source_id, symbol, timeframe=timeframe, before=before, limit=limit)
        except StorageError as error:
            self._tell(error)
            return ()

    def _tell(self, error: StorageError) -> None:
        if not self._is_failing:
            _log.warning("Candles of %s cannot be kept or read: %s", self._source_id, error)
        self._is_failing = True
