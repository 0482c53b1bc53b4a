"""Opens a real market: its feed at once, from what is kept here, and its line, which asks nothing before it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop_trader.domain.errors import ExchangeUnavailableError, InvalidInputError
from desktop_trader.engine.ports import CandleShelf
from desktop_trader.exchange.addresses import market_tag
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.market_list import MarketList, list_file, load_market_list
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.live_line import LineParts, LineTimings, LiveLine
from desktop_trader.feeds.market_lists import ListSource
from desktop_trader.feeds.market_session import MarketSession
from desktop_trader.feeds.shelf_on_demand import ShelfOnDemand
from desktop_trader.settings import ExchangeAddress, PauseSettings

_SOURCE = "exchange:"


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlace:
    """Which exchange, where and through what; `open_shelf` opens the stored bars in the thread that calls it."""

    exchange_id: str
    address: ExchangeAddress
    proxy: str
    market_lists: Path
    open_shelf: Callable[[], CandleShelf]
    pause: PauseSettings

    @property
    def source_id(self) -> str:
        """Name the market: another address may be another market."""
        return _SOURCE + market_tag(self.exchange_id, self.address)


def open_live_market(place: LivePlace, symbol: str) -> LiveFeed:
    """Return the feed of a market, with its line; nothing is asked of anybody yet.

    Raises:
        InvalidInputError: the list that is kept here does not have the symbol.
    """
    tag = place.source_id.removeprefix(_SOURCE)
    feed = LiveFeed(place.source_id, shelf=ShelfOnDemand(place.open_shelf), starts_at=datetime.now(UTC))
    feed.books.fresh_for = timedelta(seconds=float(place.pause.stale_after))
    kept = load_market_list(list_file(place.market_lists, tag), tag)
    if kept is not None:
        feed.take_listing(kept.instruments())
        if symbol not in feed.listing():
            raise InvalidInputError(
                f"{symbol} is not traded on {tag}; `desktop-trader markets search --market {place.exchange_id}` finds "
                f"what is, and `desktop-trader markets fetch {place.exchange_id}` asks again"
            )
    parts = LineParts(
        open_session=lambda: _open_session(place),
        lists=ListSource(kept=lambda: kept, fetch=lambda: _fetch_list(place)),
        clock=LoopClock(),
        wall=lambda: datetime.now(UTC),
        timings=LineTimings(
            compare_every=float(place.pause.clock_check_every), skew_limit=float(place.pause.clock_limit)
        ),
    )
    feed.line = LiveLine(feed, parts)
    return feed


async def _fetch_list(place: LivePlace) -> MarketList:
    """Fetch what is listed, beside opening the session: the process that does it brings in ccxt for itself."""
    from desktop_trader.exchange.instance import Place
    from desktop_trader.exchange.known_markets import fetched_list

    where = Place(exchange_id=place.exchange_id, address=place.address, proxy=place.proxy)
    return await fetched_list(where, folder=place.market_lists)


async def _open_session(place: LivePlace) -> MarketSession:
    """Open the session; this brings ccxt in, so it happens in the engine's loop and not before."""
    from desktop_trader.exchange.session import ExchangeSession

    try:
        return await ExchangeSession.open(
            place.exchange_id,
            address=place.address,
            proxy=place.proxy,
            clock=LoopClock(),
            market_lists=place.market_lists,
        )
    except InvalidInputError as error:  # a certificate file that is away may be there again later
        raise ExchangeUnavailableError(error.user_message, detail=error.detail) from error
