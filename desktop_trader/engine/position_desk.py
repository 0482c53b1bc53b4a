"""Stop, target, trailing distance, margin and leverage of open positions, changed by hand.

None of it trades, so it is taken while trading is paused as well; only what needs to know what the position is worth
now, taking margin out and more leverage, waits for a fresh price. Each change is told, with who made it.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain.cross_margin import free_collateral
from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ZERO, canonical, check_amount
from desktop_trader.domain.order import Direction, Protection
from desktop_trader.domain.order_terms import check_figure
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import (
    ChangeRequest,
    PositionMarket,
    change_leverage,
    change_margin,
    set_protection,
)
from desktop_trader.domain.position_change import PositionChange, PositionTerm
from desktop_trader.domain.protection import trailing_stop
from desktop_trader.domain.protection_check import check_protection
from desktop_trader.domain.standing import notional_in
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.done_requests import ChangeCommand, DoneRequests
from desktop_trader.engine.price_age import PriceAge
from desktop_trader.engine.trails import Trails
from desktop_trader.engine.units_check import units_text
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import NETWORK, AlreadyDone, PositionChanged

_AUTHOR_LIMIT = 200 + len("api:")
_NAMES = {
    PositionTerm.STOP_LOSS: "stop loss",
    PositionTerm.TAKE_PROFIT: "take profit",
    PositionTerm.TRAIL_PERCENT: "trailing distance in percent",
    PositionTerm.LEVERAGE: "leverage",
    PositionTerm.MARGIN: "margin",
}


class PositionDesk:
    """Changes open positions of one account. Each call ends in the notice of what it did, or of why not. One thread."""

    def __init__(self, ground: CommandGround, trails: Trails) -> None:
        """Stand on the ground of all desks; `trails` knows how far trailing stops have come."""
        self._ground = ground
        self._books, self._desk = ground.books, ground.desk
        self._trails = trails
        self._done = DoneRequests(ground)
        self._price_age = PriceAge(ground.feed, ground.desk.gate, clock=ground.desk.clock, marks=ground.desk.marks)

    @property
    def handlers(self) -> CommandHandlers:
        """What is answered here."""
        return {
            c.SetProtection: self._set_protection,
            c.ChangeMargin: self._change_margin,
            c.SetLeverage: self._set_leverage,
        }

    def _set_protection(self, command: c.SetProtection) -> None:
        request = self._request(command)
        for level in (command.stop_loss, command.take_profit, command.trail_percent):
            check_figure(level, what="a stop, target or trailing distance")
        if self._is_done(command):
            return
        found = self._position(command.position_id)
        if found is None:
            return
        position, instrument = found
        wanted = Protection(
            stop_loss=command.stop_loss, take_profit=command.take_profit, trail_percent=command.trail_percent
        )
        price = self._desk.marks.exit_price(position.symbol, position.direction)
        begins = wanted.trail_percent is not None and position.trail_percent is None
        denial = check_protection(position, wanted, instrument=instrument, price=price) or self._check_trail(
            position, wanted, instrument, price=price
        )
        if denial is not None:
            self._refuse(denial)
            return
        movement = set_protection(position, wanted, request=request)
        if not movement.positions:
            self._post(position, movement, command)
            self._desk.board.pin(AlreadyDone, message=f"Position {position.id} has this stop and target already")
            return
        if begins and price is not None:
            self._trails.begin(position, price)
        elif wanted.trail_percent is None:
            self._trails.forget(position.id)
        self._post(position, movement, command)

    def _check_trail(
        self, position: Position, wanted: Protection, instrument: Instrument, *, price: Decimal | None
    ) -> Denial | None:
        """Say why a trailing distance that is new may not be set: where its stop would be reached already."""
        if wanted.trail_percent is None or wanted.trail_percent == position.trail_percent:
            return None
        if price is None:
            detail = f"{position.symbol} has no price yet for a trailing stop to follow"
            return Denial(reason=Rule.NO_PRICE, detail=detail)
        best = price if position.trail_percent is None else self._trails.best_of(position)
        stop = trailing_stop(replace(position, trail_percent=wanted.trail_percent), best, instrument=instrument)
        if stop is None or (price - stop) * position.direction.sign > 0:
            return None
        where = "below" if position.direction is Direction.LONG else "above"
        return Denial(
            reason=Rule.PROTECTION,
            detail=f"a trailing stop {canonical(wanted.trail_percent)} % {where} the best price {canonical(best)} "
            f"stands at {canonical(stop)}, which the price {canonical(price)} has reached: it would act at once",
        )

    def _change_margin(self, command: c.ChangeMargin) -> None:
        request = self._request(command)
        check_amount(command.amount, what="the margin")
        if self._is_done(command):
            return
        found = self._position(command.position_id)
        if found is None:
            return
        position, instrument = found
        if command.amount < 0 and self._lacks_price(position, "taking margin out"):
            return
        market = self._market(position, instrument)
        self._carry_out(
            position,
            change_margin(self._books.portfolio, position, amount=command.amount, market=market, request=request),
            command,
        )

    def _set_leverage(self, command: c.SetLeverage) -> None:
        request = self._request(command)
        if self._is_done(command):
            return
        found = self._position(command.position_id)
        if found is None:
            return
        position, instrument = found
        if self._is_growing(position):
            return
        if command.leverage > position.leverage and self._lacks_price(position, "more leverage"):
            return
        market = self._market(position, instrument)
        self._carry_out(
            position,
            change_leverage(self._books.portfolio, position, leverage=command.leverage, market=market, request=request),
            command,
        )

    def _is_growing(self, position: Position) -> bool:
        """Refuse another leverage while the entry goes on filling: what comes would lock at that of the order."""
        entries = (each for each in self._books.portfolio.orders.values() if not each.is_exit)
        order = next((each for each in entries if each.position_id == position.id), None)
        if order is None:
            return False
        self._ground.refuse(
            "filling",
            f"order {order.id} still opens position {position.id} at {order.leverage}x, "
            f"{canonical(order.remaining_quantity)} of it is not filled: cancel it or wait for it, then change the "
            "leverage",
        )
        return True

    def _carry_out(self, position: Position, outcome: Movement | Denial, command: ChangeCommand) -> None:
        if isinstance(outcome, Denial):
            self._refuse(outcome)
            return
        self._post(position, outcome, command)
        if not outcome.positions:
            self._desk.board.pin(AlreadyDone, message=f"Position {position.id} has this leverage already")

    def _post(self, position: Position, movement: Movement, command: ChangeCommand) -> None:
        """Store a change with the request that is done by it; tell it where it changed something."""
        self._books.post(movement, decisions=(self._done.decision(command, symbol=position.symbol),))
        if not movement.positions:
            return
        self._desk.board.pin(
            PositionChanged,
            symbol=position.symbol,
            position_id=position.id,
            detail="; ".join(_text(change) for change in movement.position_changes),
            current_balance=self._books.portfolio.wallet.total,
        )

    def _request(self, command: c.SetProtection | c.ChangeMargin | c.SetLeverage) -> ChangeRequest:
        author = command.author.strip()
        if not author or len(author) > _AUTHOR_LIMIT:
            raise InvalidInputError("an author is required, 200 characters at most")
        return ChangeRequest(at=self._desk.clock.now(), author=author, key=f"request:{command.request_id}")

    def _is_done(self, command: ChangeCommand) -> bool:
        return self._done.is_repeat(command, "This change of a position was already booked")

    def _position(self, position_id: int) -> tuple[Position, Instrument] | None:
        """Return an open position with the rules of its market; else refuse."""
        position = self._books.portfolio.positions.get(position_id)
        if position is None:
            self._ground.refuse("not_open", f"position {position_id} is not open any more")
            return None
        instrument = self._ground.listed(position.symbol)
        if position.contract_size != instrument.contract_size:
            self._ground.refuse("units", units_text(position, instrument))
            return None
        return position, instrument

    def _market(self, position: Position, instrument: Instrument) -> PositionMarket:
        mark: Callable[[str], Decimal | None] = self._desk.marks.mark
        price = mark(position.symbol)
        return PositionMarket(
            instrument=instrument,
            mark=price,
            free=free_collateral(self._books.portfolio, mark),
            beside=ZERO if price is None else self._beside(position, instrument, price),
        )

    def _beside(self, position: Position, instrument: Instrument, price: Decimal) -> Decimal:
        """Return what is open and ordered in the symbol and direction of a position beside it."""
        books = self._books.portfolio
        every = notional_in(books, instrument, direction=position.direction, price=price)
        return every - instrument.notional(position.quantity, price)

    def _lacks_price(self, position: Position, what: str) -> bool:
        """Refuse what needs to know what a position is worth now, where nobody does."""
        symbol, gate = position.symbol, self._desk.gate
        why = self._price_age.why_none(symbol)
        if not gate.is_open:
            quote = self._desk.marks.quotes.get(symbol)
            seconds = None if quote is None else (self._desk.clock.present() - quote.at).total_seconds()
            age = "there is none yet" if seconds is None else f"the newest one is {seconds:.0f} s old"
            self._ground.refuse(NETWORK, f"{gate.refusal}; {what} needs a fresh price of {symbol}, and {age}")
            return True
        if why:
            self._ground.refuse(Rule.NO_PRICE.value, f"{what} needs a fresh price: {why}")
            return True
        return False

    def _refuse(self, denial: Denial) -> None:
        self._ground.refuse(denial.reason.value, denial.detail)


def _text(change: PositionChange) -> str:
    return f"{_NAMES[change.term]} {change.before or 'none'} to {change.after or 'none'}"
