"""The live line over real sockets, on a loopback exchange: what streams, what is asked for instead, what is lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_trader.domain.errors import ExchangeError, NetworkDownError
from desktop_trader.domain.market import MarketEvent, Quote, Timeframe
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.live_market import LivePlace, open_live_market
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.settings import PauseSettings
from desktop_trader.storage.candle_store import CandleStore
from tests.exchange.coinex_client import SPOT, SWAP, until
from tests.exchange.live_rig import LoopLag, the_list_fetched_once
from tests.exchange.loopback import Fault, LoopbackExchange
from tests.fakes_exchange import HeardListener

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@dataclass(slots=True, kw_only=True)
class RunningLine:
    """A line at work, and what was heard of it."""

    feed: LiveFeed
    line: MarketLine
    heard: HeardListener

    def pull(self) -> list[MarketEvent]:
        """Every event that waits."""
        events = []
        while (event := self.feed.next_event()) is not None:
            events.append(event)
        return events

    def ticks(self, symbol: str) -> int:
        """How many quotes of a symbol came."""
        return sum(1 for _, each in self.heard.ticks if each == symbol)


@asynccontextmanager
async def running_line(url: str, folder: Path) -> AsyncIterator[RunningLine]:
    """A line to the exchange, running and verified."""
    shelf = CandleStore.in_memory()
    place = LivePlace(
        exchange_id="coinex",
        address=address_from_url("coinex", url),
        proxy="",
        market_lists=folder,
        open_shelf=lambda: shelf,
        pause=PauseSettings(),
    )
    feed = open_live_market(place, SPOT)
    assert feed.line is not None
    heard = HeardListener()
    feed.line.listen(heard)
    feed.subscribe(SPOT, Timeframe.M1)
    task = asyncio.create_task(feed.line.run())
    try:
        checks = await feed.line.verify([SPOT])
        assert all(check.ok for check in checks), checks
        yield RunningLine(feed=feed, line=feed.line, heard=heard)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await feed.line.close()
        shelf.close()


@pytest.fixture(autouse=True)
def _one_list_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the process that fetches the market list."""
    monkeypatch.setattr("desktop_trader.exchange.known_markets.fetch_in_a_process", the_list_fetched_once)


async def test_prices_stream_and_are_asked_for_while_the_socket_is_silent(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.1) as exchange, running_line(exchange.url, tmp_path) as rig:
        await until(lambda: rig.ticks(SPOT) > 20)
        asked = exchange.calls.count("spot/ticker")
        before = rig.ticks(SPOT)
        await until(lambda: rig.ticks(SPOT) > before + 20)
        assert exchange.calls.count("spot/ticker") <= asked + 3, "asked for while the stream brings them"

        exchange.faults.inject(Fault.SILENT_SOCKET)
        before = rig.ticks(SPOT)
        await until(lambda: rig.ticks(SPOT) > before + 1)

        assert rig.heard.errors == []
        quotes = [event for event in rig.pull() if isinstance(event, Quote)]
        assert all(quote.bid < quote.ask and quote.last > 0 for quote in quotes)
        assert all(before.at < after.at for before, after in pairwise(quotes))


async def test_several_symbols_of_both_kinds_come_side_by_side(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.1) as exchange, running_line(exchange.url, tmp_path) as rig:
        for symbol in ("ETH/USDT", SWAP):
            rig.feed.subscribe(symbol, None)
        await until(lambda: min(rig.ticks(each) for each in (SPOT, "ETH/USDT", SWAP)) > 5)

        assert {each.symbol for each in rig.feed.instruments()} == {SPOT, "ETH/USDT", SWAP}


async def test_a_spike_of_one_tick_is_rejected_and_a_jump_that_stays_is_believed(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.1) as exchange, running_line(exchange.url, tmp_path) as rig:
        exchange.set_price(SPOT, "61000")
        await until(lambda: _newest(rig) == Decimal(61000))
        exchange.set_price(SPOT, "6100000")
        await until(lambda: _newest(rig) == Decimal(6100000))

        assert dict(rig.line.rejected_ticks())["ten times the last"] >= 1
        assert any("ten times" in why for _, _, why in rig.heard.bad)


async def test_a_lost_exchange_is_told_at_once_and_found_again(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.1) as exchange, running_line(exchange.url, tmp_path) as rig:
        await until(lambda: rig.ticks(SPOT) > 3)
        await exchange.go_down()
        lag, down_at = LoopLag(), time.monotonic()
        await until(lambda: bool(rig.heard.errors))
        lag.end()
        assert rig.heard.errors[0][0] - down_at - 2 * lag.seconds < 2
        assert isinstance(rig.heard.errors[0][1], ExchangeError)
        with pytest.raises(NetworkDownError):
            await rig.line.probe()

        await exchange.come_back()
        await rig.line.probe()
        before = rig.ticks(SPOT)
        await until(lambda: rig.ticks(SPOT) > before + 3)
        assert all(check.ok for check in await rig.line.verify([SPOT]))


async def test_candles_reach_back_without_a_hole_and_the_overview_has_every_market(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.5) as exchange, running_line(exchange.url, tmp_path) as rig:
        now = datetime.now(UTC)
        stored = rig.feed.history(SPOT, Timeframe.M1, before=now, limit=1_000)
        assert len(stored) >= 499
        assert all(after.opened_at == before.closed_at for before, after in pairwise(stored))
        assert now - stored[-1].closed_at < timedelta(minutes=2)

        rig.feed.want_overview(5)
        rig.feed.want_bars(SPOT, Timeframe.H1, limit=200)
        await until(lambda: len(rig.feed.overview(at=now)) > 0)
        await until(lambda: len(rig.feed.history(SPOT, Timeframe.H1, before=now, limit=500)) == 200)

        assert {SPOT, SWAP} <= {row.symbol for row in rig.feed.overview(at=now)}


def _newest(rig: RunningLine) -> Decimal | None:
    newest = rig.feed.filter.last(SPOT)
    return None if newest is None else newest.last


async def test_a_followed_swap_brings_its_mark_tiers_estimate_and_the_book_that_is_wanted(tmp_path: Path) -> None:
    async with LoopbackExchange(seed=7, tick_seconds=0.1) as exchange, running_line(exchange.url, tmp_path) as rig:
        exchange.set_price(SPOT, "60000")
        exchange.set_mark(SWAP, "60123.5")
        exchange.set_funding(SWAP, "-0.00021074")
        rig.feed.subscribe(SWAP, None)
        marked: list[Quote] = []

        def has_come() -> bool:
            for event in rig.pull():
                if isinstance(event, Quote) and event.symbol == SWAP and event.mark == Decimal("60123.5"):
                    marked.append(event)
            return bool(marked) and bool(rig.feed.listing()[SWAP].brackets) and rig.feed.depth(marked[-1]) is not None

        await until(has_come, 60)
        quote = marked[-1]
        book, estimate = rig.feed.depth(quote), rig.feed.next_funding(SWAP, at=quote.at - timedelta(hours=1))
        asked = exchange.calls.count("futures/position-level")

    assert book is not None
    assert book.bids[0].price <= quote.bid < quote.ask <= book.asks[0].price
    assert estimate is not None
    assert (estimate.rate, estimate.mark_price) == (Decimal("-0.00021074"), Decimal("60123.5"))
    assert rig.feed.listing()[SWAP].brackets[0].max_leverage == 100
    assert asked == 1
