"""Reads recorded candles from a CSV file, strictly: what cannot be believed is an error with its line number.

The columns are `timestamp,open,high,low,close,volume`; times are ISO 8601 in UTC (`Z` or `+00:00`) and mark the
opening of a bar, oldest first. Missing bars are gaps of the market and stay gaps. Blank lines are skipped, a byte
order mark and Windows line ends are understood.

Numbers are taken as written, with one exception. Some collectors print binary floats in full, such as
0.09946999000000001 for 0.09946999: a number with more than eight decimals is rounded to eight when that changes it by
less than a part in 10^12, which no real price grid does.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError, MarketDataError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.money import CONTEXT, SCALE, UNIT, parse_decimal

HEADER = "timestamp,open,high,low,close,volume"
MAX_BYTES = 200_000_000
_COLUMNS = tuple(HEADER.split(","))
_TOO_LARGE = Decimal(10) ** 10
_ROUNDING_NOISE = Decimal("1e-12")
_NUMBER = r"([0-9]{1,11}(?:\.[0-9]{1,8})?)"
_PLAIN_ROW = re.compile(rf"(\S[^,]*\S),{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeries:
    """Bars of one symbol and timeframe, oldest first, without overlap; at least one.

    `content_hash` is the SHA-256 of the file they were read from, in hexadecimal.
    """

    symbol: str
    timeframe: Timeframe
    content_hash: str
    bars: tuple[Bar, ...]


def read_candles(path: Path, *, symbol: str, timeframe: Timeframe) -> CandleSeries:
    """Return the bars of a file, which holds candles of `symbol` every `timeframe`; the file itself does not say so.

    Raises:
        InvalidInputError: there is no such file, it is no file, it is too large, or its bars are not `timeframe` apart.
        MarketDataError: the file cannot be read, or its content cannot be believed.
    """
    content = read_file(path)
    lines = text_lines(content, path, header=HEADER)
    bars = _read_bars(lines, path, symbol=symbol, timeframe=timeframe)
    if not bars:
        raise MarketDataError(f"{path} holds no bars, only its first line; record some candles into it")
    _check_spacing(bars, path)
    content_hash = hashlib.sha256(content).hexdigest()
    return CandleSeries(symbol=symbol, timeframe=timeframe, content_hash=content_hash, bars=tuple(bars))


def candle_timeframe(path: Path) -> Timeframe:
    """Return the timeframe of a file of candles: the shortest step between two of them; of a single one an hour.

    Raises:
        InvalidInputError: there is no such file, it is no file, it is too large, or no timeframe has this length.
        MarketDataError: the file cannot be read, or its times cannot be believed.
    """
    lines = text_lines(read_file(path), path, header=HEADER)
    times = []
    for number, line in enumerate(lines[1:], start=2):
        if line and not line.isspace():
            try:
                times.append(parse_time(line.partition(",")[0].strip()))
            except MarketDataError as error:
                raise MarketDataError(f"{path}, line {number}: {error.user_message}") from error
    steps = [(after - before).total_seconds() for before, after in pairwise(times) if after > before]
    step = min(steps, default=float(Timeframe.H1.seconds))
    found = next((each for each in Timeframe if each.seconds == step), None)
    if found is None:
        raise InvalidInputError(f"{path} holds candles {step:g} s apart; known timeframes are {', '.join(Timeframe)}")
    return found


def read_file(path: Path) -> bytes:
    """Return the content of a file that somebody named.

    Raises:
        InvalidInputError: there is no such file, it is no file, or it is too large.
        MarketDataError: it cannot be read.
    """
    try:
        if path.is_dir():
            raise InvalidInputError(f"{path} is a folder; name the CSV file in it")
        if not path.exists():
            raise InvalidInputError(f"there is no file {path}; check the name of the CSV file")
        if not path.is_file():
            raise InvalidInputError(f"{path} is not a regular file; name a CSV file")
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{path} is larger than {MAX_BYTES // 10**6} MB; split it into shorter periods")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MarketDataError(f"{path} cannot be read: {reason}; check its permissions", detail=str(error)) from error


def text_lines(content: bytes, path: Path, *, header: str) -> list[str]:
    """Return the lines of a file of a table, of which the first one is its header.

    Raises:
        MarketDataError: it is no text, empty, or another table.
    """
    lines = _decode(content, path).splitlines()
    if not lines or not lines[0].strip():
        raise MarketDataError(f"{path} is empty; it needs the columns {header} and one row at least")
    if lines[0].strip() != header:
        raise MarketDataError(f"{path} does not start with the line {header}, but with {shown(lines[0])}")
    return lines


def _decode(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MarketDataError(f"{path} is not UTF-8 text (byte {error.start}); save it as a UTF-8 CSV file") from error


def _read_bars(lines: list[str], path: Path, *, symbol: str, timeframe: Timeframe) -> list[Bar]:
    bars: list[Bar] = []
    previous: datetime | None = None
    duration = timeframe.duration
    for number, line in enumerate(lines[1:], start=2):
        if not line or line.isspace():
            continue
        try:
            bar = _read_bar(line, symbol, timeframe)
            if previous is None or bar.opened_at - previous != duration:
                _check_time(bar, previous)
        except (MarketDataError, InvalidInputError) as error:
            raise type(error)(f"{path}, line {number}: {error.user_message}") from error
        bars.append(bar)
        previous = bar.opened_at
    return bars


def _check_time(bar: Bar, previous: datetime | None) -> None:
    """Refuse a bar at the start of the file or after a gap that opens at an impossible time."""
    opened_at, timeframe = bar.opened_at, bar.timeframe
    if previous is not None and opened_at <= previous:
        raise MarketDataError(_order_fault(opened_at, previous))
    if previous is not None and opened_at - previous < timeframe.duration:
        raise InvalidInputError(_closeness_fault(opened_at, previous, timeframe))
    if timeframe.bar_start(opened_at) != opened_at:
        raise MarketDataError(
            f"a {timeframe} bar cannot open at {_time_text(opened_at)}; "
            f"bars open at whole multiples of {timeframe} in UTC"
        )


def _read_bar(line: str, symbol: str, timeframe: Timeframe) -> Bar:
    row = _PLAIN_ROW.fullmatch(line)
    if row is None:
        return _checked(_read_unusual_bar(line, symbol, timeframe))
    time, open_, high, low, close, volume = row.groups()
    return _checked(
        Bar(
            symbol=symbol,
            timeframe=timeframe,
            opened_at=parse_time(time),
            open=Decimal(open_),
            high=Decimal(high),
            low=Decimal(low),
            close=Decimal(close),
            volume=Decimal(volume),
        )
    )


def _read_unusual_bar(line: str, symbol: str, timeframe: Timeframe) -> Bar:
    """Read a row that has numbers longer than eight decimals, or say what is wrong with it."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(_COLUMNS):
        raise MarketDataError(f"{len(_COLUMNS)} columns are needed, {len(cells)} are there; write {HEADER}")
    opened_at = parse_time(cells[0])
    numbers = [parse_number(cell, what) for cell, what in zip(cells[1:], _COLUMNS[1:], strict=True)]
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        opened_at=opened_at,
        open=numbers[0],
        high=numbers[1],
        low=numbers[2],
        close=numbers[3],
        volume=numbers[4],
    )


