"""The loopback exchange as a process: `python -m tests.exchange.loopback --port 0 --seed 1 --state FILE`."""

import argparse
import asyncio
import json
from pathlib import Path

from tests.exchange.loopback.control import Control
from tests.exchange.loopback.exchange import LoopbackExchange


async def serve(options: argparse.Namespace) -> None:
    """Serve until the process is ended, after one line of JSON that says where."""
    exchange = LoopbackExchange(seed=options.seed, extra_pairs=options.pairs, tick_seconds=options.tick)
    control = Control(exchange, options.state)
    control.restore()
    for held in options.hold:
        market_id, _, price = held.partition("=")
        exchange.set_price(market_id, price)
    await exchange.start(options.port, host=options.host, more_routes=control.add_to)
    print(json.dumps({"url": exchange.url, "port": exchange.port}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="A loopback exchange that speaks CoinEx v2 on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1", help="another address only in a network namespace of its own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tick", type=float, default=0.5, help="seconds between ticks")
    parser.add_argument("--pairs", type=int, default=0, help="how many invented pairs to list besides the known ones")
    parser.add_argument("--state", type=Path, default=None, help="file that keeps the prices scripts have set")
    parser.add_argument("--hold", metavar="ID=PRICE", action="append", default=[], help="hold a price from the start")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
