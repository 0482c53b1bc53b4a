"""Which imports the journal has."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.legacy_import import EarlierImports, EarlierImportsRequest


def imports(context: AnswerContext, request: EarlierImportsRequest) -> EarlierImports:
    """Return them, newest first; what cannot be read is told in the answer."""
    # What few sessions ask for, and brings verification and backups with it, is imported when it is.
    from desktop_trader.storage.legacy_archive import archive_folder
    from desktop_trader.storage.legacy_imports import earlier_imports

    archive = str(archive_folder(context.paths))
    try:
        found = earlier_imports(context.paths)
    except TraderError as error:
        return EarlierImports(request_id=request.request_id, archive=archive, error=error.user_message)
    return EarlierImports(request_id=request.request_id, archive=archive, imports=found)
