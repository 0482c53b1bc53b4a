"""Carries an import out: by the running instance, or here when none runs; the sources are archived before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from desktop_trader.api.client import find_instance, wait_for_instance
from desktop_trader.api.requests import check_author
from desktop_trader.cli import books
from desktop_trader.cli.balance_change import change_here, change_there, checked_text
from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DataFolderInUseError,
    InvalidInputError,
    RefusedError,
    StorageError,
)
from desktop_trader.domain.legacy_balance import LegacyFile
from desktop_trader.domain.money import LARGEST_SUM, ZERO, display_amount
from desktop_trader.domain.wallet import DEMO, Wallet
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import ImportBalance
from desktop_trader.messages.legacy_import import ImportPrepared, PrepareImport
from desktop_trader.storage.legacy_archive import prepare_import


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """Which of the files found is to be booked, for which account (with its currency) and by whom.

    `expected_total` is what the account has, as it was shown; None where there are no books yet.
    """

    files: tuple[LegacyFile, ...]
    chosen: LegacyFile
    account: str
    currency: str
    author: str
    expected_total: Decimal | None

    def command(self) -> ImportBalance:
        """Return what the engine is asked for.

        Raises:
            InvalidInputError: the author or the balance is not one that the journal keeps.
        """
        if self.chosen.balance is None:
            raise RefusedError(f"{self.chosen.path} cannot be imported: {self.chosen.explanation}")
        if self.chosen.balance > LARGEST_SUM:  # said here, before books are begun for it
            raise InvalidInputError(
                f"the balance of {self.chosen.path} is too large for the books, which go up to "
                f"{display_amount(LARGEST_SUM, self.currency)}"
            )
        return ImportBalance(
            request_id=str(uuid4()),
            amount=self.chosen.balance,
            content_hash=self.chosen.sha256,
            description=self.chosen.description,
            author=check_author(checked_text(self.author, "author")),
            expected_total=self.expected_total,
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
        portfolio = books.portfolio_of(paths, account)
    except BooksDamagedError:
        raise
    except StorageError:
        if paths.database.exists():
            raise
        return None
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
    kept: list[ImportPrepared] = []

    def keep() -> None:
        crash_point("L20")
        wanted = PrepareImport(files=wish.files, chosen=wish.chosen.sha256, account=wish.account)
        kept.append(prepare_import(paths, wanted, at=datetime.now(UTC)))

    instance = find_instance(paths)
    if instance is None:
        try:
            fields = change_here(paths, command, account=wish.account, currency=wish.currency, before=keep)
            return Imported(fields=fields, prepared=kept[-1])
        except DataFolderInUseError as in_use:
            instance = wait_for_instance(paths, in_use)
    keep()
    body = {
        "request_id": command.request_id,
        "amount": command.amount,
        "content_hash": command.content_hash,
        "description": command.description,
        "author": command.author,
        "expected_total": command.expected_total,
    }
    fields = change_there(instance, wish.account, route="/legacy/import", body=body)
    return Imported(fields=fields, prepared=kept[-1])
