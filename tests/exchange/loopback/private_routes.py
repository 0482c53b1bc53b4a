"""The private REST answers: balances, orders, deals, positions, leverage, transfers; every signature is checked."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from tests.exchange.loopback.accounts import COIN, ZERO, Account, exact
from tests.exchange.loopback.listing import LEVERAGES, Kind
from tests.exchange.loopback.market import Market
from tests.exchange.loopback.matching import BAD_PARAMETER, NOT_ENOUGH
from tests.exchange.loopback.orders import Order, RefusedError
from tests.exchange.loopback.shapes import Row, envelope, failure, text_of

if TYPE_CHECKING:
    from tests.exchange.loopback.exchange import LoopbackExchange

BAD_KEY, BAD_SIGN, EXPIRED, NO_PERMISSION, NOT_FOUND = 4005, 4006, 4017, 158, 3600
WINDOW_MS = 5000
Params = dict[str, object]
Work = Callable[[Account, Kind, Params], object]


class PrivateRoutes:
    """The handlers of the private routes. A test that bans or revokes a key changes the accounts or injects a code."""

    def __init__(self, exchange: "LoopbackExchange") -> None:
        self._exchange = exchange

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add every private route."""
        for kind in Kind:
            self._add_reads(router, kind)
            self._add_writes(router, kind)
        router.add_get("/v2/futures/pending-position", self._of(Kind.FUTURES, self._positions))
        history = self._of(Kind.FUTURES, self._funding)
        router.add_get("/v2/futures/position-funding-history", history)
        for path, work in (
            ("close-position", self._close_position),
            ("adjust-position-leverage", self._set_leverage),
            ("set-position-stop-loss", self._set_exit("stop_loss")),
            ("set-position-take-profit", self._set_exit("take_profit")),
        ):
            router.add_post(f"/v2/futures/{path}", self._of(Kind.FUTURES, work, is_write=True))
        router.add_post("/v2/assets/transfer", self._of(Kind.SPOT, self._transfer, is_write=True))

    def _add_reads(self, router: web.UrlDispatcher, kind: Kind) -> None:
        router.add_get(f"/v2/assets/{kind.value}/balance", self._of(kind, self._balances))
        for path, work in (
            ("order-status", self._status),
            ("pending-order", self._pending),
            ("finished-order", self._finished),
            ("pending-stop-order", self._pending_stops),
            ("user-deals", self._deals),
        ):
            router.add_get(f"/v2/{kind.value}/{path}", self._of(kind, work))

    def _add_writes(self, router: web.UrlDispatcher, kind: Kind) -> None:
        for path, work in (
            ("order", self._order),
            ("stop-order", self._stop_order),
            ("batch-order", self._batch),
            ("cancel-order", self._cancel),
            ("cancel-stop-order", self._cancel_stop),
            ("cancel-order-by-client-id", self._cancel_by_client_id),
            ("cancel-stop-order-by-client-id", self._cancel_stop_by_client_id),
            ("cancel-batch-order", self._cancel_batch),
            ("cancel-all-order", self._cancel_all),
        ):
            router.add_post(f"/v2/{kind.value}/{path}", self._of(kind, work, is_write=True))

    # ------------------------------------------------------------------------------------------- the door
    def _of(
        self, kind: Kind, work: Work, *, is_write: bool = False
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            body = await request.text()
            try:
                account = self._account(request, body)
                if is_write and not account.can_trade:
                    raise RefusedError(NO_PERMISSION, "API permission is not allowed")
                params: Params = dict(await request.json()) if request.method == "POST" else dict(request.query)
                return web.json_response(_answer(work(account, kind, params)))
            except RefusedError as refused:
                return web.json_response(failure(refused.code, refused.text))
            except (KeyError, ValueError, InvalidOperation):
                return web.json_response(failure(BAD_PARAMETER, "invalid argument"))

        return handler

    def _account(self, request: web.Request, body: str) -> Account:
        account = self._exchange.bank.accounts.get(request.headers.get("X-COINEX-KEY", ""))
        if account is None:
            raise RefusedError(BAD_KEY, "invalid access_id")
        stamp = request.headers.get("X-COINEX-TIMESTAMP", "")
        text = request.method + request.raw_path + (body if request.method == "POST" else "") + stamp
        given = request.headers.get("X-COINEX-SIGN", "").lower()
        if not any(hmac.compare_digest(right, given) for right in _signatures(text, account.secret)):
            raise RefusedError(BAD_SIGN, "signature verification failed")
        if abs(self._exchange.told_now() * 1000 - int(stamp)) > WINDOW_MS:
            raise RefusedError(EXPIRED, "signature expired")
        return account

    # ---------------------------------------------------------------------------------------------- reads
    @exact
    def _balances(self, account: Account, kind: Kind, _: Params) -> object:
        return self._exchange.balance_rows(account, kind)

    def _status(self, account: Account, kind: Kind, params: Params) -> object:
        return self._find(account, kind, params, self._all(account, kind)).row(with_state=True)

    def _pending(self, account: Account, kind: Kind, params: Params) -> object:
        return _page(params, (o.row() for o in self._wanted(account, kind, params, self._exchange.engine.resting)))

    def _finished(self, account: Account, kind: Kind, params: Params) -> object:
        return _page(params, (o.row() for o in self._wanted(account, kind, params, self._exchange.engine.finished)))

    def _pending_stops(self, account: Account, kind: Kind, params: Params) -> object:
        return _page(params, (o.stop_row() for o in self._wanted(account, kind, params, self._exchange.engine.stops)))

    def _deals(self, account: Account, kind: Kind, params: Params) -> object:
        found = [
            (deal.at_ms, deal.deal_id, order.deal_row(deal))
            for order in self._wanted(account, kind, params, self._all(account, kind))
            for deal in order.deals
        ]
        since, until = int(str(params.get("start_time", 0))), int(str(params.get("end_time", 2**62)))
        rows = [row for at_ms, _, row in sorted(found, key=lambda one: one[1], reverse=True) if since <= at_ms <= until]
        return _page(params, rows)

    @exact
    def _positions(self, account: Account, _: Kind, params: Params) -> object:
        return [
            self._exchange.position_row(account, position)
            for market_id, position in account.positions.items()
            if params.get("market", market_id) == market_id
        ]

    def _funding(self, account: Account, _: Kind, params: Params) -> object:
        since, until = int(str(params.get("start_time", 0))), int(str(params.get("end_time", 2**62)))
        rows: list[Row] = [
            {
                "ccy": COIN,
                "created_at": paid.at_ms,
                "funding_rate": text_of(paid.rate),
                "funding_value": text_of(paid.value),
                "market": paid.market_id,
                "market_type": "FUTURES",
                "position_id": paid.position_id,
                "side": "long" if paid.is_long else "short",
            }
            for paid in reversed(account.funding)
            if params.get("market", paid.market_id) == paid.market_id and since <= paid.at_ms <= until
        ]
        return _page(params, rows)

    # --------------------------------------------------------------------------------------------- orders
    def _order(self, account: Account, kind: Kind, params: Params) -> object:
        return self._exchange.engine.place(self._made(account, kind, params)).row()

    def _stop_order(self, account: Account, kind: Kind, params: Params) -> object:
        order = self._made(account, kind, params)
        order.trigger_price = Decimal(str(params["trigger_price"]))
        return {"stop_id": self._exchange.engine.place_stop(order).order_id}

    def _batch(self, account: Account, kind: Kind, params: Params) -> object:
        rows: list[Row] = []
        for asked in _rows(params["orders"]):
            try:
                row = self._exchange.engine.place(self._made(account, kind, asked)).row()
                rows.append(row if kind is Kind.SPOT else {"code": 0, "data": row, "message": "OK"})
            except RefusedError as refused:
                rows.append({"code": refused.code, "data": None, "message": refused.text})
        return rows

    def _close_position(self, account: Account, kind: Kind, params: Params) -> object:
        amount = params.get("amount")
        order = self._exchange.engine.close_position(
            account.key,
            self._market(kind, params),
            str(params["type"]),
            amount=None if amount is None else Decimal(str(amount)),
            price=Decimal(str(params.get("price", "0"))),
            client_id=str(params.get("client_id", "")),
        )
        return order.row()

    def _made(self, account: Account, kind: Kind, params: Params) -> Order:
        market = self._market(kind, params)
        side, type_ = str(params["side"]), str(params["type"])
        is_market_buy = kind is Kind.SPOT and type_ == "market" and side == "buy"
        return Order(
            order_id=self._exchange.engine.next_id(),
            account=account,
            kind=kind,
            pair=market.pair,
            side=side,
            type=type_,
            amount=Decimal(str(params["amount"])),
            price=Decimal(str(params.get("price", "0"))) if type_ != "market" else ZERO,
            client_id=str(params.get("client_id", "")),
            by_value=is_market_buy and params.get("ccy") != market.pair.base,
        )

    # ------------------------------------------------------------------------------------------ cancelling
    def _cancel(self, account: Account, kind: Kind, params: Params) -> object:
        order = self._find(account, kind, params, self._exchange.engine.resting)
        self._exchange.engine.cancel(order)
        return order.row()

    def _cancel_stop(self, account: Account, kind: Kind, params: Params) -> object:
        engine = self._exchange.engine
        stop = self._find(account, kind, params | {"order_id": params["stop_id"]}, engine.stops)
        engine.cancel_stop(stop)
        return stop.stop_row()

    def _cancel_by_client_id(self, account: Account, kind: Kind, params: Params) -> object:
        found = self._wanted(account, kind, params, self._exchange.engine.resting)
        if not found:
            raise RefusedError(NOT_FOUND, "Order not found")
        for order in found:
            self._exchange.engine.cancel(order)
        return [{"code": 0, "data": order.row(), "message": "OK"} for order in found]

    def _cancel_stop_by_client_id(self, account: Account, kind: Kind, params: Params) -> object:
        found = self._wanted(account, kind, params, self._exchange.engine.stops)
        if not found:
            raise RefusedError(NOT_FOUND, "Order not found")
        for stop in found:
            self._exchange.engine.cancel_stop(stop)
        return [{"code": 0, "data": stop.stop_row(), "message": "OK"} for stop in found]

    def _cancel_batch(self, account: Account, kind: Kind, params: Params) -> object:
        rows: list[Row] = []
        ids = params["order_ids"]
        for order_id in ids if isinstance(ids, list) else []:
            try:
                row = self._cancel(account, kind, params | {"order_id": order_id})
                rows.append({"code": 0, "data": row, "message": "OK"})
            except RefusedError as refused:
                rows.append({"code": refused.code, "data": None, "message": refused.text})
        return rows

    def _cancel_all(self, account: Account, kind: Kind, params: Params) -> object:
        for order in self._wanted(account, kind, params, self._exchange.engine.resting):
            self._exchange.engine.cancel(order)
        return {}

    # ------------------------------------------------------------------------------- positions and transfers
    def _set_leverage(self, account: Account, kind: Kind, params: Params) -> object:
        market = self._market(kind, params)
        leverage, mode = int(str(params["leverage"])), str(params["margin_mode"])
        if str(leverage) not in LEVERAGES and not 1 <= leverage <= int(LEVERAGES[-1]):
            raise RefusedError(BAD_PARAMETER, "invalid leverage")
        account.leverage[market.market_id] = (leverage, mode)
        return {"leverage": leverage, "margin_mode": mode}

    def _set_exit(self, name: str) -> Work:
        def work(account: Account, kind: Kind, params: Params) -> object:
            position = account.positions.get(self._market(kind, params).market_id)
            if position is None:
                raise RefusedError(BAD_PARAMETER, "position not found")
            setattr(position, name, Decimal(str(params[f"{name}_price"])))
            return self._exchange.position_row(account, position)

        return work

    @exact
    def _transfer(self, account: Account, _: Kind, params: Params) -> object:
        amount, coin = Decimal(str(params["amount"])), str(params["ccy"])
        purses = {"SPOT": account.spot, "FUTURES": account.futures}
        source, target = purses[str(params["from_account_type"])], purses[str(params["to_account_type"])]
        if coin != COIN or amount <= 0:
            raise RefusedError(BAD_PARAMETER, "invalid argument")
        if source[coin].available < amount:
            raise RefusedError(NOT_ENOUGH, "balance not enough")
        source[coin].available -= amount
        target[coin].available += amount
        return {}

    # --------------------------------------------------------------------------------------------- finding
    def _market(self, kind: Kind, params: Params) -> Market:
        market = self._exchange.market_of(kind, str(params["market"]))
        if market is None or not market.is_active:
            raise RefusedError(4117, "trading prohibited in this market")
        self._exchange.freshen(market)
        return market

    def _all(self, account: Account, kind: Kind) -> list[Order]:
        engine = self._exchange.engine
        return [*engine.resting, *engine.finished]

    def _wanted(self, account: Account, kind: Kind, params: Params, orders: Iterable[Order]) -> list[Order]:
        """Return the account's orders of a kind, newest first, filtered by market, client id and side."""
        found = [
            order
            for order in orders
            if order.account is account
            and order.kind is kind
            and params.get("market", order.pair.market_id) == order.pair.market_id
            and params.get("client_id", order.client_id) == order.client_id
        ]
        return sorted(found, key=lambda order: order.order_id, reverse=True)

    def _find(self, account: Account, kind: Kind, params: Params, orders: Iterable[Order]) -> Order:
        order_id = int(str(params["order_id"]))
        for order in orders:
            if order.account is account and order.kind is kind and order.order_id == order_id:
                return order
        raise RefusedError(NOT_FOUND, "Order not found")


def _answer(data: object) -> Row:
    return data.row if isinstance(data, _Page) else envelope(data)


class _Page:
    """A list with its pagination."""

    def __init__(self, row: Row) -> None:
        self.row = row


def _page(params: Params, rows: Iterable[Row]) -> _Page:
    """Return one page; lists default to 10 rows, as the real ones do."""
    everything = list(rows)
    limit, page = int(str(params.get("limit", 10))), int(str(params.get("page", 1)))
    part = everything[(page - 1) * limit : page * limit]
    has_next = len(everything) > page * limit
    return _Page(envelope(part, pagination={"total": len(everything), "has_next": has_next}))


def _rows(value: object) -> list[Params]:
    return [dict(row) for row in value] if isinstance(value, list) else []


def _signatures(text: str, secret: str) -> list[str]:
    """Return what counts as signed: the documented HMAC and the older hash that ccxt sends, of the path as sent or
    decoded."""
    texts = {text, unquote(text)}
    older = [hashlib.sha256((one + secret).encode()).hexdigest() for one in texts]
    return older + [hmac.new(secret.encode(), one.encode(), hashlib.sha256).hexdigest() for one in texts]
