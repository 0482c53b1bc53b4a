"""A symbol that the exchange does not trade any more freezes what is held of it, is told, and stops nothing else."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from desktop_trader.domain.order import OrderSide
from desktop_trader.engine.needed_symbols import needed_symbols
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, LogNotice, OrderCanceled, PositionClosed
from desktop_trader.storage.candle_store import CandleStore
from tests.builders import SPOT, START
from tests.network_rig import ETHER, NetworkRig, NetworkState, with_rig
from tests.pause_rig import PauseRig


@pytest.mark.requirement("R40")
def test_a_held_symbol_that_is_delisted_is_frozen_and_told_and_the_others_trade() -> None:
    async def session(rig: NetworkRig) -> None:
        await rig.until_state(NetworkState.RUNNING)
        await rig.open_position()
        rig.exchange.delisted.add(SPOT.symbol)
        await rig.until(lambda: bool(rig.trader.floor.gate.reviewed))
        (told,) = [each for each in rig.told(LogNotice) if "is not traded at the exchange any more" in each.message]
        assert (told.level, told.message.partition(" ")[0]) == ("error", SPOT.symbol)
        assert needed_symbols(rig.trader.floor) == {ETHER.symbol}
        (position,) = rig.positions
        rig.send(c.ClosePosition(request_id="close", position_id=position.id))
        await rig.until(lambda: bool(rig.told(CommandRefused)))
        (refused,) = rig.told(CommandRefused)
        assert refused.reason == "review"
        assert "there is no price to close it at" in refused.detail
        await rig.open_position(symbol=ETHER.symbol)
        assert rig.state is NetworkState.RUNNING
        rig.exchange.delisted.clear()
        await rig.until(lambda: not rig.trader.floor.gate.reviewed)
        assert any("is traded again" in each.message for each in rig.told(LogNotice))
        rig.send(c.ClosePosition(request_id="close again", position_id=position.id))
        await rig.until(lambda: bool(rig.told(PositionClosed)), limit=30)

    with_rig(session)


def test_nothing_acts_on_a_price_of_a_reviewed_symbol_and_the_first_one_after_it_is_a_gap() -> None:
    rig = PauseRig(instruments=[SPOT, ETHER], is_live=True, accounts=("demo",))
    gate = rig.floor.gate
    gate.open()
    for symbol in (SPOT.symbol, ETHER.symbol):
        rig.quote(100, symbol=symbol)
        rig.enter(OrderSide.BUY, 1, stop=95, symbol=symbol)
        rig.quote(100, symbol=symbol)
    rig.enter(OrderSide.BUY, 1, limit=50)
    rig.enter(OrderSide.BUY, 1, limit=40)
    gate.reviewed = frozenset({SPOT.symbol})
    rig.quote(45)
    assert rig.told(PositionClosed) == []
    ((refused,),) = rig.buy(1, limit=30)
    assert isinstance(refused, CommandRefused)
    assert refused.reason == "review"
    rig.step(c.CancelOrder(request_id="cancel", order_id=max(rig.engine().books.portfolio.orders)))
    assert len(rig.told(OrderCanceled)) == 1
    rig.quote(90, symbol=ETHER.symbol)
    assert [each.symbol for each in rig.told(PositionClosed)] == [ETHER.symbol]
    gate.reviewed = frozenset()
    rig.engine().end_review({SPOT.symbol})
    rig.quote(60)
    fills = [fill for update in rig.store.updates for fill in update.fills]
    assert [(fill.symbol, fill.is_gap) for fill in fills[2:]] == [(ETHER.symbol, False), (SPOT.symbol, True)]


def test_a_price_of_a_symbol_that_is_not_listed_any_more_halts_nothing() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    del rig.feed.listed[SPOT.symbol]
    rig.quote(90)
    assert rig.engine().halted == ""
    assert len(rig.engine().books.portfolio.positions) == 1


def followed_feed(active: Collection[str] | None = None) -> LiveFeed:
    feed = LiveFeed("exchange:x", shelf=CandleStore.in_memory(), starts_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert feed.untraded([SPOT.symbol]) == frozenset()
    feed.take_listing({SPOT.symbol: SPOT, ETHER.symbol: ETHER}, active=active)
    feed.subscribe(SPOT.symbol, None)
    return feed


def test_the_next_list_of_markets_keeps_the_rules_of_what_is_followed() -> None:
    feed = followed_feed()
    assert feed.followed() == (SPOT.symbol,)
    feed.take_listing({ETHER.symbol: ETHER})
    assert feed.listing()[SPOT.symbol] == SPOT
    assert feed.untraded([SPOT.symbol, ETHER.symbol, "X/USDT"]) == {SPOT.symbol, "X/USDT"}
    assert feed.followed() == ()  # nobody is asked for prices of it
    feed.take_listing({SPOT.symbol: SPOT})
    assert feed.untraded([SPOT.symbol]) == frozenset()
    assert ETHER.symbol not in feed.listing()


def test_what_is_listed_and_does_not_trade_at_present_is_untraded() -> None:
    assert followed_feed(active=[ETHER.symbol]).untraded([SPOT.symbol, ETHER.symbol]) == {SPOT.symbol}


def test_a_start_with_a_held_symbol_that_is_gone_needs_only_what_is_there() -> None:
    rig = PauseRig(instruments=[SPOT, ETHER], is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(100)
    rig.buy(1)
    assert needed_symbols(rig.floor) == {SPOT.symbol}
    rig.floor.gate.reviewed = frozenset({SPOT.symbol})
    assert needed_symbols(rig.floor) == {ETHER.symbol}
    assert rig.now > START
