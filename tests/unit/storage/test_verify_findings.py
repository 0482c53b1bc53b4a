"""What *Verify books* says when something is wrong: every row, in words, however much it is."""

import threading
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.verify_report import VerifyReport
from desktop_trader.storage import file_check
from desktop_trader.storage.findings import FINDINGS_MAX, LAWS, Findings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, verify_folder
from tests.booked_account import small_history

EVERY_COLUMN = (
    "account, run, kind, idempotency_key, occurred_at, position, \"order\", fill, reason, author, description, "
    "corrects, currency, total_after, locked_after, previous_hash, hash"
)  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    account = small_history(store)
    for _ in range(230):
        account.change("1", kind=EntryKind.DEPOSIT)
    store.close()
    return paths


def falsify(paths: DataFolderPaths, *statements: str) -> VerifyReport:
    """Edit the file as someone would who knows about the triggers, and verify it."""
    connection = apsw.Connection(str(paths.database))
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(str(sql))
    connection.close()
    paths.database.with_suffix(".seal").unlink()  # They know of that as well.
    return verify_folder(paths)


def named(report: VerifyReport, law: str) -> list[int]:
    return [finding.row_id for finding in report.findings if finding.law == law]


@pytest.mark.requirement("R182")
def test_two_entries_that_changed_places_are_both_named(paths: DataFolderPaths) -> None:
    report = falsify(
        paths,
        "CREATE TABLE aside AS SELECT * FROM ledger_entries WHERE id IN (40, 41)",
        "UPDATE ledger_entries SET idempotency_key = 'gone:' || id WHERE id IN (40, 41)",
        *(
            f"UPDATE ledger_entries SET ({EVERY_COLUMN}) = (SELECT {EVERY_COLUMN} FROM aside WHERE id = {other}) "
            f"WHERE id = {entry}"
            for entry, other in ((40, 41), (41, 40))
        ),
        "DROP TABLE aside",
    )
    assert {40, 41} <= set(named(report, "I8"))


@pytest.mark.requirement("R182")
def test_the_newest_entries_taken_away_are_missed(paths: DataFolderPaths) -> None:
    report = falsify(paths, "DELETE FROM ledger_entries WHERE id > 245", "DELETE FROM postings WHERE entry > 245")
    assert "entry 250, which is missing: the newest entries are gone" in report.invariants["I8"]
    assert report.invariants["I7"] != "ok"


def test_everything_is_counted_the_first_of_it_is_listed_and_no_law_is_left_out(paths: DataFolderPaths) -> None:
    report = falsify(
        paths,
        "UPDATE ledger_entries SET reason = 'another'",
        "UPDATE wallet SET total_deposits = 0",
        "UPDATE fills SET quantity = '0.5' WHERE id = 1",
    )
    assert report.finding_count > 250
    assert len(named(report, "I8")) == FINDINGS_MAX
    broken = {law for law, text in report.invariants.items() if text != "ok"}
    assert {"I7", "I8", "I11"} <= broken
    assert broken <= {finding.law for finding in report.findings}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "UPDATE wallet SET total = total + 100, available = available + 100",
            "account 1: the wallet shows 10487.7788833, 872.640",
        ),
        ("UPDATE run_totals SET fees = 0", "run 1 shows 0 for fees; the journal adds up to 2.10001092"),
        ("UPDATE positions SET margin = 7 WHERE id = 2", "position 2 has a margin of 0.00000007; the journal locked"),
        (
            "UPDATE positions SET quantity = '7' WHERE id = 2",
            "position 2 has a quantity of 7; its fills add up to 0.01",
        ),
        (
            "UPDATE orders SET filled_quantity = '0' WHERE id = 1",
            "order 1 says that 0 of it is filled; its fills add up",
        ),
        ("UPDATE fills SET fee = fee + 1 WHERE id = 1", "fill 1 says P&L 0 and fee 0.45000011; the journal booked"),
        ("DELETE FROM wallet", "account 1 has no wallet"),
    ],
)
def test_a_finding_says_what_is_there_and_what_ought_to_be(paths: DataFolderPaths, statement: str, text: str) -> None:
    report = falsify(paths, statement)
    assert [finding.text for finding in report.findings if finding.text.startswith(text)], report.findings
    assert {finding.account for finding in report.findings} == {"demo"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "UPDATE ledger_entries SET reason = 'another' WHERE id IN (3, 77)",
        "UPDATE fills SET side = iif(side = 'buy', 'sell', 'buy')",
        "DELETE FROM orders WHERE id = 3",
    ],
)
def test_a_hurried_verification_finds_the_same(paths: DataFolderPaths, statement: str) -> None:
    unhurried = falsify(paths, statement)
    hurried = verify_folder(paths, watch=VerifyWatch(is_hurried=True))
    assert set(hurried.findings) == set(unhurried.findings)
    assert (hurried.ok, hurried.finding_count) == (unhurried.ok, unhurried.finding_count)
    assert {law for law, text in hurried.invariants.items() if text != "ok"} == {
        law for law, text in unhurried.invariants.items() if text != "ok"
    }


def test_a_hurried_verification_that_is_stopped_at_its_very_end_has_no_result(paths: DataFolderPaths) -> None:
    """The journal is walked already; what is left is the other thread's."""
    is_stopped = False

    def hear(_done: int, _total: int, text: str) -> None:
        nonlocal is_stopped
        is_stopped = is_stopped or text == "Reading the file to its end"

    def should_stop() -> bool:
        # The other thread waits here until the first one has nothing more to do but to wait for it.
        while threading.current_thread().name == "file-check" and not is_stopped:
            gate.wait(0.001)
        return is_stopped

    gate = threading.Event()
    with pytest.raises(VerificationStoppedError):
        verify_folder(paths, watch=VerifyWatch(should_stop=should_stop, tell_progress=hear, is_hurried=True))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_of_the_file_that_breaks_down_is_never_taken_for_a_good_one(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise AssertionError("ours")

    monkeypatch.setattr(file_check, "check_file", break_down)
    report = verify_folder(paths, watch=VerifyWatch(is_hurried=True))
    assert not report.ok
    assert "did not come to its end" in report.integrity


def test_paper_accounts_keep_the_law_of_live_ones(paths: DataFolderPaths) -> None:
    report = verify_folder(paths)
    assert (list(report.invariants), report.invariants["I14"], report.live_accounts) == (list(LAWS), "ok", 0)


def test_findings_of_two_checks_are_added_up() -> None:
    first, second = Findings(), Findings()
    for number in range(FINDINGS_MAX + 5):
        first.add("I8", f"entry {number}", row_id=number)
    second.add("I13", "a gap", row_id=7)
    second.add("I8", "another", row_id=8)
    first.add_all(second)
    assert first.count == FINDINGS_MAX + 7
    assert first.by_law == {"I8": "entry 0", "I13": "a gap"}
    assert [finding.text for finding in first.rows({})][-2:] == ["a gap", "another"]
