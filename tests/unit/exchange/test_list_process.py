"""The one-shot process that fetches market lists, and the verbs `markets fetch` and `markets search`."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from desktop_trader.cli.main import main
from desktop_trader.domain.errors import (
    BadAnswerError,
    ExchangeUnavailableError,
    NetworkDownError,
    RateLimitedError,
    UnknownAnswerError,
)
from desktop_trader.exchange import list_process
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_fetch import fetch_market_list
from desktop_trader.exchange.list_process import fetch_in_a_process, list_command
from desktop_trader.exchange.session import ExchangeSession
from tests.unit.exchange.documented import KRAKEN, served
from tests.unit.exchange.payload_fuzz import COINEX_ANSWERS

NOWHERE = "http://127.0.0.1:9"


def place_at(url: str, exchange_id: str = "coinex") -> Place:
    return Place(exchange_id=exchange_id, address=address_from_url(exchange_id, url), proxy="")


def test_the_process_is_told_where_to_ask_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(
        exchange_id="kraken",
        address=address_from_url("kraken", NOWHERE, ca_file="ca.pem"),
        proxy="socks5://127.0.0.1:1",
    )
    options = [
        "--exchange-url",
        NOWHERE,
        "--ca-file",
        "ca.pem",
        "--proxy",
        "socks5://127.0.0.1:1",
        "--folder",
        str(tmp_path),
    ]
    verb = ["markets", "fetch", "kraken", "--json"]
    assert list_command(place, tmp_path) == [sys.executable, "-m", "desktop_trader", *verb, *options]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert list_command(place, tmp_path) == [sys.executable, *verb, *options]


@pytest.mark.slow
def test_a_session_fetches_the_list_once_and_the_next_finds_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(COINEX_ANSWERS) as url:
            for is_first in (True, False):
                session = await ExchangeSession.open(
                    "coinex", address=place_at(url).address, clock=LoopClock(), market_lists=tmp_path
                )
                assert (session.market_list() is None) == is_first
                listed = await session.fetch_market_list() if is_first else session.market_list()
                assert listed is not None
                assert sorted(listed.instruments()) == ["BTC/USDT", "BTC/USDT:USDT"]
                assert session.is_symbol_active("BTC/USDT")
                assert not session.is_symbol_active("ETH/USDT")
                await session.close()

    asyncio.run(work())
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


@pytest.mark.slow
def test_what_the_process_met_is_raised_here(tmp_path: Path) -> None:
    async def fails(url: str) -> Exception:
        try:
            await fetch_in_a_process(place_at(url), "coinex@x", folder=tmp_path)
        except Exception as error:
            return error
        raise AssertionError("nothing was raised")

    async def work() -> list[Exception]:
        busy = {**COINEX_ANSWERS, "/v2/spot/market": {"code": 4213, "data": {}, "message": "too frequent"}}
        async with served(busy) as overrun:
            return [await fails(NOWHERE), await fails(overrun)]

    assert [type(error) for error in asyncio.run(work())] == [NetworkDownError, RateLimitedError]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_process_that_says_nothing_sensible_or_does_not_end_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []
    spawn = asyncio.create_subprocess_exec

    async def noting(*command: str, **options: object) -> asyncio.subprocess.Process:
        process = await spawn(*command, **options)  # type: ignore[arg-type]
        pids.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)
    monkeypatch.setattr(list_process, "LIST_DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(list_process, "_GRACE_SECONDS", 0.0)
    program = "import time; time.sleep(60)"
    monkeypatch.setattr(list_process, "list_command", lambda *_: [sys.executable, "-c", program])
    with pytest.raises(Exception, match="in time"):
        asyncio.run(fetch_in_a_process(place_at(NOWHERE), "coinex", folder=tmp_path))
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    monkeypatch.setattr(list_process, "_GRACE_SECONDS", 30.0)
    program = "import sys; print('nonsense'); sys.exit('secret=abcdefgh')"
    with pytest.raises(UnknownAnswerError) as caught:
        asyncio.run(fetch_in_a_process(place_at(NOWHERE), "coinex", folder=None))
    assert "abcdefgh" not in str(caught.value)


def test_people_fetch_and_search_lists_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def says(*words: str) -> tuple[int, str, str]:
        code = main(["markets", *words, "--data-dir", str(tmp_path)])
        told = capsys.readouterr()
        return code, told.out, told.err

    async def fetch() -> tuple[int, str, str]:
        async with served(KRAKEN) as url:
            (tmp_path / "settings.toml").write_text(f'[network.addresses.kraken]\nrest = "{url}"\n')
            return await asyncio.to_thread(says, "fetch", "Kraken")

    assert asyncio.run(fetch()) == (0, "Kraken lists 1 markets that can be traded here, 1 of them active\n", "")
    found = json.loads(says("search", "btc", "--market", "kraken", "--json")[1], parse_float=str)["markets"]
    assert [(each["symbol"], each["tick_size"], each["is_active"]) for each in found] == [("BTC/USD", "0.1", True)]
    assert says("search", "zzz", "--market", "kraken") == (0, "Kraken lists nothing like 'zzz'\n", "")
    code, _, complaint = says("search", "btc")
    assert (code, "desktop-trader markets fetch coinex" in complaint) == (5, True)
    assert says("fetch", "krakn")[0] == 2
    code, told, _ = says("fetch", "coinex", "--exchange-url", NOWHERE, "--json")
    assert (code, json.loads(told)["kind"]) == (1, "NetworkDownError")


def test_fetching_in_this_process_leaves_the_file_or_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(COINEX_ANSWERS) as url:
            listed = await fetch_market_list(place_at(url), LoopClock(), folder=tmp_path)
            assert len(listed.markets) == 2
        empty = {**COINEX_ANSWERS, "/v2/futures/market": {"code": 0, "data": [], "message": "OK"}}
        closed = {**COINEX_ANSWERS, "/v2/spot/market": {"code": 4001, "data": {}, "message": "maintenance"}}
        for answers, kind in ((empty, BadAnswerError), (closed, ExchangeUnavailableError), ({}, BadAnswerError)):
            async with served(answers) as url:
                with pytest.raises(kind):
                    await fetch_market_list(place_at(url), LoopClock(), folder=tmp_path / "none")

    asyncio.run(work())
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]
