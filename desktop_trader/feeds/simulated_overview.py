"""The overview of the simulated market, from its price paths. Imports numpy; see `price_path`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock

from desktop_trader.feeds.day_figures import DAY, change_percent
from desktop_trader.feeds.simulated_listing import SimulatedListing
from desktop_trader.feeds.tick_stream import TickStream
from desktop_trader.messages.market_overview import TickerRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 1_440


class SimulatedOverview:
    """Answers from any thread, one at a time; it has streams of its own, so that none of the feed's are touched."""

    def __init__(self, listings: Sequence[SimulatedListing], seed: int) -> None:
        """Describe every listing's path; computes nothing yet."""
        self._lock = Lock()
        self._streams = [(listing, TickStream(listing, seed)) for listing in listings]

    def rows(self, at: datetime) -> tuple[TickerRow, ...]:
        """Return every market as it stands at a market time: the newest tick at or before it."""
        with self._lock:
            return tuple(_row(listing, stream, at) for listing, stream in self._streams)


def _row(listing: SimulatedListing, stream: TickStream, at: datetime) -> TickerRow:
    second = (at - _EPOCH) // _SECOND
    tick_at = _EPOCH + second * _SECOND + timedelta(milliseconds=listing.phase_ms)
    if tick_at > at:
        second, tick_at = second - 1, tick_at - _SECOND
    quote = stream.quote(second, tick_at)
    before = stream.last_price(second - DAY // _SECOND)
    return TickerRow(
        symbol=quote.symbol,
        last=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        change_percent_24h=change_percent(quote.last, before),
        quote_volume_24h=stream.quote_volume(first_minute=second // 60 - _DAY_MINUTES, stop_minute=second // 60),
        at=tick_at,
    )
