"""Carries an import out: by the running instance, or here when none runs; the sources are archived before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from desktop_trader.api.client import RunningInstance, find_instance, wait_for_instance
from desktop_trader.api.requests import check_author
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.cli import books, failures
from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DataFolderInUseError,
    InvalidInputError,
    RefusedError,
    StorageError,
    TraderError,
)
from desktop_trader.domain.legacy_balance import LegacyFile
from desktop_trader.domain.money import ZERO, display_amount
from desktop_trader.domain.wallet import DEMO, Wallet
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import ImportBalance
from desktop_trader.messages.legacy_import import ImportPrepared, PrepareImport
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, Notice, TradingHalted
from desktop_trader.storage.legacy_archive import prepare_import
from desktop_trader.storage.settings_file import load_settings

_LONGEST_AUTHOR = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """Which of the files found is to be booked, for which account and by whom."""

    files: tuple[LegacyFile, ...]
    chosen: LegacyFile
    account: str
    author: str

    def command(self) -> ImportBalance:
        """Return what the engine is asked for.

        Raises:
            InvalidInputError: the author is not one that the journal keeps.
        """
        author = self.author.strip()
        if not author or len(author) > _LONGEST_AUTHOR or not author.isprintable():
            raise InvalidInputError(f"an author is required, {_LONGEST_AUTHOR} printable characters at most")
        if self.chosen.balance is None:
            raise RefusedError(f"{self.chosen.path} cannot be imported: {self.chosen.explanation}")
        return ImportBalance(
            request_id=str(uuid4()),
            amount=self.chosen.balance,
            content_hash=self.chosen.sha256,
            description=self.chosen.description,
            author=check_author(author),
            account=self.account,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was booked, as the public keys of its notice, and what is kept of its sources."""

    fields: Mapping[str, object]
    prepared: ImportPrepared


def wallet_of(paths: DataFolderPaths, account: str) -> Wallet | None:
    """Return the wallet an import would change; None where there are no books yet, which an import begins.

    Raises:
        BooksDamagedError: there were books once.
        InvalidInputError: there are books, but no such account.
        RefusedError: the money of the account is at an exchange.
    """
    try:
        with books.reading(paths) as reader:
            portfolio = reader.load(account).portfolio
            known = ", ".join(reader.account_names())
    except BooksDamagedError:
        raise
    except StorageError:
        if paths.database.exists():
            raise
        return None
    if portfolio is None:
        raise InvalidInputError(f"There is no account {account!r}; known: {known or 'none yet'}")
    if portfolio.account.type != DEMO:
        raise RefusedError(f"{account} is a live account: its balance is what the exchange says, nothing is imported")
    return portfolio.wallet


def refuse_impossible(wallet: Wallet, balance: Decimal) -> None:
    """Refuse what the engine would refuse, in its words, before anything is kept or written.

    Raises:
        RefusedError: more than the new balance is locked.
    """
    if wallet.available + balance - wallet.total < ZERO:
        available, locked = (display_amount(each, wallet.currency) for each in (wallet.available, wallet.locked))
        raise RefusedError(f"only {available} is available; {locked} is locked in positions and orders")


def import_balance(paths: DataFolderPaths, wish: ImportWish) -> Imported:
    """Archive every source, back the books up, and book one entry.

    Raises:
        TraderError: it was refused or is impossible; unless the message says otherwise, nothing was booked.
    """
    command = wish.command()
    instance = find_instance(paths)
    if instance is None:
        try:
            return _import_here(paths, wish, command)
        except DataFolderInUseError as in_use:
            instance = wait_for_instance(paths, in_use)
    return _import_there(paths, wish, command, instance=instance)


def _prepare(paths: DataFolderPaths, wish: ImportWish) -> ImportPrepared:
    crash_point("L20")
    wanted = PrepareImport(files=wish.files, chosen=wish.chosen.sha256, account=wish.account)
    return prepare_import(paths, wanted, at=datetime.now(UTC))


def _import_there(
    paths: DataFolderPaths, wish: ImportWish, command: ImportBalance, *, instance: RunningInstance
) -> Imported:
    prepared = _prepare(paths, wish)
    body = {
        "request_id": command.request_id,
        "amount": command.amount,
        "content_hash": command.content_hash,
        "description": command.description,
        "author": command.author,
        "account": command.account,
    }
    answer = instance.post("/legacy/import", body)
    notices = answer.get("notices") if isinstance(answer, dict) else None
    for notice in notices if isinstance(notices, list) else []:
        if notice.get("event") == BalanceChanged.event:
            return Imported(fields=notice, prepared=prepared)
    raise TraderError(
        "the running instance did not say that it booked the import; look at `desktop-trader balance history` first, "
        "before you try again"
    )


def _import_here(paths: DataFolderPaths, wish: ImportWish, command: ImportBalance) -> Imported:
    loaded = load_settings(paths.settings_file)
    for complaint in loaded.complaints:
        failures.say(complaint)
    currency = loaded.settings.paper.currency
    trader = open_books(paths, AccountChoice(name=wish.account), settings=loaded.settings)
    how = "failed"
    try:
        _say_warnings(trader.opening_notices, currency)
        prepared = _prepare(paths, wish)
        notices = trader.engine.step(command)
        crash_point("L20.booked")
        how = "command line"
    finally:
        trader.close(how)
    changed = _booked(notices)
    _say_warnings(notices, currency)
    return Imported(fields=changed.as_fields(), prepared=prepared)


def _say_warnings(notices: list[Notice], currency: str) -> None:
    for notice in notices:
        if notice_level(notice) in ("warning", "error"):
            failures.say(notice_text(notice, currency))


def _booked(notices: list[Notice]) -> BalanceChanged:
    for notice in notices:
        if isinstance(notice, BalanceChanged):
            return notice
        if isinstance(notice, CommandRefused):
            raise (InvalidInputError if notice.is_bad_input else RefusedError)(notice.detail)
        if isinstance(notice, TradingHalted):
            raise StorageError(f"{notice.reason}: {notice.detail}")
    raise StorageError("the import was not booked")
