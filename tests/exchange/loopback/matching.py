"""The matching engine: users' orders against the makers' levels and against each other, by price and then by time."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from tests.exchange.loopback.accounts import COIN, ZERO, Bank, Position, exact
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.market import Level, Market
from tests.exchange.loopback.orders import Order, RefusedError
from tests.exchange.loopback.settlement import Settlement

NOT_ENOUGH, TOO_SMALL, TOO_FAR, NOT_WHOLE, NOT_MAKER, NO_DEPTH = 3109, 3127, 3606, 3621, 3622, 3620
TYPES = ("limit", "market", "maker_only", "ioc", "fok")
BAD_PARAMETER = 4004
FAR = Decimal("0.9")
_HELD_ROOM = Decimal("1.02")


@dataclass(slots=True)
class MatchingEngine:
    """Belongs to the exchange's loop; `on_order` hears "put", "update" and "finish" of every order."""

    bank: Bank
    settlement: Settlement
    market_of: Callable[[Kind, str], Market | None]
    now_ms: Callable[[], int]
    on_order: Callable[[str, Order], None]
    on_stop: Callable[[str, Order], None]
    resting: list[Order] = field(default_factory=list)
    stops: list[Order] = field(default_factory=list)
    finished: list[Order] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(117_000_000_001))

    def next_id(self) -> int:
        return next(self._ids)

    @exact
    def place(self, order: Order) -> Order:
        """Take an order: check, hold the money, match, rest.

        Raises:
            RefusedError: with the exchange's code; nothing was held.
        """
        market = self._market(order)
        self._check(order, market)
        if not self.settlement.freeze(order, self._reference(order, market)):
            raise RefusedError(NOT_ENOUGH, "balance not enough")
        order.created_ms = order.updated_ms = self.now_ms()
        self.on_order("put", order)
        self._take(order, market)
        if not order.is_live:
            self._finish(order)
        elif order.type in ("market", "ioc", "fok"):
            self.cancel(order)
        else:
            self.resting.append(order)
        self._trim_closes(market)
        return order

    def place_stop(self, order: Order) -> Order:
        """Take a trigger order; it holds nothing until it is triggered."""
        market = self._market(order)
        assert order.trigger_price is not None
        if order.amount < order.pair.min_amount and not order.by_value:
            raise RefusedError(TOO_SMALL, "order quantity is below the minimum")
        order.trigger_direction = "higher" if order.trigger_price > market.last else "lower"
        order.created_ms = order.updated_ms = self.now_ms()
        self.stops.append(order)
        self.on_stop("put", order)
        return order

    def cancel_stop(self, stop: Order) -> None:
        """End a trigger order that has not been triggered."""
        self.stops = [other for other in self.stops if other is not stop]
        self.on_stop("cancel", stop)

    @exact
    def cancel(self, order: Order) -> None:
        """End an order; what it still held is given back. One without any deal is forgotten, as CoinEx does."""
        order.canceled = True
        order.updated_ms = self.now_ms()
        self.settlement.release(order)
        self.resting = [other for other in self.resting if other is not order]
        if order.deals:
            self.finished.append(order)
        self.on_order("finish", order)

    @exact
    def on_tick(self, market: Market) -> None:
        """Match what rests against the new levels, then triggers, stops of positions and liquidations."""
        for order in self._by_price(market):
            self._rest_meets_makers(order, market)
        self._trim_closes(market)
        for stop in [s for s in self.stops if s.pair is market.pair and s.kind is market.kind]:
            if _is_reached(stop, market.last):
                self.stops = [other for other in self.stops if other is not stop]
                self._trigger(stop)
        if market.kind is Kind.FUTURES:
            for account in list(self.bank.accounts.values()):
                position = account.positions.get(market.market_id)
                if position is not None:
                    self._watch(account.key, position, market)

    def has_business(self, market: Market) -> bool:
        """Return whether a tick of this market can change somebody's orders or position."""
        mine = (o for o in itertools.chain(self.resting, self.stops) if o.kind is market.kind and o.pair is market.pair)
        if next(mine, None) is not None:
            return True
        accounts = self.bank.accounts.values()
        return market.kind is Kind.FUTURES and any(market.market_id in a.positions for a in accounts)

    def of_account(self, key: str, orders: list[Order]) -> Iterator[Order]:
        return (order for order in orders if order.account.key == key)

    # -------------------------------------------------------------------------------------------- matching
    def _take(self, order: Order, market: Market) -> None:
        while order.is_live:
            level = next(iter(market.asks if order.side == "buy" else market.bids), None)
            other = self._best_resting(order, market)
            if other is not None and (level is None or _is_better(order.side, other.price, level.price)):
                price, on_offer = other.price, other.unfilled
            elif level is not None:
                other, price, on_offer = None, level.price, level.amount
            else:
                return
            if not _accepts(order, price):
                return
            quantity = min(on_offer, self._wanted(order, price))
            if quantity <= 0:
                order.is_spent = True
                return
            self._meet(order, other, level, quantity, price)

    def _meet(self, order: Order, other: Order | None, level: Level | None, quantity: Decimal, price: Decimal) -> None:
        market = self._market(order)
        at_ms = self.now_ms()
        if other is None and level is not None:
            market.take_maker("asks" if order.side == "buy" else "bids", level, quantity)
        self.settlement.execute(order, quantity, price, "taker", at_ms)
        self.on_order("update", order)
        if other is not None:
            self.settlement.execute(other, quantity, price, "maker", at_ms)
            self._after(other)
        market.print_deal(order.side, price, quantity)

    def _rest_meets_makers(self, order: Order, market: Market) -> None:
        while order.is_live and order in self.resting:
            level = next(iter(market.asks if order.side == "buy" else market.bids), None)
            if level is None or not _accepts(order, level.price):
                return
            quantity = min(level.amount, order.unfilled)
            market.take_maker("asks" if order.side == "buy" else "bids", level, quantity)
            self.settlement.execute(order, quantity, order.price, "maker", self.now_ms())
            market.print_deal("sell" if order.side == "buy" else "buy", order.price, quantity)
            self._after(order)

    def _after(self, order: Order) -> None:
        if order.is_live:
            self.on_order("update", order)
        else:
            self.resting = [other for other in self.resting if other is not order]
            self._finish(order)

    def _finish(self, order: Order) -> None:
        self.settlement.release(order)
        self.finished.append(order)
        self.on_order("finish", order)

    def _best_resting(self, order: Order, market: Market) -> Order | None:
        others = [o for o in self._by_price(market) if o.side != order.side and o.account is not order.account]
        return others[0] if others else None

    def _by_price(self, market: Market) -> list[Order]:
        """Return the resting orders of a market, each side from its best price on, then by time."""
        mine = [o for o in self.resting if o.kind is market.kind and o.pair is market.pair]
        return sorted(mine, key=lambda o: (-o.price if o.side == "buy" else o.price, o.created_ms, o.order_id))

    def _wanted(self, order: Order, price: Decimal) -> Decimal:
        if not order.by_value:
            return order.unfilled
        return (order.unfilled / price).quantize(order.pair.amount_step, rounding=ROUND_DOWN)

    # ---------------------------------------------------------------------------------------------- checks
    def _check(self, order: Order, market: Market) -> None:
        if order.type not in TYPES or order.side not in ("buy", "sell") or order.amount <= 0:
            raise RefusedError(BAD_PARAMETER, "invalid argument")
        if not order.by_value and order.amount < order.pair.min_amount and not order.is_close:
            raise RefusedError(TOO_SMALL, "order quantity is below the minimum requirement")
        if order.type == "market":
            if not (market.asks if order.side == "buy" else market.bids):
                raise RefusedError(NO_DEPTH, "insufficient depth in the current market")
            return
        if order.price <= 0 or order.price % order.pair.price_step:
            raise RefusedError(BAD_PARAMETER, "invalid argument")
        if not market.last * (1 - FAR) <= order.price <= market.last * 10:
            raise RefusedError(TOO_FAR, "the price difference to the latest price is too large")
        best = market.best_ask if order.side == "buy" else market.best_bid
        if order.type == "maker_only" and best is not None and _accepts(order, best):
            raise RefusedError(NOT_MAKER, "this order can't be set as Maker Only and has been canceled")
        if order.type == "fok" and self._on_offer(order, market) < order.amount:
            raise RefusedError(NOT_WHOLE, "this order can't be completely executed and has been canceled")

    def _on_offer(self, order: Order, market: Market) -> Decimal:
        levels = market.asks if order.side == "buy" else market.bids
        others = (o for o in self._by_price(market) if o.side != order.side and o.account is not order.account)
        return sum((level.amount for level in levels if _accepts(order, level.price)), ZERO) + sum(
            (o.unfilled for o in others if _accepts(order, o.price)), ZERO
        )

    def _reference(self, order: Order, market: Market) -> Decimal:
        """Return the price to hold margin at: never below what the order can be done at."""
        if order.type == "market":
            return (market.asks[-1].price if order.side == "buy" else market.bids[0].price) * _HELD_ROOM
        return order.price if order.side == "buy" else max(order.price, market.best_bid or order.price)

    # ------------------------------------------------------------------------------------ triggers, positions
    def _trim_closes(self, market: Market) -> None:
        """Let no resting close order be larger than what is left of its position."""
        for order in [o for o in self._by_price(market) if o.is_close]:
            position = order.account.positions.get(market.market_id)
            if position is None or position.is_long == (order.side == "buy"):
                self.cancel(order)
            elif order.unfilled > position.size:
                order.amount = order.filled + position.size

    def closable(self, key: str, market: Market) -> Decimal:
        """Return how much of a position no resting close order holds."""
        position = self.bank.accounts[key].positions.get(market.market_id)
        held = sum((o.unfilled for o in self._by_price(market) if o.is_close and o.account.key == key), ZERO)
        return ZERO if position is None else position.size - held

    def _trigger(self, stop: Order) -> None:
        placed = Order(
            order_id=self.next_id(),
            account=stop.account,
            kind=stop.kind,
            pair=stop.pair,
            side=stop.side,
            type=stop.type,
            amount=stop.amount,
            price=stop.price,
            client_id=stop.client_id,
            by_value=stop.by_value,
        )
        try:
            self.place(placed)
        except RefusedError:
            stop.canceled = True
        self.on_stop("active_fail" if stop.canceled else "active_success", stop)

    def _watch(self, key: str, position: Position, market: Market) -> None:
        account = self.bank.accounts[key]
        last = market.last
        is_stopped = bool(position.stop_loss) and (
            last <= position.stop_loss if position.is_long else last >= position.stop_loss
        )
        is_taken = bool(position.take_profit) and (
            last >= position.take_profit if position.is_long else last <= position.take_profit
        )
        if is_stopped or is_taken:
            for order in [o for o in self._by_price(market) if o.is_close and o.account is account]:
                self.cancel(order)
            self.close_position(key, market, "market")
        elif position.is_broke(last, account.futures[COIN].available):
            self._liquidate(key, position, market)

    @exact
    def close_position(
        self,
        key: str,
        market: Market,
        kind: str,
        *,
        amount: Decimal | None = None,
        price: Decimal = ZERO,
        client_id: str = "",
    ) -> Order:
        """Place the order that closes a position or a part of it.

        Raises:
            RefusedError: there is no such position.
        """
        account = self.bank.accounts[key]
        position = account.positions.get(market.market_id)
        if position is None:
            raise RefusedError(BAD_PARAMETER, "position not found")
        free = self.closable(key, market)
        return self.place(
            Order(
                order_id=self.next_id(),
                account=account,
                kind=Kind.FUTURES,
                pair=market.pair,
                side="sell" if position.is_long else "buy",
                type=kind,
                amount=min(amount or position.size, free),
                price=price,
                client_id=client_id,
                is_close=True,
            )
        )

    def _liquidate(self, key: str, position: Position, market: Market) -> None:
        """Take the position over at the mark price; what a loss beyond the account's money costs, the makers bear."""
        account = self.bank.accounts[key]
        for order in [o for o in self.resting if o.account is account and o.kind is Kind.FUTURES]:
            self.cancel(order)
        order = Order(
            order_id=self.next_id(),
            account=account,
            kind=Kind.FUTURES,
            pair=market.pair,
            side="sell" if position.is_long else "buy",
            type="market",
            amount=position.size,
            is_close=True,
            client_id="liquidation",
            created_ms=self.now_ms(),
        )
        self.settlement.execute(order, order.amount, market.last, "taker", self.now_ms())
        self.finished.append(order)
        self.on_order("finish", order)
        purse = account.futures[COIN]
        if purse.available < 0:
            self.bank.makers[COIN] += purse.available
            purse.available = ZERO

    def _market(self, order: Order) -> Market:
        market = self.market_of(order.kind, order.pair.market_id)
        assert market is not None
        return market


def _accepts(order: Order, price: Decimal) -> bool:
    if order.type == "market":
        return True
    return price <= order.price if order.side == "buy" else price >= order.price


def _is_better(side: str, user: Decimal, maker: Decimal) -> bool:
    """Return whether a taker of this side meets the user's order before the maker's level (at the same price, too)."""
    return user <= maker if side == "buy" else user >= maker


def _is_reached(stop: Order, last: Decimal) -> bool:
    assert stop.trigger_price is not None
    return last >= stop.trigger_price if stop.trigger_direction == "higher" else last <= stop.trigger_price
