"""Answers of exchanges as their documentation shows them, served over HTTP on 127.0.0.1."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

NOW_MS = 1_763_661_600_123
MINUTE_MS = NOW_MS - NOW_MS % 60_000

Answers = Mapping[str, object] | Callable[[web.Request], object]

BINANCE: Mapping[str, object] = {
    "/api/v3/time": {"serverTime": NOW_MS},
    "/api/v3/exchangeInfo": {
        "timezone": "UTC",
        "serverTime": NOW_MS,
        "rateLimits": [],
        "symbols": [
            {
                "symbol": "BTCUSDT",
                "status": "TRADING",
                "baseAsset": "BTC",
                "baseAssetPrecision": 8,
                "quoteAsset": "USDT",
                "quotePrecision": 8,
                "quoteAssetPrecision": 8,
                "isSpotTradingAllowed": True,
                "filters": [
                    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01000000"},
                    {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001000"},
                    {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
                ],
                "permissions": ["SPOT"],
            },
            {
                "symbol": "LUNAUSDT",
                "status": "BREAK",
                "baseAsset": "LUNA",
                "baseAssetPrecision": 8,
                "quoteAsset": "USDT",
                "quotePrecision": 8,
                "filters": [
                    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000", "tickSize": "0.0001"},
                    {"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "9000", "stepSize": "0.01"},
                ],
                "permissions": ["SPOT"],
            },
        ],
    },
    "/fapi/v1/exchangeInfo": {
        "symbols": [
            {
                "symbol": "1000PEPEUSDT",
                "pair": "1000PEPEUSDT",
                "contractType": "PERPETUAL",
                "deliveryDate": 4133404800000,
                "onboardDate": 1569398400000,
                "status": "TRADING",
                "baseAsset": "1000PEPE",
                "quoteAsset": "USDT",
                "marginAsset": "USDT",
                "pricePrecision": 7,
                "quantityPrecision": 0,
                "baseAssetPrecision": 8,
                "quotePrecision": 8,
                "underlyingType": "COIN",
                "filters": [
                    {"filterType": "PRICE_FILTER", "maxPrice": "200", "minPrice": "0.0000100", "tickSize": "0.0000100"},
                    {"filterType": "LOT_SIZE", "maxQty": "100000000", "minQty": "1", "stepSize": "1"},
                    {"filterType": "MIN_NOTIONAL", "notional": "5"},
                ],
            },
            {
                "symbol": "BTCUSDT_261225",
                "pair": "BTCUSDT",
                "contractType": "CURRENT_QUARTER",
                "deliveryDate": 1798185600000,
                "status": "TRADING",
                "baseAsset": "BTC",
                "quoteAsset": "USDT",
                "marginAsset": "USDT",
                "pricePrecision": 1,
                "quantityPrecision": 3,
                "filters": [],
            },
        ]
    },
    "/dapi/v1/exchangeInfo": {
        "symbols": [
            {
                "symbol": "BTCUSD_PERP",
                "pair": "BTCUSD",
                "contractType": "PERPETUAL",
                "deliveryDate": 4133404800000,
                "contractStatus": "TRADING",
                "contractSize": 100,
                "baseAsset": "BTC",
                "quoteAsset": "USD",
                "marginAsset": "BTC",
                "pricePrecision": 1,
                "quantityPrecision": 0,
                "filters": [],
            }
        ]
    },
    "/api/v3/ticker/24hr?symbol": {
        "symbol": "BTCUSDT",
        "priceChange": "-94.99999800",
        "priceChangePercent": "-0.095",
        "weightedAvgPrice": "90000.29628482",
        "prevClosePrice": "90100.1",
        "lastPrice": "90005.01000000",
        "lastQty": "0.2",
        "bidPrice": "90005.00000000",
        "bidQty": "1.5",
        "askPrice": "90005.01000000",
        "askQty": "0.4",
        "openPrice": "90100.00999800",
        "highPrice": "91000.00000000",
        "lowPrice": "89000.10000000",
        "volume": "8913.30000000",
        "quoteVolume": "802197000.30000000",
        "openTime": NOW_MS - 86_400_000,
        "closeTime": NOW_MS,
        "firstId": 28385,
        "lastId": 28460,
        "count": 76,
    },
    "/api/v3/ticker/24hr": [
        {
            "symbol": "BTCUSDT",
            "priceChangePercent": "-0.095",
            "lastPrice": "90005.01",
            "bidPrice": "90005.00",
            "askPrice": "90005.01",
            "quoteVolume": "802197000.3",
            "volume": "8913.3",
            "closeTime": NOW_MS,
        },
        {
            "symbol": "LUNAUSDT",
            "priceChangePercent": "0",
            "lastPrice": "0.00000000",
            "bidPrice": "0.00000000",
            "askPrice": "0.00000000",
            "quoteVolume": "0",
            "volume": "0",
            "closeTime": NOW_MS,
        },
    ],
    "/fapi/v1/ticker/24hr": [
        {
            "symbol": "1000PEPEUSDT",
            "priceChangePercent": "3.5",
            "lastPrice": "0.0123400",
            "openPrice": "0.0119200",
            "highPrice": "0.0130000",
            "lowPrice": "0.0110000",
            "volume": "1000000",
            "quoteVolume": "12340",
            "closeTime": NOW_MS,
        }
    ],
    "/fapi/v1/ticker/bookTicker": {
        "symbol": "1000PEPEUSDT",
        "bidPrice": "0.0123300",
        "bidQty": "100",
        "askPrice": "0.0123500",
        "askQty": "200",
        "time": NOW_MS,
    },
    "/fapi/v1/depth": {
        "lastUpdateId": 1027024,
        "E": NOW_MS,
        "T": NOW_MS - 5,
        "bids": [["0.0123300", "431"]],
        "asks": [["0.0123500", "12"]],
    },
    "/api/v3/klines": [
        [
            MINUTE_MS - 60_000 * n,
            "90000.1",
            "90010.2",
            "89990.3",
            "90005.4",
            "148.9",
            MINUTE_MS - 60_000 * n + 59_999,
            "2434.1",
            308,
            "1756.8",
            "28.4",
            "0",
        ]
        for n in (2, 1, 0)
    ],
}

KRAKEN: Mapping[str, object] = {
    "/0/public/Time": {"error": [], "result": {"unixtime": NOW_MS // 1000, "rfc1123": "Thu, 20 Nov 25 18:00:00 +0000"}},
    "/0/public/Assets": {
        "error": [],
        "result": {
            "XXBT": {
                "aclass": "currency",
                "altname": "XBT",
                "decimals": 10,
                "display_decimals": 5,
                "status": "enabled",
            },
            "ZUSD": {"aclass": "currency", "altname": "USD", "decimals": 4, "display_decimals": 2, "status": "enabled"},
        },
    },
    "/0/public/AssetPairs": {
        "error": [],
        "result": {
            "XXBTZUSD": {
                "altname": "XBTUSD",
                "wsname": "XBT/USD",
                "aclass_base": "currency",
                "base": "XXBT",
                "aclass_quote": "currency",
                "quote": "ZUSD",
                "lot": "unit",
                "cost_decimals": 5,
                "pair_decimals": 1,
                "lot_decimals": 8,
                "lot_multiplier": 1,
                "leverage_buy": [2, 3],
                "leverage_sell": [2, 3],
                "fees": [[0, 0.4], [10000, 0.35]],
                "fees_maker": [[0, 0.25], [10000, 0.2]],
                "fee_volume_currency": "ZUSD",
                "margin_call": 80,
                "margin_stop": 40,
                "ordermin": "0.0001",
                "costmin": "0.5",
                "tick_size": "0.1",
                "status": "online",
            }
        },
    },
    "/0/public/Ticker": {
        "error": [],
        "result": {
            "XXBTZUSD": {
                "a": ["90300.10000", "1", "1.000"],
                "b": ["90300.00000", "1", "1.000"],
                "c": ["90303.20000", "0.00067643"],
                "v": ["4083.67001100", "4412.73601799"],
                "p": ["90706.77771", "90689.13205"],
                "t": [34619, 38907],
                "l": ["89513.90000", "89513.90000"],
                "h": ["90872.00000", "91038.10000"],
                "o": "90502.80000",
            }
        },
    },
    "/0/public/Depth": {
        "error": [],
        "result": {
            "XXBTZUSD": {
                "asks": [["90300.10000", "3.256", NOW_MS // 1000], ["90301.20000", "1.250", NOW_MS // 1000]],
                "bids": [["90300.00000", "2.100", NOW_MS // 1000], ["90299.10000", "0.950", NOW_MS // 1000]],
            }
        },
    },
    "/0/public/OHLC": {
        "error": [],
        "result": {
            "XXBTZUSD": [
                [MINUTE_MS // 1000 - 60 * n, "90306.1", "90306.2", "90305.7", "90305.9", "90306.1", "3.39243896", 23]
                for n in (2, 1, 0)
            ],
            "last": MINUTE_MS // 1000,
        },
    },
}


@asynccontextmanager
async def served(answers: Answers) -> AsyncIterator[str]:
    """Serve answers by path, or path and `?symbol` where one is asked for, and give the address."""

    async def answer(request: web.Request) -> web.Response:
        if callable(answers):
            known = answers(request)
        else:
            alone = f"{request.path}?symbol" if "symbol" in request.query else request.path
            known = answers.get(alone, answers.get(request.path))
        if known is None:
            return web.Response(status=404, text=json.dumps({"error": [f"no {request.path}"]}))
        text = known if isinstance(known, str) else json.dumps(known)
        return web.Response(text=text, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
