"""Everything the books know of one entry: its row, its legs, its place in the chain and what it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.messages.ledger_page import FillRow, LedgerRow, OrderRow, PositionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRow:
    """One leg of an entry: what was added to a ledger account."""

    ledger_account: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What a strategy or a person wanted that led to the order, and what became of it."""

    at: datetime
    action: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReceipt:
    """An entry whole. `corrects` names the entry that it corrects; what it does not belong to is None."""

    account: str
    currency: str
    row: LedgerRow
    locked_after: Decimal
    idempotency_key: str
    corrects: int | None
    previous_hash: str
    hash: str
    postings: tuple[PostingRow, ...]
    position: PositionRow | None
    order: OrderRow | None
    fill: FillRow | None
    decisions: tuple[DecisionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReceiptRequest:
    """Ask for the receipt of an entry of an account."""

    request_id: str
    account: str
    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReceiptReply:
    """The receipt; without one, `error` says why."""

    request_id: str
    receipt: EntryReceipt | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorsRequest:
    """Ask who has changed the balance of an account by hand."""

    request_id: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorsReply:
    """Their names, sorted."""

    request_id: str
    authors: tuple[str, ...]
