"""The loopback exchange itself: its clock, its markets, its tick, its listener and its calls."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from ssl import SSLContext

from aiohttp import web

from tests.exchange.loopback.account_rows import futures_balance_rows, position_row, spot_balance_rows
from tests.exchange.loopback.accounts import ZERO, Account, Bank, FundingPaid, Position, exact
from tests.exchange.loopback.call_log import Call, CallLog
from tests.exchange.loopback.faults import Fault, Faults
from tests.exchange.loopback.listing import Kind, pairs
from tests.exchange.loopback.market import Market
from tests.exchange.loopback.matching import MatchingEngine
from tests.exchange.loopback.misbehaviour import answer_with, reset
from tests.exchange.loopback.orders import Deal, Order
from tests.exchange.loopback.price_path import PricePath
from tests.exchange.loopback.private_routes import PrivateRoutes
from tests.exchange.loopback.public_routes import PublicRoutes
from tests.exchange.loopback.settlement import Settlement
from tests.exchange.loopback.shapes import Row, Shapes
from tests.exchange.loopback.stream import Streams

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Scripted = dict[str, list[tuple[float, str | None, float]]]
CONTROL = "/_control/"
TEST_KEY, TEST_SECRET = "test-key", "test-secret"


class LoopbackExchange:
    """An exchange on 127.0.0.1, for one event loop; see the package's docstring."""

    def __init__(
        self,
        *,
        seed: int = 1,
        extra_pairs: int = 0,
        tick_seconds: float | None = 0.5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.now = clock
        self.pairs = pairs(extra_pairs)
        self.faults = Faults(clock)
        self.shapes = Shapes(self.faults, {})
        self.calls = CallLog()
        self._tick_seconds = tick_seconds
        self._paths = {pair.market_id: PricePath(pair, seed) for pair in self.pairs}
        self._markets = {
            (kind, pair.market_id): Market(kind, pair, self._paths[pair.market_id])
            for kind in Kind
            for pair in self.pairs
            if kind is Kind.SPOT or pair.has_swap
        }
        self.bank = Bank()
        self.engine = MatchingEngine(
            self.bank,
            Settlement(self.bank, self._on_deal),
            self.market_of,
            lambda: int(self.now() * 1000),
            self._on_order,
            self._on_stop,
        )
        self.streams = Streams(self.faults, self.shapes, self.calls.add, clock, self.market_of, self._secret_of)
        self.open_account(TEST_KEY, TEST_SECRET, spot={"USDT": "10000", "BTC": "1"}, futures={"USDT": "10000"})
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._port = 0
        self._host = "127.0.0.1"
        self._ssl: SSLContext | None = None

    # ------------------------------------------------------------------------------------------------ life
    async def start(
        self,
        port: int = 0,
        ssl: SSLContext | None = None,
        host: str = "127.0.0.1",
        more_routes: Callable[[web.UrlDispatcher], None] = lambda router: None,
    ) -> None:
        """Listen on 127.0.0.1, on another `host` only in a network of its own; port 0 lets the system choose."""
        app = web.Application(middlewares=[self._middleware])
        PublicRoutes(self).add_to(app.router)
        PrivateRoutes(self).add_to(app.router)
        more_routes(app.router)
        for kind in Kind:
            for path in (f"/v2/{kind.value}", f"/v2/{kind.value}/"):
                app.router.add_get(path, self._socket_of(kind))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._port, self._ssl, self._host = port, ssl, host
        await self.come_back()
        if self._tick_seconds is not None:
            self._ticking = asyncio.create_task(self._tick_forever(self._tick_seconds))

    async def close(self) -> None:
        """Stop; clients see their connections reset."""
        self.faults.clear()
        if self._ticking is not None:
            self._ticking.cancel()
        if self._runner is not None:
            self.disconnect()
            await self._runner.cleanup()

    async def __aenter__(self) -> "LoopbackExchange":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """Return the address for `--exchange-url`, which fills REST and both WebSocket addresses."""
        return f"{'http' if self._ssl is None else 'https'}://{self._host}:{self._port}"

    async def go_down(self) -> None:
        """Close the listener and reset every connection: connecting is refused from now on."""
        assert self._runner is not None
        for site in list(self._runner.sites):
            await site.stop()
        self.disconnect()

    async def come_back(self) -> None:
        """Listen again on the same port, with the same market; nothing happens when it listens."""
        assert self._runner is not None
        if self._runner.sites:
            return
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._ssl, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    def disconnect(self, kind: Kind | None = None) -> None:
        """Reset every connection; with a kind, only the WebSockets of that kind."""
        self.streams.disconnect(kind)
        if kind is None and self._runner is not None and self._runner.server is not None:
            for connection in self._runner.server.connections:
                reset(getattr(connection, "transport", None))

    # ---------------------------------------------------------------------------------------------- market
    def market(self, symbol: str) -> Market:
        """Return a market by its unified symbol: "BTC/USDT" spot, "BTC/USDT:USDT" swap."""
        kind = Kind.FUTURES if ":" in symbol else Kind.SPOT
        return self._markets[kind, _market_id(symbol)]

    def market_of(self, kind: Kind, market_id: str) -> Market | None:
        return self._markets.get((kind, market_id))

    def markets_of(self, kind: Kind) -> list[Market]:
        return [market for (found, _), market in self._markets.items() if found is kind]

    def set_price(self, symbol: str, price: str | Decimal) -> None:
        """Hold a price from now on, spot and swap of the pair alike, and tell it at once."""
        market_id = _market_id(symbol)
        self._paths[market_id].set_price(Decimal(price), self.now())
        self._tick_pair(market_id)

    def set_mark(self, symbol: str, price: str | Decimal | None) -> None:
        """Hold the mark price of a swap apart from its last price; `None` lets them be one again."""
        self._markets[Kind.FUTURES, _market_id(symbol)].mark_price = None if price is None else Decimal(price)

    def set_funding(self, symbol: str, rate: str | Decimal) -> None:
        """Let this be what is due at the next instant, and what was due at all before."""
        self._markets[Kind.FUTURES, _market_id(symbol)].funding_rate = Decimal(rate)

    def walk(self, symbol: str) -> None:
        """Let the generated movement go on from the price of now."""
        self._paths[_market_id(symbol)].walk(self.now())

    def price(self, symbol: str) -> Decimal:
        return self._paths[_market_id(symbol)].price(self.now())

    def scripted(self) -> Scripted:
        """Return what scripts have set so far, to keep it beyond the process (`restore`)."""
        return {name: path.set_back() for name, path in self._paths.items()}

    def restore(self, scripted: Scripted) -> None:
        """Take up what `scripted` gave."""
        for name, stretches in scripted.items():
            if name in self._paths:
                self._paths[name].restore(stretches)

    def freshen(self, market: Market) -> None:
        """Bring a market nobody follows to the newest tick before it is told."""
        now = self.now()
        age = now - market.updated_ms / 1000
        if not market.updated_ms or (self._tick_seconds is not None and age > self._tick_seconds):
            self._refresh(market, now)

    def tick(self) -> None:
        """Move every followed market to now, match orders, tell subscribers; by itself every `tick_seconds`."""
        now = self.now()
        for market in list(self._followed()):
            self._refresh(market, now)
            self.streams.publish(market)

    def told_now(self) -> float:
        """Return the time the exchange believes and tells, a fault of its clock included."""
        skew = self.faults.of_data(Fault.CLOCK, "time")
        return self.now() + (0.0 if skew is None else skew.seconds)

    def _refresh(self, market: Market, now: float) -> None:
        market.refresh(now)
        self.engine.on_tick(market)

    def _tick_pair(self, market_id: str) -> None:
        for kind in Kind:
            market = self.market_of(kind, market_id)
            if market is not None:
                market.forget_day()
                self._refresh(market, self.now())
                self.streams.publish(market)

    def _followed(self) -> Iterator[Market]:
        asked = set(self.streams.followed())
        for (kind, market_id), market in self._markets.items():
            if (kind, market_id) in asked or (kind, None) in asked or self.engine.has_business(market):
                yield market

    async def _tick_forever(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self.tick()

    # -------------------------------------------------------------------------------------------- accounts
    def open_account(
        self, key: str, secret: str, *, spot: dict[str, str], futures: dict[str, str], can_trade: bool = True
    ) -> Account:
        """Open an account with its first money; a key that may not trade is refused every write with code 158."""
        return self.bank.open(Account(key, secret, can_trade), spot, futures)

    def revoke(self, key: str) -> None:
        """Let a key be unknown from now on (code 4005); its money stays in the exchange."""
        account = self.bank.accounts.pop(key)
        self.bank.accounts[f"revoked:{key}"] = account
        account.key = f"revoked:{key}"

    @exact
    def balance_rows(self, account: Account, kind: Kind) -> list[Row]:
        """Return what `assets/{kind}/balance` tells."""
        if kind is Kind.SPOT:
            return spot_balance_rows(account)
        marks = ((p, self._markets[Kind.FUTURES, name].last) for name, p in account.positions.items())
        return futures_balance_rows(account, sum((p.unrealized(mark) for p, mark in marks), ZERO))

    @exact
    def position_row(self, account: Account, position: Position) -> Row:
        """Return a row of `pending-position`."""
        market = self._markets[Kind.FUTURES, position.pair.market_id]
        return position_row(position, closable=self.engine.closable(account.key, market), mark=market.last)

    @exact
    def settle_funding(self, symbol: str, rate: str) -> None:
        """Let longs pay `rate` of their value to the makers' pot and shorts receive it (or the other way round)."""
        market = self.market(symbol)
        for account in self.bank.accounts.values():
            position = account.positions.get(market.market_id)
            if position is not None:
                paid = position.size * market.last * Decimal(rate) * (1 if position.is_long else -1)
                account.futures["USDT"].available -= paid
                self.bank.makers["USDT"] += paid
                account.funding.append(
                    FundingPaid(
                        at_ms=int(self.now() * 1000),
                        position_id=position.position_id,
                        market_id=market.market_id,
                        is_long=position.is_long,
                        rate=Decimal(rate),
                        value=-paid,
                    )
                )

    def _secret_of(self, key: str) -> str | None:
        account = self.bank.accounts.get(key)
        return None if account is None else account.secret

    def _on_order(self, event: str, order: Order) -> None:
        data: Row = {"event": event, "order": order.push_row()}
        self.streams.push_private(order.account.key, order.kind, "order.update", data)
        self._push_balance(order)

    def _on_stop(self, event: str, stop: Order) -> None:
        row = stop.stop_row() | ({"margin_market": ""} if stop.kind is Kind.SPOT else {})
        data: Row = {"event": event, "stop": row}
        self.streams.push_private(stop.account.key, stop.kind, "stop.update", data)

    def _on_deal(self, order: Order, deal: Deal) -> None:
        self.streams.push_private(order.account.key, order.kind, "user_deals.update", order.deal_row(deal))

    def _push_balance(self, order: Order) -> None:
        rows = self.balance_rows(order.account, order.kind)
        at = {"updated_at": int(self.now() * 1000), "margin_market": ""} if order.kind is Kind.SPOT else {}
        data: Row = {"balance_list": [row | at for row in rows]}
        self.streams.push_private(order.account.key, order.kind, "balance.update", data)

    # ----------------------------------------------------------------------------------------------- calls
    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)
        route = request.path.removeprefix("/v2/")
        is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if is_socket:
            route = f"ws/{route.rstrip('/')}"
        params: dict[str, object] = dict(request.query)
        if request.method == "POST":
            with contextlib.suppress(ValueError):
                params |= await request.json()
        self.calls.add(Call(at=self.now(), method=request.method, route=route, params=params))
        fault = self.faults.of_line(route)
        if fault is not None:
            return await answer_with(fault, request, handler, self.faults)
        return await handler(request)

    def _socket_of(self, kind: Kind) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self.streams.serve(request, kind)

        return handler


def _market_id(symbol: str) -> str:
    return symbol.split(":", maxsplit=1)[0].replace("/", "")
