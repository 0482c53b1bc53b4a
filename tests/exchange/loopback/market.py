"""One market of the loopback exchange: its price now, the makers' levels around it, its public deals and its day.

A market is refreshed at each tick of the exchange. The makers' levels are a function of the price and the tick, so two
runs of one seed show the same book; what users' orders take from a level is gone until the next tick.
"""

import hashlib
import itertools
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from tests.exchange.loopback.listing import Kind, Pair
from tests.exchange.loopback.price_path import PricePath

LEVELS = 50
DAY = 86400


@dataclass(slots=True)
class Level:
    """What the makers offer at one price."""

    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One public deal; `side` is the taker's."""

    deal_id: int
    at_ms: int
    side: str
    price: Decimal
    amount: Decimal


@dataclass(slots=True)
class Market:
    """The state of one market at the newest tick."""

    kind: Kind
    pair: Pair
    path: PricePath
    last: Decimal = Decimal(0)
    updated_ms: int = 0
    _bids: list[Level] | None = None
    _asks: list[Level] | None = None
    deals: deque[Deal] = field(default_factory=lambda: deque(maxlen=1000))
    is_active: bool = True
    level_amount: Decimal | None = None
    """The makers' amount at each level, for tests of partial fills; `None` lets it follow the seed."""
    funding_rate: Decimal = Decimal("0.0001")
    mark_price: Decimal | None = None
    """Held by a script; `None` lets it be the last price."""
    _day: tuple[float, Decimal, Decimal, Decimal, Decimal] | None = None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def market_id(self) -> str:
        return self.pair.market_id

    def mark(self) -> Decimal:
        """Return what positions are valued with."""
        return self.last if self.mark_price is None else self.mark_price

    @property
    def bids(self) -> list[Level]:
        """Return what makers buy at, the best first; made when somebody looks."""
        if self._bids is None:
            self._bids = [level for level in self._levels(-self._half()) if level.price > 0] if self.updated_ms else []
        return self._bids

    @property
    def asks(self) -> list[Level]:
        """Return what makers sell at, the best first."""
        if self._asks is None:
            self._asks = self._levels(self._half()) if self.updated_ms else []
        return self._asks

    @property
    def best_bid(self) -> Decimal | None:
        return self.bids[0].price if self.bids else None

    @property
    def best_ask(self) -> Decimal | None:
        return self.asks[0].price if self.asks else None

    def refresh(self, now: float) -> None:
        """Take the price of `now` and set the makers' levels around it; a market that moved shows a deal."""
        before, self.last = self.last, self.path.price(now)
        self.updated_ms = max(int(now * 1000), self.updated_ms + 1)
        self._bids = self._asks = None
        self.print_deal("buy" if self.last >= before else "sell", self.last, self._amount(0, False))

    def print_deal(self, side: str, price: Decimal, amount: Decimal | None) -> None:
        """Add a public deal at the newest tick."""
        if amount:
            self.deals.append(
                Deal(deal_id=next(self._numbers), at_ms=self.updated_ms, side=side, price=price, amount=amount)
            )

    def take_maker(self, side: str, level: Level, amount: Decimal) -> None:
        """Take an amount from a maker's level; `side` is the level's: "bids" or "asks"."""
        level.amount -= amount
        if side == "bids":
            self._bids = [left for left in self.bids if left.amount > 0]
        else:
            self._asks = [left for left in self.asks if left.amount > 0]

    def day(self, now: float) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Return open, high, low and base volume of the last 24 hours; the far part is looked up once a minute."""
        if self._day is None or now - self._day[0] > 60 or now < self._day[0]:
            period = 600
            first = int(now - DAY) // period * period
            whole = self.path.span(period, first, now)
            self._day = (now, whole.open, whole.high, whole.low, whole.volume)
        _, opened, high, low, volume = self._day
        return opened, max(high, self.last), min(low, self.last), volume

    def forget_day(self) -> None:
        """Look the day up again: a script has set a price."""
        self._day = None

    def _half(self) -> Decimal:
        """Half of the spread: half a hundredth of a percent."""
        return max(self.pair.price_step, (self.last / 20000).quantize(self.pair.price_step))

    def _levels(self, half: Decimal) -> list[Level]:
        step = abs(half)
        rows = (
            Level(self.last + half + (step * number if half > 0 else -step * number), self._amount(number, half > 0))
            for number in range(LEVELS)
        )
        return [level for level in rows if level.amount > 0]

    def _amount(self, number: int, is_ask: bool) -> Decimal:
        if self.level_amount is not None:
            return self.level_amount
        seed = f"{self.path.seed}:{self.market_id}:{self.last}:{number}:{is_ask}".encode()
        share = int.from_bytes(hashlib.blake2b(seed, digest_size=4).digest(), "big") % 9000 + 1000
        notional = Decimal(share) * (number + 1)
        return max((notional / self.last).quantize(Decimal("0.0001")), self.pair.min_amount)
