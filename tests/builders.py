"""Values for tests: each builder fills in what the test does not talk about. Numbers may be given as text."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.fill import Execution, Fill
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderStatus, OrderType
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import DEMO, Account, Run, RunTotals, Wallet

START = datetime(2026, 1, 1, tzinfo=UTC)
SPOT = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=InstrumentKind.SPOT,
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    minimum_notional=Decimal(5),
    maker_fee_rate=Decimal("0.0005"),
    taker_fee_rate=Decimal("0.001"),
)
SWAP = replace(SPOT, symbol="BTC/USDT:USDT", kind=InstrumentKind.SWAP)
FREE_SPOT = replace(SPOT, maker_fee_rate=ZERO, taker_fee_rate=ZERO)
"""Without fees, for figures that are about something else."""

Number = Decimal | str | int


def number(value: Number) -> Decimal:
    """Return an exact decimal."""
    return Decimal(value)


def numbers(values: str) -> list[Decimal]:
    """Return the numbers of a line of text."""
    return [Decimal(value) for value in values.split()]


def after(*, days: int = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """Return a moment counted from `START`."""
    return START + timedelta(days=days, minutes=minutes, seconds=seconds)


def make_quote(
    price: Number,
    *,
    at: datetime = START,
    symbol: str = SPOT.symbol,
    bid: Number | None = None,
    ask: Number | None = None,
) -> Quote:
    """Return a quote; bid and ask are the price itself unless given."""
    return Quote(
        symbol=symbol,
        bid=number(price if bid is None else bid),
        ask=number(price if ask is None else ask),
        last=number(price),
        at=at,
    )


def make_bar(
    prices: str, *, opened_at: datetime = START, symbol: str = SPOT.symbol, timeframe: Timeframe = Timeframe.M1
) -> Bar:
    """Return a bar from `open high low close` as text."""
    open_, high, low, close = numbers(prices)
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        opened_at=opened_at,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=Decimal(1),
    )


def bars_of_closes(closes: Sequence[Number], *, symbol: str = SPOT.symbol, start: datetime = START) -> list[Bar]:
    """Return one-minute bars that close at these prices; each opens where the one before closed."""
    bars: list[Bar] = []
    before = number(closes[0])
    for index, close in enumerate(map(number, closes)):
        prices = f"{before} {max(before, close)} {min(before, close)} {close}"
        bars.append(make_bar(prices, opened_at=start + timedelta(minutes=index), symbol=symbol))
        before = close
    return bars


def make_order(**fields: object) -> Order:
    """Return a market order to buy 1 BTC on spot, as sent."""
    values: dict[str, object] = {
        "id": 1,
        "account_id": 1,
        "run_id": 1,
        "client_order_id": f"dt1-{fields.get('id', 1)}",
        "symbol": SPOT.symbol,
        "side": OrderSide.BUY,
        "type": OrderType.MARKET,
        "quantity": Decimal(1),
        "reason": OrderReason.MANUAL,
        "signal_key": f"test:{fields.get('id', 1)}",
        "created_at": START,
        "updated_at": START,
        "eligible_at": START,
        "status": OrderStatus.SENT,
    }
    return Order(**(values | fields))  # type: ignore[arg-type]


def make_execution(quantity: Number, price: Number, *, fee: Number = 0, trade_id: str = "t1") -> Execution:
    """Return what an exchange reports of a taker fill, a minute after the start."""
    return Execution(
        trade_id=trade_id,
        quantity=number(quantity),
        price=number(price),
        fee=number(fee),
        is_maker=False,
        at=after(minutes=1),
    )


def make_fill(side: OrderSide, quantity: Number, price: Number, **fields: object) -> Fill:
    """Return a fill of order 1 and position 1."""
    values: dict[str, object] = {
        "id": 1,
        "order_id": 1,
        "position_id": 1,
        "account_id": 1,
        "run_id": 1,
        "trade_id": "t1",
        "symbol": SPOT.symbol,
        "fee": ZERO,
        "is_maker": False,
        "at": after(minutes=1),
    }
    return Fill(side=side, quantity=number(quantity), price=number(price), **(values | fields))  # type: ignore[arg-type]


def make_position(
    direction: Direction = Direction.LONG, *, quantity: Number = 1, price: Number = 100, **fields: object
) -> Position:
    """Return an open position at leverage 1 whose margin is its whole notional."""
    quantity, price = number(quantity), number(price)
    values: dict[str, object] = {
        "id": 1,
        "account_id": 1,
        "run_id": 1,
        "symbol": SPOT.symbol,
        "quantity": quantity,
        "entry_quantity": quantity,
        "entry_cost": quantity * price,
        "margin": quantity * price,
        "entry_order_id": 1,
        "opened_at": START,
        "contract_size": Decimal(1),
    }
    return Position(direction=direction, **(values | fields))  # type: ignore[arg-type]


def make_portfolio(
    total: Number = 10_000,
    *,
    positions: Iterable[Position] = (),
    orders: Iterable[Order] = (),
    account_type: str = DEMO,
) -> Portfolio:
    """Return an account opened with `total`; what positions and orders lock is locked."""
    held, live = {each.id: each for each in positions}, {each.id: each for each in orders}
    locked = sum((each.margin for each in held.values()), ZERO) + sum((each.reserve for each in live.values()), ZERO)
    amount = number(total)
    return Portfolio(
        account=Account(id=1, type=account_type, exchange="paper", currency="USDT", name="demo", created_at=START),
        run=Run(id=1, account_id=1, started_at=START, start_amount=amount),
        wallet=Wallet(account_id=1, currency="USDT", total=amount, locked=locked, updated_at=START),
        totals=RunTotals(opening=amount),
        positions=held,
        orders=live,
    )
