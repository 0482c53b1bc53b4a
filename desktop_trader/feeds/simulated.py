"""A seeded simulated market: quotes every second, closed bars and funding, the same ones for the same seed, for ever.

Owns the order of events; prices come from `price_path`. Market time is the feed's own: it advances with the events
that are pulled and knows no wall clock. numpy is imported with the first price, not with this module, because the
window has to be on the screen before that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.feeds.simulated_listing import LISTINGS, SimulatedListing
from desktop_trader.feeds.simulated_premium import FUNDING_INTERVAL
from desktop_trader.feeds.simulated_swaps import SimulatedSwaps
from desktop_trader.messages.market_overview import TickerRow

if TYPE_CHECKING:
    from desktop_trader.feeds.simulated_overview import SimulatedOverview
    from desktop_trader.feeds.tick_stream import TickStream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LAST_SECOND = int((datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_TIMEFRAMES = tuple(Timeframe)
_QUOTE_RANK = 1_000_000
_FUNDING_RANK = -1_000
_BEFORE_ALL = -1_000_000
_FUNDING_SECONDS = FUNDING_INTERVAL // _SECOND
SIMULATED_SYMBOLS = tuple(listing.instrument.symbol for listing in LISTINGS)


@dataclass(slots=True, kw_only=True)
class _Subscription:
    """What is asked for of one listing: always its quotes, and bars of some timeframes."""

    rank: int
    listing: SimulatedListing
    timeframes: set[Timeframe] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class _Ticker:
    """A subscription at work: its stream, and when within a second it ticks."""

    phase: timedelta
    stream: "TickStream"


@dataclass(slots=True)
class _Due:
    """An event at its place in market time; `rank` orders events of one instant: funding, bars, quotes.

    Never changed, and yet not frozen: that would cost a fifth of the time of an event.
    """

    at: datetime
    rank: int
    event: MarketEvent | None


class SimulatedFeed(SimulatedSwaps):
    """A `MarketFeed` whose every quote and bar is a function of the seed, the symbol and the market time.

    Every subscribed symbol ticks once a second, each at its own phase of the second. A bar comes at its closing
    time: after the last tick it contains and before any later one; bars of one instant in the order of the
    listings, shorter timeframes first. The funding of a subscribed swap comes before all else of its instant. Bars
    are made of the `last` prices of exactly the ticks in their span.
    Belongs to one thread.
    """

    fills_on: PriceSource = PriceSource.QUOTES
    is_live = False

    def __init__(self, seed: int, anchor: datetime, *, symbols: Sequence[str] = SIMULATED_SYMBOLS) -> None:
        """Open the market at `anchor`, as if resumed there; prices are not a function of it.

        Raises:
            InvalidInputError: a symbol is not listed.
        """
        super().__init__({listing.instrument.symbol: listing for listing in LISTINGS}, seed)
        self.source_id = f"simulated:1:{seed}"
        self.starts_at = anchor
        self._symbols = tuple(self._listing(symbol).instrument.symbol for symbol in symbols)
        self._listings = {symbol: self._listings[symbol] for symbol in self._symbols}
        self._subscriptions: list[_Subscription] = []
        self._tickers: list[_Ticker] = []
        self._due: list[_Due] = []
        self._last = _Due(anchor, _BEFORE_ALL, None)
        self._second = _second_of(anchor)
        self._overview: SimulatedOverview | None = None

    def instruments(self) -> Sequence[Instrument]:
        """Return what is listed: the spot markets, then the swaps."""
        return [listing.instrument for listing in self._listings.values()]

    def listing(self) -> Mapping[str, Instrument]:
        """Return what is listed, by symbol."""
        return {symbol: listing.instrument for symbol, listing in self._listings.items()}

    def cadence(self, symbol: str) -> timedelta | None:
        """Return that every symbol ticks once a second."""
        return _SECOND

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return what every listed market costs at a market time and did in the 24 hours before, from its own path."""
        if self._overview is None:
            # Brings numpy in: too slow to do before the window has been painted.
            from desktop_trader.feeds.simulated_overview import SimulatedOverview

            self._overview = SimulatedOverview(tuple(self._listings.values()), self._seed)
        return self._overview.rows(at)

    def want_overview(self, seconds: float) -> None:
        """Take note of nothing: it is always as fresh as the time asked for."""

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        """Ask for quotes of a symbol, and for its closed bars of a timeframe; again is harmless, at any time.

        Events that belong before the last one returned are not made up for; `history` has those bars.

        Raises:
            InvalidInputError: the symbol is not listed.
        """
        listing = self._listing(symbol)
        subscription = next((each for each in self._subscriptions if each.listing is listing), None)
        if subscription is None:
            rank = self._symbols.index(symbol)
            subscription = _Subscription(rank=rank, listing=listing)
            self._subscriptions.append(subscription)
            self._subscriptions.sort(key=lambda each: each.listing.phase_ms)
        if timeframe is not None:
            subscription.timeframes.add(timeframe)
        self._rewind()

    def resume(self, at: datetime) -> None:
        """Go to a market time: the next event is the first at or after it (a bar happens when it closes)."""
        self._last = _Due(at, _BEFORE_ALL, None)
        self._rewind()

    def peek_time(self) -> datetime | None:
        """Return when the next event happens in market time; None while nothing is subscribed."""
        if not self._due:
            self._refill()
        return self._due[-1].at if self._due else None

    def next_event(self) -> MarketEvent | None:
        """Return the next event and advance to it; None while nothing is subscribed."""
        if not self._due:
            self._refill()
            if not self._due:
                return None
        self._last = due = self._due.pop()
        return due.event

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return `limit` bars up to the last one that closed at or before `before`, oldest first.

        They are the bars that the feed gives live; the market reaches back before the anchor.

        Raises:
            InvalidInputError: the symbol is not listed.
        """
        self._listing(symbol)
        if limit <= 0:
            return []
        second = _second_of(before)
        stop = second - second % timeframe.seconds
        return self._stream(symbol).bars(timeframe, start=stop - limit * timeframe.seconds, count=limit)

    def _rewind(self) -> None:
        """Forget what was made in advance; it is made anew, with the subscriptions of now."""
        self._due.clear()
        self._tickers.clear()
        self._second = _second_of(self._last.at)

    def _refill(self) -> None:
        """Make the events of the next market second that has any after the last one returned."""
        if not self._tickers:
            self._tickers = [
                _Ticker(
                    phase=timedelta(milliseconds=each.listing.phase_ms),
                    stream=self._stream(each.listing.instrument.symbol),
                )
                for each in self._subscriptions
            ]
        last = self._last
        while self._tickers and not self._due and self._second < _LAST_SECOND:
            due = self._events_of(self._second)
            if due[0].at <= last.at:
                due = [each for each in due if (each.at, each.rank) > (last.at, last.rank)]
            due.reverse()
            self._due = due
            self._second += 1

    def _events_of(self, second: int) -> list[_Due]:
        at = _EPOCH + second * _SECOND
        due = self._bars_closing(second, at) if second % 60 == 0 else []
        if second % _FUNDING_SECONDS == 0:
            due = self._funding_due(at) + due
        for ticker in self._tickers:
            tick_at = at + ticker.phase
            due.append(_Due(tick_at, _QUOTE_RANK, ticker.stream.quote(second, tick_at)))
        return due

    def _funding_due(self, at: datetime) -> list[_Due]:
        swaps = [each for each in self._subscriptions if each.listing.instrument.funding_interval is not None]
        due = [
            _Due(at, _FUNDING_RANK + each.rank, self.funding_at(each.listing.instrument.symbol, at)) for each in swaps
        ]
        due.sort(key=lambda each: each.rank)
        return due

    def _bars_closing(self, second: int, at: datetime) -> list[_Due]:
        due = []
        for subscription in self._subscriptions:
            stream = self._stream(subscription.listing.instrument.symbol)
            for index, timeframe in enumerate(_TIMEFRAMES):
                if timeframe in subscription.timeframes and second % timeframe.seconds == 0:
                    (bar,) = stream.bars(timeframe, start=second - timeframe.seconds, count=1)
                    due.append(_Due(at, subscription.rank * len(_TIMEFRAMES) + index, bar))
        due.sort(key=lambda each: each.rank)
        return due


def _second_of(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND
