"""Balance files of earlier programs: what one says, why one cannot be believed, and which of several is the truth.

Pure values and the rule that chooses; reading the files belongs to `storage.legacy_files`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.money import amount_text

_LONGEST_DESCRIPTION = 200


class LegacyKind(StrEnum):
    """Which program wrote a file; the value is its name without `.json`."""

    VIRTUAL_BALANCE = "virtual_balance"
    AUTO_TRADING_STATE = "auto_trading_state"

    @property
    def file_name(self) -> str:
        """The one name under which it is looked for."""
        return f"{self.value}.json"


class Unreadable(StrEnum):
    """Why a file is named and skipped; the values are public."""

    EMPTY = "empty"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    BYTE_ORDER_MARK = "byte_order_mark"
    NULS = "nuls"
    NOT_UTF8 = "not_utf8"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY_VALUES = "too_many_values"
    DUPLICATE_KEY = "duplicate_key"
    NOT_AN_OBJECT = "not_an_object"
    NO_BALANCE = "no_balance"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    TOO_MANY_DIGITS = "too_many_digits"
    BAD_TIME = "bad_time"
    SYMLINK = "symlink"
    NOT_A_FILE = "not_a_file"
    NO_PERMISSION = "no_permission"
    DISAPPEARED = "disappeared"
    CHANGED = "changed"
    CANNOT_BE_READ = "cannot_be_read"


class LegacyRefusalError(TraderError):
    """One file cannot be believed. Policy: name it with the reason and skip it; never take a default instead."""

    def __init__(self, reason: Unreadable, user_message: str) -> None:
        super().__init__(user_message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyTime:
    """When a file was written: `text` as it says, `at` in UTC. `zone` names where a naive text was read, else ""."""

    text: str
    at: datetime
    zone: str = ""
    note: str = ""

    @property
    def line(self) -> str:
        """How the text was read, as people read it."""
        read_as = f" read as {self.zone}" if self.zone else ""
        return f"{self.text}{read_as} → UTC {utc_text(self.at)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeCheck:
    """The balance that the trades in a file add up to: `computed` = `start` + their P&L; a check, never booked.

    `start_is_assumed`: the file does not say where it began. `gap` is what the file says more than that.
    """

    trades: int
    start: Decimal
    start_is_assumed: bool
    computed: Decimal
    gap: Decimal

    @property
    def line(self) -> str:
        """The check in a sentence."""
        assumed = " (assumed, the file does not say)" if self.start_is_assumed else ""
        more = "more" if self.gap > 0 else "less"
        found = f"the file says {amount_text(abs(self.gap))} {more}" if self.gap else "no gap"
        summed = "1 trade adds up" if self.trades == 1 else f"{self.trades} trades add up"
        computed, start = amount_text(self.computed), amount_text(self.start)
        return f"{summed} to {computed}, starting at {start}{assumed}: {found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyFile:
    """One file found. Readable: `balance` is what would be booked, to 10^-8; `exact` what the file says, as written.

    Unreadable: `refusal` says why, `explanation` in words. `sha256` and `size` are of the content that was read, ""
    and what the folder says where nothing was. `changed_at` is when the folder says it was written.
    """

    path: str
    kind: LegacyKind
    size: int = 0
    sha256: str = ""
    balance: Decimal | None = None
    exact: str = ""
    time: LegacyTime | None = None
    changed_at: datetime | None = None
    notes: tuple[str, ...] = ()
    trade_check: TradeCheck | None = None
    refusal: Unreadable | None = None
    explanation: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether it can be imported."""
        return self.balance is not None

    @property
    def description(self) -> str:
        """What stays in the journal with its import: name, value and time; no path of a machine."""
        if self.balance is None:
            return f"{self.kind.file_name}: not readable"
        value = amount_text(self.balance)
        rounded = f" (rounded from {self.exact})" if len(self.exact) <= 40 and self.is_rounded else ""
        when = f", written {self.time.line}" if self.time is not None else ", without a time"
        text = f"{self.kind.file_name}: {value}{rounded}{when}"
        return text if len(text) <= _LONGEST_DESCRIPTION else f"{self.kind.file_name}: {value}{when}"

    @property
    def is_rounded(self) -> bool:
        """Whether the file has more decimals than the books keep."""
        return self.balance is not None and Decimal(self.exact) != self.balance


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyChoice:
    """Which file is the truth. `newest` is what is preselected, and what counts where nobody chooses.

    `tied`: files as new as it that say something else; then a person chooses. Empty: there is no question.
    """

    newest: LegacyFile | None
    tied: tuple[LegacyFile, ...] = ()

    @property
    def is_question(self) -> bool:
        """Whether a person has to say which."""
        return bool(self.tied)


def choose(files: Sequence[LegacyFile]) -> LegacyChoice:
    """Return the newest readable file; one without a time is older than any with one.

    Equally new: `virtual_balance.json` comes before `auto_trading_state.json` (it is the balance that people saw),
    then the order in which they were found. That decides alone only where the values agree.
    """
    readable = [file for file in files if file.is_readable]
    if not readable:
        return LegacyChoice(newest=None)
    newest_at = max((file.time.at for file in readable if file.time is not None), default=None)
    newest = [file for file in readable if (file.time.at if file.time is not None else None) == newest_at]
    first = min(newest, key=lambda file: file.kind is not LegacyKind.VIRTUAL_BALANCE)
    if all(file.balance == first.balance for file in newest):
        return LegacyChoice(newest=first)
    return LegacyChoice(newest=first, tied=tuple(file for file in newest if file is not first))


def utc_text(at: datetime) -> str:
    """Return an aware UTC instant with its microseconds and without its offset: `2025-06-23 05:19:44.944435`."""
    return at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
