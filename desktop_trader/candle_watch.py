"""Tells people when the stored candles turn out to be damaged: they are set aside and downloaded anew by themselves."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.candle_damage import candle_state

_LOOK_SECONDS = 30.0
_OF_THIS_START = timedelta(minutes=1)
"""A file that was set aside longer ago than this, when the watch begins, was told of by an earlier start."""


class CandleWatch:
    """One thread that looks now and then. `on_trouble` hears every finding once, in that thread."""

    def __init__(
        self, paths: DataFolderPaths, *, on_trouble: Callable[[str], None], look_seconds: float = _LOOK_SECONDS
    ) -> None:
        """Prepare to look at the candles of `paths`."""
        self._paths = paths
        self._on_trouble = on_trouble
        self._look_seconds = look_seconds
        self._since = datetime.now(UTC) - _OF_THIS_START
        self._told: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="candle-watch", daemon=True)

    def start(self) -> None:
        """Begin; only once."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for that; harmless when it never began."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Tell what is new."""
        state = candle_state(self._paths)
        if state.error:
            self._tell(state.error)
        if state.kept_at is not None and state.kept_at >= self._since:
            self._tell(
                f"The stored candles were damaged and are kept as {state.kept}; they are downloaded anew where they "
                "are needed. The books are another file and were not touched"
            )

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._on_trouble(text)

    def _work(self) -> None:
        self.look()
        while not self._stop.wait(self._look_seconds):
            self.look()
