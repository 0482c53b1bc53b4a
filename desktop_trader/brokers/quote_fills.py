"""What a quote does to one order: expire it, let it arrive, pull its trigger, fill a part of it, or nothing.

The order in which things are looked at, at one price: its time, its trigger, its fill. A buy looks at the ask, a sell
at the bid. Who takes walks the book (`book_walk`), one level per look; where nothing is known beyond the best bid and
ask, they take everything. Each look returns one thing at most, and looking again at the same quote goes on with the
next.

A limit order that meets the market takes, up to its limit. While the price still meets the limit of what the book had
nothing left for, that goes on taking with each quote what its book shows then, at the prices of the book: it comes to
rest only at a price that does not meet its limit, and only one that came to rest is filled as a maker, at its limit:

* at a price that equals the limit, behind its queue (`resting_queue`);
* at a price beyond the limit, by what the book shows up to the limit: the queue before it is gone, and whoever sells
  there would have met it first. More may have been traded meanwhile, but nobody has seen that. What is shown is taken,
  by a maker as by a taker, and the oldest order has it first;
* whole at a price beyond the limit of which no size is known: where there is no depth, or where the book is older than
  the quote and does not reach so far.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from desktop_trader.brokers.book_walk import Slice, TakenLevels, walk
from desktop_trader.brokers.clearing import Deal
from desktop_trader.brokers.endings import AT_ONCE, expired, not_at_once, refused_to_take
from desktop_trader.brokers.resting_queue import let_through, size_ahead
from desktop_trader.brokers.trails import follow
from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.market import OrderBook, Quote
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import OrderSide, OrderType, TimeInForce
from desktop_trader.domain.protection import reaches_trigger
from desktop_trader.engine.broker_port import Accepted, BrokerReport, Expired, FundsView, Triggered

Depth = Callable[[Quote], OrderBook | None]


class QuoteFills:
    """Looks at orders with the eyes of one exchange: its depth, and what was taken of it."""

    def __init__(self, depth: Depth, taken: TakenLevels, funds: FundsView) -> None:
        """Match against what `depth` returns for a quote."""
        self._depth = depth
        self._taken = taken
        self._funds = funds

    def look(self, waiting: Waiting, quote: Quote, *, beside: Sequence[Waiting]) -> BrokerReport | Deal | None:
        """Return what a quote does to an order; `beside` are all orders of its symbol, oldest first."""
        if waiting.has_expired(quote.at):
            return expired(waiting)
        if not waiting.is_due(quote.at):
            return None
        order = waiting.order
        price = quote.ask if order.side is OrderSide.BUY else quote.bid
        if order.type.has_trigger and not waiting.is_triggered:
            if not _is_pulled(waiting, price):
                return None
            waiting.is_triggered, waiting.hit_at = True, quote.at
            if not waiting.is_of_a_position:
                return Triggered(order_id=order.id, price=price)
        if not order.type.has_limit:
            return self._take(waiting, quote)
        if waiting.joined is not None:
            return self._fill_resting(waiting, quote, price, beside)
        if not waiting.meets_limit(price):
            return self._rest(waiting, quote)
        if order.is_post_only:
            return refused_to_take(waiting, price)
        return self._take(waiting, quote)

    def _take(self, waiting: Waiting, quote: Quote) -> BrokerReport | Deal | None:
        order = waiting.order
        side = order.side.opposite
        wanted = self._wanted(waiting)
        book = self._depth(quote)
        if book is None:
            price = quote.ask if order.side is OrderSide.BUY else quote.bid
            parts = [Slice(side, price, wanted, None)]
        else:
            left = self._taken.left(book, side, at=quote.at)
            step = waiting.instrument.lot_size
            parts = walk(left, wanted, side=side, limit=order.limit_price, step=step)
        if order.time_in_force is TimeInForce.FOK and not waiting.filled:
            had = sum(part.quantity for part in parts)
            if had < wanted:
                return not_at_once(waiting, Decimal(had))
        if not parts:
            return self._find_nothing(waiting)
        return Deal(
            price=parts[0].price,
            quantity=parts[0].quantity,
            is_maker=False,
            model=_taker_model(parts[0]),
            at=quote.at,
            walk=tuple(parts),
        )

    def _wanted(self, waiting: Waiting) -> Decimal:
        """Return what an order still wants: of an exit no more than is open, unless nothing is, which ends it."""
        wanted = waiting.remaining
        if waiting.order.is_exit:
            wanted = min(wanted, self._funds.closable_by(waiting.order)) or wanted
        return wanted

    def _find_nothing(self, waiting: Waiting) -> BrokerReport | None:
        """The book is used up: a limit order and an exit go on with the next quote, an entry at the market ends."""
        order = waiting.order
        if order.time_in_force in AT_ONCE:
            return not_at_once(waiting)
        if order.type.has_limit:
            return _accepted_once(waiting)
        if order.is_exit:
            return None
        left = f"{canonical(waiting.remaining)} of {canonical(order.quantity)}"
        return Expired(order_id=order.id, reason=f"the order book was used up: nobody was left for {left}")

    def _rest(self, waiting: Waiting, quote: Quote) -> BrokerReport | None:
        order = waiting.order
        if order.time_in_force in AT_ONCE:
            return not_at_once(waiting)
        if order.limit_price is not None:
            waiting.rest(size_ahead(self._depth(quote), order.side, price=order.limit_price))
        return _accepted_once(waiting)

    def _fill_resting(
        self, waiting: Waiting, quote: Quote, price: Decimal, beside: Sequence[Waiting]
    ) -> BrokerReport | Deal | None:
        if waiting.seen_at != quote.at:
            waiting.credit = ZERO  # Who came to its price and did not trade with it, has gone.
        if waiting.credit > 0:
            return _maker_deal(waiting, quote, waiting.credit)
        if not waiting.meets_limit(price):
            return None
        book = self._depth(quote)
        if price != waiting.order.limit_price:
            return self._go_through(waiting, book, quote, price)
        if book is None:
            return _maker_deal(waiting, quote, waiting.remaining)
        self._let_through(waiting, book, quote, beside)
        return None if waiting.credit <= 0 else _maker_deal(waiting, quote, waiting.credit)

    def _go_through(self, waiting: Waiting, book: OrderBook | None, quote: Quote, price: Decimal) -> Deal | None:
        """Fill an order that rested when the price has gone beyond its limit, by what is shown up to the limit."""
        how = f"the market went through it, to {canonical(price)}"
        waiting.ahead = ZERO
        side = waiting.order.side.opposite
        shown = () if book is None else book.asks if side is OrderSide.SELL else book.bids
        if book is None or not any(waiting.meets_limit(level.price) for level in shown[:1]):
            return _maker_deal(waiting, quote, waiting.remaining, how)
        left = self._taken.left(book, side, at=quote.at)
        limit, step = waiting.order.limit_price, waiting.instrument.lot_size
        parts = walk(left, self._wanted(waiting), side=side, limit=limit, step=step)
        if not parts:
            return None
        deal = _maker_deal(waiting, quote, sum((part.quantity for part in parts), ZERO), how)
        return replace(deal, met=tuple(parts))

    def _let_through(self, waiting: Waiting, book: OrderBook, quote: Quote, beside: Sequence[Waiting]) -> None:
        """Share out what the other side shows at the order's price."""
        order = waiting.order
        side = order.side.opposite
        for level in self._taken.left(book, side, at=quote.at):
            if level.price == order.limit_price:
                resting = [each for each in beside if _shares_queue(each, waiting, quote)]
                granted = let_through(resting, level.size, at=quote.at)
                if granted:
                    self._taken.take(book.symbol, Slice(side, level.price, granted, level.size), at=quote.at)
                return


