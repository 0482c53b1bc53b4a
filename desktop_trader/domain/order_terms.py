"""How an order wants its price and how long it works: which terms go together, and which make sense at this market.

What cannot be an order at all is bad input; what could be one, but not at this price or time, is a `Denial`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.entry_rules import Check, Denial, Rule
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import HUNDRED, canonical
from desktop_trader.domain.order import MarginMode, Order, OrderSide, OrderType, TimeInForce

SMALLEST_TRAIL_PERCENT = Decimal("0.01")
LARGEST_TRAIL_PERCENT = Decimal(50)
LARGEST_LEVERAGE = 125
_LARGEST_FIGURE = Decimal(10) ** 15
_FINEST_EXPONENT = -20
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What somebody chooses beside side, size and protection; the fields are those of `Order`."""

    type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    trail_percent: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: datetime | None = None
    is_post_only: bool = False

    def entry_price(self, side: OrderSide, market: Decimal, *, instrument: Instrument) -> Decimal:
        """Return the price that an entry is sized and reserved at: its limit, its trigger, else the market's.

        A trailing buy is reserved at the highest price its trigger can have; a trailing sell, whose trigger only
        rises, at the market's.
        """
        if self.limit_price is not None:
            return self.limit_price
        if self.type is OrderType.TRAILING_STOP:
            begin = self.trigger_price or market
            if side is OrderSide.SELL or self.trail_percent is None:
                return begin
            return instrument.round_price_up(begin * (HUNDRED + self.trail_percent) / HUNDRED)
        return market if self.trigger_price is None else self.trigger_price


AT_THE_MARKET = OrderTerms()


def terms_of(order: Order) -> OrderTerms:
    """Return the terms of an order as they stand."""
    return OrderTerms(
        type=order.type,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        trail_percent=order.trail_percent,
        time_in_force=order.time_in_force,
        expires_at=order.expires_at,
        is_post_only=order.is_post_only,
    )


def check_form(terms: OrderTerms) -> None:
    """Refuse terms that are no order of any market.

    Raises:
        InvalidInputError: a price is missing or too many, or two terms contradict one another.
    """
    name = terms.type.value.replace("_", " ")
    if terms.type is OrderType.STOP_LOSS:
        raise InvalidInputError("a stop order is a stop_market, a stop_limit or a trailing_stop; stop_loss is a level")
    _check_prices(terms, name)
    _check_time(terms, name)


def check_trail_percent(percent: Decimal | None) -> None:
    """Refuse a distance that no trailing stop may have.

    Raises:
        InvalidInputError: it is not a number from 0.01 to 50.
    """
    if percent is None:
        return
    if not percent.is_finite() or not SMALLEST_TRAIL_PERCENT <= percent <= LARGEST_TRAIL_PERCENT:
        raise InvalidInputError(
            f"the trailing distance must be {SMALLEST_TRAIL_PERCENT} % to {LARGEST_TRAIL_PERCENT} %, not {percent}"
        )


def check_figure(value: Decimal | None, *, what: str) -> None:
    """Refuse what no price or quantity of a market looks like, before anybody reckons with it.

    Raises:
        InvalidInputError: not finite, larger than 10^15, or with more than 20 decimals.
    """
    if value is None:
        return
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _FINEST_EXPONENT or abs(value) > _LARGEST_FIGURE:
        raise InvalidInputError(f"{what} must be a number like those of the market")


def check_leverage(leverage: int, margin_mode: MarginMode, *, instrument: Instrument) -> None:
    """Refuse leverage or a margin mode that this kind of market does not know.

    Raises:
        InvalidInputError: spot is paid whole; a swap has 1 to 125.
    """
    if not 1 <= leverage <= LARGEST_LEVERAGE:
        raise InvalidInputError(f"the leverage must be between 1 and {LARGEST_LEVERAGE}, not {leverage}")
    if instrument.allows_short:
        return
    if leverage != 1:
        raise InvalidInputError(f"{instrument.symbol} is spot and paid whole: its leverage is 1, not {leverage}")
    if margin_mode is not MarginMode.ISOLATED:
        raise InvalidInputError(f"{instrument.symbol} is spot and paid whole: there is no {margin_mode.value} margin")


