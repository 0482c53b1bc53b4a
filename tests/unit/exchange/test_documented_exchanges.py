"""Exchanges that cannot be reached from a test, as their documentation shows their answers, over HTTP on 127.0.0.1."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import BadAnswerError, ExchangeRefusedError, UnknownAnswerError
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_fetch import fetch_market_list
from desktop_trader.exchange.session import ExchangeSession
from tests.unit.exchange.clocks import SleeperClock
from tests.unit.exchange.documented import BINANCE, KRAKEN, MINUTE_MS, NOW_MS, Answers, served
from tests.unit.exchange.documented_more import DOCUMENTED

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
MINUTE = datetime.fromtimestamp(MINUTE_MS / 1000, UTC)
NEAR = timedelta(seconds=20)
SPOT, SWAP, DOLLARS = "BTC/USDT", "1000PEPE/USDT:USDT", "BTC/USD"


def files_in(folder: Path) -> list[Path]:
    """What lies there."""
    return list(folder.iterdir())


@asynccontextmanager
async def session_of(exchange_id: str, answers: Answers, folder: Path) -> AsyncIterator[ExchangeSession]:
    """A session that knows the markets of documented answers."""
    async with served(answers) as url:
        address = address_from_url(exchange_id, url)
        await fetch_market_list(Place(exchange_id=exchange_id, address=address), LoopClock(), folder=folder)
        session = await ExchangeSession.open(exchange_id, address=address, clock=SleeperClock(), market_lists=folder)
        try:
            yield session
        finally:
            await session.close()


async def test_what_binance_documents_becomes_our_values(tmp_path: Path) -> None:
    async with session_of("binance", BINANCE, tmp_path) as session:
        listed = session.market_list()
        assert listed is not None
        instruments = listed.instruments()
        assert sorted(instruments) == [SWAP, SPOT, "LUNA/USDT"]
        assert (instruments[SPOT].tick_size, instruments[SPOT].lot_size) == (Decimal("0.01"), Decimal("0.00001"))
        assert (instruments[SPOT].minimum_notional, instruments[SWAP].minimum_notional) == (5, 5)
        assert (instruments[SWAP].base, instruments[SWAP].contract_size) == ("1000PEPE", 1)
        assert session.is_symbol_active(SPOT)
        assert not session.is_symbol_active("LUNA/USDT")
        assert await session.server_time() == NOW.replace(microsecond=123_000)
        spot, swap = await session.quote(SPOT), await session.quote(SWAP)
        assert (spot.bid, spot.ask, spot.last) == (90005, Decimal("90005.01"), Decimal("90005.01"))
        assert (swap.bid, swap.ask, swap.last) == (Decimal("0.01233"), Decimal("0.01235"), Decimal("0.01234"))
        assert swap.at == NOW.replace(microsecond=118_000)
        bars = await session.bars(SPOT, Timeframe.M1, since=None, limit=10)
        assert [bar.opened_at for bar in bars] == [MINUTE - timedelta(minutes=2), MINUTE - timedelta(minutes=1)]
        rows = {row.symbol: row for row in await session.tickers()}
        assert (rows[SPOT].last, rows[SPOT].change_percent_24h) == (Decimal("90005.01"), Decimal("-0.095"))
        assert (rows["LUNA/USDT"].last, rows["LUNA/USDT"].bid) == (None, None)
        assert [row.symbol for row in await session.tickers([SWAP])] == [SWAP]


async def test_what_kraken_documents_becomes_our_values(tmp_path: Path) -> None:
    async with session_of("kraken", KRAKEN, tmp_path) as session:
        listed = session.market_list()
        assert listed is not None
        instrument = listed.instruments()[DOLLARS]
        assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.1"), Decimal("0.00000001"))
        assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (Decimal("0.0025"), Decimal("0.004"))
        assert listed.markets[0].minimum_quantity == Decimal("0.0001")
        assert await session.server_time() == NOW.replace(microsecond=0)
        quote = await session.quote(DOLLARS)
        assert (quote.bid, quote.ask, quote.last) == (90300, Decimal("90300.1"), Decimal("90303.2"))
        assert timedelta(0) <= quote.at - NOW.replace(microsecond=0) < NEAR
        book = await session.order_book(DOLLARS, 1)
        assert (book.bids[0].price, book.asks[0].size) == (90300, Decimal("3.256"))
        since = MINUTE - timedelta(minutes=1)
        (bar,) = await session.bars(DOLLARS, Timeframe.M1, since=since, limit=5)
        assert (bar.opened_at, bar.close, bar.volume) == (since, Decimal("90305.9"), Decimal("3.39243896"))


@pytest.mark.parametrize(
    ("exchange_id", "contract_size", "taker_fee_rate"),
    [("okx", "0.01", "0.0005"), ("gate", "0.0001", "0.0005"), ("bybit", "1", "0.0006")],
)
async def test_what_okx_gate_and_bybit_document_becomes_our_values(
    exchange_id: str, contract_size: str, taker_fee_rate: str, tmp_path: Path
) -> None:
    """Row F39 of the fault list: spot and swap of one id are never mistaken for each other."""
    swap = "BTC/USDT:USDT"
    async with session_of(exchange_id, DOCUMENTED[exchange_id], tmp_path) as session:
        listed = session.market_list()
        assert listed is not None
        instruments = listed.instruments()
        assert sorted(instruments) == [SPOT, swap]
        assert instruments[swap].contract_size == Decimal(contract_size)
        assert instruments[swap].taker_fee_rate == Decimal(taker_fee_rate)
        assert await session.server_time() == NOW.replace(microsecond=123_000)
        for symbol in (SPOT, swap):
            quote = await session.quote(symbol)
            assert (quote.symbol, quote.bid, quote.ask, quote.last) == (
                symbol,
                Decimal("9999.5"),
                Decimal(10_000),
                Decimal("9999.99"),
            )
            assert NOW.replace(microsecond=0) <= quote.at < NOW + NEAR
            book = await session.order_book(symbol, 5)
            assert (book.bids[0].price, book.asks[0].price) == (Decimal("9999.5"), 10_000)
            bars = await session.bars(symbol, Timeframe.M1, since=None, limit=2)
            assert [bar.opened_at for bar in bars] == [MINUTE - timedelta(minutes=2), MINUTE - timedelta(minutes=1)]
            assert (bars[0].high, bars[0].low) == (10_001, 9_990)
            is_in_contracts = (exchange_id, symbol) == ("gate", swap)
            assert bars[0].volume == (
                Decimal("9.7151") if is_in_contracts else 100 if exchange_id == "okx" and symbol == SPOT else 2
            )
        assert sorted(row.symbol for row in await session.tickers()) == [SPOT, swap]


async def test_as_many_questions_are_asked_for_bars_as_it_takes(tmp_path: Path) -> None:
    asked: list[tuple[datetime | None, int]] = []
    step = timedelta(minutes=1)

    async def klines(symbol: str, timeframe: str, since: int | None, limit: int) -> list[object]:
        """A minute of trades after the other up to now, 500 at once at most."""
        first = MINUTE - (limit - 1) * step if since is None else datetime.fromtimestamp(since / 1000, UTC)
        asked.append((None if since is None else first, limit))
        opened = [first + n * step for n in range(min(limit, 500)) if first + n * step <= MINUTE]
        return [[int(at.timestamp() * 1000), "1", "1", "1", "1", "0"] for at in opened]

    async with session_of("binance", BINANCE, tmp_path) as session:
        session.__dict__["_exchange"].fetch_ohlcv = klines
        since = MINUTE - 1200 * step
        bars = await session.bars(SWAP, Timeframe.M1, since=since, limit=1100)
        assert [bar.opened_at for bar in bars] == [since + n * step for n in range(1100)]
        assert asked == [(since, 500), (since + 500 * step, 500), (since + 1000 * step, 100)]
        asked.clear()
        assert len(await session.bars(SWAP, Timeframe.M1, since=MINUTE - 10 * step, limit=1000)) == 10
        assert len(asked) == 1
        asked.clear()
        newest = await session.bars(SWAP, Timeframe.M1, since=None, limit=700)
        assert (len(newest), newest[-1].opened_at, len(asked)) == (700, MINUTE - step, 2)
        asked.clear()
        assert [bar.opened_at for bar in await session.bars(SWAP, Timeframe.M1, since=None, limit=1)] == [MINUTE - step]
        assert asked == [(None, 2)]


async def test_what_is_not_listed_or_not_told_is_refused(tmp_path: Path) -> None:
    async with session_of("kraken", KRAKEN, tmp_path) as session:
        with pytest.raises(ExchangeRefusedError):
            await session.quote("DOGE/USD")
        with pytest.raises(ExchangeRefusedError):
            await anext(session.stream_quotes(["DOGE/USD"]))


@pytest.mark.parametrize(
    "damage",
    [
        {"/0/public/AssetPairs": {"error": [], "result": {}}},
        {"/0/public/AssetPairs": {"error": []}},
        {"/0/public/AssetPairs": "[]"},
        {"/0/public/AssetPairs": "null"},
        {"/0/public/AssetPairs": "<html></html>"},
    ],
)
async def test_a_list_with_nothing_in_it_is_a_failure(damage: dict[str, object], tmp_path: Path) -> None:
    """Row F72 of the fault list."""
    async with served({**KRAKEN, **damage}) as url:
        place = Place(exchange_id="kraken", address=address_from_url("kraken", url))
        with pytest.raises(BadAnswerError):
            await fetch_market_list(place, LoopClock(), folder=tmp_path)
    assert files_in(tmp_path) == []


async def test_an_exchange_that_is_not_asked_for_its_time_dates_its_answers(tmp_path: Path) -> None:
    async with session_of("kraken", KRAKEN, tmp_path) as session:
        told = session.__dict__["_exchange"]
        told.has["fetchTime"] = False
        before = datetime.now(UTC)
        at = await session.server_time()
        assert before - timedelta(seconds=2) < at < datetime.now(UTC) + timedelta(seconds=2)
        assert session.time_now() is not None


async def test_an_error_of_krakens_own_is_no_answer(tmp_path: Path) -> None:
    async with session_of("kraken", KRAKEN, tmp_path) as known:
        listed = known.market_list()
    assert listed is not None
    async with served({"/0/public/Time": {"error": ["EGeneral:Something new"]}}) as url:
        session = await ExchangeSession.open("kraken", address=address_from_url("kraken", url), clock=LoopClock())
        with pytest.raises(UnknownAnswerError):
            await session.server_time()
        await session.close()
