"""Keeps the choice of a market, once it is known that there is one."""

from dataclasses import replace
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.catalog import check_exchange_id
from desktop_trader.jobs.context import JobContext
from desktop_trader.market_opening import DEFAULT_SYMBOL, REPLAY_PREFIX, SIMULATED, MarketChoice, open_feed
from desktop_trader.messages.market_choice import ChooseMarket, MarketChosen
from desktop_trader.settings import MarketSettings, NetworkSettings
from desktop_trader.storage.settings_file import load_settings, save_settings


def choose(context: JobContext, job: ChooseMarket) -> MarketChosen:
    """Check the choice as far as that needs no network, and write it into the settings.

    Raises:
        InvalidInputError: there is no such market or symbol.
        MarketDataError: the recording cannot be read or believed.
        StorageError: the settings cannot be written; they are as they were.
    """
    market = _checked(job.market)
    context.check_wanted()
    settings = load_settings(context.paths.settings_file).settings
    network = settings.network
    if market.is_exchange:
        others = tuple(each for each in network.addresses if each[0] != market.market)
        network = NetworkSettings(proxy=job.proxy, addresses=(*others, (market.market, job.address)))
        if job.address.ca_file and not Path(job.address.ca_file).expanduser().is_file():
            raise InvalidInputError(f"There is no file {job.address.ca_file}")
    save_settings(context.paths.settings_file, replace(settings, market=market, network=network))
    return MarketChosen(market=market)


def _checked(market: MarketSettings) -> MarketSettings:
    if market.is_exchange:
        return replace(market, market=check_exchange_id(market.market))
    if market.market == SIMULATED or market.market.startswith(REPLAY_PREFIX):
        open_feed(
            MarketChoice(
                market=market.market,
                symbol=market.symbol or DEFAULT_SYMBOL,
                timeframe=Timeframe(market.timeframe) if market.timeframe else Timeframe.M1,
                seed=market.seed,
            )
        )
        return market
    raise InvalidInputError("Choose a market")
