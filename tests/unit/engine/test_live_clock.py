"""The time of a live market: the exchange's, on our monotonic clock, never backwards."""

from datetime import timedelta

from desktop_trader.engine.live_clock import LiveClock
from tests.builders import START


def at(seconds: float) -> object:
    return START + timedelta(seconds=seconds)


def test_it_goes_on_with_the_monotonic_clock() -> None:
    clock = LiveClock(START, 100.0)
    assert [clock.read(100.0), clock.read(107.5)] == [at(0), at(7.5)]
    assert not clock.is_known


def test_the_first_word_of_the_exchange_counts_even_backwards() -> None:
    clock = LiveClock(START + timedelta(hours=2), 100.0)
    clock.read(101.0)
    clock.correct(START, 101.0)
    assert clock.is_known
    assert clock.read(102.0) == at(1)


def test_later_words_never_set_it_back() -> None:
    clock = LiveClock(START, 100.0)
    clock.correct(START, 100.0)
    assert clock.read(110.0) == at(10)
    clock.correct(START + timedelta(seconds=4), 110.0)
    assert [clock.read(110.0), clock.read(115.0), clock.read(117.0)] == [at(10), at(10), at(11)]


def test_it_follows_a_correction_forwards_at_once() -> None:
    clock = LiveClock(START, 100.0)
    clock.correct(START, 100.0)
    clock.correct(START + timedelta(hours=8), 101.0)
    assert clock.read(101.0) == at(8 * 3600)
