"""The receipt of an order: every step of its life with its figures, asked for as the window does."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.order_receipt import ReceiptStep
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.order_receipt import OrderReceiptReply, OrderReceiptRequest
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import START, BookedAccount
from tests.booked_futures import small_futures


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AnswerContext]:
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    small_futures(store)
    other = BookedAccount(store, name="other")
    other.change("1000")
    part = other.order(OrderSide.BUY, "0.003", "45000")
    other.fill(part, Decimal("0.001"), "44990")
    other.fill(part, Decimal("0.002"), "44995.5")
    store.close()
    context = AnswerContext(
        paths=paths, feed=ClosedFeed(source_id="test", starts_at=START), clock=MarketClock(START), account="futures"
    )
    yield context
    context.close()


def ask(context: AnswerContext, order_id: int, account: str = "") -> OrderReceiptReply:
    request = OrderReceiptRequest(request_id="r", account=account, order_id=order_id)
    reply = ANSWERS[OrderReceiptRequest](context, request)
    assert isinstance(reply, OrderReceiptReply)
    assert reply.request_id == "r"
    return reply


@pytest.mark.requirement("R34")
def test_a_receipt_has_every_step_with_its_figures_and_every_fill(context: AnswerContext) -> None:
    receipt = ask(context, 1).receipt
    assert receipt is not None
    assert (receipt.account, receipt.currency, receipt.order.id) == ("futures", "USDT", 1)
    assert [(event.step, event.subject, event.detail) for event in receipt.events] == [
        (ReceiptStep.STORED, "dt-1", "buy 0.02 limit, limit 45,000.01, 10x isolated; locked $90.9000202"),
        (ReceiptStep.SENT, "", ""),
        (ReceiptStep.FILLED, "trade-1", "0.02 @ 45,000.01 = $900.0002; fee $0.9000002 taker"),
    ]
    (fill,) = receipt.fills
    assert (fill.quantity, fill.price, fill.fee) == (Decimal("0.02"), Decimal("45000.01"), Decimal("0.90000020"))


def test_all_fills_of_an_order_are_listed_oldest_first(context: AnswerContext) -> None:
    receipt = ask(context, 9, "other").receipt
    assert receipt is not None
    assert [(fill.quantity, fill.price) for fill in receipt.fills] == [
        (Decimal("0.001"), 44_990),
        (Decimal("0.002"), Decimal("44995.5")),
    ]
    assert sum(fill.quantity for fill in receipt.fills) == receipt.order.filled_quantity


def test_an_edited_order_says_so_and_has_its_present_terms(context: AnswerContext) -> None:
    receipt = ask(context, 4).receipt
    assert receipt is not None
    assert [event.step for event in receipt.events][-2:] == [ReceiptStep.EDITED, ReceiptStep.TRIGGERED]
    assert (receipt.order.revision, receipt.order.trigger_price, receipt.fills) == (1, 44_200, ())


def test_no_account_sees_an_order_of_another_one(context: AnswerContext) -> None:
    reply = ask(context, 1, "other")
    assert (reply.receipt, reply.error) == (None, "Account other has no order 1")
    assert ask(context, 4_000).error == "Account futures has no order 4000"
    assert "no account 'nobody'" in ask(context, 1, "nobody").error
