"""What comes over the wire, before anybody believes it: bounded in size, whole, and JSON with something in it.

Numbers that an exchange writes without quotes keep their digits: they arrive as texts, never as floats.
"""

import re
from typing import Any, Protocol

import msgspec

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.exchange.failures import Asked, make_error

LARGEST_BODY_BYTES = 16 * 1024 * 1024

# A hundred digits of exponent would make exact arithmetic on the number take for ever.
_LONG_EXPONENT = re.compile(rb"[0-9.][eE][+-]?[0-9]{3,}[\"\],}\s]")
_ABSURD_NUMBER = re.compile(rb"(?:^|[\[{\":,\s])[+-]?[0-9.]+[eE][+-]?[0-9]{3,}[\"\],}\s]$")
_LONGEST_MANTISSA = 64
_DECODER = msgspec.json.Decoder(float_hook=str)


class ByteStream(Protocol):
    """A body that is still coming."""

    async def readany(self) -> bytes:
        """Return what has come since the last call; b"" at the end."""
        ...


async def read_bounded(stream: ByteStream, *, announced: int | None, asked: Asked) -> bytes:
    """Return a whole body.

    Raises:
        BadAnswerError: it is larger than 16 MB; the rest stays unread, so the connection must be dropped.
    """
    if announced is not None and announced > LARGEST_BODY_BYTES:
        raise make_error(BadAnswerError, asked, detail=f"a body of {announced} bytes")
    parts: list[bytes] = []
    size = 0
    while part := await stream.readany():
        size += len(part)
        if size > LARGEST_BODY_BYTES:
            raise make_error(BadAnswerError, asked, detail=f"a body of more than {LARGEST_BODY_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def is_json(body: bytes) -> bool:
    """Say whether a body looks like an object or an array; a page or an empty body does not."""
    return body.lstrip()[:1] in (b"{", b"[")


def decode_answer(body: bytes, asked: Asked) -> Any:
    """Return the object or array of a body.

    Raises:
        BadAnswerError: empty, `null`, `{}`, a page, cut off, not JSON, or with numbers of absurd size.
    """
    if not is_json(body):
        raise make_error(BadAnswerError, asked, detail=f"no JSON object: {_shown(body)}")
    if _has_absurd_number(body):
        raise make_error(BadAnswerError, asked, detail="a number with an absurd exponent")
    try:
        answer = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise make_error(BadAnswerError, asked, detail=f"broken JSON ({error}): {_shown(body)}") from None
    if answer == {}:
        raise make_error(BadAnswerError, asked, detail="an empty object")
    return answer


def _has_absurd_number(body: bytes) -> bool:
    """Say whether a number has an exponent of three digits; hashes and ids that only look alike do not count."""
    return any(
        _ABSURD_NUMBER.search(body[max(0, hit.start() - _LONGEST_MANTISSA) : hit.end()])
        for hit in _LONG_EXPONENT.finditer(body)
    )


def _shown(body: bytes) -> str:
    return repr(body[:60].decode("utf-8", errors="replace"))
