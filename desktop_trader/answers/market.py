"""Bars for charts, and what everything cost when the day began."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.market import Bar, PriceSource, Timeframe
from desktop_trader.domain.money import ZERO
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages.candles import SeriesName
from desktop_trader.messages.chart_data import ChartData, ChartRequest, FillMark, OlderBars, OlderBarsRequest
from desktop_trader.messages.day_opens import DayOpens, DayOpensRequest

_FILLS_ON_CHART = 500
_DAY_OPEN_BARS = Timeframe.M30
_DAY_OPEN_BARS_A_DAY = 48
_COMPUTED_AT_ONCE = 500
_COMPUTED_SECONDS = 1_800_000
"""How much of the simulated market is computed while somebody waits: a tenth of a second; stored bars are only read."""
_TIME_TO_COME = timedelta(seconds=15)
_OLDER_ASKED = "No older bars are stored; the exchange was asked. For more: Market data > Download"


def day_opens(context: AnswerContext, request: DayOpensRequest) -> DayOpens:
    """Return the opening prices of the market's present UTC day."""
    now = context.clock.now()
    if context.feed.fills_on is PriceSource.BARS:
        return DayOpens(day=now.date(), opens=())  # recorded bars have one length only
    midnight = Timeframe.D1.bar_start(now)
    opens = []
    for symbol in request.symbols:
        bars = stored_bars(context, symbol, timeframe=_DAY_OPEN_BARS, before=now, limit=_DAY_OPEN_BARS_A_DAY)
        today = [bar for bar in bars if bar.opened_at >= midnight]
        if today:
            opens.append((symbol, today[0].open))
    return DayOpens(day=now.date(), opens=tuple(opens))


def chart(context: AnswerContext, request: ChartRequest) -> ChartData:
    """Return bars and our fills among them, or why there are none; what a live market lacks is asked of its line."""
    closed: Sequence[Bar] = ()
    forming: tuple[Bar, ...] = ()
    fills: tuple[FillMark, ...] = ()
    error, note, is_behind = "", "", False
    try:
        now = context.clock.now()
        symbol, timeframe = request.symbol, request.timeframe
        closed = stored_bars(context, symbol, timeframe=timeframe, before=now, limit=request.limit)
        if context.feed.is_live:
            is_behind = not closed or closed[-1].closed_at < timeframe.bar_start(now)
            note = _note(closed, now, timeframe)
            if is_behind or _has_holes(closed, request.limit):
                want_bars(context.feed, symbol, timeframe=timeframe, limit=request.limit)
        forming = _forming_bar(context, request, now)
        fills = tuple(
            FillMark(
                at=fill.at,
                side=fill.side,
                price=fill.price,
                quantity=fill.quantity,
                position_id=fill.position_id,
                order_id=fill.order_id,
            )
            for fill in context.reader().fills(request.account or context.account, limit=_FILLS_ON_CHART)
            if fill.symbol == request.symbol
        )
    except TraderError as failure:
        error = failure.user_message
    return ChartData(
        request_id=request.request_id,
        symbol=request.symbol,
        timeframe=request.timeframe,
        bars=(*closed, *forming),
        fills=fills,
        error=error,
        newest_at=closed[-1].closed_at if closed else None,
        is_behind=is_behind,
        note=note,
    )


