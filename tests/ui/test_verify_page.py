"""The page *Verify books*: one press, one job, the laws in words, and every finding with its row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.messages.books_verified import BooksState, BooksStateRequest, BooksVerified, VerifyBooks
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobProgress, StartJob
from desktop_trader.messages.notices import CommandRefused
from desktop_trader.messages.verify_report import Finding, VerifyReport
from desktop_trader.settings import Settings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.pages.verify import VerifyPage
from desktop_trader.ui.widgets.data_table import DataTable

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LAWS = {f"I{number}": "ok" for number in range(1, 15)}
FOUND = (
    Finding(law="I8", table="ledger_entries", row_id=3, account="demo", text="entry 3 is not what its hash says"),
    Finding(law="I7", table="wallet", row_id=1, account="demo", text="account 1: the wallet is not the sum"),
    Finding(law="file", table="", row_id=0, account="", text="triggers are missing: fills_refuse_update"),
)


class Opened:
    """A page, and what it asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[Any] = []
        self.model = BalanceModel()
        doors = PageDoors(
            model=self.model,
            send=lambda _command: None,
            request=self.asked.append,
            folder=data_folder(folder),
            settings=Settings(),
            show_history=lambda _filter: None,
        )
        self.page = VerifyPage(doors)

    def text(self, name: str) -> str:
        label = self.page.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def button(self, name: str) -> QPushButton:
        button = self.page.findChild(QPushButton, name)
        assert button is not None
        return button

    def table(self, name: str) -> DataTable:
        table = self.page.findChild(DataTable, name)
        assert table is not None
        return table

    def press(self, qtbot: QtBot, name: str) -> None:
        qtbot.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    def begin(self, qtbot: QtBot) -> str:
        """Press the button and return the id of the job."""
        self.press(qtbot, "verify-start-btn")
        asked = self.asked[-1]
        assert isinstance(asked, StartJob)
        assert asked.job == VerifyBooks()
        return asked.request_id

    def end(self, request_id: str, report: VerifyReport) -> None:
        verified = "what the engine remembers" if report.ok else None
        result = BooksVerified(report=report, at=AT, file_bytes=1_500_000, free_bytes=81_200_000_000, verified=verified)
        self.page.show_reply(JobDone(request_id=request_id, result=result))

    def cells(self, name: str) -> list[list[str]]:
        lines = self.table(name).selection_text().splitlines()
        return [line.split("\t") for line in lines[1:]]


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(tmp_path)
    qtbot.addWidget(opened.page)
    opened.page.resize(900, 640)
    opened.page.show()
    yield opened
    opened.page.close()


def sound(**fields: Any) -> VerifyReport:
    values: dict[str, Any] = {
        "ok": True, "entries": 1_000_001, "postings": 2_178_801, "invariants": LAWS, "integrity": "ok",
        "head_hash": "x", "schema_version": 2, "sqlite_version": "3.54.1", "elapsed_seconds": 18.2,
    }  # fmt: skip
    return VerifyReport(**values | fields)


def damaged() -> VerifyReport:
    laws = LAWS | {"I8": FOUND[0].text, "I7": FOUND[1].text}
    return sound(ok=False, invariants=laws, integrity=FOUND[2].text, findings=FOUND, finding_count=7)


@pytest.mark.requirement("R47", "R99", "R109")
def test_sound_books_are_a_green_list(opened: Opened, qtbot: QtBot) -> None:
    opened.end(opened.begin(qtbot), sound())

    assert opened.text("verify-verdict") == "✓  The books verify: every cent is accounted for"
    laws = opened.cells("verify-laws-table")
    assert [row[0] for row in laws] == ["File", *LAWS]
    assert {row[2] for row in laws} == {"✓  holds", "✓  no live account"}
    assert opened.text("verify-entries") == "1,000,001 with 2,178,801 postings, 18.2 s"
    assert opened.text("verify-free") == "81.2 GB"
    assert opened.text("verify-whole") == local_time(AT)
    assert not opened.table("verify-findings-table").isVisible()
    assert opened.asked[-1] == "what the engine remembers"


