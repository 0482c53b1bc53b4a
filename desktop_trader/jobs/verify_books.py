"""*Verify books*: everything, from the first entry on, beside the one who writes."""

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.messages.books_verified import BooksVerified, VerifyBooks
from desktop_trader.storage.disk_room import disk_room
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, now, verify_books


def run(context: JobContext, _job: VerifyBooks) -> BooksVerified:
    """Return what was found.

    Raises:
        BooksDamagedError: they are not what a database of ours is.
        StorageError: there are no books, or they cannot be opened.
    """
    watch = VerifyWatch(should_stop=context.should_stop, tell_progress=context.tell_progress)
    try:
        verification = verify_books(context.paths, watch=watch)
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; the books were only read, nothing was changed") from stopped
    except BooksDamagedError as damage:
        context.tell_damage(str(damage))
        raise
    if not verification.report.ok:
        context.tell_damage(verification.report.text_of_findings())
    room, at = disk_room(context.paths), now()
    return BooksVerified(
        report=verification.report,
        at=at,
        file_bytes=room.file_bytes,
        free_bytes=room.free_bytes,
        verified=verification.verified_head(at=at, since=None) if verification.report.ok else None,
    )
