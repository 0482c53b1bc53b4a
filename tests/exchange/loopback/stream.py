"""The WebSocket side: subscriptions of each connection, and what they are pushed, in gzip binary frames."""

import asyncio
import gzip
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.exchange.loopback.call_log import Call
from tests.exchange.loopback.faults import Fault, Faults
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.market import Market
from tests.exchange.loopback.misbehaviour import reset
from tests.exchange.loopback.shapes import Row, Shapes

BAD_PARAMETER, NO_METHOD, NOT_SIGNED, BAD_SIGNATURE = 20001, 20002, 21001, 21002
PRIVATE = ("order", "stop", "user_deals", "balance")
_BACKLOG = 2000


@dataclass(slots=True)
class Connection:
    """One client: what it subscribed to, and its queue. `None` in a set of market ids stands for all markets."""

    kind: Kind
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    topics: dict[str, dict[str | None, int]] = field(default_factory=dict)
    key: str | None = None
    queue: "asyncio.Queue[Row]" = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    deal_seen: dict[str, int] = field(default_factory=dict)

    def wants(self, topic: str, market_id: str) -> int | None:
        """Return the limit subscribed with (0 without one), or `None` when this topic is not for it."""
        asked = self.topics.get(topic, {})
        return asked.get(market_id, asked.get(None))

    def push(self, method: str, data: Row) -> None:
        """Queue a push; a client that reads nothing for long is dropped, as the real exchange does."""
        self.tell({"method": method, "data": data, "id": None})

    def tell(self, message: Row) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            reset(self.transport)


