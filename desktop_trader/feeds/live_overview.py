"""What an exchange said of all its markets, for whoever looks at them: read and wished for from any thread."""

from collections.abc import Sequence
from threading import Lock

from desktop_trader.messages.market_overview import TickerRow


class LiveOverview:
    """`rows` are replaced whole; nobody asks for them before somebody wants to see them."""

    def __init__(self) -> None:
        """Know nothing, and be wanted by nobody."""
        self.rows: tuple[TickerRow, ...] = ()
        self._lock = Lock()
        self._wanted_seconds = 0.0

    def want(self, seconds: float) -> None:
        """Somebody looks for so long from now."""
        with self._lock:
            self._wanted_seconds = max(self._wanted_seconds, seconds)

    def take_wish(self) -> float:
        """Return for how many seconds from now it is wanted, and forget that; 0 for not at all."""
        with self._lock:
            wanted, self._wanted_seconds = self._wanted_seconds, 0.0
        return wanted

    def take(self, rows: Sequence[TickerRow]) -> None:
        """Take what the exchange said."""
        self.rows = tuple(rows)
