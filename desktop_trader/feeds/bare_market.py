"""What a market says of depth, mark prices and funding when it has none of them."""

from collections.abc import Sequence
from datetime import datetime

from desktop_trader.domain.market import Bar, FundingRate, OrderBook, Quote


class BareMarket:
    """The part of a `MarketFeed` about derivatives, for a market without them; whoever knows more says so."""

    def depth(self, quote: Quote) -> OrderBook | None:
        """Return that nothing beyond the best bid and ask is known."""
        return None

    def want_depth(self, symbol: str, seconds: float) -> None:
        """Take note of nothing: there is no book to keep fresh."""

    def mark_bar(self, bar: Bar) -> Bar | None:
        """Return that the market names no mark price of its own."""
        return None

    def funding_rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return that no funding is due here."""
        return ()

    def next_funding(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return that no funding is due here."""
        return None
