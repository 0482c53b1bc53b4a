"""Stored bars whose file is opened when they are first needed: not before the data folder is ours."""

from collections.abc import Callable, Sequence
from datetime import datetime

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.engine.ports import CandleShelf


class ShelfOnDemand:
    """A `CandleShelf` over another one. Belongs to the thread that first asks it.

    `open_shelf` returns None while there is nothing to read; then there are no bars, and it is asked again.
    """

    def __init__(self, open_shelf: Callable[[], CandleShelf | None]) -> None:
        """Open nothing yet."""
        self._open_shelf = open_shelf
        self._shelf: CandleShelf | None = None

    def write(self, source: str, bars: Sequence[Bar]) -> int:
        """Keep closed bars; see `CandleShelf`."""
        shelf = self._opened()
        return 0 if shelf is None else shelf.write(source, bars)

    def newest(self, source: str, symbol: str, *, timeframe: Timeframe, before: datetime, limit: int) -> Sequence[Bar]:
        """Return stored bars; see `CandleShelf`."""
        shelf = self._opened()
        return () if shelf is None else shelf.newest(source, symbol, timeframe=timeframe, before=before, limit=limit)

    def _opened(self) -> CandleShelf | None:
        if self._shelf is None:
            self._shelf = self._open_shelf()
        return self._shelf
