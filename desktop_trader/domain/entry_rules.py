"""What an exchange asks of an order: grids, sizes, leverage, and levels on the right side of the price.

A rule that was looked at is a value, with its figures: the first lines of an order's receipt. A refusal is one too, for
the person and for the decision log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.liquidation import Exposure, level_of_one
from desktop_trader.domain.margin import initial_margin, leverage_limit
from desktop_trader.domain.money import HUNDRED, LARGEST_RISE, LARGEST_SUM, canonical, display_amount
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.position import Position
from desktop_trader.domain.standing import NOTHING, Standing

_LARGEST_ORDER = LARGEST_SUM / LARGEST_RISE


class Rule(StrEnum):
    """The rule an order broke; the values are public."""

    UNITS_CHANGED = "units_changed"
    UNKNOWN_ORDER = "unknown_order"
    ENTRIES_PAUSED = "entries_paused"
    NO_PRICE = "no_price"
    PRICE_GRID = "price_grid"
    QUANTITY_GRID = "quantity_grid"
    MINIMUM_NOTIONAL = "minimum_notional"
    MINIMUM_QUANTITY = "minimum_quantity"
    MAXIMUM_QUANTITY = "maximum_quantity"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    MARGIN_RATIO = "margin_ratio"
    CLOSE_ONLY = "close_only"
    TERMS = "terms"
    SHORT_ON_SPOT = "short_on_spot"
    PROTECTION = "protection"
    MAX_POSITION = "max_position_size"
    RISK_PER_TRADE = "risk_per_trade"
    FUNDS = "insufficient_funds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Our refusal of a wish: the rule, and a sentence with its figures."""

    reason: Rule
    detail: str


class Check(NamedTuple):
    """One rule that was looked at: the value, what it had to be, and why it does not hold (`broken`, else empty)."""

    rule: Rule
    value: str
    limit: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWish:
    """An entry somebody wants. `price` is the limit, or what the market showed when the wish was made.

    `stop_loss` and `take_profit` are prices as they would be at that price; None without one. `trail_percent` is how
    far behind the best price a trailing stop of the position follows. `standing` is what it comes on top of.
    """

    instrument: Instrument
    direction: Direction
    quantity: Decimal
    price: Decimal
    leverage: int = 1
    margin_mode: MarginMode = MarginMode.ISOLATED
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trail_percent: Decimal | None = None
    standing: Standing = NOTHING

    @property
    def notional(self) -> Decimal:
        """Notional at `price`."""
        return self.instrument.notional(self.quantity, self.price)

    @property
    def reserve(self) -> Decimal:
        """What the order locks: its initial margin and its fee at the taker rate, at `price`."""
        fee = trading_fee(self.instrument, self.quantity, price=self.price, is_maker=False)
        return self.margin + fee

    @property
    def margin(self) -> Decimal:
        """What the position locks at `price`: on spot all of its notional."""
        return initial_margin(self.notional, self.leverage)

    @property
    def stop_distance(self) -> Decimal | None:
        """How far the price may go against it: to the nearer of stop and trailing stop; None without either."""
        distances = [] if self.stop_loss is None else [abs(self.price - self.stop_loss)]
        if self.trail_percent is not None:
            distances.append(self.price * self.trail_percent / HUNDRED)
        return min(distances, default=None)

    @property
    def is_liquidated_first(self) -> bool:
        """Whether the price reaches the liquidation of an isolated position before its stop."""
        distance, instrument = self.stop_distance, self.instrument
        if distance is None or instrument.kind is not InstrumentKind.SWAP or self.margin_mode is MarginMode.CROSS:
            return False
        exposure = Exposure(
            sign=self.direction.sign,
            size=self.quantity * instrument.contract_size,
            cost=self.notional,
            brackets=instrument.margin_brackets,
        )
        level = level_of_one(self.margin, exposure)
        return level is not None and abs(self.price - level) < distance

    @property
    def loss_at_stop(self) -> Decimal | None:
        """What a close at the stop loses before fees: all of its margin where the liquidation comes first.

        None without a stop.
        """
        distance = self.stop_distance
        if distance is None:
            return None
        return self.margin if self.is_liquidated_first else self.instrument.notional(self.quantity, distance)


def look_at(checks: list[Check], rules: Iterable[Check]) -> bool:
    """Look at one rule after the other until one does not hold, note each, and say whether all hold."""
    for check in rules:
        checks.append(check)
        if check.broken:
            return False
    return True


def rules_of_exchange(wish: EntryWish) -> Iterator[Check]:
    """Return the rules of the market for an entry, in the order in which they are looked at."""
    instrument = wish.instrument
    is_short, allows_short = wish.direction is Direction.SHORT, instrument.allows_short
    yield Check(
        rule=Rule.SHORT_ON_SPOT,
        value=wish.direction.value,
        limit="long or short" if allows_short else "long only",
        broken=f"{instrument.symbol} is spot and long only; go short on {instrument.symbol}:{instrument.quote}"
        if is_short and not allows_short
        else "",
    )
    yield Check(
        rule=Rule.QUANTITY_GRID,
        value=canonical(wish.quantity),
        limit=_multiple_of(instrument.lot_size),
        broken="" if instrument.is_on_quantity_grid(wish.quantity) else _off_the_lot(wish.quantity, instrument),
    )
    yield from _quantity_bounds(wish)
    for price in (wish.limit_price, wish.trigger_price):
        if price is not None:
            yield _price_grid(price, instrument)
    notional = wish.notional
    if notional > _LARGEST_ORDER:
        worth = f"the order is worth {notional:,.0f} {instrument.settle}"
        most = f"{_LARGEST_ORDER:,} is the most of one, so that the books can hold what it may gain"
        yield Check(rule=Rule.MAX_POSITION, value=worth, broken=f"{worth}; {most}")
    whole = notional if not wish.standing.filled else instrument.notional(_whole_quantity(wish), wish.price)
    need, have = (
        _bound_text(instrument.minimum_notional, instrument.settle),
        display_amount(whole, instrument.settle),
    )
    yield Check(
        rule=Rule.MINIMUM_NOTIONAL,
        value=have,
        limit=f"at least {need}",
        broken=f"the order is worth {have}; the minimum is {need}" if whole < instrument.minimum_notional else "",
    )
    yield _leverage_rule(wish, notional + wish.standing.notional)
    if wish.stop_loss is not None or wish.take_profit is not None:
        yield from _protection_rules(wish)


