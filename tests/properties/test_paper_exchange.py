"""Random orders on random books: an exchange that is killed and rebuilt ends as one left alone, and keeps its laws."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

import pytest

from desktop_trader.brokers import paper
from desktop_trader.brokers.book_walk import Slice, TakenLevels
from desktop_trader.brokers.latency import latency_between
from desktop_trader.brokers.price_band import PriceBand, Reach
from desktop_trader.domain.market import BookLevel, OrderBook
from desktop_trader.domain.order import OrderSide, OrderType, TimeInForce
from tests.builders import SPOT, START, make_bar, make_position
from tests.paper_rig import PaperRig

STEPS = 120
LOTS = Decimal("0.1")


@dataclass(frozen=True)
class Step:
    """Something that happens; `acts` does it to an exchange."""

    name: str
    acts: Callable[[PaperRig], object]


def new_rig() -> PaperRig:
    return PaperRig(
        *(make_position(id=number, quantity=2, price=100) for number in (1, 2)), latency=latency_between(0, 3_000)
    )


class Walk:
    """A script of random steps around a price that wanders by ticks of one."""

    def __init__(self, seed: int, *, on_bars: bool) -> None:
        self.rng = Random(seed)
        self.on_bars = on_bars
        self.price = 100
        self.orders = 0
        self.second = 0

    def script(self, steps: int) -> list[Step]:
        return [self._step() for _ in range(steps)]

    def _step(self) -> Step:
        what = self.rng.random()
        if what < 0.25:
            return self._place()
        if what < 0.31 and self.orders:
            return self._edit(self.rng.randint(1, self.orders))
        if what < 0.36 and self.orders:
            number = self.rng.randint(1, self.orders)
            return Step(f"cancel {number}", lambda rig: rig.cancel(number))
        if what < 0.40:
            return Step("checkpoint", PaperRig.checkpoint)
        return self._bar() if self.on_bars else self._quote()

    def _place(self) -> Step:
        self.orders += 1
        number, at = self.orders, START + timedelta(seconds=self.second)
        terms = self._terms() | {"id": number, "eligible_at": at}
        if self.rng.random() < 0.4:
            terms |= {"is_exit": True, "position_id": self.rng.randint(1, 2), "side": OrderSide.SELL}
        if self.rng.random() < 0.2:
            terms["oco_id"] = str(self.rng.randint(1, 3))
        if self.rng.random() < 0.2:
            terms["expires_at"] = at + timedelta(seconds=self.rng.randint(1, 60 if self.on_bars else 20))
        return Step(f"place {terms}", lambda rig: rig.place(**terms))

    def _terms(self) -> dict[str, Any]:
        kind = self.rng.choice(list(OrderType))
        terms: dict[str, Any] = {
            "type": kind,
            "side": self.rng.choice(list(OrderSide)),
            "quantity": LOTS * self.rng.randint(1, 30),
            "time_in_force": self.rng.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)),
        }
        if kind is OrderType.TRAILING_STOP:
            terms["trail_percent"] = Decimal(self.rng.randint(1, 4))
        if kind.has_trigger and (kind is not OrderType.TRAILING_STOP or self.rng.random() < 0.5):
            terms["trigger_price"] = self._near()
        if kind.has_limit:
            terms["limit_price"] = self._near()
            terms["is_post_only"] = self.rng.random() < 0.2
        return terms

    def _edit(self, number: int) -> Step:
        limit, quantity = self._near(), LOTS * self.rng.randint(1, 30)

        def edit(rig: PaperRig) -> None:
            order = rig.books.portfolio.orders.get(number)
            if order is not None and order.limit_price is not None and quantity > order.filled_quantity:
                rig.edit(number, limit_price=limit, quantity=quantity)

        return Step(f"edit {number}", edit)

    def _quote(self) -> Step:
        self.second += 1
        self._move()
        spread = self.rng.randint(1, 2)
        at = START + timedelta(seconds=self.second)
        book = OrderBook(
            symbol=SPOT.symbol, bids=self._levels(self.price, -1), asks=self._levels(self.price + spread, 1), at=at
        )

        def show(rig: PaperRig) -> None:
            rig.now = at
            rig.show_quote(book)

        return Step(f"quote {book}", show)

    def _bar(self) -> Step:
        at = START + timedelta(seconds=self.second)
        self.second += 60
        opened = self.price + self.rng.choice((0, 0, 0, -2, 2))
        self._move()
        high, low = max(opened, self.price) + self.rng.randint(0, 3), min(opened, self.price) - self.rng.randint(0, 3)
        bar = make_bar(f"{opened} {high} {low} {self.price}", opened_at=at)

        def show(rig: PaperRig) -> None:
            rig.now = at
            rig.show_open(bar)
            rig.show_range(bar)

        return Step(f"bar {bar}", show)

    def _levels(self, best: int, sign: int) -> tuple[BookLevel, ...]:
        count = self.rng.randint(1, 4)
        return tuple(
            BookLevel(price=Decimal(best + sign * each), size=LOTS * self.rng.randint(1, 12)) for each in range(count)
        )

    def _near(self) -> Decimal:
        return Decimal(self.price + self.rng.randint(-4, 4))

    def _move(self) -> None:
        self.price = max(20, self.price + self.rng.choice((-2, -1, -1, 0, 1, 1, 2)))


def alone(script: list[Step]) -> PaperRig:
    rig = new_rig()
    for step in script:
        step.acts(rig)
    return rig


def killed_after_every_report(script: list[Step]) -> PaperRig:
    rig = new_rig()
    rig.dies_after_each_report = True
    for step in script:
        step.acts(rig)
    return rig


def killed_at_random(script: list[Step], rng: Random) -> PaperRig:
    """Die anywhere between two steps: what happened since the newest commit happens once more."""
    rig = new_rig()
    kept, begun, number, deaths = rig.kept, 0, 0, 0
    while number < len(script):
        before = rig.kept
        script[number].acts(rig)
        number += 1
        if rig.kept is not before:
            kept, begun = rig.kept, number - 1 if _is_inside(script[number - 1]) else number
        if deaths < 40 and rng.random() < 0.2:
            deaths += 1
            rig.restart(kept)
            number = begun
    return rig


def _is_inside(step: Step) -> bool:
    """A price that led to a commit is shown once more after a kill; what a person did is done."""
    return step.name.startswith("quote")


def _same_end(rig: PaperRig, other: PaperRig, script: list[Step]) -> None:
    assert rig.told == other.told, script
    assert rig.books.portfolio == other.books.portfolio
    assert dict(rig.broker.ratchets()) == dict(other.broker.ratchets())


def _check_laws(rig: PaperRig) -> None:
    """Nobody gets a size twice, a price beyond the limit, or more than is open."""
    assert len({report.execution.trade_id for _, report in rig.fills}) == len(rig.fills)
    closed = Decimal(0)
    for order, report in rig.fills:
        it = report.execution
        assert 0 < it.quantity <= order.remaining_quantity
        assert it.fee >= 0
        assert report.model
        if order.limit_price is not None:
            sign = 1 if order.side is OrderSide.BUY else -1
            assert sign * it.price <= sign * order.limit_price
        closed += it.quantity if order.is_exit else 0
    assert closed + sum((each.quantity for each in rig.books.portfolio.positions.values()), Decimal(0)) == 4


def walk(seed: int, *, on_bars: bool, steps: int = STEPS) -> int:
    script = Walk(seed, on_bars=on_bars).script(steps)
    left_alone = alone(script)
    _check_laws(left_alone)
    _same_end(left_alone, killed_after_every_report(script), script)
    if not on_bars:
        _same_end(left_alone, killed_at_random(script, Random(seed)), script)
    return len(left_alone.told)


@pytest.mark.parametrize("on_bars", [False, True], ids=["on books", "on bars"])
@pytest.mark.parametrize("seed", range(12))
def test_an_exchange_killed_and_rebuilt_ends_as_one_left_alone(seed: int, on_bars: bool) -> None:
    assert walk(seed, on_bars=on_bars) > 10


@pytest.mark.parametrize("seed", range(50, 58))
def test_what_is_passed_over_would_have_done_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Walk(seed, on_bars=False).script(STEPS)
    sleeping = alone(script)
    for kind in (PriceBand, Reach):
        monkeypatch.setattr(kind, "is_missed_by", lambda self, quote: False)
    _same_end(sleeping, alone(script), script)


class TakenAndTold(TakenLevels):
    """What is taken of books, remembered as it comes."""

    parts: ClassVar[list[tuple[datetime, Slice]]] = []

    def take(self, symbol: str, part: Slice, *, at: datetime) -> None:
        self.parts.append((at, part))
        super().take(symbol, part, at=at)


def check_books(seed: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold every fill of a walk against the book it happened in; return how many makers the price went beyond."""
    monkeypatch.setattr(paper, "TakenLevels", TakenAndTold)
    TakenAndTold.parts = []
    rig = alone(Walk(seed, on_bars=False).script(STEPS))
    _check_prices(rig)
    for side in OrderSide:
        _check_sizes(rig, side, [(at, part) for at, part in TakenAndTold.parts if part.side is side])
    return sum("went through" in report.model for _, report in rig.fills)


