"""What positions pay and are paid at a funding instant."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.funding import funding_amount, funding_key, funding_per_day, is_due, quantity_at
from desktop_trader.domain.invariants import check_account, check_entries, check_movement
from desktop_trader.domain.ledger import GENESIS, EntryKind, seal
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.order import Direction, MarginMode, OrderReason, OrderSide
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import book_funding
from tests.builders import SPOT, START, SWAP, Number, after, make_fill, make_portfolio, make_position, number

LONG, SHORT = Direction.LONG, Direction.SHORT
AT = after(days=1)


def rate_of(rate: Number, *, mark: Number = 1000, **fields: object) -> FundingRate:
    values: dict[str, object] = {"symbol": SWAP.symbol, "at": AT, "rate": number(rate), "mark_price": number(mark)}
    return FundingRate(**(values | fields))  # type: ignore[arg-type]


def swap_position(direction: Direction = LONG, *, margin: Number = 100, quantity: Number = 1) -> Position:
    return make_position(
        direction, symbol=SWAP.symbol, quantity=quantity, price=1000, leverage=10, margin=number(margin)
    )


def booked(portfolio: Portfolio, rate: FundingRate) -> tuple[Movement, Portfolio]:
    """Book the funding of position 1 and hold it against every law; return what was booked and the account then."""
    movement = book_funding(portfolio, portfolio.positions[1], rate=rate, at=AT)
    after_ = portfolio.apply(movement, at=AT)
    entries, _ = seal(movement.drafts, head=GENESIS, total=portfolio.wallet.total, locked=portfolio.wallet.locked)
    check_entries(entries, head=GENESIS, before=portfolio, after=after_)
    check_account(after_)
    check_movement(movement, before=portfolio, after=after_)
    return movement, after_


@pytest.mark.parametrize(
    ("direction", "rate", "quantity", "amount"),
    [
        (LONG, "0.0001", "1", "-0.1"),
        (SHORT, "0.0001", "1", "0.1"),
        (LONG, "-0.0001", "1", "0.1"),
        (SHORT, "-0.0001", "1", "-0.1"),
        (LONG, "0", "1", "0"),
        (LONG, "0.000000011", "0.001", "-0.00000002"),  # 1.1e-8 to pay: up
        (SHORT, "0.000000019", "0.001", "0.00000001"),  # 1.9e-8 to get: down
    ],
)
def test_longs_pay_shorts_while_the_rate_is_positive_and_rounding_makes_no_money(
    direction: Direction, rate: str, quantity: str, amount: str
) -> None:
    assert funding_amount(swap_position(direction, quantity=quantity), rate_of(rate)) == Decimal(amount)


def test_contracts_count_with_their_size() -> None:
    position = make_position(LONG, symbol=SWAP.symbol, quantity=10, price=1000, contract_size=Decimal("0.01"))
    assert funding_amount(position, rate_of("0.001")) == Decimal("-0.1")


def test_who_was_in_before_the_instant_takes_part() -> None:
    position = swap_position()
    assert is_due(position, rate_of("0.0001"), instrument=SWAP)
    assert not is_due(position, rate_of("0.0001", at=START), instrument=SWAP)  # opened at that very instant
    assert not is_due(position, rate_of("0.0001", is_estimate=True), instrument=SWAP)
    assert not is_due(position, rate_of("0.0001", symbol="ETH/USDT:USDT"), instrument=SWAP)
    assert not is_due(make_position(), rate_of("0.0001", symbol=SPOT.symbol), instrument=SPOT)


def test_who_was_closed_after_the_instant_takes_part() -> None:
    closed = replace(swap_position(), quantity=Decimal(0), margin=Decimal(0), close_reason=OrderReason.MANUAL)
    for seconds, takes_part in ((-1, False), (0, False), (1, True)):
        position = replace(closed, closed_at=AT + timedelta(seconds=seconds))
        assert is_due(position, rate_of("0.0001"), instrument=SWAP) is takes_part


def test_what_was_open_at_an_instant_follows_from_the_fills_since() -> None:
    position = swap_position(quantity=5)
    later = [
        make_fill(OrderSide.BUY, 3, 1000, id=1, at=AT + timedelta(seconds=1)),
        make_fill(OrderSide.SELL, 1, 1000, id=2, at=AT + timedelta(seconds=1)),
        make_fill(OrderSide.BUY, 2, 1000, id=3, at=AT),
        replace(make_fill(OrderSide.BUY, 2, 1000, id=4, at=AT + timedelta(seconds=1)), position_id=2),
    ]
    assert quantity_at(position, AT, later=later) == 3
    assert quantity_at(position, AT, later=[]) == 5


def test_a_closed_position_pays_out_of_what_is_available_and_stays_closed() -> None:
    closed = replace(
        swap_position(), quantity=Decimal(0), margin=Decimal(0), closed_at=AT, close_reason=OrderReason.MANUAL
    )
    portfolio = make_portfolio(500)
    movement = book_funding(portfolio, closed, rate=rate_of("0.001"), at=AT, quantity=Decimal(2))
    (paid,) = movement.positions
    assert (paid.funding, paid.is_open, movement.closed_before) == (-2, False, (closed,))
    account = portfolio.apply(movement, at=AT)
    assert (account.wallet.total, dict(account.positions)) == (498, {})
    check_movement(movement, before=portfolio, after=account)
    forged = replace(movement, closed_before=(swap_position(),))
    with pytest.raises(InvariantError, match="I10"):
        check_movement(forged, before=portfolio, after=account)
    with pytest.raises(InvariantError, match="I11"):
        check_movement(replace(movement, closed_before=()), before=portfolio, after=account)


@pytest.mark.requirement("R74")
def test_on_cross_the_margins_of_the_others_pay_what_one_lacks() -> None:
    lots = [
        replace(swap_position(margin=margin), id=lot_id, margin_mode=mode)
        for lot_id, margin, mode in (
            (1, 10, MarginMode.CROSS),
            (2, 30, MarginMode.CROSS),
            (3, 40, MarginMode.ISOLATED),
            (4, 20, MarginMode.CROSS),
        )
    ]
    movement, account = booked(make_portfolio(105, positions=lots), rate_of("0.055"))
    assert [draft.reason for draft in movement.drafts] == ["margin_lent", "funding_paid"]
    assert [account.positions[each].margin for each in (1, 2, 3, 4)] == [0, 0, 40, 10]
    assert (account.positions[1].funding, account.wallet.available) == (-55, 0)


def test_an_instant_is_booked_once_for_each_position() -> None:
    assert funding_key(swap_position(), rate_of("0.1")) == f"funding:1:{SWAP.symbol}:2026-01-02T00:00:00+00:00:1"


def test_a_day_has_as_many_payments_as_intervals() -> None:
    for hours, times in ((8, 3), (4, 6), (1, 24)):
        amount = funding_per_day(Decimal(1000), LONG, rate=Decimal("0.0001"), interval=timedelta(hours=hours))
        assert amount == Decimal("-0.1") * times
    assert funding_per_day(Decimal(1000), SHORT, rate=Decimal("0.0001"), interval=timedelta(hours=8)) == Decimal("0.3")


@pytest.mark.requirement("R178")
def test_what_is_received_is_available_and_is_said() -> None:
    movement, account = booked(make_portfolio(500, positions=[swap_position(SHORT)]), rate_of("0.0001"))
    draft = movement.drafts[0]
    assert (draft.kind, draft.reason, draft.position_id) == (EntryKind.FUNDING, "funding_received", 1)
    assert draft.description == (
        f"Funding of SHORT position for {SWAP.symbol} at 2026-01-02T00:00:00+00:00: 0.01 % of $1,000.00"
    )
    assert (account.wallet.total, account.wallet.available, account.wallet.locked) == (
        Decimal("500.1"),
        Decimal("400.1"),
        100,
    )
    assert account.positions[1].funding == Decimal("0.1")
    assert account.totals.funding == Decimal("0.1")


@pytest.mark.parametrize(
    ("total", "rate", "available", "margin", "funding"),
    [
        (500, "0.001", 399, 100, -1),
        (100, "0.001", 0, 99, -1),  # nothing is available: the margin pays
        ("100.4", "0.001", 0, "99.4", -1),  # part of it is
        (100, "0.2", 0, 0, -100),  # twice the margin: what neither has is not charged
        ("100.5", "0.2", 0, 0, "-100.5"),
    ],
)
def test_what_is_paid_comes_out_of_what_is_available_and_then_out_of_the_margin(
    total: Number, rate: str, available: Number, margin: Number, funding: Number
) -> None:
    movement, account = booked(make_portfolio(total, positions=[swap_position()]), rate_of(rate))
    position = account.positions[1]
    assert account.wallet.available == number(available)
    assert (position.margin, position.funding) == (number(margin), number(funding))
    assert movement.drafts[0].reason == "funding_paid"


def test_what_could_not_be_paid_is_said() -> None:
    movement, _ = booked(make_portfolio(100, positions=[swap_position()]), rate_of("0.2"))
    assert movement.drafts[0].description.endswith("20 % of $1,000.00; $100.00 could not be paid")


def test_nothing_to_pay_books_nothing() -> None:
    portfolio = make_portfolio(500, positions=[swap_position()])
    assert book_funding(portfolio, portfolio.positions[1], rate=rate_of(0), at=AT) == Movement()
    broke = make_portfolio(0, positions=[swap_position(margin=0)])
    assert book_funding(broke, broke.positions[1], rate=rate_of("0.1"), at=AT) == Movement()


def test_funding_that_the_position_does_not_say_is_never_written() -> None:
    portfolio = make_portfolio(500, positions=[swap_position()])
    movement = book_funding(portfolio, portfolio.positions[1], rate=rate_of("0.001"), at=AT)
    forgotten = Movement(drafts=movement.drafts, positions=(portfolio.positions[1],))
    with pytest.raises(InvariantError, match="I7: position 1: funding"):
        check_movement(forgotten, before=portfolio, after=portfolio.apply(forgotten, at=AT))
