"""Exports of the history: exact, whole or not at all, and nothing that a spreadsheet would carry out."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BalanceChange
from desktop_trader.domain.errors import InvalidInputError, RefusedError, StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.history_export import ExportHistory, ExportShape
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerRow
from desktop_trader.settings import Settings
from desktop_trader.storage import history_export
from desktop_trader.storage.history_export import COLUMNS, export_history, guarded, shape_of, unguarded
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount, small_history

DEMO = LedgerFilter(account="demo")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def account(tmp_path: Path) -> BookedAccount:
    (tmp_path / "data").mkdir()
    return small_history(SqliteLedgerStore.open(DataFolderPaths(root=tmp_path / "data")))


@pytest.fixture
def reader(tmp_path: Path, account: BookedAccount) -> Iterator[LedgerReader]:
    reader = LedgerReader.open(DataFolderPaths(root=tmp_path / "data"))
    yield reader
    reader.close()


def wanted(target: Path, shape: ExportShape = ExportShape.CSV, **fields: Any) -> ExportHistory:
    return replace(ExportHistory(filter=DEMO, target=str(target), shape=shape), **fields)


def oldest_first(reader: LedgerReader, chosen: LedgerFilter = DEMO) -> list[LedgerRow]:
    return list(reversed(reader.page(chosen, limit=1_000, seconds=None).rows))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_exact(path: Path) -> Any:
    def refuse_float(text: str) -> Decimal:
        return Decimal(text)

    return json.loads(path.read_text(encoding="utf-8"), parse_float=refuse_float)


def as_csv(row: LedgerRow) -> dict[str, object]:
    """What the columns of a row say, read back as values."""
    return {
        "id": row.id,
        "transaction_type": row.transaction_type,
        "amount": row.amount,
        "balance_before": row.balance_before,
        "balance_after": row.balance_after,
        "locked_change": row.locked_change,
        "reason": row.reason,
        "updated_by": row.updated_by,
        "description": row.description,
        "position_id": row.position_id,
        "order_id": row.order_id,
        "fill_id": row.fill_id,
        "run_id": row.run_id,
        "created_at": row.created_at.isoformat(),
    }


def from_csv(cells: dict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in as_csv_names():
        text = cells[name]
        if name in ("amount", "balance_before", "balance_after", "locked_change"):
            values[name] = Decimal(text)
        elif name.endswith("id"):
            values[name] = int(text) if text else None
        else:
            values[name] = unguarded(text) if name in ("reason", "updated_by", "description") else text
    return values


def as_csv_names() -> list[str]:
    return [name for name in COLUMNS if name not in ("account", "currency")]


@pytest.mark.requirement("R39")
def test_a_csv_holds_every_entry_oldest_first_exact_to_the_last_digit(reader: LedgerReader, tmp_path: Path) -> None:
    done = export_history(reader, wanted(tmp_path / "history.csv"))
    rows = read_csv(tmp_path / "history.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [from_csv(row) for row in rows] == [as_csv(row) for row in oldest_first(reader)]
    assert (done.rows, done.size_bytes) == (len(rows), (tmp_path / "history.csv").stat().st_size)
    assert {(row["account"], row["currency"]) for row in rows} == {("demo", "USDT")}


def test_a_json_holds_the_same_rows_as_exact_number_literals(reader: LedgerReader, tmp_path: Path) -> None:
    export_history(reader, wanted(tmp_path / "history.json", ExportShape.JSON))
    told = read_exact(tmp_path / "history.json")
    assert told["history"] == [as_csv(row) for row in oldest_first(reader)]
    assert (told["account"], told["account_type"], told["currency"], told["filter"]) == ("demo", "demo", "USDT", {})


@pytest.mark.requirement("R14")
@pytest.mark.requirement("R132")
@pytest.mark.parametrize("shape", [ExportShape.JSON, ExportShape.BALANCE])
def test_a_json_begins_with_the_two_keys_of_the_documents_and_names_its_time_zone(
    reader: LedgerReader, account: BookedAccount, tmp_path: Path, shape: ExportShape
) -> None:
    export_history(reader, wanted(tmp_path / "virtual_balance.json", shape))
    told = read_exact(tmp_path / "virtual_balance.json")
    assert list(told)[:3] == ["balance", "last_updated", "time_zone"]
    assert told["balance"] == account.portfolio.wallet.total
    assert (told["last_updated"], told["time_zone"]) == (account.portfolio.wallet.updated_at.isoformat(), "UTC")
    assert ("history" in told) == (shape is ExportShape.JSON)


@pytest.mark.parametrize("shape", [ExportShape.CSV, ExportShape.JSON])
def test_a_filter_chooses_the_rows_and_a_json_says_by_what(
    reader: LedgerReader, tmp_path: Path, shape: ExportShape
) -> None:
    chosen = replace(DEMO, kinds=("fee", "deposit"), text="e")
    target = tmp_path / f"some.{shape.value}"
    done = export_history(reader, wanted(target, shape, filter=chosen))
    expected = [as_csv(row) for row in oldest_first(reader, chosen)]
    assert done.rows == len(expected) > 2
    if shape is ExportShape.CSV:
        assert [from_csv(row) for row in read_csv(target)] == expected
    else:
        told = read_exact(target)
        assert told["history"] == expected
        assert told["filter"] == {"kinds": ["fee", "deposit"], "text": "e"}


@pytest.mark.parametrize("shape", [ExportShape.CSV, ExportShape.JSON])
def test_nothing_found_is_a_file_without_rows(reader: LedgerReader, tmp_path: Path, shape: ExportShape) -> None:
    target = tmp_path / "none"
    assert export_history(reader, wanted(target, shape, filter=replace(DEMO, author="nobody"))).rows == 0
    rows = read_csv(target) if shape is ExportShape.CSV else read_exact(target)["history"]
    assert rows == []


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40) | st.sampled_from(
    (
        "=cmd|' /C calc'!A0",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "'quoted",
        "''",
        "a\r\nb",
        'say "no"',
        "１＝",
        "＝1",
    )
)


@given(text=TEXTS)
def test_no_cell_starts_a_formula_and_every_text_comes_back(text: str) -> None:
    assert guarded(text)[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert unguarded(guarded(text)) == text


@settings(max_examples=25, deadline=None)
@given(reasons=st.lists(TEXTS.filter(lambda text: text.strip()), min_size=1, max_size=4))
def test_unicode_newlines_and_quotes_survive_both_shapes(reasons: list[str]) -> None:
    with TemporaryDirectory() as name:
        (Path(name) / "data").mkdir()
        account = BookedAccount(SqliteLedgerStore.open(DataFolderPaths(root=Path(name) / "data")))
        account.change("1.00000001")
        for number, reason in enumerate(reasons):
            change = BalanceChange(
                kind=EntryKind.DEPOSIT, amount=Decimal(1), reason=reason, author=reason, request_key=str(number)
            )
            account.post(accounting.change_balance(account.portfolio, change, at=account.tick()))
        account.store.close()
        reader = LedgerReader.open(DataFolderPaths(root=Path(name) / "data"))
        export_history(reader, wanted(Path(name) / "a.csv"))
        export_history(reader, wanted(Path(name) / "a.json", ExportShape.JSON))
        reader.close()
        assert [unguarded(row["updated_by"]) for row in read_csv(Path(name) / "a.csv")][1:] == reasons
        assert [row["reason"] for row in read_exact(Path(name) / "a.json")["history"]][1:] == reasons


def test_what_is_there_is_replaced_only_when_that_was_said(reader: LedgerReader, tmp_path: Path) -> None:
    target = tmp_path / "history.csv"
    target.write_text("mine")
    with pytest.raises(RefusedError, match="is there already; nothing was written"):
        export_history(reader, wanted(target))
    assert target.read_text() == "mine"
    export_history(reader, wanted(target, may_replace=True))
    assert len(read_csv(target)) > 10


def test_a_file_that_comes_to_be_meanwhile_is_not_replaced(
    reader: LedgerReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "history.csv"

    def take_the_name(_done: int, _total: int) -> None:
        target.write_text("theirs")

    with pytest.raises(RefusedError, match="is there already"):
        export_history(reader, wanted(target), tell_progress=take_the_name)
    assert target.read_text() == "theirs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "history.csv"]


@pytest.mark.parametrize("may_replace", [False, True])
def test_folders_links_devices_and_the_data_folder_are_no_targets(
    reader: LedgerReader, tmp_path: Path, may_replace: bool
) -> None:
    (tmp_path / "elsewhere.csv").write_text("precious")
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "way").symlink_to(tmp_path / "data", target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.csv")
    for target, why in (
        (tmp_path / "data", "is a folder"),
        (tmp_path / "link.csv", "a link or a device"),
        (tmp_path / "pipe.csv", "a link or a device"),
        (tmp_path / "nowhere" / "a.csv", "no folder"),
        (tmp_path / "elsewhere.csv" / "a.csv", "folder|cannot be written"),
        (tmp_path / "data" / "settings.json", "lies in the data folder"),
        (tmp_path / "data" / ".." / "data" / "x.csv", "lies in the data folder"),
        (tmp_path / "way" / "x.csv", "lies in the data folder"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            export_history(reader, wanted(target, may_replace=may_replace), protected=tmp_path / "data")
    assert (tmp_path / "elsewhere.csv").read_text() == "precious"


def test_a_full_disk_leaves_what_was_there(
    reader: LedgerReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "history.csv"
    target.write_text("mine")

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(StorageError, match="No space left on device; nothing was changed"):
        export_history(reader, wanted(target, may_replace=True))
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "history.csv"]


def test_a_job_tells_its_progress_and_given_up_leaves_what_was_there(
    account: BookedAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_export, "MAX_PAGE_ROWS", 4)
    target = tmp_path / "history.csv"
    target.write_text("mine")
    told: list[tuple[int, int]] = []

    def context(*, stop_after: int) -> JobContext:
        return JobContext(
            paths=DataFolderPaths(root=tmp_path / "data"),
            settings=Settings(),
            tell_progress=lambda done, total, _text: told.append((done, total)),
            should_stop=lambda: len(told) >= stop_after,
        )

    do = JOBS[ExportHistory]()
    with pytest.raises(JobCancelledError):
        do(context(stop_after=2), wanted(target, may_replace=True))
    assert (target.read_text(), len(told)) == ("mine", 2)
    told.clear()
    do(context(stop_after=1_000), wanted(target, may_replace=True))
    assert told == sorted(told)
    assert told[-1] == (account.head.entry_id, account.head.entry_id)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "history.csv"]


_SLOW_EXPORT = """
import sys, time
from pathlib import Path
from desktop_trader.storage import history_export
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.history_export import ExportHistory, ExportShape
from desktop_trader.messages.ledger_page import LedgerFilter
history_export.MAX_PAGE_ROWS = 2
reader = LedgerReader.open(DataFolderPaths(root=Path(sys.argv[1])))
def tell(done, total):
    print(done, flush=True)
    time.sleep(60 if done > 6 else 0)
