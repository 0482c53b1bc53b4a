"""The moving average cross on series made for it, and against averages summed by hand."""

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import Direction
from desktop_trader.strategies.candle_window import CandleWindow
from desktop_trader.strategies.catalog import make_strategy
from desktop_trader.strategies.strategy import IntentAction, OrderIntent, StrategyContext
from tests.builders import numbers

A = IntentAction
SMALL = (("fast", "2"), ("slow", "4"))


def decide(
    closes: Sequence[Decimal],
    *,
    direction: Direction | None = None,
    shorts: bool = False,
    typed: tuple[tuple[str, str], ...] = SMALL,
) -> Sequence[OrderIntent]:
    """What the strategy wants at the last of these closes."""
    strategy = make_strategy("moving_average_cross", typed)
    window = CandleWindow(strategy.bars_needed)
    for close in closes:
        window.append(close)
    return strategy.on_bar(StrategyContext(window=window, direction=direction, allows_short=shorts))


def actions(intents: Sequence[OrderIntent]) -> list[IntentAction]:
    return [intent.action for intent in intents]


UP = "10 10 10 10 11"
DOWN = "10 10 10 10 9"


@pytest.mark.parametrize(
    ("closes", "direction", "shorts", "wanted"),
    [
        (UP, None, False, [A.ENTER_LONG]),
        (UP, Direction.LONG, False, []),
        (UP, Direction.SHORT, True, [A.EXIT_SHORT, A.ENTER_LONG]),
        (UP, None, True, [A.ENTER_LONG]),
        (DOWN, None, False, []),
        (DOWN, Direction.LONG, False, [A.EXIT_LONG]),
        (DOWN, Direction.LONG, True, [A.EXIT_LONG, A.ENTER_SHORT]),
        (DOWN, None, True, [A.ENTER_SHORT]),
        (DOWN, Direction.SHORT, True, []),
        ("10 10 10 10 10", None, True, []),  # equal averages, before and now
        ("10 10 10 11 12", None, True, []),  # above already a bar ago
        ("12 11 10 9 8", None, True, []),  # below already
        ("13 12 11 10 13", None, True, []),  # fast 11.5 = slow 11.5 now: touching is not crossing
        ("12 13 11 12 13", None, True, [A.ENTER_LONG]),  # fast 11.5 < slow 12 before; 12.5 > 12.25 now
        ("10 12 12 10 16", None, True, [A.ENTER_LONG]),  # equal before (11 and 11), above now
        ("12 10 10 12 6", None, True, [A.ENTER_SHORT]),  # equal before, below now
    ],
)
def test_a_crossing_is_above_now_and_not_above_one_bar_before(
    closes: str, direction: Direction | None, shorts: bool, wanted: list[IntentAction]
) -> None:
    assert actions(decide(numbers(closes), direction=direction, shorts=shorts)) == wanted


@pytest.mark.parametrize("count", range(5))
def test_with_too_few_bars_there_is_no_decision(count: int) -> None:
    assert decide(numbers(UP)[5 - count :][:4]) == ()


def test_a_tie_in_the_last_place_of_a_price_is_a_tie() -> None:
    """0.1 + 0.2 is not 0.3 in floats: averages of equal sums must not cross by that."""
    assert decide(numbers("0.3 0.3 0.1 0.5 0.2 0.4"), shorts=True) == ()
    assert decide(numbers("0.3 0.3 0.3 0.1 0.2 0.1 0.2"), typed=(("fast", "2"), ("slow", "6")), shorts=True) == ()


def test_an_entry_carries_stake_and_levels() -> None:
    (entry,) = decide(numbers(UP))
    assert (entry.stake_percent, entry.stop_loss_percent, entry.take_profit_percent) == (10, 2, 4)
    assert entry.detail == "fast average crossed above slow"


def test_zero_means_no_level() -> None:
    typed = (*SMALL, ("stop_loss_percent", "0"), ("take_profit_percent", "0"), ("stake_percent", "2.5"))
    (entry,) = decide(numbers(UP), typed=typed)
    assert (entry.stake_percent, entry.stop_loss_percent, entry.take_profit_percent) == (Decimal("2.5"), None, None)


def test_the_fast_average_must_be_the_shorter_one() -> None:
    for fast in ("30", "31"):
        with pytest.raises(InvalidInputError, match="must be smaller than slow"):
            make_strategy("moving_average_cross", (("fast", fast),))


def _plain_decision(closes: Sequence[Decimal], fast: int, slow: int) -> int:
    """The same in exact arithmetic: +1 for a crossing above, -1 below, 0 for none."""
    if len(closes) <= slow:
        return 0

    def gap(until: int) -> Decimal:
        window = closes[:until]
        return sum(window[-fast:], Decimal(0)) * slow - sum(window[-slow:], Decimal(0)) * fast

    before, now = gap(len(closes) - 1), gap(len(closes))
    return 1 if now > 0 >= before else -1 if now < 0 <= before else 0


def test_two_thousand_bars_of_coarse_prices_decide_as_exact_arithmetic_does() -> None:
    """Prices on a grid of a few ticks make ties frequent: there a float average would err first."""
    dice = random.Random(7)
    strategy = make_strategy("moving_average_cross", (("fast", "3"), ("slow", "7")))
    window = CandleWindow(strategy.bars_needed)
    closes: list[Decimal] = []
    crossings = 0
    for _ in range(2_000):
        closes.append(Decimal("45000.01") + Decimal(dice.randrange(5)) / 100)
        window.append(closes[-1])
        intents = strategy.on_bar(StrategyContext(window=window, direction=None, allows_short=True))
        expected = _plain_decision(closes[-8:], 3, 7)
        assert actions(intents) == {1: [A.ENTER_LONG], -1: [A.ENTER_SHORT], 0: []}[expected]
        crossings += bool(expected)
    assert crossings > 300
