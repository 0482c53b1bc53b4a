"""What CoinEx says differently from how ccxt reads it: the shape of its answers, its candles, its fees."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.figures import not_negative, positive
from desktop_trader.exchange.translation import list_of, table_of

COINEX = "coinex"
_LONGEST_LIST = 1000
_PERIODS = {
    Timeframe.M1: "1min",
    Timeframe.M5: "5min",
    Timeframe.M15: "15min",
    Timeframe.M30: "30min",
    Timeframe.H1: "1hour",
    Timeframe.H4: "4hour",
    Timeframe.D1: "1day",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOLERANCE = Decimal("0.01")


def check_envelope(answer: object) -> None:
    """Refuse what is not `{"code": ..., "data": ...}`: ccxt would read it as "nothing there".

    Raises:
        BadAnswerError: it is not.
    """
    told = table_of(answer, "answer")
    if "code" not in told or "data" not in told:
        raise BadAnswerError("CoinEx answered with something of another shape", detail=f"fields {sorted(told)[:5]}")


async def candle_rows(
    exchange: Any, market: Mapping[str, Any], *, timeframe: Timeframe, since: datetime | None, limit: int
) -> list[list[object]]:
    """Return rows of time, prices and volume in base currency, as `bars_from` takes them.

    ccxt does not send `since`, and takes the field `value` for the base volume, which the documentation calls the
    quote volume. Which of the two it is shows in the price: quote volume is base volume x price.
    """
    asked: dict[str, object] = {
        "market": market["id"],
        "period": _PERIODS[timeframe],
        "limit": min(limit, _LONGEST_LIST),
    }
    if since is not None:
        asked["start_time"] = _milliseconds(since)
        # No wider than the limit: whether the oldest or the newest of more were sent is nowhere said.
        asked["end_time"] = _milliseconds(since + timeframe.duration * (min(limit, _LONGEST_LIST) - 1))
    call = exchange.v2PublicGetFuturesKline if market["swap"] else exchange.v2PublicGetSpotKline
    answer = await call(asked)
    return [_row(candle) for candle in list_of(table_of(answer, "answer").get("data"), "candles")]


def _row(candle: object) -> list[object]:
    told = table_of(candle, "candle")
    return [told.get("created_at"), *(told.get(name) for name in ("open", "high", "low", "close")), _base_volume(told)]


def _base_volume(told: Mapping[str, Any]) -> Decimal:
    first = not_negative(told.get("value"), "value of a candle")
    second = not_negative(told.get("volume"), "volume of a candle")
    low, high = positive(told.get("low"), "low of a candle"), positive(told.get("high"), "high of a candle")
    if first and low * (1 - _TOLERANCE) <= second / first <= high * (1 + _TOLERANCE):
        return first
    return second


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
