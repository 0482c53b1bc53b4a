"""Reading an account from the books again: what is asked for, and what was found."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAccount:
    """A job: read an account's wallet from the file and verify the books up to their last entry."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSynced:
    """What the file holds. `entry_id` is the last entry that the wallet is after; `at` is this computer's time, UTC.

    `problems` is what is wrong with the books, a sentence each; empty when they verify.
    """

    account: str
    total: Decimal
    available: Decimal
    locked: Decimal
    entry_id: int
    at: datetime
    problems: tuple[str, ...]
