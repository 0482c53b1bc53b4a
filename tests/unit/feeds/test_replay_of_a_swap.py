"""Mark prices and funding rates beside replayed candles: what was known when, and never earlier."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvalidInputError, MarketDataError
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, Timeframe
from desktop_trader.feeds.candle_file import HEADER
from desktop_trader.feeds.recorded_funding import FUNDING_HEADER
from desktop_trader.feeds.replay import ReplayFeed

_SWAP = "XRP/USDT:USDT"
_START = datetime(2024, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DATA = Path(__file__).parents[4] / "shared" / "data"
_XRP = _DATA / "XRPUSDT_swap_5m_2021-11.csv"
_XRP_MARKS = _DATA / "XRPUSDT_swap_mark_1h_2021-11.csv"
_XRP_RATES = _DATA / "XRPUSDT_swap_funding_8h_2021-11_2021-12.csv"
recorded = pytest.mark.skipif(not _XRP.is_file(), reason="the recorded XRP candles are not beside this checkout")


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _candles(path: Path, *, step: timedelta, count: int, price: int, begin: datetime = _START) -> Path:
    """Write candles whose open is price + index, whose close is a quarter above and whose range is two wide."""
    rows = []
    for index in range(count):
        opened = Decimal(price + index)
        rows.append(f"{_text(begin + index * step)},{opened},{opened + 1},{opened - 1},{opened + Decimal('0.25')},1")
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return path


def _rates(path: Path, *rows: tuple[datetime, str]) -> Path:
    path.write_text("\n".join((FUNDING_HEADER, *(f"{_text(at)},{rate}" for at, rate in rows))) + "\n")
    return path


def _bars(folder: Path, count: int = 24) -> Path:
    return _candles(folder / "bars.csv", step=5 * _MINUTE, count=count, price=100)


def _open(bars: Path, *, marks: Path | None = None, rates: Path | None = None, symbol: str = _SWAP) -> ReplayFeed:
    return ReplayFeed.open(bars, symbol=symbol, timeframe=Timeframe.M5, mark_prices=marks, funding_rates=rates)


def _events(feed: ReplayFeed) -> list[MarketEvent]:
    events = []
    while (event := feed.next_event()) is not None:
        events.append(event)
    return events


def _own_bars(feed: ReplayFeed) -> list[Bar]:
    return [event for event in _events(feed) if isinstance(event, Bar)]


def test_without_a_record_there_is_no_mark_price(tmp_path: Path) -> None:
    feed = _open(_bars(tmp_path))

    assert [feed.mark_bar(bar) for bar in _own_bars(feed)] == [None] * 24
    assert feed.next_funding(_SWAP, at=_START) is None
    assert feed.instruments()[0].funding_interval is None


def test_a_longer_mark_candle_counts_with_its_opening_price_until_it_ends(tmp_path: Path) -> None:
    marks = _candles(tmp_path / "marks.csv", step=30 * _MINUTE, count=2, price=200, begin=_START + 30 * _MINUTE)

    feed = _open(_bars(tmp_path), marks=marks)
    found = [feed.mark_bar(bar) for bar in _own_bars(feed)]

    assert found[:6] == [None] * 6, "no mark candle covers these"
    prices = [(each.open, each.high, each.low, each.close) for each in found[6:18] if each is not None]
    assert prices == [(Decimal(price),) * 4 for price in (200, 201) for _ in range(6)]
    assert found[18:] == [None] * 6, "the last one has ended"


def test_mark_candles_of_the_same_length_are_the_marks_way(tmp_path: Path) -> None:
    feed = _open(_bars(tmp_path), marks=_candles(tmp_path / "marks.csv", step=5 * _MINUTE, count=24, price=200))
    bars = _own_bars(feed)

    mark = feed.mark_bar(bars[3])

    assert mark is not None
    assert (mark.opened_at, mark.timeframe, mark.symbol) == (bars[3].opened_at, Timeframe.M5, _SWAP)
    assert (mark.open, mark.high, mark.low, mark.close) == (203, 204, 202, Decimal("203.25"))


def test_shorter_mark_candles_are_joined(tmp_path: Path) -> None:
    feed = _open(_bars(tmp_path), marks=_candles(tmp_path / "marks.csv", step=_MINUTE, count=119, price=200))
    bars = _own_bars(feed)

    first, last = feed.mark_bar(bars[0]), feed.mark_bar(bars[23])

    assert first is not None
    assert (first.open, first.high, first.low, first.close) == (200, 205, 199, Decimal("204.25"))
    assert last is not None
    assert (last.open, last.close) == (315, Decimal("318.25")), "its last minute was not recorded"


def test_a_rate_comes_after_the_bars_that_closed_by_then_and_before_the_others(tmp_path: Path) -> None:
    due = (_START, _START + 10 * _MINUTE, _START + 12 * _MINUTE, _START + 120 * _MINUTE)
    feed = _open(_bars(tmp_path), rates=_rates(tmp_path / "rates.csv", *((at, "0.0001") for at in due)))

    events = _events(feed)

    where = [index for index, event in enumerate(events) if isinstance(event, FundingRate)]
    assert where == [2, 3, 26], "at the start nothing had a price yet"
    assert isinstance(events[1], Bar)
    assert events[1].closed_at == due[1]
    assert len(events) == 27


def test_a_rate_has_the_mark_known_then_or_the_last_close(tmp_path: Path) -> None:
    due = (_START + 10 * _MINUTE, _START + 60 * _MINUTE)
    rates = _rates(tmp_path / "rates.csv", *((at, "-5.5e-05") for at in due))
    marks = _candles(tmp_path / "marks.csv", step=30 * _MINUTE, count=1, price=200)

    plain = [event for event in _events(_open(_bars(tmp_path), rates=rates)) if isinstance(event, FundingRate)]
    marked = [
        event for event in _events(_open(_bars(tmp_path), rates=rates, marks=marks)) if isinstance(event, FundingRate)
    ]

    assert [each.mark_price for each in plain] == [Decimal("101.25"), Decimal("111.25")]
    assert [each.mark_price for each in marked] == [200, Decimal("111.25")]
    assert {each.rate for each in plain} == {Decimal("-0.000055")}


def test_the_rate_after_the_last_bar_is_never_due(tmp_path: Path) -> None:
    rates = _rates(tmp_path / "rates.csv", (_START + 121 * _MINUTE, "0.0001"))

    assert [event for event in _events(_open(_bars(tmp_path), rates=rates)) if isinstance(event, FundingRate)] == []


def test_resuming_anywhere_brings_every_rate_from_there_on_once(tmp_path: Path) -> None:
    due = [_START + minutes * _MINUTE for minutes in (5, 12, 60, 118)]
    feed = _open(_bars(tmp_path), rates=_rates(tmp_path / "rates.csv", *((at, "0.0001") for at in due)))

    for minute in range(130):
        at = _START + minute * _MINUTE
        feed.resume(at)
        events = _events(feed)
        assert [event.at for event in events if isinstance(event, FundingRate)] == [each for each in due if each >= at]
        assert all(event.opened_at >= at for event in events if isinstance(event, Bar))
        times = [event.closed_at if isinstance(event, Bar) else event.at for event in events]
        assert times == sorted(times)


def test_the_next_funding_is_told_with_the_rate_of_the_last(tmp_path: Path) -> None:
    first, second = _START + 10 * _MINUTE, _START + 60 * _MINUTE
    feed = _open(_bars(tmp_path), rates=_rates(tmp_path / "rates.csv", (first, "0.0001"), (second, "0.0003")))

    estimate = feed.next_funding(_SWAP, at=_START + 30 * _MINUTE)

    assert estimate == FundingRate(
        symbol=_SWAP, at=second, rate=Decimal("0.0001"), mark_price=Decimal("105.25"), is_estimate=True
    )
    assert feed.next_funding(_SWAP, at=_START) is None, "no rate was known yet"
    assert feed.next_funding(_SWAP, at=second) is None, "no further one is recorded"
    assert feed.instruments()[0].funding_interval == 50 * _MINUTE


def test_the_source_names_what_was_recorded_beside_the_candles(tmp_path: Path) -> None:
    bars = _bars(tmp_path)
    marks = _candles(tmp_path / "marks.csv", step=5 * _MINUTE, count=3, price=200)
    other_marks = _candles(tmp_path / "other.csv", step=5 * _MINUTE, count=4, price=200)
    rates = _rates(tmp_path / "rates.csv", (_START + 10 * _MINUTE, "0.0001"))

    sources = {
        _open(bars).source_id,
        _open(bars, marks=marks).source_id,
        _open(bars, marks=other_marks).source_id,
        _open(bars, rates=rates).source_id,
        _open(bars, marks=marks, rates=rates).source_id,
    }

    assert len(sources) == 5
    assert all(each.endswith(f":{_SWAP}:5m") for each in sources)


def test_a_spot_market_has_neither(tmp_path: Path) -> None:
    rates = _rates(tmp_path / "rates.csv", (_START, "0.0001"))

    with pytest.raises(InvalidInputError, match="belong to a swap"):
        _open(_bars(tmp_path), rates=rates, symbol="XRP/USDT")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("", "no rates"),
        ("2024-01-01T00:00:00Z", "line 2: 2 columns are needed"),
        ("2024-01-01T00:00:00Z,NaN", "line 2: funding_rate must be a plain decimal"),
        ("2024-01-01T00:00:00Z,0.5", "line 2: a funding rate of 0.5 is too large"),
        ("2024-01-01T00:00:00,0.0001", "line 2: the time .* has no time zone"),
        ("2024-01-01T08:00:00Z,0.0001\n2024-01-01T00:00:00Z,0.0001", "line 3: .* does not come after"),
    ],
)
def test_rates_that_cannot_be_believed_are_refused_with_their_line(tmp_path: Path, rows: str, why: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"{FUNDING_HEADER}\n{rows}\n")

    with pytest.raises(MarketDataError, match=why):
        _open(_bars(tmp_path), rates=path)


def test_mark_prices_of_no_known_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="420 s apart"):
        _open(_bars(tmp_path), marks=_candles(tmp_path / "marks.csv", step=7 * _MINUTE, count=3, price=200))


@recorded
def test_recorded_xrp_pays_the_recorded_rates_at_the_recorded_marks() -> None:
    feed = _open(_XRP, marks=_XRP_MARKS, rates=_XRP_RATES)

    events = _events(feed)

    bars = [event for event in events if isinstance(event, Bar)]
    rates = [event for event in events if isinstance(event, FundingRate)]
    assert len(bars) == 1_999
    assert [each.at for each in rates] == [
        at
        for at in (datetime(2021, 11, 18, tzinfo=UTC) + index * timedelta(hours=8) for index in range(12))
        if at <= bars[-1].closed_at
    ]
    openings = {line.split(",")[0]: line.split(",")[1] for line in _XRP_MARKS.read_text().splitlines()[1:]}
    closes = {bar.closed_at: bar.close for bar in bars}
    for each in rates:
        recorded_mark = openings.get(_text(each.at))
        assert each.mark_price == (Decimal(recorded_mark) if recorded_mark else closes[each.at])
    (instrument,) = feed.instruments()
    assert (instrument.tick_size, instrument.lot_size, instrument.contract_size) == (
        Decimal("0.0001"), Decimal("0.1"), 1,
    )  # fmt: skip
