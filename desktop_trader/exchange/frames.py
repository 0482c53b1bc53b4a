"""What comes through a WebSocket, before ccxt sees it: bounded when unpacked, numbers as text, no frame that kills.

ccxt's own client would unpack any size, read numbers into floats, and die silently of a message that it does not
understand. `guard` puts this in the place of those parts in one client.
"""

import zlib
from typing import Any

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.exchange import failures
from desktop_trader.exchange.answers import LARGEST_BODY_BYTES, decode_answer, is_json
from desktop_trader.exchange.failures import Asked
from desktop_trader.exchange.stumbles import STUMBLES

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_RAW_WINDOW = -zlib.MAX_WBITS


def guard(client: Any, asked: Asked, *, failures_of_ccxt: type[Exception]) -> None:
    """Let what one of ccxt's clients receives come through here."""
    window = _GZIP_WINDOW if client.gunzip else _RAW_WINDOW if client.inflate else 0
    client.gunzip = client.inflate = False

    def receive(data: str | bytes) -> None:
        try:
            client.on_message_callback(client, _decoded(data, window, asked))
        except ExchangeError as error:
            client.on_error(error)
        except failures_of_ccxt as error:
            client.on_error(failures.from_stream(error, asked))
        except STUMBLES as error:
            client.on_error(failures.make_error(BadAnswerError, asked, detail=f"{type(error).__name__}: {error}"))

    client.handle_text_or_binary_message = receive


def unpacked(data: bytes, *, window: int, asked: Asked) -> bytes:
    """Return what a packed frame holds.

    Raises:
        BadAnswerError: it is broken, or larger than any message of an exchange.
    """
    opener = zlib.decompressobj(window)
    try:
        plain = opener.decompress(data, LARGEST_BODY_BYTES)
    except zlib.error as error:
        raise failures.make_error(BadAnswerError, asked, detail=f"a broken frame: {error}") from None
    if opener.unconsumed_tail or not opener.eof:
        raise failures.make_error(BadAnswerError, asked, detail="a frame that is too large or cut off")
    return plain


def _decoded(data: str | bytes, window: int, asked: Asked) -> Any:
    plain = unpacked(data, window=window, asked=asked) if isinstance(data, bytes) and window else data
    raw = plain.encode() if isinstance(plain, str) else plain
    return decode_answer(raw, asked) if is_json(raw) else raw.decode("utf-8", errors="replace")
