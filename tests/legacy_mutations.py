"""Balance files as disks, editors, programs and bad luck leave them: seeded mutations of what those programs wrote."""

import json
import random
from collections.abc import Callable, Iterator

from desktop_trader.storage.legacy_json import MAX_BYTES
from tests.legacy_folder import SAMPLE, balance_json

_TRADES = [
    {"symbol": "BTCUSDT", "side": "BUY", "entry": 105000.5, "exit": 105500.25, "pnl": 0.4, "at": "2025-06-23T07:19:44"},
    {"symbol": "ETHUSDT", "side": "SELL", "entry": 2500, "exit": 2512.5, "pnl": -1.25, "note": "später \u2713"},
]  # fmt: skip
CORPUS = (
    SAMPLE,
    balance_json("15000.0", "2025-06-23T08:03:49.376726"),
    balance_json("9998.978341858076", "2025-06-24T06:00:00.123456"),
    balance_json("50.0", "2025-06-24T07:09:43.004576+02:00"),
    b'{"balance": 12346}',
    b'{"balance":1e-05,"last_updated":null}',
    json.dumps({"enabled": True, "symbol": "BTCUSDT", "balance": 9989.76, "trades": _TRADES}).encode(),
    json.dumps({"balance": 0, "closed_trades": _TRADES * 5, "initial_balance": 1000}, indent=2).encode(),
    json.dumps({"open_trades": {"1": {"qty": [1, 2, {"a": []}]}}, "balance": 10000.0, "ключ": "値"}).encode(),
)
_TOKENS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1e99999999999999999999", b"1E+5000000", b"1e-400",
    b"-0.0",
    b"9" * 4301, b"0." + b"3" * 4301, b"-50.0", b"true", b"false", b"null", b'"10000"', b"[10000]", b"{}", b"[]", b"\0",
    b"\0" * 40, b"\xef\xbb\xbf", b"\xff\xfe", b"\x80", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"{", b"}", b"[", b"]",
    b":", b",", b'"', b"\\", b"/*", b"//", b"#", b"'", b"1_000", b"+1", b"007", b".5", b"5.", b"0x10", b"\xd9\xa1",
    b'"balance": 1,', b'"balance": 2', b'"last_updated": 5', b'"b\\u0061lance": 3,', b'"2025-02-30T00:00:00"',
    b'"0001-01-01T00:00:00"', b'"9999-12-31T23:59:59.999999"', b"99999999999999999999", b"46116860184.27387904",
    b"[" * 200, b'{"a":' * 200, b"\r\n", b"\t", b"\xe2\x80\xa8", b"\x1b[2J", b"\xe2\x80\xae",
)  # fmt: skip
_Mutation = Callable[[random.Random, bytes], bytes]


def _flip_bits(dice: random.Random, raw: bytes) -> bytes:
    data = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def _cut(dice: random.Random, raw: bytes) -> bytes:
    return raw[: dice.randint(0, len(raw))]


def _cut_out(dice: random.Random, raw: bytes) -> bytes:
    start = dice.randint(0, len(raw))
    return raw[:start] + raw[start + dice.randint(1, 20) :]


def _insert(dice: random.Random, raw: bytes) -> bytes:
    place = dice.randint(0, len(raw))
    return raw[:place] + dice.choice(_TOKENS) + raw[place:]


def _replace_number(dice: random.Random, raw: bytes) -> bytes:
    digits = [place for place, byte in enumerate(raw) if 48 <= byte <= 57]
    if not digits:
        return raw
    start = end = dice.choice(digits)
    while end < len(raw) and raw[end : end + 1] in b"0123456789.eE+-":
        end += 1
    return raw[:start] + dice.choice(_TOKENS) + raw[end:]


def _repeat(dice: random.Random, raw: bytes) -> bytes:
    start = dice.randint(0, len(raw))
    part = raw[start : start + dice.randint(1, 30)]
    return raw[:start] + part * dice.choice((2, 2, 2, 3, 50, 500)) + raw[start:]


def _swap(dice: random.Random, raw: bytes) -> bytes:
    places = sorted(dice.randint(0, len(raw)) for _ in range(4))
    one, two, three, four = places
    return raw[:one] + raw[three:four] + raw[two:three] + raw[one:two] + raw[four:]


def _splice(dice: random.Random, raw: bytes) -> bytes:
    other = dice.choice(CORPUS)
    return raw[: dice.randint(0, len(raw))] + other[dice.randint(0, len(other)) :]


def _nul_tail(dice: random.Random, raw: bytes) -> bytes:
    """What a file looks like whose length reached the disk and whose end did not."""
    kept = dice.randint(0, len(raw))
    return raw[:kept] + b"\0" * (len(raw) - kept)


def _noise(dice: random.Random, _raw: bytes) -> bytes:
    return dice.randbytes(dice.randint(0, 200))


def _grow(dice: random.Random, raw: bytes) -> bytes:
    """Up to the permitted size and a little beyond."""
    unit = dice.choice((*_TOKENS, raw, b"[1,", b'{"":', b'"",', b"1,", b"{},", b'\\"['))
    size = dice.choice((10_000, 100_000, MAX_BYTES - len(raw) - 1, MAX_BYTES + 1))
    place = dice.randint(0, len(raw))
    return raw[:place] + unit * (size // len(unit)) + raw[place:]


_MUTATIONS: tuple[_Mutation, ...] = (
    _flip_bits, _cut, _cut_out, _insert, _replace_number, _repeat, _swap, _splice, _nul_tail, _noise,
)  # fmt: skip
_GROWN_EVERY = 2_000


def mutated(seed: int, count: int) -> Iterator[bytes]:
    """Yield contents, the same ones for the same seed; one in two thousand is grown to the permitted size."""
    dice = random.Random(seed)
    for number in range(count):
        raw = dice.choice(CORPUS)
        for _ in range(dice.randint(1, 3)):
            raw = dice.choice(_MUTATIONS)(dice, raw)
        yield _grow(dice, raw) if number % _GROWN_EVERY == _GROWN_EVERY - 1 else raw
