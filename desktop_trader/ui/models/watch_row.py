"""One row of the watchlist: what the overview and the newest quote say of a symbol, written once until it changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from desktop_trader.domain.money import HUNDRED, UNIT
from desktop_trader.ui.number_format import (
    UNKNOWN,
    direction_arrow,
    format_compact,
    format_percent,
    format_price,
)

if TYPE_CHECKING:
    from desktop_trader.domain.instrument import Instrument
    from desktop_trader.domain.market import Quote
    from desktop_trader.messages.market_overview import TickerRow


class WatchColumn(IntEnum):
    """The columns of the watchlist, from left to right."""

    FAVOURITE = 0
    SYMBOL = 1
    PRICE = 2
    CHANGE = 3
    TREND = 4
    VOLUME = 5


STAR, NO_STAR = "★", "☆"
_UNWRITTEN: tuple[str | None, ...] = (None,) * len(WatchColumn)


class WatchRow:
    """Mutable, and owned by its model alone: three thousand prices a second must not make as many objects.

    The price is that of the newer of quote and overview; the change over 24 hours is counted from the price that the
    overview's own change leads back to, so that it moves with every quote.
    """

    __slots__ = (
        "_before",
        "_texts",
        "age_text",
        "closes",
        "closes_end_at",
        "instrument",
        "is_favourite",
        "is_listed",
        "place",
        "quote",
        "symbol",
        "ticker",
    )

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.place = -1
        self.is_favourite = False
        self.is_listed: bool | None = None
        self.instrument: Instrument | None = None
        self.quote: Quote | None = None
        self.ticker: TickerRow | None = None
        self.closes: tuple[float, ...] = ()
        self.closes_end_at: datetime | None = None
        self.age_text = ""
        self._before: Decimal | None = None
        self._texts = list(_UNWRITTEN)

    @property
    def price(self) -> Decimal | None:
        """The newest price known; None while there is none."""
        newest = self._newest
        return None if newest is None else newest.last

    @property
    def priced_at(self) -> datetime | None:
        """When the market made that price."""
        newest = self._newest
        return None if newest is None else newest.at

    @property
    def _newest(self) -> Quote | TickerRow | None:
        """What says the price: the quote, unless the overview has a later one; None while there is neither."""
        quote, ticker = self.quote, self.ticker
        if quote is None:
            return ticker
        if ticker is None or ticker.last is None or ticker.at is None or ticker.at <= quote.at:
            return quote
        return ticker

    @property
    def change_percent(self) -> Decimal | None:
        """The signed change over 24 hours in percent; None while it is unknown."""
        price, before = self.price, self._before
        return None if price is None or before is None else (price - before) / before * HUNDRED

    @property
    def volume(self) -> Decimal | None:
        """What was traded in 24 hours, in quote currency."""
        return None if self.ticker is None else self.ticker.quote_volume_24h

    def take_quote(self, quote: Quote) -> None:
        """Know a newer quote."""
        self.quote = quote
        self._texts[WatchColumn.PRICE] = self._texts[WatchColumn.CHANGE] = None

    def take_ticker(self, ticker: TickerRow) -> None:
        """Know what the overview says."""
        if ticker is self.ticker:
            return
        self.ticker = ticker
        self._before = _price_before(ticker)
        self.forget_texts()

    def take_age(self, text: str) -> None:
        """Know that the price is this old and not to be believed; "" for one that may be."""
        if text != self.age_text:
            self.age_text = text
            self._texts[WatchColumn.PRICE] = None

    def forget_texts(self) -> None:
        """Write everything anew."""
        self._texts = list(_UNWRITTEN)

    def text(self, column: int) -> str:
        """Return what a cell reads."""
        text = self._texts[column]
        if text is None:
            text = self._texts[column] = _WRITERS[column](self)
        return text

    def sort_value(self, column: int) -> object:
        """Return what a column sorts by; None for what is unknown."""
        if column == WatchColumn.FAVOURITE:
            return not self.is_favourite
        if column == WatchColumn.SYMBOL:
            return self.symbol
        if column == WatchColumn.PRICE:
            return self.price
        return self.volume if column == WatchColumn.VOLUME else self.change_percent


def _price_before(ticker: TickerRow) -> Decimal | None:
    change = ticker.change_percent_24h
    if ticker.last is None or change is None or change <= -HUNDRED:
        return None
    return ticker.last / (1 + change / HUNDRED)


def _star(row: WatchRow) -> str:
    return STAR if row.is_favourite else NO_STAR


def _price(row: WatchRow) -> str:
    text = format_price(row.price, row.instrument.tick_size if row.instrument else UNIT)
    return f"{text} · {row.age_text}" if row.age_text and text != UNKNOWN else text


def _change(row: WatchRow) -> str:
    change = row.change_percent
    text = format_percent(change)
    return f"{direction_arrow(change)} {text}" if text[0] in "+-" else text


_WRITERS = (
    _star,
    lambda row: row.symbol,
    _price,
    _change,
    lambda row: "",
    lambda row: format_compact(row.volume),
)


OWN_ORDER = -1
"""What is sorted by when it is by no column."""


def in_order(
    rows: Sequence[WatchRow], *, favourites: Sequence[str], column: int = OWN_ORDER, is_descending: bool = False
) -> list[WatchRow]:
    """Return rows sorted by the values of a column, equal ones in the person's order: favourites, then as they came.

    What is unknown is last, whichever way round.
    """
    places = {symbol: place for place, symbol in enumerate(favourites)}
    own = sorted(rows, key=lambda row: places.get(row.symbol, len(places)))
    if column == OWN_ORDER:
        return own
    keyed: list[tuple[Any, WatchRow]] = [(row.sort_value(column), row) for row in own]
    known = [each for each in keyed if each[0] is not None]
    known.sort(key=lambda each: each[0], reverse=is_descending)
    return [*(row for _, row in known), *(row for value, row in keyed if value is None)]
