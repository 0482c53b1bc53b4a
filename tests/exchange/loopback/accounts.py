"""Who trades at the loopback exchange, and what each has: spot coins, the futures wallet, positions.

Nothing is created or lost: every coin that leaves one account arrives in another, in the fees or in the makers' pot
(`Bank.totals` is constant; the makers may owe). All figures are exact Decimals; the one division, the cost of a part of
a position, is rounded to 20 digits and what is left stays in the position.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from typing import ParamSpec, TypeVar

from tests.exchange.loopback.listing import MAINTENANCE_RATE, Pair

ZERO = Decimal(0)
EXACT = Context(prec=80)
PART = Decimal(1).scaleb(-20)
P = ParamSpec("P")
R = TypeVar("R")
COIN = "USDT"


def exact(work: Callable[P, R]) -> Callable[P, R]:
    """Let a function calculate with 80 digits: sums of money are never rounded."""

    @functools.wraps(work)
    def within(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(EXACT):
            return work(*args, **kwargs)

    return within


@dataclass(slots=True)
class Purse:
    """One coin: what can be used, and what open orders hold."""

    available: Decimal = ZERO
    frozen: Decimal = ZERO

    def freeze(self, amount: Decimal) -> None:
        self.available -= amount
        self.frozen += amount

    def release(self, amount: Decimal) -> None:
        self.freeze(-amount)


@dataclass(slots=True)
class Position:
    """One netted position: `size` > 0, `is_long` tells the side; `cost` is the sum of price x quantity still open."""

    position_id: int
    pair: Pair
    is_long: bool
    leverage: int
    margin_mode: str
    opened_ms: int
    size: Decimal = ZERO
    cost: Decimal = ZERO
    margin: Decimal = ZERO
    realized: Decimal = ZERO
    most: Decimal = ZERO
    stop_loss: Decimal = ZERO
    take_profit: Decimal = ZERO
    updated_ms: int = 0

    @property
    def entry_price(self) -> Decimal:
        return (self.cost / self.size) if self.size else ZERO

    def unrealized(self, mark: Decimal) -> Decimal:
        value = self.size * mark
        return value - self.cost if self.is_long else self.cost - value

    def add(self, quantity: Decimal, price: Decimal, margin: Decimal) -> None:
        self.size += quantity
        self.cost += quantity * price
        self.margin += margin
        self.most = max(self.most, self.size)

    def close(self, quantity: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
        """Take a part out and return its gross profit and its margin."""
        is_all = quantity == self.size
        cost = self.cost if is_all else _share(self.cost, quantity, self.size)
        margin = self.margin if is_all else _share(self.margin, quantity, self.size)
        value = quantity * price
        profit = value - cost if self.is_long else cost - value
        self.size -= quantity
        self.cost -= cost
        self.margin -= margin
        self.realized += profit
        return profit, margin

    def is_broke(self, mark: Decimal, free: Decimal) -> bool:
        """Return whether the position is to be liquidated; `free` counts in with cross margin."""
        backing = self.margin + self.unrealized(mark) + (free if self.margin_mode == "cross" else ZERO)
        return backing <= ((self.size * mark) * MAINTENANCE_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPaid:
    """One settlement of a position: `value` is what the account got (+) or paid (-)."""

    at_ms: int
    position_id: int
    market_id: str
    is_long: bool
    rate: Decimal
    value: Decimal


@dataclass(slots=True)
class Account:
    """One key's money."""

    key: str
    secret: str
    can_trade: bool = True
    spot: defaultdict[str, Purse] = field(default_factory=lambda: defaultdict(Purse))
    futures: defaultdict[str, Purse] = field(default_factory=lambda: defaultdict(Purse))
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, tuple[int, str]] = field(default_factory=dict)
    funding: list["FundingPaid"] = field(default_factory=list)

    def leverage_of(self, market_id: str) -> tuple[int, str]:
        """Return leverage and margin mode set for a market."""
        return self.leverage.get(market_id, (3, "cross"))


@dataclass(slots=True)
class Bank:
    """All accounts, the fees earned and the makers' pot (negative when they owe)."""

    accounts: dict[str, Account] = field(default_factory=dict)
    fees: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    makers: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def open(self, account: Account, spot: dict[str, str], futures: dict[str, str]) -> Account:
        """Take an account in with its first money."""
        for coin, amount in spot.items():
            account.spot[coin].available = Decimal(amount)
        for coin, amount in futures.items():
            account.futures[coin].available = Decimal(amount)
        self.accounts[account.key] = account
        return account

    @exact
    def totals(self) -> dict[str, Decimal]:
        """Return all there is of each coin; trading never changes it."""
        total: defaultdict[str, Decimal] = defaultdict(Decimal)
        for coin, amount in self._amounts():
            total[coin] += amount
        return dict(total)

    def _amounts(self) -> Iterator[tuple[str, Decimal]]:
        for account in self.accounts.values():
            for purses in (account.spot, account.futures):
                for coin, purse in purses.items():
                    yield coin, purse.available + purse.frozen
            for position in account.positions.values():
                yield COIN, position.margin
        yield from self.fees.items()
        yield from self.makers.items()


def _share(whole: Decimal, part: Decimal, of: Decimal) -> Decimal:
    return ((whole * part) / of).quantize(PART, rounding=ROUND_DOWN)
