"""A hundred resting orders against 10,000 books a second: the exchange alone, the engine, the window (`make bench`)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from desktop_trader.brokers.latency import latency_between
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.market import BookLevel, OrderBook, Quote
from desktop_trader.domain.money import install_context
from desktop_trader.domain.order import Order, OrderSide, OrderType
from desktop_trader.messages.commands import SubmitOrder
from tests.benchmarks.child_process import Report, compile_everything, run_program, show
from tests.builders import SPOT, START, SWAP, make_order
from tests.engine_rig import EngineRig
from tests.paper_rig import Books

ORDERS, RATE, SECONDS, QUOTES = 100, 10_000, 10, 100_000
PRICE = 45_000


def resting_orders(symbol: str) -> list[Order]:
    """Return limits below and above the price, stops beyond them, and trailing stops among both."""
    orders = []
    for number in range(1, ORDERS + 1):
        side = OrderSide.BUY if number % 2 else OrderSide.SELL
        away = Decimal(100 + number) * (-1 if side is OrderSide.BUY else 1)
        order = make_order(
            id=number, symbol=symbol, side=side, quantity=Decimal("0.001"), type=OrderType.LIMIT,
            limit_price=PRICE + away, leverage=10,
        )  # fmt: skip
        if number % 5 == 0:
            order = replace(order, type=OrderType.STOP_MARKET, limit_price=None, trigger_price=PRICE - away)
        elif number % 7 == 0:
            order = replace(order, type=OrderType.TRAILING_STOP, limit_price=None, trail_percent=Decimal(2))
        orders.append(order)
    return orders


def make_quotes(symbol: str, prices: Iterable[int]) -> list[Quote]:
    """Return one quote per price, 100 microseconds apart."""
    begin = START + timedelta(minutes=1)
    return [
        Quote(
            symbol=symbol,
            bid=Decimal(price) - Decimal("0.5"),
            ask=Decimal(price),
            last=Decimal(price),
            at=begin + timedelta(microseconds=100 * number),
        )
        for number, price in enumerate(prices)
    ]


def deep_book(quote: Quote) -> OrderBook:
    """Return ten levels on each side, none of which is ever used up by these orders."""
    bids = tuple(BookLevel(price=quote.bid - step, size=Decimal(3)) for step in range(10))
    asks = tuple(BookLevel(price=quote.ask + step, size=Decimal(3)) for step in range(10))
    return OrderBook(symbol=quote.symbol, bids=bids, asks=asks, at=quote.at)


def quotes_a_second(quotes: list[Quote], step: Callable[[Quote], object]) -> float:
    """Return how many quotes a second a step works through."""
    begun = perf_counter()
    for quote in quotes:
        step(quote)
    return len(quotes) / (perf_counter() - begun)


def test_the_broker_alone_passes_what_reaches_nothing_in_constant_time() -> None:
    install_context()
    broker = PaperBroker(Books(), depth=deep_book, latency=latency_between(40, 160))
    large, *others = resting_orders(SPOT.symbol)
    for order in (replace(large, quantity=Decimal(1_000)), *others):
        broker.submit(order, SPOT)

    def show_until_quiet(quote: Quote) -> None:
        broker.on_quote(quote)
        while broker.drain():
            broker.on_quote(quote)

    # Every tenth ask is the limit of the large order: its queue moves, it gets what is there, and all are looked at.
    prices = {"quiet": [PRICE + number % 50 for number in range(QUOTES)]}
    prices["touching"] = [PRICE - 101 if number % 10 == 9 else PRICE for number in range(QUOTES)]
    figures: Report = {}
    for days, (name, course) in enumerate(prices.items()):
        quotes = [replace(each, at=each.at + timedelta(days)) for each in make_quotes(SPOT.symbol, course)]
        figures[f"{name}_quotes_a_second"] = quotes_a_second(quotes, show_until_quiet)
    show("the broker alone, 100 orders", figures)
    assert figures["quiet_quotes_a_second"] >= 20 * RATE
    assert figures["touching_quotes_a_second"] >= 2 * RATE


def test_the_whole_engine_keeps_up_with_ten_thousand_books_a_second() -> None:
    install_context()
    rig = EngineRig(instruments=(SPOT, SWAP))
    rig.quote(PRICE, symbol=SWAP.symbol)
    for order in resting_orders(SWAP.symbol):
        rig.step(
            SubmitOrder(
                request_id=str(order.id),
                symbol=order.symbol,
                side=order.side,
                type=order.type,
                quantity=order.quantity,
                limit_price=order.limit_price,
                trigger_price=order.trigger_price,
                trail_percent=order.trail_percent,
                leverage=order.leverage,
            )
        )
    assert len(rig.portfolio.orders) == ORDERS
    quotes = make_quotes(SWAP.symbol, [PRICE + number % 50 for number in range(QUOTES)])
    figures = {"quotes_a_second": quotes_a_second(quotes, rig.engine.step)}
    show("the engine, 100 orders", figures)
    assert len(rig.portfolio.orders) == ORDERS
    assert figures["quotes_a_second"] >= 3 * RATE


def test_the_window_stays_quick_while_a_hundred_orders_meet_ten_thousand_books_a_second(tmp_path: Path) -> None:
    compile_everything()
    figures = run_program("matching_flood", str(tmp_path), str(ORDERS), str(RATE), str(SECONDS))
    show("the window, 100 orders", figures)
    assert figures["resting_at_start"] >= ORDERS
    assert ORDERS <= figures["resting_at_end"] < figures["resting_at_start"]
    assert figures["books_a_second"] >= 0.95 * RATE
    assert figures["coalesced"] == 0
    assert figures["longest_stall_ms"] <= 50
