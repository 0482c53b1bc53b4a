"""The part of every ccxt exchange that is ours: how it fetches, paces itself, reads JSON and tells what failed.

`bounded` puts `Transport` in front of one of ccxt's classes. ccxt still knows the endpoints, parameters, signatures and
error codes; sockets, sizes, deadlines, pacing and numbers are decided here. Nothing is ever sent twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, NetworkDownError, RateLimitedError
from desktop_trader.exchange import coinex, failures
from desktop_trader.exchange.answers import decode_answer, is_json, read_bounded
from desktop_trader.exchange.call_limits import outside_the_deadline, purpose
from desktop_trader.exchange.failures import Asked
from desktop_trader.exchange.frames import guard
from desktop_trader.exchange.numerals import text_at, text_at_any, text_at_either
from desktop_trader.exchange.rate_budget import RateBudget

_READS = frozenset({"GET", "HEAD"})
_CONNECT_SECONDS = 5.0
_LONGEST_PRECISION = 3
_NOTHING_ELSE: list[Any] = ["GET", None, None]
_CELLS: list[Any] = [0, 1, 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an instance of an exchange needs of ours. `clock_offset_ms` is added to what ccxt takes for the time."""

    exchange_id: str
    name: str
    budget: RateBudget
    proxy: str = ""
    secrets: tuple[str, ...] = ()

    def with_secrets(self, *secrets: str) -> "Link":
        """Return this link knowing texts that must show nowhere."""
        return replace(self, secrets=secrets)

    def asked(self, method: str = "GET") -> Asked:
        """Say whom a call asks, and whether it may change something there."""
        told = purpose().is_write
        is_write = method not in _READS if told is None else told
        return Asked(exchange_id=self.exchange_id, name=self.name, is_write=is_write, secrets=self.secrets)


