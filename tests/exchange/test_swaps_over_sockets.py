"""Funding, marks, tiers and books of swaps over real sockets, as CoinEx v2 tells them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.session import ExchangeSession
from tests.exchange.coinex_client import SPOT, SWAP
from tests.exchange.live_rig import the_list_fetched_once
from tests.exchange.loopback import Fault, LoopbackExchange

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _one_list_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_trader.exchange.known_markets.fetch_in_a_process", the_list_fetched_once)


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[ExchangeSession]:
    """Open a session on an address and close it again."""
    address = address_from_url("coinex", url)
    session = await ExchangeSession.open("coinex", address=address, clock=LoopClock(), market_lists=folder)
    try:
        yield session
    finally:
        await session.close()


async def test_funding_and_its_history_agree_and_the_mark_is_the_exchanges(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        exchange.set_price(SPOT, "60000")
        exchange.set_mark(SWAP, "60123.5")
        exchange.set_funding(SWAP, "-0.00021074")

        answer = await session.swaps.funding_rate(SWAP)
        assert answer.settled is not None
        assert answer.coming is not None
        told = await session.swaps.funding_history(SWAP, since=answer.settled.at - timedelta(days=1))

    assert (session.swaps.has_funding, session.swaps.has_history, session.swaps.has_tiers) == (True, True, True)
    assert (answer.mark_price, answer.interval) == (Decimal("60123.5"), timedelta(hours=8))
    assert answer.coming.at - answer.settled.at == timedelta(hours=8)
    assert answer.coming.rate == Decimal("-0.00021074")
    history = [each for each in told if each.at <= answer.settled.at]  # an instant may have come in between
    assert history[-1] == answer.settled
    assert [each.at for each in history] == [answer.settled.at - index * timedelta(hours=8) for index in (3, 2, 1, 0)]


async def test_a_long_history_is_asked_for_in_pages(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        since = (await session.server_time()) - timedelta(days=100)
        history = await session.swaps.funding_history(SWAP, since=since)
        asked = exchange.calls.count("futures/funding-rate-history")

    assert len(history) in (300, 301)
    assert {after.at - before.at for before, after in pairwise(history)} == {timedelta(hours=8)}
    assert history[0].at - since < timedelta(hours=8)
    assert asked in (3, 4)


async def test_the_quote_of_a_swap_has_the_mark_and_that_of_spot_has_none(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        exchange.set_price(SPOT, "60000")
        exchange.set_mark(SWAP, "60123.5")

        swap, spot = await session.quote(SWAP), await session.quote(SPOT)

    assert (swap.last, swap.mark, spot.mark) == (60_000, Decimal("60123.5"), None)


async def test_tiers_in_coins_become_tiers_in_money(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        found = await session.swaps.leverage_tiers({SWAP: Decimal(60_000), SPOT: Decimal(60_000)})

    (brackets,) = found.values()
    assert list(found) == [SWAP]
    assert [(each.cap, each.max_leverage, each.maintenance_rate) for each in brackets] == [
        (600_000, 100, Decimal("0.005")),
        (3_000_000, 50, Decimal("0.01")),
        (None, 20, Decimal("0.025")),
    ]


async def test_a_book_is_twenty_levels_on_each_side_and_a_crossed_one_none(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        book = await session.order_book(SWAP, 20)
        exchange.faults.inject(Fault.CROSSED, "*")
        with pytest.raises(BadAnswerError):
            await session.order_book(SWAP, 20)

    assert (len(book.bids), len(book.asks)) == (20, 20)
    assert book.bids[0].price < book.asks[0].price
    assert all(level.size > 0 for level in (*book.bids, *book.asks))


async def test_the_bounds_of_an_order_are_in_the_instrument(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        instrument = (await session.fetch_market_list()).instruments()[SWAP]

    assert (instrument.minimum_quantity, instrument.maximum_quantity) == (Decimal("0.0001"), None)


@pytest.mark.parametrize("fault", [Fault.EMPTY_OBJECT, Fault.NULL, Fault.TRUNCATED, Fault.PORTAL])
async def test_no_answer_is_never_taken_for_one(fault: Fault, tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        since = (await session.server_time()) - timedelta(days=1)
        exchange.faults.inject(fault, "futures/*", None)
        with pytest.raises(ExchangeError):
            await session.swaps.funding_rate(SWAP)
        with pytest.raises(ExchangeError):
            await session.swaps.funding_history(SWAP, since=since)
        with pytest.raises(ExchangeError):
            await session.swaps.leverage_tiers({SWAP: Decimal(60_000)})