history_export.export_history(
    reader,
    ExportHistory(filter=LedgerFilter(account="demo"), target=sys.argv[2], shape=ExportShape.CSV, may_replace=True),
    tell_progress=tell,
)
"""


@pytest.mark.slow
def test_killed_in_the_middle_the_old_file_is_as_it_was(account: BookedAccount, tmp_path: Path) -> None:
    target = tmp_path / "history.csv"
    target.write_text("mine")
    child = subprocess.Popen(
        [sys.executable, "-c", _SLOW_EXPORT, str(tmp_path / "data"), str(target)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    while (line := child.stdout.readline()) and int(line) <= 6:
        pass
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert target.read_text() == "mine"


def test_what_a_killed_export_left_is_taken_away_by_the_next_one_once_it_is_old(
    reader: LedgerReader, tmp_path: Path
) -> None:
    old, young, other = (tmp_path / name for name in (".desktop-trader-1.part", ".desktop-trader-2.part", ".mine.part"))
    for path in (old, young, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    export_history(reader, wanted(tmp_path / "history.csv"))
    assert [path.exists() for path in (old, young, other)] == [False, True, True]


def test_entries_booked_meanwhile_are_not_in_the_file(
    reader: LedgerReader, account: BookedAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_export, "MAX_PAGE_ROWS", 3)
    head = account.head.entry_id

    def book(_done: int, _total: int) -> None:
        account.change("1", kind=EntryKind.DEPOSIT)

    export_history(reader, wanted(tmp_path / "history.csv"), tell_progress=book)
    assert [int(row["id"]) for row in read_csv(tmp_path / "history.csv")] == list(range(1, head + 1))
    assert account.head.entry_id > head


@pytest.mark.parametrize(
    ("name", "only", "shape"),
    [("a.csv", False, ExportShape.CSV), ("A.JSON", False, ExportShape.JSON), ("a.json", True, ExportShape.BALANCE)],
)
def test_the_ending_says_the_shape(name: str, only: bool, shape: ExportShape) -> None:
    assert shape_of(name, is_balance_only=only) is shape


@pytest.mark.parametrize(("name", "only"), [("a", False), ("a.db", False), ("a.csv.exe", False), ("a.csv", True)])
def test_other_endings_are_refused(name: str, only: bool) -> None:
    with pytest.raises(InvalidInputError, match="name a file that ends with its kind"):
        shape_of(name, is_balance_only=only)