@pytest.mark.requirement("R47", "R99", "R109")
def test_damaged_books_name_every_row_that_does_not_hold(opened: Opened, qtbot: QtBot) -> None:
    opened.end(opened.begin(qtbot), damaged())

    assert opened.text("verify-verdict") == "✗  The books do NOT verify: 7 findings, the first 3 are listed"
    assert "restore the newest backup" in opened.text("verify-advice")
    laws = {row[0]: row[2] for row in opened.cells("verify-laws-table")}
    assert (laws["I8"], laws["I1"]) == (f"✗  {FOUND[0].text}", "✓  holds")
    assert laws["File"].startswith("✗  triggers are missing")
    assert opened.cells("verify-findings-table") == [
        ["I8", "demo", "entry 3", FOUND[0].text],
        ["I7", "demo", "wallet of account 1", FOUND[1].text],
        ["File", "—", "—", FOUND[2].text],
    ]
    assert opened.text("verify-whole") == "never yet"
    assert isinstance(opened.asked[-1], StartJob)


def test_the_findings_can_be_copied(opened: Opened, qtbot: QtBot) -> None:
    opened.end(opened.begin(qtbot), damaged())
    opened.press(qtbot, "verify-findings-copy-btn")
    assert QGuiApplication.clipboard().text().splitlines()[1] == f"I8\tdemo\tentry 3\t{FOUND[0].text}"


def test_while_it_runs_it_shows_how_far_it_is_and_takes_no_second_press(opened: Opened, qtbot: QtBot) -> None:
    request_id = opened.begin(qtbot)
    opened.press(qtbot, "verify-start-btn")
    opened.page.show_reply(JobProgress(request_id="another's", done=9, total=10, text="another"))
    opened.page.show_reply(JobProgress(request_id=request_id, done=431, total=1_000, text="Entry 431 of 1,000"))

    bar = opened.page.findChild(QProgressBar, "verify-progress")
    assert bar is not None
    assert (bar.isVisible(), bar.value(), bar.maximum()) == (True, 431, 1_000)
    assert opened.text("verify-progress-text") == "Entry 431 of 1,000"
    assert opened.text("verify-verdict") == "Verifying…"
    assert len([each for each in opened.asked if isinstance(each, StartJob)]) == 1


def test_cancel_ends_it_and_what_was_known_before_stays(opened: Opened, qtbot: QtBot) -> None:
    opened.end(opened.begin(qtbot), sound())
    request_id = opened.begin(qtbot)
    opened.press(qtbot, "verify-cancel-btn")
    assert opened.asked[-1] == CancelJob(request_id=request_id)
    opened.page.show_reply(JobFailed(request_id=request_id, error="Cancelled", was_cancelled=True))

    assert opened.text("verify-verdict").startswith("The books verified at 20")
    assert opened.text("verify-progress-text") == "Cancelled."
    assert opened.button("verify-start-btn").isEnabled()
    assert not opened.button("verify-cancel-btn").isVisible()


def test_a_failure_is_told_and_it_can_be_tried_again(opened: Opened, qtbot: QtBot) -> None:
    request_id = opened.begin(qtbot)
    opened.page.show_reply(JobFailed(request_id=request_id, error="The file is gone."))
    assert opened.text("verify-advice") == "The file is gone. Nothing was changed."
    assert opened.text("verify-verdict") == "Not verified in this window yet"
    assert opened.begin(qtbot) != request_id


def test_an_engine_that_is_not_ready_yet_says_so(opened: Opened, qtbot: QtBot) -> None:
    request_id = opened.begin(qtbot)
    refused = CommandRefused(id=0, at=AT, request_id=request_id, reason="busy", detail="the engine is not ready")
    opened.model.raise_notice(refused)
    assert "the engine is not ready" in opened.text("verify-advice")
    assert opened.button("verify-start-btn").isEnabled()


def test_what_is_known_already_is_asked_for_and_shown(opened: Opened) -> None:
    opened.page.refresh()
    asked = opened.asked[-1]
    assert isinstance(asked, BooksStateRequest)
    state = BooksState(
        request_id=asked.request_id,
        entries=1_204,
        verified_at=AT,
        verified_entry=1_200,
        whole_at=AT,
        schema_version=2,
        sqlite_version="3.54.1",
        file_bytes=900,
        free_bytes=2_000,
    )
    opened.page.show_reply(BooksState(request_id="another's", error="wrong"))
    opened.page.show_reply(state)
    assert opened.text("verify-entries") == "1,204"
    assert opened.text("verify-since").endswith("up to entry 1,200")
    assert (opened.text("verify-file"), opened.text("verify-free")) == ("900 bytes", "2.0 kB")
    assert opened.text("verify-versions") == "schema 2, SQLite 3.54.1"


def test_books_that_cannot_be_read_are_told(opened: Opened) -> None:
    opened.page.refresh()
    opened.page.show_reply(BooksState(request_id=opened.asked[-1].request_id, error="There are no books"))
    assert opened.text("verify-since") == "There are no books"
