"""Every movement of money, posting by posting."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain import accounting, order_accounting
from desktop_trader.domain.accounting import BalanceChange, BookingIds
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.ledger import EntryDraft, EntryKind
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderStatus, OrderType, Protection
from desktop_trader.domain.portfolio import Movement, Portfolio
from tests.builders import SPOT, SWAP, after, make_execution, make_order, make_portfolio, make_position

IDS = BookingIds(fill_id=11, position_id=7)


def postings(draft: EntryDraft) -> dict[str, str]:
    """The postings of an entry as text, without their common beginning."""
    return {each.ledger_account.removeprefix("cash:"): canonical(each.amount) for each in draft.postings}


def booked(movement: Movement) -> list[tuple[str, dict[str, str]]]:
    for draft in movement.drafts:
        assert sum(each.amount for each in draft.postings) == 0
    return [(draft.kind.value, postings(draft)) for draft in movement.drafts]


def buy(**fields: object) -> Order:
    """An order to buy 1 BTC at 100, with margin and taker fee reserved."""
    return make_order(**({"quantity": Decimal(1), "reserve": Decimal("100.1")} | fields))


def apply(portfolio: Portfolio, order: Order, execution: Execution) -> Movement:
    return accounting.apply_execution(portfolio, order, execution=execution, instrument=SPOT, ids=IDS)


@pytest.mark.requirement("R13", "R178")
@pytest.mark.parametrize(
    ("kind", "amount", "legs"),
    [
        (EntryKind.OPENING, "10000", {"available": "10000", "equity:opening": "-10000"}),
        (EntryKind.DEPOSIT, "250.5", {"available": "250.5", "equity:deposit": "-250.5"}),
        (EntryKind.WITHDRAWAL, "-250.5", {"available": "-250.5", "equity:withdrawal": "250.5"}),
        (EntryKind.ADJUSTMENT, "5000", {"available": "5000", "equity:adjustment": "-5000"}),
        (EntryKind.ADJUSTMENT, "-1", {"available": "-1", "equity:adjustment": "1"}),
        (EntryKind.IMPORT, "12345.67", {"available": "12345.67", "equity:import": "-12345.67"}),
    ],
)
def test_money_from_people_goes_against_the_equity_account_of_its_kind(
    kind: EntryKind, amount: str, legs: dict[str, str]
) -> None:
    change = BalanceChange(kind=kind, amount=Decimal(amount), reason="because", author="Ann", request_key="request:1")
    movement = accounting.change_balance(make_portfolio(), change, at=after(minutes=1))
    assert booked(movement) == [(kind.value, legs)]
    (draft,) = movement.drafts
    assert (draft.reason, draft.author, draft.idempotency_key) == ("because", "Ann", "request:1")
    assert draft.occurred_at == after(minutes=1)


def test_a_new_order_locks_its_reserve() -> None:
    movement = order_accounting.place_order(make_portfolio(), buy(id=3))
    assert booked(movement) == [("order_lock", {"available": "-100.1", "locked:order:3": "100.1"})]
    assert movement.drafts[0].idempotency_key == "order:3:lock"
    assert movement.orders == (buy(id=3),)


def test_an_exit_locks_nothing() -> None:
    order = make_order(is_exit=True, side=OrderSide.SELL, position_id=1)
    movement = order_accounting.place_order(make_portfolio(), order)
    assert (movement.drafts, movement.orders) == ((), (order,))


@pytest.mark.parametrize(
    "status", [OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.NOT_PLACED]
)
def test_the_end_of_an_order_releases_its_reserve(status: OrderStatus) -> None:
    movement = order_accounting.end_order(make_portfolio(), buy(id=3), status=status, at=after(minutes=1), detail="so")
    assert booked(movement) == [("order_release", {"locked:order:3": "-100.1", "available": "100.1"})]
    assert movement.drafts[0].reason == f"order_{status.value}"
    (order,) = movement.orders
    assert (order.status, order.reserve, order.detail) == (status, 0, "so")


def test_the_end_of_an_exit_moves_no_money() -> None:
    order = make_order(is_exit=True, side=OrderSide.SELL, position_id=1)
    movement = order_accounting.end_order(make_portfolio(), order, status=OrderStatus.CANCELED, at=after(minutes=1))
    assert movement.drafts == ()
    assert movement.orders[0].status is OrderStatus.CANCELED


@pytest.mark.requirement("R212")
@pytest.mark.parametrize(
    ("price", "fee", "fee_legs", "open_legs"),
    [
        (  # as reserved
            "100",
            "0.1",
            {"locked:order:1": "-0.1", "expense:fee": "0.1"},
            {"locked:order:1": "-100", "locked:position:7": "100"},
        ),
        (  # cheaper: what is left over goes back
            "90",
            "0.09",
            {"locked:order:1": "-0.09", "expense:fee": "0.09"},
            {"locked:order:1": "-100.01", "available": "10.01", "locked:position:7": "90"},
        ),
        (  # dearer: the rest comes from the available balance
            "110",
            "0.11",
            {"locked:order:1": "-0.11", "expense:fee": "0.11"},
            {"locked:order:1": "-99.99", "available": "-10.01", "locked:position:7": "110"},
        ),
        ("100", "0", None, {"locked:order:1": "-100.1", "available": "0.1", "locked:position:7": "100"}),
    ],
)
def test_an_entry_turns_its_reserve_into_fee_and_margin(
    price: str, fee: str, fee_legs: dict[str, str] | None, open_legs: dict[str, str]
) -> None:
    order = buy()
    movement = apply(make_portfolio(orders=[order]), order, make_execution(1, price, fee=fee))
    expected = [] if fee_legs is None else [("fee", fee_legs)]
    assert booked(movement) == [*expected, ("position_open", open_legs)]
    assert movement.orders[0].reserve == 0
    assert movement.orders[0].status is OrderStatus.FILLED
    assert movement.positions[0].margin == Decimal(price)


def test_an_entry_filled_in_parts_keeps_the_rest_of_its_reserve() -> None:
    order = buy(type=OrderType.LIMIT, limit_price=Decimal(100))
    portfolio = make_portfolio(orders=[order])
    first = apply(portfolio, order, make_execution("0.4", 100, fee="0.04"))
    assert booked(first) == [
        ("fee", {"locked:order:1": "-0.04", "expense:fee": "0.04"}),
        ("position_open", {"locked:order:1": "-40", "locked:position:7": "40"}),
    ]
    assert first.orders[0].reserve == Decimal("60.06")
    assert first.orders[0].position_id == 7
    second = accounting.apply_execution(
        portfolio.apply(first, at=after(minutes=1)),
        first.orders[0],
        execution=make_execution("0.6", 99, fee="0.0594", trade_id="t2"),
        instrument=SPOT,
        ids=BookingIds(fill_id=12, position_id=99),
    )
    assert booked(second)[1] == (
        "position_open",
        {"locked:order:1": "-60.0006", "available": "0.6006", "locked:position:7": "59.4"},
    )
    (position,) = second.positions
    assert (position.id, position.quantity, position.entry_cost, position.margin) == (
        7,
        1,
        Decimal("99.4"),
        Decimal("99.4"),
    )
    assert (second.orders[0].status, second.orders[0].reserve) == (OrderStatus.FILLED, 0)


def test_canceling_the_rest_releases_what_is_still_reserved() -> None:
    order = buy(type=OrderType.LIMIT, limit_price=Decimal(100))
    first = apply(make_portfolio(orders=[order]), order, make_execution("0.4", 100, fee="0.04"))
    ended = order_accounting.end_order(
        make_portfolio(), first.orders[0], status=OrderStatus.CANCELED, at=after(minutes=2)
    )
    assert booked(ended) == [("order_release", {"locked:order:1": "-60.06", "available": "60.06"})]


@pytest.mark.requirement("R54", "R213", "R221")
@pytest.mark.parametrize(
    ("direction", "price", "fee", "legs", "description"),
    [
        (
            Direction.LONG,
            "110",
            "0.11",
            {"locked:position:1": "-99.89", "available": "109.89", "income:pnl": "-10"},
            "Closed LONG position for BTC/USDT, PnL: $10.00",
        ),
        (
            Direction.LONG,
            "87.66",
            "0.08766",
            {"locked:position:1": "-99.91234", "available": "87.57234", "income:pnl": "12.34"},
            "Closed LONG position for BTC/USDT, PnL: -$12.34",
        ),
        (
            Direction.LONG,
            "100",
            "0.1",
            {"locked:position:1": "-99.9", "available": "99.9"},
            "Closed LONG position for BTC/USDT, PnL: $0.00",
        ),
        (
            Direction.SHORT,
            "90",
            "0.09",
            {"locked:position:1": "-99.91", "available": "109.91", "income:pnl": "-10"},
            "Closed SHORT position for BTC/USDT, PnL: $10.00",
        ),
    ],
)
def test_a_close_frees_the_margin_books_the_profit_and_pays_its_fee(
    direction: Direction, price: str, fee: str, legs: dict[str, str], description: str
) -> None:
    position = make_position(direction)
    order = make_order(
        is_exit=True,
        side=direction.entry_side.opposite,
        position_id=1,
        reason=OrderReason.TAKE_PROFIT,
        reserve=Decimal(0),
    )
    movement = apply(make_portfolio(positions=[position], orders=[order]), order, make_execution(1, price, fee=fee))
    assert booked(movement) == [
        ("fee", {"locked:position:1": f"-{fee}", "expense:fee": fee}),
        ("position_close", legs),
    ]
    close = movement.drafts[-1]
    assert (close.reason, close.description) == ("trade_pnl_take_profit", description)
    assert (close.position_id, close.order_id, close.fill_id) == (1, 1, 11)
    (closed,) = movement.positions
    assert (closed.quantity, closed.margin, closed.close_reason) == (0, 0, OrderReason.TAKE_PROFIT)
    assert movement.fills[0].realized_pnl == closed.realized_pnl


def test_a_part_frees_its_share_of_the_margin_and_the_last_part_all_the_rest() -> None:
    position = make_position(quantity=3, price=Decimal("33.33333333"), margin=Decimal(100))
    order = make_order(is_exit=True, side=OrderSide.SELL, position_id=1, quantity=Decimal(3))
    portfolio = make_portfolio(positions=[position], orders=[order])
    first = apply(portfolio, order, make_execution(1, "33.33333333"))
    assert booked(first) == [("position_close", {"locked:position:1": "-33.33333333", "available": "33.33333333"})]
    second = apply(
        portfolio.apply(first, at=after(minutes=1)), first.orders[0], make_execution(2, "33.33333333", trade_id="t2")
    )
    assert booked(second) == [("position_close", {"locked:position:1": "-66.66666667", "available": "66.66666667"})]
    assert second.positions[0].margin == 0


def test_a_liquidation_is_named_as_one() -> None:
    position = make_position(Direction.SHORT)
    order = make_order(is_exit=True, position_id=1, reason=OrderReason.LIQUIDATION)
    movement = apply(make_portfolio(positions=[position], orders=[order]), order, make_execution(1, 199))
    assert booked(movement) == [("liquidation", {"locked:position:1": "-100", "available": "1", "income:pnl": "99"})]
    assert movement.drafts[0].reason == "trade_pnl_liquidation"


def test_a_position_begins_with_the_levels_of_its_order() -> None:
    order = buy(
        protection=Protection(stop_loss_percent=Decimal(2), take_profit_percent=Decimal(4)),
        strategy_run_id=5,
        leverage=2,
    )
    execution = replace(make_execution(1, 90), bar_opened_at=after(minutes=1), is_within_bar=True)
    movement = accounting.apply_execution(
        make_portfolio(orders=[order]), order, execution=execution, instrument=SWAP, ids=IDS
    )
    (position,) = movement.positions
    assert (position.stop_loss, position.take_profit) == (Decimal("88.2"), Decimal("93.6"))
    assert (position.margin, position.leverage, position.strategy_run_id) == (45, 2, 5)
    assert (position.opening_bar_at, position.entered_within_bar) == (after(minutes=1), True)
    assert position.opened_at == after(minutes=1)


def test_the_entries_of_a_fill_carry_the_exchanges_own_trade_id_as_their_key() -> None:
    order = buy()
    movement = apply(make_portfolio(orders=[order]), order, make_execution(1, 100, fee="0.1", trade_id="x-42"))
    keys = [draft.idempotency_key for draft in movement.drafts]
    assert keys == ["fill:1:BTC/USDT:x-42:fee", "fill:1:BTC/USDT:x-42:position_open"]


def test_maker_and_taker_fees_are_told_apart() -> None:
    order = buy()
    execution = replace(make_execution(1, 100, fee="0.05"), is_maker=True)
    movement = apply(make_portfolio(orders=[order]), order, execution)
    assert (movement.drafts[0].reason, movement.drafts[0].description) == ("fee_maker", "Maker fee for buy of BTC/USDT")


def test_a_close_of_what_is_not_open_is_our_fault() -> None:
    order = make_order(is_exit=True, side=OrderSide.SELL, position_id=9)
    with pytest.raises(InvariantError, match="closes position 9, which is not open"):
        apply(make_portfolio(orders=[order]), order, make_execution(1, 100))
