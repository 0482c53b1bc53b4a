"""What another thread may see of a real market while the engine trades on it: stored bars, the list, the overview."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.engine.ports import CandleShelf
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.messages.market_overview import TickerRow


class LiveHistory(BareMarket):
    """A `MarketFeed` to look at: no event ever comes. Belongs to one thread, with a shelf of its own.

    Whatever is asked for and not stored yet is wished for; `KeptBars.on_stored` tells when it is there.
    """

    fills_on: PriceSource = PriceSource.QUOTES
    is_live = True

    def __init__(self, trading: LiveFeed, shelf: CandleShelf) -> None:
        """Look at the market that `trading` brings."""
        self.source_id = trading.source_id
        self.starts_at = trading.starts_at
        self._trading = trading
        self._shelf = shelf

    def instruments(self) -> Sequence[Instrument]:
        """Return what is listed; what is followed is the engine's matter."""
        return tuple(self.listing().values())

    def listing(self) -> Mapping[str, Instrument]:
        """Return everything the exchange lists."""
        return self._trading.listing()

    def cadence(self, symbol: str) -> timedelta | None:
        """Return that nothing is declared here."""
        return None

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return what the exchange said last of every market."""
        return self._trading.overview(at=at)

    def want_overview(self, seconds: float) -> None:
        """Keep the overview fresh for so long from now."""
        self._trading.want_overview(seconds)

    def want_bars(self, symbol: str, timeframe: Timeframe, *, limit: int, before: datetime | None = None) -> None:
        """Ask for the newest `limit` closed bars, or of those that closed by `before`, to be stored."""
        self._trading.want_bars(symbol, timeframe, limit=limit, before=before)

    def want_depth(self, symbol: str, seconds: float) -> None:
        """Keep the book of a symbol fresh for so long from now."""
        self._trading.want_depth(symbol, seconds)

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        """Take note of nothing."""

    def resume(self, at: datetime) -> None:
        """Stand still."""

    def peek_time(self) -> datetime | None:
        """Return that nothing comes."""
        return None

    def next_event(self) -> MarketEvent | None:
        """Return that nothing came."""
        return None

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` stored bars that closed at or before `before`, oldest first; what lacks is wished for.

        Raises:
            InvalidInputError: the exchange does not list the symbol.
            StorageError: they cannot be read.
        """
        listing = self.listing()
        if listing and symbol not in listing:
            raise InvalidInputError(f"{self.source_id.partition(':')[2]} does not list {symbol!r}")
        if limit <= 0:
            return ()
        self._trading.want_bars(symbol, timeframe, limit=limit)
        return self._shelf.newest(self.source_id, symbol, timeframe=timeframe, before=before, limit=limit)
