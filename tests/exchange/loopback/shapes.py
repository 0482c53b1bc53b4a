"""The JSON the exchange tells about its markets, the faults of the data applied: one place for REST and WebSocket."""

import zlib
from dataclasses import dataclass
from decimal import Decimal

from tests.exchange.loopback.faults import Fault, Faults
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.market import Market
from tests.exchange.loopback.price_path import Candle

Row = dict[str, object]
OK = "OK"


def envelope(data: object, **more: object) -> Row:
    """Return an answer of the REST API that says all is well."""
    return {"code": 0, "data": data, "message": OK, **more}


def failure(code: int, text: str) -> Row:
    """Return an answer of the REST API that refuses."""
    return {"code": code, "data": {}, "message": text}


def text_of(number: Decimal) -> str:
    """Return a number as the exchange writes it: plain, without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(slots=True)
class Shapes:
    """Turns a market's state into rows. A market that is stale or silent keeps telling what it told last."""

    faults: Faults
    _told: dict[tuple[Kind, str, str], Row]

    def ticker(self, market: Market, now: float) -> Row:
        """Return a row of `ticker` and of `state.update`."""
        if (kept := self._kept(market, "ticker")) is not None:
            return kept
        opened, high, low, volume = market.day(now)
        last = self._price(market, market.last)
        row: Row = {
            "market": market.market_id,
            "last": last,
            "open": text_of(opened),
            "close": last,
            "high": text_of(high),
            "low": text_of(low),
            "volume": text_of(volume),
            "volume_sell": text_of(volume / 2),
            "volume_buy": text_of(volume / 2),
            "value": text_of((volume * market.last).quantize(Decimal("0.0001"))),
            "period": 86400,
        }
        if market.kind is Kind.FUTURES:
            row |= {"index_price": last, "mark_price": self._price(market, market.mark())}
        return self._remember(market, "ticker", row)

    def depth(self, market: Market, limit: int) -> Row:
        """Return the data of `depth` and of `depth.update`, always the full book."""
        if (kept := self._kept(market, f"depth{limit}")) is not None:
            return kept
        bids = [[self._price(market, level.price), text_of(level.amount)] for level in market.bids[:limit]]
        asks = [[self._price(market, level.price), text_of(level.amount)] for level in market.asks[:limit]]
        if self.faults.of_data(Fault.CROSSED, market.market_id) is not None:
            bids, asks = asks, bids
        check = ":".join(f"{price}:{amount}" for price, amount in (*bids, *asks))
        depth: Row = {
            "asks": asks,
            "bids": bids,
            "checksum": zlib.crc32(check.encode()),
            "last": self._price(market, market.last),
            "updated_at": self._at(market),
        }
        return self._remember(market, f"depth{limit}", {"depth": depth, "is_full": True, "market": market.market_id})

    def best(self, market: Market) -> Row:
        """Return the data of `bbo.update`."""
        if (kept := self._kept(market, "bbo")) is not None:
            return kept
        bid, ask = market.bids[:1], market.asks[:1]
        if self.faults.of_data(Fault.CROSSED, market.market_id) is not None:
            bid, ask = ask, bid
        row: Row = {"market": market.market_id, "updated_at": self._at(market)}
        for side, levels in (("bid", bid), ("ask", ask)):
            row[f"best_{side}_price"] = self._price(market, levels[0].price) if levels else "0"
            row[f"best_{side}_size"] = text_of(levels[0].amount) if levels else "0"
        return self._remember(market, "bbo", row)

    def deals(self, market: Market, limit: int, newer_than: int = 0) -> list[Row]:
        """Return the newest public deals, newest first."""
        return [
            {
                "deal_id": deal.deal_id,
                "created_at": deal.at_ms,
                "side": deal.side,
                "price": self._price(market, deal.price),
                "amount": text_of(deal.amount),
            }
            for deal in list(reversed(market.deals))[:limit]
            if deal.deal_id > newer_than
        ]

    def candle(self, market: Market, candle: Candle) -> Row:
        """Return a row of `kline`; `value` holds the base volume, as the answers recorded in 2024 do."""
        return {
            "market": market.market_id,
            "created_at": candle.open_at * 1000,
            "open": self._price(market, candle.open),
            "close": self._price(market, candle.close),
            "high": self._price(market, candle.high),
            "low": self._price(market, candle.low),
            "value": text_of(candle.volume),
            "volume": text_of(candle.value),
        }

    def _price(self, market: Market, price: Decimal) -> str:
        name = market.market_id
        if self.faults.of_data(Fault.NAN, name) is not None:
            return "NaN"
        if self.faults.of_data(Fault.ZERO, name) is not None:
            return "0"
        if self.faults.of_data(Fault.NEGATIVE, name) is not None:
            return text_of(-price)
        if (spike := self.faults.of_data(Fault.SPIKE, name)) is not None:
            return text_of((price * Decimal(str(spike.factor))).quantize(market.pair.price_step))
        return text_of(price)

    def _at(self, market: Market) -> int:
        skew = self.faults.of_data(Fault.CLOCK, market.market_id)
        return market.updated_ms + (0 if skew is None else int(skew.seconds * 1000))

    def _kept(self, market: Market, what: str) -> Row | None:
        name = market.market_id
        if self.faults.of_data(Fault.STALE, name) is None and self.faults.of_data(Fault.SILENT, name) is None:
            return None
        return self._told.get((market.kind, name, what))

    def _remember(self, market: Market, what: str, row: Row) -> Row:
        self._told[market.kind, market.market_id, what] = row
        return row