def check_exit(
    position: Position, quantity: Decimal, *, instrument: Instrument, prices: Iterable[Decimal | None] = ()
) -> list[Check]:
    """Return the rules of an order that closes `quantity` of a position; the last one may not hold.

    The whole rest of a position may be closed whatever its size. `prices` are limit and trigger, None without one.
    """
    open_quantity = canonical(position.quantity)
    is_whole = quantity == position.quantity
    off_grid = "" if is_whole or instrument.is_on_quantity_grid(quantity) else _off_the_lot(quantity, instrument)
    too_large = f"the order would close {canonical(quantity)}, but {open_quantity} is open"
    checks: list[Check] = []
    look_at(
        checks,
        (
            Check(
                rule=Rule.QUANTITY_GRID,
                value=canonical(quantity),
                limit=_multiple_of(instrument.lot_size),
                broken=off_grid,
            ),
            Check(
                rule=Rule.MAXIMUM_QUANTITY,
                value=canonical(quantity),
                limit=f"{open_quantity} open",
                broken="" if quantity <= position.quantity else too_large,
            ),
            *(_price_grid(price, instrument) for price in prices if price is not None),
        ),
    )
    return checks


def _quantity_bounds(wish: EntryWish) -> Iterator[Check]:
    instrument = wish.instrument
    if not instrument.minimum_quantity and instrument.maximum_quantity is None:
        return
    whole = _whole_quantity(wish)
    quantity = canonical(whole)
    if instrument.minimum_quantity:
        least = canonical(instrument.minimum_quantity)
        yield Check(
            rule=Rule.MINIMUM_QUANTITY,
            value=quantity,
            limit=f"at least {least}",
            broken=f"the quantity {quantity} is less than the minimum {least}"
            if whole < instrument.minimum_quantity
            else "",
        )
    if instrument.maximum_quantity is not None:
        most = canonical(instrument.maximum_quantity)
        yield Check(
            rule=Rule.MAXIMUM_QUANTITY,
            value=quantity,
            limit=f"at most {most}",
            broken=f"the quantity {quantity} is more than the maximum {most}"
            if whole > instrument.maximum_quantity
            else "",
        )


def _whole_quantity(wish: EntryWish) -> Decimal:
    """Sizes are those of the whole order: of one that is edited a part may be filled."""
    return wish.quantity + wish.standing.filled


def _leverage_rule(wish: EntryWish, notional: Decimal) -> Check:
    """Judge the leverage by all that is open and ordered in the symbol and direction, this entry included."""
    most, worth = leverage_limit(notional, wish.instrument), display_amount(notional, wish.instrument.settle)
    which = f"{worth} open and ordered" if wish.standing.notional else f"a position of {worth}"
    return Check(
        rule=Rule.LEVERAGE,
        value=f"{wish.leverage}x",
        limit=f"1x to {most}x at {worth}",
        broken=f"the leverage {wish.leverage}x is not between 1x and {most}x, which {which} may have"
        if not 1 <= wish.leverage <= most
        else "",
    )


def _protection_rules(wish: EntryWish) -> Iterator[Check]:
    sign, price = wish.direction.sign, canonical(wish.price)
    for name, level, side in (("stop loss", wish.stop_loss, -sign), ("take profit", wish.take_profit, sign)):
        if level is None:
            continue
        where = "above" if side > 0 else "below"
        yield Check(
            rule=Rule.PROTECTION,
            value=f"{name} {canonical(level)}",
            limit=f"{where} {price}",
            broken=f"the {name} {canonical(level)} of a {wish.direction.value} must be {where} the entry price {price}"
            if level <= 0 or (level - wish.price) * side <= 0
            else "",
        )
        yield _price_grid(level, wish.instrument)


def _price_grid(price: Decimal, instrument: Instrument) -> Check:
    is_on_grid = instrument.is_on_price_grid(price)
    tick = "" if is_on_grid else canonical(instrument.tick_size)
    return Check(
        rule=Rule.PRICE_GRID,
        value=canonical(price),
        limit=_multiple_of(instrument.tick_size),
        broken="" if is_on_grid else f"{canonical(price)} is not a multiple of the tick {tick}",
    )


@lru_cache
def _multiple_of(step: Decimal) -> str:
    return f"a multiple of {canonical(step)}"


@lru_cache
def _bound_text(amount: Decimal, currency: str) -> str:
    return display_amount(amount, currency)


def _off_the_lot(quantity: Decimal, instrument: Instrument) -> str:
    return f"quantity {canonical(quantity)} is not a multiple of the lot {canonical(instrument.lot_size)}"
