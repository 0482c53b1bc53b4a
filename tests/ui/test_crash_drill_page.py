"""The page *Crash drill*: one press, ten kills, and what each of them left behind."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.messages.crash_drill import KILLS, CrashDrill, DrillKill, DrillReport
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, StartJob
from desktop_trader.settings import Settings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.crash_drill import CrashDrillPage
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.widgets.data_table import DataTable

DEATHS = tuple(
    DrillKill(
        number=number,
        moment=f"right after notice {number} (order filled)",
        told=1_000 + number,
        entries_before=number * 100,
        entries_after=number * 100 + 100,
        lost=(),
        damage="",
        balance=Decimal("9892.59979996"),
        currency="USDT",
    )
    for number in range(1, KILLS + 1)
)


class Opened:
    """A page, and what it asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[Any] = []
        doors = PageDoors(
            model=BalanceModel(),
            send=lambda _command: None,
            request=self.asked.append,
            folder=data_folder(folder),
            settings=Settings(),
            show_history=lambda _filter: None,
        )
        self.page = CrashDrillPage(doors)

    @property
    def verdict(self) -> str:
        label = self.page.findChild(QLabel, "crash-drill-verdict")
        assert label is not None
        return label.text()

    def press(self, qtbot: QtBot, name: str) -> None:
        button = self.page.findChild(QPushButton, name)
        assert button is not None
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def begin(self, qtbot: QtBot) -> str:
        self.press(qtbot, "crash-drill-start-btn")
        asked = self.asked[-1]
        assert isinstance(asked, StartJob)
        assert isinstance(asked.job, CrashDrill)
        assert asked.job.kills == KILLS
        return asked.request_id

    def end(self, request_id: str, *kills: DrillKill) -> None:
        report = DrillReport(kills=kills, entries_copied=100, elapsed_seconds=31.2)
        self.page.show_reply(JobDone(request_id=request_id, result=report))

    def rows(self) -> list[list[str]]:
        table = self.page.findChild(DataTable, "crash-drill-table")
        assert table is not None
        return [line.split("\t") for line in table.selection_text().splitlines()[1:]]


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(tmp_path)
    qtbot.addWidget(opened.page)
    opened.page.show()
    yield opened
    opened.page.close()


@pytest.mark.requirement("R35")
def test_ten_survived_kills_are_ten_rows_and_a_sentence(opened: Opened, qtbot: QtBot) -> None:
    opened.end(opened.begin(qtbot), *DEATHS)

    assert opened.verdict == (
        "✓  Survived 10 of 10 kills: 10,055 events told, none lost, the books verified each time (31 s)"
    )
    assert len(opened.rows()) == 10
    assert opened.rows()[0] == [
        "1", "right after notice 1 (order filled)", "1,001", "100", "200", "$9,892.60", "none", "✓ verified",
    ]  # fmt: skip


@pytest.mark.requirement("R35")
def test_a_loss_is_told_without_mercy(opened: Opened, qtbot: QtBot) -> None:
    lost = replace(DEATHS[1], lost=("order filled: fill id 7",))
    broken = replace(DEATHS[2], damage="I8: entry 9 is missing")
    opened.end(opened.begin(qtbot), DEATHS[0], lost, broken)

    assert opened.verdict.startswith("✗  2 of 3 kills did damage to the copy. Your own books are untouched")
    assert opened.rows()[1][6] == "1"
    assert opened.rows()[2][7] == "✗ I8: entry 9 is missing"


def test_a_drill_can_be_cancelled(opened: Opened, qtbot: QtBot) -> None:
    request_id = opened.begin(qtbot)
    opened.press(qtbot, "crash-drill-cancel-btn")
    assert opened.asked[-1] == CancelJob(request_id=request_id)
    opened.page.show_reply(JobFailed(request_id=request_id, error="Cancelled", was_cancelled=True))
    assert opened.verdict == "The drill was cancelled; its copy is removed"


def test_a_drill_that_cannot_begin_says_why(opened: Opened, qtbot: QtBot) -> None:
    opened.page.show_reply(JobFailed(request_id=opened.begin(qtbot), error="There is no room for a copy"))
    assert opened.verdict == "No drill: There is no room for a copy"


def test_every_drill_has_moments_of_its_own(opened: Opened, qtbot: QtBot) -> None:
    for _ in range(3):
        opened.end(opened.begin(qtbot), *DEATHS)
    jobs = [each.job for each in opened.asked if isinstance(each, StartJob)]
    seeds = {job.seed for job in jobs if isinstance(job, CrashDrill)}
    assert len(seeds) > 1
