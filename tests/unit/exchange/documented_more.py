"""Answers of OKX, Gate and Bybit as their documentation shows them, chosen by what was asked."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.unit.exchange.documented import MINUTE_MS, NOW_MS


def okx(request: web.Request) -> Any:
    """Return what OKX answers; None where it is not documented here."""
    query, path = request.query, request.path
    told: dict[str, Any] = {"code": "0", "msg": ""}
    if path.endswith("/public/time"):
        told["data"] = [{"ts": str(NOW_MS)}]
    elif path.endswith("/public/instruments"):
        kind = query["instType"]
        if kind == "SPOT":
            told["data"] = [
                {
                    "alias": "",
                    "baseCcy": "BTC",
                    "category": "1",
                    "ctMult": "",
                    "ctType": "",
                    "ctVal": "",
                    "ctValCcy": "",
                    "expTime": "",
                    "instId": "BTC-USDT",
                    "instType": "SPOT",
                    "lever": "10",
                    "listTime": "1548133413000",
                    "lotSz": "0.00000001",
                    "minSz": "0.00001",
                    "optType": "",
                    "quoteCcy": "USDT",
                    "settleCcy": "",
                    "state": "live",
                    "stk": "",
                    "tickSz": "0.1",
                    "uly": "",
                    "instFamily": "",
                }
            ]
        elif kind == "SWAP":
            told["data"] = [
                {
                    "baseCcy": "",
                    "category": "1",
                    "ctMult": "1",
                    "ctType": "linear",
                    "ctVal": "0.01",
                    "ctValCcy": "BTC",
                    "expTime": "",
                    "instId": "BTC-USDT-SWAP",
                    "instType": "SWAP",
                    "instFamily": "BTC-USDT",
                    "lever": "100",
                    "listTime": "1600000000000",
                    "lotSz": "0.01",
                    "minSz": "0.01",
                    "optType": "",
                    "quoteCcy": "",
                    "settleCcy": "USDT",
                    "state": "live",
                    "stk": "",
                    "tickSz": "0.1",
                    "uly": "BTC-USDT",
                }
            ]
        else:
            told["data"] = []
    elif path.endswith(("/market/ticker", "/market/tickers")):
        kind = query.get("instType") or ("SWAP" if "SWAP" in query["instId"] else "SPOT")
        market = "BTC-USDT-SWAP" if kind == "SWAP" else "BTC-USDT"
        told["data"] = [
            {
                "instType": kind,
                "instId": market,
                "last": "9999.99",
                "lastSz": "0.1",
                "askPx": "10000",
                "askSz": "11",
                "bidPx": "9999.5",
                "bidSz": "5",
                "open24h": "9000",
                "high24h": "10000",
                "low24h": "8888.88",
                "volCcy24h": "2222",
                "vol24h": "2222",
                "sodUtc0": "2222",
                "sodUtc8": "2222",
                "ts": str(NOW_MS),
            }
        ]
    elif path.endswith("/market/books"):
        told["data"] = [
            {"asks": [["10000", "0.6", "0", "4"]], "bids": [["9999.5", "0.2", "0", "4"]], "ts": str(NOW_MS)}
        ]
    elif "candles" in path:
        told["data"] = [
            [str(MINUTE_MS - 60000 * n), "9999", "10001", "9990", "9995", "100", "2", "20000", "1" if n else "0"]
            for n in range(3)
        ]
    else:
        return None
    return told


def gate(request: web.Request) -> Any:
    """Return what Gate answers; an empty list where it lists nothing: markets settled in BTC."""
    path = request.path
    if path.endswith("/spot/time"):
        return {"server_time": NOW_MS}
    if path.endswith("/spot/currencies"):
        return []
    if path.endswith("/spot/currency_pairs"):
        return [
            {
                "id": "BTC_USDT",
                "base": "BTC",
                "base_name": "Bitcoin",
                "quote": "USDT",
                "quote_name": "Tether",
                "fee": "0.2",
                "min_base_amount": "0.0001",
                "min_quote_amount": "3",
                "amount_precision": 5,
                "precision": 1,
                "trade_status": "tradable",
                "sell_start": 0,
                "buy_start": 0,
                "type": "normal",
            }
        ]
    if path.endswith("currency_pairs"):
        return [
            {
                "id": "BTC_USDT",
                "base": "BTC",
                "quote": "USDT",
                "leverage": 10,
                "min_base_amount": "0.0001",
                "min_quote_amount": "1",
                "max_quote_amount": "40000000",
                "status": 1,
            }
        ]
    if path.endswith("/futures/usdt/contracts"):
        return [
            {
                "name": "BTC_USDT",
                "type": "direct",
                "quanto_multiplier": "0.0001",
                "ref_discount_rate": "0",
                "order_price_deviate": "0.5",
                "maintenance_rate": "0.005",
                "mark_type": "index",
                "last_price": "38026",
                "mark_price": "37985.6",
                "index_price": "37954.92",
                "funding_rate_indicative": "0.000219",
                "mark_price_round": "0.01",
                "funding_offset": 0,
                "in_delisting": False,
                "risk_limit_base": "1000000",
                "interest_rate": "0.0003",
                "order_price_round": "0.1",
                "order_size_min": 1,
                "ref_rebate_rate": "0.2",
                "funding_interval": 28800,
                "risk_limit_step": "1000000",
                "leverage_min": "1",
                "leverage_max": "100",
                "risk_limit_max": "8000000",
                "maker_fee_rate": "-0.00025",
                "taker_fee_rate": "0.00075",
                "funding_rate": "0.002053",
                "order_size_max": 1000000,
                "funding_next_apply": 1610035200,
                "short_users": 977,
                "config_change_time": 1609899548,
                "trade_size": 28530850594,
                "position_size": 5223816,
                "long_users": 455,
                "funding_impact_value": "60000",
                "orders_limit": 50,
                "trade_id": 10851092,
                "orderbook_id": 2129638396,
            }
        ]
    if path.endswith("/tickers"):
        both = {
            "last": "9999.99",
            "lowest_ask": "10000",
            "highest_bid": "9999.5",
            "change_percentage": "-1.6",
            "high_24h": "10000",
            "low_24h": "8888",
        }
        return [
            both
            | (
                {"currency_pair": "BTC_USDT", "base_volume": "267", "quote_volume": "53"}
                if "spot" in path
                else {
                    "contract": "BTC_USDT",
                    "mark_price": "10000",
                    "volume_24h": "1",
                    "volume_24h_base": "2",
                    "volume_24h_quote": "3",
                }
            )
        ]
    if path.endswith("/spot/order_book"):
        return {"id": 1, "current": NOW_MS, "update": NOW_MS - 9, "asks": [["10000", "1"]], "bids": [["9999.5", "2"]]}
    if path.endswith("/order_book"):
        return {
            "id": 1,
            "current": NOW_MS / 1000,
            "update": NOW_MS / 1000,
            "asks": [{"p": "10000", "s": 3}],
            "bids": [{"p": "9999.5", "s": 5}],
        }
    if path.endswith("/spot/candlesticks"):
        return [
            [str(MINUTE_MS // 1000 - 60 * n), "20000", "9995", "10001", "9990", "9999", "2", "true"] for n in (2, 1, 0)
        ]
    if path.endswith("/candlesticks"):
        return [
            {
                "t": MINUTE_MS // 1000 - 60 * n,
                "v": 97151,
                "c": "9995",
                "h": "10001",
                "l": "9990",
                "o": "9999",
                "sum": "1",
            }
            for n in (2, 1, 0)
        ]
    return []


def bybit(request: web.Request) -> Any:
    """Return what Bybit answers; None where it is not documented here."""
    path, category = request.path, request.query.get("category")
    if path.endswith("/market/time"):
        return _bybit({"timeSecond": str(NOW_MS // 1000), "timeNano": str(NOW_MS * 10**6)})
    if path.endswith("instruments-info"):
        if category == "spot":
            return _bybit(
                {
                    "category": category,
                    "list": [
                        {
                            "symbol": "BTCUSDT",
                            "baseCoin": "BTC",
                            "quoteCoin": "USDT",
                            "innovation": "0",
                            "status": "Trading",
                            "marginTrading": "both",
                            "lotSizeFilter": {
                                "basePrecision": "0.000001",
                                "quotePrecision": "0.00000001",
                                "minOrderQty": "0.000048",
                                "maxOrderQty": "71",
                                "minOrderAmt": "1",
                                "maxOrderAmt": "2000000",
                            },
                            "priceFilter": {"tickSize": "0.01"},
                        }
                    ],
                }
            )
        if category == "linear":
            return _bybit(
                {
                    "category": category,
                    "list": [
                        {
                            "symbol": "BTCUSDT",
                            "contractType": "LinearPerpetual",
                            "status": "Trading",
                            "baseCoin": "BTC",
                            "quoteCoin": "USDT",
                            "launchTime": "1584230400000",
                            "deliveryTime": "0",
                            "deliveryFeeRate": "",
                            "priceScale": "2",
                            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
                            "priceFilter": {"minPrice": "0.50", "maxPrice": "999999", "tickSize": "0.10"},
                            "lotSizeFilter": {
                                "maxOrderQty": "100",
                                "minOrderQty": "0.001",
                                "qtyStep": "0.001",
                                "minNotionalValue": "5",
                            },
                            "unifiedMarginTrade": True,
                            "fundingInterval": 480,
                            "settleCoin": "USDT",
                        }
                    ],
                    "nextPageCursor": "",
                }
            )
        return _bybit({"category": category, "list": [], "nextPageCursor": ""})
    if path.endswith("/tickers"):
        return _bybit(
            {
                "category": category,
                "list": [
                    ({"openInterestValue": "5"} if category == "linear" else {})
                    | {
                        "symbol": "BTCUSDT",
                        "bid1Price": "9999.5",
                        "bid1Size": "2",
                        "ask1Price": "10000",
                        "ask1Size": "1",
                        "lastPrice": "9999.99",
                        "prevPrice24h": "9000",
                        "price24hPcnt": "0.01",
                        "highPrice24h": "10001",
                        "lowPrice24h": "8888",
                        "turnover24h": "2482",
                        "volume24h": "12",
                    }
                ],
            }
        )
    if path.endswith("/orderbook"):
        return _bybit({"s": "BTCUSDT", "a": [["10000", "16"]], "b": [["9999.5", "4"]], "ts": NOW_MS, "u": 1, "seq": 7})
    if path.endswith("/kline"):
        return _bybit(
            {
                "category": category,
                "symbol": "BTCUSDT",
                "list": [[str(MINUTE_MS - 60000 * n), "9999", "10001", "9990", "9995", "2", "20000"] for n in range(3)],
            }
        )
    return None


def _bybit(result: object) -> object:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": NOW_MS}


DOCUMENTED: dict[str, Callable[[web.Request], Any]] = {"okx": okx, "gate": gate, "bybit": bybit}
