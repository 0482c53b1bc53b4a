"""Whether an open position may be given a stop, a target and a trailing distance.

Exchanges refuse a level that the price has passed already, because it would act at once; so do we.
"""

from decimal import Decimal

from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import HUNDRED, canonical
from desktop_trader.domain.order import Protection
from desktop_trader.domain.position import Position


def check_protection(
    position: Position, protection: Protection, *, instrument: Instrument, price: Decimal | None
) -> Denial | None:
    """Return why a position may not be given these levels (prices), or None.

    `price` is what leaving would get now: a long's bid, a short's ask, on bars the newest price; None while unknown,
    and then no new level can be set. Only what changes is checked: an old level may have been passed while nobody
    traded. A stop beyond the liquidation is allowed (`stop_note` says so).
    """
    sign = position.direction.sign
    wanted = (
        ("stop loss", protection.stop_loss, position.stop_loss, -sign),
        ("take profit", protection.take_profit, position.take_profit, sign),
    )
    for name, level, before, side in wanted:
        if level is None or level == before:
            continue
        denial = _check_level(name, level, instrument) or _check_side(position, name, level, side=side, price=price)
        if denial is not None:
            return denial
    trail = protection.trail_percent
    if trail is not None and not 0 < trail < HUNDRED:
        return Denial(
            reason=Rule.PROTECTION,
            detail=f"the trailing distance must be above 0 and below 100 %, not {canonical(trail)}",
        )
    return None


def stop_note(position: Position, stop: Decimal | None, *, liquidation: Decimal | None) -> str:
    """Return what a person should know of a stop that never has its turn, "" where there is nothing to say."""
    if stop is None or liquidation is None or (stop - liquidation) * position.direction.sign >= 0:
        return ""
    return f"the liquidation at {canonical(liquidation)} comes before the stop at {canonical(stop)}"


def _check_level(name: str, level: Decimal, instrument: Instrument) -> Denial | None:
    if level <= 0:
        return Denial(reason=Rule.PROTECTION, detail=f"the {name} must be above zero, not {canonical(level)}")
    if not instrument.is_on_price_grid(level):
        tick = canonical(instrument.tick_size)
        return Denial(
            reason=Rule.PRICE_GRID, detail=f"the {name} {canonical(level)} is not a multiple of the tick {tick}"
        )
    return None


def _check_side(position: Position, name: str, level: Decimal, *, side: int, price: Decimal | None) -> Denial | None:
    if price is None:
        return Denial(reason=Rule.NO_PRICE, detail=f"{position.symbol} has no price yet to hold the {name} against")
    if (level - price) * side > 0:
        return None
    where = "above" if side > 0 else "below"
    return Denial(
        reason=Rule.PROTECTION,
        detail=f"the {name} {canonical(level)} of a {position.direction.value} must be {where} the price "
        f"{canonical(price)}: it would act at once",
    )
