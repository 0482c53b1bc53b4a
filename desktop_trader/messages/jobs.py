"""Long jobs: what is asked for, how far it has come, and how it ended. Each message names the request it belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Begin a job; `job` is one of the values that `jobs.catalog` knows how to do."""

    request_id: str
    job: object


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob:
    """Give a job up. Its end is told by the job itself, as `JobFailed` with `was_cancelled`."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """How far a job has come: `done` of `total` steps (`total` 0: nobody knows), and in words what it does now."""

    request_id: str
    done: int
    total: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A job has ended well; `result` is of the kind its function returns."""

    request_id: str
    result: object


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    """A job has ended without a result: `error` says why and what to do; nothing of it was left half done."""

    request_id: str
    error: str
    was_cancelled: bool = False


JobNews = JobProgress | JobDone | JobFailed
