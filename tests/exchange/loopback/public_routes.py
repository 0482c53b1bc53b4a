"""The public REST answers: markets, prices, books, candles, deals, time, maintenance, funding rates."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from tests.exchange.loopback.faults import Fault
from tests.exchange.loopback.listing import Kind, asset_rows, spot_row, swap_row
from tests.exchange.loopback.market import Market
from tests.exchange.loopback.price_path import LISTED_AT
from tests.exchange.loopback.shapes import Row, envelope, failure, text_of

if TYPE_CHECKING:
    from tests.exchange.loopback.exchange import LoopbackExchange

PERIODS = {
    "1min": 60,
    "3min": 180,
    "5min": 300,
    "15min": 900,
    "30min": 1800,
    "1hour": 3600,
    "2hour": 7200,
    "4hour": 14400,
    "6hour": 21600,
    "12hour": 43200,
    "1day": 86400,
    "3day": 259200,
    "1week": 604800,
}
DEPTH_LIMITS = (5, 10, 20, 50)
MOST_CANDLES = 1000
FUNDING_SECONDS = 8 * 3600
FUNDING_LATE_MS = 1_761
"""The exchange says that it pays a moment after the full hour, to the millisecond."""
MOST_RATES = 1000
LEVELS = (("10", "100", "0.005", "0.01"), ("50", "50", "0.01", "0.02"), ("1000", "20", "0.025", "0.05"))
"""Amount in coins, leverage, maintenance and initial margin rate."""
PARAMETER_ERROR = 4004
NO_MARKET = 3639
Handler = Callable[[web.Request], Awaitable[web.Response]]


class PublicRoutes:
    """The handlers of the public routes; they read the exchange and change nothing."""

    def __init__(self, exchange: "LoopbackExchange") -> None:
        self._exchange = exchange

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add every public route."""
        router.add_get("/v2/time", self._time)
        router.add_get("/v2/maintain/info", self._maintain)
        router.add_get("/v2/assets/all-deposit-withdraw-config", self._assets)
        for kind in Kind:
            router.add_get(f"/v2/{kind.value}/market", self._of(kind, self._markets))
            router.add_get(f"/v2/{kind.value}/ticker", self._of(kind, self._tickers))
            router.add_get(f"/v2/{kind.value}/depth", self._of(kind, self._depth))
            router.add_get(f"/v2/{kind.value}/kline", self._of(kind, self._candles))
            router.add_get(f"/v2/{kind.value}/deals", self._of(kind, self._deals))
        router.add_get("/v2/futures/funding-rate", self._of(Kind.FUTURES, self._funding_rate))
        router.add_get("/v2/futures/funding-rate-history", self._of(Kind.FUTURES, self._funding_history))
        router.add_get("/v2/futures/position-level", self._of(Kind.FUTURES, self._levels))

    def _of(self, kind: Kind, answer: Callable[[web.Request, Kind], Awaitable[object]]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            return web.json_response(await answer(request, kind))

        return handler

    async def _time(self, _: web.Request) -> web.Response:
        faults = self._exchange.faults
        if faults.of_data(Fault.NAN_TIME, "time") is not None:
            return web.json_response(envelope({"timestamp": "NaN"}))
        return web.json_response(envelope({"timestamp": int(self._exchange.told_now() * 1000)}))

    async def _maintain(self, _: web.Request) -> web.Response:
        return web.json_response(envelope([]))

    async def _assets(self, _: web.Request) -> web.Response:
        return web.json_response(envelope(asset_rows(self._exchange.pairs)))

    async def _markets(self, _: web.Request, kind: Kind) -> Row:
        markets = self._exchange.markets_of(kind)
        if kind is Kind.SPOT:
            return envelope([spot_row(market.pair, is_active=market.is_active) for market in markets])
        return envelope([swap_row(market.pair) for market in markets])

    async def _tickers(self, request: web.Request, kind: Kind) -> Row:
        asked = request.query.get("market")
        if asked is None:
            markets = self._exchange.markets_of(kind)
        else:
            found = [self._exchange.market_of(kind, name) for name in asked.split(",")]
            markets = [market for market in found if market is not None]
            if len(markets) != len(found):
                return failure(NO_MARKET, "invalid market")
        now = self._exchange.now()
        rows = []
        for number, market in enumerate(markets):
            self._exchange.freshen(market)
            rows.append(self._exchange.shapes.ticker(market, now))
            if number % 100 == 99:
                await asyncio.sleep(0)
        return envelope(rows)

    async def _depth(self, request: web.Request, kind: Kind) -> Row:
        market = self._market(request, kind)
        limit = int(request.query.get("limit", "20"))
        if market is None or limit not in DEPTH_LIMITS:
            return failure(PARAMETER_ERROR, "invalid argument")
        self._exchange.freshen(market)
        return envelope(self._exchange.shapes.depth(market, limit))

    async def _candles(self, request: web.Request, kind: Kind) -> Row:
        """Answer the newest `limit` candles that open within start_time..end_time (milliseconds), oldest first."""
        market = self._market(request, kind)
        period = PERIODS.get(request.query.get("period", ""))
        limit = int(request.query.get("limit", "100"))
        if market is None or period is None or not 1 <= limit <= MOST_CANDLES:
            return failure(PARAMETER_ERROR, "invalid argument")
        now = self._exchange.now()
        end = min(int(request.query.get("end_time", int(now * 1000))) // 1000, int(now))
        start = -(-int(request.query.get("start_time", LISTED_AT * 1000)) // 1000)
        last = end // period * period
        first = max(-(-start // period) * period, last - (limit - 1) * period)
        found = await asyncio.to_thread(market.path.candles, period, first, last, now)
        return envelope([self._exchange.shapes.candle(market, candle) for candle in found])

    async def _deals(self, request: web.Request, kind: Kind) -> Row:
        market = self._market(request, kind)
        limit = int(request.query.get("limit", "100"))
        if market is None or not 1 <= limit <= 1000:
            return failure(PARAMETER_ERROR, "invalid argument")
        self._exchange.freshen(market)
        return envelope(self._exchange.shapes.deals(market, limit))

    async def _funding_rate(self, request: web.Request, kind: Kind) -> Row:
        asked = request.query.get("market")
        now = self._exchange.now()
        latest = int(now) // FUNDING_SECONDS * FUNDING_SECONDS
        rows = [
            {
                "market": market.market_id,
                "mark_price": text_of(market.path.price(now) if market.mark_price is None else market.mark_price),
                "latest_funding_rate": text_of(market.funding_rate),
                "next_funding_rate": text_of(market.funding_rate),
                "max_funding_rate": "0.00375",
                "min_funding_rate": "-0.00375",
                "latest_funding_time": latest * 1000,
                "next_funding_time": (latest + FUNDING_SECONDS) * 1000,
            }
            for market in self._exchange.markets_of(kind)
            if asked is None or market.market_id in asked.split(",")
        ]
        return envelope(rows)

    async def _funding_history(self, request: web.Request, kind: Kind) -> Row:
        """Answer what was due within start_time..end_time (milliseconds), newest first, a moment after its instant."""
        market = self._market(request, kind)
        limit = int(request.query.get("limit", "10"))
        if market is None or not 1 <= limit <= MOST_RATES:
            return failure(PARAMETER_ERROR, "invalid argument")
        end = min(
            int(request.query.get("end_time", int(self._exchange.now() * 1000))) // 1000, int(self._exchange.now())
        )
        start = int(request.query.get("start_time", LISTED_AT * 1000)) // 1000
        newest = end // FUNDING_SECONDS * FUNDING_SECONDS
        instants = list(range(newest, start - 1, -FUNDING_SECONDS))
        rows = [
            {
                "market": market.market_id,
                "funding_time": at * 1000 + FUNDING_LATE_MS,
                "theoretical_funding_rate": text_of(market.funding_rate),
                "actual_funding_rate": text_of(market.funding_rate),
            }
            for at in instants[:limit]
        ]
        return envelope(rows, pagination={"has_next": len(instants) > limit})

    async def _levels(self, request: web.Request, kind: Kind) -> Row:
        asked = request.query.get("market")
        rows = [
            {
                "amount": amount,
                "leverage": leverage,
                "maintenance_margin_rate": rate,
                "min_initial_margin_rate": initial,
            }
            for amount, leverage, rate, initial in LEVELS
        ]
        return envelope(
            [
                {"market": market.market_id, "level": rows}
                for market in self._exchange.markets_of(kind)
                if asked is None or market.market_id in asked.split(",")
            ]
        )

    def _market(self, request: web.Request, kind: Kind) -> Market | None:
        return self._exchange.market_of(kind, request.query.get("market", ""))
