"""What a deal costs, and who answers for it: from a price and a size to the report of a fill.

Like an exchange, it refuses an entry that the account cannot pay (a walk through the book is refused whole, before its
first part), closes no more than is open, and charges no exit more than answers for it: beyond that price, or that fee,
the insurance fund pays. It never does while another position on cross gains: then the close waits for that gain. A
forced close costs the liquidation fee, as far as something is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.brokers.book_walk import Slice
from desktop_trader.brokers.endings import AT_ONCE
from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.margin import bankruptcy_price, initial_margin
from desktop_trader.domain.money import ZERO, canonical, display_amount, round_down, round_up
from desktop_trader.domain.order import MarginMode, Order, OrderSide
from desktop_trader.domain.position import Position
from desktop_trader.engine.broker_port import BrokerReport, Expired, Filled, FundsView, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A fill that the market grants. `walk` are all parts that a taker gets now, of which this one is the first.

    `met` are the levels, best first, that a maker's fill came out of when the price had gone beyond its limit.
    `bar_opened_at` names the bar that it happened in, None on quotes.
    """

    price: Decimal
    quantity: Decimal
    is_maker: bool
    model: str
    at: datetime
    bar_opened_at: datetime | None = None
    walk: tuple[Slice, ...] = ()
    met: tuple[Slice, ...] = ()

    def taken(self, quantity: Decimal) -> Iterator[Slice]:
        """Yield what is gone from the book's levels when so much of it was booked, best first."""
        for part in self.met or self.walk[:1]:
            had = min(part.quantity, quantity)
            if had > 0:
                yield replace(part, quantity=had)
            quantity -= had


def clear(waiting: Waiting, deal: Deal, *, funds: FundsView) -> BrokerReport | None:
    """Return the report of a deal: its fill, or why it cannot be; None where it has to wait for another's gain."""
    order = waiting.order
    if order.is_exit:
        return _clear_exit(waiting, deal, funds)
    fee = _fee(waiting, deal.price, deal.quantity, is_maker=deal.is_maker)
    shortage = _shortage(waiting, deal, funds)
    if shortage is None:
        return _filled(waiting, deal, fee=fee)
    if waiting.filled:
        return Expired(order_id=order.id, reason=shortage)
    return Rejected(order_id=order.id, reason=shortage)


def _clear_exit(waiting: Waiting, deal: Deal, funds: FundsView) -> BrokerReport | None:
    order = waiting.order
    quantity = min(deal.quantity, funds.closable_by(order))
    if quantity <= 0:
        return Expired(order_id=order.id, reason="reduce-only: nothing of its position is open any more")
    position = funds.portfolio.positions.get(order.position_id or 0)
    cover = None if position is None else funds.cover_of(order, quantity)
    worst = order.worst_price if position is None else None
    if position is not None and cover is not None:
        worst = _worst_price(waiting, replace(deal, quantity=quantity), position=position, cover=cover)
    price = _bounded(order, deal.price, worst)
    model = deal.model
    if price != deal.price:
        model += f"; nothing answers beyond {canonical(price)}, the insurance fund pays from there"
    fee = wanted = _fee(waiting, price, quantity, is_maker=deal.is_maker)
    if position is not None and cover is not None:
        notional = waiting.instrument.notional(quantity, price)
        cost = position.entry_cost * quantity / position.entry_quantity
        left = cover + round_down(position.direction.sign * (notional - cost))
        fee = min(fee, max(ZERO, round_down(left)))
    if (price != deal.price or fee != wanted) and order.margin_mode is MarginMode.CROSS:
        why = funds.waits_for_gains(order, price=deal.price)
        if why:
            return Expired(order_id=order.id, reason=why) if order.time_in_force in AT_ONCE else None
    if price != deal.price or quantity != deal.quantity:
        deal = replace(deal, price=price, quantity=quantity, model=model)
    return _filled(waiting, deal, fee=fee)


def _worst_price(waiting: Waiting, deal: Deal, *, position: Position, cover: Decimal) -> Decimal:
    """The price beyond which nothing answers: with the fee of the close in it, but for a forced one's."""
    instrument = waiting.instrument
    rate = instrument.maker_fee_rate if deal.is_maker else instrument.taker_fee_rate
    return bankruptcy_price(
        position,
        instrument,
        cover=cover,
        quantity=deal.quantity,
        fee_rate=ZERO if waiting.is_liquidation else rate,
    )


def _bounded(order: Order, price: Decimal, worst: Decimal | None) -> Decimal:
    if worst is None or worst <= 0:
        return price
    return min(price, worst) if order.side is OrderSide.BUY else max(price, worst)


def _fee(waiting: Waiting, price: Decimal, quantity: Decimal, *, is_maker: bool) -> Decimal:
    instrument = waiting.instrument
    if waiting.is_liquidation:
        return round_up(instrument.notional(quantity, price) * instrument.liquidation_fee_rate)
    return trading_fee(instrument, quantity, price=price, is_maker=is_maker)


def _shortage(waiting: Waiting, deal: Deal, funds: FundsView) -> str | None:
    """Say what the account lacks for a deal, at its first part for the whole walk; None where it lacks nothing."""
    order, instrument = waiting.order, waiting.instrument
    parts = [(part.price, part.quantity) for part in deal.walk if not waiting.filled]
    needed = ZERO
    for price, quantity in parts or [(deal.price, deal.quantity)]:
        needed += initial_margin(instrument.notional(quantity, price), order.leverage)
        needed += _fee(waiting, price, quantity, is_maker=deal.is_maker)
    spendable = funds.spendable_for(order)
    if needed <= spendable:
        return None
    need, have = display_amount(needed, instrument.settle), display_amount(spendable, instrument.settle)
    return f"Insufficient balance: Need {need}, Have {have}"


def _filled(waiting: Waiting, deal: Deal, *, fee: Decimal) -> Filled:
    order = waiting.order
    part = f"after-{canonical(waiting.filled)}" if waiting.filled else "1"
    execution = Execution(
        trade_id=f"{order.client_order_id}-{part}",
        quantity=deal.quantity,
        price=deal.price,
        fee=fee,
        is_maker=deal.is_maker,
        at=deal.at,
        bar_opened_at=deal.bar_opened_at,
        is_within_bar=deal.bar_opened_at is not None and deal.at != deal.bar_opened_at,
    )
    return Filled(order_id=order.id, execution=execution, model=deal.model)
