"""Reading candle files: what is accepted, and one clear line for everything that is not."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvalidInputError, MarketDataError, TraderError
from desktop_trader.domain.market import Timeframe
from desktop_trader.feeds import candle_file
from desktop_trader.feeds.candle_file import HEADER, CandleSeries, read_candles

_ROW = "2024-01-01T00:00:00Z,100,110,90,105,1.5"
_DATA = Path(__file__).parents[4] / "shared" / "data"


def _write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "candles.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def _read(path: Path, timeframe: Timeframe = Timeframe.H1) -> CandleSeries:
    return read_candles(path, symbol="BTC/USDT", timeframe=timeframe)


def _hour(number: int) -> str:
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fault(path: Path, timeframe: Timeframe = Timeframe.H1) -> str:
    with pytest.raises(TraderError) as caught:
        _read(path, timeframe)
    assert isinstance(caught.value, InvalidInputError | MarketDataError)
    assert "\n" not in caught.value.user_message
    return caught.value.user_message


def test_a_row_becomes_a_bar_with_exact_decimals(tmp_path: Path) -> None:
    (bar,) = _read(_write(tmp_path, "2024-01-01T05:00:00Z,42000.10,42000.3,41999.99,42000.2,0.00000001")).bars

    assert bar.opened_at == datetime(2024, 1, 1, 5, tzinfo=UTC)
    assert bar.closed_at == datetime(2024, 1, 1, 6, tzinfo=UTC)
    assert (bar.open, bar.high, bar.low, bar.close) == tuple(
        map(Decimal, ("42000.1", "42000.3", "41999.99", "42000.2"))
    )
    assert bar.volume == Decimal("0.00000001")
    assert (bar.symbol, bar.timeframe) == ("BTC/USDT", Timeframe.H1)


@pytest.mark.parametrize(
    "time", ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00.000Z"]
)
def test_times_in_utc_may_be_written_in_the_usual_ways(tmp_path: Path, time: str) -> None:
    (bar,) = _read(_write(tmp_path, f"{time},100,110,90,105,1.5")).bars

    assert bar.opened_at == datetime(2024, 1, 1, tzinfo=UTC)


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n{_ROW}\r\n\r\n{_hour(1)},105,106,104,104.5,2\r\n\r\n".encode())

    assert [str(bar.close) for bar in _read(path).bars] == ["105", "104.5"]


def test_spaces_around_cells_are_ignored(tmp_path: Path) -> None:
    path = _write(tmp_path, " 2024-01-01T00:00:00Z, 100 ,110,90,105,1.5", " 2024-01-01T01:00:00Z,100,110,90,105,1.5 ")

    assert [bar.opened_at.hour for bar in _read(path).bars] == [0, 1]


def test_a_gap_in_time_stays_a_gap(tmp_path: Path) -> None:
    path = _write(tmp_path, *(f"{_hour(number)},100,110,90,105,1" for number in (0, 1, 2, 9, 10)))

    opened = [bar.opened_at.hour for bar in _read(path).bars]

    assert opened == [0, 1, 2, 9, 10]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.09946999000000001", "0.09946999"),
        ("0.10029999999999999", "0.1003"),
        ("1.0721000000000001", "1.0721"),
        ("0.000012345678901", "0.000012345678901"),
        ("0.123456789", "0.123456789"),
    ],
)
def test_the_noise_of_binary_floats_is_rounded_away_and_real_decimals_are_kept(
    tmp_path: Path, written: str, meant: str
) -> None:
    (bar,) = _read(_write(tmp_path, f"{_hour(0)},{written},2,0.00001,{written},1")).bars

    assert (bar.open, bar.close) == (Decimal(meant), Decimal(meant))


def test_the_content_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, _ROW)

    assert _read(path).content_hash == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2024-01-01T01:00:00,100,110,90,105,1", "has no time zone"),
        ("2024-01-01T01:00:00+02:00,100,110,90,105,1", "is not in UTC"),
        ("2024-02-30T01:00:00Z,100,110,90,105,1", "not a time of any calendar"),
        ("1704067200,100,110,90,105,1", "is not a time; write it as"),
        ("2024-01-01T01:00:00Z,100,110,90,abc,1", "close must be a plain decimal number"),
        ("2024-01-01T01:00:00Z,NaN,110,90,105,1", "open must be a plain decimal number"),
        ("2024-01-01T01:00:00Z,100,1e400,90,105,1", "high must be a plain decimal number"),
        ("2024-01-01T01:00:00Z,100,110,,105,1", "low must be a plain decimal number"),
        ("2024-01-01T01:00:00Z,100,110,90,105,-1", "the volume -1 is negative"),
        ("2024-01-01T01:00:00Z,100,90,110,105,1", "the high 90 is below the low 110"),
        ("2024-01-01T01:00:00Z,111,110,90,105,1", "open and close must lie between low and high"),
        ("2024-01-01T01:00:00Z,100,110,90,89,1", "open and close must lie between low and high"),
        ("2024-01-01T01:00:00Z,0,110,0,105,1", "the low price 0 is not above zero"),
        ("2024-01-01T01:00:00Z,100,110,-90,105,1", "the low price -90 is not above zero"),
        ("2024-01-01T01:00:00Z,100,10000000000,90,105,1", "is too large"),
        ("2024-01-01T01:00:00Z,100,110,90,105", "6 columns are needed, 5 are there"),
        ("2024-01-01T01:00:00Z,100,110,90,105,1,2", "6 columns are needed, 7 are there"),
        ("2024-01-01T00:00:00Z,100,110,90,105,1", "is there twice"),
        ("2023-12-31T23:00:00Z,100,110,90,105,1", "comes after 2024-01-01T00:00:00Z; sort the rows"),
        ("2024-01-01T00:05:00Z,100,110,90,105,1", "the bars are 5m apart, closer than 1h; ask for the timeframe 5m"),
        ("2024-01-01T00:07:00Z,100,110,90,105,1", "the bars are 420 s apart, closer than 1h; known timeframes are"),
        ("2024-01-01T01:30:00Z,100,110,90,105,1", "a 1h bar cannot open at 2024-01-01T01:30:00Z"),
    ],
)
def test_a_row_that_cannot_be_believed_is_named_by_its_line(tmp_path: Path, row: str, message: str) -> None:
    fault = _fault(_write(tmp_path, _ROW, "", row))

    assert "candles.csv, line 4: " in fault
    assert message in fault


def test_a_file_of_another_timeframe_is_refused_with_the_right_one(tmp_path: Path) -> None:
    path = _write(tmp_path, *(f"{_hour(number)},100,110,90,105,1" for number in range(5)))

    assert "holds bars 1h apart, not 5m bars; ask for the timeframe 1h" in _fault(path, Timeframe.M5)
    assert "the bars are 1h apart, closer than 4h; ask for the timeframe 1h" in _fault(path, Timeframe.H4)


def test_two_bars_with_a_gap_between_them_are_no_other_timeframe(tmp_path: Path) -> None:
    path = _write(tmp_path, *(f"{_hour(number)},100,110,90,105,1" for number in (0, 3)))

    assert len(_read(path).bars) == 2


def test_another_header_is_refused(tmp_path: Path) -> None:
    fault = _fault(_write(tmp_path, _ROW, header="time,open,high,low,close,volume"))

    assert "does not start with the line timestamp,open,high,low,close,volume" in fault


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"\n\n", "is empty"), (HEADER.encode(), "no bars")]
)
def test_a_file_without_bars_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes(content)

    assert message in _fault(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "there is no file" in _fault(tmp_path / "nowhere.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in _fault(tmp_path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in _fault(tmp_path / ("x" * 5000))


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\x00")

    assert "is not UTF-8 text (byte 37)" in _fault(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candle_file, "MAX_BYTES", 1_000_000)
    path = tmp_path / "candles.csv"
    with path.open("wb") as file:
        file.truncate(1_000_001)

    assert "is larger than 1 MB" in _fault(path)


@pytest.mark.skipif(not _DATA.is_dir(), reason="the recorded candles are not beside the repository")
@pytest.mark.parametrize(
    ("name", "timeframe", "count"),
    [
        ("BTCUSDT_1h_2023-01_2024-06.csv", Timeframe.H1, 13_127),
        ("ETHBTC_5m_2018-01.csv", Timeframe.M5, 5_760),
        ("XRPUSDT_swap_5m_2021-11.csv", Timeframe.M5, 1_999),
        ("XRPUSDT_swap_mark_1h_2021-11.csv", Timeframe.H1, 100),
    ],
)
def test_recorded_candles_of_real_exchanges_are_read_whole(name: str, timeframe: Timeframe, count: int) -> None:
    bars = _read(_DATA / name, timeframe).bars

    assert len(bars) == count
    for bar in bars:
        for price in (bar.open, bar.high, bar.low, bar.close):
            assert price == price.quantize(Decimal("0.00000001"))
