"""An engine on a scripted market with books of orders, marks, funding and pauses, and the words of its tables.

A line of a table is `what happens | total available locked | positions | equity`; `play` understands what happens:

    quote 100 [mark 99] [bids 99.9x2,99.8x1] [asks 100x0.4]   a second later: a price, and what waits around it
    bar 100 101 99 100                                        the next bar of a minute
    long|short|buy|sell 1 [x10] [cross] [TYPE] [stop P] [target P] [trail %] [post-only]
        [ioc|fok|gtd SECONDS] [of POSITION]
        TYPE: limit P | stop-market P | stop-limit P P | take-profit P | take-profit-limit P P | trailing % [from P]
    oco long 1 limit P stop P [x10] [of POSITION]
    edit ORDER [quantity Q] [limit P] [trigger P] [trailing %]
    cancel ORDER     close POSITION [Q]     reverse POSITION     leverage POSITION X     margin POSITION AMOUNT
    protect POSITION [stop P] [target P] [trail %]
    funding RATE [MARK]     close-all     clear     deposit|withdraw|set AMOUNT     pause     resume     restart
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.market import BookLevel, FundingRate, OrderBook, PriceSource, Quote
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import MarginMode, OrderSide, OrderType, Protection, TimeInForce
from desktop_trader.engine.broker_port import Broker, FundsView
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import Notice
from tests.builders import Number, number
from tests.engine_rig import EngineRig
from tests.fakes import ScriptedFeed

_TYPES = {
    "limit": (OrderType.LIMIT, ("limit_price",)),
    "stop-market": (OrderType.STOP_MARKET, ("trigger_price",)),
    "stop-limit": (OrderType.STOP_LIMIT, ("trigger_price", "limit_price")),
    "take-profit": (OrderType.TAKE_PROFIT, ("trigger_price",)),
    "take-profit-limit": (OrderType.TAKE_PROFIT_LIMIT, ("trigger_price", "limit_price")),
    "trailing": (OrderType.TRAILING_STOP, ("trail_percent",)),
}
_LEVELS = {"stop": "stop_loss", "target": "take_profit", "trail": "trail_percent"}
_TERMS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "x": lambda word: {"leverage": int(word[1:])},
    "cross": lambda _: {"margin_mode": MarginMode.CROSS},
    "post-only": lambda _: {"is_post_only": True},
    "ioc": lambda _: {"time_in_force": TimeInForce.IOC},
    "fok": lambda _: {"time_in_force": TimeInForce.FOK},
    "of": lambda rest: {"position_id": int(rest.pop(0))},
    "from": lambda rest: {"trigger_price": number(rest.pop(0))},
}


class BookFeed(ScriptedFeed):
    """A scripted market that names what waits around its quotes, and the funding that was due."""

    def __init__(self, *values: Any, books: Mapping[Quote, OrderBook], rates: list[FundingRate], **fields: Any) -> None:
        super().__init__(*values, **fields)
        self._books = books
        self._rates = rates

    def depth(self, quote: Quote) -> OrderBook | None:
        return self._books.get(quote)

    def funding_rates(self, symbol: str, *, after: Any, until: Any) -> Sequence[FundingRate]:
        return [each for each in self._rates if each.symbol == symbol and after < each.at <= until]


@dataclass(kw_only=True)
class TradingRig(EngineRig):
    """`EngineRig` with everything that orders and futures need."""

    books_of: dict[Quote, OrderBook] = field(default_factory=dict)
    rates: list[FundingRate] = field(default_factory=list)

    def make_feed(self) -> ScriptedFeed:
        return BookFeed(*self.feed_values(), books=self.books_of, rates=self.rates, **self.feed_fields())

    def make_broker(self, funds: FundsView, feed: ScriptedFeed) -> Broker:
        return PaperBroker(funds, depth=feed.depth)

    def show(self, price: Number, *, mark: Number | None = None, bids: str = "", asks: str = "") -> list[Notice]:
        """A second later: a price, with its mark and what waits around it, best first."""
        self.now += timedelta(seconds=1)
        symbol = self.instruments[0].symbol
        waiting = {name: _levels(text) for name, text in (("bids", bids), ("asks", asks))}
        quote = Quote(
            symbol=symbol,
            bid=waiting["bids"][0].price if bids else number(price),
            ask=waiting["asks"][0].price if asks else number(price),
            last=number(price),
            at=self.now,
            mark=None if mark is None else number(mark),
        )
        if bids or asks:
            self.books_of[quote] = OrderBook(symbol=symbol, bids=waiting["bids"], asks=waiting["asks"], at=self.now)
        return self.step(quote)

    def fund(self, rate: Number, mark: Number = 100) -> list[Notice]:
        """A second later: a funding time."""
        self.now += timedelta(seconds=1)
        due = FundingRate(symbol=self.instruments[0].symbol, at=self.now, rate=number(rate), mark_price=number(mark))
        self.rates.append(due)
        return self.step(due)

    def order(self, side: OrderSide, *words: str) -> list[Notice]:
        """Place what the words of a table say."""
        return self.step(self.order_of(side, *words))

    def order_of(self, side: OrderSide, *words: str) -> c.SubmitOrder:
        """Return the command of the words of a table."""
        terms: dict[str, Any] = {
            "request_id": self.request_id(),
            "symbol": self.instruments[0].symbol,
            "side": side,
            "type": OrderType.MARKET,
            "quantity": number(words[0]),
        }
        levels: dict[str, Decimal] = {}
        rest = list(words[1:])
        while rest:
            word = rest.pop(0)
            if word in _LEVELS:
                levels[_LEVELS[word]] = number(rest.pop(0))
            elif word == "gtd":
                expires_at = self.now + timedelta(seconds=int(rest.pop(0)))
                terms |= {"time_in_force": TimeInForce.GTD, "expires_at": expires_at}
            elif word in _TYPES:
                terms["type"], names = _TYPES[word]
                terms |= {name: number(rest.pop(0)) for name in names}
            else:
                terms |= _TERMS["x"](word) if word.startswith("x") else _TERMS[word](rest)
        if levels:
            terms["protection"] = Protection(**levels)
        return c.SubmitOrder(**terms)

    def pair(self, side: OrderSide, quantity: str, *words: str) -> list[Notice]:
        """Place two orders of which the first to fill cancels the other: `limit P stop P ...`."""
        limit, stop, rest = words[1], words[3], words[4:]
        return self.step(
            c.SubmitOco(
                request_id=self.request_id(),
                limit=self.order_of(side, quantity, "limit", limit, *rest),
                stop=self.order_of(side, quantity, "stop-market", stop, *rest),
            )
        )

    def start_again(self) -> list[str]:
        """Stop as a host does, with the market's place stored, and start from the books."""
        self.notices += self.engine.checkpoint()
        return self.restart()

    def hold(self) -> None:
        """Close the gate, as a pause does."""
        self.engine.desk.gate.close("No network")

    def go_on(self) -> list[Notice]:
        """End the pause a second later, as the host does."""
        self.now += timedelta(seconds=1)
        notices = self.engine.end_pause(self.now)
        self.engine.desk.gate.open()
        self.notices += notices
        return notices


