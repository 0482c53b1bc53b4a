"""ccxt's structures into our values. Nothing is believed before its shape is checked; what fails is `BadAnswerError`.

Prices and quantities come as `Decimal` (`Transport`) or as text, never as floats.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.exchange.figures import StrangeFigureError, instant, not_negative, positive, signed
from desktop_trader.messages.market_overview import TickerRow

_log = logging.getLogger(__name__)
_BAR_FIELDS = 6


def table_of(value: object, what: str) -> Mapping[str, Any]:
    """Return a value that must be a table.

    Raises:
        BadAnswerError: it is none.
    """
    if not isinstance(value, Mapping):
        raise _wrong_shape(what, "a table", value)
    return value


def list_of(value: object, what: str) -> Sequence[Any]:
    """Return a value that must be a list.

    Raises:
        BadAnswerError: it is none.
    """
    if not isinstance(value, list | tuple):
        raise _wrong_shape(what, "a list", value)
    return value


def server_time_from(value: object) -> datetime:
    """Return the time an exchange says.

    Raises:
        BadAnswerError: it says none, or one that cannot be.
    """
    return instant(value, "server time")


def quote_from(symbol: str, ticker: object, *, book: object | None, now: datetime) -> Quote:
    """Return the quote of a ticker and, where the ticker has no bid, ask or time of its own, the top of a book.

    `at` is the exchange's time of what bid and ask come from; `now`, its clock as far as known, where it says none.
    Whether bid and ask fit together is for whoever believes quotes to judge, and to count.

    Raises:
        BadAnswerError: a figure is missing or cannot be, or it is another symbol.
    """
    told = table_of(ticker, "ticker")
    if told.get("symbol") not in (None, symbol):
        raise _wrong_shape("ticker", symbol, told.get("symbol"))
    last = positive(told.get("last"), f"last of {symbol}")
    if book is not None:
        bid, ask, at = top_of_book(symbol, book)
    else:
        bid, ask = positive(told.get("bid"), f"bid of {symbol}"), positive(told.get("ask"), f"ask of {symbol}")
        at = _time_of(told)
    return Quote(symbol=symbol, bid=bid, ask=ask, last=last, at=at or now, mark=_mark_of(symbol, told))


def _mark_of(symbol: str, ticker: Mapping[str, Any]) -> Decimal | None:
    """Return the mark price that a swap's ticker tells, in ccxt's field or CoinEx's own; a strange one is none."""
    if ":" not in symbol:
        return None
    info = ticker.get("info")
    own = info.get("mark_price") if isinstance(info, Mapping) else None
    told = ticker.get("markPrice")
    mark: Decimal | None = _maybe(positive, own if told is None else told)
    return mark


def has_top(ticker: object, *, needs_time: bool = True) -> bool:
    """Say whether a ticker has bid, ask and, if it matters, a time of its own."""
    names = ("bid", "ask", "timestamp") if needs_time else ("bid", "ask")
    return isinstance(ticker, Mapping) and all(ticker.get(name) is not None for name in names)


def top_of_book(symbol: str, book: object) -> tuple[Decimal, Decimal, datetime | None]:
    """Return best bid, best ask and the book's own time, None where it has none.

    Raises:
        BadAnswerError: a side is empty, a figure cannot be, or it is another symbol's.
    """
    told = table_of(book, "order book")
    if told.get("symbol") not in (None, symbol):
        raise _wrong_shape("order book", symbol, told.get("symbol"))
    return _top(told.get("bids"), f"bids of {symbol}"), _top(told.get("asks"), f"asks of {symbol}"), _time_of(told)


def levels_from(side: object, what: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return price and quantity of each level of one side, as they stand.

    Raises:
        BadAnswerError: a figure cannot be.
    """
    rows = [list_of(level, what) for level in list_of(side, what)]
    if any(len(row) < 2 for row in rows):
        raise _wrong_shape(what, "price and quantity", rows)
    return tuple((positive(row[0], what), not_negative(row[1], what)) for row in rows)


def bars_from(symbol: str, rows: object, *, timeframe: Timeframe, now: datetime) -> list[Bar]:
    """Return the closed bars of rows of time, open, high, low, close and volume: oldest first, each once.

    What is not closed at `now`, the exchange's time, is left out, and so is a row that is no bar among many that are:
    it is missing then, as one that never came.

    Raises:
        BadAnswerError: more than a tenth of the rows are no bars, or open where no bar of this length opens.
    """
    bars: dict[datetime, Bar] = {}
    told = list_of(rows, "bars")
    wrong: list[BadAnswerError] = []
    for row in told:
        try:
            bar = _bar_from(symbol, timeframe, row)
        except BadAnswerError as error:
            wrong.append(error)
            continue
        if bar.closed_at <= now:
            bars[bar.opened_at] = bar
    if len(wrong) * 10 > len(told):
        raise wrong[0]
    if wrong:
        _log.warning("%d of %d bars of %s cannot be believed: %s", len(wrong), len(told), symbol, wrong[0])
    return [bars[at] for at in sorted(bars)]


def ticker_row_from(symbol: str, ticker: object, *, now: datetime) -> TickerRow:
    """Return a ticker as a line of an overview; a figure that cannot be is None there.

    Raises:
        BadAnswerError: it is no ticker at all.
    """
    told = table_of(ticker, "ticker")
    return TickerRow(
        symbol=symbol,
        last=_maybe(positive, told.get("last")),
        bid=_maybe(positive, told.get("bid")),
        ask=_maybe(positive, told.get("ask")),
        change_percent_24h=_maybe(signed, told.get("percentage")),
        quote_volume_24h=_maybe(not_negative, told.get("quoteVolume")),
        at=_maybe(instant, told.get("timestamp")) or now,
    )


def _bar_from(symbol: str, timeframe: Timeframe, row: object) -> Bar:
    cells = list_of(row, "bar")
    if len(cells) < _BAR_FIELDS:
        raise _wrong_shape("bar", f"{_BAR_FIELDS} figures", row)
    opened_at = instant(cells[0], "opening of a bar")
    if timeframe.bar_start(opened_at) != opened_at:
        raise StrangeFigureError(f"opening of a bar of {timeframe}", cells[0])
    opened, high, low, close = (positive(cell, f"price of a bar of {symbol}") for cell in cells[1:5])
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise _wrong_shape("bar", "low <= open, close <= high", row)
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        opened_at=opened_at,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=not_negative(cells[5], f"volume of a bar of {symbol}"),
    )


def _top(side: object, what: str) -> Decimal:
    levels = list_of(side, what)
    if not levels:
        raise _wrong_shape(what, "a level", levels)
    level = list_of(levels[0], what)
    return positive(level[0] if level else None, what)


def _time_of(told: Mapping[str, Any]) -> datetime | None:
    at = told.get("timestamp")
    return None if at is None else instant(at, "time")


def _maybe(read: Any, value: object) -> Any:
    try:
        return None if value is None else read(value, "figure")
    except StrangeFigureError:
        return None


def _wrong_shape(what: str, wanted: str, value: object) -> BadAnswerError:
    return BadAnswerError(
        "the exchange sent something of another shape", detail=f"{what}: {wanted} wanted, not {str(value)[:80]!r}"
    )
