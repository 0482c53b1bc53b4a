"""The import of an older balance: the search, and what is kept before it is booked. Booking is the engine's."""

from datetime import UTC, datetime
from pathlib import Path

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.legacy_balance import choose
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.jobs.damage import tell_damage_behind
from desktop_trader.messages.legacy_import import FindLegacyFiles, ImportPrepared, LegacyFound, PrepareImport
from desktop_trader.storage.legacy_archive import prepare_import
from desktop_trader.storage.legacy_files import find_files
from desktop_trader.storage.legacy_imports import earlier_imports
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch


def find(context: JobContext, job: FindLegacyFiles) -> LegacyFound:
    """Search, and say which file is the newest and what was imported before.

    Raises:
        InvalidInputError: there is no such folder.
        StorageError: the books cannot be read.
        JobCancelledError: somebody gave it up.
    """
    context.tell_progress(0, 0, f"Searching {job.folder}")
    search = find_files(Path(job.folder).expanduser(), should_stop=context.should_stop)
    context.check_wanted()
    return LegacyFound(search=search, choice=choose(search.files), earlier=earlier_imports(context.paths))


def prepare(context: JobContext, job: PrepareImport) -> ImportPrepared:
    """Back the books up and archive every source.

    Raises:
        TraderError: a source has changed, the books do not verify, or the disk refused; nothing is to be booked then.
        JobCancelledError: somebody gave it up.
    """
    watch = VerifyWatch(should_stop=context.should_stop, tell_progress=context.tell_progress)
    try:
        return prepare_import(context.paths, job, at=datetime.now(UTC), watch=watch)
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; nothing was booked") from stopped
    except BooksDamagedError as refusal:
        tell_damage_behind(refusal, context)
        raise
