"""What a line needs of one exchange: public questions, each with its own deadline, that fail with our errors only."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from desktop_trader.domain.margin_brackets import MarginBracket
from desktop_trader.domain.market import Bar, OrderBook, Quote, Timeframe
from desktop_trader.exchange.market_list import MarketList
from desktop_trader.exchange.quote_answer import QuoteAnswer
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.swap_answers import DueRate, FundingAnswer
from desktop_trader.messages.market_overview import TickerRow


class SwapSession(Protocol):
    """What `exchange.swap_questions.SwapQuestions` is: what an exchange is asked about its swaps."""

    @property
    def has_funding(self) -> bool:
        """Whether the exchange says what is due next."""
        ...

    @property
    def has_history(self) -> bool:
        """Whether the exchange says what was due."""
        ...

    @property
    def has_tiers(self) -> bool:
        """Whether the exchange tells its tiers of margin."""
        ...

    async def funding_rate(self, symbol: str) -> FundingAnswer:
        """Return what is due next, what was due last, and the mark price."""
        ...

    async def funding_history(self, symbol: str, *, since: datetime) -> Sequence[DueRate]:
        """Return what was due from `since` on, oldest first."""
        ...

    async def leverage_tiers(self, prices: Mapping[str, Decimal]) -> Mapping[str, tuple[MarginBracket, ...]]:
        """Return the tiers of these swaps, which cost so much now."""
        ...


class MarketSession(Protocol):
    """What `exchange.session.ExchangeSession` is; every question raises `ExchangeError` when it is not answered."""

    @property
    def swaps(self) -> SwapSession:
        """What is asked about swaps alone."""
        ...

    @property
    def can_stream(self) -> bool:
        """Whether quotes can come by WebSocket."""
        ...

    async def server_time(self) -> datetime:
        """Return the exchange's time."""
        ...

    def take_market_list(self, listed: MarketList) -> None:
        """Know from now on what is listed."""
        ...

    def is_symbol_active(self, symbol: str) -> bool:
        """Say whether a listed market trades at present, by the newest list."""
        ...

    async def quote_answer(self, symbol: str) -> QuoteAnswer:
        """Return the last price and the top of the book, with the exchange's own time, and when it said so."""
        ...

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """Return the best `depth` levels of both sides."""
        ...

    async def bars(
        self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int, priority: Priority
    ) -> Sequence[Bar]:
        """Return up to `limit` closed bars that opened at or after `since`, oldest first."""
        ...

    async def tickers(self) -> Sequence[TickerRow]:
        """Return every market in brief; the least urgent of all questions."""
        ...

    def stream_quotes(self, symbols: Sequence[str], *, rejected: Callable[[str, str], None]) -> AsyncIterator[Quote]:
        """Give quotes as they come until something breaks, which is raised; silence beyond a deadline is that too.

        What cannot be a price is told to `rejected` with its symbol, and passed over.
        """
        ...

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        ...
