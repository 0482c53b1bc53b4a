"""The drill that the window offers: it kills what trades on a copy, says what was lost, and leaves nothing behind."""

import os
import tempfile
from pathlib import Path

import apsw
import pytest

from desktop_trader import crash_drill
from desktop_trader.crash_drill import DrillWatch, run_drill
from desktop_trader.domain.errors import StorageError, TraderError
from desktop_trader.jobs.context import JobCancelledError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.crash_drill import CrashDrill
from desktop_trader.storage.drill_books import lost_of
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import small_history

KILLS = int(os.environ.get("DESKTOP_TRADER_DRILL_KILLS", "1000"))
KILLS_OF_ONE_DRILL = 20


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolderPaths:
    """Real books with something open in them; temporary folders are looked at afterwards."""
    paths = DataFolderPaths(root=tmp_path / "data")
    paths.root.mkdir()
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    store.close()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return paths


def left_behind(paths: DataFolderPaths) -> list[Path]:
    return list((paths.root.parent / "temporary").iterdir())


@pytest.mark.slow
@pytest.mark.requirement("R35")
def test_a_drill_survives_every_kill_and_leaves_the_real_books_alone(paths: DataFolderPaths) -> None:
    before = paths.database.read_bytes()
    heard: list[str] = []

    report = run_drill(
        paths,
        CrashDrill(seed=5, kills=4),
        watch=DrillWatch(tell_progress=lambda _done, _total, text: heard.append(text)),
    )

    assert report.is_passed, report
    assert [kill.number for kill in report.kills] == [1, 2, 3, 4]
    assert [kill.moment.split(" notice")[0] for kill in report.kills] == [
        "right after", "while it wrote, after", "a moment after", "during its start, while it wrote",
    ]  # fmt: skip
    assert report.entries_copied == report.kills[0].entries_before > 0
    assert report.kills[2].entries_after > report.entries_copied
    assert all(kill.told > 0 for kill in report.kills[:3])
    plain = [text for text in heard if ":" not in text]
    assert plain == ["Copying the books", "Verifying the copy", *(f"Kill {n} of 4" for n in range(1, 5)), "Done"]
    assert "Verifying the copy: reading the file" in heard
    assert paths.database.read_bytes() == before
    assert left_behind(paths) == []


@pytest.mark.slow
@pytest.mark.requirement("R35")
def test_a_drill_whose_copy_lost_something_says_so(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the newest fill away after the kill, as a disk would that lies about its syncs."""
    kill = crash_drill._Trading.kill

    def kill_and_lose(trading: crash_drill._Trading) -> list[dict[str, object]]:
        told = kill(trading)
        connection = apsw.Connection(str(trading._wal).removesuffix("-wal"))
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM fills WHERE id = (SELECT max(id) FROM fills)")
        connection.close()
        return told

    monkeypatch.setattr(crash_drill._Trading, "kill", kill_and_lose)

    report = run_drill(paths, CrashDrill(seed=5, kills=1))

    assert not report.is_passed
    assert report.kills[0].lost[0].startswith("order filled: order id")
    assert "triggers are missing" in report.kills[0].damage


@pytest.mark.slow
def test_a_cancelled_drill_ends_its_process_and_takes_its_copy_away(paths: DataFolderPaths) -> None:
    asked = 0
    processes: list[int] = []

    def check_wanted() -> None:
        nonlocal asked
        asked += bool(processes)
        if asked > 10:
            raise JobCancelledError("Cancelled; nothing was changed")

    begin = crash_drill._Trading.__enter__

    def note(trading: crash_drill._Trading) -> crash_drill._Trading:
        begun = begin(trading)
        processes.append(trading._process.pid)
        return begun

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crash_drill._Trading, "__enter__", note)
        with pytest.raises(JobCancelledError):
            run_drill(paths, CrashDrill(seed=1, kills=50), watch=DrillWatch(check_wanted=check_wanted))

    assert processes
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert left_behind(paths) == []


@pytest.mark.slow
def test_a_process_that_does_not_trade_is_told_with_its_reason(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash_drill, "_START_AMOUNT", "no amount")
    with pytest.raises(TraderError, match=r"ended by itself: desktop-trader: .*no amount"):
        run_drill(paths, CrashDrill(seed=1, kills=1))
    assert left_behind(paths) == []


def test_no_room_for_a_copy_is_told_and_nothing_is_left(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_trader.storage.drill_books._SPARE_BYTES", 10**18)
    with pytest.raises(StorageError, match="free some space"):
        run_drill(paths, CrashDrill(seed=1))
    assert left_behind(paths) == []


def test_damaged_books_are_no_ground_for_a_drill(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute("UPDATE wallet SET total = total + 1, available = available + 1")
    connection.close()
    with pytest.raises(TraderError, match="nothing to drill with: I7"):
        run_drill(paths, CrashDrill(seed=1))
    assert left_behind(paths) == []


def test_what_was_told_and_is_not_there_is_named(paths: DataFolderPaths) -> None:
    fill = {
        "event": "order_filled", "fill_id": 1, "order_id": 1, "position_id": 1, "side": "buy", "quantity": "0.01",
        "price": "45000.01", "fee": "0.4500001",
    }  # fmt: skip
    told: list[dict[str, object]] = [
        {"event": "log", "message": "nothing that is stored"},
        {"event": "order_accepted", "order_id": 1},
        {"event": "order_accepted", "order_id": 99},
        {"event": "position_opened", "position_id": 1},
        {"event": "position_opened", "position_id": 99},
        {"event": "position_closed", "position_id": 2, "realized_pnl": 0},
        {"event": "balance_changed", "reason": "none", "kind": "deposit", "amount": 7, "current_balance": 8},
        fill | {"price": "45000.02"},
        fill | {"fee": "0.46"},
    ]
    lost = lost_of(paths.database, told)
    assert [each.split(":")[0] for each in lost] == [
        "order accepted", "position opened", "position closed", "balance changed", "order filled", "order filled",
    ]  # fmt: skip
    assert "order id 99" in lost[0]


@pytest.mark.campaign
@pytest.mark.requirement("R35")
def test_a_thousand_kills_lose_nothing(paths: DataFolderPaths) -> None:
    for seed in range(-(-KILLS // KILLS_OF_ONE_DRILL)):
        report = run_drill(paths, CrashDrill(seed=seed, kills=KILLS_OF_ONE_DRILL))
        assert report.is_passed, [kill for kill in report.kills if not kill.is_passed]
        assert left_behind(paths) == []
