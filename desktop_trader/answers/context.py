"""What an answer may draw on: the books, read-only, and the market's history."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from desktop_trader.answers.market_index import MarketIndex
from desktop_trader.engine.ports import Clock, MarketFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_reader import LedgerReader

if TYPE_CHECKING:
    from desktop_trader.storage.candle_store import CandleStore
    from desktop_trader.storage.run_reader import RunReader

Request = TypeVar("Request")


@dataclass(slots=True, kw_only=True)
class AnswerContext:
    """Belongs to one worker thread. `account` is the one the process was started with; `clock` is market time."""

    paths: DataFolderPaths
    feed: MarketFeed
    clock: Clock
    account: str
    markets: MarketIndex = field(default_factory=MarketIndex)
    _reader: LedgerReader | None = None
    _runs: "RunReader | None" = None
    _candles: "CandleStore | None" = None

    def reader(self) -> LedgerReader:
        """Return the worker's own read-only connection, opened when it is first needed.

        Raises:
            StorageError: there are no books, or they cannot be opened.
        """
        if self._reader is None:
            self._reader = LedgerReader.open(self.paths)
        return self._reader

    def runs(self) -> "RunReader":
        """Return the worker's own reader of runs, opened when it is first needed; it remembers what it has read.

        Raises:
            StorageError: there are no books, or they cannot be opened.
        """
        if self._runs is None:
            from desktop_trader.storage.run_reader import RunReader

            self._runs = RunReader.open(self.paths)
        return self._runs

    def candles(self) -> "CandleStore | None":
        """Return the worker's own reader of stored candles; None while there are none.

        Raises:
            StorageError: they cannot be read.
        """
        if self._candles is None:
            from desktop_trader.storage.candle_store import CandleStore

            self._candles = CandleStore.open_to_read(self.paths)
        return self._candles

    def close(self) -> None:
        """Close the connections, where there are any."""
        candles, self._candles = self._candles, None
        if candles is not None:
            candles.close()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        runs, self._runs = self._runs, None
        if runs is not None:
            runs.close()


Answer = Callable[[AnswerContext, Request], object]
"""Returns the reply. What a person can do something about is said in the reply, not raised."""
