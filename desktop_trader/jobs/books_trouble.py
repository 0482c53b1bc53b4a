"""Long jobs about books that a start has refused: what is wrong, what is offered, and a look at them."""

import logging
import shutil
from datetime import UTC, datetime

from desktop_trader.domain.errors import BooksDamagedError, InvariantError, StorageError
from desktop_trader.engine.stored_snapshot import stored_snapshot
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BooksFacts, RestorePreview
from desktop_trader.messages.books_trouble import BooksTrouble, ExamineBooks, OpenReadOnly, ReadOnlyBooks
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.books_facts import open_source, read_facts
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.database import is_fixed
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.quarantine import copy_to_look_at, keep_damaged
from desktop_trader.storage.restore import newest_good_backup, preview_restore
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch

_log = logging.getLogger(__name__)
_UNREADABLE = (ArithmeticError, ValueError, TypeError, LookupError, InvariantError)
"""Whatever damaged books make of our reading."""


def examine(context: JobContext, _job: ExamineBooks) -> BooksTrouble:
    """Return what is known of the books of the folder, and the newest backup that verifies."""
    paths, complaints, kept_as = context.paths, [], None
    watch = VerifyWatch(should_stop=context.should_stop, tell_progress=context.tell_progress)
    present = _present(paths)
    if is_fixed(paths.database):
        # Nothing can be kept, and nothing restored, where nothing can be written.
        missing = _missing(paths, present)
        return BooksTrouble(
            is_there=paths.database.exists(), present=present, missing=missing, kept_as=None, offer=None, is_fixed=True
        )
    try:
        with take_data_folder(paths):
            kept_as = keep_damaged(paths, at=datetime.now(UTC))
    except StorageError as error:
        complaints.append(error.user_message)
    offer: RestorePreview | None = None
    try:
        second_folder = context.settings.backups.second_folder
        newest = newest_good_backup(paths, watch=watch, second_folder=second_folder)
        offer = None if newest is None else preview_restore(paths, newest.path, watch=watch)
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; nothing was changed") from stopped
    except StorageError as error:
        complaints.append(error.user_message)
    return BooksTrouble(
        is_there=paths.database.exists(),
        present=present,
        missing=_missing(paths, present),
        kept_as=kept_as,
        offer=offer,
        complaint="; ".join(complaints),
    )


def open_read_only(context: JobContext, job: OpenReadOnly) -> ReadOnlyBooks:
    """Copy the books to look at and return an account of them; the one asked for, or the first there is.

    Raises:
        StorageError: they are too damaged to be read.
    """
    books = job.backup or context.paths.database
    root = copy_to_look_at(books)
    try:
        reader = LedgerReader.open(DataFolderPaths(root=root))
        try:
            names = reader.account_names()
            name = job.account if job.account in names else next(iter(names), "")
            stored = reader.load(name)
        finally:
            reader.close()
        if stored.portfolio is None:
            raise StorageError(f"{books} has no account to show")
        why = f"{books.name} is open for reading only"
        return ReadOnlyBooks(root=root, snapshot=stored_snapshot(stored, halted=why))
    except _UNREADABLE as error:
        shutil.rmtree(root, ignore_errors=True)
        raise BooksDamagedError(f"{books} is too damaged to be shown", detail=repr(error)) from error
    except StorageError:
        shutil.rmtree(root, ignore_errors=True)
        raise


def _present(paths: DataFolderPaths) -> BooksFacts | None:
    try:
        connection = open_source(paths.database)
        try:
            return read_facts(connection)
        finally:
            connection.close()
    except StorageError as error:
        _log.warning("The present books cannot be read: %s", error)
        return None


def _missing(paths: DataFolderPaths, present: BooksFacts | None) -> int:
    try:
        anchored = read_anchor(paths.anchor)
    except OSError:
        return 0
    known = 0 if present is None else present.entries
    return 0 if anchored is None else max(0, anchored.entry_id - known)
