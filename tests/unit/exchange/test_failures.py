"""What each failure of an exchange means: lists of what is known, and nothing known is unknown. Keys never show."""

import logging

import pytest

from desktop_trader.diagnostics import hide_everywhere, stop_hiding
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
from desktop_trader.exchange import failures
from desktop_trader.exchange.failures import Asked
from desktop_trader.exchange.library import calling_library

READ = Asked(exchange_id="coinex", name="CoinEx")
WRITE = Asked(exchange_id="coinex", name="CoinEx", is_write=True)

STATUSES: list[tuple[int, bool, type[ExchangeError] | None, type[ExchangeError] | None]] = [
    (200, True, None, None),
    (200, False, BadAnswerError, UnknownAnswerError),
    (302, False, BadAnswerError, UnknownAnswerError),
    (400, True, None, None),
    (401, True, None, None),
    (401, False, NetworkDownError, NetworkDownError),
    (407, False, NetworkDownError, NetworkDownError),
    (407, True, NetworkDownError, NetworkDownError),
    (511, False, NetworkDownError, NetworkDownError),
    (403, False, ExchangeUnavailableError, ExchangeUnavailableError),
    (403, True, None, None),
    (404, False, BadAnswerError, UnknownAnswerError),
    (418, True, RateLimitedError, RateLimitedError),
    (429, False, RateLimitedError, RateLimitedError),
    (451, False, ExchangeUnavailableError, ExchangeUnavailableError),
    (500, True, ExchangeUnavailableError, UnknownAnswerError),
    (502, False, ExchangeUnavailableError, UnknownAnswerError),
    (503, True, ExchangeUnavailableError, UnknownAnswerError),
    (504, False, ExchangeUnavailableError, UnknownAnswerError),
]

ANSWERS: list[tuple[str, str, type[ExchangeError], type[ExchangeError]]] = [
    ("AuthenticationError", "4005", AuthRefusedError, AuthRefusedError),
    ("PermissionDenied", "4007", AuthRefusedError, AuthRefusedError),
    ("AccountSuspended", "4115", AuthRefusedError, AuthRefusedError),
    ("ExchangeError", "4010", ClockSkewError, ClockSkewError),
    ("ExchangeError", "4017", ClockSkewError, ClockSkewError),
    ("InvalidNonce", "", ClockSkewError, ClockSkewError),
    ("ExchangeError", "4003", UnknownAnswerError, UnknownAnswerError),
    ("ExchangeError", "31337", UnknownAnswerError, UnknownAnswerError),
    ("ExchangeNotAvailable", "4001", ExchangeUnavailableError, UnknownAnswerError),
    ("OnMaintenance", "", ExchangeUnavailableError, UnknownAnswerError),
    ("OperationFailed", "", ExchangeUnavailableError, UnknownAnswerError),
    ("RequestTimeout", "4002", ExchangeUnavailableError, UnknownAnswerError),
    ("RequestTimeout", "3008", ExchangeUnavailableError, UnknownAnswerError),
    ("RateLimitExceeded", "4213", RateLimitedError, RateLimitedError),
    ("DDoSProtection", "", RateLimitedError, RateLimitedError),
    ("InsufficientFunds", "3109", ExchangeRefusedError, ExchangeRefusedError),
    ("InvalidOrder", "3127", ExchangeRefusedError, ExchangeRefusedError),
    ("OrderNotFound", "3600", ExchangeRefusedError, ExchangeRefusedError),
    ("BadRequest", "4004", ExchangeRefusedError, ExchangeRefusedError),
    ("BadSymbol", "4117", ExchangeRefusedError, ExchangeRefusedError),
    ("NullResponse", "", BadAnswerError, UnknownAnswerError),
    ("DuplicateOrderId", "", UnknownAnswerError, UnknownAnswerError),
    ("CancelPending", "", UnknownAnswerError, UnknownAnswerError),
    ("ManualInteractionNeeded", "", UnknownAnswerError, UnknownAnswerError),
]


@pytest.mark.parametrize(("status", "is_json", "read", "written"), STATUSES)
def test_a_status_means_what_the_list_says(
    status: int, is_json: bool, read: type[ExchangeError] | None, written: type[ExchangeError] | None
) -> None:
    """Rows F42, F43 and F57 of the fault list: a page with 401, 407 or 511 is a portal, no revoked key."""
    for asked, kind in ((READ, read), (WRITE, written)):
        error = failures.from_status(status, {}, asked=asked, is_json=is_json)
        assert (None if error is None else type(error)) is kind


@pytest.mark.parametrize(("name", "code", "read", "written"), ANSWERS)
def test_an_exchanges_own_word_means_what_the_list_says(
    name: str, code: str, read: type[ExchangeError], written: type[ExchangeError]
) -> None:
    """Rows F43, F49, F54, F56 and F57: a write that may have arrived is unknown; a duplicate id exists."""
    error = getattr(calling_library(), name)("coinex said something")
    assert type(failures.from_answer(error, READ, code=code)) is read
    assert type(failures.from_answer(error, WRITE, code=code)) is written


