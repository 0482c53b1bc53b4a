"""How long a call may take, and what of that is its own time."""

import asyncio

import pytest

from desktop_trader.domain.errors import NetworkTimeoutError
from desktop_trader.exchange.call_limits import outside_the_deadline, within
from desktop_trader.exchange.failures import Asked
from tests.virtual_time import run_virtually, virtual_loop

ASKED = Asked(exchange_id="coinex", name="CoinEx")


def test_waiting_for_the_budget_spends_no_time_of_the_call() -> None:
    async def waits() -> str:
        await outside_the_deadline(lambda: asyncio.sleep(2))
        await asyncio.sleep(0.5)
        await outside_the_deadline(lambda: asyncio.sleep(2))
        return "done"

    assert run_virtually(within(1, waits, asked=ASKED)) == "done"


def test_what_a_call_takes_besides_is_its_own_time() -> None:
    async def loiters() -> None:
        await outside_the_deadline(lambda: asyncio.sleep(2))
        await asyncio.sleep(5)

    async def session() -> float:
        begun = virtual_loop().time()
        with pytest.raises(NetworkTimeoutError):
            await within(1, loiters, asked=ASKED)
        return virtual_loop().time() - begun

    assert 3 <= run_virtually(session()) < 3.1
