"""What an exchange lists, decoded once and kept in a file that loads in milliseconds.

The file is written by a process of its own (`list_process`), whole or not at all. It holds our instruments and, beside
each, what ccxt needs to know of the market. Losing it loses nothing: it is fetched again.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from desktop_trader.domain.errors import BadAnswerError, StorageError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.exchange.listing import ListedMarket, listed_market_from

_FORMAT = 1
_LEFT_OUT_OF_FILE = frozenset({"info", "marginModes", "created", "percentage", "tierBased", "feeSide", "tiers"})
_NUMBERS = ("taker", "maker", "contractSize")
_LIMITED = ("leverage", "amount", "price", "cost", "market")
_BOUNDS: dict[str, object] = {"min": None, "max": None}
_STEPS: dict[str, object] = {"amount": None, "price": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketList:
    """Everything an exchange lists that can be traded here. `tag` names the exchange and its address.

    `known` is what ccxt knows of each market, in the order of `markets`, still as JSON: reading it all at once would
    hold up every other thread. `left_out` counts what cannot be traded here.
    `shared` are tables of ccxt's that name markets another way, by symbol.
    """

    exchange_id: str
    tag: str
    fetched_at: datetime
    markets: tuple[ListedMarket, ...]
    known: tuple[msgspec.Raw, ...]
    left_out: int = 0
    shared: dict[str, dict[str, str]] = field(default_factory=dict)
    format: int = _FORMAT

    def instruments(self) -> dict[str, Instrument]:
        """Return every instrument by its symbol."""
        return {each.instrument.symbol: each.instrument for each in self.markets}

    def active_symbols(self) -> frozenset[str]:
        """Return the symbols that the exchange says can be traded at present."""
        return frozenset(each.instrument.symbol for each in self.markets if each.is_active)

    def library_markets(self) -> list[dict[str, Any]]:
        """Return what ccxt needs to know of each market, as it made it itself."""
        return [_thawed(each) for each in self.known]


def market_list_from(exchange: Any, *, tag: str, fetched_at: datetime) -> MarketList:
    """Return the list of an exchange whose markets ccxt has loaded.

    A single market with rules that cannot be is left out; a list without a market of a kind it should have is none.

    Raises:
        BadAnswerError: there is nothing to trade in it.
    """
    loaded: Mapping[str, Any] = exchange.markets or {}
    for kind in ("spot", "swap"):
        if exchange.has.get(kind) is True and not any(each.get(kind) for each in loaded.values()):
            raise BadAnswerError(f"{exchange.name} listed no {kind} markets", detail=f"{len(loaded)} markets in all")
    markets, known = [], []
    for market in loaded.values():
        listed = _listed(exchange, market)
        if listed is not None:
            markets.append(listed)
            told = {name: _kept(each) for name, each in market.items() if name not in _LEFT_OUT_OF_FILE}
            known.append(msgspec.Raw(msgspec.json.encode({"fields": list(told), "told": _kept(told)})))
    if not markets:
        raise BadAnswerError(f"{exchange.name} listed nothing that can be traded here", detail=f"{len(loaded)} markets")
    return MarketList(
        exchange_id=exchange.id,
        tag=tag,
        fetched_at=fetched_at,
        markets=tuple(markets),
        known=tuple(known),
        left_out=len(loaded) - len(markets),
        shared=_shared(exchange, {each.instrument.symbol for each in markets}),
    )


def list_file(folder: Path, tag: str) -> Path:
    """Return where the list of an exchange is kept; the name holds nothing a file system minds."""
    return folder / ("".join(each if each.isalnum() or each in "-.@_" else "_" for each in tag) + ".json")


def save_market_list(path: Path, listed: MarketList) -> None:
    """Write a list, whole or not at all; mode 0600.

    Raises:
        StorageError: the folder or the file cannot be written; an older list is as it was.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(msgspec.json.encode(listed))
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StorageError(f"the market list {path} cannot be written", detail=repr(error)) from error


def load_market_list(path: Path, tag: str) -> MarketList | None:
    """Return the list kept in a file; None where there is none, or it is of another kind, damaged or of another tag."""
    try:
        listed = _DECODER.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    is_whole = listed.format == _FORMAT and listed.tag == tag and len(listed.known) == len(listed.markets) > 0
    return listed if is_whole else None


def install_markets(exchange: Any, listed: MarketList) -> None:
    """Give ccxt its markets; its own way copies each of them twice, which takes a second for thousands."""
    markets = listed.library_markets()
    by_id: dict[str, list[dict[str, Any]]] = {}
    currencies: dict[str, dict[str, Any]] = {}
    for market in sorted(markets, key=lambda each: each["spot"] is not True):
        by_id.setdefault(market["id"], []).append(market)
        for code, identity in ((market["base"], market["baseId"]), (market["quote"], market["quoteId"])):
            currencies.setdefault(code, {"id": identity, "code": code, "precision": None, "info": {}})
    exchange.markets = {market["symbol"]: market for market in markets}
    exchange.markets_by_id = by_id
    exchange.symbols, exchange.ids = sorted(exchange.markets), sorted(by_id)
    exchange.currencies, exchange.codes = currencies, sorted(currencies)
    exchange.currencies_by_id = {each["id"]: each for each in currencies.values()}
    for option, symbols in listed.shared.items():
        named = {name: exchange.markets.get(symbol) for name, symbol in symbols.items()}
        exchange.options[option] = {name: market for name, market in named.items() if market is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """One market as ccxt made it: the names of all its fields, and what those say that say anything."""

    fields: list[str]
    told: dict[str, Any]


_DECODER = msgspec.json.Decoder(MarketList)
_KNOWN_DECODER = msgspec.json.Decoder(_Known)


def _listed(exchange: Any, market: Mapping[str, Any]) -> ListedMarket | None:
    try:
        return listed_market_from(exchange.id, market, precision_mode=exchange.precisionMode)
    except BadAnswerError:
        return None


def _shared(exchange: Any, symbols: Iterable[str]) -> dict[str, dict[str, str]]:
    tradable = set(symbols)
    tables = {}
    for option in exchange.options.get("marketHelperProps", ()):
        table = exchange.options.get(option)
        if isinstance(table, Mapping):
            named = {
                str(name): each["symbol"]
                for name, each in table.items()
                if isinstance(each, Mapping) and "symbol" in each
            }
            tables[option] = {name: symbol for name, symbol in named.items() if symbol in tradable}
    return tables


def _thawed(raw: msgspec.Raw) -> dict[str, Any]:
    """Make numbers of the texts they were kept as, and name again what was not said."""
    read = _KNOWN_DECODER.decode(raw)
    known = read.told
    market: dict[str, Any] = dict.fromkeys(read.fields) | known | {"info": {}}
    for name in _NUMBERS:
        if isinstance(market[name], str):
            market[name] = Decimal(market[name])
    precision, limits = known.get("precision") or {}, known.get("limits") or {}
    market["precision"] = _STEPS | {name: _number(each) for name, each in precision.items()}
    market["limits"] = {
        name: _BOUNDS | {bound: _number(each) for bound, each in limits.get(name, {}).items()} for name in _LIMITED
    }
    return market


def _number(value: object) -> object:
    return Decimal(value) if isinstance(value, str) else value


def _kept(value: Any) -> Any:
    """Leave out of a table what it does not say."""
    return {name: _kept(each) for name, each in value.items() if each is not None} if isinstance(value, dict) else value
