"""Whose market is it: an account with something open starts only where its prices are."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.assembly import AccountChoice, open_trader
from desktop_trader.domain.errors import DeclinedError, RefusedError
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import data_folder
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.notices import LogNotice
from desktop_trader.settings import Settings

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


def market(seed: int = 1, anchor: datetime = ANCHOR) -> MarketFeed:
    feed = SimulatedFeed(seed, anchor)
    feed.subscribe("BTC/USDT", None)
    return feed


def start_and_buy(folder: Path) -> str:
    trader = open_trader(data_folder(folder), AccountChoice(), settings=Settings(), make_feed=market)
    engine = trader.engine
    order = SubmitOrder(
        request_id="1", symbol="BTC/USDT", side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal("0.01")
    )
    while not engine.books.portfolio.positions:
        event = engine.feed.next_event()
        assert event is not None
        engine.step(event)
        engine.step(order)
    trader.close("quit")
    return engine.books.head.hash


def test_an_open_position_is_not_taken_to_another_market(tmp_path: Path) -> None:
    head = start_and_buy(tmp_path)

    with pytest.raises(RefusedError, match=r"1 open position on the simulated market \(seed 1\)") as told:
        open_trader(data_folder(tmp_path), AccountChoice(), settings=Settings(), make_feed=lambda: market(seed=2))

    assert "Start with --market simulated --seed 1 to go on" in told.value.user_message
    again = open_trader(data_folder(tmp_path), AccountChoice(), settings=Settings(), make_feed=market)
    assert again.engine.books.head.hash == head
    assert len(again.engine.books.portfolio.positions) == 1
    again.close("quit")


def test_an_account_with_nothing_open_may_go_to_another_market_and_says_so(tmp_path: Path) -> None:
    open_trader(data_folder(tmp_path), AccountChoice(), settings=Settings(), make_feed=market).close("quit")

    trader = open_trader(data_folder(tmp_path), AccountChoice(), settings=Settings(), make_feed=lambda: market(2))

    said = [notice.message for notice in trader.opening_notices if isinstance(notice, LogNotice)]
    assert any("were last on the simulated market (seed 1)" in message for message in said)
    trader.close("quit")


def test_a_market_begins_when_the_person_has_answered_not_when_they_were_asked(tmp_path: Path) -> None:
    anchors = iter([ANCHOR, ANCHOR + timedelta(minutes=5)])
    account = AccountChoice(ask_start_amount=lambda default: default / 2)

    trader = open_trader(
        data_folder(tmp_path), account, settings=Settings(), make_feed=lambda: market(anchor=next(anchors))
    )

    assert trader.engine.desk.clock.now() == ANCHOR + timedelta(minutes=5)
    assert trader.engine.books.portfolio.wallet.total == Decimal(5_000)
    trader.close("quit")


def test_a_person_who_declines_leaves_no_account(tmp_path: Path) -> None:
    account = AccountChoice(ask_start_amount=lambda _default: None)
    with pytest.raises(DeclinedError):
        open_trader(data_folder(tmp_path), account, settings=Settings(), make_feed=market)

    trader = open_trader(data_folder(tmp_path), AccountChoice(), settings=Settings(), make_feed=market)
    assert trader.engine.books.head.entry_id == 1
    trader.close("quit")
