"""Which markets there are to trade on, and how each is opened: simulated, recorded, or an exchange.

What an exchange needs is imported only where one is chosen.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.feeds.replay import ReplayFeed
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.market_name import OFFERED_EXCHANGES, market_name
from desktop_trader.settings import Settings

_log = logging.getLogger(__name__)
SIMULATED = "simulated"
REPLAY_PREFIX = "replay:"
HEADLESS_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the simulated market begins without a window: fixed, so that the same seed gives the same ledger."""
DEFAULT_SEED = 1
DEFAULT_SYMBOL = "BTC/USDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChoice:
    """Which market to trade on: `simulated`, `replay:FILE.csv` or an exchange by its id.

    `anchor` is where the simulated one begins; `exchange_url` takes the place of an exchange's address in the settings.
    `mark_prices` and `funding_rates` are files recorded beside a replay of a swap, "" without.
    """

    market: str = SIMULATED
    symbol: str = DEFAULT_SYMBOL
    timeframe: Timeframe = Timeframe.M1
    seed: int = DEFAULT_SEED
    anchor: datetime = HEADLESS_ANCHOR
    exchange_url: str = ""
    mark_prices: str = ""
    funding_rates: str = ""

    @classmethod
    def of(cls, options: GuiOptions) -> "MarketChoice":
        """Return the market that the window was started on."""
        return cls(
            market=options.market,
            symbol=options.market_symbol,
            timeframe=options.market_timeframe,
            seed=options.seed,
            exchange_url=options.exchange_url,
            mark_prices=options.mark_prices,
            funding_rates=options.funding_rates,
        )

    @property
    def is_recording(self) -> bool:
        """Whether there is an end to it."""
        return self.market.startswith(REPLAY_PREFIX)

    @property
    def is_exchange(self) -> bool:
        """Whether prices come from outside, when they come."""
        return self.market != SIMULATED and not self.market.startswith(REPLAY_PREFIX)


def open_feed(
    choice: MarketChoice, *, paths: DataFolderPaths | None = None, settings: Settings | None = None
) -> MarketFeed:
    """Open a market. An exchange is not asked for anything yet; it needs `paths`, where its list and candles are kept.

    Raises:
        InvalidInputError: no such market, symbol or file.
        MarketDataError: the file cannot be read or believed.
    """
    symbol = parse_symbol(choice.symbol)
    if choice.exchange_url and not choice.is_exchange:
        raise InvalidInputError(f"--exchange-url belongs to an exchange, such as --market coinex, not {choice.market}")
    if not choice.is_recording and (choice.mark_prices or choice.funding_rates):
        raise InvalidInputError(
            f"--mark-prices and --funding-rates belong to a recording, such as --market replay:FILE.csv, "
            f"not to {choice.market}"
        )
    if choice.market == SIMULATED:
        feed = SimulatedFeed(choice.seed, choice.anchor)
        listed = [instrument.symbol for instrument in feed.instruments()]
        if symbol not in listed:
            raise InvalidInputError(f"{symbol} is not traded on the simulated market; it has {', '.join(listed)}")
        return feed
    if choice.market.startswith(REPLAY_PREFIX):
        return ReplayFeed.open(
            Path(choice.market.removeprefix(REPLAY_PREFIX)),
            symbol=symbol,
            timeframe=choice.timeframe,
            mark_prices=Path(choice.mark_prices) if choice.mark_prices else None,
            funding_rates=Path(choice.funding_rates) if choice.funding_rates else None,
        )
    if paths is None:
        raise InvalidInputError(f"{choice.market} is an exchange, which needs a data folder")
    return _open_exchange(choice, symbol, paths=paths, settings=settings or Settings())


