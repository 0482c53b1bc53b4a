"""What every desk that answers commands asks first: is it listed, may anything be traded, what does it cost."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from desktop_trader.domain.entry_rules import Rule
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Direction
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine.price_age import PriceAge
from desktop_trader.engine.trading_gate import review_text
from desktop_trader.messages.notices import NETWORK, AlreadyDone, CommandRefused

CommandHandlers = Mapping[type, Callable[[Any], None]]
"""What a desk does with each command it answers: it pins the notice of what was done, or of why not.

Bad input is raised as `InvalidInputError`, before anything changed.
"""
_SYMBOLS_NAMED = 8


class CommandGround:
    """The common ground of the desks that answer commands of one account. One thread."""

    def __init__(self, books: Bookkeeper, desk: Desk, feed: MarketFeed) -> None:
        """Answer for this account on this market."""
        self.books = books
        self.desk = desk
        self.feed = feed
        self.instruments: Mapping[str, Instrument] = feed.listing()
        self._price_age = PriceAge(feed, desk.gate, clock=desk.clock, marks=desk.marks)

    def listed(self, symbol: str) -> Instrument:
        """Return what can be looked at here, whatever it is paid in.

        Raises:
            InvalidInputError: there is no such market here.
        """
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise InvalidInputError(f"{symbol} is not traded here; there is {_some_of(self.instruments)}")
        return instrument

    def instrument(self, symbol: str) -> Instrument:
        """Return what can be traded here with the account's currency.

        Raises:
            InvalidInputError: there is no such market here, or it is paid in another currency.
        """
        instrument = self.listed(symbol)
        currency = self.books.portfolio.account.currency
        if instrument.settle != currency:
            raise InvalidInputError(f"{symbol} is paid in {instrument.settle}, but this account holds {currency}")
        return instrument

    def price(self, symbol: str, direction: Direction) -> Decimal:
        """Return what an entry would pay now, of a price that is new enough to say so.

        Raises:
            InvalidInputError: there is none.
        """
        why_none = self._price_age.why_none(symbol)
        price = self.desk.marks.entry_price(symbol, direction)
        if why_none or price is None:
            raise InvalidInputError(why_none or f"{symbol} has no price yet; wait for the first one")
        return price

    def lacks_price_for(self, symbol: str, trigger: Decimal | None) -> bool:
        """Refuse a trigger on a live market whose newest price is of an earlier start, or too old to judge it by.

        Where nothing may be traded, that is what is told instead (`is_held`).
        """
        gate = self.desk.gate
        if trigger is None or not self.feed.is_live or not gate.is_open or symbol in gate.reviewed:
            return False
        why_none = self._price_age.why_none(symbol)
        if why_none:
            self.refuse(
                Rule.NO_PRICE.value,
                f"a trigger is held against a fresh price, or it might act at once: {why_none}",
            )
        return bool(why_none)

    def is_held(self, symbol: str) -> bool:
        """Refuse a command that would trade while nothing may, or not this symbol; it is not kept for later."""
        gate = self.desk.gate
        if symbol in gate.reviewed:
            self.refuse("review", review_text(symbol))
            return True
        if gate.is_open:
            return False
        self.desk.held.commands += 1
        self.refuse(NETWORK, f"{gate.refusal}; nothing was done; try again when trading goes on")
        return True

    def answer_repeat(self, message: str, *, is_same: bool) -> None:
        """Answer a request whose id has an order already."""
        if is_same:
            self.desk.board.pin(AlreadyDone, message=message)
        else:
            self.refuse("request_id_used", "this request_id was used for another order; take a new one")

    def refuse(self, reason: str, detail: str, *, is_bad_input: bool = False) -> None:
        """Tell that a command changed nothing, and why."""
        self.desk.board.pin(CommandRefused, reason=reason, detail=detail, is_bad_input=is_bad_input)


def _some_of(instruments: Mapping[str, Instrument]) -> str:
    """Name what there is; of thousands the first few."""
    if not instruments:
        return "nothing yet: the market's list has not come"
    names = ", ".join(islice(instruments, _SYMBOLS_NAMED))
    more = len(instruments) - _SYMBOLS_NAMED
    return f"{names} and {more:,} more" if more > 0 else names