def check_terms(terms: OrderTerms, side: OrderSide, *, market: Decimal | None, at: datetime) -> tuple[Check, ...]:
    """Return what was compared with the market at `at`; the last one does not hold where the terms are refused.

    A trigger lies on the side that the price has not reached: a stop beyond the market, a target and the start of a
    trail before it. `market` is the ask for a buy and the bid for a sell; while it is unknown, no trigger is taken: on
    the wrong side it would act at once.
    """
    checks: list[Check] = []
    if terms.trigger_price is not None:
        checks.append(_check_trigger(terms, side, terms.trigger_price, market))
    if terms.expires_at is not None:
        limit = f"after {_moment(at)}"
        late = "" if terms.expires_at > at else f"the order would end at {_moment(terms.expires_at)}, which is past"
        checks.append(Check(rule=Rule.TERMS, value=f"ends at {_moment(terms.expires_at)}", limit=limit, broken=late))
    return tuple(checks)


def first_denial(checks: tuple[Check, ...]) -> Denial | None:
    """Return the refusal of the first check that does not hold."""
    return next((Denial(reason=each.rule, detail=each.broken) for each in checks if each.broken), None)


def _check_prices(terms: OrderTerms, name: str) -> None:
    wants_trigger = terms.type.has_trigger and terms.type is not OrderType.TRAILING_STOP
    wanted = (
        ("limit price", terms.limit_price, terms.type.has_limit),
        ("trigger price", terms.trigger_price, wants_trigger),
        ("trailing distance", terms.trail_percent, terms.type is OrderType.TRAILING_STOP),
    )
    for what, value, is_needed in wanted:
        if value is not None and not value.is_finite():
            raise InvalidInputError(f"the {what} must be a number, not {value}")
        if is_needed and value is None:
            raise InvalidInputError(f"a {name} order needs its {what}")
        is_start = terms.type is OrderType.TRAILING_STOP and what == "trigger price"
        if value is not None and not is_needed and not is_start:
            raise InvalidInputError(f"a {name} order has no {what}, but {canonical(value)} was given")
    check_trail_percent(terms.trail_percent)


def _check_time(terms: OrderTerms, name: str) -> None:
    force = terms.time_in_force
    if terms.is_post_only and terms.type is not OrderType.LIMIT:
        raise InvalidInputError(f"only a limit order can be post-only; a {name} order takes what is there")
    if terms.is_post_only and force in _AT_ONCE:
        raise InvalidInputError(f"an order that must not take cannot be {force.value.upper()}, which takes at once")
    if force in _AT_ONCE and terms.type.has_trigger:
        raise InvalidInputError(f"a {name} order waits for its trigger and cannot be {force.value.upper()}")
    if force is TimeInForce.GTD:
        if terms.type is OrderType.MARKET:
            raise InvalidInputError("a market order does not wait: it has no date to end at")
        if terms.expires_at is None:
            raise InvalidInputError("an order that is good till a date needs the date")
        if terms.expires_at.utcoffset() != timedelta(0):
            raise InvalidInputError("the date an order ends at must be in UTC")
    elif terms.expires_at is not None:
        raise InvalidInputError(f"an order that is {force.value.upper()} has no date to end at; GTD has one")


def _check_trigger(terms: OrderTerms, side: OrderSide, trigger: Decimal, market: Decimal | None) -> Check:
    if market is None:
        broken = (
            f"there is no price yet to hold the trigger {canonical(trigger)} against: on the wrong side of the market "
            "it would act at once; try again after the first price"
        )
        return Check(rule=Rule.NO_PRICE, value=f"trigger {canonical(trigger)}", broken=broken)
    beyond = terms.type.is_stop and terms.type is not OrderType.TRAILING_STOP
    is_above = (side is OrderSide.BUY) == beyond
    where = "above" if is_above else "below"
    is_right = trigger > market if is_above else trigger < market
    name = terms.type.value.replace("_", " ")
    broken = f"the trigger {canonical(trigger)} of a {side.value} {name} must be {where} the market {canonical(market)}"
    return Check(
        rule=Rule.TERMS,
        value=f"trigger {canonical(trigger)}",
        limit=f"{where} {canonical(market)}",
        broken="" if is_right else broken,
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
