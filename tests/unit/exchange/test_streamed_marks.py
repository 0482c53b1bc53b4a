"""The mark price in a stream whose best prices come by another channel: it counts as long as its ticker is fresh."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from desktop_trader.exchange.streams import KindStream

_S = "BTC/USDT:USDT"
_AT = datetime(2026, 1, 1, tzinfo=UTC)


class _Stream:
    """A stream of CoinEx's, pushed by hand."""

    def __init__(self) -> None:
        self.now = _AT
        self.exchange = SimpleNamespace(id="coinex", tickers={}, bidsasks={})
        self.stream = KindStream(self.exchange, [_S], now=lambda: self.now, rejected=lambda symbol, why: None)

    def push_ticker(self, mark: str) -> None:
        self.exchange.tickers[_S] = {"symbol": _S, "last": "100", "info": {"mark_price": mark}}

    def push_top(self) -> None:
        at = int(self.now.timestamp() * 1000)
        self.exchange.bidsasks[_S] = {"bid": "99.9", "ask": "100.1", "timestamp": at}

    def marks(self) -> list[Decimal | None]:
        return [quote.mark for quote in self.stream.news()]


def test_best_prices_carry_the_mark_of_the_newest_ticker_until_it_is_old() -> None:
    pushed = _Stream()
    pushed.push_ticker("100.5")
    pushed.push_top()
    assert pushed.marks() == [Decimal("100.5")]

    pushed.now += timedelta(seconds=15)
    pushed.push_top()
    assert pushed.marks() == [Decimal("100.5")]

    pushed.now += timedelta(seconds=1)
    pushed.push_top()
    assert pushed.marks() == [None]
    assert pushed.marks() == [], "nothing new was pushed"

    pushed.push_ticker("100.7")
    pushed.push_top()
    assert pushed.marks() == [Decimal("100.7")]


def test_a_strange_mark_is_none_and_the_price_still_counts() -> None:
    pushed = _Stream()
    pushed.push_ticker("NaN")
    pushed.push_top()

    assert pushed.marks() == [None]