class Transport:
    """Methods that stand in the place of ccxt's own. `self` is an instance of one of ccxt's classes.

    Numbers of ccxt's structures are `Decimal`.
    """

    number: type = Decimal
    safe_string = staticmethod(text_at)
    safe_string_2 = staticmethod(text_at_either)
    safe_string_n = staticmethod(text_at_any)
    link: Link
    clock_offset_ms = 0
    stream_failure: ExchangeError | None = None
    answered_at: datetime | None = None
    """When the last believable answer was made, by the exchange's own `Date` header."""

    async def throttle(self, cost: float | None = None) -> None:
        """Wait until the budget has room for one call."""
        budget, priority = self.link.budget, purpose().priority
        await outside_the_deadline(lambda: budget.take(1.0 if cost is None else float(cost), priority))

    async def fetch(self: Any, url: str, *request: Any) -> Any:
        """Send one HTTP request and return its decoded JSON.

        Raises:
            ExchangeError: of the kind that says what failed.
        """
        method, headers, body = [*request, *_NOTHING_ELSE[len(request) :]]
        asked = self.link.asked(method)
        sent = self.prepare_request_headers(headers)
        status, reason, answer_headers, raw = await self.exchange_bytes(url, method=method, headers=sent, body=body)
        refusal = failures.from_status(status, answer_headers, asked=asked, is_json=is_json(raw))
        if isinstance(refusal, RateLimitedError):
            self.link.budget.close_for(refusal.retry_after_seconds)
        if refusal is not None and not (refusal.__class__ is BadAnswerError and status < 400):
            raise refusal
        answer = decode_answer(raw, asked)
        if self.link.exchange_id == coinex.COINEX:
            coinex.check_envelope(answer)
        text, headers_told = raw.decode("utf-8", errors="replace"), dict(answer_headers)
        outcome = (status, reason, url, method)
        self._check(
            asked, exchange_code(answer), lambda: self.handle_errors(*outcome, headers_told, text, answer, sent, body)
        )
        self._check(asked, None, lambda: self.handle_http_status_code(*outcome, text))
        self.answered_at = failures.http_date(answer_headers.get("Date", ""))
        return answer

    def _check(self: Any, asked: Asked, code: str | None, look: Callable[[], object]) -> None:
        """Let ccxt look at an answer; `code` is the exchange's own, None where only the HTTP status speaks."""
        try:
            look()
        except self.failures_of_ccxt as error:
            failure = failures.from_answer(error, asked, code=code)
            if isinstance(failure, RateLimitedError):
                self.link.budget.close_for(failure.retry_after_seconds)
            raise failure from None

    async def exchange_bytes(
        self: Any, url: str, *, method: str, headers: Any, body: Any
    ) -> tuple[int, str, Any, bytes]:
        """Send a request and return status, reason, headers and the whole body; redirects are not followed."""
        import aiohttp
        import yarl

        asked = self.link.asked(method)
        self.open(True)
        session, proxy = self.session, None
        if self.link.proxy.startswith("socks5:"):
            session = self.get_socks_proxy_session(self.link.proxy)
        elif self.link.proxy:
            proxy = self.link.proxy
        try:
            async with session.request(
                method,
                yarl.URL(url, encoded=True),
                data=body.encode() if isinstance(body, str) and body else body or None,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                proxy=proxy,
                allow_redirects=False,
            ) as response:
                try:
                    raw = await read_bounded(response.content, announced=response.content_length, asked=asked)
                except ExchangeError:
                    response.close()
                    raise
                return response.status, response.reason or "", response.headers, raw
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            raise failures.from_connection(error, asked) from None
        except ValueError as error:
            raise failures.make_error(BadAnswerError, asked, detail=f"{type(error).__name__}: {error}") from None

    def client(self: Any, url: str) -> Any:
        """Return ccxt's client of a WebSocket address, guarded."""
        is_new = url not in self.clients
        client = cast(Any, super()).client(url)
        if is_new:
            guard(client, self.link.asked(), failures_of_ccxt=self.failures_of_ccxt)
        return client

    def on_error(self: Any, client: Any, error: Any) -> None:
        """Keep what ended a stream: ccxt tells only who waits at that moment, and connects anew for who comes after."""
        is_ours = isinstance(error, ExchangeError)
        self.stream_failure = error if is_ours else failures.from_stream(error, self.link.asked())
        cast(Any, super()).on_error(client, error)

    def on_close(self: Any, client: Any, code: Any) -> None:
        """Keep that the other side ended a stream."""
        if self.stream_failure is None:
            detail = f"the stream was closed: {code}"
            self.stream_failure = failures.make_error(NetworkDownError, self.link.asked(), detail=detail)
        cast(Any, super()).on_close(client, code)

    def parse_order_book_bid_ask(self: Any, bidask: Any, *keys: Any) -> list[Any]:
        """Return price, quantity and what may follow of one level; ccxt would make floats of them."""
        price_key, amount_key, count_key = [*keys, *_CELLS[len(keys) :]]
        level = [self.safe_float(bidask, price_key), self.safe_float(bidask, amount_key)]
        count = self.safe_integer(bidask, count_key)
        return level if count is None else [*level, count]

    def safe_float(self: Any, dictionary: Any, *key_and_default: Any) -> Any:
        """Return a number as every other is here; ccxt would make a float of it."""
        key, default_value = (*key_and_default, None)[:2]
        return self.safe_number(dictionary, key, default_value)

    def parse_precision(self: Any, precision: str | None) -> Any:
        """Return a count of decimals as the step that it means; ccxt would count to any number it is given.

        Raises:
            ValueError: it is no count of decimals.
        """
        if precision is not None and (len(precision) > _LONGEST_PRECISION or not precision.lstrip("-").isdigit()):
            raise ValueError(f"a precision of {precision[:20]!r}")
        return cast(Any, super()).parse_precision(precision)

    def milliseconds(self) -> int:
        """Return the time that signatures carry: this computer's, put right by what the exchange said."""
        import time

        return int(time.time() * 1000) + self.clock_offset_ms

    def parse_json(self, http_response: str) -> Any:
        """Return decoded JSON as everything here reads it."""
        return decode_answer(http_response.encode(), self.link.asked())


def bounded(ccxt_class: type) -> type:
    """Return a class that is one of ccxt's with our transport in front."""
    from desktop_trader.exchange.library import ccxt_failures

    return type(ccxt_class.__name__, (Transport, ccxt_class), {"failures_of_ccxt": ccxt_failures()})


def exchange_code(answer: Any) -> str:
    """Return the error code an exchange put into its answer; "" where it has none of the usual places."""
    if isinstance(answer, dict):
        for place in ("code", "retCode", "ret_code", "errorCode", "label", "err_code"):
            if place in answer and isinstance(answer[place], str | int):
                return str(answer[place])
    return ""
