"""Long jobs: their news, their cancel, their failures, and the end of the desk."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from desktop_trader import job_desk
from desktop_trader.domain.errors import StorageError
from desktop_trader.job_desk import JOBS_AT_ONCE, JobDesk
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import data_folder
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobNews, JobProgress, StartJob
from desktop_trader.settings import Settings

PATIENCE = 20


@dataclass(frozen=True)
class Count:
    up_to: int


@dataclass(frozen=True)
class Wait:
    begun: threading.Event


@dataclass(frozen=True)
class Stuck:
    begun: threading.Event
    may_end: threading.Event


@dataclass(frozen=True)
class Find:
    damage: str


@dataclass(frozen=True)
class Fail:
    error: Exception


def _count(context: JobContext, job: Count) -> int:
    for done in range(job.up_to + 1):
        context.tell_progress(done, job.up_to, "counting")
    return job.up_to


def _wait(context: JobContext, job: Wait) -> None:
    job.begun.set()
    while True:
        context.check_wanted()


def _stuck(context: JobContext, job: Stuck) -> None:
    job.begun.set()
    assert job.may_end.wait(PATIENCE)
    context.tell_progress(1, 1, "done")


def _find(context: JobContext, job: Find) -> None:
    context.tell_damage(job.damage)


def _fail(_context: JobContext, job: Fail) -> None:
    raise job.error


class Desk:
    """A job desk and what was heard of it."""

    def __init__(self, folder: Path) -> None:
        self.news: SimpleQueue[JobNews] = SimpleQueue()
        self.errors: list[BaseException] = []
        self.damage: list[str] = []
        self.desk = JobDesk(
            data_folder(str(folder)),
            Settings(),
            reply=self.news.put,
            on_error=lambda _where, error: self.errors.append(error),
            on_damage=self.damage.append,
        )

    def start(self, request_id: str, job: object) -> None:
        self.desk.submit(StartJob(request_id=request_id, job=job))

    def end_of(self, request_id: str) -> JobNews:
        while True:
            news = self.news.get(timeout=PATIENCE)
            if news.request_id == request_id and not isinstance(news, JobProgress):
                return news


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    known: dict[type, Any] = {
        Count: lambda: _count,
        Wait: lambda: _wait,
        Stuck: lambda: _stuck,
        Find: lambda: _find,
        Fail: lambda: _fail,
    }
    monkeypatch.setattr(job_desk, "JOBS", known)
    desk = Desk(tmp_path)
    yield desk
    desk.desk.close()


def test_a_job_tells_how_far_it_is_and_ends_with_its_result(desk: Desk) -> None:
    desk.start("a", Count(100_000))

    heard: list[JobNews] = []
    while not heard or isinstance(heard[-1], JobProgress):
        heard.append(desk.news.get(timeout=PATIENCE))

    assert heard[-1] == JobDone(request_id="a", result=100_000)
    assert heard[-2] == JobProgress(request_id="a", done=100_000, total=100_000, text="counting")
    assert len(heard) < 1_000, "progress must be told a few times a second, not at every step"


def test_a_cancelled_job_ends_and_says_that_it_was_cancelled(desk: Desk) -> None:
    begun = threading.Event()
    desk.start("a", Wait(begun))
    assert begun.wait(PATIENCE)

    desk.desk.submit(CancelJob(request_id="a"))

    end = desk.end_of("a")
    assert isinstance(end, JobFailed)
    assert end.was_cancelled


def test_a_cancel_of_what_has_ended_is_harmless(desk: Desk) -> None:
    desk.start("a", Count(1))
    desk.end_of("a")

    desk.desk.submit(CancelJob(request_id="a"))

    desk.start("b", Count(1))
    assert desk.end_of("b") == JobDone(request_id="b", result=1)


def test_a_failure_of_the_world_is_told_in_its_words_and_is_no_error_of_ours(desk: Desk) -> None:
    desk.start("a", Fail(StorageError("The disk is full")))

    assert desk.end_of("a") == JobFailed(request_id="a", error="The disk is full")
    assert desk.errors == []


def test_damage_that_a_job_finds_is_handed_on(desk: Desk) -> None:
    desk.start("a", Find("I8: entry 3"))
    desk.end_of("a")
    assert desk.damage == ["I8: entry 3"]


def test_an_error_of_the_program_is_told_and_handed_on(desk: Desk) -> None:
    desk.start("a", Fail(KeyError("lost")))

    end = desk.end_of("a")
    assert isinstance(end, JobFailed)
    assert "lost" in end.error
    assert [type(error) for error in desk.errors] == [KeyError]


def test_the_same_request_twice_is_one_job(desk: Desk) -> None:
    begun = threading.Event()
    desk.start("a", Wait(begun))
    assert begun.wait(PATIENCE)
    desk.start("a", Count(1))
    desk.desk.submit(CancelJob(request_id="a"))

    end = desk.end_of("a")

    assert isinstance(end, JobFailed)
    assert desk.news.empty()


def test_too_many_jobs_at_once_are_refused_by_name(desk: Desk) -> None:
    begun = [threading.Event() for _ in range(JOBS_AT_ONCE)]
    for place, event in enumerate(begun):
        desk.start(f"wait-{place}", Wait(event))
    assert all(event.wait(PATIENCE) for event in begun)

    desk.start("one-more", Count(1))

    end = desk.end_of("one-more")
    assert isinstance(end, JobFailed)
    assert "wait for one to end" in end.error


def test_closing_the_desk_gives_up_what_runs_and_refuses_what_comes(desk: Desk) -> None:
    begun = threading.Event()
    desk.start("a", Wait(begun))
    assert begun.wait(PATIENCE)

    desk.desk.close()

    assert desk.news.get(timeout=PATIENCE) == JobFailed(
        request_id="a", error="Cancelled; nothing was changed", was_cancelled=True
    )
    desk.start("b", Count(1))
    assert isinstance(desk.end_of("b"), JobFailed)


def test_a_job_that_does_not_end_is_left_and_says_nothing_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_desk, "_CLOSE_SECONDS", 0.05)
    begun, may_end = threading.Event(), threading.Event()
    desk.start("a", Stuck(begun, may_end))
    assert begun.wait(PATIENCE)
    (thread,) = [each for each in threading.enumerate() if each.name == "job-Stuck"]

    desk.desk.close()
    assert thread.is_alive(), "whoever quits has not waited for it"

    may_end.set()
    thread.join(PATIENCE)
    assert desk.news.empty(), "who would have heard of it is gone"


def test_a_job_that_nobody_knows_is_refused(desk: Desk) -> None:
    desk.start("a", object())

    assert desk.end_of("a") == JobFailed(request_id="a", error="nobody does a object")
