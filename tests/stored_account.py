"""A data folder with a small history in it, as a quit or a kill left it."""

from pathlib import Path

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount, small_history


def stored_history(root: Path) -> DataFolderPaths:
    """Book a few of everything into a new folder, closed in good order."""
    paths = DataFolderPaths(root=root)
    paths.root.mkdir(parents=True, exist_ok=True)
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    store.close()
    return paths


def book_more(paths: DataFolderPaths, amount: str = "1") -> None:
    """Put more money in: one entry."""
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change(amount, kind=EntryKind.DEPOSIT, key=f"more:{account.head.entry_id}")
    store.close()
