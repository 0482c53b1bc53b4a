"""A small account of futures in the books: leverage, funding, changes of positions, every term an order can have."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from desktop_trader.domain import order_accounting, position_accounting
from desktop_trader.domain.entry_rules import Check, Denial, Rule
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.money import round_up
from desktop_trader.domain.order import MarginMode, Order, OrderReason, OrderSide, OrderType, Protection, TimeInForce
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import ChangeRequest, PositionMarket
from desktop_trader.engine.ports import LedgerStore
from tests.booked_account import BTC, FEE_RATE, BookedAccount

MARK = Decimal(45_010)


class BookedFutures(BookedAccount):
    """A demo account that does what futures do, by the domain's own rules. Every method is one transaction."""

    def enter(self, side: OrderSide, quantity: str, price: str, *, leverage: int = 10, **fields: object) -> Position:
        """Open a position with leverage, by one order and one fill."""
        order = self.rest(side, quantity, price, leverage=leverage, **fields)
        self.fill(order, order.quantity, price)
        return list(self.portfolio.positions.values())[-1]

    def rest(self, side: OrderSide, quantity: str, price: str, *, leverage: int = 5, **fields: object) -> Order:
        """Let an entry rest with the terms given."""
        cost = Decimal(quantity) * Decimal(price)
        reserve = initial_margin(cost, leverage) + round_up(cost * FEE_RATE)
        return self.order(side, quantity, price, leverage=leverage, reserve=reserve, **fields)

    def rest_exit(self, position: Position, quantity: str, **fields: object) -> Order:
        """Let an exit of a part of a position rest."""
        values: dict[str, object] = {
            "reason": OrderReason.MANUAL, "is_exit": True, "position_id": position.id, "type": OrderType.LIMIT,
        }  # fmt: skip
        side = position.direction.entry_side.opposite
        order = self._order(self._take("order"), side, Decimal(quantity), values | fields)
        check = Check(rule=Rule.RISK_PER_TRADE, value="0.4 %", limit="1 %")
        self.post(order_accounting.place_order(self.portfolio, order, checks=(check,)))
        return order

    def edit(self, order: Order, **fields: object) -> Order:
        """Give a live order new terms."""
        before = self.portfolio.orders[order.id]
        after = replace(before, updated_at=self.tick(), revision=before.revision + 1, **fields)  # type: ignore[arg-type]
        self.post(order_accounting.edit_order(self.portfolio, before, after=after))
        return after

    def fund(self, position_id: int, rate: str) -> None:
        """Let a funding rate come due, on the notional at the mark."""
        at = self.tick()
        due = FundingRate(symbol=BTC.symbol, at=at, rate=Decimal(rate), mark_price=MARK)
        self.post(position_accounting.book_funding(self.portfolio, self._position(position_id), rate=due, at=at))

    def set_protection(self, position_id: int, *, stop: str | None, target: str | None = None) -> None:
        """Move stop and target of a position, or take them away."""
        levels = [None if level is None else Decimal(level) for level in (stop, target)]
        position = self._position(position_id)
        protection = Protection(stop_loss=levels[0], take_profit=levels[1], trail_percent=position.trail_percent)
        self.post(position_accounting.set_protection(position, protection, request=self._request()))

    def set_leverage(self, position_id: int, leverage: int) -> None:
        """Lock the margin of a position anew at another leverage."""
        market = PositionMarket(instrument=BTC, mark=MARK, free=self.portfolio.wallet.available)
        position, request = self._position(position_id), self._request()
        self._post_allowed(
            position_accounting.change_leverage(
                self.portfolio, position, leverage=leverage, market=market, request=request
            )
        )

    def add_margin(self, position_id: int, amount: str) -> None:
        """Add margin to an isolated position."""
        market = PositionMarket(instrument=BTC, mark=MARK, free=self.portfolio.wallet.available)
        position, request = self._position(position_id), self._request()
        self._post_allowed(
            position_accounting.change_margin(
                self.portfolio, position, amount=Decimal(amount), market=market, request=request
            )
        )

    def _position(self, position_id: int) -> Position:
        return self.portfolio.positions[position_id]

    def _request(self) -> ChangeRequest:
        at = self.tick()
        return ChangeRequest(at=at, author="a person", key=f"{self.portfolio.account.name}:{at:%H%M%S}")

    def _post_allowed(self, outcome: Movement | Denial) -> None:
        assert isinstance(outcome, Movement), outcome
        self.post(outcome)


def small_futures(store: LedgerStore, *, name: str = "futures") -> BookedFutures:
    """Book two positions with leverage that were paid and paid funding, one changed; and orders of every term."""
    account = BookedFutures(store, name=name)
    account.change("10000")
    long = account.enter(OrderSide.BUY, "0.02", "45000.01", protection=Protection(stop_loss_percent=Decimal(2)))
    account.fund(long.id, "0.0001")
    account.set_leverage(long.id, 8)
    account.set_protection(long.id, stop="44500")
    account.set_protection(long.id, stop="44700.5", target="47000.5")
    account.add_margin(long.id, "12.5")
    short = account.enter(
        OrderSide.SELL,
        "0.01",
        "46000",
        margin_mode=MarginMode.CROSS,
        protection=Protection(take_profit=Decimal(40_000), trail_percent=Decimal("1.5")),
    )
    account.fund(short.id, "0.0001")
    account.fund(long.id, "-0.0000123")
    account.rest_exit(long, "0.01", limit_price=Decimal(47_000), oco_id="pair-1", is_post_only=True)
    stop = account.rest_exit(
        long, "0.01", type=OrderType.STOP_LIMIT, limit_price=Decimal(44_000), trigger_price=Decimal(44_100),
        oco_id="pair-1",
    )  # fmt: skip
    account.edit(stop, trigger_price=Decimal(44_200), quantity=Decimal("0.005"))
    account.post(order_accounting.trigger_order(account.portfolio.orders[stop.id], Decimal(44_200), at=account.tick()))
    account.rest_exit(
        short, "0.01", type=OrderType.TRAILING_STOP, trigger_price=Decimal(45_500), trail_percent=Decimal("0.75")
    )
    account.rest(
        OrderSide.BUY, "0.01", "40000", time_in_force=TimeInForce.GTD, expires_at=account.now + timedelta(days=3),
        is_post_only=True, margin_mode=MarginMode.CROSS,
    )  # fmt: skip
    done = account.enter(OrderSide.BUY, "0.01", "45500", leverage=50, protection=Protection())
    account.fund(done.id, "0.001")
    account.close(account.portfolio.positions[done.id], done.quantity, "45600")
    return account
