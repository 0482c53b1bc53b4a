"""The markets there are: what they cost, how the last 24 hours went, and which of thousands a person means."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages.market_search import (
    OverviewPage,
    OverviewRequest,
    Sparkline,
    SymbolSearch,
    SymbolSearchPage,
)

_DAY = timedelta(days=1)
_POINTS = 48
_SPARK_TIMEFRAMES = (
    Timeframe.M30,
    Timeframe.H1,
    Timeframe.M15,
    Timeframe.M5,
    Timeframe.M1,
    Timeframe.H4,
    Timeframe.D1,
)
"""In this order of liking: a recording has bars of one length only."""
_LOOKED_AT_SECONDS = 20.0
"""How long after a question somebody counts as looking: whoever looks asks again every few seconds."""


def overview(context: AnswerContext, request: OverviewRequest) -> OverviewPage:
    """Return some markets in brief."""
    now = _refresh(context)
    index, listing = context.markets, context.feed.listing()
    rows = (index.ticker(symbol) for symbol in request.symbols)
    instruments = (listing.get(symbol) for symbol in request.symbols)
    return OverviewPage(
        request_id=request.request_id,
        now=now,
        rows=tuple(row for row in rows if row is not None),
        instruments=tuple(each for each in instruments if each is not None),
        sparklines=tuple(_sparklines(context.feed, request.sparklines_of, now)),
        listed=index.size,
    )


def search(context: AnswerContext, request: SymbolSearch) -> SymbolSearchPage:
    """Return the markets that match."""
    now = _refresh(context)
    found, matching = context.markets.find(request)
    return SymbolSearchPage(
        request_id=request.request_id,
        now=now,
        found=tuple(found),
        matching=matching,
        listed=context.markets.size,
        quotes=context.markets.quotes,
    )


def _refresh(context: AnswerContext) -> datetime:
    now, feed = context.clock.now(), context.feed
    feed.want_overview(_LOOKED_AT_SECONDS)
    context.markets.refresh(feed.listing(), feed.overview(at=now))
    return now


def _sparklines(feed: MarketFeed, symbols: Iterable[str], now: datetime) -> Iterable[Sparkline]:
    listing = feed.listing()
    for symbol in symbols:
        if symbol not in listing:
            continue
        bars = [bar for bar in _day_of_bars(feed, symbol, now) if bar.opened_at >= now - _DAY - bar.timeframe.duration]
        if len(bars) > 1:
            # Whole steps back from the newest bar, so that the end of the line is the newest price.
            step = -(-len(bars) // _POINTS)
            closes = tuple(bar.close for bar in bars[::-step][::-1])
            yield Sparkline(symbol=symbol, closes=closes, ends_at=bars[-1].closed_at)


def _day_of_bars(feed: MarketFeed, symbol: str, now: datetime) -> list[Bar]:
    for timeframe in _SPARK_TIMEFRAMES:
        try:
            return list(feed.history(symbol, timeframe, before=now, limit=_DAY // timeframe.duration))
        except InvalidInputError:
            continue
        except StorageError:  # a course that is not shown costs nobody anything; the chart says why bars are not there
            return []
    return []
