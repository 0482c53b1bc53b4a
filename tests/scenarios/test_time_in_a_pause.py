"""A live market's time goes on in a pause: what people see of it, and when what they do then is booked."""

import asyncio
from decimal import Decimal
from itertools import pairwise

import pytest

from desktop_trader.messages import commands as c
from desktop_trader.messages.network import NetworkState
from desktop_trader.messages.notices import BalanceChanged
from tests.builders import SPOT
from tests.network_rig import NetworkRig, with_rig
from tests.scripted_exchange import Fault


@pytest.mark.requirement("R198")
def test_the_market_s_clock_goes_on_in_a_pause_and_money_is_moved_at_the_present() -> None:
    async def session(rig: NetworkRig) -> None:
        await rig.until_state(NetworkState.RUNNING)
        await rig.open_position()
        rig.exchange.break_by(Fault.BLACKHOLE)
        await rig.until_state(NetworkState.PAUSED)
        await asyncio.sleep(1.5)
        paused_at, seen = rig.exchange.at(), len(rig.snapshots)

        await asyncio.sleep(18)

        shown = [snapshot.market.now for snapshot in rig.snapshots[seen:]]
        assert len(shown) >= 17  # the view is made anew once a second
        assert all(after > before for before, after in pairwise(shown))
        assert 17 <= (shown[-1] - paused_at).total_seconds() <= 19
        assert rig.state is not NetworkState.RUNNING

        told = len(rig.told(BalanceChanged))
        rig.send(
            c.AdjustBalance(
                request_id=rig.request_id(),
                kind=c.AdjustmentKind.DEPOSIT,
                amount=Decimal(100),
                reason="in the pause",
                author="a person",
            )
        )
        await rig.until(lambda: len(rig.told(BalanceChanged)) > told, limit=2)
        booked = rig.trader.engine.books.balances[-1].at
        assert abs((booked - rig.exchange.at()).total_seconds()) <= 0.6
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(NetworkState.RUNNING)
        rig.exchange.prices[SPOT.symbol] += 1
        await asyncio.sleep(3)
        times = [point.at for point in rig.trader.engine.books.balances]
        assert times == sorted(times)

    with_rig(session)
