"""Verification in the background: beside the writer, and gone as soon as nobody wants it any more."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import verify as verification
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import VerifyReport, verify_folder, verify_unless_stopped
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def account(tmp_path: Path) -> BookedAccount:
    return small_history(SqliteLedgerStore.open(DataFolderPaths(root=tmp_path)))


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


def stop_at_question(number: int) -> tuple[Callable[[], bool], list[int]]:
    """Return a question that says stop from so many times on, and what counts how often it was asked."""
    asked = [0]

    def should_stop() -> bool:
        asked[0] += 1
        return asked[0] >= number

    return should_stop, asked


@pytest.mark.usefixtures("account")
def test_a_verification_that_nobody_stops_is_the_whole_one(paths: DataFolderPaths) -> None:
    report = verify_unless_stopped(paths, should_stop=lambda: False)
    assert report is not None
    assert report.ok
    assert (report.entries, report.head_hash) == (verify_folder(paths).entries, verify_folder(paths).head_hash)


@pytest.mark.usefixtures("account")
def test_a_verification_can_be_stopped_at_every_question_it_asks(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_STEPS_BETWEEN_QUESTIONS", 200)
    never, asked = stop_at_question(10**9)
    assert verify_unless_stopped(paths, should_stop=never) is not None
    questions = asked[0]
    assert questions > 20
    for number in range(1, questions + 1):
        should_stop, asked = stop_at_question(number)
        assert verify_unless_stopped(paths, should_stop=should_stop) is None
        assert asked[0] - number <= 1


def test_a_stopped_verification_leaves_the_writer_alone(
    account: BookedAccount, paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_STEPS_BETWEEN_QUESTIONS", 50)
    stopped = threading.Event()
    reports: list[VerifyReport | None] = []

    def work() -> None:
        while not stopped.is_set():
            reports.append(verify_unless_stopped(paths, should_stop=stopped.is_set))

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(50):
        account.change("1", kind=EntryKind.DEPOSIT)
    stopped.set()
    worker.join(5)
    assert not worker.is_alive()
    assert all(report is None or report.ok for report in reports)
    assert verify_folder(paths).ok


def test_no_books_are_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        verify_unless_stopped(DataFolderPaths(root=tmp_path / "none"), should_stop=lambda: False)
