"""Random sessions through random pauses, suspicions and kills: nothing trades behind the gate, no price is made up."""

from decimal import Decimal
from random import Random

import pytest

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.market import Bar, PriceSource
from desktop_trader.domain.order import OrderSide, OrderStatus, OrderType
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.messages.commands import AdjustmentKind
from tests.builders import SPOT, SWAP
from tests.fakes import MemoryLedgerStore
from tests.pause_rig import PauseRig

STEPS = 60


class Walk:
    """One session. After every step what happened in it is held against what may."""

    def __init__(self, seed: int, *, fills_on: PriceSource) -> None:
        self.dice = Random(seed)
        self.rig = PauseRig(instruments=[SWAP if seed % 2 else SPOT], fills_on=fills_on)
        self.on_bars = fills_on is PriceSource.BARS
        self.price = 100
        self.is_lost = False
        self.has_seen_a_price = False
        self.fills = 0
        self.pauses = 0
        self.gaps = 0
        self.rig.start_strategy(fast="2", slow="3", stop_loss_percent="2")

    def play(self) -> None:
        for _ in range(STEPS):
            self._step()
        if self.is_lost:
            self._regain()

    def _step(self) -> None:
        was_open, seen = self.rig.floor.gate.is_open, len(self._store.updates)
        peaks = self._peaks()
        act = self.dice.choices(
            [self._show_price, self._order, self._lose_or_regain, self._suspect, self._money, self._kill],
            weights=[60, 20, 6, 3, 4, 2] if was_open else [30, 10, 15, 15, 4, 2],
        )[0]
        act()
        news = self._store.updates[seen:]
        if not was_open and not self.rig.floor.gate.is_open:
            self._check_frozen(news, act.__name__, peaks)
        self._check_books()

    @property
    def _store(self) -> MemoryLedgerStore:
        return self.rig.store

    def _peaks(self) -> list[Decimal]:
        return [self.rig.engine(name).books.peak_equity for name in self.rig.accounts]

    def _show_price(self) -> None:
        before, seen = self.price, len(self._store.updates)
        # Now and then a jump, as a market makes while nobody looks.
        self.price = max(40, min(200, before + self.dice.choice((-30, -3, -1, 0, 1, 3, 30))))
        if not self.on_bars:
            self.rig.quote(self.price, bid=self.price - 1, ask=self.price + 1)
            self._check_fills(seen, {Decimal(self.price - 1), Decimal(self.price + 1)}, bar=None)
            return
        ends = self.dice.randint(-2, 2) + self.price
        high, low = max(self.price, ends) + self.dice.randint(0, 6), min(self.price, ends) - self.dice.randint(0, 6)
        opened, self.price = self.price, ends
        self.rig.bar(f"{opened} {high} {low} {ends}")
        (bar,) = [event for event in self.rig.history[-1:] if isinstance(event, Bar)]
        self._check_fills(seen, set(), bar=bar)

    def _check_fills(self, seen: int, prices: set[Decimal], *, bar: Bar | None) -> None:
        fills = [fill for update in self._store.updates[seen:] for fill in update.fills]
        assert self.rig.floor.gate.is_open or fills == []
        for fill in fills:
            self.fills += 1
            self.gaps += fill.is_gap
            is_bounded = self._is_bounded(fill) or self._rested(fill)
            if bar is None:
                assert fill.price in prices or is_bounded, fill
            else:
                assert bar.low <= fill.price <= bar.high or is_bounded, fill
                assert not fill.is_gap or fill.price == bar.open or is_bounded, fill
            assert not (fill.is_gap and self.has_seen_a_price), fill
        if self.rig.floor.gate.is_open:
            self.has_seen_a_price = True

    def _rested(self, fill: Fill) -> bool:
        """Whether an order that rested, and not through an outage, was filled at its own limit."""
        (limit,) = {
            order.limit_price for update in self._store.updates for order in update.orders if order.id == fill.order_id
        }
        return fill.is_maker and not fill.is_gap and fill.price == limit

    def _is_bounded(self, fill: Fill) -> bool:
        """Whether an exit cost all that answered for it, to within a tick: no market makes it cost more than that."""
        margins = [
            position.margin
            for update in self._store.updates
            for position in update.positions
            if position.id == fill.position_id and position.is_open
        ]
        a_tick = fill.quantity * self.rig.instruments[0].tick_size
        return bool(margins) and 0 <= margins[-1] + fill.realized_pnl - fill.fee <= 2 * a_tick

    def _order(self) -> None:
        dice, rig = self.dice, self.rig
        side = OrderSide.BUY if dice.random() < 0.6 or rig.instruments[0] is SPOT else OrderSide.SELL
        away = 1 if side is OrderSide.BUY else -1
        kind = dice.randrange(4)
        if kind == 0:
            rig.enter(side, 1, stop=self.price - 20 * away, target=self.price + 20 * away)
        elif kind == 1:
            rig.enter(side, 1, limit=self.price - 5 * away)
        elif kind == 2:
            rig.close()
        elif all(rig.engine(name).books.portfolio.orders for name in rig.accounts):
            rig.cancel()

    def _lose_or_regain(self) -> None:
        if self.is_lost:
            self._regain()
        else:
            self.is_lost = True
            self.pauses += 1
            self.rig.lose()

    def _regain(self) -> None:
        self.is_lost = self.has_seen_a_price = False
        self.rig.regain()
        for name in self.rig.accounts:
            orders = self.rig.engine(name).books.portfolio.orders.values()
            assert all(order.is_exit or order.type is not OrderType.MARKET for order in orders)

    def _suspect(self) -> None:
        if not self.is_lost:
            gate = self.rig.floor.gate
            gate.hold("being looked at") if gate.is_open else gate.open()

    def _money(self) -> None:
        self.rig.move(self.dice.choice((AdjustmentKind.DEPOSIT, AdjustmentKind.WITHDRAW)), 7)

    def _kill(self) -> None:
        """On a market that needs no network a start ends what the outage was."""
        self.rig.floor.checkpoint()
        self.rig.restart()
        if self.is_lost:
            self.is_lost = self.has_seen_a_price = False

    def _check_frozen(self, news: list[BookUpdate], act: str, peaks: list[Decimal]) -> None:
        for update in news:
            assert not update.fills, act
            assert not update.decisions, act
            assert all(not order.status.is_live for order in update.orders), act
            assert update.equity is None or not update.portfolio.positions, act
        if act != "_money":
            assert self._peaks() == peaks, act

    def _check_books(self) -> None:
        assert not self.rig.floor.halted
        for name in self.rig.accounts:
            portfolio = self.rig.engine(name).books.portfolio
            held = sum((each.margin for each in portfolio.positions.values()), Decimal(0))
            waiting = sum((each.reserve for each in portfolio.orders.values()), Decimal(0))
            assert portfolio.wallet.locked == held + waiting
        ended = [row.ended_at is not None for row in self.rig.outages]
        assert all(ended if not self.is_lost else ended[:-1])


def check(seeds: range, fills_on: PriceSource) -> list[Walk]:
    walks = []
    for seed in seeds:
        walk = Walk(seed, fills_on=fills_on)
        try:
            walk.play()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        walks.append(walk)
    return walks


@pytest.mark.requirement("R199", "R200", "R201", "R202", "R211")
@pytest.mark.parametrize("fills_on", list(PriceSource))
def test_whatever_happens_nothing_trades_behind_the_gate_and_no_price_is_made_up(fills_on: PriceSource) -> None:
    walks = check(range(60), fills_on)
    assert sum(walk.pauses for walk in walks) > 100
    assert sum(walk.fills for walk in walks) > 300
    assert sum(walk.gaps for walk in walks) > 10


@pytest.mark.campaign
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("fills_on", list(PriceSource))
def test_ten_thousand_pauses(fills_on: PriceSource) -> None:
    walks: list[Walk] = []
    seed = 1_000
    while sum(walk.pauses for walk in walks) < 5_000:
        walks += check(range(seed, seed + 50), fills_on)
        seed += 50
    statuses = {order.status for walk in walks for update in walk.rig.store.updates for order in update.orders}
    assert OrderStatus.CANCELED in statuses
