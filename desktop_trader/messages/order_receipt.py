"""Everything the books know of one order: its terms, and every step of its life with the figures of each."""

from dataclasses import dataclass

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.order import Order
from desktop_trader.domain.order_receipt import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReceipt:
    """An order as it stands, its steps and its fills, both oldest first."""

    account: str
    currency: str
    order: Order
    events: tuple[OrderEvent, ...]
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReceiptRequest:
    """Ask for the receipt of an order of an account."""

    request_id: str
    account: str
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReceiptReply:
    """The receipt; without one, `error` says why."""

    request_id: str
    receipt: OrderReceipt | None
    error: str = ""
