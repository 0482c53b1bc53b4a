"""What a job may draw on, how it says how far it has come, and how it learns that it is no longer wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from desktop_trader.domain.errors import TraderError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings

JobValue = TypeVar("JobValue")


class JobCancelledError(TraderError):
    """A job was given up because the person asked for that; what it had begun is undone or was never visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """Belongs to one job. `tell_progress(done, total, text)` may be called as often as one likes.

    `tell_damage` is told what does not hold in the books of the folder, so that nobody trades on them any more.
    """

    paths: DataFolderPaths
    settings: Settings
    tell_progress: Callable[[int, int, str], None]
    should_stop: Callable[[], bool]
    tell_damage: Callable[[str], None] = lambda _text: None

    def check_wanted(self) -> None:
        """Go on only if nobody asked for the end.

        Raises:
            JobCancelledError: somebody did.
        """
        if self.should_stop():
            raise JobCancelledError("Cancelled; nothing was changed")


JobFunction = Callable[[JobContext, JobValue], object]
"""Does the job and returns its result.

Raises:
    TraderError: what the person is told; JobCancelledError after a cancel.
"""
