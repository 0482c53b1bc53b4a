"""A program: one outage of a network of two machines, lived through by a trader; prints what it saw as JSON.

`python -m tests.exchange.namespace_scenarios blackhole|half-open|names FOLDER`, in namespaces of its own, as root.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from desktop_trader.messages.network import NetworkState
from desktop_trader.messages.notices import PositionClosed
from tests.exchange.coinex_client import SPOT
from tests.exchange.live_rig import LiveTrader, live_trader
from tests.exchange.loopback.process import ExchangeProcess
from tests.exchange.namespaces import NAME, Cable, Names, exchange_behind

RUNNING, PAUSED = NetworkState.RUNNING, NetworkState.PAUSED


class Scenario:
    """One outage: how the network goes and how it comes back."""

    def __init__(self, cable: Cable, exchange: ExchangeProcess, folder: Path) -> None:
        self._cable, self._exchange = cable, exchange
        self._names = Names(folder)
        self.url = f"http://{NAME}:{exchange.port}"

    def blackhole(self) -> Callable[[], None]:
        """Packets vanish, and come again."""
        self._cable.cut()
        return self._cable.mend

    def half_open(self) -> Callable[[], None]:
        """The other machine restarts while packets vanish: it knows nothing of the connections that are open here."""
        self._cable.cut()

        def restart_and_mend() -> None:
            self._exchange.kill()
            self._exchange.start(BTCUSDT="58000")
            self._cable.mend()

        return restart_and_mend

    def names(self) -> Callable[[], None]:
        """The name means nothing any more, and connections end: those made from a remembered answer as well."""
        self._names.forget()
        is_over = threading.Event()

        def end_connections() -> None:
            while not is_over.is_set():
                self._exchange.post("disconnect")
                is_over.wait(1)

        ending = threading.Thread(target=end_connections)
        ending.start()

        def know_again() -> None:
            is_over.set()
            ending.join()
            self._names.know()

        return know_again


async def live_through(which: str, folder: Path) -> dict[str, object]:
    """Hold a position through an outage in which the price falls beyond its stop."""
    with Cable() as cable, exchange_behind(cable, folder) as exchange:
        exchange.post("price", symbol=SPOT, price="60000")
        scenario = Scenario(cable, exchange, folder)
        lose = {"blackhole": scenario.blackhole, "half-open": scenario.half_open, "names": scenario.names}[which]
        async with live_trader(scenario.url, folder / "data") as trader:
            await trader.until(RUNNING, seconds=60)
            await trader.buy(stop_loss="59000")
            restore = lose()
            lost_at = time.monotonic()
            await trader.until(PAUSED, seconds=30)
            found_after = time.monotonic() - lost_at
            reasons = trader.reasons
            await asyncio.to_thread(exchange.post_beyond_the_cable, "price", symbol=SPOT, price="58000")
            await asyncio.sleep(2)
            held = trader.positions
            restore()
            back_at = time.monotonic()
            await trader.until(RUNNING, seconds=60)
            stable_after = time.monotonic() - back_at
            await trader.until_closed()
            return {
                "found_after": found_after,
                "lost_for": back_at - lost_at,
                "reasons": reasons,
                "held_in_the_outage": held,
                "stable_after": stable_after,
                "closed_at": closing_price(trader),
                "traded_while_closed": len(trader.traded_while_closed()),
                "story": trader.story(),
            }


def closing_price(trader: LiveTrader) -> str:
    """Return the price of the one closing."""
    (heard,) = trader.of(PositionClosed)
    assert isinstance(heard.notice, PositionClosed)
    return str(heard.notice.price)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(live_through(sys.argv[1], Path(sys.argv[2])))))
