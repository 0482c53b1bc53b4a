"""Properties of candle files: what was written is read, and no bytes whatever raise anything unforeseen."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.errors import InvalidInputError, MarketDataError
from desktop_trader.domain.market import Timeframe
from desktop_trader.feeds.candle_file import HEADER, read_candles
from desktop_trader.feeds.replay import ReplayFeed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROW = "2024-01-01T00:00:00Z,100,110,90,105,1.5"

prices = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(999_999), places=8)


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, ...]:
    """One row of a file: four prices in a possible order, and a volume."""
    low, first, second, high = sorted(draw(st.lists(prices, min_size=4, max_size=4)))
    open_, close = draw(st.permutations([first, second]))
    return tuple(f"{number:f}" for number in (open_, high, low, close, draw(prices)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, written anew by each example."""
    return tmp_path_factory.mktemp("candles") / "candles.csv"


@given(
    timeframe=st.sampled_from(list(Timeframe)),
    start=st.integers(min_value=0, max_value=20_000),
    steps=st.lists(st.integers(min_value=1, max_value=5), max_size=20),
    data=st.data(),
)
def test_what_was_written_is_played_exactly(
    path: Path, timeframe: Timeframe, start: int, steps: list[int], data: st.DataObject
) -> None:
    places = [start, start + 1, *(start + 1 + sum(steps[: index + 1]) for index in range(len(steps)))]
    times = [_EPOCH + timedelta(seconds=place * timeframe.seconds) for place in places]
    cells = [data.draw(rows()) for _ in times]
    lines = [",".join([f"{at:%Y-%m-%dT%H:%M:%SZ}", *row]) for at, row in zip(times, cells, strict=True)]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")

    series = read_candles(path, symbol="BTC/USDT", timeframe=timeframe)
    feed = ReplayFeed(series)

    assert [bar.opened_at for bar in series.bars] == times
    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in series.bars] == [
        tuple(map(Decimal, row)) for row in cells
    ]
    assert [feed.next_event() for _ in times] == list(series.bars)


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(lambda text: f"{HEADER}\n{_ROW}\n{text}".encode(errors="surrogatepass")),
        st.lists(
            st.sampled_from(
                ["2024-01-01T01:00:00Z", "2024-01-01", "-1", "0", "NaN", "1e5", "1", "9" * 30, "", "٣", " 1 "]
            ),
            max_size=8,
        ).map(lambda cells: f"{HEADER}\n{_ROW}\n{','.join(cells)}".encode()),
    )
)
def test_no_content_raises_anything_but_a_clear_error_of_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    fault = ""

    try:
        series = read_candles(path, symbol="BTC/USDT", timeframe=Timeframe.H1)
    except (InvalidInputError, MarketDataError) as error:
        fault = error.user_message
    else:
        assert all(0 < bar.low <= bar.open <= bar.high for bar in series.bars)

    assert "\n" not in fault
    assert len(fault) < 400
