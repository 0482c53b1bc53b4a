"""Bars for charts, and what everything cost when the day began."""

from dataclasses import replace
from datetime import datetime

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.market import Bar, PriceSource, Timeframe
from desktop_trader.domain.money import ZERO
from desktop_trader.messages.chart_data import ChartData, ChartRequest, FillMark
from desktop_trader.messages.day_opens import DayOpens, DayOpensRequest

_FILLS_ON_CHART = 500
_DAY_OPEN_BARS = Timeframe.M30
_DAY_OPEN_BARS_A_DAY = 48


def day_opens(context: AnswerContext, request: DayOpensRequest) -> DayOpens:
    """Return the opening prices of the market's present UTC day."""
    now = context.clock.now()
    if context.feed.fills_on is PriceSource.BARS:
        return DayOpens(day=now.date(), opens=())  # recorded bars have one length only
    midnight = Timeframe.D1.bar_start(now)
    opens = []
    for symbol in request.symbols:
        bars = context.feed.history(symbol, _DAY_OPEN_BARS, before=now, limit=_DAY_OPEN_BARS_A_DAY)
        today = [bar for bar in bars if bar.opened_at >= midnight]
        if today:
            opens.append((symbol, today[0].open))
    return DayOpens(day=now.date(), opens=tuple(opens))


def chart(context: AnswerContext, request: ChartRequest) -> ChartData:
    """Return bars and our fills among them, or why there are none."""
    bars: tuple[Bar, ...] = ()
    fills: tuple[FillMark, ...] = ()
    error = ""
    try:
        now = context.clock.now()
        bars = (
            *context.feed.history(request.symbol, request.timeframe, before=now, limit=request.limit),
            *_forming_bar(context, request, now),
        )
        fills = tuple(
            FillMark(at=fill.at, side=fill.side, price=fill.price, quantity=fill.quantity, position_id=fill.position_id)
            for fill in context.reader().fills(request.account or context.account, limit=_FILLS_ON_CHART)
            if fill.symbol == request.symbol
        )
    except TraderError as failure:
        error = failure.user_message
    return ChartData(
        request_id=request.request_id,
        symbol=request.symbol,
        timeframe=request.timeframe,
        bars=bars,
        fills=fills,
        error=error,
    )


def _forming_bar(context: AnswerContext, request: ChartRequest, now: datetime) -> tuple[Bar, ...]:
    """Return the bar that is not closed yet, made of the minutes of it that are; nothing where none is known."""
    if request.timeframe is Timeframe.M1 or context.feed.fills_on is PriceSource.BARS:
        return ()
    begins_at = request.timeframe.bar_start(now)
    limit = request.timeframe.seconds // Timeframe.M1.seconds
    newest = context.feed.history(request.symbol, Timeframe.M1, before=now, limit=limit)
    minutes = [bar for bar in newest if bar.opened_at >= begins_at]
    if not minutes:
        return ()
    return (
        replace(
            minutes[0],
            timeframe=request.timeframe,
            high=max(bar.high for bar in minutes),
            low=min(bar.low for bar in minutes),
            close=minutes[-1].close,
            volume=sum((bar.volume for bar in minutes), ZERO),
        ),
    )
