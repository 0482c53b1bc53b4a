"""Pauses by the thousand: nothing happens in any of them, each is found in time, and each ends only when it may."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from desktop_trader.messages.network import NetworkState
from tests.builders import SPOT
from tests.network_rig import NetworkRig, with_rig
from tests.scripted_exchange import Fault

RUNNING, PAUSED = NetworkState.RUNNING, NetworkState.PAUSED
HARD = (Fault.REFUSED, Fault.NO_NAME, Fault.BAD_TLS)
SOFT = (Fault.BLACKHOLE, Fault.SLOW, Fault.SILENT_SOCKET, Fault.JSON_503, Fault.MAINTENANCE, Fault.PORTAL)
CYCLES_A_RIG = 50


@dataclass(kw_only=True)
class Cycles:
    """What many pauses came to. Times in seconds from the loss to the pause."""

    hard: list[float] = field(default_factory=list)
    soft: list[float] = field(default_factory=list)
    shortest_stability: float = 1e9
    looks: int = 0
    fills: int = 0
    orders: int = 0
    decisions: int = 0
    violations: int = 0

    @property
    def count(self) -> int:
        return len(self.hard) + len(self.soft)

    def take(self, rig: NetworkRig) -> None:
        man = rig.watchman
        self.looks += man.looks
        self.fills += len(man.fills)
        self.orders += man.orders
        self.decisions += man.decisions
        self.violations += len(man.violations)
        stable_since = 0.0
        for (at, state), (_, before) in zip(man.changes[1:], man.changes, strict=False):
            if state is NetworkState.STABILISING:
                stable_since = at
            elif state is RUNNING and before is NetworkState.STABILISING:
                self.shortest_stability = min(self.shortest_stability, at - stable_since)

    def report(self) -> str:
        both = self.hard + self.soft
        return (
            f"{self.count} pauses, found after {percentile(both, 0.5):.2f} s (median), {percentile(both, 0.99):.2f} s "
            f"(p99), {max(both):.2f} s (most); hard errors {percentile(self.hard, 0.99):.2f} s (p99), "
            f"{max(self.hard):.2f} s (most); shortest stability {self.shortest_stability:.3f} s; while running "
            f"{self.looks} looks, {self.orders} orders, {self.fills} fills, {self.decisions} decisions; "
            f"while not running {self.violations}"
        )

    def check(self) -> None:
        assert self.violations == 0
        assert percentile(self.hard, 1.0) <= 2.0
        assert percentile(self.soft, 0.99) <= 5.0
        assert self.shortest_stability >= 5.0 - 1e-6
        assert min(self.looks, self.fills, self.orders, self.decisions) > 0  # or nothing would have been shown


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def cycle(rig: NetworkRig, cycles: Cycles) -> None:
    """Trade for a while, lose the network, have it back."""
    await rig.until_state(RUNNING, limit=300)
    if not rig.positions:
        await rig.open_position(stop=rig.exchange.prices[SPOT.symbol] - 1)
    await asyncio.sleep(4 + rig.rng.random() * 12)
    await rig.until_state(RUNNING, limit=300)
    is_hard = rig.rng.random() < 0.5
    lost_at, known = rig.loop.time(), len(rig.watchman.changes)
    rig.exchange.break_by(rig.rng.choice(HARD if is_hard else SOFT))
    await rig.until_state(PAUSED, limit=20)
    found_at = next(at for at, state in rig.watchman.changes[known:] if state is PAUSED)
    (cycles.hard if is_hard else cycles.soft).append(found_at - lost_at)
    rig.exchange.prices[SPOT.symbol] += rig.rng.choice([-3, 0, 0, 3])
    await asyncio.sleep(rig.rng.random() * 20)
    if rig.rng.random() < 0.1:
        rig.stall(6 + rig.rng.random() * 10)
    rig.exchange.break_by(Fault.NONE)


def many(count: int, *, first_seed: int = 0) -> Cycles:
    cycles = Cycles()

    async def session(rig: NetworkRig) -> None:
        rig.exchange.wiggle = Decimal("0.3")
        await rig.until_state(RUNNING, limit=60)
        rig.start_strategy()
        for _ in range(min(CYCLES_A_RIG, count - cycles.count)):
            await cycle(rig, cycles)
        await rig.until_state(RUNNING, limit=300)

    seed = first_seed
    while cycles.count < count:
        cycles.take(with_rig(session, seed))
        seed += 1
    return cycles


@pytest.mark.slow
@pytest.mark.requirement("R199", "R200", "R201", "R202", "R203", "R207", "R210")
def test_two_hundred_pauses() -> None:
    many(200).check()


@pytest.mark.campaign
@pytest.mark.timeout(3_600)
def test_ten_thousand_pauses() -> None:
    cycles = many(10_000, first_seed=1_000)
    print(cycles.report())
    cycles.check()
