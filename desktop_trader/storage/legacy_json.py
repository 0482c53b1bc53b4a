"""Reads the content of a balance file strictly: what is not plain JSON with a plain balance is refused by name.

Numbers stay the text they were until a rule has looked at them; no float, no default, no repair. Every step is
bounded, so that no content of the permitted size takes long. Pure: no file is touched here.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NoReturn

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.legacy_balance import LegacyRefusalError, LegacyTime, TradeCheck, Unreadable
from desktop_trader.domain.money import CONTEXT, UNIT, ZERO, check_amount
from desktop_trader.storage.legacy_trades import check_trades
from desktop_trader.storage.local_zone import LocalZone

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 100_000
_FIRST_LOOK = 64 * 1024
_BALANCE = "balance"
_TIME = "last_updated"
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_LONGEST_NUMBER = 90
_LARGEST_MAGNITUDE = 12
_TIME_TEXT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
# One that is not closed reaches to the end: otherwise each of its quotation marks would be tried in turn.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CUT_WORD = re.compile(r"(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|N|Na|-|-?I\w*|\.|[eE][+-]?)\s*", re.ASCII)
_LONGEST_CUT_WORD = 16
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_KIND_NAMES = {
    bool: "true or false",
    str: "a text",
    type(None): "null",
    list: "a list",
    dict: "an object",
    bytes: "a number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyContent:
    """What a believable content says: `balance` >= 0 to 10^-8, `exact` as written; `time` None where it has none."""

    balance: Decimal
    exact: str
    time: LegacyTime | None
    trade_check: TradeCheck | None
    notes: tuple[str, ...]


def read_content(raw: bytes, zone: LocalZone) -> LegacyContent:
    """Return what a balance file says; naive times are read in `zone`.

    Raises:
        LegacyRefusalError: it is anything but a JSON object with a plain balance.
    """
    values = _read_object(raw)
    exact, balance = _balance(values)
    time = _time(values, zone)
    notes = []
    if Decimal(exact) != balance:
        notes.append(f"rounded from {exact}: the books keep 8 decimals")
    if time is not None and time.note:
        notes.append(time.note)
    return LegacyContent(
        balance=balance, exact=exact, time=time, trade_check=check_trades(values, balance), notes=tuple(notes)
    )


def _read_object(raw: bytes) -> dict[str, object]:
    text = _text(raw)
    _check_shape(raw)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _syntax_refusal(text, error) from error
    except RecursionError as error:
        raise _refusal(Unreadable.TOO_DEEP, "it is nested too deeply") from error
    if not isinstance(value, dict):
        what = _KIND_NAMES[type(value)]
        raise _refusal(Unreadable.NOT_AN_OBJECT, f"it holds {what} where an object with a balance belongs")
    return value


def _text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _refusal(Unreadable.TOO_LARGE, f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    if raw.startswith(_BOMS):
        raise _refusal(Unreadable.BYTE_ORDER_MARK, "it begins with a byte order mark, which JSON does not have")
    if not raw.strip():
        raise _refusal(Unreadable.EMPTY, "it is empty" if not raw else "it holds nothing but blanks")
    if b"\0" in raw:
        raise _refusal(Unreadable.NULS, "it holds zero bytes, as a file does whose writing was cut off")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal(Unreadable.NOT_UTF8, f"byte {error.start} is not UTF-8 text") from error


def _check_shape(raw: bytes) -> None:
    """Refuse nesting and numbers of values that would cost time, before anything is built of them."""
    opening = raw.count(b"[") + raw.count(b"{")
    # A text between quotation marks may hold any of these; so few of them are harmless wherever they stand.
    if opening > MAX_DEPTH and not _is_shallow(raw[:_FIRST_LOOK]):
        raise _refusal(Unreadable.TOO_DEEP, f"it is nested more than {MAX_DEPTH} levels deep")
    if raw.count(b",") + opening > MAX_VALUES or raw.count(b'"') > 4 * MAX_VALUES:
        raise _refusal(Unreadable.TOO_MANY_VALUES, f"it holds more than {MAX_VALUES:,} values")
    if opening > MAX_DEPTH and not _is_shallow(raw):
        raise _refusal(Unreadable.TOO_DEEP, f"it is nested more than {MAX_DEPTH} levels deep")


def _is_shallow(raw: bytes) -> bool:
    """Whether brackets outside of texts nest within the limit: each round takes the innermost pairs away."""
    brackets = _STRINGS.sub(b"", raw).translate(None, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if shorter == brackets:
            break
        brackets = shorter
    # What is left over does not pair: up to the limit the parser may say so, better than this can.
    return len(brackets) <= MAX_DEPTH


def _refuse_constant(name: str) -> NoReturn:
    raise _refusal(Unreadable.NOT_FINITE, f"{name} is not a number that JSON knows")


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise _refusal(Unreadable.DUPLICATE_KEY, f"it names {twice[:40]!a} twice")
    return found


# A number comes as the bytes of its text, not yet believed: nothing else in JSON is bytes, and nothing is faster.
_DECODER = json.JSONDecoder(
    parse_float=str.encode,
    parse_int=str.encode,
    parse_constant=_refuse_constant,
    object_pairs_hook=_without_repetition,
)


def _syntax_refusal(text: str, error: json.JSONDecodeError) -> LegacyRefusalError:
    place = f"line {error.lineno}, column {error.colno}"
    if error.msg.startswith("Extra data"):
        return _refusal(Unreadable.TRAILING_BYTES, f"something follows after its end, at {place}")
    rest = text[error.pos :]
    is_cut_word = len(rest) < _LONGEST_CUT_WORD and _CUT_WORD.fullmatch(rest)
    if error.msg.startswith("Unterminated string") or not rest.strip() or is_cut_word:
        return _refusal(Unreadable.TRUNCATED, "it is cut off in the middle")
    return _refusal(Unreadable.DAMAGED, f"it is not valid JSON at {place}")


def _balance(values: dict[str, object]) -> tuple[str, Decimal]:
    """Return the balance as written and as the books keep it."""
    if _BALANCE not in values:
        raise _refusal(Unreadable.NO_BALANCE, "it has no balance")
    value = values[_BALANCE]
    if not isinstance(value, bytes):
        raise _refusal(Unreadable.WRONG_TYPE, f"its balance is {_KIND_NAMES[type(value)]}, not a number")
    exact = _checked_number(value.decode())
    number = Decimal(exact)
    if number < ZERO:
        raise _refusal(Unreadable.NEGATIVE, f"its balance is negative: {exact}")
    rounded = abs(number.quantize(UNIT, rounding=ROUND_HALF_EVEN, context=CONTEXT))
    try:
        return exact, check_amount(rounded, what="its balance")
    except InvalidInputError as error:
        raise _refusal(Unreadable.OUT_OF_RANGE, error.user_message) from error


def _checked_number(text: str) -> str:
    """Return the text of a number that is short and small enough to compute with."""
    if len(text) > _LONGEST_NUMBER:
        raise _refusal(Unreadable.TOO_MANY_DIGITS, f"its balance has {len(text):,} digits")
    if _NUMBER.fullmatch(text) is None:
        reason = Unreadable.OUT_OF_RANGE if "e" in text.lower() else Unreadable.TOO_MANY_DIGITS
        raise _refusal(reason, f"its balance is no amount of money: {text[:40]}")
    number = Decimal(text)
    if number and number.adjusted() >= _LARGEST_MAGNITUDE:
        raise _refusal(Unreadable.OUT_OF_RANGE, f"its balance is too large for the books: {text[:40]}")
    return text


def _time(values: dict[str, object], zone: LocalZone) -> LegacyTime | None:
    value = values.get(_TIME)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _refusal(Unreadable.BAD_TIME, f"its time is {_KIND_NAMES[type(value)]}, not a text")
    match = _TIME_TEXT.fullmatch(value)
    if match is None:
        raise _refusal(Unreadable.BAD_TIME, f"its time is not one such as 2025-06-23T07:19:44: {value[:40]!a}")
    date, clock, fraction, offset = match.groups()
    try:
        written = datetime.fromisoformat(f"{date}T{clock}.{(fraction or '').ljust(6, '0')}")
        if offset is None:
            at, note = zone.to_utc(written)
            return LegacyTime(text=value, at=at, zone=zone.name, note=note)
        aware = datetime.fromisoformat(f"{written.isoformat()}{'+00:00' if offset == 'Z' else offset}")
        return LegacyTime(text=value, at=aware.astimezone(UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise _refusal(Unreadable.BAD_TIME, f"its time is not in the calendar: {value}") from error


def _refusal(reason: Unreadable, explanation: str) -> LegacyRefusalError:
    return LegacyRefusalError(reason, explanation)
