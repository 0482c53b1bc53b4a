"""Whatever orders, fills, prices, funding, people and restarts do, in any order: the laws of the books hold.

Spot and swaps, every kind of order, with and without a book of orders, isolated and cross, pauses and panics.
`make campaign` walks 100,000 steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.invariants import check_account
from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.engine.ports import BookUpdate, LedgerStore
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.builders import SPOT, SWAP
from tests.fakes import MemoryLedgerStore
from tests.properties.test_engine_books import check_journal
from tests.trading_rig import TradingRig, play

_QUANTITIES = ("0.00001", "0.3", "1", "2.5", "7.77777", "20", "90", "2000")
_LEVERAGES = ("x1", "x2", "x10", "x50", "x125", "x126")
_DUST = Decimal("0.00000002")
_AGES = ("", "", "", "gtd 5", "ioc", "fok", "post-only")


@dataclass
class Walk:
    """A walk at random: every line is one of the words of the tables, sensible or not."""

    rig: TradingRig
    random: Random
    price: Decimal = Decimal(100)
    is_paused: bool = False

    def line(self) -> str:
        """Return what happens next."""
        draw = self.random.random()
        if draw < 0.34:
            return self.next_price()
        kinds = (
            (0.62, self.entry),
            (0.70, self.exit),
            (0.88, self.change),
            (0.93, self.funding),
            (0.96, self.money),
            (1.0, self.rare),
        )
        return next(make for bound, make in kinds if draw < bound)()

    def factor(self, low: float, high: float) -> Decimal:
        return Decimal(self.random.randint(int(low * 10_000), int(high * 10_000))) / 10_000

    def next_price(self) -> str:
        before, draw = self.price, self.random.random()
        moves = self.factor(0.4, 2.2) if draw < 0.06 else self.factor(0.96, 1.04)
        self.price = max((before * moves).quantize(Decimal("0.01")), Decimal("0.5"))
        if self.rig.fills_on is PriceSource.BARS:
            open_ = before if draw < 0.7 else self.price
            high, low = (
                max(open_, self.price) + Decimal("0.5"),
                max(min(open_, self.price) - Decimal("0.4"), Decimal("0.01")),
            )
            return f"bar {open_} {high} {low} {self.price}"
        words = [f"quote {self.price}"]
        if draw > 0.5:
            words.append(f"mark {(self.price * self.factor(0.992, 1.008)).quantize(Decimal('0.01'))}")
        if draw > 0.75:
            words.append(f"bids {self.levels(-1)} asks {self.levels(1)}")
        return " ".join(words)

    def levels(self, sign: int) -> str:
        step = Decimal("0.05")
        prices = [self.price + sign * step * place for place in range(self.random.randint(1, 4))]
        return ",".join(
            f"{max(each, Decimal('0.01'))}x{self.random.choice(('0.2', '1', '5', '50'))}" for each in prices
        )

    def near(self, spread: float = 0.06) -> str:
        return str((self.price * self.factor(1 - spread, 1 + spread)).quantize(Decimal("0.01")))

    def entry(self) -> str:
        side, size = self.random.choice(("long", "short")), self.random.choice(_QUANTITIES)
        if self.random.random() < 0.15:
            return f"oco {side} {size} limit {self.near()} stop {self.near()} {self.random.choice(_LEVERAGES)}"
        kind = self.random.choice(
            (
                "",
                "",
                f"limit {self.near()} {self.random.choice(_AGES)}",
                f"stop-market {self.near()}",
                f"stop-limit {self.near()} {self.near()}",
                f"take-profit {self.near()}",
                f"take-profit-limit {self.near()} {self.near()}",
                f"trailing {self.random.choice(('0.5', '3', '20'))}",
            )
        )
        terms = [self.random.choice(_LEVERAGES), self.random.choice(("", "cross"))]
        if self.random.random() < 0.5:
            sign = 1 if side == "long" else -1
            terms.append(f"stop {self.level(-sign)} target {self.level(sign)}")
        if self.random.random() < 0.2:
            terms.append("trail 3")
        return f"{side} {size} {kind} {' '.join(terms)}"

    def level(self, sign: int) -> Decimal:
        distance = self.factor(0.001, 0.1)
        return max((self.price * (1 + sign * distance)).quantize(Decimal("0.01")), Decimal("0.01"))

    def position(self) -> int:
        return self.random.choice(sorted(self.rig.portfolio.positions) or [99])

    def exit(self) -> str:
        position_id = self.position()
        position = self.rig.portfolio.positions.get(position_id)
        side = "sell" if position is None or position.direction is Direction.LONG else "buy"
        size = self.random.choice(_QUANTITIES)
        kind = self.random.choice(
            (f"limit {self.near()}", f"stop-market {self.near()}", "trailing 2", "", "limit 0.01 ioc")
        )
        if self.random.random() < 0.2:
            return f"oco {side} {size} limit {self.near()} stop {self.near()} of {position_id}"
        return f"{side} {size} {kind} of {position_id}"

    def change(self) -> str:
        position, order = self.position(), self.random.choice(sorted(self.rig.portfolio.orders) or [99])
        return self.random.choice(
            (
                f"close {position}",
                f"close {position} {self.random.choice(_QUANTITIES)}",
                f"reverse {position}",
                f"protect {position} stop {self.near()} target {self.near()}",
                f"protect {position} trail {self.random.choice(('1', '4'))}",
                f"margin {position} {self.random.choice(('0.00000001', '5', '-3', '500', '-0.5'))}",
                f"leverage {position} {self.random.choice(('1', '3', '10', '40', '125'))}",
                f"cancel {order}",
                f"edit {order} limit {self.near()}",
                f"edit {order} quantity {self.random.choice(_QUANTITIES)}",
                f"edit {order} trigger {self.near()}",
            )
        )

    def funding(self) -> str:
        rate = self.random.choice(("0.0001", "-0.0001", "0.00033333", "0.0075", "-0.0075"))
        return f"funding {rate} {self.price}"

    def money(self) -> str:
        amount = self.random.choice(("0.00000001", "100", "2500", "15000"))
        return f"{self.random.choice(('deposit', 'withdraw', 'set'))} {amount}"

    def rare(self) -> str:
        self.is_paused = not self.is_paused
        return self.random.choice(
            ("restart", "restart", "close-all", "clear", "clear", "pause" if self.is_paused else "resume", "resume")
        )


@dataclass
class HedgeWalk(Walk):
    """A walk on cross alone, with many lots that gain and lose at the same time, and prices that jump."""

    def line(self) -> str:
        draw = self.random.random()
        if draw < 0.4:
            return self.next_price()
        if self.rig.engine.books.close_only and not self.rig.portfolio.positions:
            return "clear"
        return self.hedge() if draw < 0.75 else self.leave()

    def next_price(self) -> str:
        before, draw = self.price, self.random.random()
        moves = self.factor(0.5, 1.9) if draw < 0.25 else self.factor(0.95, 1.05)
        self.price = max((before * moves).quantize(Decimal("0.01")), Decimal("0.5"))
        if self.rig.fills_on is PriceSource.QUOTES:
            return f"quote {self.price}"
        open_ = before if 0.15 < draw < 0.6 else self.price
        low, high = min(open_, self.price), max(open_, self.price)
        return f"bar {open_} {high + Decimal('0.5')} {low - Decimal('0.4')} {self.price}"

    def hedge(self) -> str:
        side, size = self.random.choice(("long", "short")), self.random.choice(("0.3", "20", "90", "200", "500", "900"))
        stop = f"stop {self.level(-1 if side == 'long' else 1)}" if self.random.random() < 0.3 else ""
        return f"{side} {size} {self.random.choice(('x5', 'x20', 'x100'))} cross {stop}"

    def leave(self) -> str:
        number = self.position()
        return self.random.choice(
            (
                f"close {number}",
                f"close {number}",
                f"close {number} {self.random.choice(('0.3', '20', '200'))}",
                f"reverse {number}",
                f"protect {number} stop {self.near()}",
                f"protect {number} trail 2",
                "close-all",
                "restart",
                f"deposit {self.random.choice(('50', '3000'))}",
                f"withdraw {self.random.choice(('500', '4000'))}",
            )
        )


def check_insurance(rig: TradingRig, updates: Sequence[BookUpdate], *, mark: Decimal, before: Portfolio) -> int:
    """The law of the insurance fund, over the fills of one event; return how often it paid.

    Where bid, ask and mark are one price, a fill changes the equity at that price by its fee, to the last digit that
    its P&L is rounded to. Where the equity after it is more than that, the insurance fund paid the rest: then what
    answered before (the equity without the reserves of orders) was no more than the whole fee of the close, nothing
    else on cross gains, and the total is not below zero. Where the fund pays, a fill on bars lies nearer than the
    market was: what of the other direction gains at the price of the fill gained at that of the market too.
    """
    paid = 0
    for update in updates:
        after = update.portfolio
        for fill in update.fills:
            price = mark if rig.fills_on is PriceSource.QUOTES else fill.price
            gift = equity_at(after, price) - equity_at(before, price) + fill.fee
            assert gift >= -_DUST, (fill, gift)
            is_insured = any("the insurance fund pays" in line.detail for line in update.receipt)
            if rig.fills_on is PriceSource.QUOTES:
                assert is_insured == (gift > _DUST), (fill, gift)
            if is_insured:
                paid += 1
                is_one_price = rig.fills_on is PriceSource.QUOTES
                others = [each for each in after.positions.values() if each.id != fill.position_id]
                rest = [each for each in others if is_one_price or each.direction.entry_side is fill.side]
                assert all(unrealized_pnl(each, price) <= 0 for each in rest), (fill, rest)
                if rig.fills_on is PriceSource.QUOTES:
                    reserves = sum((order.reserve for order in before.orders.values()), Decimal(0))
                    assert equity_at(before, price) - reserves <= fill.quantity * price * SWAP.taker_fee_rate
        assert after.wallet.total >= 0
        assert all(entry.total_after >= 0 for entry in update.entries)
        before = after
    return paid


def equity_at(portfolio: Portfolio, price: Decimal) -> Decimal:
    """What an account is worth at one price of everything it holds."""
    return portfolio.wallet.total + sum(unrealized_pnl(each, price) for each in portfolio.positions.values())


def walk_hedged(random: Random, steps: int, *, fills_on: PriceSource) -> int:
    """Walk so many steps on cross; return how often the insurance fund paid."""
    rig = TradingRig(instruments=[SWAP], fills_on=fills_on)
    walker, paid = HedgeWalk(rig=rig, random=random), 0
    for number in range(steps + 1):
        line = walker.line() if number else walker.next_price()
        before, done = rig.portfolio, len(rig.memory.updates)
        play(rig, line)
        check(rig, line)
        paid += check_insurance(rig, rig.memory.updates[done:], mark=walker.price, before=before)
    return paid


def check(rig: TradingRig, line: str) -> None:
    """The laws that hold between any two events."""
    assert not rig.engine.halted, (line, rig.notices[-1])
    portfolio, wallet = rig.portfolio, rig.portfolio.wallet
    check_account(portfolio)
    assert wallet.total == wallet.available + wallet.locked
    assert wallet.available >= 0, line
    for position in portfolio.positions.values():
        assert position.quantity > 0
        assert position.margin >= 0
    for order in portfolio.orders.values():
        assert not order.is_exit or order.position_id in portfolio.positions, line
        assert order.reserve >= 0
    view = rig.snapshot.balance
    assert view.totals is not None
    assert view.totals.expected_total == wallet.total


def walk(
    random: Random, steps: int, *, instrument: Instrument, fills_on: PriceSource, store: LedgerStore | None = None
) -> tuple[TradingRig, list[str]]:
    """Walk so many steps; return the account and what happened."""
    rig = TradingRig(instruments=[instrument], fills_on=fills_on, store=store or MemoryLedgerStore())
    walker = Walk(rig=rig, random=random)
    lines: list[str] = []
    for number in range(steps + 1):
        line = walker.line() if number else walker.next_price()
        lines.append(line)
        play(rig, line)
        check(rig, line)
    return rig, lines


randoms = st.randoms(use_true_random=False)


@pytest.mark.requirement("R75", "R173", "R174")
@given(randoms, st.sampled_from([SPOT, SWAP]), st.sampled_from(PriceSource))
@settings(max_examples=40)
def test_every_law_holds_whatever_happens(random: Random, instrument: Instrument, fills_on: PriceSource) -> None:
    rig, _ = walk(random, 60, instrument=instrument, fills_on=fills_on)

    check_journal(rig, rig.memory.entries)


@given(randoms, st.sampled_from(PriceSource))
@settings(max_examples=12)
def test_the_real_books_say_the_same_and_verify(random: Random, fills_on: PriceSource) -> None:
    real = SqliteLedgerStore.in_memory()
    stored, lines = walk(random, 60, instrument=SWAP, fills_on=fills_on, store=real)
    twin = TradingRig(instruments=[SWAP], fills_on=fills_on)
    for line in lines:
        play(twin, line)

    report = verify(real._connection)
    assert report.ok, report
    assert stored.engine.books.head == twin.engine.books.head


@given(randoms, st.sampled_from(PriceSource))
@settings(max_examples=20)
def test_restarts_before_any_price_change_nothing_that_is_booked(random: Random, fills_on: PriceSource) -> None:
    quiet, lines = walk(random, 60, instrument=SWAP, fills_on=fills_on)
    restless = TradingRig(instruments=[SWAP], fills_on=fills_on)
    is_gap = False
    for line in lines:
        is_price = line.startswith(("quote", "bar"))
        # What the first price after a pause fills is called a gap; who remembers that over a restart is the outage.
        if is_price and not is_gap and restless.engine.desk.gate.is_open:
            restless.start_again()
        is_gap = line == "resume" or (is_gap and not is_price)
        play(restless, line)

    assert restless.engine.books.head == quiet.engine.books.head


@pytest.mark.requirement("R34")
@given(randoms, st.sampled_from(PriceSource))
@settings(max_examples=30)
def test_on_cross_nothing_is_made_of_nothing(random: Random, fills_on: PriceSource) -> None:
    walk_hedged(random, 60, fills_on=fills_on)


@pytest.mark.requirement("R34")
def test_the_insurance_fund_does_pay_for_accounts_that_have_nothing_left() -> None:
    assert sum(walk_hedged(Random(seed), 60, fills_on=PriceSource.QUOTES) for seed in range(12)) > 3


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(40))
def test_many_steps_on_cross_make_nothing_of_nothing(seed: int) -> None:
    walk_hedged(Random(seed), 1_000, fills_on=tuple(PriceSource)[seed % 2])


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(50))
def test_a_hundred_thousand_steps_keep_every_law(seed: int) -> None:
    real = SqliteLedgerStore.in_memory()
    walk(Random(seed), 2_000, instrument=(SPOT, SWAP)[seed % 2], fills_on=tuple(PriceSource)[seed // 2 % 2], store=real)

    report = verify(real._connection)
    assert report.ok, report
