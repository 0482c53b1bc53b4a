"""The crash drill of the window."""

from desktop_trader.crash_drill import DrillWatch, run_drill
from desktop_trader.jobs.context import JobContext
from desktop_trader.messages.crash_drill import CrashDrill, DrillReport


def run(context: JobContext, job: CrashDrill) -> DrillReport:
    """Return what each kill left behind.

    Raises:
        StorageError: there are no books, or no room for a copy.
        TraderError: the process of the drill does not start or trade.
    """
    watch = DrillWatch(check_wanted=context.check_wanted, tell_progress=context.tell_progress)
    return run_drill(context.paths, job, watch=watch)
