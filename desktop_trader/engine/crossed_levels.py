"""Which levels a market crossed while nobody looked: found in its bars afterwards, for information only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.order import Direction, Order, OrderSide, OrderType
from desktop_trader.domain.position import Position
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine.position_view import ViewGround, forced_price
from desktop_trader.messages.network import CrossedLevel

_BARS_MAX = 3_000
"""Of a long outage longer bars are looked at: they show the same levels, only not as exactly when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A price that something waited for: from above where it `lies_below`, since `since`."""

    name: str
    price: Decimal
    lies_below: bool
    since: datetime
    position_id: int | None = None
    order_id: int | None = None

    def is_reached(self, low: Decimal, high: Decimal) -> bool:
        return low <= self.price if self.lies_below else high >= self.price


class GapBars:
    """The closed bars of an outage, read once for all accounts: minutes, or what the market has of longer ones."""

    def __init__(self, feed: MarketFeed, *, since: datetime, until: datetime) -> None:
        """Look at `feed` between two moments of the market."""
        self._feed = feed
        self._since, self._until = since, until
        self._bars: dict[str, Sequence[Bar]] = {}
        self._open_at: dict[str, datetime] = {}

    def open_bar(self, symbol: str) -> datetime | None:
        """Return when the bar that is still open began, where every closed one before it is known; else None."""
        self.of(symbol)
        return self._open_at.get(symbol)

    def of(self, symbol: str) -> Sequence[Bar]:
        """Return the bars of a symbol, oldest first, the one in which the outage began too; those that are known."""
        if symbol not in self._bars:
            self._bars[symbol] = self._read(symbol)
        return self._bars[symbol]

    def _read(self, symbol: str) -> Sequence[Bar]:
        for timeframe in Timeframe:
            first = timeframe.bar_start(self._since)
            limit = int((self._until - first) / timeframe.duration)
            if limit > _BARS_MAX:
                continue
            try:
                bars = self._feed.history(symbol, timeframe, before=self._until, limit=limit) if limit > 0 else ()
            except TraderError:  # A recorded market has bars of one length only; and this is for information.
                continue
            known = [bar for bar in bars if bar.opened_at >= first]
            open_at = timeframe.bar_start(self._until)
            if len(known) == limit and open_at < self._until:
                self._open_at[symbol] = open_at
            return known
        return ()


def crossed_levels(ground: ViewGround, bars: GapBars, *, price: Callable[[str], Decimal | None]) -> list[CrossedLevel]:
    """Return the levels of open positions and resting orders that were crossed, in the order of their ids.

    The newest `price`, which is the first stable one, counts where no bar shows as much: that is in the bar that is
    still open, where all before it are known. Trailing stops count where they stood when trading paused.
    """
    portfolio = ground.portfolio
    crossed = []
    for symbol, level in _levels(ground):
        is_crossed, at = _crossing(level, bars.of(symbol), price(symbol))
        at = at or bars.open_bar(symbol)
        if is_crossed:
            crossed.append(
                CrossedLevel(
                    account=portfolio.account.name,
                    symbol=symbol,
                    level=level.name,
                    price=level.price,
                    position_id=level.position_id,
                    order_id=level.order_id,
                    crossed_at=at,
                )
            )
    return crossed


def _levels(ground: ViewGround) -> Iterator[tuple[str, _Level]]:
    for position in ground.portfolio.positions.values():
        for level in _levels_of_position(ground, position):
            yield position.symbol, level
    for order in ground.portfolio.orders.values():
        for level in _levels_of_order(order):
            yield order.symbol, level


def _levels_of_position(ground: ViewGround, position: Position) -> Iterator[_Level]:
    is_long = position.direction is Direction.LONG
    instrument = ground.instruments.get(position.symbol)
    found = {"stop_loss": (position.stop_loss, is_long), "take_profit": (position.take_profit, not is_long)}
    if instrument is not None:
        found["trailing_stop"] = (ground.trailing_stop(position, instrument), is_long)
        found["liquidation"] = (forced_price(ground, position, instrument=instrument), is_long)
    for name, (price, lies_below) in found.items():
        if price is not None:
            yield _Level(
                name=name, price=price, lies_below=lies_below, since=position.opened_at, position_id=position.id
            )


def _levels_of_order(order: Order) -> Iterator[_Level]:
    """What an order waits for: its trigger, and once that was reached, or where there is none, its limit."""
    is_buy = order.side is OrderSide.BUY
    if order.type.has_trigger and not order.is_triggered:
        if order.trigger_price is not None and order.type is not OrderType.TRAILING_STOP:
            lies_below = is_buy != order.type.is_stop
            yield _Level(
                name="trigger",
                price=order.trigger_price,
                lies_below=lies_below,
                since=order.created_at,
                order_id=order.id,
            )
    elif order.limit_price is not None:
        yield _Level(
            name="limit", price=order.limit_price, lies_below=is_buy, since=order.created_at, order_id=order.id
        )


def _crossing(level: _Level, bars: Sequence[Bar], price: Decimal | None) -> tuple[bool, datetime | None]:
    """Say whether a level was crossed, and in the bar of which opening time."""
    for bar in bars:
        # The bar in which all began may show a price from before there was anything to cross.
        if bar.opened_at >= level.since and level.is_reached(bar.low, bar.high):
            return True, bar.opened_at
    return price is not None and level.is_reached(price, price), None
