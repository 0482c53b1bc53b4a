"""On a live market time passes between prices: what a price does is booked when it happens, and the books hold."""

from datetime import timedelta
from pathlib import Path

from desktop_trader.assembly import AccountChoice, open_trader
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages import commands as c
from desktop_trader.settings import Settings
from desktop_trader.storage.verify import verify_folder
from tests.builders import SPOT, after, make_quote, number
from tests.fakes import ScriptedFeed
from tests.pause_rig import PauseRig


def test_what_an_older_price_fills_is_booked_at_the_clock_and_the_books_verify(tmp_path: Path) -> None:
    paths = DataFolderPaths(root=tmp_path)
    feed = ScriptedFeed([SPOT], is_live=True)
    trader = open_trader(paths, AccountChoice(), settings=Settings(), make_feed=lambda: feed)
    engine = trader.engine
    trader.floor.gate.open()  # everything is verified
    clock = engine.desk.clock

    engine.step(make_quote(100, at=after(seconds=1)))
    clock.advance_to(after(seconds=1, minutes=0) + timedelta(milliseconds=500))
    engine.step(
        c.SubmitOrder(
            request_id="1",
            symbol=SPOT.symbol,
            side=OrderSide.BUY,
            type=OrderType.MARKET,
            quantity=number("0.1"),
            protection=Protection(stop_loss=number(90)),
        )
    )
    clock.advance_to(after(seconds=4))
    engine.step(make_quote(100, at=after(seconds=3)))  # made a second ago
    (position,) = engine.books.portfolio.positions.values()
    clock.advance_to(after(seconds=9))
    engine.step(make_quote(80, at=after(seconds=6)))
    trader.close("quit")

    assert position.opened_at == after(seconds=4)
    assert engine.books.portfolio.positions == {}
    report = verify_folder(paths)
    assert report.ok, report.findings


def test_a_bar_that_came_too_late_to_be_an_event_is_in_the_strategys_window_all_the_same() -> None:
    rig = PauseRig(is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.quote(10)
    for price in (14, 14, 14):
        rig.unseen_bar(f"{price} {price} {price} {price}")
    rig.start_strategy(fast="1", slow="2")
    rig.bar("14 14 14 14")
    rig.bar("12 12 12 12")
    rig.unseen_bar("9 9 9 9")  # fetched with the next one
    assert not rig.engine("demo").books.decisions
    rig.bar("10 10 10 10")

    (decision,) = rig.engine("demo").books.decisions
    assert decision.action == "enter_long"
