"""Market time, marks and the notice board."""

from desktop_trader.domain.order import Direction
from desktop_trader.engine.clock import MarketClock
from desktop_trader.engine.marks import Marks
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, LogNotice, OrderFilled
from tests.builders import SPOT, after, make_portfolio, make_position, make_quote
from tests.fakes import ManualClock


def test_market_time_never_goes_back() -> None:
    clock = MarketClock(after(minutes=5))
    clock.advance_to(after(minutes=3))
    assert clock.now() == after(minutes=5)
    clock.advance_to(after(minutes=6))
    assert clock.now() == after(minutes=6)


def test_an_entry_pays_the_ask_and_a_short_gets_the_bid() -> None:
    marks = Marks()
    assert marks.entry_price(SPOT.symbol, Direction.LONG) is None
    marks.set_price(SPOT.symbol, make_quote(7).last)
    assert marks.entry_price(SPOT.symbol, Direction.LONG) == 7
    marks.set_quote(make_quote(100, bid=99, ask=101))
    assert marks.entry_price(SPOT.symbol, Direction.LONG) == 101
    assert marks.entry_price(SPOT.symbol, Direction.SHORT) == 99


def test_a_late_quote_changes_nothing() -> None:
    marks = Marks()
    assert marks.set_quote(make_quote(100, at=after(seconds=5)))
    version = marks.version
    assert not marks.set_quote(make_quote(50, at=after(seconds=4)))
    assert (marks.price(SPOT.symbol), marks.version) == (100, version)
    assert marks.set_quote(make_quote(51, at=after(seconds=5)))


def test_one_unknown_price_makes_the_sum_unknown() -> None:
    portfolio = make_portfolio(positions=[make_position(), make_position(id=2, symbol="ETH/USDT")])
    marks = Marks([(SPOT.symbol, make_quote(110).last)])
    assert marks.unrealized(portfolio) is None
    marks.set_price("ETH/USDT", make_quote(95).last)
    assert marks.unrealized(portfolio) == 5
    assert marks.unrealized(make_portfolio()) == 0


def test_marks_of_what_is_held_are_stored_sorted() -> None:
    marks = Marks([("Z/USDT", make_quote(1).last), (SPOT.symbol, make_quote(2).last), ("A/USDT", make_quote(3).last)])
    portfolio = make_portfolio(positions=[make_position(), make_position(id=2, symbol="A/USDT")])
    assert marks.held(portfolio) == (("A/USDT", 3), (SPOT.symbol, 2))


def test_a_fill_is_the_first_mark_but_never_replaces_one() -> None:
    marks = Marks()
    marks.set_price_if_unknown(SPOT.symbol, make_quote(5).last)
    marks.set_price_if_unknown(SPOT.symbol, make_quote(6).last)
    assert marks.price(SPOT.symbol) == 5


def test_notices_are_numbered_from_where_the_books_left_off_and_told_once() -> None:
    clock = ManualClock(after(minutes=2))
    board = NoticeBoard(clock, sent=41)
    board.log("first")
    clock.at = after(minutes=3)
    board.request_id = "r"
    board.pin(CommandRefused, reason="x", detail="y")
    first, second = board.take()
    assert (first.id, first.at, first.request_id) == (42, after(minutes=2), "")
    assert (second.id, second.at, second.request_id) == (43, after(minutes=3), "r")
    assert board.take() == []
    assert board.sent == 43
    assert isinstance(first, LogNotice)


def test_notices_are_public_under_their_contracted_names() -> None:
    names = {each.event for each in (LogNotice, OrderFilled, BalanceChanged)}
    assert names == {"log", "order_filled", "balance_changed"}
