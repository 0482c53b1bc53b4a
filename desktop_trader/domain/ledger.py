"""The journal's own shapes: entries of balanced postings, chained by hash.

`accounting` drafts entries; `seal` gives them their ids, running totals and hashes. An entry is never edited or
deleted; a mistake is corrected by a new entry that names the old one in `corrects`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from json.encoder import encode_basestring

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import ZERO, to_units


class EntryKind(StrEnum):
    """Why money moved; the values are stored and public."""

    OPENING = "opening"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    ADJUSTMENT = "adjustment"
    RESET = "reset"
    IMPORT = "import"
    ORDER_LOCK = "order_lock"
    ORDER_RELEASE = "order_release"
    POSITION_OPEN = "position_open"
    POSITION_CLOSE = "position_close"
    FEE = "fee"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    MARGIN_CHANGE = "margin_change"
    RECONCILE = "reconcile"


CASH_PREFIX = "cash:"
LOCKED_PREFIX = "cash:locked:"
AVAILABLE = "cash:available"
OPENING_EQUITY = "equity:opening"
DEPOSIT_EQUITY = "equity:deposit"
WITHDRAWAL_EQUITY = "equity:withdrawal"
ADJUSTMENT_EQUITY = "equity:adjustment"
IMPORT_EQUITY = "equity:import"
RESET_EQUITY = "equity:reset"
PNL_INCOME = "income:pnl"
FUNDING_INCOME = "income:funding"
FEE_EXPENSE = "expense:fee"
ROUNDING = "rounding"
SUSPENSE = "suspense"


def locked_for_order(order_id: int) -> str:
    """Name the ledger account that holds the reserve of an order."""
    return f"{LOCKED_PREFIX}order:{order_id}"


def locked_for_position(position_id: int) -> str:
    """Name the ledger account that holds the margin of a position."""
    return f"{LOCKED_PREFIX}position:{position_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One leg: `amount` <> 0 added to a ledger account. Cash and expenses grow with +, equity and income with -."""

    ledger_account: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry before it has its place in the chain. Its postings sum to zero, in one currency.

    `idempotency_key` is unique in the file: the same event booked twice is refused. Ids are 0 where nothing is
    linked. `author` is a person, `api:<name>` or `system`.
    """

    kind: EntryKind
    idempotency_key: str
    occurred_at: datetime
    account_id: int
    run_id: int
    currency: str
    postings: tuple[Posting, ...]
    reason: str
    author: str = "system"
    description: str = ""
    position_id: int = 0
    order_id: int = 0
    fill_id: int = 0
    corrects: int = 0

    def changes(self) -> tuple[Decimal, Decimal]:
        """Return how much the wallet's total moves, and how much of it is locked (+) or set free (-)."""
        total = locked = ZERO
        for posting in self.postings:
            name = posting.ledger_account
            if name.startswith(CASH_PREFIX):
                total += posting.amount
                if name != AVAILABLE:
                    locked += posting.amount
        return total, locked


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A sealed entry: draft, place in the chain, and the wallet's total and locked part after it."""

    id: int
    draft: EntryDraft
    total_after: Decimal
    locked_after: Decimal
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The newest entry of a file: its id and hash. `GENESIS` before the first."""

    entry_id: int
    hash: str


GENESIS = LedgerHead(entry_id=0, hash="0" * 64)


def seal(
    drafts: Iterable[EntryDraft], *, head: LedgerHead, total: Decimal, locked: Decimal
) -> tuple[tuple[LedgerEntry, ...], LedgerHead]:
    """Return the drafts as entries that follow `head`, and the new head.

    `total` and `locked` are the wallet's before the first draft.

    Raises:
        InvariantError: a draft does not balance or moves nothing.
    """
    entries: list[LedgerEntry] = []
    for draft in drafts:
        check_balanced(draft.postings)
        total_change, locked_change = draft.changes()
        total += total_change
        locked += locked_change
        entry_id = head.entry_id + 1
        digest = entry_hash(draft, entry_id=entry_id, total_after=total, locked_after=locked, previous_hash=head.hash)
        entries.append(
            LedgerEntry(
                id=entry_id,
                draft=draft,
                total_after=total,
                locked_after=locked,
                previous_hash=head.hash,
                hash=digest,
            )
        )
        head = LedgerHead(entry_id=entry_id, hash=digest)
    return tuple(entries), head


def check_balanced(postings: Sequence[Posting]) -> None:
    """Raise InvariantError unless the postings are at least two, none is zero and they sum to zero (I1)."""
    amounts = [posting.amount for posting in postings]
    if len(amounts) < 2 or not all(amounts):
        raise InvariantError("an entry needs two postings at least, none of zero")
    if sum(amounts, ZERO) != 0:
        raise InvariantError("the postings of an entry do not sum to zero")


def entry_hash(
    draft: EntryDraft, *, entry_id: int, total_after: Decimal, locked_after: Decimal, previous_hash: str
) -> str:
    """Return SHA-256 over the previous hash and the canonical entry: a UTF-8 JSON array of integers and strings.

    The order of the fields is fixed here for ever; postings are sorted. No path, process start or name of the
    machine is part of it, so that the same market, seed and strategy give the same chain.
    """
    text, currency = encode_basestring, encode_basestring(draft.currency)
    legs = ",".join(
        f"[{text(name)},{currency},{units}]"
        for name, units in sorted((each.ledger_account, to_units(each.amount)) for each in draft.postings)
    )
    # The same bytes as a JSON encoder gives (a test holds them together), in a fifth of its time.
    canonical_entry = (
        f"[{entry_id},{draft.account_id},{draft.run_id},{text(draft.kind.value)},{text(draft.idempotency_key)},"
        f"{text(instant_text(draft.occurred_at))},{draft.position_id},{draft.order_id},{draft.fill_id},"
        f"{text(draft.reason)},{text(draft.author)},{text(draft.description)},{currency},{draft.corrects},"
        f"{to_units(total_after)},{to_units(locked_after)},[{legs}]]"
    )
    return hashlib.sha256(f"{previous_hash}{canonical_entry}".encode()).hexdigest()
