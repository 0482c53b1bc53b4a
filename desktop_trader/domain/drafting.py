"""How an entry is drafted: what it belongs to, what it says, and the legs of it that move anything."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.ledger import EntryDraft, EntryKind, Posting
from desktop_trader.domain.portfolio import Portfolio

Legs = tuple[tuple[str, Decimal], ...]
"""Ledger accounts and signed amounts; those of zero are left out of the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEvent:
    """What an entry belongs to: its idempotency key, when it happened, and the ids it links."""

    key: str
    at: datetime
    author: str = "system"
    position_id: int = 0
    order_id: int = 0
    fill_id: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """What an entry says of itself: the reason, a word of the journal, and a sentence for people."""

    reason: str
    description: str


def draft_entry(
    portfolio: Portfolio, kind: EntryKind, *, event: EntryEvent, legs: Legs, wording: Wording
) -> EntryDraft:
    """Return an entry of the present run of an account."""
    return EntryDraft(
        kind=kind,
        idempotency_key=event.key,
        occurred_at=event.at,
        account_id=portfolio.account.id,
        run_id=portfolio.run.id,
        currency=portfolio.account.currency,
        postings=tuple(Posting(ledger_account=name, amount=amount) for name, amount in legs if amount),
        reason=wording.reason,
        author=event.author,
        description=wording.description,
        position_id=event.position_id,
        order_id=event.order_id,
        fill_id=event.fill_id,
    )
