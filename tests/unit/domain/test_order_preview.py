"""What an entry would come to: every figure worked by hand, and the same as the books make of it afterwards."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.cross_margin import cross_liquidation_price
from desktop_trader.domain.entry_rules import EntryWish, Rule
from desktop_trader.domain.margin import maintenance_margin
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.order_preview import OrderPreview, PreviewAccount, largest_quantity, preview_entry
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.position import Position
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.domain.wallet import Wallet
from tests.builders import SPOT, START, SWAP, Number, make_portfolio, make_position, number

LONG, SHORT = Direction.LONG, Direction.SHORT
PERPETUAL = replace(SWAP, funding_interval=timedelta(hours=8))
NO_LIMITS = RiskLimits(max_position_percent=Decimal(100), risk_per_trade_percent=Decimal(100))


@dataclass(frozen=True, kw_only=True)
class Lot:
    """An open position as the window knows it."""

    symbol: str
    direction: str
    quantity: Decimal
    entry_price: Decimal
    margin: Decimal
    margin_mode: str
    unrealized_pnl: Decimal | None
    maintenance_margin: Decimal | None


def lot_of(position: Position, mark: Number | None) -> Lot:
    price = None if mark is None else number(mark)
    return Lot(
        symbol=position.symbol,
        direction=position.direction.value,
        quantity=position.quantity,
        entry_price=position.entry_price,
        margin=position.margin,
        margin_mode=position.margin_mode.value,
        unrealized_pnl=None if price is None else unrealized_pnl(position, price),
        maintenance_margin=None if price is None else maintenance_margin(SWAP.notional(position.quantity, price), SWAP),
    )


def account(total: Number = 10_000, *, locked: Number = 0, lots: tuple[Lot, ...] = ()) -> PreviewAccount:
    wallet = Wallet(account_id=0, currency="USDT", total=number(total), locked=number(locked), updated_at=START)
    return PreviewAccount(wallet=wallet, equity=number(total), lots=lots)


def wish(direction: Direction = LONG, **fields: Any) -> EntryWish:
    values: dict[str, Any] = {
        "instrument": PERPETUAL,
        "quantity": Decimal("0.1"),
        "price": Decimal(45_000),
        "leverage": 10,
    }
    return EntryWish(direction=direction, **(values | fields))


def preview(asked: EntryWish, of: PreviewAccount | None = None, **more: Any) -> OrderPreview:
    found = preview_entry(asked, of or account(), limits=more.pop("limits", NO_LIMITS), **more)
    assert found is not None
    return found


def test_every_figure_of_a_long() -> None:
    found = preview(wish(stop_loss=Decimal(44_100), take_profit=Decimal(47_250)), funding_rate=Decimal("0.0001"))
    assert (found.notional, found.margin, found.taker_fee, found.maker_fee) == (
        4500,
        450,
        Decimal("4.5"),
        Decimal("2.25"),
    )
    assert found.needed == Decimal("454.5")
    assert (found.maintenance, found.max_leverage) == (Decimal("22.5"), 125)
    assert found.liquidation == Decimal("40703.52")  # (45000 - 4500) / 0.995 = 40703.517...
    assert found.liquidation_percent == (Decimal(45_000) - Decimal("40703.52")) / 45_000 * 100
    assert found.at_stop is not None
    assert (found.at_stop.price, found.at_stop.amount, found.at_stop.percent) == (44_100, -90, Decimal("-0.9"))
    assert found.at_target is not None
    assert (found.at_target.price, found.at_target.amount, found.at_target.percent) == (47_250, 225, Decimal("2.25"))
    assert found.funding_per_day == Decimal("-1.35")
    assert found.break_even == Decimal("45090.10")  # (4500 + 4.5) / 0.1 / 0.999 = 45090.09...
    assert found.margin_percent == Decimal("4.545")
    assert (found.rule, found.refusal, found.notes) == (None, "", ())


def test_a_short_is_the_mirror_and_is_paid_for_a_positive_rate() -> None:
    found = preview(wish(SHORT, stop_loss=Decimal(45_900)), funding_rate=Decimal("0.0001"))
    assert found.liquidation == Decimal("49253.73")  # (45000 + 4500) / 1.005 = 49253.731...
    assert found.at_stop is not None
    assert found.at_stop.amount == -90
    assert found.at_target is None
    assert found.funding_per_day == Decimal("1.35")
    assert found.break_even == Decimal("44910.08")  # (4500 - 4.5) / 0.1 / 1.001 = 44910.089...


@pytest.mark.parametrize(("direction", "stop"), [(LONG, 44_100), (SHORT, 45_900)])
def test_a_stop_beyond_the_liquidation_costs_the_margin_that_the_liquidation_takes(
    direction: Direction, stop: int
) -> None:
    asked = wish(direction, leverage=125, stop_loss=Decimal(stop))
    found = preview(asked)
    assert found.at_stop is not None
    assert (found.at_stop.price, found.at_stop.amount) == (found.liquidation, -36)  # 4,500 / 125; at the stop: 90
    assert asked.loss_at_stop == 36, "the rule counts the same"
    assert found.notes == (f"the liquidation at {found.liquidation} comes before the stop at {stop}",)
    cross = preview(replace(asked, margin_mode=MarginMode.CROSS))
    assert cross.at_stop is not None
    assert cross.at_stop.amount == -90, "on cross more answers than the margin"


def test_an_entry_that_rests_breaks_even_earlier() -> None:
    assert preview(wish(), is_maker=True).break_even == Decimal("45067.57")  # (4500 + 2.25) / 0.1 / 0.999


def test_spot_has_neither_liquidation_nor_funding() -> None:
    found = preview(wish(instrument=SPOT, leverage=1), funding_rate=Decimal("0.0001"))
    assert (found.liquidation, found.liquidation_percent, found.funding_per_day) == (None, None, None)
    assert (found.margin, found.max_leverage) == (4500, 1)


def test_what_is_not_known_is_not_made_up() -> None:
    cross = make_position(symbol="ETH/USDT:USDT", margin=Decimal(10), leverage=10, margin_mode=MarginMode.CROSS)
    dark = replace(account(lots=(lot_of(cross, None),)), equity=None)
    found = preview(wish(margin_mode=MarginMode.CROSS), dark)
    assert (found.liquidation, found.margin_percent, found.largest_quantity) == (None, None, None)
    assert found.funding_per_day is None
    assert preview(wish(instrument=SWAP), funding_rate=Decimal("0.0001")).funding_per_day is None


@pytest.mark.parametrize("fields", [{"quantity": Decimal(0)}, {"price": Decimal(0)}, {"leverage": 0}])
def test_nothing_comes_of_nothing(fields: dict[str, Any]) -> None:
    assert preview_entry(wish(**fields), account(), limits=NO_LIMITS) is None


def test_a_trailing_stop_counts_where_it_stands_first() -> None:
    found = preview(wish(stop_loss=Decimal(44_000), trail_percent=Decimal("1.5")))
    assert found.at_stop is not None
    assert (found.at_stop.price, found.at_stop.amount) == (44_325, Decimal("-67.5"))


def test_a_stop_behind_the_liquidation_is_noted() -> None:
    found = preview(wish(stop_loss=Decimal(40_000)))
    assert found.notes == ("the liquidation at 40703.52 comes before the stop at 40000",)
    assert found.refusal == ""


@pytest.mark.parametrize(
    ("fields", "limits", "rule"),
    [
        ({"quantity": Decimal("0.000001")}, NO_LIMITS, Rule.QUANTITY_GRID),
        ({"leverage": 126}, NO_LIMITS, Rule.LEVERAGE),
        ({"stop_loss": Decimal(46_000)}, NO_LIMITS, Rule.PROTECTION),
        ({"quantity": Decimal(3)}, NO_LIMITS, Rule.MAX_POSITION),
        ({"stop_loss": Decimal(43_000)}, replace(NO_LIMITS, risk_per_trade_percent=Decimal(1)), Rule.RISK_PER_TRADE),
        ({"quantity": Decimal("2.201")}, NO_LIMITS, Rule.FUNDS),
        ({"quantity": Decimal(2)}, replace(NO_LIMITS, max_margin_ratio_percent=Decimal(80)), Rule.MARGIN_RATIO),
    ],
)
def test_the_rule_that_is_broken_is_named_as_the_engine_names_it(
    fields: dict[str, Any], limits: RiskLimits, rule: Rule
) -> None:
    found = preview(wish(**fields), limits=limits)
    assert found.rule is rule
    assert found.refusal


def test_limits_that_cut_down_are_noted_and_refuse_nothing() -> None:
    limits = replace(NO_LIMITS, max_position_percent=Decimal(10), cuts_down=True)
    found = preview(wish(quantity=Decimal(1)), limits=limits)
    assert found.refusal == ""
    assert found.notes == ("cut down from 1 to 0.22222 by the limits",)


@pytest.mark.requirement("R75")
def test_losses_of_cross_positions_are_not_free() -> None:
    held = make_position(symbol=SWAP.symbol, price=1000, leverage=10, margin=Decimal(100), margin_mode=MarginMode.CROSS)
    assert account(1000, locked=100, lots=(lot_of(held, 950),)).free == 850
    assert account(1000, locked=100, lots=(lot_of(held, 1100),)).free == 900
    assert account(1000, locked=100, lots=(lot_of(held, 50),)).free == 0
    isolated = replace(held, margin_mode=MarginMode.ISOLATED)
    assert account(1000, locked=100, lots=(lot_of(isolated, 950),)).free == 900


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("held_direction", list(Direction))
@pytest.mark.parametrize("same_symbol", [True, False])
def test_on_cross_the_liquidation_is_the_one_the_account_will_have(
    direction: Direction, held_direction: Direction, same_symbol: bool
) -> None:
    other = SWAP.symbol if same_symbol else "ETH/USDT:USDT"
    held = make_position(
        held_direction, id=1, symbol=other, quantity=3, price=1000, leverage=10, margin=Decimal(300),
        margin_mode=MarginMode.CROSS,
    )  # fmt: skip
    asked = wish(direction, quantity=Decimal(1), price=Decimal(1000), margin_mode=MarginMode.CROSS)
    found = preview(asked, account(600, locked=300, lots=(lot_of(held, 990),))).liquidation
    opened = make_position(
        direction, id=2, symbol=SWAP.symbol, quantity=1, price=1000, leverage=10, margin=Decimal(100),
        margin_mode=MarginMode.CROSS,
    )  # fmt: skip
    then = make_portfolio(599, positions=[held, opened])  # a taker fee of 1 was paid
    rules = {SWAP.symbol: SWAP, "ETH/USDT:USDT": replace(SWAP, symbol="ETH/USDT:USDT")}
    marks = {"ETH/USDT:USDT": Decimal(990)}
    assert found == cross_liquidation_price(then, opened, marks=marks, instruments=rules)


@pytest.mark.requirement("R90")
@pytest.mark.parametrize(
    ("free", "leverage", "quantity"),
    [(0, 10, "0"), (1, 10, "0.00022"), (10_000, 10, "2.20022"), (10_000, 1, "0.22200"), (1_000_000, 125, "5.55555")],
)
def test_the_largest_quantity_is_what_money_and_brackets_allow(free: int, leverage: int, quantity: str) -> None:
    found = largest_quantity(PERPETUAL, Decimal(free), price=Decimal(45_000), leverage=leverage)
    assert found == Decimal(quantity)
    if found:
        assert wish(quantity=found, leverage=leverage).reserve <= free


def test_the_market_bounds_the_largest_quantity_too() -> None:
    bounded = replace(PERPETUAL, maximum_quantity=Decimal(1))
    assert largest_quantity(bounded, Decimal(10_000), price=Decimal(45_000), leverage=10) == 1
