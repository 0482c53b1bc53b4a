"""A loopback exchange: CoinEx v2 as ccxt 4.5.85 speaks it, on 127.0.0.1, with a matching engine and faults to order.

In the test's own event loop::

    async with LoopbackExchange(seed=7) as exchange:      # exchange.url: "http://127.0.0.1:PORT"
        exchange.set_price("BTC/USDT", "61000")           # held from now on, spot and swap; told at once
        exchange.walk("BTC/USDT")                         # the seeded movement goes on from there
        exchange.faults.inject(Fault.HTTP_502, "spot/*", count=3)
        exchange.faults.clear()
        await exchange.go_down()                          # listener closed, connections reset
        await exchange.come_back()                        # same port, same market
        exchange.calls.count("time"), exchange.calls.writes()

In a thread of its own, for tests that are not async (every call waits until the exchange has done it)::

    with ExchangeThread(seed=7) as exchange:
        exchange.set_price("BTC/USDT", "61000")
        exchange.inject(Fault.HANG, "time")
        exchange.go_down(); exchange.come_back(); exchange.walk("BTC/USDT"); exchange.clear()
        exchange.do(lambda inside: inside.calls.count("*"))

As a process, to be killed and started again on the same port with the same market (`--state` keeps what scripts set)::

    with ExchangeProcess(folder) as exchange:             # of loopback.process; has url, post("price", ...), calls()
        exchange.kill(); exchange.start(BTCUSDT="57000")  # back on the same port, at another price
    python -m tests.exchange.loopback --port 0 --seed 7 --state FILE
    -> prints {"url": "http://127.0.0.1:PORT", "port": PORT} on its first line
    POST /_control/price {"symbol": "BTC/USDT", "price": "61000"}   POST /_control/walk {"symbol": ...}
    POST /_control/fault {"fault": "hang", "where": "*", "count": 2, "seconds": 3}   POST /_control/clear {}
    POST /_control/disconnect {}   GET /_control/calls?pattern=time&since=0   GET /_control/price?symbol=BTC/USDT

Prices, candles (1 m to 1 w since 2019) and books are functions of the seed, the instant and what a script set; they are
the same in every process. Times are the wall clock's unless a clock is given; `tick_seconds=None` lets the test tick.
"""

from tests.exchange.loopback.call_log import Call, CallLog
from tests.exchange.loopback.exchange import LoopbackExchange
from tests.exchange.loopback.faults import Fault, Faults, Injected
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.thread import ExchangeThread

__all__ = ["Call", "CallLog", "ExchangeThread", "Fault", "Faults", "Injected", "Kind", "LoopbackExchange"]
