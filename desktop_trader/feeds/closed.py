"""A market that is closed: for commands that move money while nothing trades."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.messages.market_overview import TickerRow


class ClosedFeed(BareMarket):
    """Stands in for the market whose name it bears, so that the books keep their place in it. No prices come."""

    fills_on: PriceSource = PriceSource.QUOTES
    is_live = False

    def __init__(self, *, source_id: str, starts_at: datetime) -> None:
        """Bear the name of the market that the books know."""
        self.source_id = source_id
        self.starts_at = starts_at

    def instruments(self) -> Sequence[Instrument]:
        """Return nothing: nothing is traded here."""
        return ()

    def listing(self) -> Mapping[str, Instrument]:
        """Return nothing: nothing is traded here."""
        return {}

    def cadence(self, symbol: str) -> timedelta | None:
        """Return that nothing is declared."""
        return None

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return nothing: nobody says what anything costs."""
        return ()

    def want_overview(self, seconds: float) -> None:
        """Take note of nothing."""

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
        """Return no bars."""
        return ()
