"""Long jobs about backups: made, verified, restored, packed for another computer and taken over from one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.jobs.damage import tell_damage_behind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages import backup_jobs as jobs
from desktop_trader.messages.backups import BackupKind, BooksFacts, RestorePreview
from desktop_trader.settings import BackupSettings
from desktop_trader.storage import move_file, restore
from desktop_trader.storage.backup import copy_to, verify_backup
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.backup_round import back_up
from desktop_trader.storage.books_facts import open_source, read_facts
from desktop_trader.storage.settings_file import load_settings, save_settings
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch


def run(context: JobContext, job: jobs.BackupJob) -> object:
    """Do one of these jobs and return its result.

    Raises:
        TraderError: it could not be done; nothing was changed.
        JobCancelledError: the person gave it up; nothing was changed.
    """
    watch = VerifyWatch(should_stop=context.should_stop, tell_progress=context.tell_progress)
    try:
        return _JOBS[type(job)](context.paths, job, watch)
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; nothing was changed") from stopped
    except BooksDamagedError as refusal:
        if isinstance(job, jobs.MakeBackup | jobs.PackBooks):  # the others verify what is no books of this folder
            tell_damage_behind(refusal, context)
        raise


def _make(paths: DataFolderPaths, _job: jobs.MakeBackup, watch: VerifyWatch) -> jobs.BackupMade:
    settings = load_settings(paths.settings_file).settings.backups
    done = back_up(paths, settings, kind=BackupKind.MANUAL, at=datetime.now(UTC), watch=watch)
    if done.made is None:
        raise StorageError("No backup was made")
    return jobs.BackupMade(made=done.made, complaints=done.complaints)


def _check(_paths: DataFolderPaths, job: jobs.CheckBackup, watch: VerifyWatch) -> jobs.BackupChecked:
    return jobs.BackupChecked(path=job.path, facts=verify_backup(job.path, watch=watch))


def _preview(paths: DataFolderPaths, job: jobs.PreviewRestore, watch: VerifyWatch) -> RestorePreview:
    return restore.preview_restore(paths, job.path, watch=watch)


def _order(paths: DataFolderPaths, job: jobs.OrderRestore, watch: VerifyWatch) -> jobs.RestoreOrdered:
    restore.order_restore(paths, job.path, at=datetime.now(UTC), watch=watch)
    return jobs.RestoreOrdered(source=job.path)


def _pack(paths: DataFolderPaths, job: jobs.PackBooks, watch: VerifyWatch) -> jobs.BooksPacked:
    return jobs.BooksPacked(info=move_file.pack(paths, job.target, at=datetime.now(UTC), watch=watch))


def _look_into(paths: DataFolderPaths, job: jobs.PreviewUnpack, watch: VerifyWatch) -> jobs.UnpackPreview:
    info = move_file.look_into(paths, job.source, watch=watch)
    return jobs.UnpackPreview(info=info, now=_present(paths))


def _order_unpack(paths: DataFolderPaths, job: jobs.OrderUnpack, watch: VerifyWatch) -> jobs.RestoreOrdered:
    move_file.order_unpack(paths, job.source, at=datetime.now(UTC), watch=watch)
    return jobs.RestoreOrdered(source=job.source)


def _choose(paths: DataFolderPaths, job: jobs.ChooseSecondFolder, _watch: VerifyWatch) -> jobs.SecondFolderChosen:
    settings = load_settings(paths.settings_file).settings
    chosen = BackupSettings(second_folder=job.folder, every_minutes=settings.backups.every_minutes)
    save_settings(paths.settings_file, replace(settings, backups=chosen))
    complaint = ""
    newest = next((each for each in list_backups(paths.backups) if each.was_verified), None)
    if job.folder and newest is not None:
        try:
            copy_to(newest, Path(job.folder))
        except StorageError as error:
            complaint = error.user_message
    return jobs.SecondFolderChosen(folder=job.folder, complaint=complaint)


def _present(paths: DataFolderPaths) -> BooksFacts | None:
    try:
        connection = open_source(paths.database)
    except StorageError:
        return None
    try:
        return read_facts(connection)
    except StorageError:
        return None
    finally:
        connection.close()


_JOBS: Mapping[type, Callable[[DataFolderPaths, Any, VerifyWatch], object]] = {
    jobs.MakeBackup: _make,
    jobs.CheckBackup: _check,
    jobs.PreviewRestore: _preview,
    jobs.OrderRestore: _order,
    jobs.PackBooks: _pack,
    jobs.PreviewUnpack: _look_into,
    jobs.OrderUnpack: _order_unpack,
    jobs.ChooseSecondFolder: _choose,
}