def _check_prices(rig: PaperRig) -> None:
    """A taker gets what a level costs; a maker gets its limit, and only where the book has come to it."""
    for order, report in rig.fills:
        it, is_buy = report.execution, order.side is OrderSide.BUY
        book = rig.shown[it.at]
        prices = [level.price for level in (book.asks if is_buy else book.bids)]
        if it.is_maker:
            assert it.price == order.limit_price
            assert prices[0] <= it.price if is_buy else prices[0] >= it.price
        else:
            assert it.price in prices
        assert not (order.limit_price is not None and it.price > order.limit_price and is_buy)
        assert not (order.limit_price is not None and it.price < order.limit_price and not is_buy)


def _check_sizes(rig: PaperRig, side: OrderSide, parts: list[tuple[datetime, Slice]]) -> None:
    """All fills together get no more than was taken, and of a level no more is taken than it showed and got anew."""
    taken: dict[datetime, dict[Decimal, Decimal]] = {at: {} for at in rig.shown}
    for at, part in parts:
        taken[at][part.price] = taken[at].get(part.price, Decimal(0)) + part.quantity
    filled = dict.fromkeys(rig.shown, Decimal(0))
    for order, report in rig.fills:
        if order.side is side.opposite:
            filled[report.execution.at] += report.execution.quantity
    before: dict[Decimal, Decimal] = {}
    spare: dict[Decimal, Decimal] = {}
    for at, book in rig.shown.items():
        sizes = {level.price: level.size for level in (book.asks if side is OrderSide.SELL else book.bids)}
        assert filled[at] <= sum(taken[at].values()), at
        assert taken[at].keys() <= sizes.keys()
        for price, size in sizes.items():
            gone = taken[at].get(price, Decimal(0))
            assert gone <= size
            grown = max(Decimal(0), size - before[price]) if price in before else size
            spare[price] = grown + (spare[price] if price in before else 0) - gone
            assert spare[price] >= 0, (at, price)
        before = sizes


@pytest.mark.parametrize("seed", range(200, 212))
def test_no_fill_has_a_price_or_a_size_that_no_book_showed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    check_books(seed, monkeypatch)


@pytest.mark.campaign
def test_no_fill_has_a_price_or_a_size_that_no_book_showed_in_many_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(check_books(seed, monkeypatch) for seed in range(2_000, 2_600)) > 100


@pytest.mark.campaign
@pytest.mark.parametrize("on_bars", [False, True], ids=["on books", "on bars"])
def test_an_exchange_killed_and_rebuilt_ends_as_one_left_alone_in_long_walks(on_bars: bool) -> None:
    for seed in range(1_000, 1_400):
        walk(seed, on_bars=on_bars)
