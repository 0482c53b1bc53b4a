"""Timeframes and bars."""

from datetime import UTC, datetime, timedelta

import pytest

from desktop_trader.domain.market import Timeframe
from tests.builders import START, make_bar


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("1m", 60), ("5m", 300), ("15m", 900), ("30m", 1800), ("1h", 3600), ("4h", 14_400), ("1d", 86_400)],
)
def test_every_timeframe_has_its_length(name: str, seconds: int) -> None:
    assert Timeframe(name).seconds == seconds
    assert Timeframe(name).duration == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("timeframe", "start"),
    [("1m", "13:47"), ("5m", "13:45"), ("30m", "13:30"), ("1h", "13:00"), ("4h", "12:00"), ("1d", "00:00")],
)
def test_bars_start_at_multiples_of_their_length(timeframe: str, start: str) -> None:
    at = datetime(2026, 3, 5, 13, 47, 59, 999_999, tzinfo=UTC)
    assert Timeframe(timeframe).bar_start(at).strftime("%d %H:%M:%S") == f"05 {start}:00"


def test_a_bar_closes_one_timeframe_after_it_opened() -> None:
    assert make_bar("1 1 1 1", timeframe=Timeframe.H4).closed_at == START + timedelta(hours=4)
