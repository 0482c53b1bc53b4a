"""Does long jobs, each in a thread of its own, so that questions, the window and trading do not wait for them."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from desktop_trader.diagnostics import report_failure
from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.money import install_context
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobNews, JobProgress, StartJob
from desktop_trader.settings import Settings

_log = logging.getLogger(__name__)
JOBS_AT_ONCE = 4
_PROGRESS_SECONDS = 0.1
_CLOSE_SECONDS = 1.0


@dataclass(slots=True)
class _Running:
    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)
    is_left: bool = False


class JobDesk:
    """`submit` from any thread; news come in the threads of the jobs, the last one of each is `JobDone` or `JobFailed`.

    A failure that is our fault is told like any other and handed to `on_error`.
    """

    def __init__(
        self,
        paths: DataFolderPaths,
        settings: Settings,
        *,
        reply: Callable[[JobNews], None],
        on_error: Callable[[str, BaseException], None],
        on_damage: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Do jobs on the folder of `paths`; news go to `reply`, and what does not hold in the books to `on_damage`."""
        self._paths = paths
        self._settings = settings
        self._reply = reply
        self._on_error = on_error
        self._on_damage = on_damage
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._is_closed = False

    def submit(self, message: StartJob | CancelJob) -> None:
        """Begin a job, or give one up; a job that has ended already is given up in peace."""
        if isinstance(message, StartJob):
            self._start(message)
            return
        with self._lock:
            running = self._running.get(message.request_id)
        if running is not None:
            running.stop.set()

    def close(self) -> None:
        """Give up what runs, and wait a moment until it has ended; what does not end then is left to the process's end.

        Whatever a job writes is whole or nothing, wherever it is cut off.
        """
        with self._lock:
            self._is_closed = True
            running = list(self._running.values())
        for each in running:
            each.stop.set()
        ends_at = monotonic() + _CLOSE_SECONDS
        for each in running:
            each.thread.join(max(0.0, ends_at - monotonic()))
            if each.thread.is_alive():
                each.is_left = True
                _log.warning("%s did not end in time and is left behind", each.thread.name)

    def _start(self, message: StartJob) -> None:
        refusal = ""
        with self._lock:
            if self._is_closed:
                refusal = "The program is ending; nothing was begun"
            elif len(self._running) >= JOBS_AT_ONCE:
                refusal = f"{JOBS_AT_ONCE} long jobs are running already; wait for one to end, or cancel one"
            elif message.request_id not in self._running:
                thread = threading.Thread(
                    target=self._run, args=(message,), name=f"job-{type(message.job).__name__}", daemon=True
                )
                self._running[message.request_id] = _Running(thread)
                thread.start()
        if refusal:
            self._reply(JobFailed(request_id=message.request_id, error=refusal))

    def _run(self, message: StartJob) -> None:
        install_context()
        with self._lock:
            running = self._running[message.request_id]
        try:
            news = self._do(message, running)
        except JobCancelledError as error:
            news = JobFailed(request_id=message.request_id, error=error.user_message, was_cancelled=True)
        except TraderError as error:
            _log.warning("A job (%s) failed: %s", type(message.job).__name__, error)
            news = JobFailed(request_id=message.request_id, error=error.user_message)
        except Exception as error:
            news = JobFailed(request_id=message.request_id, error=f"an error of the program: {error}")
            report_failure(threading.current_thread().name, error, on_failure=self._on_error)
        with self._lock:
            del self._running[message.request_id]
        if not running.is_left:
            self._reply(news)

    def _do(self, message: StartJob, running: _Running) -> JobNews:
        find = JOBS.get(type(message.job))
        if find is None:
            return JobFailed(request_id=message.request_id, error=f"nobody does a {type(message.job).__name__}")
        told_at = -_PROGRESS_SECONDS

        def tell_progress(done: int, total: int, text: str) -> None:
            nonlocal told_at
            now = monotonic()
            if not running.is_left and (now - told_at >= _PROGRESS_SECONDS or done == total):
                told_at = now
                self._reply(JobProgress(request_id=message.request_id, done=done, total=total, text=text))

        context = JobContext(
            paths=self._paths,
            settings=self._settings,
            tell_progress=tell_progress,
            should_stop=running.stop.is_set,
            tell_damage=self._on_damage,
        )
        return JobDone(request_id=message.request_id, result=find()(context, message.job))
