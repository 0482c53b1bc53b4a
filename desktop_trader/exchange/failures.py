"""What an exchange's failure means to us: lists of the HTTP statuses, exceptions of ccxt and codes that we know.

What is not on a list is `UnknownAnswerError`. Texts of exchanges and of ccxt hold keys and signatures at times, so they
only go into `detail`, redacted and cut, and the original exception is not chained.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from desktop_trader.diagnostics import MASK, redact
from desktop_trader.domain.errors import (
    AuthRefusedError,
    BadAnswerError,
    ClockSkewError,
    ExchangeError,
    ExchangeRefusedError,
    ExchangeUnavailableError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
    UnknownAnswerError,
)

_DETAIL_LENGTH = 300
_SHORTEST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 3 * 86_400.0
_BETWEEN_US = frozenset({407, 511})
"""Never an exchange's own: a proxy wants a name, or a network wants a login."""
_PERHAPS_BETWEEN_US = _BETWEEN_US | {401}
_SLOW_DOWN = frozenset({418, 429})
_BLOCKED = frozenset({403, 451})

_BY_ANSWER: dict[str, type[ExchangeError]] = {
    "AuthenticationError": AuthRefusedError,
    "PermissionDenied": AuthRefusedError,
    "AccountNotEnabled": AuthRefusedError,
    "AccountSuspended": AuthRefusedError,
    "InvalidNonce": ClockSkewError,
    "ExchangeNotAvailable": ExchangeUnavailableError,
    "OnMaintenance": ExchangeUnavailableError,
    "OperationFailed": ExchangeUnavailableError,
    "NetworkError": ExchangeUnavailableError,
    "RequestTimeout": ExchangeUnavailableError,
    "RestrictedLocation": ExchangeUnavailableError,
    "BadResponse": BadAnswerError,
    "NullResponse": BadAnswerError,
    "InsufficientFunds": ExchangeRefusedError,
    "InvalidOrder": ExchangeRefusedError,
    "OrderNotFound": ExchangeRefusedError,
    "OrderNotFillable": ExchangeRefusedError,
    "OrderImmediatelyFillable": ExchangeRefusedError,
    "BadRequest": ExchangeRefusedError,
    "BadSymbol": ExchangeRefusedError,
    "ArgumentsRequired": ExchangeRefusedError,
    "NotSupported": ExchangeRefusedError,
    "MarketClosed": ExchangeRefusedError,
    "OperationRejected": ExchangeRefusedError,
}
"""An exchange's own word, read by ccxt. A duplicate order id is not on it: the order exists and has to be looked up."""

_BY_STREAM: dict[str, type[ExchangeError]] = _BY_ANSWER | {
    "NetworkError": NetworkDownError,
    "ExchangeNotAvailable": NetworkDownError,
    "RequestTimeout": NetworkTimeoutError,
}
"""A stream has no answers: what fails there is the connection."""

_NO_CONNECTION = frozenset({"ClientConnectorError", "ConnectionRefusedError", "gaierror"})

_CLOCK_CODES = {"coinex": frozenset({"4010", "4017"})}
"""Codes with which an exchange finds our clock wrong, where ccxt does not know it."""