def parse_time(text: str) -> datetime:
    """Return a time as a file has it.

    Raises:
        MarketDataError: it is none, or not in UTC.
    """
    form = _TIME.fullmatch(text)
    if form is None:
        raise MarketDataError(f"{shown(text)} is not a time; write it as 2024-01-31T13:00:00Z")
    if form[2] is None:
        raise MarketDataError(f"the time {text} has no time zone; write UTC times with a Z at the end")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise MarketDataError(f"{text} is not a time of any calendar; correct it") from error
    if at.utcoffset():
        raise MarketDataError(f"the time {text} is not in UTC; convert it and end it with a Z")
    return at


def parse_number(text: str, what: str) -> Decimal:
    """Return a number as a file has it, without the noise of a float printed in full.

    Raises:
        MarketDataError: it is none.
    """
    try:
        value = parse_decimal(text, what=what)
    except InvalidInputError as error:
        raise MarketDataError(error.user_message) from error
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -SCALE:
        rounded = value.quantize(UNIT, context=CONTEXT)
        if abs(value - rounded) < _ROUNDING_NOISE * abs(value):
            return rounded
    return value


def _checked(bar: Bar) -> Bar:
    """Return a bar that can have happened; the row that holds it is refused otherwise."""
    high, low = bar.high, bar.low
    if not low > 0:
        raise MarketDataError(f"the low price {low} is not above zero; correct or remove the row")
    if low > high:
        raise MarketDataError(f"the high {high} is below the low {low}; correct or remove the row")
    if not (low <= bar.open <= high and low <= bar.close <= high):
        raise MarketDataError("open and close must lie between low and high; correct or remove the row")
    if bar.volume < 0:
        raise MarketDataError(f"the volume {bar.volume} is negative; correct or remove the row")
    if high >= _TOO_LARGE:
        raise MarketDataError(f"the price {high} is too large; prices are below {_TOO_LARGE:f}")
    return bar


def _check_spacing(bars: list[Bar], path: Path) -> None:
    """Refuse bars that are all further apart than they should be: another timeframe was recorded.

    Two bars alone prove nothing: there may be a gap between them.
    """
    timeframe = bars[0].timeframe
    if len(bars) <= 2:
        return
    step = min(after.opened_at - before.opened_at for before, after in pairwise(bars))
    if step > timeframe.duration:
        raise InvalidInputError(
            f"{path} holds bars {_length(step.total_seconds())} apart, not {timeframe} bars; "
            f"{_advice(step.total_seconds())}"
        )


def _order_fault(opened_at: datetime, previous: datetime) -> str:
    if opened_at == previous:
        return f"the time {_time_text(opened_at)} is there twice; remove one of the two rows"
    return f"{_time_text(opened_at)} comes after {_time_text(previous)}; sort the rows, oldest first"


def _closeness_fault(opened_at: datetime, previous: datetime, timeframe: Timeframe) -> str:
    step = (opened_at - previous).total_seconds()
    return f"the bars are {_length(step)} apart, closer than {timeframe}; {_advice(step)}"


def _advice(step: float) -> str:
    found = next((each for each in Timeframe if each.seconds == step), None)
    return f"ask for the timeframe {found}" if found else f"known timeframes are {', '.join(Timeframe)}"


def _length(seconds: float) -> str:
    found = next((each.value for each in Timeframe if each.seconds == seconds), None)
    return found or f"{seconds:g} s"


def _time_text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def shown(text: str) -> str:
    """Return what a file holds for a message: quoted, and cut where it is long."""
    return repr(text if len(text) <= 40 else text[:40] + "…")
