"""Snapshots for the window's tests: a plain account by default, every part replaceable."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.domain.order import Order, OrderReason, OrderSide, OrderStatus, OrderType
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.messages.snapshot import (
    AccountSnapshot,
    AutoTradingView,
    BalanceRow,
    BalanceView,
    MarketView,
    PositionView,
)
from desktop_trader.messages.strategy_info import ParameterInfo, StrategyInfo

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def make_instrument(symbol: str = "BTC/USDT", *, tick: str = "0.01", lot: str = "0.00001") -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol.split("/", maxsplit=1)[0],
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.SWAP if ":" in symbol else InstrumentKind.SPOT,
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        minimum_notional=Decimal(5),
        maker_fee_rate=Decimal("0.001"),
        taker_fee_rate=Decimal("0.001"),
    )


INSTRUMENTS = (
    make_instrument("BTC/USDT"),
    make_instrument("ETH/USDT", lot="0.0001"),
    make_instrument("SOL/USDT", lot="0.001"),
    make_instrument("XRP/USDT", tick="0.0001", lot="0.1"),
    make_instrument("BTC/USDT:USDT"),
)


def make_balance(total: str | Decimal = "10000", **changes: Any) -> BalanceView:
    amount = Decimal(total)
    zero = Decimal(0)
    plain = BalanceView(
        currency="USDT",
        total=amount,
        available=amount,
        locked=zero,
        locked_in_positions=zero,
        locked_in_orders=zero,
        realized_pnl=zero,
        fees=zero,
        contributed=amount,
        total_deposits=amount,
        total_withdrawals=zero,
        unrealized_pnl=zero,
        portfolio_value=amount,
        pnl=zero,
        balance_change_24h=None,
        balance_change_24h_percent=None,
        peak_equity=amount,
        drawdown_percent=zero,
        last_updated=NOON,
        last_update_reason="opening",
    )
    return replace(plain, **changes)


def make_quote(symbol: str = "BTC/USDT", last: str | Decimal = "45000.00", *, at: datetime = NOON) -> Quote:
    price = Decimal(last)
    return Quote(symbol=symbol, bid=price, ask=price, last=price, at=at)


def make_position(position_id: int = 1, symbol: str = "BTC/USDT", **changes: Any) -> PositionView:
    plain = PositionView(
        id=position_id,
        symbol=symbol,
        direction="long",
        quantity=Decimal("0.01000"),
        entry_price=Decimal("45000.00"),
        margin=Decimal(450),
        leverage=1,
        stop_loss=Decimal("44100.00"),
        take_profit=Decimal("46800.00"),
        liquidation_price=None,
        fees=Decimal("0.45"),
        opened_at=NOON,
        mark_price=Decimal("45120.00"),
        unrealized_pnl=Decimal("1.20"),
        unrealized_percent=Decimal("0.27"),
        is_closing=False,
    )
    return replace(plain, **changes)


def make_order(order_id: int = 1, **changes: Any) -> Order:
    plain = Order(
        id=order_id,
        account_id=1,
        run_id=1,
        client_order_id=f"dt-{order_id}",
        symbol="BTC/USDT",
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.01000"),
        reason=OrderReason.MANUAL,
        signal_key=f"request:{order_id}",
        created_at=NOON,
        updated_at=NOON,
        eligible_at=NOON,
        limit_price=Decimal("44000.00"),
        status=OrderStatus.OPEN,
        reserve=Decimal("440.44"),
    )
    return replace(plain, **changes)


def make_auto_trading(state: str = "stopped", **changes: Any) -> AutoTradingView:
    is_stopped = state == "stopped"
    plain = AutoTradingView(
        state=state,
        strategy="" if is_stopped else "moving_average_cross",
        symbol="" if is_stopped else "BTC/USDT",
        timeframe=None if is_stopped else Timeframe.M1,
        parameters=() if is_stopped else (("fast", "10"), ("slow", "30")),
        started_at=None if is_stopped else NOON,
        bars_seen=0 if is_stopped else 42,
        decisions=(),
        is_entries_paused=state == "paused",
    )
    return replace(plain, **changes)


def make_decision(number: int = 1, **changes: Any) -> Decision:
    plain = Decision(
        at=NOON + timedelta(minutes=number),
        strategy_run_id=1,
        symbol="BTC/USDT",
        action="open_long",
        outcome="order",
        detail="fast 45,010 above slow 45,000",
        order_id=number,
    )
    return replace(plain, **changes)


def make_snapshot(sequence: int = 1, **changes: Any) -> AccountSnapshot:
    """Return an account at one sequence number; `balance`, `positions` and the rest may be given."""
    balance: BalanceView = changes.pop("balance", make_balance())
    quotes = changes.pop("quotes", (make_quote(),))
    now = changes.pop("now", NOON)
    day_open = changes.pop("day_open", (("BTC/USDT", Decimal("44700.00")),))
    plain = AccountSnapshot(
        sequence=sequence,
        account_id=1,
        account_name="demo",
        account_type="demo",
        run_id=1,
        balance=balance,
        positions=(),
        orders=(),
        auto_trading=make_auto_trading(),
        market=MarketView(source_id="simulated:7", now=now, quotes=quotes, day_open=day_open),
        recent_changes=(BalanceRow(at=NOON, kind="opening", reason="opening", total=balance.total),),
        instruments=INSTRUMENTS,
        ledger_head_id=sequence,
        head_hash="0" * 64,
    )
    return replace(plain, **changes)


def _parameter(name: str, title: str, default: str, *, is_integer: bool) -> ParameterInfo:
    return ParameterInfo(
        name=name,
        title=title,
        default=Decimal(default),
        minimum=Decimal(1) if is_integer else Decimal("0.1"),
        maximum=Decimal(500) if is_integer else Decimal(50),
        is_integer=is_integer,
        help=f"What {title} means",
    )


STRATEGIES = (
    StrategyInfo(
        name="moving_average_cross",
        title="Moving average cross",
        description="Opens when the fast average crosses above the slow one, closes when it crosses below.",
        parameters=(
            _parameter("fast", "Fast (bars)", "10", is_integer=True),
            _parameter("slow", "Slow (bars)", "30", is_integer=True),
            _parameter("stop_loss_percent", "Stop loss %", "2", is_integer=False),
            _parameter("take_profit_percent", "Take profit %", "4", is_integer=False),
        ),
    ),
)
