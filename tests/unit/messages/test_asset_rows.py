"""Assets: the values of all rows are the total, what they are worth is the portfolio value, whatever is open."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.messages.asset_rows import asset_rows
from desktop_trader.messages.snapshot import BalanceView, PositionView

AT = datetime(2026, 1, 1, tzinfo=UTC)
SYMBOLS = ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "GONE/USDT")
money = st.decimals(min_value=0, max_value=10**9, places=8)


def instrument(symbol: str) -> Instrument | None:
    if symbol == "GONE/USDT":
        return None
    return Instrument(
        symbol=symbol,
        base=symbol.split("/", maxsplit=1)[0],
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.SWAP if ":" in symbol else InstrumentKind.SPOT,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        minimum_notional=Decimal(5),
        maker_fee_rate=Decimal("0.001"),
        taker_fee_rate=Decimal("0.001"),
    )


def position(number: int, symbol: str, margin: Decimal, gain: Decimal | None) -> PositionView:
    return PositionView(
        id=number,
        symbol=symbol,
        direction="long",
        quantity=Decimal("0.5"),
        entry_price=Decimal(100),
        margin=margin,
        leverage=1,
        stop_loss=None,
        take_profit=None,
        liquidation_price=None,
        fees=Decimal(0),
        opened_at=AT,
        mark_price=None,
        unrealized_pnl=gain,
        unrealized_percent=None,
        is_closing=False,
    )


def balance(available: Decimal, in_orders: Decimal, positions: list[PositionView]) -> BalanceView:
    margins = sum((each.margin for each in positions), Decimal(0))
    gains = [each.unrealized_pnl for each in positions]
    unrealized = None if None in gains else sum((gain for gain in gains if gain is not None), Decimal(0))
    total = available + in_orders + margins
    zero = Decimal(0)
    return BalanceView(
        currency="USDT",
        total=total,
        available=available,
        locked=in_orders + margins,
        locked_in_positions=margins,
        locked_in_orders=in_orders,
        realized_pnl=zero,
        fees=zero,
        contributed=total,
        total_deposits=zero,
        total_withdrawals=zero,
        unrealized_pnl=unrealized,
        portfolio_value=None if unrealized is None else total + unrealized,
        pnl=zero,
        balance_change_24h=None,
        balance_change_24h_percent=None,
        peak_equity=total,
        drawdown_percent=zero,
        last_updated=AT,
        last_update_reason="",
    )


@pytest.mark.requirement("R44", "R77")
@given(
    available=money,
    in_orders=money,
    held=st.lists(st.tuples(st.sampled_from(SYMBOLS), money, st.none() | money.map(lambda each: each - 10**8))),
)
def test_the_values_sum_up_to_the_total_and_the_worths_to_the_portfolio(
    available: Decimal, in_orders: Decimal, held: list[tuple[str, Decimal, Decimal | None]]
) -> None:
    positions = [position(number, *each) for number, each in enumerate(held)]
    view = balance(available, in_orders, positions)
    rows = asset_rows(view, positions, find=instrument)
    assert sum(row.value for row in rows) == view.total
    assert len({row.asset for row in rows}) == len(rows)
    assert rows[0].free + rows[0].locked == rows[0].value
    worths = [row.worth for row in rows]
    if None in worths:
        assert view.portfolio_value is None
    else:
        assert sum(worth for worth in worths if worth is not None) == view.portfolio_value


def test_a_spot_position_is_an_asset_and_a_contract_is_locked_currency() -> None:
    positions = [
        position(1, "BTC/USDT", Decimal(450), Decimal(5)),
        position(2, "BTC/USDT:USDT", Decimal(100), Decimal(-3)),
        position(3, "BTC/USDT", Decimal(50), Decimal(1)),
    ]
    money_row, coin = asset_rows(balance(Decimal(9000), Decimal(20), positions), positions, find=instrument)
    assert (money_row.asset, money_row.free, money_row.locked) == ("USDT", Decimal(9000), Decimal(120))
    assert (money_row.value, money_row.worth) == (Decimal(9120), Decimal(9117))
    assert (coin.asset, coin.locked, coin.value, coin.worth) == ("BTC", Decimal("1.0"), Decimal(500), Decimal(506))
    assert coin.position_ids == (1, 3)