def older(context: AnswerContext, request: OlderBarsRequest) -> OlderBars:
    """Return bars from before those that a chart shows, as far as they are stored or can be computed."""
    shown = OlderBars(request_id=request.request_id, symbol=request.symbol, timeframe=request.timeframe)
    try:
        if context.feed.is_live:
            return _older_stored(context, request, shown)
        limit = min(request.limit, _COMPUTED_AT_ONCE, _COMPUTED_SECONDS // request.timeframe.seconds)
        bars = context.feed.history(request.symbol, request.timeframe, before=request.before, limit=limit)
    except TraderError as failure:
        return replace(shown, error=failure.user_message)
    return replace(
        shown,
        opened_at=array("q", [int(bar.opened_at.timestamp()) for bar in bars]),
        open=array("d", [float(bar.open) for bar in bars]),
        high=array("d", [float(bar.high) for bar in bars]),
        low=array("d", [float(bar.low) for bar in bars]),
        close=array("d", [float(bar.close) for bar in bars]),
        volume=array("d", [float(bar.volume) for bar in bars]),
    )


def stored_bars(
    context: AnswerContext, symbol: str, *, timeframe: Timeframe, before: datetime, limit: int
) -> Sequence[Bar]:
    """Return up to `limit` bars that closed at or before `before`: of a live market those that are stored.

    A live feed itself belongs to the engine's thread; this worker reads the same shelf by a connection of its own.

    Raises:
        TraderError: they cannot be read, or there is no such symbol.
    """
    feed = context.feed
    if not feed.is_live:
        return feed.history(symbol, timeframe, before=before, limit=limit)
    store = context.candles()
    return (
        [] if store is None else store.newest(feed.source_id, symbol, timeframe=timeframe, before=before, limit=limit)
    )


def want_bars(
    feed: MarketFeed, symbol: str, *, timeframe: Timeframe, limit: int, before: datetime | None = None
) -> None:
    """Ask a live feed to have its line fetch the newest bars, or those before an instant; any thread may."""
    if isinstance(feed, FetchingFeed):
        feed.want_bars(symbol, timeframe, limit=limit, before=before)


@runtime_checkable
class FetchingFeed(Protocol):
    """A feed whose line fetches bars that somebody lacks."""

    def want_bars(self, symbol: str, timeframe: Timeframe, *, limit: int, before: datetime | None = None) -> None:
        """Ask for the newest `limit` bars that closed by now, or by `before`, to be stored; any thread may."""
        ...


def _older_stored(context: AnswerContext, request: OlderBarsRequest, shown: OlderBars) -> OlderBars:
    store = context.candles()
    if store is None:
        return shown
    name = SeriesName(source=context.feed.source_id, symbol=request.symbol, timeframe=request.timeframe)
    found = store.arrays_before(name, before=request.before, limit=request.limit)
    note = ""
    count = len(found.opened_at)
    if count < request.limit or not _is_whole(int(found.opened_at[0]), count, request):
        want_bars(context.feed, request.symbol, timeframe=request.timeframe, limit=request.limit, before=request.before)
        note = _OLDER_ASKED
    return replace(
        shown,
        note=note,
        opened_at=array("q", found.opened_at.tobytes()),
        open=array("d", found.open.tobytes()),
        high=array("d", found.high.tobytes()),
        low=array("d", found.low.tobytes()),
        close=array("d", found.close.tobytes()),
        volume=array("d", found.volume.tobytes()),
    )


def _is_whole(first: int, count: int, request: OlderBarsRequest) -> bool:
    """Say whether so many bars from one on reach without a hole to where they were asked for."""
    return int(request.before.timestamp()) - first == count * request.timeframe.seconds


def _note(closed: Sequence[Bar], now: datetime, timeframe: Timeframe) -> str:
    """Return up to when there are bars where more than the newest one is missing; "" where there are all."""
    if not closed:
        return "no bars are stored yet"
    newest_at = closed[-1].closed_at
    # The newest bar comes a moment after it has closed.
    is_late = now - newest_at >= timeframe.duration + _TIME_TO_COME
    return f"bars up to {newest_at:%Y-%m-%d %H:%M} UTC" if is_late else ""


def _has_holes(closed: Sequence[Bar], limit: int) -> bool:
    if len(closed) < limit:
        return True
    return closed[-1].opened_at - closed[0].opened_at > (len(closed) - 1) * closed[0].timeframe.duration


def _forming_bar(context: AnswerContext, request: ChartRequest, now: datetime) -> tuple[Bar, ...]:
    """Return the bar that is not closed yet, made of the minutes of it that are; nothing where none is known."""
    if request.timeframe is Timeframe.M1 or context.feed.fills_on is PriceSource.BARS:
        return ()
    begins_at = request.timeframe.bar_start(now)
    limit = request.timeframe.seconds // Timeframe.M1.seconds
    newest = stored_bars(context, request.symbol, timeframe=Timeframe.M1, before=now, limit=limit)
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
