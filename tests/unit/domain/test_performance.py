"""Return and drawdown net of flows, on figures that can be checked by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.performance import Performance


def performance(*points: tuple[int, int] | int) -> Performance:
    made = Performance()
    for point in points:
        made.add(*(point if isinstance(point, tuple) else (point,)))
    return made


@pytest.mark.parametrize(
    ("points", "percent", "drawdown"),
    [
        ([(100, 100)], "0", "0"),
        ([(100, 100), 110, 99], "-1", "10"),
        # +10 %, then 1,000 come in and nothing happens: still +10 %.
        ([(100, 100), 110, (1_110, 1_000)], "10", "0"),
        # +10 % on 100, then +10 % on 1,110.
        ([(100, 100), 110, (1_110, 1_000), 1_221], "21", "0"),
        # The peak of 110 lies at 2,220 once as much has come in; 1,998 is 10 % below it.
        ([(100, 100), 110, (2_220, 2_110), 1_998], "-1", "10"),
        # A fall seen only together with the deposit that hides it.
        ([(100, 100), (150, 100)], "-50", "50"),
        # All of it is taken out and comes back: nothing was earned in between, and the peak before is not forgotten.
        ([(100, 100), 120, 90, (0, -90), (300, 300), 330], "-1", "25"),
        # Everything is lost: a deposit does not bring it back.
        ([(100, 100), 0, (500, 500), 600], "-100", "100"),
    ],
)
def test_money_moved_by_people_is_no_return(points: list[tuple[int, int] | int], percent: str, drawdown: str) -> None:
    made = performance(*points)
    assert (made.return_percent(), made.max_drawdown_percent()) == (Decimal(percent), Decimal(drawdown))


def test_without_points_nothing_is_known() -> None:
    assert (Performance().return_percent(), Performance().max_drawdown_percent()) == (None, None)


_amounts = st.integers(min_value=1, max_value=10**14)


@given(st.lists(_amounts, min_size=1, max_size=30), st.lists(st.integers(0, 10**14), max_size=30))
def test_flows_alone_never_move_the_return(start: list[int], flows: list[int]) -> None:
    made, equity = Performance(), start[0]
    made.add(equity, equity)
    for flow in flows:
        equity += flow
        made.add(equity, flow)
    assert (made.return_percent(), made.max_drawdown_percent()) == (Decimal(0), Decimal(0))


@given(st.lists(_amounts, min_size=1, max_size=60))
def test_without_flows_it_is_the_plain_return_and_drawdown(values: list[int]) -> None:
    made = performance((values[0], values[0]), *values[1:])
    plain = (Decimal(values[-1]) / values[0] - 1) * 100
    worst, peak = Decimal(0), 0
    for value in values:
        peak = max(peak, value)
        worst = max(worst, 1 - Decimal(value) / peak)
    assert made.return_percent() == plain.quantize(Decimal("0.01"))
    assert made.max_drawdown_percent() == (worst * 100).quantize(Decimal("0.01"))


@given(st.lists(st.tuples(_amounts, st.integers(-(10**6), 10**6)), min_size=2, max_size=20), st.integers(0, 19))
def test_a_point_that_repeats_its_value_changes_nothing(points: list[tuple[int, int]], again: int) -> None:
    first = (points[0][0], points[0][0])
    rest = points[1:]
    doubled = [*rest]
    if again < len(rest):
        doubled.insert(again + 1, (rest[again][0], 0))
    one, other = performance(first, *rest), performance(first, *doubled)
    assert one.return_percent() == other.return_percent()
    assert one.max_drawdown_percent() == other.max_drawdown_percent()
