"""What notices of orders, positions and funding say in one sentence."""

from decimal import Decimal

import pytest

from desktop_trader.messages import notices as n
from desktop_trader.messages.notice_text import notice_level, notice_text
from tests.builders import START

SWAP = "BTC/USDT:USDT"


@pytest.mark.parametrize(
    ("notice", "text", "level"),
    [
        (
            n.FundingPaid(
                id=1,
                at=START,
                symbol=SWAP,
                position_id=7,
                amount=Decimal("-0.45"),
                rate=Decimal("0.0001"),
                price=Decimal(45000),
                current_balance=Decimal(10000),
            ),
            "Paid funding of $0.45 on BTC/USDT:USDT: 0.01 % at 45000, position 7",
            "info",
        ),
        (
            n.FundingPaid(
                id=1,
                at=START,
                symbol=SWAP,
                position_id=7,
                amount=Decimal("1.25"),
                rate=Decimal("-0.00025"),
                price=Decimal(45000),
                current_balance=Decimal(10000),
            ),
            "Received funding of $1.25 on BTC/USDT:USDT: -0.025 % at 45000, position 7",
            "info",
        ),
        (
            n.PositionChanged(
                id=1,
                at=START,
                symbol=SWAP,
                position_id=7,
                detail="stop loss 44000 → 44500",
                current_balance=Decimal(10000),
            ),
            "Changed position 7 on BTC/USDT:USDT: stop loss 44000 → 44500",
            "info",
        ),
        (
            n.OrderEdited(
                id=1,
                at=START,
                symbol=SWAP,
                side="buy",
                order_id=3,
                quantity=Decimal("0.020"),
                price=Decimal("44000.0"),
            ),
            "Edited order 3: buy BTC/USDT:USDT, 0.02 at 44000",
            "info",
        ),
        (
            n.OrderTriggered(id=1, at=START, symbol=SWAP, side="sell", order_id=3, price=Decimal(44000)),
            "Triggered order 3: sell BTC/USDT:USDT at 44000",
            "info",
        ),
        (
            n.CloseOnlyChanged(
                id=1, at=START, is_close_only=True, reason="close all", author="user", detail="2 orders, 1 position"
            ),
            "CLOSE ONLY from now on, by user: close all (2 orders, 1 position)",
            "warning",
        ),
        (
            n.CloseOnlyChanged(id=1, at=START, is_close_only=False, reason="it was a drill", author="user"),
            "Entries are allowed again after CLOSE ONLY, by user: it was a drill",
            "info",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, n.Notice) else None,
)
def test_a_notice_says_what_happened_with_its_figures(notice: n.Notice, text: str, level: str) -> None:
    assert notice_text(notice, "USDT") == text
    assert notice_level(notice) == level
