"""A change of a balance as typed: checked, then carried out by the running instance, or here when none runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from desktop_trader.api.client import RunningInstance, find_instance, wait_for_instance
from desktop_trader.api.requests import check_author
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.cli import books, failures
from desktop_trader.domain.errors import (
    DataFolderInUseError,
    InvalidInputError,
    RefusedError,
    StorageError,
    TraderError,
)
from desktop_trader.domain.money import ZERO, display_amount, parse_amount
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind, ImportBalance, ResetAccount
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, Notice, TradingHalted
from desktop_trader.storage.settings_file import load_settings

LONGEST_TEXT = 200
_BODY_KEYS = {
    AdjustmentKind.SET_TOTAL: "balance",
    AdjustmentKind.DEPOSIT: "deposit",
    AdjustmentKind.WITHDRAW: "withdraw",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedChange:
    """A change of the balance as typed."""

    kind: AdjustmentKind
    text: str
    reason: str
    author: str

    def command(self) -> AdjustBalance:
        """Return what it asks for.

        Raises:
            InvalidInputError: the amount is none, or reason or author are not what the journal keeps.
        """
        return AdjustBalance(
            request_id=str(uuid4()),
            kind=self.kind,
            amount=self._amount(),
            reason=checked_text(self.reason, "reason"),
            author=check_author(checked_text(self.author, "author")),
        )

    def _amount(self) -> Decimal:
        amount = parse_amount(self.text)
        if amount < ZERO:
            raise InvalidInputError(f"the amount cannot be negative: {self.text}")
        if amount == ZERO and self.kind is not AdjustmentKind.SET_TOTAL:
            raise InvalidInputError("the amount must be above zero")
        return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What was booked, as the public keys of its notice, and the currency of the account."""

    fields: Mapping[str, object]
    currency: str


def change_balance(paths: DataFolderPaths, account: str, change: TypedChange) -> Changed:
    """Have the running instance do it; when none runs, take the lock and do it here.

    Raises:
        TraderError: it was refused or is impossible; unless the message says otherwise, nothing was booked.
    """
    command = change.command()
    portfolio = books.portfolio_of(paths, account)
    return Changed(fields=_carry_out(paths, portfolio, command), currency=portfolio.account.currency)


def _carry_out(paths: DataFolderPaths, portfolio: Portfolio, command: AdjustBalance) -> Mapping[str, object]:
    instance = find_instance(paths)
    if instance is None:
        # Before the books are opened for writing: what is refused leaves no trace in them, not even of a start.
        _refuse_impossible(portfolio, command)
        try:
            return change_here(paths, command, account=portfolio.account.name, currency=portfolio.account.currency)
        except DataFolderInUseError as in_use:
            instance = wait_for_instance(paths, in_use)
    body = {
        "request_id": command.request_id,
        _BODY_KEYS[command.kind]: command.amount,
        "reason": command.reason,
        "author": command.author,
    }
    return change_there(instance, portfolio.account.name, route="/api/balance", body=body)


def checked_text(text: str, what: str) -> str:
    """Return a text for the journal without blanks around it.

    Raises:
        InvalidInputError: it is empty, too long or not one line of printable characters.
    """
    article = "an" if what[0] in "aeiou" else "a"
    if not text.strip():
        raise InvalidInputError(f"{article} {what} is required, {LONGEST_TEXT} characters at most")
    if len(text.strip()) > LONGEST_TEXT:
        raise InvalidInputError(f"{article} {what} has {LONGEST_TEXT} characters at most, not {len(text.strip())}")
    if not text.isprintable():
        raise InvalidInputError(f"{article} {what} is one line of printable characters, without control characters")
    return text.strip()


def _refuse_impossible(portfolio: Portfolio, command: AdjustBalance) -> None:
    """Refuse what the engine would refuse, in its words, where the books alone can tell."""
    wallet = portfolio.wallet

    def text(amount: Decimal) -> str:
        return display_amount(amount, wallet.currency)

    moved = {
        AdjustmentKind.SET_TOTAL: command.amount - wallet.total,
        AdjustmentKind.DEPOSIT: command.amount,
        AdjustmentKind.WITHDRAW: -command.amount,
    }[command.kind]
    if moved == ZERO:
        raise RefusedError(f"the balance is {text(wallet.total)} already")
    if wallet.available + moved < ZERO:
        raise RefusedError(
            f"only {text(wallet.available)} is available; {text(wallet.locked)} is locked in positions and orders"
        )


def change_there(
    instance: RunningInstance, account: str, *, route: str, body: Mapping[str, object]
) -> Mapping[str, object]:
    """Have the running instance move the money of an account, and return the public keys of what it booked.

    Raises:
        TraderError: it refused, does not have the account, or does not say that it booked.
    """
    if not books.runs_account(instance, account):
        raise DataFolderInUseError(f"the running instance does not have the account {account}; quit it first")
    answer = instance.post(route, {"account": account, **body})
    notices = answer.get("notices") if isinstance(answer, dict) else None
    for notice in notices if isinstance(notices, list) else []:
        if notice.get("event") == BalanceChanged.event:
            booked: Mapping[str, object] = notice
            return booked
    raise TraderError(
        "the running instance did not say that it booked the change; look at `desktop-trader balance history` first, "
        "before you try again"
    )


def change_here(
    paths: DataFolderPaths,
    command: AdjustBalance | ResetAccount | ImportBalance,
    *,
    account: str,
    currency: str,
    before: Callable[[], None] = lambda: None,
) -> Mapping[str, object]:
    """Take the lock, move the money of an account here, and return the public keys of what was booked.

    `before` is done when the lock is held and the books are open, and nothing is booked if it fails; where there are no
    books yet it is done first, so that none are begun if it fails. An account that does not exist begins with the
    amount of the settings, where there is none yet.

    Raises:
        DataFolderInUseError: an instance runs after all.
        TraderError: it was refused, or is impossible; nothing was booked.
    """
    loaded = load_settings(paths.settings_file)
    for complaint in loaded.complaints:
        failures.say(complaint)
    is_new = not paths.database.exists()
    if is_new:
        before()
    trader = open_books(paths, AccountChoice(name=account), settings=loaded.settings)
    how = "failed"
    try:
        _say_warnings(trader.opening_notices, currency)
        if not is_new:
            before()
        notices = trader.engine.step(command)
        how = "command line"
    finally:
        trader.close(how)
    changed = _booked(notices)
    _say_warnings(notices, currency)
    return changed.as_fields()


def _say_warnings(notices: Sequence[Notice], currency: str) -> None:
    for notice in notices:
        if notice_level(notice) in ("warning", "error"):
            failures.say(notice_text(notice, currency))


def _booked(notices: Sequence[Notice]) -> BalanceChanged:
    for notice in notices:
        if isinstance(notice, BalanceChanged):
            return notice
        if isinstance(notice, CommandRefused):
            raise (InvalidInputError if notice.is_bad_input else RefusedError)(notice.detail)
        if isinstance(notice, TradingHalted):
            raise StorageError(f"{notice.reason}: {notice.detail}")
    raise StorageError("the change was not booked")
