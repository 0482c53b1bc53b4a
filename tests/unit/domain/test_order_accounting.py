"""Steps of an order without fills, and what a fill ends besides: postings and receipts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain import accounting, order_accounting
from desktop_trader.domain.accounting import PAIR_FILLED, POSITION_CLOSED, BookingIds
from desktop_trader.domain.entry_rules import Check, Rule
from desktop_trader.domain.invariants import check_account, check_movement
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import (
    Direction,
    MarginMode,
    Order,
    OrderReason,
    OrderSide,
    OrderStatus,
    OrderType,
    Protection,
    TimeInForce,
)
from desktop_trader.domain.portfolio import Movement, Portfolio
from tests.builders import SPOT, SWAP, after, make_execution, make_order, make_portfolio, make_position

IDS = BookingIds(fill_id=11, position_id=7, model="walked the book: 1 @ 100 of 5 there")


def placed(portfolio: Portfolio, *orders: Order) -> Portfolio:
    """The account with these orders in it, each with its lock."""
    for order in orders:
        portfolio = portfolio.apply(order_accounting.place_order(portfolio, order), at=after())
    check_account(portfolio)
    return portfolio


def with_long(portfolio: Portfolio, quantity: str = "1") -> Portfolio:
    """The account with a long of so many at 100."""
    size = Decimal(quantity)
    order = make_order(id=90, quantity=size, reserve=size * Decimal("100.1"))
    portfolio = placed(portfolio, order)
    execution = make_execution(size, 100, fee=size / 10, trade_id="open")
    ids = BookingIds(fill_id=1, position_id=1)
    movement = accounting.apply_execution(portfolio, order, execution=execution, instrument=SPOT, ids=ids)
    return portfolio.apply(movement, at=after())


def exit_order(order_id: int, quantity: str, **fields: object) -> Order:
    values: dict[str, object] = {
        "id": order_id,
        "side": OrderSide.SELL,
        "quantity": Decimal(quantity),
        "position_id": 1,
        "is_exit": True,
    }
    return make_order(**(values | fields))


def postings(movement: Movement) -> list[tuple[str, str, list[str]]]:
    return [
        (draft.kind.value, draft.reason, [f"{each.ledger_account} {canonical(each.amount)}" for each in draft.postings])
        for draft in movement.drafts
    ]


def receipt(movement: Movement) -> list[tuple[int, str, str, str]]:
    return [(line.order_id, line.step.value, line.subject, line.detail) for line in movement.receipt]


@pytest.mark.requirement("R96")
def test_the_receipt_begins_with_what_was_checked_stored_and_sent() -> None:
    order = make_order(
        id=3,
        type=OrderType.STOP_LIMIT,
        quantity=Decimal("0.10"),
        trigger_price=Decimal(45_100),
        limit_price=Decimal(45_200),
        reserve=Decimal("456.52"),
        leverage=10,
        margin_mode=MarginMode.CROSS,
        time_in_force=TimeInForce.GTD,
        expires_at=after(minutes=5),
    )
    checks = [Check(rule=Rule.QUANTITY_GRID, value="0.1", limit="a multiple of 0.00001")]
    movement = order_accounting.place_order(make_portfolio(), order, checks=checks, note="cut down from 1 to 0.1")
    assert receipt(movement) == [
        (3, "checked", "quantity_grid", "0.1; a multiple of 0.00001"),
        (3, "note", "", "cut down from 1 to 0.1"),
        (
            3,
            "stored",
            order.client_order_id,
            (
                "buy 0.1 stop limit, trigger 45,100, limit 45,200, until 2026-01-01 00:05:00 UTC, 10x cross; "
                "locked $456.52"
            ),
        ),
        (3, "sent", "", ""),
    ]


def test_what_the_exchange_says_first_is_noted_once() -> None:
    order = make_order(id=3, type=OrderType.STOP_LIMIT, trigger_price=Decimal(105), limit_price=Decimal(106))
    movement = order_accounting.accept_order(order, at=after(seconds=1))
    opened = movement.orders[0]
    assert (opened.status, receipt(movement)) == (OrderStatus.OPEN, [(3, "accepted", "", "")])
    assert order_accounting.accept_order(opened, at=after(seconds=2)) == Movement()
    movement = order_accounting.trigger_order(opened, Decimal("105.5"), at=after(seconds=3))
    assert movement.orders[0].is_triggered
    assert receipt(movement) == [(3, "triggered", "", "105 reached at 105.5; rests at 106 from now on")]
    assert order_accounting.trigger_order(movement.orders[0], Decimal(107), at=after(seconds=4)) == Movement()


@pytest.mark.requirement("R75", "R174")
@pytest.mark.parametrize(
    ("reserve", "kind", "legs"),
    [
        ("80.08", "order_release", ["cash:available 10.01", "cash:locked:order:3 -10.01"]),
        ("180.18", "order_lock", ["cash:available -90.09", "cash:locked:order:3 90.09"]),
    ],
)
def test_an_edit_locks_or_releases_the_difference(reserve: str, kind: str, legs: list[str]) -> None:
    before = make_order(
        id=3, type=OrderType.LIMIT, quantity=Decimal(1), limit_price=Decimal(90), reserve=Decimal("90.09")
    )
    portfolio = placed(make_portfolio(), before)
    edited = replace(before, limit_price=Decimal(80), reserve=Decimal(reserve), revision=2, updated_at=after(minutes=1))
    movement = order_accounting.edit_order(portfolio, before, after=edited)
    assert postings(movement) == [(kind, "order_edited", legs)]
    assert movement.drafts[0].idempotency_key == "order:3:edit:2"
    assert receipt(movement) == [(3, "edited", "2", f"limit 90 to 80; locked ${Decimal(reserve):,.2f}")]
    result = portfolio.apply(movement, at=after(minutes=1))
    check_account(result)
    check_movement(movement, before=portfolio, after=result)


def test_an_edit_of_an_exit_moves_no_money() -> None:
    before = exit_order(5, "1", type=OrderType.TRAILING_STOP, trail_percent=Decimal(2))
    edited = replace(before, trail_percent=Decimal(3), quantity=Decimal("0.5"), revision=1)
    movement = order_accounting.edit_order(with_long(make_portfolio()), before, after=edited)
    assert movement.drafts == ()
    assert receipt(movement) == [(5, "edited", "1", "quantity 1 to 0.5, trailing distance 2 to 3")]


@pytest.mark.requirement("R34")
def test_each_fill_is_on_the_receipt_with_its_fee_and_its_model() -> None:
    order = make_order(id=3, quantity=Decimal(1), reserve=Decimal("100.1"))
    portfolio = placed(make_portfolio(), order)
    movement = accounting.apply_execution(
        portfolio, order, execution=make_execution(1, 100, fee="0.1"), instrument=SPOT, ids=IDS
    )
    assert receipt(movement) == [
        (3, "filled", "t1", "1 @ 100 = $100.00; fee $0.10 taker; walked the book: 1 @ 100 of 5 there")
    ]


@pytest.mark.requirement("R174")
def test_the_first_fill_of_a_pair_ends_the_other_and_releases_what_it_locked() -> None:
    limit = make_order(
        id=3,
        type=OrderType.LIMIT,
        quantity=Decimal(1),
        limit_price=Decimal(95),
        reserve=Decimal("95.095"),
        oco_id="pair",
    )
    stop = make_order(
        id=4,
        type=OrderType.STOP_MARKET,
        quantity=Decimal(1),
        trigger_price=Decimal(105),
        reserve=Decimal("105.105"),
        oco_id="pair",
        signal_key="second",
    )
    portfolio = placed(make_portfolio(), limit, stop)
    execution = make_execution("0.4", 95, fee="0.019")
    movement = accounting.apply_execution(portfolio, limit, execution=execution, instrument=SPOT, ids=IDS)
    assert [(kind, legs[0]) for kind, _, legs in postings(movement)] == [
        ("order_release", "cash:locked:order:4 -105.105"),
        ("fee", "cash:locked:order:3 -0.019"),
        ("position_open", "cash:locked:order:3 -38"),
    ]
    ended, filled = movement.orders
    assert (ended.id, ended.status, ended.detail, ended.reserve) == (4, OrderStatus.CANCELED, PAIR_FILLED, ZERO)
    assert (filled.id, filled.status) == (3, OrderStatus.PARTIALLY_FILLED)
    assert receipt(movement)[0] == (4, "canceled", "1 not filled", PAIR_FILLED)
    result = portfolio.apply(movement, at=after(minutes=1))
    assert list(result.orders) == [3]
    check_account(result)
    check_movement(movement, before=portfolio, after=result)


@pytest.mark.requirement("R174")
def test_the_close_of_a_position_ends_all_its_orders_in_the_same_movement() -> None:
    resting = exit_order(5, "1", type=OrderType.LIMIT, limit_price=Decimal(110))
    larger = exit_order(6, "2", type=OrderType.MARKET, signal_key="six")
    rest_of_entry = make_order(
        id=7, quantity=Decimal(1), reserve=Decimal("100.1"), position_id=1, signal_key="seven", filled_quantity=ZERO
    )
    portfolio = placed(with_long(make_portfolio()), resting, larger, rest_of_entry)
    execution = make_execution(1, 105, fee="0.105", trade_id="x")
    movement = accounting.apply_execution(portfolio, larger, execution=execution, instrument=SPOT, ids=IDS)
    assert {(each.id, each.status, each.detail) for each in movement.orders} == {
        (5, OrderStatus.CANCELED, POSITION_CLOSED),
        (6, OrderStatus.CANCELED, POSITION_CLOSED),
        (7, OrderStatus.CANCELED, POSITION_CLOSED),
    }
    result = portfolio.apply(movement, at=after(minutes=1))
    assert (dict(result.orders), dict(result.positions)) == ({}, {})
    check_account(result)
    check_movement(movement, before=portfolio, after=result)
    assert result.wallet.total == Decimal("10004.795")


def test_a_part_that_is_closed_ends_nothing_else() -> None:
    first, second = exit_order(5, "0.4"), exit_order(6, "0.7", signal_key="six")
    portfolio = placed(with_long(make_portfolio()), first, second)
    execution = make_execution("0.4", 105, trade_id="x")
    movement = accounting.apply_execution(portfolio, first, execution=execution, instrument=SPOT, ids=IDS)
    assert [(each.id, each.status) for each in movement.orders] == [(5, OrderStatus.FILLED)]
    assert movement.positions[0].margin == 60


@pytest.mark.requirement("R178")
def test_the_fee_of_a_liquidation_has_a_name_of_its_own() -> None:
    position = make_position(direction=Direction.SHORT, symbol=SWAP.symbol, margin=Decimal(10), leverage=10)
    portfolio = replace(make_portfolio(), positions={position.id: position})
    order = make_order(
        id=5,
        symbol=SWAP.symbol,
        side=OrderSide.BUY,
        quantity=position.quantity,
        reason=OrderReason.LIQUIDATION,
        position_id=position.id,
        is_exit=True,
    )
    execution = make_execution(position.quantity, position.entry_price, fee="0.5")
    movement = accounting.apply_execution(portfolio, order, execution=execution, instrument=SWAP, ids=IDS)
    fee, close = movement.drafts
    assert (fee.kind.value, fee.reason, close.kind.value) == ("fee", "fee_liquidation", "liquidation")
    assert fee.description == "Liquidation fee for buy of BTC/USDT:USDT"


def test_a_position_takes_margin_mode_and_trail_from_its_entry() -> None:
    order = make_order(
        id=3,
        symbol=SWAP.symbol,
        quantity=Decimal(1),
        leverage=10,
        reserve=Decimal("10.1"),
        margin_mode=MarginMode.CROSS,
        protection=Protection(trail_percent=Decimal(2)),
    )
    portfolio = placed(make_portfolio(), order)
    movement = accounting.apply_execution(
        portfolio, order, execution=make_execution(1, 100, fee="0.1"), instrument=SWAP, ids=IDS
    )
    position = movement.positions[0]
    assert (position.margin_mode, position.trail_percent, position.margin) == (MarginMode.CROSS, 2, 10)
