"""The page *Crash drill*: what a kill in the middle of trading leaves behind, shown on a copy of the books."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from PySide6.QtWidgets import QVBoxLayout

from desktop_trader.messages.crash_drill import KILLS, CrashDrill, DrillKill, DrillReport
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.number_format import format_exact_money, format_money
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_INTRO = (
    f"Copies the books to a temporary folder, trades there on the simulated market in a program of its own, and kills "
    f"that program {KILLS} times without warning. After each kill the copy must verify and hold everything that the "
    "program had told before it died. Your own books are only read; trading goes on meanwhile."
)
_SEEDS = 1_000_000


class CrashDrillPage(Page):
    """Shows the last drill while the window lives."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self.setObjectName("crash-drill-page")
        self.setAccessibleName("Crash drill")
        self._job = JobStrip(doors.model, doors.request, place="crash-drill", title="Start the drill")
        # Another drill, other moments: nothing here has to be repeatable.
        self._job.make_job = lambda: CrashDrill(seed=uuid4().int % _SEEDS)
        self._job.begun.connect(lambda: self._say("The drill is running…", tone="heading"))
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._verdict = plain_label("No drill in this window yet", name="crash-drill-verdict", tone="heading")
        self._verdict.setProperty("figure", "medium")
        self._verdict.setWordWrap(True)
        self._kills: RowTableModel[DrillKill] = RowTableModel(kill_columns(), key=lambda row: row.number, parent=self)
        self._table = DataTable(
            self._kills, name="crash-drill-table", spoken="Kills and what they left behind", empty_text="No kills yet."
        )
        intro = plain_label(_INTRO, name="crash-drill-intro", tone="muted")
        intro.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for widget in (self._verdict, intro, self._job):
            layout.addWidget(widget)
        layout.addWidget(TableBar(self._table, place="crash-drill", spoken="Crash drill"))
        layout.addWidget(self._table, 1)

    def show_reply(self, reply: object) -> None:
        """Take the news of the drill."""
        self._job.show_reply(reply)

    def _on_done(self, result: object) -> None:
        if not isinstance(result, DrillReport):
            return
        self._kills.replace_rows(result.kills)
        told = sum(kill.told for kill in result.kills)
        if result.is_passed:
            self._say(
                f"✓  Survived {len(result.kills)} of {len(result.kills)} kills: {told:,} events told, none lost, "
                f"the books verified each time ({result.elapsed_seconds:.0f} s)",
                tone="up",
            )
            return
        failed = sum(not kill.is_passed for kill in result.kills)
        self._say(
            f"✗  {failed} of {len(result.kills)} kills did damage to the copy. Your own books are untouched, but this "
            "computer or its disk does not keep what it says it has written: do not trade on it, and look at the disk",
            tone="down",
        )

    def _on_failed(self, error: str) -> None:
        what = f"No drill: {error}" if error else "The drill was cancelled; its copy is removed"
        self._say(what, tone="warning" if error else "heading")

    def _say(self, text: str, *, tone: str) -> None:
        self._verdict.setText(text)
        self._verdict.setAccessibleName(text)
        self._verdict.setProperty("tone", tone)
        self._verdict.style().unpolish(self._verdict)
        self._verdict.style().polish(self._verdict)


def kill_columns() -> Sequence[Column[DrillKill]]:
    """Number, moment, what was told, entries before and after, balance, and how it came out."""
    return (
        Column(title="No.", text=lambda row: str(row.number), sort_key=lambda row: row.number, is_number=True),
        Column(
            title="Killed",
            text=lambda row: row.moment,
            sort_key=lambda row: row.moment,
            tooltip=lambda row: row.moment,
            is_wide=True,
        ),
        Column(
            title="Told",
            full_title="Events that the program had told before it died",
            text=lambda row: f"{row.told:,}",
            sort_key=lambda row: row.told,
            is_number=True,
        ),
        Column(
            title="Entries before",
            text=lambda row: f"{row.entries_before:,}",
            sort_key=lambda row: row.entries_before,
            is_number=True,
        ),
        Column(
            title="After",
            full_title="Entries after the kill",
            text=lambda row: f"{row.entries_after:,}",
            sort_key=lambda row: row.entries_after,
            is_number=True,
        ),
        Column(
            title="Balance",
            full_title="Balance of the drill's own account",
            text=lambda row: format_money(row.balance, row.currency),
            sort_key=lambda row: row.balance,
            tooltip=lambda row: format_exact_money(row.balance, row.currency),
            is_number=True,
        ),
        Column(
            title="Lost",
            text=lambda row: str(len(row.lost)) if row.lost else "none",
            sort_key=lambda row: len(row.lost),
            tone=lambda row: "danger" if row.lost else "up_text",
            tooltip=lambda row: "\n".join(row.lost),
            is_number=True,
        ),
        Column(
            title="Books",
            text=lambda row: f"✗ {row.damage}" if row.damage else "✓ verified",
            sort_key=lambda row: row.damage,
            tone=lambda row: "danger" if row.damage else "up_text",
            tooltip=lambda row: row.damage,
        ),
    )