def _open_exchange(choice: MarketChoice, symbol: str, *, paths: DataFolderPaths, settings: Settings) -> MarketFeed:
    from desktop_trader.exchange.addresses import address_from_url
    from desktop_trader.exchange.catalog import check_exchange_id, similar_ids
    from desktop_trader.feeds.live_market import LivePlace, open_live_market
    from desktop_trader.storage.candle_store import CandleStore

    try:
        exchange_id = check_exchange_id(choice.market)
    except InvalidInputError:
        similar = similar_ids(choice.market)
        perhaps = f"perhaps {', '.join(similar)} is meant; " if similar else ""
        raise InvalidInputError(
            f"there is no market {choice.market!r}; {perhaps}use simulated, replay:FILE.csv, or an exchange: "
            f"{', '.join(OFFERED_EXCHANGES)} and many others (`desktop-trader markets exchanges` lists them)"
        ) from None
    address = settings.network.address_of(exchange_id)
    if choice.exchange_url:
        address = address_from_url(exchange_id, choice.exchange_url, ca_file=address.ca_file)
    place = LivePlace(
        exchange_id=exchange_id,
        address=address,
        proxy=settings.network.proxy,
        market_lists=paths.market_lists,
        open_shelf=lambda: CandleStore.open(paths),
        pause=settings.pause,
    )
    return open_live_market(place, symbol)


def addressed(choice: MarketChoice, settings: Settings) -> Settings:
    """Return settings in which the exchange traded on has the address of this process, for jobs that ask it too.

    Raises:
        InvalidInputError: there is no such exchange, or the address is none.
    """
    if not choice.exchange_url:
        return settings
    from desktop_trader.exchange.addresses import address_from_url
    from desktop_trader.exchange.catalog import check_exchange_id

    exchange_id, network = check_exchange_id(choice.market), settings.network
    address = address_from_url(exchange_id, choice.exchange_url, ca_file=network.address_of(exchange_id).ca_file)
    others = tuple(each for each in network.addresses if each[0] != exchange_id)
    return replace(settings, network=replace(network, addresses=(*others, (exchange_id, address))))


def check_pace(choice: MarketChoice, speed: float | None) -> None:
    """Refuse to let a market outside pass faster or slower than it does.

    Raises:
        InvalidInputError: such a speed was asked for.
    """
    if choice.is_exchange and speed != 1.0:
        raise InvalidInputError(f"{choice.market} passes at its own pace; leave --speed out, or use --speed 1")


def follow(feed: MarketFeed, symbols: Iterable[str]) -> None:
    """Subscribe to quotes: on an exchange of those symbols that it lists, elsewhere of all there is.

    What accounts hold, order or trade by a strategy there is followed already, by their recovery.
    """
    if not feed.is_live:
        symbols = [instrument.symbol for instrument in feed.instruments()]
    for symbol in dict.fromkeys(symbols):
        if not (feed.is_live and feed.listing()) or symbol in feed.listing():
            feed.subscribe(symbol, None)


def log_market(feed: MarketFeed) -> None:
    """Say in the log which market outside prices come from, and from where."""
    if feed.is_live:
        _log.info("Prices come from %s (%s)", market_name(feed.source_id), feed.source_id)


def history_feed(choice: MarketChoice, trading: MarketFeed, *, paths: DataFolderPaths | None = None) -> MarketFeed:
    """Return a feed whose history another thread may read while `trading` runs: charts wait, trading does not.

    That of an exchange reads the candles in `paths`.
    """
    if choice.market == SIMULATED:
        return SimulatedFeed(choice.seed, choice.anchor)
    if not choice.is_exchange or paths is None:
        return trading
    from desktop_trader.feeds.live import LiveFeed
    from desktop_trader.feeds.live_history import LiveHistory
    from desktop_trader.feeds.shelf_on_demand import ShelfOnDemand
    from desktop_trader.storage.candle_store import CandleStore

    if not isinstance(trading, LiveFeed):
        return trading
    return LiveHistory(trading, ShelfOnDemand(lambda: CandleStore.open_to_read(paths)))


def line_of(feed: MarketFeed, held_units: Callable[[], Mapping[str, Decimal]]) -> MarketLine | None:
    """Return the line of a market outside, None where no network is needed.

    `held_units` are the contract sizes that what is open there was bought with, by symbol.
    """
    if not feed.is_live:
        return None
    from desktop_trader.feeds.live import LiveFeed

    if not isinstance(feed, LiveFeed):
        return None
    feed.held_units = held_units
    return feed.line
