"""What an answer may draw on: the books, read-only, and the market's history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from desktop_trader.engine.ports import Clock, MarketFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_reader import LedgerReader

Request = TypeVar("Request")


@dataclass(slots=True, kw_only=True)
class AnswerContext:
    """Belongs to one worker thread. `account` is the one the process was started with; `clock` is market time."""

    paths: DataFolderPaths
    feed: MarketFeed
    clock: Clock
    account: str
    _reader: LedgerReader | None = None

    def reader(self) -> LedgerReader:
        """Return the worker's own read-only connection, opened when it is first needed.

        Raises:
            StorageError: there are no books, or they cannot be opened.
        """
        if self._reader is None:
            self._reader = LedgerReader.open(self.paths)
        return self._reader

    def close(self) -> None:
        """Close the connection, if there is one."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


Answer = Callable[[AnswerContext, Request], object]
"""Returns the reply. What a person can do something about is said in the reply, not raised."""