def _accepted_once(waiting: Waiting) -> Accepted | None:
    if waiting.is_accepted or waiting.filled:
        return None
    waiting.is_accepted = True
    return Accepted(order_id=waiting.order.id)


def _is_pulled(waiting: Waiting, price: Decimal) -> bool:
    """A forced close has been decided by the mark price; the others look at the price of their side."""
    if waiting.is_liquidation:
        return True
    if waiting.order.type is OrderType.TRAILING_STOP:
        return follow(waiting, price)
    return reaches_trigger(waiting.order, price)


def _shares_queue(each: Waiting, waiting: Waiting, quote: Quote) -> bool:
    return (
        each.joined is not None
        and each.order.side is waiting.order.side
        and each.order.limit_price == waiting.order.limit_price
        and not each.has_expired(quote.at)
    )


def _maker_deal(waiting: Waiting, quote: Quote, quantity: Decimal, how: str = "") -> Deal:
    order = waiting.order
    model = f"maker at the limit, behind {canonical(waiting.joined)}" if waiting.joined else "maker at the limit"
    return Deal(
        price=quote.last if order.limit_price is None else order.limit_price,
        quantity=min(quantity, waiting.remaining),
        is_maker=True,
        model=f"{model}; {how}" if how else model,
        at=quote.at,
    )


def _taker_model(part: Slice) -> str:
    if part.there is None:
        best = "ask" if part.side is OrderSide.SELL else "bid"
        return f"took the best {best}, {canonical(part.price)}; no depth is known"
    return f"walked the book: {canonical(part.quantity)} @ {canonical(part.price)} of {canonical(part.there)} there"
