"""Export: a history, or the part of it that a filter lets through, as a file the person picked."""

from desktop_trader.jobs.context import JobContext
from desktop_trader.messages.history_export import ExportHistory, HistoryExported
from desktop_trader.storage.history_export import export_history
from desktop_trader.storage.ledger_reader import LedgerReader


def run(context: JobContext, job: ExportHistory) -> HistoryExported:
    """Write the file and return what is in it.

    Raises:
        TraderError: it could not be written, or a file is there that may not be replaced.
        JobCancelledError: somebody gave it up; what was there is as it was.
    """
    reader = LedgerReader.open(context.paths)
    try:
        return export_history(
            reader,
            job,
            protected=context.paths.root,
            tell_progress=lambda done, total: context.tell_progress(done, total, "Writing the history"),
            check_wanted=context.check_wanted,
        )
    finally:
        reader.close()
