"""Answers a window whose books were refused: long jobs on the data folder, and questions to a copy that is only read.

There is no engine. Without an opened copy there is nothing to ask.
"""

import shutil
from collections.abc import Callable

from desktop_trader.answers.context import AnswerContext
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.job_desk import JobDesk
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backup_jobs import BackupsRequest
from desktop_trader.messages.books_trouble import ReadOnlyBooks
from desktop_trader.messages.jobs import CancelJob, JobDone, JobNews, StartJob
from desktop_trader.request_desk import RequestDesk
from desktop_trader.settings import Settings


class TroubleDesk:
    """`submit` from any thread; replies come in the threads of the desks, to `reply`."""

    def __init__(
        self,
        paths: DataFolderPaths,
        settings: Settings,
        *,
        reply: Callable[[object], None],
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        """Work on the data folder of `paths`, whose lock nobody holds."""
        self._paths = paths
        self._reply = reply
        self._jobs = JobDesk(paths, settings, reply=self._on_news, on_error=on_error)
        self._view: RequestDesk | None = None
        self._own: RequestDesk | None = None
        self._opened: ReadOnlyBooks | None = None

    def submit(self, message: object) -> None:
        """Do a job, or answer a question about the copy that is open."""
        if isinstance(message, StartJob | CancelJob):
            self._jobs.submit(message)
            return
        desk = self._own if isinstance(message, BackupsRequest) else self._view
        if desk is not None:
            desk.submit(message)

    def close(self) -> None:
        """End everything, and remove the copy that was looked at."""
        self._jobs.close()
        for desk in (self._view, self._own):
            if desk is not None:
                desk.close()
        if self._opened is not None:
            shutil.rmtree(self._opened.root, ignore_errors=True)

    def _on_news(self, news: JobNews) -> None:
        if isinstance(news, JobDone) and isinstance(news.result, ReadOnlyBooks):
            self._open(news.result)
        self._reply(news)

    def _open(self, opened: ReadOnlyBooks) -> None:
        """Let questions go to the copy, and those about backups to the folder it was made of."""
        self._opened = opened
        self._view = self._desk_over(DataFolderPaths(root=opened.root), opened)
        self._own = self._desk_over(self._paths, opened)

    def _desk_over(self, paths: DataFolderPaths, opened: ReadOnlyBooks) -> RequestDesk:
        snapshot = opened.snapshot
        market = snapshot.market
        context = AnswerContext(
            paths=paths,
            feed=ClosedFeed(source_id=market.source_id, starts_at=market.now),
            clock=MarketClock(market.now),
            account=snapshot.account_name,
        )
        return RequestDesk(context, reply=self._reply)