_SENTENCES: dict[type[ExchangeError], str] = {
    NetworkDownError: "{} cannot be reached",
    NetworkTimeoutError: "{} did not answer in time",
    ExchangeUnavailableError: "{} answers that it cannot work at present",
    BadAnswerError: "{} answered with something that is no answer",
    AuthRefusedError: "{} refuses the API key",
    ClockSkewError: "{} finds the clock of this computer wrong",
    ExchangeRefusedError: "{} refused what was asked",
    UnknownAnswerError: "{} answered with an error that is not known here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom something was asked: `exchange_id` and `name`; `is_write` when it may have changed something there."""

    exchange_id: str
    name: str
    is_write: bool = False
    secrets: tuple[str, ...] = ()


def make_error(
    kind: type[ExchangeError], asked: Asked, *, detail: object, retry_after_seconds: float = 0.0
) -> ExchangeError:
    """Return an error of a kind with its sentence for the person; `detail` is redacted for the log.

    What answers a write with nonsense may have carried it out: that is unknown.
    """
    if kind is BadAnswerError and asked.is_write:
        kind = UnknownAnswerError
    text = clean(str(detail), asked.secrets)
    if kind is RateLimitedError:
        wait = math.ceil(min(max(retry_after_seconds, _SHORTEST_RETRY_SECONDS), _LONGEST_RETRY_SECONDS))
        message = f"{asked.name} asks to be left alone for {wait} s"
        return RateLimitedError(message, retry_after_seconds=wait, detail=text)
    return kind(_SENTENCES[kind].format(asked.name), detail=text)


def clean(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a foreign text cut short, without line breaks, queries of addresses, keys and signatures."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    text = redact(re.sub(r"(https?://[^\s?#]+)\?\S+", r"\1", text, flags=re.IGNORECASE))
    text = " ".join(text.split())
    return text if len(text) <= _DETAIL_LENGTH else text[:_DETAIL_LENGTH] + "…"


def from_connection(error: BaseException, asked: Asked) -> ExchangeError:
    """Return what a failed connection means: nobody there, or nothing whole in time.

    A write that was sent, and whose answer was lost, is unknown.
    """
    kind: type[ExchangeError] = NetworkTimeoutError if isinstance(error, TimeoutError) else NetworkDownError
    is_surely_unsent = _NO_CONNECTION & {each.__name__ for each in type(error).__mro__}
    if asked.is_write and not is_surely_unsent:
        kind = UnknownAnswerError
    return make_error(kind, asked, detail=f"{type(error).__name__}: {error}")


def from_status(status: int, headers: Mapping[str, str], *, asked: Asked, is_json: bool) -> ExchangeError | None:
    """Return what an HTTP status alone means; None where the body has the word.

    Only an exchange speaks JSON: a page with 401 comes from something between it and us.
    """
    detail = f"HTTP {status}"
    if status in _SLOW_DOWN:
        return make_error(RateLimitedError, asked, detail=detail, retry_after_seconds=retry_after_seconds(headers))
    if status >= 500 and status not in _BETWEEN_US:
        return make_error(UnknownAnswerError if asked.is_write else ExchangeUnavailableError, asked, detail=detail)
    if is_json and status not in _BETWEEN_US:
        return None
    if status in _PERHAPS_BETWEEN_US:
        return make_error(NetworkDownError, asked, detail=f"{detail} without a word of the exchange: a proxy or portal")
    if status in _BLOCKED:
        return make_error(ExchangeUnavailableError, asked, detail=f"{detail}: blocked")
    return make_error(BadAnswerError, asked, detail=f"{detail} without JSON")


def from_answer(error: Exception, asked: Asked, *, code: str | None = "") -> ExchangeError:
    """Return what an exchange's own error means; `code` is the exchange's, `error` is how ccxt reads it.

    With None only the HTTP status spoke: that refuses no key.
    """
    if code in _CLOCK_CODES.get(asked.exchange_id, ()):
        return make_error(ClockSkewError, asked, detail=error)
    name = type(error).__name__
    if name in {"RateLimitExceeded", "DDoSProtection"}:
        return make_error(RateLimitedError, asked, detail=error)
    kind = _BY_ANSWER.get(name, UnknownAnswerError)
    if code is None and kind is AuthRefusedError:
        kind = UnknownAnswerError
    if asked.is_write and kind is ExchangeUnavailableError:
        kind = UnknownAnswerError
    return make_error(kind, asked, detail=f"{name}: {error}")


def from_stream(error: Exception, asked: Asked) -> ExchangeError:
    """Return what ended a stream; where making its connection was answered with an HTTP status, that has the word."""
    refused = error.args[0] if error.args else None
    status = getattr(refused, "status", None)
    if isinstance(status, int):
        answer = from_status(status, getattr(refused, "headers", None) or {}, asked=asked, is_json=False)
        if answer is not None:
            return answer
    name = type(error).__name__
    if name in {"RateLimitExceeded", "DDoSProtection"}:
        return make_error(RateLimitedError, asked, detail=error)
    return make_error(_BY_STREAM.get(name, UnknownAnswerError), asked, detail=f"{name}: {error}")


def retry_after_seconds(headers: Mapping[str, str]) -> float:
    """Return what `Retry-After` asks for, in seconds or as a date; 0 where it is absent or nonsense."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value, re.ASCII):
        return float(value)
    until, now = http_date(value), http_date(headers.get("Date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else 0.0


def http_date(text: str) -> datetime | None:
    """Return the instant of an HTTP date; None where it is none."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
