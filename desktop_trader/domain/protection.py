"""When a position's stop, target or liquidation level is hit, by a quote or inside a bar.

Prices that count: the stop (fixed or trailing) and the target are held against what leaving would get, which is a
long's bid and a short's ask, on bars their range. The liquidation level is held against the mark (`Quote.mark_price`,
on bars the range of the mark's own bar where the market has one).

What comes first, whenever one price or one bar reaches several levels:

1. Of stop and liquidation the one nearer to the entry, because a price on its way passes it first; the stop of two at
   one price. A gap beyond both is the nearer one's.
2. The target last: within one bar nobody knows which came first, and this is the one that costs. On the bar in which a
   position was entered somewhere inside, only what can only have come later counts: stop and liquidation.
3. Of a fixed and a trailing stop the tighter one; the fixed one of two at one price.

On bars a trailing stop is held against a bar where it stood before it; the bar's extreme moves it afterwards.
"""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.margin import liquidation_price
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.money import HUNDRED, ZERO
from desktop_trader.domain.order import Direction, MarginMode, Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectiveHit:
    """A level that was reached: how to leave, why, and the level itself.

    `trigger_price` is what the order waits for: the level, or for a liquidation the price of the market where that has
    not come as far as the mark, so that the order acts on the very price that showed it.
    """

    type: OrderType
    reason: OrderReason
    trigger_price: Decimal
    level: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Where a position is left, None where it is not. `stop` is the tighter of its fixed and its trailing stop."""

    stop: Decimal | None
    stop_reason: OrderReason
    target: Decimal | None
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """How far prices went: `worst` and `best` for the position (None: not believed), `mark` the worst of the mark."""

    worst: Decimal
    best: Decimal | None
    mark: Decimal


def trailing_stop(position: Position, best: Decimal, *, instrument: Instrument) -> Decimal | None:
    """Return where a trailing stop stands after `best`, the best price so far; None for a position that has none.

    `trail_percent` of the best price away from it, rounded to the tick towards it, which acts earlier.
    """
    if position.trail_percent is None:
        return None
    side = position.direction.entry_side.opposite
    return trail_level(best, position.trail_percent, side=side, instrument=instrument)


def trail_level(best: Decimal, percent: Decimal, *, side: OrderSide, instrument: Instrument) -> Decimal:
    """Return where a trailing stop that trades on `side` stands after `best`, the best price so far.

    A sell lies `percent` of the best price below it, a buy above it, rounded to the tick towards it: that acts earlier.
    """
    if side is OrderSide.SELL:
        return instrument.round_price_up(best * (HUNDRED - percent) / HUNDRED)
    return instrument.round_price_down(best * (HUNDRED + percent) / HUNDRED)


def levels_of(
    position: Position, instrument: Instrument, *, best: Decimal | None = None, account_level: Decimal | None = None
) -> Levels:
    """Return the levels of a position.

    `best` is the best price since its entry, for its trailing stop (None: its entry price). `account_level` is where a
    cross position's account is liquidated (`cross_margin.cross_liquidation_price`); None where it is watched as a whole
    instead, and for isolated ones, whose own level it is.
    """
    stop, reason = position.stop_loss, OrderReason.STOP_LOSS
    if position.trail_percent is not None:
        trail = trailing_stop(position, position.entry_price if best is None else best, instrument=instrument)
        if trail is not None and (stop is None or (trail - stop) * position.direction.sign > 0):
            stop, reason = trail, OrderReason.TRAILING_STOP
    liquidation = account_level
    if position.margin_mode is MarginMode.ISOLATED:
        is_swap = instrument.kind is InstrumentKind.SWAP
        liquidation = liquidation_price(position, instrument) if is_swap else None
    return Levels(stop=stop, stop_reason=reason, target=position.take_profit, liquidation=liquidation)


def hit_by_quote(
    position: Position, quote: Quote, *, instrument: Instrument, levels: Levels | None = None
) -> ProtectiveHit | None:
    """Return the level that this quote reaches; `levels` are those of the position without a trail unless given."""
    price = quote.bid if position.direction is Direction.LONG else quote.ask
    reach = _Reach(worst=price, best=price, mark=quote.mark_price)
    return _hit(position, levels or levels_of(position, instrument), reach)


def hit_by_bar(
    position: Position,
    bar: Bar,
    *,
    instrument: Instrument,
    mark_bar: Bar | None = None,
    levels: Levels | None = None,
) -> ProtectiveHit | None:
    """Return the level that this bar's range reaches; `mark_bar` is the same bar of the mark, where there is one."""
    is_long = position.direction is Direction.LONG
    is_entry_bar = position.entered_within_bar and position.opening_bar_at == bar.opened_at
    marks = mark_bar or bar
    reach = _Reach(
        worst=bar.low if is_long else bar.high,
        best=None if is_entry_bar else bar.high if is_long else bar.low,
        mark=marks.low if is_long else marks.high,
    )
    return _hit(position, levels or levels_of(position, instrument), reach)


def reaches_trigger(order: Order, price: Decimal) -> bool:
    """Say whether a price is the order's trigger or beyond it: a stop of a long and a target of a short lie below.

    Raises:
        InvariantError: the order has no trigger.
    """
    if order.trigger_price is None:
        raise InvariantError(f"order {order.id} has no trigger")
    lies_below = (order.side is OrderSide.SELL) == order.type.is_stop
    return price <= order.trigger_price if lies_below else price >= order.trigger_price


def _hit(position: Position, levels: Levels, reach: _Reach) -> ProtectiveHit | None:
    stop, forced = levels.stop, levels.liquidation
    stop_is_hit = stop is not None and _reached_against(position, reach.worst, stop)
    if forced is not None and _reached_against(position, reach.mark, forced):
        is_nearer = stop is None or (forced - stop) * position.direction.sign > ZERO
        if is_nearer or not stop_is_hit:
            return _liquidation(position, forced, reach.worst)
    if stop is not None and stop_is_hit:
        return ProtectiveHit(type=OrderType.STOP_LOSS, reason=levels.stop_reason, trigger_price=stop, level=stop)
    target = levels.target
    if target is not None and reach.best is not None and _reached_in_favour(position, reach.best, target):
        return ProtectiveHit(
            type=OrderType.TAKE_PROFIT, reason=OrderReason.TAKE_PROFIT, trigger_price=target, level=target
        )
    return None


def _liquidation(position: Position, level: Decimal, worst: Decimal) -> ProtectiveHit:
    trigger = max(level, worst) if position.direction is Direction.LONG else min(level, worst)
    return ProtectiveHit(type=OrderType.STOP_LOSS, reason=OrderReason.LIQUIDATION, trigger_price=trigger, level=level)


def _reached_against(position: Position, price: Decimal, level: Decimal) -> bool:
    return price <= level if position.direction is Direction.LONG else price >= level


def _reached_in_favour(position: Position, price: Decimal, level: Decimal) -> bool:
    return price >= level if position.direction is Direction.LONG else price <= level
