"""ccxt's markets into our instruments: units, grids and fees are bound to the market's id here, once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.money import ONE, ZERO
from desktop_trader.exchange.coinex import COINEX
from desktop_trader.exchange.figures import StrangeFigureError, not_negative, positive
from desktop_trader.exchange.translation import table_of

_SYMBOL = re.compile(r"[A-Z0-9]{1,15}/[A-Z0-9]{1,10}(?::[A-Z0-9]{1,10})?", re.ASCII)
_DECIMAL_PLACES, _TICK_SIZE = 2, 4
_MOST_PLACES = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMarket:
    """One market of an exchange: its rules, the exchange's own id for it, and whether it trades at present.

    `minimum_quantity` is in the units of the instrument's lot; 0 where the exchange names none.
    """

    instrument: Instrument
    market_id: str
    is_active: bool
    minimum_quantity: Decimal


def listed_market_from(exchange_id: str, market: object, *, precision_mode: int) -> ListedMarket | None:
    """Return a market as we trade it; None for what we do not: options, dated and inverse contracts, odd names.

    Raises:
        BadAnswerError: its rules are missing or cannot be: nothing could be sized by them.
    """
    told = table_of(market, "market")
    kind = _kind_of(told)
    symbol = told.get("symbol")
    if kind is None or not isinstance(symbol, str) or not _SYMBOL.fullmatch(symbol):
        return None
    precision, limits = table_of(told.get("precision"), "precision"), table_of(told.get("limits"), "limits")
    maker, taker = _fee_rates(exchange_id, told)
    instrument = Instrument(
        symbol=symbol,
        base=str(told.get("base")),
        quote=str(told.get("quote")),
        settle=str(told.get("settle") or told.get("quote")),
        kind=kind,
        tick_size=_step(precision.get("price"), precision_mode, f"tick of {symbol}"),
        lot_size=_step(precision.get("amount"), precision_mode, f"lot of {symbol}"),
        minimum_notional=_minimum(limits, "cost", symbol),
        maker_fee_rate=maker,
        taker_fee_rate=taker,
        minimum_quantity=_minimum(limits, "amount", symbol),
        maximum_quantity=_maximum(limits, "amount", symbol),
        contract_size=positive(told.get("contractSize"), f"contract of {symbol}")
        if kind is InstrumentKind.SWAP
        else ONE,
    )
    return ListedMarket(
        instrument=instrument,
        market_id=str(told.get("id")),
        is_active=told.get("active") is not False,
        minimum_quantity=instrument.minimum_quantity,
    )


def _kind_of(told: Mapping[str, Any]) -> InstrumentKind | None:
    if told.get("spot") is True:
        return InstrumentKind.SPOT
    is_linear_swap = told.get("swap") is True and told.get("linear") is True
    return InstrumentKind.SWAP if is_linear_swap and told.get("settle") == told.get("quote") else None


def _step(value: object, mode: int, what: str) -> Decimal:
    if mode == _TICK_SIZE:
        return positive(_literal(value), what)
    if mode == _DECIMAL_PLACES and value is not None:
        places = int(not_negative(_literal(value), what))
        if places <= _MOST_PLACES:
            return Decimal(1).scaleb(-places) if places else ONE
    raise StrangeFigureError(what, value)


def _minimum(limits: Mapping[str, Any], name: str, symbol: str) -> Decimal:
    limit = limits.get(name)
    least = limit.get("min") if isinstance(limit, Mapping) else None
    return ZERO if least is None else not_negative(_literal(least), f"least {name} of {symbol}")


def _maximum(limits: Mapping[str, Any], name: str, symbol: str) -> Decimal | None:
    """Return the largest order, None where the exchange names none; some write 0 or nonsense for that."""
    limit = limits.get(name)
    most = limit.get("max") if isinstance(limit, Mapping) else None
    try:
        return None if most is None else positive(_literal(most), f"most {name} of {symbol}")
    except StrangeFigureError:
        return None


def _fee_rates(exchange_id: str, told: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Return maker and taker fee rate; those of CoinEx are in its own words, ccxt says its default for swaps."""
    info = told.get("info")
    if exchange_id == COINEX and isinstance(info, Mapping) and info.get("taker_fee_rate") is not None:
        rates = (info.get("maker_fee_rate"), info.get("taker_fee_rate"))
    else:
        rates = (told.get("maker"), told.get("taker"))
    maker, taker = (ZERO if rate is None else _fee_rate(rate) for rate in rates)
    return maker, taker


def _fee_rate(rate: object) -> Decimal:
    value = _literal(rate)
    number = not_negative(value, "fee rate") if not str(value).startswith("-") else ZERO  # a rebate is not counted on
    if number >= ONE:
        raise BadAnswerError("the exchange sent a fee that cannot be one", detail=f"fee rate {rate}")
    return number


def _literal(value: object) -> object:
    # ccxt writes some defaults into its own source as floats; they never came from an exchange.
    return Decimal(repr(value)) if isinstance(value, float) else value
