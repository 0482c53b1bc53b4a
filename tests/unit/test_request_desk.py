"""Questions are answered in order by one worker, and by nobody once the desk is closed."""

from pathlib import Path
from queue import SimpleQueue

from desktop_trader.answers.context import AnswerContext
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import data_folder
from desktop_trader.market_opening import HEADLESS_ANCHOR
from desktop_trader.messages.day_opens import DayOpens, DayOpensRequest
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest
from desktop_trader.request_desk import RequestDesk

PATIENCE = 20


def open_desk(folder: Path, replies: SimpleQueue[object]) -> RequestDesk:
    context = AnswerContext(
        paths=data_folder(str(folder)),
        feed=SimulatedFeed(1, HEADLESS_ANCHOR),
        clock=MarketClock(HEADLESS_ANCHOR),
        account="demo",
    )
    return RequestDesk(context, reply=replies.put)


def test_a_question_about_books_that_are_not_there_is_answered_with_the_reason(tmp_path: Path) -> None:
    replies: SimpleQueue[object] = SimpleQueue()
    desk = open_desk(tmp_path, replies)

    desk.submit(LedgerPageRequest(request_id="7", filter=LedgerFilter(account="demo")))

    answer = replies.get(timeout=PATIENCE)
    assert isinstance(answer, LedgerPageReply)
    assert answer.request_id == "7"
    assert answer.error
    desk.close()


def test_what_was_asked_before_the_end_is_answered_and_what_comes_after_is_let_go(tmp_path: Path) -> None:
    replies: SimpleQueue[object] = SimpleQueue()
    desk = open_desk(tmp_path, replies)
    desk.submit(DayOpensRequest(symbols=("BTC/USDT",)))

    desk.close()
    desk.submit(DayOpensRequest(symbols=("BTC/USDT",)))

    assert isinstance(replies.get(timeout=PATIENCE), DayOpens)
    assert replies.empty()
