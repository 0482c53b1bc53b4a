"""Sync: read an account from the file again and verify the books, beside the one who writes them."""

from datetime import UTC, datetime

from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.messages.account_sync import AccountSynced, SyncAccount
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, verify_books


def run(context: JobContext, job: SyncAccount) -> AccountSynced:
    """Return what the file holds of the account, and what is wrong with the books.

    What was verified before and remembered is not read again: that is what *Verify books* is for.

    Raises:
        StorageError: the books cannot be read.
        InvalidInputError: there is no such account.
    """
    watch = VerifyWatch(should_stop=context.should_stop, tell_progress=context.tell_progress)
    try:
        report = verify_books(context.paths, choose_since=lambda stored: stored, watch=watch).report
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; nothing was changed") from stopped
    except BooksDamagedError as damage:
        context.tell_damage(str(damage))
        raise
    if not report.ok:
        context.tell_damage(report.text_of_findings())
    reader = LedgerReader.open(context.paths)
    try:
        stored = reader.load(job.account)
    finally:
        reader.close()
    if stored.portfolio is None:
        raise InvalidInputError(f"There is no account {job.account!r} in the books")
    wallet = stored.portfolio.wallet
    return AccountSynced(
        account=job.account,
        total=wallet.total,
        available=wallet.available,
        locked=wallet.locked,
        entry_id=stored.head.entry_id,
        at=datetime.now(UTC),
        problems=() if report.ok else (report.text_of_findings(),),
    )
