"""What a session knows of an exchange's markets: from the file of an earlier start, or fetched anew."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_trader.domain.instrument import Instrument
from desktop_trader.exchange.addresses import market_tag
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_process import fetch_in_a_process
from desktop_trader.exchange.market_list import MarketList, install_markets, list_file, load_market_list


async def fetched_list(place: Place, *, folder: Path | None) -> MarketList:
    """Return what an exchange lists now, fetched by a process of its own; nothing of ccxt is needed here for it.

    Raises:
        ExchangeError: it could not be had, or is empty.
    """
    return await fetch_in_a_process(place, market_tag(place.exchange_id, place.address), folder=folder)


class KnownMarkets:
    """The newest market list, given to ccxt too, so that it never loads one itself in this process."""

    def __init__(self, place: Place, exchange: Any, folder: Path | None) -> None:
        self._place = place
        self._exchange = exchange
        self._folder = folder
        self._listed: MarketList | None = None
        self._instruments: dict[str, Instrument] = {}
        self._active: frozenset[str] = frozenset()

    @property
    def tag(self) -> str:
        """The exchange and, where it is not its own, the address."""
        return market_tag(self._place.exchange_id, self._place.address)

    @property
    def active(self) -> frozenset[str]:
        """The symbols that can be traded at present, as far as is known."""
        self.stored()
        return self._active

    def stored(self) -> MarketList | None:
        """Return the list as far as it is known without asking."""
        if self._listed is None and self._folder is not None:
            listed = load_market_list(list_file(self._folder, self.tag), self.tag)
            if listed is not None:
                self.adopt(listed)
        return self._listed

    async def fetched(self) -> MarketList:
        """Return the list fetched now.

        Raises:
            ExchangeError: it could not be had, or is empty.
        """
        listed = await fetched_list(self._place, folder=self._folder)
        self.adopt(listed)
        return listed

    async def instruments(self) -> Mapping[str, Instrument]:
        """Return every instrument by its symbol, fetching the list where none is known.

        Raises:
            ExchangeError: as `fetched`.
        """
        if self.stored() is None:
            await self.fetched()
        return self._instruments

    async def any_symbol(self) -> str:
        """Return a symbol that can be asked about, of those that trade at present if there are any.

        Raises:
            ExchangeError: as `fetched`.
        """
        instruments = await self.instruments()
        return min(self._active or instruments, key=lambda symbol: (not symbol.startswith("BTC/"), symbol))

    def adopt(self, listed: MarketList) -> None:
        """Know this list from now on, and let ccxt know it."""
        install_markets(self._exchange, listed)
        self._listed = listed
        self._instruments = listed.instruments()
        self._active = listed.active_symbols()
