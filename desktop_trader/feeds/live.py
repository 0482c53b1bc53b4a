"""The prices of a real exchange as a `MarketFeed`: what its line brings, checked, in order, for the engine to pull.

Owns what is followed, what is believed and what waits; it never touches the network itself (`live_line` does).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Quote, Timeframe
from desktop_trader.engine.ports import CandleShelf
from desktop_trader.feeds.bar_sequence import BarSequence
from desktop_trader.feeds.bar_wishes import BarWish, BarWishes
from desktop_trader.feeds.kept_bars import KeptBars
from desktop_trader.feeds.live_overview import LiveOverview
from desktop_trader.feeds.live_swaps import LiveSwaps
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.feeds.tick_filter import TickFault, TickFilter
from desktop_trader.feeds.tick_gaps import TickGaps
from desktop_trader.messages.market_overview import TickerRow

_QUEUE_LIMIT = 10_000
_BARS_OF_A_DAY = 49
"""Half hours: what a symbol cost when its day began is found in them."""


class LiveFeed(LiveSwaps):
    """A `MarketFeed` of one exchange.

    Everything belongs to the engine's thread but `listing`, `overview`, `want_overview`, `want_depth` and `want_bars`,
    which any thread may call. Bars come as events once each, in order, after they are on the shelf.
    """

    fills_on: PriceSource = PriceSource.QUOTES
    is_live = True

    def __init__(
        self, source_id: str, *, shelf: CandleShelf, starts_at: datetime, queue_limit: int = _QUEUE_LIMIT
    ) -> None:
        """Follow nothing yet. `starts_at` is our own idea of the present.

        `line` brings what is followed, `held_units` are the contract sizes of what is open, by symbol: whoever opens
        the market sets both. `kept` are the stored bars, `whole` is the overview.
        """
        super().__init__(queue_limit)
        self.source_id = source_id
        self.starts_at = starts_at
        self.line: MarketLine | None = None
        self.held_units: Callable[[], Mapping[str, Decimal]] = dict
        self.filter = TickFilter()
        self.wishes = BarWishes()
        self.kept = KeptBars(source_id, shelf)
        self.gaps = TickGaps()
        self.whole = LiveOverview()
        self._followed: dict[str, dict[Timeframe, BarSequence]] = {}

    # What the engine sees.

    def instruments(self) -> Sequence[Instrument]:
        """Return what is followed, with its rules, as far as the market list has come."""
        return [self._listing[symbol] for symbol in self._followed if symbol in self._listing]

    def listing(self) -> Mapping[str, Instrument]:
        """Return everything the exchange lists; empty until its list has come for the first time."""
        return self._listing

    def cadence(self, symbol: str) -> timedelta | None:
        """Return the median of the last gaps between quotes of a symbol; None before there are enough of them."""
        return self.gaps.cadence(symbol)

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return what the exchange said last of every market; nothing before somebody wanted it."""
        return self.whole.rows

    def want_overview(self, seconds: float) -> None:
        """Keep the overview fresh for so long from now."""
        self.whole.want(seconds)
        self._on_wish()

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        """Follow the quotes of a symbol and, with a timeframe, its closed bars; again is harmless, at any time.

        Before the market list has come every symbol may be followed; the verification looks at them then.

        Raises:
            InvalidInputError: the exchange does not list the symbol.
        """
        self._require(symbol)
        if symbol not in self._followed:
            self.wishes.put(BarWish(symbol=symbol, timeframe=Timeframe.M30, limit=_BARS_OF_A_DAY))
        timeframes = self._followed.setdefault(symbol, {})
        if timeframe is not None and timeframe not in timeframes:
            timeframes[timeframe] = BarSequence(timeframe)
        self._on_wish()

    def resume(self, at: datetime) -> None:
        """Do nothing: what passed on a real market is over."""

    def peek_time(self) -> datetime | None:
        """Return the market's time of the next event; None while nothing waits."""
        return self._queue.next_at()

    def next_event(self) -> MarketEvent | None:
        """Return the next event; None while nothing waits."""
        return self._queue.take()

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` stored bars that closed at or before `before`, oldest first; gaps stay gaps.

        Raises:
            InvalidInputError: the exchange does not list the symbol.
        """
        self._require(symbol)
        return self.kept.newest(symbol, timeframe, before=before, limit=limit)

    def want_bars(self, symbol: str, timeframe: Timeframe, *, limit: int, before: datetime | None = None) -> None:
        """Ask for the newest `limit` closed bars (by `before`) on the shelf; `kept.on_stored` tells of new ones."""
        self.wishes.put(BarWish(symbol=symbol, timeframe=timeframe, limit=limit, before=before))
        self._on_wish()

    # What the line sees.

    def wish_by(self, on_wish: Callable[[], None]) -> None:
        """Call `on_wish` whenever somebody wants something new of the line: in any thread."""
        self._on_wish = on_wish

    def followed(self) -> tuple[str, ...]:
        """Return the symbols followed; once the list is there, those of them that are traded."""
        untraded = self._listing.untraded(self._followed)
        return tuple(symbol for symbol in self._followed if symbol not in untraded)

    def untraded(self, symbols: Collection[str]) -> frozenset[str]:
        """Return those that are not listed any more or not traded at present, as far as the list has come."""
        return self._listing.untraded(symbols)

    def sequences(self) -> list[tuple[str, BarSequence]]:
        """Return which bars are followed, and how far they have come."""
        return [(symbol, each) for symbol in self.followed() for each in self._followed[symbol].values()]

    def take_listing(self, listed: Mapping[str, Instrument], *, active: Collection[str] | None = None) -> None:
        """Take the exchange's list of markets for everybody who holds `listing`; only `active` ones are traded now."""
        self._listing.replace(listed, kept=tuple(self._followed), active=active)

    def take_quote(
        self,
        quote: Quote,
        *,
        came_at: float,
        horizon: datetime | None = None,
        sequence: int | None = None,
        answered_at: datetime | None = None,
    ) -> TickFault | None:
        """Take a quote that came at a monotonic time; return why it is not believed, or None. See `TickFilter`."""
        fault = self.filter.judge(quote, horizon=horizon, sequence=sequence, answered_at=answered_at)
        if fault is not None:
            return fault
        self.gaps.came(quote.symbol, came_at)
        if quote.symbol in self._followed:
            self._queue.put_quote(self.funding.marked(self.filter.last(quote.symbol) or quote))
        return None

    def take_bars(self, symbol: str, timeframe: Timeframe, *, bars: Sequence[Bar], now: datetime) -> None:
        """Put the newest closed bars on the shelf (oldest first), then give out those that are news.

        `now` is the exchange's time: what closes later is not closed, whoever says so.
        """
        bars = [bar for bar in bars if bar.closed_at <= now]
        self.kept.store(bars)
        sequence = self._followed.get(symbol, {}).get(timeframe)
        if sequence is not None:
            for bar in sequence.take(bars, now=now):
                self._queue.put_bar(bar)

    def _require(self, symbol: str) -> None:
        if self._listing and symbol not in self._listing:
            raise InvalidInputError(f"{self.source_id.partition(':')[2]} does not list {symbol!r}")
