"""Bodies and frames: bounded, whole, JSON with something in it, and numbers that keep their digits."""

import asyncio
import gzip
import zlib

import pytest

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.exchange.answers import LARGEST_BODY_BYTES, decode_answer, is_json, read_bounded
from desktop_trader.exchange.failures import Asked
from desktop_trader.exchange.frames import guard, unpacked

ASKED = Asked(exchange_id="coinex", name="CoinEx")


class Body:
    """A body that comes in parts and counts what was read of it."""

    def __init__(self, part: bytes, parts: int) -> None:
        self.part = part
        self.left = parts

    async def readany(self) -> bytes:
        self.left -= 1
        return self.part if self.left >= 0 else b""


def test_a_body_is_read_whole_up_to_the_cap() -> None:
    body = asyncio.run(read_bounded(Body(b"x" * 1024, 16 * 1024), announced=None, asked=ASKED))
    assert len(body) == LARGEST_BODY_BYTES


@pytest.mark.requirement("R203")
def test_a_body_of_300_mb_is_given_up_at_16() -> None:
    """Row F45 of the fault list."""
    huge = Body(b"x" * 1_000_000, 300)
    with pytest.raises(BadAnswerError):
        asyncio.run(read_bounded(huge, announced=None, asked=ASKED))
    assert huge.left > 280


def test_a_body_that_announces_too_much_is_not_read_at_all() -> None:
    huge = Body(b"x", 10)
    with pytest.raises(BadAnswerError):
        asyncio.run(read_bounded(huge, announced=LARGEST_BODY_BYTES + 1, asked=ASKED))
    assert huge.left == 10


@pytest.mark.requirement("R208")
@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"{}", b" { } ", b"<html><body>Sign in</body></html>", b"OK", b"42", b'"text"',
        b'{"code": 0, "da', b'[{"a": 1}', b'{"a": NaN}', b'{"a": 1e999999999}', b'{"a": "1e999999999"}',
        b'["1E-12345"]', b'{"a": "\xff"}',
        b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"\x00\x01", b"{'a': 1}",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    """Rows F44, F46 and F72: a portal, a cut off answer, an empty one."""
    with pytest.raises(BadAnswerError):
        decode_answer(body, ASKED)


def test_numbers_without_quotes_keep_their_digits() -> None:
    answer = decode_answer(b'{"price": 64291.34000000000001, "count": 12345678901234567890, "small": 1e-7}', ASKED)
    assert answer == {"price": "64291.34000000000001", "count": 12345678901234567890, "small": "1e-7"}
    assert decode_answer(b"[]", ASKED) == []


def test_hashes_and_ids_are_no_absurd_numbers() -> None:
    body = b'{"id": "7e12345678abcdef", "hash": "0x12e4567", "uuid": "1e234567-89ab", "small": "1e-18"}'
    assert len(decode_answer(body, ASKED)) == 4


def test_a_page_is_told_from_json() -> None:
    assert is_json(b"  [1]")
    assert not is_json(b"<!doctype html>")


class Client:
    """What `guard` needs of ccxt's client of a WebSocket."""

    def __init__(self, *, gunzip: bool = False, inflate: bool = False, fails: Exception | None = None) -> None:
        self.gunzip, self.inflate = gunzip, inflate
        self.messages: list[object] = []
        self.errors: list[Exception] = []
        self.fails = fails

    def on_message_callback(self, _client: object, message: object) -> None:
        if self.fails is not None:
            raise self.fails
        self.messages.append(message)

    def on_error(self, error: Exception) -> None:
        self.errors.append(error)

    def handle_text_or_binary_message(self, data: str | bytes) -> None:
        raise AssertionError("ccxt's own reading is replaced")


class LibraryError(Exception):
    """Stands for what ccxt raises."""


def guarded(client: Client) -> Client:
    guard(client, ASKED, failures_of_ccxt=LibraryError)
    return client


def test_frames_are_unpacked_and_numbers_keep_their_digits() -> None:
    text = b'{"price": 0.10000000000000001}'
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = [(Client(gunzip=True), gzip.compress(text)), (Client(inflate=True), raw.compress(text) + raw.flush())]
    for client, data in [*packed, (Client(), text)]:
        guarded(client).handle_text_or_binary_message(data)
        assert client.messages == [{"price": "0.10000000000000001"}]
        assert not client.gunzip
    plain = guarded(Client())
    plain.handle_text_or_binary_message("pong")
    assert plain.messages == ["pong"]


@pytest.mark.parametrize(
    "data",
    [b"no gzip", gzip.compress(b"x")[:-4], gzip.compress(b"0" * (LARGEST_BODY_BYTES + 1))],
    ids=["no gzip", "cut off", "a bomb"],  # What was packed holds the time, which names no test.
)
def test_a_frame_that_is_broken_or_a_bomb_is_refused(data: bytes) -> None:
    with pytest.raises(BadAnswerError):
        unpacked(data, window=31, asked=ASKED)
    client = guarded(Client(gunzip=True))
    client.handle_text_or_binary_message(data)
    assert [type(error) for error in client.errors] == [BadAnswerError]


@pytest.mark.parametrize(
    "failure", [KeyError("x"), TypeError("x"), LibraryError("x"), ZeroDivisionError(), BadAnswerError("x")]
)
def test_a_message_that_is_not_understood_ends_the_stream_and_does_not_hang_it(failure: Exception) -> None:
    client = guarded(Client(fails=failure))
    client.handle_text_or_binary_message('{"a": 1}')
    assert len(client.errors) == 1
    assert isinstance(client.errors[0], ExchangeError)
