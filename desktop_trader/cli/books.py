"""The data folder of a verb, and its books: read-only, whether an instance runs or not; nothing is ever created."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from desktop_trader.api import payloads
from desktop_trader.api.client import RunningInstance, find_instance
from desktop_trader.cli import failures
from desktop_trader.domain.errors import InvalidInputError, StorageError, TraderError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.engine.balance_figures import recent_changes, stored_balance
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.ledger_reader import LedgerReader


def folder(data_dir: str | None) -> DataFolderPaths:
    """Return the data folder a verb was told, once nothing but a folder can be in its place; it may be missing.

    Raises:
        InvalidInputError: the text names no folder.
        StorageError: it is not a folder, or may not be looked into.
    """
    paths = data_folder(data_dir)
    try:
        paths.database.lstat()
    except FileNotFoundError:
        pass
    except NotADirectoryError as error:
        raise StorageError(
            f"The data folder {paths.root} is not a folder; name another one with --data-dir", detail=repr(error)
        ) from error
    except OSError as error:
        raise StorageError(
            f"The data folder {paths.root} cannot be used: {error.strerror or error}; mend that, or name another "
            "folder with --data-dir",
            detail=repr(error),
        ) from error
    return paths


@contextmanager
def reading(paths: DataFolderPaths) -> Iterator[LedgerReader]:
    """Open the books for a block.

    Raises:
        StorageError: there are none yet, or they cannot be read.
    """
    reader = LedgerReader.open(paths)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def showing(paths: DataFolderPaths) -> Iterator[LedgerReader]:
    """Open the books for a block that shows them; one line says if the anchor beside them knows of other ones.

    Raises:
        StorageError: there are none yet, or they cannot be read.
    """
    # Read first: then it is never newer than what the reader sees of books that somebody writes to meanwhile.
    anchored = anchored_head(paths)
    with reading(paths) as reader:
        if anchored is not None and not reader.has(anchored):
            failures.say(f"{_unlike_the_anchor(reader.head(), anchored)}; see `desktop-trader db restore`")
        yield reader


def anchored_head(paths: DataFolderPaths) -> LedgerHead | None:
    """Return the newest entry that the anchor names; None where there is none, or it cannot be read."""
    try:
        return read_anchor(paths.anchor)
    except OSError:
        return None


def missing_entries(head_id: int, anchored: LedgerHead) -> str:
    """Say that a journal that ends at `head_id` lacks what the anchor knows; "" where it does not."""
    missing = anchored.entry_id - head_id
    if missing <= 0:
        return ""
    entries = "1 entry is missing" if missing == 1 else f"{missing:,} entries are missing"
    return f"{entries}: the books end at entry {head_id}, and the anchor beside them knows entry {anchored.entry_id}"


def _unlike_the_anchor(head: LedgerHead, anchored: LedgerHead) -> str:
    missing = missing_entries(head.entry_id, anchored)
    other = f"entry {anchored.entry_id} of the books is not the one that the anchor beside them names"
    return f"these are not the newest books: {missing}" if missing else f"the books were changed: {other}"


def live_answer(paths: DataFolderPaths, account: str, route: str) -> object | None:
    """Return what the running instance answers about an account; None when none runs it, or it does not answer."""
    instance = find_instance(paths)
    if instance is None:
        return None
    try:
        if not runs_account(instance, account):
            return None
        return instance.get(f"{route}?{urlencode({'account': account})}")
    except TraderError:
        return None  # The books themselves answer then, without prices.


def runs_account(instance: RunningInstance, account: str) -> bool:
    """Say whether a running instance has an account, whether or not it was started with that one.

    Raises:
        TraderError: it does not answer.
    """
    health = instance.get("/health")
    accounts = health.get("accounts") if isinstance(health, dict) else None
    return isinstance(accounts, list) and account in accounts


def portfolio_of(paths: DataFolderPaths, account: str) -> Portfolio:
    """Return what the books have of an account.

    Raises:
        StorageError: there are no books, or they cannot be read.
        InvalidInputError: there is no such account.
    """
    with reading(paths) as reader:
        portfolio = reader.load(account).portfolio
        if portfolio is None:
            raise _unknown(reader, account)
        return portfolio


def balance_now(paths: DataFolderPaths, account: str) -> payloads.Fields:
    """Return the keys of `balance show`: from the running instance, with prices, else from the books alone.

    Raises:
        StorageError: there are no books, or they cannot be read.
        InvalidInputError: there is no such account.
    """
    answer = live_answer(paths, account, "/api/balance")
    if isinstance(answer, dict):
        return answer
    with showing(paths) as reader:
        stored = reader.load(account)
        if stored.portfolio is None:
            raise _unknown(reader, account)
        portfolio = stored.portfolio
        return payloads.balance_fields(
            stored_balance(stored),
            account_id=portfolio.account.id,
            account_type=portfolio.account.type,
            run_id=portfolio.run.id,
            changes=recent_changes(stored.recent_balances),
        )


def _unknown(reader: LedgerReader, account: str) -> InvalidInputError:
    known = ", ".join(reader.account_names()) or "none yet"
    return InvalidInputError(f"There is no account {account!r}; known: {known}")