def play(rig: TradingRig, action: str) -> None:
    """Let one line of a table happen."""
    verb, *words = action.split()
    if verb in ("long", "buy", "short", "sell"):
        rig.order(OrderSide.BUY if verb in ("long", "buy") else OrderSide.SELL, *words)
        return
    if verb == "oco":
        rig.pair(OrderSide.BUY if words[0] in ("long", "buy") else OrderSide.SELL, *words[1:])
        return
    number_of = int(words[0]) if words and words[0].isdigit() else 0
    named = dict(zip(words[1::2], words[2::2], strict=False))
    actions: dict[str, Callable[[], object]] = {
        "quote": lambda: rig.show(words[0], **named),
        "bar": lambda: rig.bar(" ".join(words)),
        "funding": lambda: rig.fund(*words),
        "cancel": lambda: rig.cancel(number_of),
        "edit": lambda: rig.step(_edit(rig, number_of, named)),
        "close": lambda: rig.step(
            c.ClosePosition(
                request_id=rig.request_id(), position_id=number_of, quantity=number(words[1]) if words[1:] else None
            )
        ),
        "reverse": lambda: rig.step(c.ReversePosition(request_id=rig.request_id(), position_id=number_of)),
        "protect": lambda: rig.step(_protect(rig, number_of, named)),
        "margin": lambda: rig.step(
            c.ChangeMargin(request_id=rig.request_id(), position_id=number_of, amount=number(words[1]))
        ),
        "leverage": lambda: rig.step(
            c.SetLeverage(request_id=rig.request_id(), position_id=number_of, leverage=int(words[1]))
        ),
        "close-all": lambda: rig.step(c.CloseAll(request_id=rig.request_id())),
        "clear": lambda: rig.step(c.ClearCloseOnly(request_id=rig.request_id(), reason="looked at it")),
        "deposit": lambda: rig.deposit(words[0]),
        "withdraw": lambda: rig.withdraw(words[0]),
        "set": lambda: rig.set_total(words[0]),
        "pause": rig.hold,
        "resume": rig.go_on,
        "restart": rig.start_again,
    }
    actions[verb]()


def row(rig: TradingRig) -> tuple[str, str, str]:
    """Return the money, the positions and the equity as a table has them."""
    view = rig.snapshot.balance
    positions = ", ".join(
        f"{each.direction.value} {canonical(each.quantity)} @ {canonical(each.entry_price)}"
        for each in rig.portfolio.positions.values()
    )
    assert view.portfolio_value is not None
    money = " ".join(canonical(each) for each in (view.total, view.available, view.locked))
    return money, positions or "-", canonical(view.portfolio_value)


def check(rig: TradingRig, table: str) -> None:
    """Play a table and compare every line, exact to the last digit."""
    for line in table.strip().splitlines():
        action, money, positions, equity = (cell.strip() for cell in line.split("|"))
        play(rig, action)
        assert not rig.engine.halted, rig.engine.halted
        assert row(rig) == (" ".join(money.split()), positions, equity), f"after: {action}"


def on_bars(**fields: Any) -> TradingRig:
    """Return a rig whose orders fill on whole bars."""
    return TradingRig(fills_on=PriceSource.BARS, **fields)


def _edit(rig: TradingRig, order_id: int, named: Mapping[str, str]) -> c.EditOrder:
    names = {"quantity": "quantity", "limit": "limit_price", "trigger": "trigger_price", "trailing": "trail_percent"}
    terms: dict[str, Any] = {names[word]: number(value) for word, value in named.items()}
    return c.EditOrder(request_id=rig.request_id(), order_id=order_id, **terms)


def _protect(rig: TradingRig, position_id: int, named: Mapping[str, str]) -> c.SetProtection:
    levels = {word: number(value) for word, value in named.items()}
    return c.SetProtection(
        request_id=rig.request_id(),
        position_id=position_id,
        stop_loss=levels.get("stop"),
        take_profit=levels.get("target"),
        trail_percent=levels.get("trail"),
    )


def _levels(text: str) -> tuple[BookLevel, ...]:
    levels = (each.split("x") for each in text.split(",") if each)
    return tuple(BookLevel(price=number(price), size=number(size)) for price, size in levels)
