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
_LEFT_OUT_OF_FILE = "info"
_NUMBERS = ("taker", "maker", "contractSize")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketList:
    """Everything an exchange lists that can be traded here. `tag` names the exchange and its address.

    `known` is what ccxt knows of each market, in the order of `markets`; `left_out` counts what cannot be traded here.
    `shared` are tables of ccxt's that name markets another way, by symbol.
    """

    exchange_id: str
    tag: str
    fetched_at: datetime
    markets: tuple[ListedMarket, ...]
    known: tuple[dict[str, Any], ...]
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
        """Return what ccxt needs to know, as its `set_markets` takes it."""
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
            known.append({name: each for name, each in market.items() if name != _LEFT_OUT_OF_FILE})
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


def restore_shared(exchange: Any, shared: Mapping[str, Mapping[str, str]]) -> None:
    """Give ccxt back its own tables that name markets another way."""
    for option, symbols in shared.items():
        exchange.options[option] = {
            name: exchange.markets[symbol] for name, symbol in symbols.items() if symbol in exchange.markets
        }


_DECODER = msgspec.json.Decoder(MarketList)


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


def _thawed(known: dict[str, Any]) -> dict[str, Any]:
    """Make numbers of the texts they were kept as."""
    market = dict(known)
    for name in _NUMBERS:
        if isinstance(market.get(name), str):
            market[name] = Decimal(market[name])
    market["precision"] = {name: _number(each) for name, each in known.get("precision", {}).items()}
    market["limits"] = {
        name: {bound: _number(each) for bound, each in (bounds or {}).items()}
        for name, bounds in known.get("limits", {}).items()
    }
    market["info"] = {}
    return market


def _number(value: object) -> object:
    return Decimal(value) if isinstance(value, str) else value
