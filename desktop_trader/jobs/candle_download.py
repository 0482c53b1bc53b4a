"""Candles of real markets: download what is missing, fill gaps, delete a series. Nothing here touches the books."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.exchange.addresses import address_from_url, market_tag
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.catalog import check_exchange_id
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.session import ExchangeSession
from desktop_trader.feeds.candle_download import CandleSource, DownloadOrder, DownloadWatch, download
from desktop_trader.jobs.context import JobContext
from desktop_trader.messages.candles import (
    CandlesDeleted,
    CandlesDownloaded,
    DeleteCandles,
    DownloadCandles,
    FillCandleGaps,
    SeriesName,
)
from desktop_trader.settings import ExchangeAddress
from desktop_trader.storage.candle_store import CandleStore

_EXCHANGE = "exchange:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePlace:
    """An exchange and where it is asked."""

    exchange_id: str
    address: ExchangeAddress

    @property
    def source(self) -> str:
        """The `source_id` of its bars."""
        return f"{_EXCHANGE}{market_tag(self.exchange_id, self.address)}"


OpenSource = Callable[[JobContext, ExchangePlace], Awaitable[CandleSource]]


class ChartSession:
    """A session whose questions give way to everything else that is asked of the same exchange."""

    def __init__(self, session: ExchangeSession) -> None:
        """Ask through a session, and close it in the end."""
        self._session = session

    async def server_time(self) -> datetime:
        """Return the exchange's time."""
        return await self._session.server_time()

    async def bars(self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int) -> Sequence[Bar]:
        """Return up to `limit` closed bars that opened at or after `since`, oldest first."""
        return await self._session.bars(symbol, timeframe, since=since, limit=limit, priority=Priority.CHART)

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        await self._session.close()


async def open_session(context: JobContext, place: ExchangePlace) -> CandleSource:
    """Return a session of the job's own loop."""
    session = await ExchangeSession.open(
        place.exchange_id,
        address=place.address,
        proxy=context.settings.network.proxy,
        clock=LoopClock(),
        market_lists=context.paths.market_lists,
    )
    return ChartSession(session)


def place_of(context: JobContext, market: str, *, exchange_url: str = "") -> ExchangePlace:
    """Return where a market is asked: at `exchange_url`, else where the settings say.

    Raises:
        InvalidInputError: it is no exchange; the simulated market and recordings have nothing to download.
    """
    if market == "simulated" or market.startswith(("simulated:", "replay:")):
        raise InvalidInputError(
            "The simulated market and recordings have all their bars already: there is nothing to download. "
            "Name an exchange such as coinex"
        )
    exchange_id = check_exchange_id(market)
    address = context.settings.network.address_of(exchange_id)
    if exchange_url:
        address = address_from_url(exchange_id, exchange_url, ca_file=address.ca_file)
    return ExchangePlace(exchange_id=exchange_id, address=address)


def run(context: JobContext, job: DownloadCandles, *, open_source: OpenSource = open_session) -> CandlesDownloaded:
    """Download what is missing; what came before a cancel or a failure is kept, and the next time it goes on there.

    Raises:
        ExchangeError: the exchange cannot be asked any more, or refuses.
        StorageError: the bars cannot be kept.
        InvalidInputError: no such exchange or symbol, or nothing has closed since.
    """
    place = place_of(context, job.market, exchange_url=job.exchange_url)
    name = SeriesName(source=place.source, symbol=parse_symbol(job.symbol), timeframe=job.timeframe)
    order = DownloadOrder(name=name, since=job.since, until=job.until, ours=datetime.now(UTC))
    return _download(context, place, order, open_source)


def fill(context: JobContext, job: FillCandleGaps, *, open_source: OpenSource = open_session) -> CandlesDownloaded:
    """Download what is missing between the first and the last bar of a stored series.

    Raises:
        ExchangeError: the exchange cannot be asked any more, or refuses.
        StorageError: the bars cannot be read or kept.
        InvalidInputError: nothing of it is stored, or it came from an address that nobody names any more.
    """
    exchange_id, _, host = job.name.source.removeprefix(_EXCHANGE).partition("@")
    place = place_of(context, exchange_id, exchange_url=job.exchange_url)
    if place.source != job.name.source:
        raise InvalidInputError(
            f"These bars came from {exchange_id} at {host or 'its own address'}, and now it is asked elsewhere; "
            "another address may be another market"
        )
    store = CandleStore.open(context.paths)
    try:
        span = store.span(job.name)
    finally:
        store.close()
    if span is None:
        raise InvalidInputError(f"Nothing of {job.name.symbol} {job.name.timeframe} is stored")
    order = DownloadOrder(name=job.name, since=span.first_at, until=span.last_at, ours=datetime.now(UTC))
    return _download(context, place, order, open_source)


def delete(context: JobContext, job: DeleteCandles) -> CandlesDeleted:
    """Forget a series.

    Raises:
        StorageError: it cannot be deleted; nothing of it was.
    """
    store = CandleStore.open(context.paths)
    try:
        return CandlesDeleted(name=job.name, bars=store.delete(job.name))
    finally:
        store.close()


def _download(
    context: JobContext, place: ExchangePlace, order: DownloadOrder, open_source: OpenSource
) -> CandlesDownloaded:
    store = CandleStore.open(context.paths)
    try:
        context.tell_progress(0, 0, f"Asking {place.exchange_id}…")
        watch = DownloadWatch(tell=context.tell_progress, should_stop=context.should_stop)
        return download(lambda: open_source(context, place), store, order=order, watch=watch)
    finally:
        store.close()
