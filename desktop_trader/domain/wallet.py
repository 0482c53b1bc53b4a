"""The wallet: what an account has, as the journal says. A cache, never a source."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import ZERO

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """`total == available + locked`, always. `total` moves with every close, fee and deposit, never with a price.

    `total_pnl` is P&L - fees +/- funding since the account began, across its runs.
    """

    account_id: int
    currency: str
    total: Decimal
    locked: Decimal
    total_deposits: Decimal = ZERO
    total_withdrawals: Decimal = ZERO
    total_pnl: Decimal = ZERO
    updated_at: datetime

    @property
    def available(self) -> Decimal:
        """What new orders may use: derived, so that it cannot disagree."""
        return self.total - self.locked


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """The sums of one run by where money came from and went; `withdrawals`, `fees` and `reset` are >= 0.

    `reset` is what was left when a reset ended the run and took it out. Invariant I12: `expected_total` is the
    wallet's total while the run goes on, and zero once it was reset.
    """

    opening: Decimal = ZERO
    imports: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    adjustments: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    rounding: Decimal = ZERO
    suspense: Decimal = ZERO
    reset: Decimal = ZERO

    @property
    def contributed(self) -> Decimal:
        """What people put in and took out: the base that profit is measured against."""
        return self.opening + self.imports + self.deposits - self.withdrawals + self.adjustments

    @property
    def expected_total(self) -> Decimal:
        """The wallet's total, recomputed from the sums."""
        earned = self.realized_pnl - self.fees + self.funding
        return self.contributed + earned + self.rounding + self.suspense - self.reset


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One book: `type` is demo or live; nothing is shared between two accounts."""

    id: int
    type: str
    exchange: str
    currency: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One stretch of an account between resets; the ledger is continuous across its process starts.

    `how_ended` says what ended it; "" while it goes on.
    """

    id: int
    account_id: int
    started_at: datetime
    start_amount: Decimal
    ended_at: datetime | None = None
    how_ended: str = ""


def check_account_name(text: str) -> str:
    """Return the name of an account as it came, if it can be one.

    Raises:
        InvalidInputError: empty, longer than 40 characters, with blanks around it or control characters in it.
    """
    if not text or len(text) > _LONGEST_NAME or text != text.strip() or not text.isprintable():
        shown = text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + "…"
        raise InvalidInputError(
            f"the name of an account has 1 to {_LONGEST_NAME} printable characters and no blanks around them, "
            f"not {shown!r}"
        )
    return text


DEMO = "demo"
LIVE = "live"
BY_RESET = "reset"
NO_TOTALS = RunTotals()
