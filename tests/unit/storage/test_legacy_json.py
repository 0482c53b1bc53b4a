"""The content of balance files: plain JSON with a plain balance, or a refusal with its reason; never a default."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from desktop_trader.domain.legacy_balance import LegacyRefusalError, Unreadable
from desktop_trader.storage.legacy_json import MAX_BYTES, MAX_DEPTH, MAX_VALUES, read_content
from desktop_trader.storage.local_zone import LocalZone, local_zone

BERLIN = LocalZone(name="Europe/Berlin", zone=ZoneInfo("Europe/Berlin"))
SAMPLE = b'{\n  "balance": 12345.67,\n  "last_updated": "2025-06-23T07:19:44.944435"\n}'


def refusal(raw: bytes) -> Unreadable:
    with pytest.raises(LegacyRefusalError) as caught:
        read_content(raw, BERLIN)
    assert caught.value.user_message
    assert caught.value.user_message.isprintable()
    return caught.value.reason


@pytest.mark.requirement("R14", "R15")
def test_the_sample_of_the_documents_is_read_exactly_and_its_time_as_local() -> None:
    content = read_content(SAMPLE, BERLIN)
    assert content.balance == Decimal("12345.67")
    assert content.exact == "12345.67"
    assert content.time is not None
    assert content.time.at == datetime(2025, 6, 23, 5, 19, 44, 944435, UTC)
    assert content.time.line == "2025-06-23T07:19:44.944435 read as Europe/Berlin → UTC 2025-06-23 05:19:44.944435"
    assert content.notes == ()


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-06-23T07:19:44", datetime(2025, 6, 23, 5, 19, 44, tzinfo=UTC)),
        ("2025-12-23 07:19:44.9", datetime(2025, 12, 23, 6, 19, 44, 900000, UTC)),
        ("2025-06-23T07:19:44Z", datetime(2025, 6, 23, 7, 19, 44, tzinfo=UTC)),
        ("2025-06-23T07:19:44.944435+00:00", datetime(2025, 6, 23, 7, 19, 44, 944435, UTC)),
        ("2025-06-23T07:19:44-0530", datetime(2025, 6, 23, 12, 49, 44, tzinfo=UTC)),
    ],
)
@pytest.mark.requirement("R15")
def test_a_time_with_an_offset_keeps_it_and_one_without_is_local(written: str, at: datetime) -> None:
    time = read_content(json.dumps({"balance": 1, "last_updated": written}).encode(), BERLIN).time
    assert time is not None
    assert time.at == at
    assert time.zone == ("Europe/Berlin" if time.line.count("read as") else "")


@pytest.mark.parametrize(
    ("written", "note"),
    [("2025-10-26T02:30:00", "twice"), ("2025-03-30T02:30:00", "jumped"), ("2025-10-26T03:30:00", "")],
)
@pytest.mark.requirement("R15")
def test_a_local_time_that_was_shown_twice_or_never_is_said(written: str, note: str) -> None:
    content = read_content(json.dumps({"balance": 1, "last_updated": written}).encode(), BERLIN)
    assert content.time is not None
    assert note in content.time.note
    assert content.notes == ((content.time.note,) if note else ())


@pytest.mark.parametrize(
    ("number", "balance", "rounded"),
    [
        (b"9998.978341858076", "9998.97834186", True),
        (b"10000", "10000", False),
        (b"1e4", "10000", False),
        (b"1E-05", "0.00001", False),
        (b"1e-9", "0", True),
        (b"0", "0", False),
        (b"-0.0", "0", False),
        (b"0.000000015", "0.00000002", True),
        (b"50.0", "50", False),
    ],
)
def test_a_balance_is_exact_and_what_is_rounded_is_said(number: bytes, balance: str, rounded: bool) -> None:
    content = read_content(b'{"balance": ' + number + b"}", BERLIN)
    assert content.balance == Decimal(balance)
    assert content.exact == number.decode()
    assert bool(content.notes) is rounded
    assert all("rounded" in note and number.decode() in note for note in content.notes)


REFUSED = {
    "empty": (b"", Unreadable.EMPTY),
    "blanks": (b" \n", Unreadable.EMPTY),
    "corrupt": (b'{"balance": 12x}', Unreadable.DAMAGED),
    "single quotes": (b"{'balance': 12}", Unreadable.DAMAGED),
    "cut in a key": (SAMPLE[:8], Unreadable.TRUNCATED),
    "cut before the value": (b'{"balance": ', Unreadable.TRUNCATED),
    "cut in the number": (SAMPLE[:18], Unreadable.TRUNCATED),
    "cut after the point": (b'{"balance": 12.', Unreadable.TRUNCATED),
    "cut in a word": (b'{"balance": 1, "enabled": tr', Unreadable.TRUNCATED),
    "cut in the time": (SAMPLE[:-8], Unreadable.TRUNCATED),
    "cut before the end": (SAMPLE[:-1], Unreadable.TRUNCATED),
    "200,000 deep": (b"[" * 200_000, Unreadable.TOO_DEEP),
    "200,000 deep and closed": (b'{"balance": 1, "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", Unreadable.TOO_DEEP),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Unreadable.TOO_DEEP),
    "a little too deep": (b'{"a":' * (3 * MAX_DEPTH) + b"1" + b"}" * (3 * MAX_DEPTH), Unreadable.TOO_DEEP),
    "many values": (b'{"balance": 1, "a": [' + b"1," * MAX_VALUES + b"1]}", Unreadable.TOO_MANY_VALUES),
    "NaN": (b'{"balance": NaN}', Unreadable.NOT_FINITE),
    "NaN elsewhere": (b'{"balance": 1, "win_rate": NaN}', Unreadable.NOT_FINITE),
    "Infinity": (b'{"balance": Infinity}', Unreadable.NOT_FINITE),
    "-Infinity": (b'{"balance": -Infinity}', Unreadable.NOT_FINITE),
    "1e400": (b'{"balance": 1e400}', Unreadable.OUT_OF_RANGE),
    "1e99999999999999999999": (b'{"balance": 1e99999999999999999999}', Unreadable.OUT_OF_RANGE),
    "1e-99999999999999999999": (b'{"balance": 1e-99999999999999999999}', Unreadable.OUT_OF_RANGE),
    "1E+5000000": (b'{"balance": 1E+5000000}', Unreadable.OUT_OF_RANGE),
    "beyond the books": (b'{"balance": 99999999999}', Unreadable.OUT_OF_RANGE),
    "4,301 digits": (b'{"balance": ' + b"9" * 4301 + b"}", Unreadable.TOO_MANY_DIGITS),
    "4,301 decimals": (b'{"balance": 1.' + b"9" * 4301 + b"}", Unreadable.TOO_MANY_DIGITS),
    "50 digits": (b'{"balance": ' + b"9" * 50 + b"}", Unreadable.TOO_MANY_DIGITS),
    "negative": (b'{"balance": -50.0}', Unreadable.NEGATIVE),
    "just negative": (b'{"balance": -0.000000001}', Unreadable.NEGATIVE),
    "true": (b'{"balance": true}', Unreadable.WRONG_TYPE),
    "text": (b'{"balance": "10000"}', Unreadable.WRONG_TYPE),
    "null": (b'{"balance": null}', Unreadable.WRONG_TYPE),
    "list as balance": (b'{"balance": [10000]}', Unreadable.WRONG_TYPE),
    "object as balance": (b'{"balance": {}}', Unreadable.WRONG_TYPE),
    "a list": (b"[10000]", Unreadable.NOT_AN_OBJECT),
    "a bare number": (b"10000", Unreadable.NOT_AN_OBJECT),
    "a bare text": (b'"10000"', Unreadable.NOT_AN_OBJECT),
    "no balance": (b'{"enabled": true, "active_trades": []}', Unreadable.NO_BALANCE),
    "balance in capitals": (b'{"Balance": 1}', Unreadable.NO_BALANCE),
    "duplicate keys": (b'{"balance": 1, "balance": 2}', Unreadable.DUPLICATE_KEY),
    "escaped duplicate": (b'{"balance": 1, "b\\u0061lance": 2}', Unreadable.DUPLICATE_KEY),
    "duplicate below": (
        b'{"balance": 1, "a": {"\xf0\x9f\x98\x80": 1, "\xf0\x9f\x98\x80": 2}}',
        Unreadable.DUPLICATE_KEY,
    ),
    "BOM": (b"\xef\xbb\xbf" + SAMPLE, Unreadable.BYTE_ORDER_MARK),
    "UTF-16": (SAMPLE.decode().encode("utf-16"), Unreadable.BYTE_ORDER_MARK),
    "UTF-16 without BOM": (SAMPLE.decode().encode("utf-16-le"), Unreadable.NULS),
    "trailing bytes": (SAMPLE + b"x", Unreadable.TRAILING_BYTES),
    "two documents": (SAMPLE + SAMPLE, Unreadable.TRAILING_BYTES),
    "NULs": (b"\0" * 64, Unreadable.NULS),
    "NULs behind": (SAMPLE + b"\0" * 8, Unreadable.NULS),
    "Latin-1": (b'{"balance": 1, "name": "\xe4"}', Unreadable.NOT_UTF8),
    "lone surrogate bytes": (b'{"balance": 1, "a": "\xed\xa0\x80"}', Unreadable.NOT_UTF8),
    "Arabic digits": ('{"balance": ١٢}'.encode(), Unreadable.DAMAGED),
    "underscores": (b'{"balance": 1_000}', Unreadable.DAMAGED),
    "plus": (b'{"balance": +1}', Unreadable.DAMAGED),
    "leading zero": (b'{"balance": 007}', Unreadable.DAMAGED),
    "comment": (b'{"balance": 1 /* ok */}', Unreadable.DAMAGED),
    "time as number": (b'{"balance": 1, "last_updated": 1750663184}', Unreadable.BAD_TIME),
    "time as word": (b'{"balance": 1, "last_updated": "yesterday"}', Unreadable.BAD_TIME),
    "date only": (b'{"balance": 1, "last_updated": "2025-06-23"}', Unreadable.BAD_TIME),
    "no such day": (b'{"balance": 1, "last_updated": "2025-02-30T00:00:00"}', Unreadable.BAD_TIME),
    "the end of the calendar": (b'{"balance": 1, "last_updated": "9999-12-31T23:59:59-12:00"}', Unreadable.BAD_TIME),
    "its beginning": (b'{"balance": 1, "last_updated": "0001-01-01T00:00:00"}', Unreadable.BAD_TIME),
    "too large": (b'{"balance": 1}' + b" " * MAX_BYTES, Unreadable.TOO_LARGE),
}


@pytest.mark.requirement("R133")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_plain_is_refused_with_its_reason(name: str) -> None:
    raw, reason = REFUSED[name]
    assert refusal(raw) is reason


def pathological() -> dict[str, bytes]:
    """Contents of the full size, each the worst for one of the steps."""

    def filled(unit: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
        return before + unit * ((MAX_BYTES - len(before) - len(after)) // len(unit)) + after

    keys = b"{" + b",".join(b'"%d":1' % number for number in range(MAX_VALUES - 10))
    return {
        "opening brackets": filled(b"["),
        "pairs": filled(b"[]"),
        "stairs": filled(b"[[]"),
        "down and up": filled(b"[{}]"),
        "quotation marks": filled(b'"'),
        "empty texts": filled(b'"",', b"[", b'""]'),
        "unclosed escapes": filled(b'\\"[', b'{"a":"'),
        "backslashes": filled(b"\\"),
        "numbers": filled(b"1,", b"[", b"1]"),
        "digits": filled(b"9", b'{"balance":', b"}"),
        "blanks": filled(b" ", b'{"balance":1', b"}"),
        "one long text": filled(b"\\u00e9", b'{"balance":1,"a":"', b'"}'),
        "keys": keys + b',"balance":2}',
        "last key twice": keys + b',"0":1,"balance":2}',
        "trades": json.dumps({"balance": 1.5, "trades": [{"pnl": 1.25}] * 19_999}).encode(),
    }


@pytest.mark.parametrize("name", pathological())
def test_the_worst_content_takes_no_long_time(name: str) -> None:
    raw = pathological()[name]
    times = []
    for _ in range(3):
        began = perf_counter()
        with suppress(LegacyRefusalError):
            read_content(raw, BERLIN)
        times.append(perf_counter() - began)
    # A second here is ten times what is promised, and a hundredth of what any of these took that was not linear.
    assert min(times) < 1.0


@pytest.mark.requirement("R85")
def test_trades_that_add_up_say_so_and_others_name_the_gap() -> None:
    def check(**values: object) -> str | None:
        found = read_content(json.dumps(values).encode(), BERLIN).trade_check
        return None if found is None else found.line

    trades = [{"symbol": "BTCUSDT", "pnl": 12.5}, {"symbol": "ETHUSDT", "pnl": -22.74}]
    assert check(balance=9989.76, trades=trades) == (
        "2 trades add up to 9989.76, starting at 10000.00 (assumed, the file does not say): no gap"
    )
    assert check(balance=12346, initial_balance=1000, closed_trades=trades) == (
        "2 trades add up to 989.76, starting at 1000.00: the file says 11356.24 more"
    )
    assert check(balance=980, initial_balance=1000, trade_history=trades) == (
        "2 trades add up to 989.76, starting at 1000.00: the file says 9.76 less"
    )
    assert check(balance=1, trades=[]) is None
    assert check(balance=1, trades=[*trades, {"symbol": "XRPUSDT"}]) is None, "a sum of some of them says nothing"
    assert check(balance=1, trades=[{"pnl": "12.5"}]) is None


def test_the_zone_of_this_computer_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    zone = local_zone()
    assert zone.name == "America/New_York"
    assert zone.to_utc(datetime(2025, 6, 23, 7, 19, 44)) == (datetime(2025, 6, 23, 11, 19, 44, tzinfo=UTC), "")
    monkeypatch.setenv("TZ", "No/Such_Place")
    assert local_zone().name
