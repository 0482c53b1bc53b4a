"""One ccxt object, made our way: our transport in front, our certificates, our budget, no repetition of anything."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop_trader.exchange.addresses import trusted, url_overrides
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.exchange.rate_budget import RateBudget
from desktop_trader.exchange.transport import Link, bounded
from desktop_trader.messages.market_name import OFFERED_EXCHANGES
from desktop_trader.settings import ExchangeAddress

_CLOSE_SECONDS = 1.0
_TIMEOUT_MS = 10_000
_PING_EVERY_MS = 5_000
_TRADED_KINDS = frozenset({"spot", "swap", "linear"})
_STEADY_SHARE, _BURST_SHARE = 0.7, 0.3
"""Parts of an exchange's limit that we use: a burst and a steady stream together stay within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which exchange, where, and through what."""

    exchange_id: str
    address: ExchangeAddress
    proxy: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return OFFERED_EXCHANGES.get(self.exchange_id, self.exchange_id)


def make_instance(
    place: Place, clock: AsyncClock, *, market_type: str = "spot", budget: RateBudget | None = None
) -> Any:
    """Return a ccxt object for one kind of market. It opens nothing yet; whoever asks it something has to close it.

    Instances of one exchange share a `budget`. Imports ccxt.

    Raises:
        InvalidInputError: the CA file cannot be used.
    """
    from desktop_trader.exchange.library import calling_library, streaming_ids, streaming_library

    library = streaming_library() if place.exchange_id in streaming_ids() else calling_library()
    exchange = bounded(getattr(library, place.exchange_id))(
        {
            "enableRateLimit": True,
            "timeout": _TIMEOUT_MS,
            "maxRetriesOnFailure": 0,
            "options": {
                "defaultType": market_type,
                "maxRetriesOnFailure": 0,
                "warnOnFetchOpenOrdersWithoutSymbol": False,
            },
            "streaming": {"keepAlive": _PING_EVERY_MS, "connectionTimeout": _TIMEOUT_MS // 2},
        }
    )
    api = exchange.urls.get("api")
    if isinstance(api, Mapping):
        api = {**api, **url_overrides(place.exchange_id, place.address, own=api)}
        exchange.urls["api"] = api
    _ask_only_for_what_is_traded(exchange)
    exchange.ssl_context = trusted(place.address)
    exchange.link = Link(
        exchange_id=place.exchange_id,
        name=place.name,
        budget=budget or budget_for(exchange, clock, name=place.name),
        proxy=place.proxy,
    )
    if place.address.rest.startswith("http:"):
        exchange.timeout_on_exit = 0  # only the end of TLS takes a moment
    _set_stream_proxy(exchange, place.proxy)
    return exchange


def budget_for(exchange: Any, clock: AsyncClock, *, name: str) -> RateBudget:
    """Return a budget within what ccxt knows of the exchange's limits."""
    milliseconds = float(exchange.rateLimit or 0)
    cost_per_second = 1000.0 / milliseconds if milliseconds > 0 else 1.0
    window_seconds = max(float(exchange.rollingWindowSize or 0) / 1000, 1.0)
    return RateBudget(
        clock,
        name=name,
        per_second=cost_per_second * _STEADY_SHARE,
        burst=max(cost_per_second * window_seconds * _BURST_SHARE, 2.0),
    )


def _ask_only_for_what_is_traded(exchange: Any) -> None:
    """Leave options, dated and inverse contracts out of what a market list asks for, where ccxt lets us choose."""
    asked = exchange.options.get("fetchMarkets")
    kinds = asked.get("types") if isinstance(asked, dict) else asked
    if isinstance(kinds, list):
        kinds[:] = [kind for kind in kinds if kind in _TRADED_KINDS] or kinds


def _set_stream_proxy(exchange: Any, proxy: str) -> None:
    if proxy.startswith("socks5:"):
        exchange.wsSocksProxy = proxy
    elif proxy:
        exchange.wsProxy = proxy


async def close_instance(exchange: Any) -> None:
    """Close every connection of a ccxt object; a peer that does not answer holds nothing up. Again is harmless."""
    clients, exchange.clients = list((exchange.clients or {}).values()), {}
    exchange.closed_by_user = True
    if clients:
        closing = [asyncio.ensure_future(client.close()) for client in clients]
        _, late = await asyncio.wait(closing, timeout=_CLOSE_SECONDS)
        for each in late:
            each.cancel()
    await exchange.close()
