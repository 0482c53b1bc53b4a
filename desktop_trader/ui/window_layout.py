"""Where the window and its docks stood and what its chart showed, kept in an INI file of the owner's own.

Losing it loses nothing that matters.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow

from desktop_trader.domain.market import Timeframe

LAYOUT_VERSION = 2
"""Raised whenever docks come or go, so that an older arrangement is not forced on a newer window."""

_GEOMETRY = "window/geometry"
_STATE = "window/state"
_EDGES = "window/edges"
_LOCKED = "window/layout_locked"
_ACCOUNT = "window/account"
_SYMBOL = "chart/symbol"
_TIMEFRAME = "chart/timeframe"
_DIGITS = 6


class WindowLayout:
    """One file of geometry and docks. A damaged or older file reads as if there were none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = QSettings(str(path), QSettings.Format.IniFormat)

    def restore(self, window: QMainWindow) -> bool:
        """Put window and docks where they were; False when nothing usable is stored."""
        geometry, state = self._file.value(_GEOMETRY), self._file.value(_STATE)
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        return window.restoreGeometry(geometry) and window.restoreState(state, LAYOUT_VERSION)

    def save(self, window: QMainWindow) -> None:
        """Remember where window and docks are, at once."""
        self._file.setValue(_GEOMETRY, window.saveGeometry())
        self._file.setValue(_STATE, window.saveState(LAYOUT_VERSION))
        self._file.sync()
        # Qt makes the file as readable as every other; where it could not be made at all there is nothing to hide.
        with suppress(OSError):
            self._path.chmod(0o600)

    @property
    def account(self) -> str:
        """The account that was shown; empty when none was kept."""
        kept = self._file.value(_ACCOUNT)
        return kept if isinstance(kept, str) else ""

    @account.setter
    def account(self, name: str) -> None:
        self._file.setValue(_ACCOUNT, name)

    @property
    def symbol(self) -> str:
        """The symbol of the chart; empty when none was kept."""
        kept = self._file.value(_SYMBOL)
        return kept if isinstance(kept, str) else ""

    @property
    def timeframe(self) -> Timeframe | None:
        """The length of the chart's bars; None when none was kept."""
        try:
            return Timeframe(self._file.value(_TIMEFRAME))
        except ValueError:
            return None

    def keep_chart(self, symbol: str, timeframe: Timeframe) -> None:
        """Remember what the chart shows, with the next `save`."""
        self._file.setValue(_SYMBOL, symbol)
        self._file.setValue(_TIMEFRAME, timeframe.value)

    @property
    def edges(self) -> dict[str, int]:
        """The sizes that the edges were held at, in pixels by name; nothing usable reads as none."""
        kept = self._file.value(_EDGES)
        pairs = [part.partition("=") for part in kept.split(" ")] if isinstance(kept, str) else []
        return {name: int(size) for name, _, size in pairs if size.isascii() and size.isdigit() and len(size) < _DIGITS}

    @edges.setter
    def edges(self, edges: Mapping[str, int]) -> None:
        self._file.setValue(_EDGES, " ".join(f"{name}={size}" for name, size in edges.items()))

    @property
    def is_locked(self) -> bool:
        """Whether docks are held in place."""
        return self._file.value(_LOCKED) in (True, "true")

    @is_locked.setter
    def is_locked(self, is_locked: bool) -> None:
        self._file.setValue(_LOCKED, is_locked)