@dataclass(slots=True)
class Streams:
    """All connections. The exchange calls `publish` for a market at every tick."""

    faults: Faults
    shapes: Shapes
    log: Callable[[Call], None]
    now: Callable[[], float]
    market_of: Callable[[Kind, str], Market | None]
    secret_of: Callable[[str], str | None]
    connections: list[Connection] = field(default_factory=list)
    _past: dict[tuple[Kind, str, str], deque[tuple[float, Row]]] = field(default_factory=dict)

    def followed(self) -> Iterable[tuple[Kind, str | None]]:
        """Return the kinds and market ids that somebody listens to; `None` as the id: all of the kind."""
        for connection in self.connections:
            for topic, asked in connection.topics.items():
                if topic not in PRIVATE:
                    yield from ((connection.kind, market_id) for market_id in asked)

    def publish(self, market: Market) -> None:
        """Push the state of a market to everybody who subscribed to it."""
        if any(self.faults.of_data(f, market.market_id) for f in (Fault.SILENT_SOCKET, Fault.SILENT)):
            return
        for connection in self.connections:
            if connection.kind is market.kind:
                self._publish_to(connection, market)

    def push_private(self, key: str, kind: Kind, method: str, data: Row) -> None:
        """Push an order, deal or balance to the connections of its owner."""
        topic = method.removesuffix(".update")
        for connection in self.connections:
            is_asked = connection.topics.get(topic) is not None
            if connection.key == key and connection.kind is kind and is_asked and not self._is_silent():
                connection.push(method, data)

    def disconnect(self, kind: Kind | None = None) -> None:
        """Reset all WebSockets, or those of one kind."""
        for connection in list(self.connections):
            if kind is None or connection.kind is kind:
                reset(connection.transport)

    async def serve(self, request: web.Request, kind: Kind) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(kind, socket, request.transport)
        self.connections.append(connection)
        writer = asyncio.create_task(self._write(connection))
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._on_request(connection, message.data)
        finally:
            self.connections.remove(connection)
            writer.cancel()
        return socket

    async def _write(self, connection: Connection) -> None:
        while True:
            message = await connection.queue.get()
            data = gzip.compress(json.dumps(message).encode(), compresslevel=1)
            try:
                await connection.socket.send_bytes(data)
            except ConnectionError:
                return

    def _on_request(self, connection: Connection, data: str | bytes) -> None:
        try:
            request = json.loads(data)
            method, params, number = str(request["method"]), dict(request.get("params") or {}), request.get("id")
        except (ValueError, KeyError, TypeError):
            connection.tell({"id": None, "code": BAD_PARAMETER, "message": "invalid argument"})
            return
        route = f"ws/{connection.kind.value} {method}"
        self.log(Call(at=self.now(), method="WS", route=route, params=params))
        code, text, data_row = self._answer(connection, method, params)
        connection.tell({"id": number, "code": code, "message": text, "data": data_row})
        topic, _, verb = method.partition(".")
        if code == 0 and verb == "subscribe" and topic not in PRIVATE:
            self._first_push(connection, topic)

    def _answer(self, connection: Connection, method: str, params: Row) -> tuple[int, str, Row]:
        topic, _, verb = method.partition(".")
        if method == "server.ping":
            return 0, "OK", {"result": "pong"}
        if method == "server.time":
            return 0, "OK", {"timestamp": int(self.now() * 1000)}
        if method == "server.sign":
            return self._sign(connection, params)
        if topic in PRIVATE and connection.key is None:
            return NOT_SIGNED, "require auth", {}
        if topic not in (*PRIVATE, "state", "depth", "deals", "bbo") or verb not in ("subscribe", "unsubscribe"):
            return NO_METHOD, "method not found", {}
        asked = self._asked(connection.kind, topic, params)
        if asked is None:
            return BAD_PARAMETER, "invalid argument", {}
        if verb == "unsubscribe":
            left = {k: v for k, v in connection.topics.get(topic, {}).items() if asked and k not in asked}
            connection.topics[topic] = left
        else:
            connection.topics.setdefault(topic, {}).update(asked or {None: 0})
        return 0, "OK", {}

    def _asked(self, kind: Kind, topic: str, params: Row) -> dict[str | None, int] | None:
        """Return the market ids asked for with their limits, empty for all; `None` when one is not listed."""
        if topic == "balance":
            return {}
        rows = params.get("market_list")
        asked: dict[str | None, int] = {}
        for row in rows if isinstance(rows, list) else []:
            market_id, limit = (str(row[0]), int(row[1])) if isinstance(row, list) else (str(row), 0)
            if self.market_of(kind, market_id) is None:
                return None
            asked[market_id] = limit
        return asked

    def _sign(self, connection: Connection, params: Row) -> tuple[int, str, Row]:
        key = str(params.get("access_id", ""))
        secret = self.secret_of(key)
        text = str(params.get("timestamp", ""))
        signed = hmac.new((secret or "").encode(), text.encode(), hashlib.sha256).hexdigest()
        if secret is None or not hmac.compare_digest(signed, str(params.get("signed_str", "")).lower()):
            return BAD_SIGNATURE, "Signature Incorrect", {}
        connection.key = key
        return 0, "OK", {}

    def _first_push(self, connection: Connection, topic: str) -> None:
        for market_id in connection.topics[topic]:
            market = None if market_id is None else self.market_of(connection.kind, market_id)
            if market is not None and not self._is_silent(market.market_id) and market.updated_ms:
                self._push_topic(connection, market, topic)

    def _publish_to(self, connection: Connection, market: Market) -> None:
        for topic in ("state", "depth", "bbo", "deals"):
            self._push_topic(connection, market, topic)

    def _push_topic(self, connection: Connection, market: Market, topic: str) -> None:
        limit = connection.wants(topic, market.market_id)
        if limit is None:
            return
        if topic == "state":
            data: Row = {"state_list": [self.shapes.ticker(market, self.now())]}
        elif topic == "depth":
            data = self.shapes.depth(market, limit or 50)
        elif topic == "bbo":
            data = self.shapes.best(market)
        else:
            seen = connection.deal_seen.get(market.market_id, 0)
            rows = self.shapes.deals(market, 100, newer_than=seen)
            if not rows:
                return
            connection.deal_seen[market.market_id] = market.deals[-1].deal_id
            data = {"market": market.market_id, "deal_list": rows}
        connection.push(f"{topic}.update", data)
        self._replay(connection, market, topic, data)

    def _replay(self, connection: Connection, market: Market, topic: str, data: Row) -> None:
        past = self._past.setdefault((market.kind, market.market_id, topic), deque(maxlen=600))
        past.append((self.now(), data))
        replayed = self.faults.of_data(Fault.REPLAYED, market.market_id)
        if replayed is not None:
            old = [row for at, row in past if at <= self.now() - replayed.seconds]
            if old:
                connection.push(f"{topic}.update", old[-1])

    def _is_silent(self, market_id: str = "*") -> bool:
        return any(self.faults.of_data(f, market_id) for f in (Fault.SILENT_SOCKET, Fault.SILENT))
