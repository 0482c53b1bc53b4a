"""Moves the money of one execution: spot coins, futures margin, profit and fees. The only place that changes balances
because of a deal."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.exchange.loopback.accounts import COIN, PART, ZERO, Account, Bank, Position, Purse
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.orders import Deal, Order


@dataclass(slots=True)
class Settlement:
    """Settles against the bank; `tell` hears of each deal after it."""

    bank: Bank
    tell: Callable[[Order, Deal], None]
    _deal_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(4_000_000_001))
    _position_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(300_000_001))

    def freeze(self, order: Order, reference: Decimal) -> bool:
        """Hold what the order may need; False when there is not enough. `reference`: the price it may be done at."""
        purse, amount = self._need(order, reference)
        if amount > purse.available:
            return False
        purse.freeze(amount)
        order.frozen = amount
        return True

    def release(self, order: Order) -> None:
        """Give back what an order that ended still holds."""
        self._purse(order).release(order.frozen)
        order.frozen = ZERO

    def execute(self, order: Order, quantity: Decimal, price: Decimal, role: str, at_ms: int) -> Deal:
        """Book one execution of an order against the makers' pot (two users' orders meet there and cancel out)."""
        maker_rate, taker_rate = order.fee_rates
        rate = maker_rate if role == "maker" else taker_rate
        value = quantity * price
        settle = self._spot if order.kind is Kind.SPOT else self._futures
        fee, coin = settle(order, quantity, price, rate)
        order.filled += quantity
        order.value += value
        order.updated_ms = at_ms
        deal = Deal(
            deal_id=next(self._deal_ids), at_ms=at_ms, price=price, amount=quantity, role=role, fee=fee, fee_coin=coin
        )
        order.deals.append(deal)
        if not order.is_live:
            self.release(order)
        self.tell(order, deal)
        return deal

    def _spot(self, order: Order, quantity: Decimal, price: Decimal, rate: Decimal) -> tuple[Decimal, str]:
        base, quote = order.account.spot[order.pair.base], order.account.spot[order.pair.quote]
        value = quantity * price
        makers, fees = self.bank.makers, self.bank.fees
        if order.side == "buy":
            fee = quantity * rate
            held = value if order.by_value else quantity * (order.price or price)
            held = min(held, order.frozen)
            quote.frozen -= held
            order.frozen -= held
            quote.available += held - value
            base.available += quantity - fee
            makers[order.pair.quote] += value
            makers[order.pair.base] -= quantity
            fees[order.pair.base] += fee
            order.base_fee += fee
            return fee, order.pair.base
        fee = value * rate
        base.frozen -= quantity
        order.frozen -= quantity
        quote.available += value - fee
        makers[order.pair.quote] -= value
        makers[order.pair.base] += quantity
        fees[order.pair.quote] += fee
        order.quote_fee += fee
        return fee, order.pair.quote

    def _futures(self, order: Order, quantity: Decimal, price: Decimal, rate: Decimal) -> tuple[Decimal, str]:
        purse = order.account.futures[COIN]
        self._give_back(order, quantity)
        position = order.account.positions.get(order.pair.market_id)
        closing = ZERO
        if position is not None and position.is_long != (order.side == "buy"):
            closing = min(quantity, position.size)
            profit, margin = position.close(closing, price)
            purse.available += margin + profit
            self.bank.makers[COIN] -= profit
            order.realized += profit
            if not position.size:
                del order.account.positions[order.pair.market_id]
        opening = quantity - closing
        if opening:
            self._open(order, opening, price)
        fee = (quantity * price) * rate
        purse.available -= fee
        self.bank.fees[COIN] += fee
        order.quote_fee += fee
        return fee, COIN

    def _open(self, order: Order, quantity: Decimal, price: Decimal) -> None:
        account, market_id = order.account, order.pair.market_id
        leverage, mode = account.leverage_of(market_id)
        position = account.positions.get(market_id)
        if position is None:
            position = Position(
                next(self._position_ids), order.pair, order.side == "buy", leverage, mode, order.updated_ms
            )
            account.positions[market_id] = position
        margin = ((quantity * price) / Decimal(leverage)).quantize(PART)
        account.futures[COIN].available -= margin
        position.add(quantity, price, margin)

    def _give_back(self, order: Order, quantity: Decimal) -> None:
        """Release the share of the held margin that belongs to this part of the order."""
        share = (
            order.frozen if quantity >= order.unfilled else (order.frozen * quantity / order.unfilled).quantize(PART)
        )
        order.account.futures[COIN].release(share)
        order.frozen -= share

    def _need(self, order: Order, reference: Decimal) -> tuple[Purse, Decimal]:
        purse = self._purse(order)
        if order.kind is Kind.SPOT:
            if order.side == "sell":
                return purse, order.amount
            return purse, order.amount if order.by_value else order.amount * (order.price or reference)
        leverage, _ = order.account.leverage_of(order.pair.market_id)
        value = ZERO if order.is_close else order.amount * reference
        need = value / leverage + (value * order.fee_rates[1])
        return purse, need.quantize(PART)

    def _purse(self, order: Order) -> Purse:
        account: Account = order.account
        if order.kind is Kind.FUTURES:
            return account.futures[COIN]
        return account.spot[order.pair.quote if order.side == "buy" else order.pair.base]
