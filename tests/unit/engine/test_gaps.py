"""Gaps are honest: what the first stable price after an outage fills is filled at it and says so, and nothing else."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.accounting import GAP
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.order import OrderSide
from desktop_trader.messages.notices import CommandRefused, LogNotice, OrderAccepted, OrderDenied, PositionClosed
from tests.builders import SPOT, SWAP
from tests.pause_rig import PauseRig


def fills(rig: PauseRig) -> list[Fill]:
    return [fill for update in rig.store.updates for fill in update.fills]


def flags(rig: PauseRig) -> list[bool]:
    return [fill.is_gap for fill in fills(rig)]


def held_long(rig: PauseRig, **levels: int) -> None:
    rig.quote(100)
    rig.buy(1, **levels)
    rig.quote(100)


def outage(rig: PauseRig) -> None:
    rig.lose()
    rig.regain()


@pytest.mark.requirement("R211")
@pytest.mark.parametrize(("levels", "price"), [({"stop": 95}, 90), ({"target": 105}, 110)])
def test_an_exit_at_the_first_stable_price_is_flagged_everywhere(levels: dict[str, int], price: int) -> None:
    rig = PauseRig(accounts=("demo",))
    held_long(rig, **levels)
    outage(rig)
    rig.quote(price)
    last = fills(rig)[-1]
    assert (last.price, last.is_gap) == (Decimal(price), True)
    (order,) = rig.store.updates[-1].orders
    assert order.detail == GAP
    close = rig.store.entries[-1].draft
    assert close.description.endswith(f"({GAP})")
    assert flags(rig) == [False, True]


def test_only_the_first_price_is_a_gap() -> None:
    rig = PauseRig(accounts=("demo",))
    held_long(rig, stop=95)
    outage(rig)
    rig.quote(99)
    rig.quote(90)
    assert flags(rig) == [False, False]


def test_each_symbol_has_a_first_price_of_its_own() -> None:
    other = replace(SPOT, symbol="ETH/USDT", base="ETH")
    rig = PauseRig(instruments=[SPOT, other], accounts=("demo",))
    held_long(rig, stop=95)
    outage(rig)
    rig.quote(5, symbol="ETH/USDT")
    rig.quote(90)
    assert flags(rig) == [False, True]


def test_a_resting_limit_filled_at_the_first_price_is_flagged_and_one_placed_afterwards_is_not() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, limit=90)
    outage(rig)
    rig.buy(1, limit=91)
    rig.quote(80)
    assert [(fill.order_id, fill.price, fill.is_gap) for fill in fills(rig)] == [
        (1, Decimal(80), True),
        (2, Decimal(80), False),
    ]
    assert "gap" in [entry for entry in rig.store.entries if entry.draft.order_id == 1][-1].draft.description
    assert "gap" not in [entry for entry in rig.store.entries if entry.draft.order_id == 2][-1].draft.description


def test_a_close_that_waited_is_flagged_and_one_of_a_person_afterwards_is_not() -> None:
    rig = PauseRig(accounts=("demo",))
    held_long(rig)
    rig.buy(1)
    rig.quote(100)
    rig.close()
    outage(rig)
    rig.quote(99)
    rig.close()
    rig.quote(99)
    assert flags(rig) == [False, False, True, False]


def test_on_bars_only_what_the_open_reached_is_a_gap() -> None:
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.bar("100 101 99 100")
    rig.buy(1, stop=95)
    rig.buy(1, stop=80)
    rig.buy(1, limit=85)
    rig.bar("100 101 99 100")
    outage(rig)
    rig.bar("90 91 79 81")
    assert [(fill.price, fill.is_gap) for fill in fills(rig)[2:]] == [
        (Decimal(85), False),
        (Decimal(90), True),
        (Decimal(80), False),
    ]


def test_on_bars_a_limit_beyond_which_the_market_opens_is_a_gap() -> None:
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.bar("100 101 99 100")
    rig.buy(1, limit=85)
    outage(rig)
    rig.bar("84 86 83 85")
    assert [(fill.price, fill.is_gap) for fill in fills(rig)] == [(Decimal(84), True)]


def test_a_stop_that_stands_exactly_at_the_open_is_a_gap() -> None:
    rig = PauseRig(fills_on=PriceSource.BARS, accounts=("demo",))
    rig.bar("100 101 99 100")
    rig.buy(1, stop=95)
    rig.bar("100 101 99 100")
    outage(rig)
    rig.bar("95 96 94 95")
    assert [(fill.price, fill.is_gap) for fill in fills(rig)[1:]] == [(Decimal(95), True)]


@pytest.mark.parametrize("is_live", [False, True])
def test_a_restart_before_the_first_price_forgets_no_gap(is_live: bool) -> None:
    """On a market outside any restart is a gap; on the others one that ended after the last price seen."""
    rig = PauseRig(is_live=is_live, accounts=("demo",))
    rig.floor.gate.open()
    held_long(rig, stop=95)
    outage(rig)
    rig.floor.checkpoint()
    rig.restart()
    if is_live:
        rig.regain()
    rig.quote(90)
    assert flags(rig) == [False, True]


def test_a_restart_of_a_market_that_needs_no_network_is_no_gap_by_itself() -> None:
    rig = PauseRig(accounts=("demo",))
    held_long(rig, stop=95)
    outage(rig)
    rig.quote(99)
    rig.floor.checkpoint()
    rig.restart()
    rig.quote(90)
    assert flags(rig) == [False, False]


def test_a_restart_on_a_market_outside_voids_what_waited_before() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1)
    rig.restart()
    rig.regain()
    rig.quote(100)
    assert fills(rig) == []
    assert rig.engine().books.portfolio.wallet.locked == 0


@pytest.mark.requirement("R40")
def test_what_is_held_is_followed_before_the_market_lists_it_and_watched_as_soon_as_it_does() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    held_long(rig, stop=95)
    rig.buy(1, limit=50)
    rig.buy(1, limit=40)
    rig.restart(is_listed=False)
    assert (SPOT.symbol, None) in rig.feed.subscribed
    assert len(rig.engine().books.portfolio.orders) == 2
    ((refused,),) = rig.buy(1)
    assert isinstance(refused, CommandRefused)
    assert "nothing yet" in refused.detail
    rig.feed.listed[SPOT.symbol] = SPOT
    rig.regain()
    rig.quote(50)
    assert [(fill.price, fill.is_gap) for fill in fills(rig)[1:]] == [(Decimal(50), True), (Decimal(50), True)]
    rig.quote(40)
    assert [(fill.price, fill.is_gap) for fill in fills(rig)[3:]] == [(Decimal(40), False)]


# ---------------------------------------------------------------------------------------------------- units


def with_other_contracts(rig: PauseRig, size: str) -> None:
    """Start again on a market whose contracts have another size now."""
    rig.instruments = [replace(SWAP, contract_size=Decimal(size))]
    rig.restart()


@pytest.mark.requirement("R40")
def test_a_position_whose_contracts_changed_is_not_traded_and_told_once() -> None:
    rig = PauseRig(instruments=[SWAP], accounts=("demo",))
    held_long(rig, stop=95)
    with_other_contracts(rig, "10")
    rig.quote(90)
    rig.quote(80)
    assert len(rig.engine().books.portfolio.positions) == 1
    told = [notice for notice in rig.told(LogNotice) if "not traded" in notice.message]
    assert [notice.level for notice in told] == ["error"]
    ((refused,),) = rig.close()
    assert isinstance(refused, CommandRefused)
    assert refused.reason == "units"
    ((denied,),) = rig.buy(1)
    assert isinstance(denied, OrderDenied)
    assert denied.reason == "units_changed"
    with_other_contracts(rig, "1")
    rig.quote(90)
    assert len(rig.told(PositionClosed)) == 1


def test_a_position_of_another_symbol_is_traded_as_ever_beside_one_whose_contracts_changed() -> None:
    other = replace(SWAP, symbol="ETH/USDT:USDT", base="ETH")
    rig = PauseRig(instruments=[SWAP, other], accounts=("demo",))
    held_long(rig, stop=95)
    rig.instruments = [replace(SWAP, contract_size=Decimal(10)), other]
    rig.restart()
    rig.quote(100, symbol=other.symbol)
    ((told,),) = rig.enter(OrderSide.BUY, 1, symbol=other.symbol)
    assert isinstance(told, OrderAccepted)


def test_the_gap_is_counted_from_the_end_of_the_outage() -> None:
    """A position opened after it has no gap, although its symbol had had no price when the outage ended."""
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.buy(1, limit=90)
    outage(rig)
    rig.cancel()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.quote(90)
    assert flags(rig) == [False, False]
