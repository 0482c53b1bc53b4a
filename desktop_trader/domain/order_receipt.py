"""What became of an order, step by step: the rows of its receipt."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class ReceiptStep(StrEnum):
    """What happened; the values are stored and public."""

    CHECKED = "checked"
    STORED = "stored"
    SENT = "sent"
    ACCEPTED = "accepted"
    TRIGGERED = "triggered"
    EDITED = "edited"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"
    UNKNOWN = "unknown"
    NOTE = "note"


class OrderEvent(NamedTuple):
    """One line of a receipt, appended in the transaction of what it tells. Market time; outside the hash.

    CHECKED lines name a rule in `subject` and in `detail` the value it was checked with and the limit. FILLED ones name
    quantity, price, fee, maker or taker, and the model that filled it.
    """

    order_id: int
    at: datetime
    step: ReceiptStep
    subject: str = ""
    detail: str = ""
