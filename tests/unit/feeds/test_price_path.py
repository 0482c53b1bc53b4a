"""The path of simulated prices: same for ever, whatever the pieces, and shaped like a market."""

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_trader.feeds.price_path import PricePath

_START = 1_767_225_600  # 2026-01-01
_HOUR = 3600
_DAY = 86_400


def _path(seed: int = 7, **changes: str) -> PricePath:
    return PricePath(seed=seed, name="BTC/USDT", level_ticks=4_500_000, volatility=1.0, **changes)


def _minute_logs(path: PricePath, days: int) -> NDArray[np.float64]:
    pieces = [path.last_ticks(begin, begin + _DAY)[::60] for begin in range(_START, _START + days * _DAY, _DAY)]
    return np.log(np.concatenate(pieces))


def test_the_path_of_a_seed_never_changes() -> None:
    ticks = _path().last_ticks(_START, _START + 600)

    digest = hashlib.sha256(ticks.astype("<i8").tobytes()).hexdigest()

    assert ticks[0] == 4_567_660
    assert digest == "22b75191aa94e9c2a8bc234a5bd5f5aa0aae74babac18e331cca769ea996aa29"


def test_a_piece_of_the_path_is_the_same_as_the_path_of_the_piece() -> None:
    whole = _path().last_ticks(_START - 7, _START + 40_000)

    assert np.array_equal(_path().last_ticks(_START, _START + 1), whole[7:8])
    assert np.array_equal(_path().last_ticks(_START + 9_999, _START + 31_003), whole[10_006:31_010])


def test_another_seed_or_symbol_is_another_path() -> None:
    other_symbol = PricePath(seed=7, name="ETH/USDT", level_ticks=4_500_000, volatility=1.0)
    ticks = _path().last_ticks(_START, _START + 60)

    assert not np.array_equal(_path(seed=8).last_ticks(_START, _START + 60), ticks)
    assert not np.array_equal(other_symbol.last_ticks(_START, _START + 60), ticks)


def test_a_swap_stays_within_a_few_basis_points_of_its_spot() -> None:
    spot = _path().last_ticks(_START, _START + _DAY)
    swap = _path(basis_name="BTC/USDT:USDT").last_ticks(_START, _START + _DAY)

    apart = np.abs(swap / spot - 1.0)

    assert 0 < apart.max() < 0.0002


def test_the_path_reaches_back_before_the_epoch() -> None:
    ticks = _path().last_ticks(-100, 100)

    assert ticks.min() > 0
    assert np.array_equal(_path().last_ticks(-40, 10), ticks[60:110])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_returns_have_the_size_of_a_real_market(seed: int) -> None:
    logs = _minute_logs(_path(seed), days=60)

    minute, hour, day = (float(np.diff(logs[::step]).std()) for step in (1, 60, 1440))

    assert 0.0005 < minute < 0.0010
    assert 0.0035 < hour < 0.0070
    assert 0.0150 < day < 0.0350


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_volatility_clusters_while_returns_do_not_tell_the_next(seed: int) -> None:
    returns = np.diff(_minute_logs(_path(seed), days=30))
    sizes = np.abs(returns)

    def correlation(values: NDArray[np.float64], lag: int) -> float:
        return float(np.corrcoef(values[lag:], values[:-lag])[0, 1])

    assert correlation(sizes, 1) > 0.10
    assert correlation(sizes, 30) > 0.10
    assert abs(correlation(returns, 1)) < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_the_price_stays_around_its_level_for_years(seed: int) -> None:
    path = _path(seed)

    prices = np.array(
        [path.last_ticks(second, second + 1)[0] for second in range(_START, _START + 3000 * _DAY, 3 * _DAY)]
    )

    assert prices.min() / 4_500_000 > 0.6
    assert prices.max() / 4_500_000 < 1.7
    assert abs(float(np.log(prices / 4_500_000).mean())) < 0.02


def test_the_last_price_lies_between_bid_and_ask_and_the_spread_is_one_to_two_basis_points() -> None:
    quotes = _path().quote_ticks(_START, _START + _HOUR)

    for bid, last, ask in zip(quotes.bid, quotes.last, quotes.ask, strict=True):
        assert 0 < bid <= last <= ask
        assert 0.99e-4 < (ask - bid) / last < 2.01e-4


def test_a_price_of_a_few_ticks_still_has_a_spread_of_one_tick() -> None:
    path = PricePath(seed=1, name="XRP/USDT", level_ticks=3, volatility=1.0)

    quotes = path.quote_ticks(_START, _START + 600)

    assert {ask - bid for bid, ask in zip(quotes.bid, quotes.ask, strict=True)} == {1}
    assert min(quotes.bid) >= 1


def test_every_minute_has_some_volume() -> None:
    volumes = _path().volumes(_START // 60, _START // 60 + 1440, typical=1_000)

    assert volumes.min() >= 1
    assert 500 < volumes.mean() < 2_000
    assert np.array_equal(_path().volumes(_START // 60 + 5, _START // 60 + 9, typical=1_000), volumes[5:9])
