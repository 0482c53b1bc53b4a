"""Several accounts on one scripted market, stepped by hand."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.engine.ports import LedgerStore, StoredBooks
from desktop_trader.engine.seating import SeatParts, seat_accounts
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import Notice
from tests.builders import START
from tests.engine_rig import DEMO_ACCOUNT, NO_LIMITS
from tests.fakes import ScriptedFeed


def build_floor(
    store: LedgerStore, feed: ScriptedFeed, *, primary: str = "demo", notices: list[Notice] | None = None
) -> TradingFloor:
    """Recover every account of the books, and open the primary one if it is new; what that tells goes to `notices`.

    On a market outside the gate is closed: nothing has been verified yet.
    """
    gate = TradingGate()
    if feed.is_live:
        gate.close("not verified yet")
    parts = SeatParts(
        store=store,
        feed=feed,
        limits=NO_LIMITS,
        new_account=replace(DEMO_ACCOUNT, name=primary),
        make_broker=PaperBroker,
        closed_market=closed_market,
        gate=gate,
    )
    others = [store.load(name) for name in store.account_names() if name != primary]
    floor, told = seat_accounts(parts, primary=store.load(primary), others=others)
    if notices is not None:
        notices += told
    return floor


def open_account(floor: TradingFloor, name: str, amount: str = "5000", request_id: str = "") -> list[Notice]:
    """Ask for one more account."""
    return floor.step(c.OpenAccount(request_id=request_id or f"open-{name}", name=name, start_amount=Decimal(amount)))


def closed_market(stored: StoredBooks) -> ClosedFeed:
    """Stand in for the market of an account that sleeps."""
    market = stored.market
    if market is None:
        return ClosedFeed(source_id="nowhere", starts_at=START)
    return ClosedFeed(source_id=market.source_id, starts_at=market.anchor_at)


def play_to_the_end(floor: TradingFloor, feed: ScriptedFeed) -> list[datetime]:
    """Give the floor what is left of the market; return the times of it."""
    times = []
    while (event := feed.next_event()) is not None:
        times.append(event.at if hasattr(event, "at") else event.closed_at)
        floor.step(event)
    return times
