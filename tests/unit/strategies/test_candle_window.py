"""The newest closes, exact in floats, however many came before."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.strategies.candle_window import CandleWindow
from desktop_trader.strategies.catalog import make_strategy
from desktop_trader.strategies.strategy import OrderIntent, StrategyContext


def test_closes_are_whole_units_oldest_first() -> None:
    window = CandleWindow(3)
    for close in ("1", "0.00000002", "45000.01"):
        window.append(Decimal(close))
    assert window.closes(2).tolist() == [2.0, 4_500_001_000_000.0]
    assert window.closes(9).tolist() == [100_000_000.0, 2.0, 4_500_001_000_000.0]


def test_the_newest_closes_survive_any_number_of_older_ones() -> None:
    window = CandleWindow(5)
    for number in range(1, 1_000):
        window.append(Decimal(number))
        newest = [float(each * 10**8) for each in range(max(1, number - 4), number + 1)]
        assert window.closes(5).tolist() == newest


closes_of_a_few_ticks = st.lists(
    st.integers(0, 6).map(lambda ticks: Decimal("29999.97") + Decimal(ticks) / 100), min_size=12, max_size=90
)


@given(closes_of_a_few_ticks, st.data())
def test_a_decision_does_not_depend_on_where_the_run_started(closes: list[Decimal], data: st.DataObject) -> None:
    """A run that begins anywhere with at least the bars a decision needs decides as the one from the beginning."""
    typed = (("fast", "3"), ("slow", "7"))
    needed = make_strategy("moving_average_cross", typed).bars_needed
    start = data.draw(st.integers(0, len(closes) - needed))
    late = _decisions(closes[start:], typed)
    assert late[needed - 1 :] == _decisions(closes, typed)[start + needed - 1 :]
    assert not any(late[: needed - 1])


def _decisions(closes: list[Decimal], typed: tuple[tuple[str, str], ...]) -> list[tuple[OrderIntent, ...]]:
    strategy = make_strategy("moving_average_cross", typed)
    window = CandleWindow(strategy.bars_needed)
    found = []
    for close in closes:
        window.append(close)
        found.append(tuple(strategy.on_bar(StrategyContext(window=window, direction=None, allows_short=True))))
    return found