def test_a_status_alone_refuses_no_key() -> None:
    """Row F57 of the fault list: only the exchange's own code does."""
    error = calling_library().AuthenticationError("coinex GET 401 Unauthorized")
    assert type(failures.from_answer(error, READ, code=None)) is UnknownAnswerError


def test_clock_codes_count_only_for_the_exchange_that_has_them() -> None:
    other = Asked(exchange_id="bitmart", name="bitmart")
    error = calling_library().ExchangeError("4010")
    assert type(failures.from_answer(error, other, code="4010")) is UnknownAnswerError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NetworkError", NetworkDownError),
        ("ExchangeNotAvailable", NetworkDownError),
        ("RequestTimeout", NetworkTimeoutError),
        ("RateLimitExceeded", RateLimitedError),
        ("AuthenticationError", AuthRefusedError),
        ("BadSymbol", ExchangeRefusedError),
        ("UnsubscribeError", UnknownAnswerError),
    ],
)
def test_what_ends_a_stream_is_the_connection(name: str, kind: type[ExchangeError]) -> None:
    assert type(failures.from_stream(getattr(calling_library(), name)("over"), READ)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (503, ExchangeUnavailableError),
        (403, ExchangeUnavailableError),
        (429, RateLimitedError),
        (401, NetworkDownError),
        (200, BadAnswerError),
    ],
)
def test_a_stream_that_is_answered_with_a_status_has_met_more_than_silence(
    status: int, kind: type[ExchangeError]
) -> None:
    class RefusedError(Exception):
        """What aiohttp raises, as ccxt hands it on."""

        def __init__(self) -> None:
            self.status, self.headers = status, {"Retry-After": "9"}

    error = failures.from_stream(calling_library().NetworkError(RefusedError()), READ)
    assert type(error) is kind


def test_a_connection_fails_in_two_ways() -> None:
    assert type(failures.from_connection(ConnectionRefusedError(111, "refused"), READ)) is NetworkDownError
    assert type(failures.from_connection(TimeoutError(), READ)) is NetworkTimeoutError


def test_a_write_is_unknown_unless_it_surely_never_left() -> None:
    assert type(failures.from_connection(ConnectionRefusedError(111, "refused"), WRITE)) is NetworkDownError
    for lost in (ConnectionResetError(104, "reset"), BrokenPipeError(), TimeoutError()):
        assert type(failures.from_connection(lost, WRITE)) is UnknownAnswerError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "0.5"}, 1),
        ({"Retry-After": "0"}, 1),
        ({}, 1),
        ({"Retry-After": "soon"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "999999999"}, 259_200),
        ({"Retry-After": "Thu, 20 Nov 2025 18:00:30 GMT", "Date": "Thu, 20 Nov 2025 18:00:00 GMT"}, 30),
        ({"Retry-After": "Thu, 20 Nov 2025 17:00:00 GMT", "Date": "Thu, 20 Nov 2025 18:00:00 GMT"}, 1),
        ({"Retry-After": "Thu, 20 Nov 2025 18:00:30 GMT"}, 1),
    ],
)
def test_retry_after_is_honoured_in_seconds_and_as_a_date(headers: dict[str, str], seconds: int) -> None:
    """Row F54 of the fault list."""
    error = failures.from_status(429, headers, asked=READ, is_json=True)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == seconds


SECRET, KEY = "abcdef0123456789SECRET", "KEYKEYKEY0123"
LEAKS = [
    f"binance GET https://x.example/api/v3/order?symbol=BTCUSDT&signature={SECRET} 400",
    f'{{"msg":"bad","signature":"{SECRET}"}}',
    f"htx AccessKeyId={KEY} is not valid",
    f"the key {KEY} is unknown",
    f"X-COINEX-KEY: {KEY}, X-COINEX-SIGN: {SECRET}",
    f"apiKey={KEY}&secret={SECRET}",
]


@pytest.mark.parametrize("text", LEAKS)
def test_no_key_and_no_signature_gets_into_a_message_or_the_log(text: str, caplog: pytest.LogCaptureFixture) -> None:
    asked = Asked(exchange_id="binance", name="Binance", secrets=(KEY, SECRET))
    error = failures.from_answer(calling_library().ExchangeError(text), asked)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").error("failed", exc_info=error)
    for told in (error.user_message, error.detail, str(error), repr(error), caplog.text):
        assert KEY not in told
        assert SECRET not in told


def test_a_signature_shows_not_even_where_nobody_knows_it() -> None:
    error = failures.from_answer(calling_library().ExchangeError(LEAKS[0]), READ)
    assert SECRET not in error.detail
    hide_everywhere(KEY)
    try:
        assert KEY not in failures.clean(LEAKS[3])
    finally:
        stop_hiding(KEY)


def test_a_foreign_text_is_one_short_line() -> None:
    assert "\n" not in failures.clean("one\ntwo")
    assert len(failures.clean("x" * 10_000)) < 400
