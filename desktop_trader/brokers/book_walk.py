"""Walking an order book level by level, and remembering what was taken of it.

Our orders never reach the real book: the next one shows again what we took. So what was taken at a price stays taken
(`book:<symbol>`) as long as books show that price, a minute of market time at most, and never more than is shown there.
It is looked at when an order wants something, and at no other time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.brokers.waiting import micros, moment
from desktop_trader.domain.market import BookLevel, OrderBook
from desktop_trader.domain.money import ZERO, canonical, floor_to_step, parse_decimal
from desktop_trader.domain.order import OrderSide

_REFILLED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slice:
    """So much (`quantity` > 0) is had at a level; `there` is what the level still holds for us, None: without bounds.

    `side` is that of the level: a buy takes from the sellers.
    """

    side: OrderSide
    price: Decimal
    quantity: Decimal
    there: Decimal | None


@dataclass(frozen=True, slots=True)
class _Taken:
    size: Decimal
    at: datetime


class TakenLevels:
    """What was taken of the books of every symbol, by side and price."""

    def __init__(self) -> None:
        """Begin with whole books."""
        self._taken: dict[str, dict[tuple[OrderSide, Decimal], _Taken]] = {}

    @property
    def is_any(self) -> bool:
        """Whether anything is taken of any book."""
        return bool(self._taken)

    def left(self, book: OrderBook, side: OrderSide, *, at: datetime) -> Sequence[BookLevel]:
        """Return the levels of one side with what is left of each, best first; those without anything are left out."""
        levels = book.asks if side is OrderSide.SELL else book.bids
        taken = self._taken.get(book.symbol)
        if not taken:
            return levels
        self._forget(book.symbol, side, {level.price: level.size for level in levels}, at=at)
        left = []
        for level in levels:
            size = level.size
            if (gone := taken.get((side, level.price))) is not None:
                size -= gone.size
            if size > 0:
                left.append(BookLevel(price=level.price, size=size))
        return left

    def take(self, symbol: str, part: Slice, *, at: datetime) -> None:
        """Remember that so much was had at a level; nothing of one without bounds."""
        if part.there is None:
            return
        taken = self._taken.setdefault(symbol, {})
        before = taken.get((part.side, part.price))
        taken[part.side, part.price] = _Taken(part.quantity + (before.size if before else ZERO), at)

    def notes(self) -> Iterator[tuple[str, str]]:
        """Return what is remembered as ratchets: side, price, size and time of each level, in a fixed order."""
        for symbol, taken in self._taken.items():
            if taken:
                levels = sorted((side.value, price, each) for (side, price), each in taken.items())
                texts = (f"{side} {canonical(p)} {canonical(each.size)} {micros(each.at)}" for side, p, each in levels)
                yield f"book:{symbol}", ";".join(texts)

    def remember(self, notes: Mapping[str, str]) -> None:
        """Take up what an exchange before this one had taken."""
        for key, text in notes.items():
            kind, _, symbol = key.partition(":")
            if kind == "book" and text:
                self._taken[symbol] = dict(map(_level_of, text.split(";")))

    def _forget(self, symbol: str, side: OrderSide, shown: Mapping[Decimal, Decimal], *, at: datetime) -> None:
        """What is not shown any more has gone, what was taken long ago has come back."""
        taken = self._taken[symbol]
        for key in [key for key in taken if key[0] is side]:
            size, before = shown.get(key[1]), taken[key]
            if size is None or at - before.at >= _REFILLED_AFTER:
                del taken[key]
            elif before.size > size:
                taken[key] = _Taken(size, before.at)


def walk(
    levels: Sequence[BookLevel], quantity: Decimal, *, side: OrderSide, limit: Decimal | None, step: Decimal
) -> list[Slice]:
    """Return what a taker of `quantity` gets of these levels, best first, none beyond its limit, in whole steps.

    `side` is that of the levels.
    """
    parts: list[Slice] = []
    for level in levels:
        is_beyond = limit is not None and (level.price > limit if side is OrderSide.SELL else level.price < limit)
        if quantity <= 0 or is_beyond:
            break
        had = quantity if level.size >= quantity else floor_to_step(level.size, step)
        if had > 0:
            parts.append(Slice(side, level.price, had, level.size))
            quantity -= had
    return parts


def _level_of(text: str) -> tuple[tuple[OrderSide, Decimal], _Taken]:
    side, price, size, at = text.split()
    return (OrderSide(side), parse_decimal(price)), _Taken(parse_decimal(size), moment(at))
