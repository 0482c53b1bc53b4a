"""What an exchange is asked about its swaps, as far as ccxt knows that it can be: funding, past funding, tiers."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.margin_brackets import MarginBracket
from desktop_trader.exchange.caller import Caller
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.swap_answers import (
    DueRate,
    FundingAnswer,
    brackets_from,
    funding_from,
    funding_history_from,
)
from desktop_trader.exchange.translation import table_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 100
_MOST_PAGES = 40
_LONGEST_INTERVAL = timedelta(days=1)
_LATE = timedelta(minutes=15)
"""Further from its instant no exchange dates a payment, and nowhere is the next one so near."""


class SwapQuestions:
    """Asks one exchange; every question raises `ExchangeError` when it is not answered. Belongs to the session."""

    def __init__(self, exchange: Any, caller: Caller, listed: Callable[[str], Awaitable[Instrument]]) -> None:
        self._exchange = exchange
        self._caller = caller
        self._listed = listed

    @property
    def has_funding(self) -> bool:
        """Whether the exchange says what is due next."""
        return self._exchange.has.get("fetchFundingRate") is True

    @property
    def has_history(self) -> bool:
        """Whether the exchange says what was due."""
        return self._exchange.has.get("fetchFundingRateHistory") is True

    @property
    def has_tiers(self) -> bool:
        """Whether the exchange tells its tiers of margin to everybody."""
        return self._exchange.has.get("fetchLeverageTiers") is True

    async def funding_rate(self, symbol: str, *, priority: Priority = Priority.CHART) -> FundingAnswer:
        """Return what is due next, what was due last, and the mark price, as far as the exchange says it.

        Raises:
            ExchangeError: it could not be had, or cannot be.
        """
        await self._listed(symbol)
        answer = await self._caller.ask(lambda: self._exchange.fetch_funding_rate(symbol), priority=priority)
        return funding_from(symbol, answer, now=await self._caller.now())

    async def funding_history(
        self, symbol: str, *, since: datetime, priority: Priority = Priority.MARKET
    ) -> list[DueRate]:
        """Return what was due from `since` until now, oldest first.

        As many questions are asked as it takes: exchanges give a hundred rates at once, some the newest ones first and
        some the oldest.

        Raises:
            ExchangeError: it could not be had, or cannot be.
        """
        await self._listed(symbol)
        now = await self._caller.now()
        found: dict[datetime, DueRate] = {}
        first, last = since, now
        for _ in range(_MOST_PAGES):
            page = await self._page(symbol, first, last, priority=priority)
            news = [each for each in page if since <= each.at <= now and each.at not in found]
            found |= {each.at: each for each in news}
            if len(page) < _PAGE or not news:
                break
            if page[0].at - first > _LONGEST_INTERVAL:
                last = page[0].at - _LATE
            else:
                first = page[-1].at + _LATE
        return [found[at] for at in sorted(found)]

    async def _page(self, symbol: str, first: datetime, last: datetime, *, priority: Priority) -> list[DueRate]:
        begin, end = ((each - _EPOCH) // timedelta(milliseconds=1) for each in (first, last))
        exchange = self._exchange
        rows = await self._caller.ask(
            lambda: exchange.fetch_funding_rate_history(symbol, begin, _PAGE, {"until": end}), priority=priority
        )
        return funding_history_from(symbol, rows)

    async def leverage_tiers(self, prices: Mapping[str, Decimal]) -> dict[str, tuple[MarginBracket, ...]]:
        """Return the tiers of these swaps, as far as the exchange has them; `prices` are what each costs now.

        Raises:
            ExchangeError: they could not be had, or not those of one.
        """
        instruments = {symbol: await self._listed(symbol) for symbol in prices}
        symbols: Collection[str] = [symbol for symbol, each in instruments.items() if each.kind is InstrumentKind.SWAP]
        answer = await self._caller.ask(
            lambda: self._exchange.fetch_leverage_tiers(list(symbols)), priority=Priority.CHART
        )
        told = table_of(answer, "tiers of margin")
        found = {
            symbol: brackets_from(instruments[symbol], told[symbol], price=prices[symbol])
            for symbol in symbols
            if told.get(symbol)
        }
        if symbols and not found:
            raise BadAnswerError("the exchange sent no tiers of margin", detail=", ".join(symbols))
        return found
