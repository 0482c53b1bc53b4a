"""Which backups there are, and where."""

from pathlib import Path

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.backup_jobs import BackupsReply, BackupsRequest
from desktop_trader.messages.backups import BackupInfo
from desktop_trader.settings import BackupSettings
from desktop_trader.storage.settings_file import load_settings


def backups(context: AnswerContext, request: BackupsRequest) -> BackupsReply:
    """Return what the folders hold, as far as they can be read."""
    errors: list[str] = []
    settings = BackupSettings()
    try:
        settings = load_settings(context.paths.settings_file).settings.backups
    except TraderError as failure:
        errors.append(failure.user_message)
    own = _listed(context.paths.backups, errors)
    second = _listed(Path(settings.second_folder), errors) if settings.second_folder else ()
    return BackupsReply(
        request_id=request.request_id,
        backups=own,
        second_folder=settings.second_folder,
        second=second,
        every_minutes=settings.every_minutes,
        error="; ".join(errors),
    )


def _listed(folder: Path, errors: list[str]) -> tuple[BackupInfo, ...]:
    from desktop_trader.storage.backup_files import list_backups  # not needed before somebody looks at them

    try:
        return list_backups(folder)
    except TraderError as failure:
        errors.append(failure.user_message)
        return ()
