"""ccxt's answers about swaps into our values: what funding is due when, what was due, tiers of margin.

Exchanges pay a little after the full hour and say so to the millisecond, and not everywhere the same way: instants are
put on the full hour that they are at, so that one payment has one time wherever it is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.domain.errors import BadAnswerError, InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin_brackets import MarginBracket, make_brackets
from desktop_trader.exchange.figures import StrangeFigureError, instant, positive, signed
from desktop_trader.exchange.translation import list_of, table_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_NEAR = timedelta(minutes=10)
_DAY = timedelta(days=1)
_LARGEST_RATE = Decimal("0.1")
_MOST_LEVERAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRate:
    """A funding rate and the time it is due at; `rate` is a fraction of the notional, paid by longs where > 0."""

    at: datetime
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingAnswer:
    """What an exchange says of the funding of a swap now; each figure None where it does not say it."""

    symbol: str
    mark_price: Decimal | None
    settled: DueRate | None
    coming: DueRate | None
    interval: timedelta | None


def funding_from(symbol: str, answer: object, *, now: datetime) -> FundingAnswer:
    """Return what an exchange says of funding; `now` is its own time.

    ccxt calls the rate of the coming instant `fundingRate` at most exchanges and `nextFundingRate` at some (CoinEx),
    whose `fundingRate` is the one that was paid; the times beside them tell which is which.

    Raises:
        BadAnswerError: it is no such answer, of another symbol, or a rate cannot be one.
    """
    told = table_of(answer, "funding rate")
    if told.get("symbol") not in (None, symbol):
        raise BadAnswerError("the exchange sent the funding of another market", detail=f"{told.get('symbol')}")
    pairs = (("fundingRate", "fundingTimestamp"), ("nextFundingRate", "nextFundingTimestamp"))
    rates = [_due_rate(told.get(rate), told.get(at)) for rate, at in pairs]
    known = sorted((each for each in rates if each is not None), key=lambda each: each.at)
    past = [each for each in known if each.at <= now]
    future = [each for each in known if each.at > now]
    mark = told.get("markPrice")
    return FundingAnswer(
        symbol=symbol,
        mark_price=None if mark is None else positive(mark, f"mark price of {symbol}"),
        settled=past[-1] if past else None,
        coming=future[0] if future else None,
        interval=_interval(told, known),
    )


def funding_history_from(symbol: str, rows: object) -> list[DueRate]:
    """Return what was due, oldest first, each instant once.

    Raises:
        BadAnswerError: it is no list of rates, or a figure cannot be one.
    """
    found: dict[datetime, DueRate] = {}
    for row in list_of(rows, "funding rates"):
        told = table_of(row, "funding rate")
        if told.get("symbol") not in (None, symbol):
            raise BadAnswerError("the exchange sent the funding of another market", detail=f"{told.get('symbol')}")
        due = _due_rate(told.get("fundingRate"), told.get("timestamp"))
        if due is None:
            raise BadAnswerError("the exchange sent a funding rate without rate or time", detail=str(row)[:80])
        found[due.at] = due
    return [found[at] for at in sorted(found)]


def brackets_from(instrument: Instrument, tiers: object, *, price: Decimal) -> tuple[MarginBracket, ...]:
    """Return the tiers of a swap; some exchanges count them in coins, which are worth `price` each now.

    Raises:
        BadAnswerError: there are none, or they do not continue one another.
    """
    rows = [table_of(row, "tier") for row in list_of(tiers, "tiers")]
    if not rows:
        raise BadAnswerError("the exchange sent no tiers of margin", detail=instrument.symbol)
    table = [_tier(instrument, row, price=price, is_last=row is rows[-1]) for row in rows]
    try:
        return make_brackets(table)
    except InvalidInputError as error:
        raise BadAnswerError("the exchange sent tiers that cannot be", detail=error.user_message) from error


def _tier(
    instrument: Instrument, row: Mapping[str, Any], *, price: Decimal, is_last: bool
) -> tuple[Decimal | None, int, Decimal]:
    symbol = instrument.symbol
    rate = positive(row.get("maintenanceMarginRate"), f"maintenance rate of {symbol}")
    leverage = int(positive(row.get("maxLeverage"), f"leverage of {symbol}"))
    if not 1 <= leverage <= _MOST_LEVERAGE:
        raise StrangeFigureError(f"leverage of {symbol}", leverage)
    if is_last:
        return None, leverage, rate
    cap = positive(row.get("maxNotional"), f"tier of {symbol}")
    is_in_coins = row.get("currency") == instrument.base != instrument.settle
    return cap * price if is_in_coins else cap, leverage, rate


def _due_rate(rate: object, at: object) -> DueRate | None:
    if rate is None or at is None:
        return None
    value = signed(rate, "funding rate")
    if abs(value) > _LARGEST_RATE:
        raise StrangeFigureError("funding rate", rate)
    return DueRate(at=_on_the_hour(instant(at, "time of funding")), rate=value)


def _on_the_hour(at: datetime) -> datetime:
    """Return the full hour that is at most ten minutes away, else the minute."""
    hour = _EPOCH + round((at - _EPOCH) / _HOUR) * _HOUR
    return hour if abs(at - hour) <= _NEAR else at.replace(second=0, microsecond=0)


def _interval(told: Mapping[str, Any], known: Sequence[DueRate]) -> timedelta | None:
    if len(known) > 1:
        between = known[-1].at - known[0].at
        return between if _HOUR <= between <= _DAY else None
    text = told.get("interval")
    if isinstance(text, str) and text.endswith("h") and text[:-1].isascii() and text[:-1].isdigit():
        between = int(text[:-1][:3]) * _HOUR
        return between if _HOUR <= between <= _DAY else None
    return None
