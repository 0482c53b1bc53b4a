"""The rate budget and waiting between tries, on a clock that only sleep moves."""

import asyncio
from random import Random

import pytest

from desktop_trader.domain.errors import RateLimitedError
from desktop_trader.exchange.backoff import FullJitterBackoff
from desktop_trader.exchange.rate_budget import Priority, RateBudget
from tests.unit.exchange.clocks import SleeperClock


def make_budget(clock: SleeperClock, *, per_second: float = 8, burst: float = 16) -> RateBudget:
    return RateBudget(clock, name="CoinEx", per_second=per_second, burst=burst)


def take(budget: RateBudget, priority: Priority, *, count: int = 1, cost: float = 1) -> None:
    async def work() -> None:
        for _ in range(count):
            await budget.take(cost, priority)

    asyncio.run(work())


def test_a_burst_passes_at_once_and_then_the_rate_rules() -> None:
    clock = SleeperClock()
    budget = make_budget(clock)
    take(budget, Priority.MARKET, count=12)
    assert clock.slept == []
    begun = clock.now
    take(budget, Priority.MARKET, count=12)
    assert clock.now - begun == pytest.approx(2.0, rel=0.01)  # 6 of the 8 a second are for ordinary calls


@pytest.mark.requirement("R203")
def test_calls_for_safety_never_wait_for_charts() -> None:
    """Row F54 of the fault list: the last tokens are not spent on charts."""
    clock = SleeperClock()
    budget = make_budget(clock)
    take(budget, Priority.CHART, count=6)
    take(budget, Priority.MARKET, count=6)
    slept = len(clock.slept)
    take(budget, Priority.SAFETY, count=4)
    assert len(clock.slept) == slept


def test_charts_leave_half_of_the_ordinary_budget_to_prices() -> None:
    clock = SleeperClock()
    budget = make_budget(clock)
    take(budget, Priority.CHART, count=6)
    assert clock.slept == []
    take(budget, Priority.CHART)
    assert clock.slept
    take(budget, Priority.MARKET, count=6)
    assert len(clock.slept) == 1


def test_a_call_dearer_than_the_budget_waits_for_a_full_one_and_delays_those_after_it() -> None:
    clock = SleeperClock()
    budget = make_budget(clock)
    take(budget, Priority.MARKET, cost=40)
    assert clock.slept == []
    begun = clock.now
    take(budget, Priority.MARKET)
    assert clock.now - begun == pytest.approx(29 / 6, rel=0.01)


@pytest.mark.requirement("R203")
def test_nothing_is_asked_while_a_ban_lasts() -> None:
    clock = SleeperClock()
    budget = make_budget(clock)
    budget.close_for(120)
    clock.now += 20
    for priority in Priority:
        with pytest.raises(RateLimitedError) as caught:
            take(budget, priority)
        assert caught.value.retry_after_seconds == 100
    clock.now += 100
    take(budget, Priority.SAFETY)
    assert budget.closed_for() == 0


def test_calls_of_one_priority_go_in_the_order_they_came_and_dearer_ones_are_not_starved() -> None:
    clock = SleeperClock()
    budget = make_budget(clock, per_second=2, burst=4)
    order: list[int] = []

    async def call(number: int) -> None:
        await budget.take(3 if number == 2 else 1, Priority.MARKET)
        order.append(number)

    async def work() -> None:
        await asyncio.gather(*(call(number) for number in range(12)))

    asyncio.run(work())
    assert order == list(range(12))


def test_prices_go_before_charts_that_wait() -> None:
    clock = SleeperClock()
    budget = make_budget(clock, per_second=2, burst=4)
    order: list[Priority] = []

    async def call(priority: Priority) -> None:
        await budget.take(1, priority)
        order.append(priority)

    async def work() -> None:
        await asyncio.gather(*(call(each) for each in [Priority.CHART] * 4 + [Priority.MARKET] * 4 + [Priority.SAFETY]))

    asyncio.run(work())
    assert order.index(Priority.SAFETY) <= 4
    assert order[-3:] == [Priority.CHART] * 3


def test_over_any_time_the_calls_stay_within_rate_and_burst() -> None:
    clock = SleeperClock()
    budget = make_budget(clock)
    random = Random(5)
    spent: list[tuple[float, float]] = []

    async def work() -> None:
        for _ in range(500):
            cost = random.choice([0.5, 1, 2])
            await budget.take(cost, random.choice(list(Priority)))
            spent.append((clock.now, cost))
            clock.now += random.random() * 0.1

    asyncio.run(work())
    for begin, _ in spent[::25]:
        for length in (1, 5, 20):
            inside = sum(cost for at, cost in spent if begin <= at < begin + length)
            assert inside <= 16 + 8 * length + 0.01


def test_waits_grow_to_a_minute_are_spread_evenly_and_begin_again() -> None:
    """Row F53 of the fault list."""
    backoff = FullJitterBackoff(Random(1))
    bounds = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    waits = [backoff.next_seconds() for _ in bounds]
    assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    backoff.succeeded()
    assert backoff.next_seconds() <= 1
    far = FullJitterBackoff(Random(2))
    for _ in range(7):
        far.next_seconds()
    late = [far.next_seconds() for _ in range(400)]
    assert min(late) < 5
    assert max(late) > 55
    assert 25 < sum(late) / len(late) < 35
