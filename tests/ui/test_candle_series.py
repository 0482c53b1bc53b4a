"""The bars behind the chart, and what of them is in view."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from desktop_trader.ui.charts.chart_data import CandleRow, CandleSeries, VisibleBars, utc_text

HOUR = 3600
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())


def row(place: int, *, close: float = 100.0) -> CandleRow:
    return CandleRow(opened_at=START + place * HOUR, open=100.0, high=110.0 + place, low=90.0, close=close, volume=1.0)


def series_of(*places: int) -> CandleSeries:
    series = CandleSeries()
    series.replace([row(place) for place in places])
    return series


def test_exact_prices_become_floats_here_and_keep_their_time() -> None:
    prices = (Decimal("45000.01"), Decimal("45310.5"), Decimal("44990"), Decimal("45120.0"))
    made = CandleRow.from_decimals(
        opened_at=datetime(2026, 1, 5, 13, tzinfo=UTC), prices=prices, volume=Decimal("1.25")
    )
    assert (made.open, made.high, made.low, made.close, made.volume) == (45000.01, 45310.5, 44990.0, 45120.0, 1.25)
    assert utc_text(made.opened_at) == "2026-01-05 13:00"


def test_the_forming_bar_is_updated_and_the_next_one_appended() -> None:
    series = series_of(0, 1)
    assert series.upsert(row(1, close=105.0)) is False
    assert (len(series), series.row(1).close) == (2, 105.0)
    assert series.upsert(row(2)) is True
    assert len(series) == 3


def test_a_row_older_than_the_last_bar_changes_nothing() -> None:
    series = series_of(0, 1, 2)
    assert series.upsert(row(0, close=1.0)) is False
    assert (len(series), series.row(0).close) == (3, 100.0)


def test_a_long_series_grows_without_losing_a_bar() -> None:
    series = CandleSeries()
    for place in range(5000):
        series.upsert(row(place))
    assert len(series) == 5000
    assert series.row(4321) == row(4321)
    assert np.all(np.diff(series.times) == HOUR)


def test_missing_time_is_found_as_a_gap() -> None:
    series = series_of(0, 1, 2, 5, 6, 9)
    assert list(series.gap_indices(VisibleBars(first=0, last=6))) == [3, 5]
    assert list(series.gap_indices(VisibleBars(first=4, last=6))) == [5]
    assert list(series.gap_indices(VisibleBars(first=0, last=0))) == []


@pytest.mark.parametrize(
    ("left", "right", "first", "last"), [(-50.0, 50.0, 0, 4), (1.2, 2.2, 1, 3), (10.0, 20.0, 10, 10), (0.6, 0.7, 1, 2)]
)
def test_only_bars_that_touch_the_range_are_in_view(left: float, right: float, first: int, last: int) -> None:
    assert series_of(0, 1, 2, 3).visible(left, right) == VisibleBars(first=first, last=last)


def test_an_instant_belongs_to_the_bar_it_lies_in() -> None:
    series = series_of(0, 1, 5)
    assert series.index_at(START - 1) is None
    assert series.index_at(START) == 0
    assert series.index_at(START + HOUR + 60) == 1
    assert series.index_at(START + 5 * HOUR) == 2


def test_price_bounds_are_those_of_the_wicks() -> None:
    series = series_of(0, 1, 2)
    assert series.price_bounds(VisibleBars(first=0, last=2)) == (90.0, 111.0)
    assert series.price_bounds(VisibleBars(first=2, last=2)) is None
