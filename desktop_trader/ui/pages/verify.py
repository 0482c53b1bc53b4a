"""The page *Verify books*: the whole books against every law, and row by row what does not hold."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout

from desktop_trader.messages.books_verified import BooksState, BooksStateRequest, BooksVerified, VerifyBooks
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.pages.verify_columns import LawRow, finding_columns, law_columns, law_rows
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_XL
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_INTRO = (
    "Reads the file and every entry from the first one on, and compares all that is shown with it. Trading goes on "
    "meanwhile; nothing is changed. The same is done in the background once a day."
)
_NOT_YET = "Not verified in this window yet"
_ADVICE = (
    "Keep the data folder as it is and restore the newest backup that verifies (page Backups). Figures that do not "
    "hold must not be traded on."
)


class VerifyPage(Page):
    """Remembers the last result while the window lives; what was verified before that is asked for."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._state_id = ""
        self._result: BooksVerified | None = None
        self._state: BooksState | None = None
        self.setObjectName("verify-page")
        self.setAccessibleName("Verify books")
        self._job = JobStrip(doors.model, doors.request, place="verify", title="Verify now")
        self._job.make_job = VerifyBooks
        self._job.begun.connect(self._on_begun)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._verdict = plain_label(_NOT_YET, name="verify-verdict", tone="heading", spoken="Result")
        self._advice = plain_label("", name="verify-advice", tone="error", spoken="What to do")
        self._advice.setWordWrap(True)
        self._advice.hide()
        self._laws: RowTableModel[LawRow] = RowTableModel(law_columns(), key=lambda row: row.law, parent=self)
        self._laws_table = DataTable(self._laws, name="verify-laws-table", spoken="Laws of the books", empty_text="")
        self._laws_table.setSortingEnabled(False)
        self._laws.replace_rows(law_rows(None))
        self._findings = RowTableModel(
            finding_columns(), key=lambda row: (row.law, row.table, row.row_id, row.text), parent=self
        )
        self._findings_table = DataTable(
            self._findings,
            name="verify-findings-table",
            spoken="What is wrong, row by row",
            empty_text="Nothing found.",
        )
        self._findings_bar = TableBar(self._findings_table, place="verify-findings", spoken="What is wrong")
        self._facts: dict[str, QLabel] = {}
        self._arrange()
        self._show_findings()
        self._show_facts()

    def show_reply(self, reply: object) -> None:
        """Take the news of the job, and the answer to what is known of the books."""
        self._job.show_reply(reply)
        if isinstance(reply, BooksState) and reply.request_id == self._state_id:
            self._state = reply
            self._show_facts()

    def refresh(self) -> None:
        """Ask what is known of the books."""
        self._state_id = uuid4().hex
        self._doors.request(BooksStateRequest(request_id=self._state_id))

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        intro = plain_label(_INTRO, name="verify-intro", tone="muted")
        intro.setWordWrap(True)
        for widget in (self._verdict, intro, self._job, self._advice, self._facts_card()):
            layout.addWidget(widget)
        layout.addWidget(self._laws_table, 3)
        layout.addWidget(self._findings_bar)
        layout.addWidget(self._findings_table, 2)

    def _facts_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("verify-facts")
        card.setAccessibleName("What is known of the books")
        card.setProperty("look", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(SPACE_L, SPACE_M, SPACE_L, SPACE_M)
        grid.setHorizontalSpacing(SPACE_XL)
        captions = (
            ("whole", "Last verified as a whole"),
            ("since", "Last checked in the background"),
            ("entries", "Entries"),
            ("file", "Size with its journal"),
            ("free", "Free on this disk"),
            ("versions", "Versions"),
        )
        for place, (name, caption) in enumerate(captions):
            row, column = place % 3, 2 * (place // 3)
            grid.addWidget(plain_label(caption, name=f"verify-{name}-caption", tone="muted"), row, column)
            label = self._facts[name] = plain_label("—", name=f"verify-{name}", spoken=caption)
            grid.addWidget(label, row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return card

    def _on_begun(self) -> None:
        self._say("Verifying…", tone="heading")
        self._advice.hide()

    def _on_done(self, result: object) -> None:
        if not isinstance(result, BooksVerified):
            return
        self._result = result
        if result.verified is not None:
            self._doors.request(result.verified)  # The one who writes the books remembers it.
        report = result.report
        self._laws.replace_rows(law_rows(report))
        self._findings.replace_rows(report.findings)
        self._show_findings()
        self._show_facts()
        if report.ok:
            self._say("✓  The books verify: every cent is accounted for", tone="up")
            return
        count = report.finding_count
        shown = len(report.findings)
        more = f", the first {shown} are listed" if shown < count else ""
        self._say(f"✗  The books do NOT verify: {count} finding{'s' if count != 1 else ''}{more}", tone="down")
        self._advice.setText(_ADVICE)
        self._advice.show()

    def _on_failed(self, error: str) -> None:
        self._say(_NOT_YET if self._result is None else self._last_verdict(), tone="heading")
        self._advice.setText(f"{error} Nothing was changed." if error else "")
        self._advice.setVisible(bool(error))

    def _last_verdict(self) -> str:
        if self._result is None:
            return _NOT_YET
        how = "verified" if self._result.report.ok else "did NOT verify"
        return f"The books {how} at {local_time(self._result.at)}"

    def _say(self, text: str, *, tone: str) -> None:
        self._verdict.setText(text)
        self._verdict.setAccessibleName(text)
        self._verdict.setProperty("tone", tone)
        self._verdict.setProperty("figure", "medium")
        self._verdict.style().unpolish(self._verdict)
        self._verdict.style().polish(self._verdict)

    def _show_findings(self) -> None:
        is_seen = bool(self._findings.rows)
        self._findings_bar.setVisible(is_seen)
        self._findings_table.setVisible(is_seen)

    def _show_facts(self) -> None:
        state, result = self._state, self._result
        whole = _latest(state.whole_at if state else None, result.at if result and result.report.ok else None)
        if state is not None or result is not None:
            self._fact("whole", local_time(whole) if whole else "never yet")
        if state is not None and not state.error:
            since = f"{local_time(state.verified_at)}, up to entry {state.verified_entry:,}"
            self._fact("since", since if state.verified_at else "not yet; it begins soon after the start")
            self._fact("entries", f"{state.entries:,}")
            self._fact("versions", f"schema {state.schema_version}, SQLite {state.sqlite_version}")
            self._fact("file", _size(state.file_bytes))
            self._fact("free", _size(state.free_bytes))
        elif state is not None:
            self._fact("since", state.error)
        if result is not None:
            report = result.report
            self._fact(
                "entries", f"{report.entries:,} with {report.postings:,} postings, {report.elapsed_seconds:.1f} s"
            )
            self._fact("file", _size(result.file_bytes))
            self._fact("free", _size(result.free_bytes))

    def _fact(self, name: str, text: str) -> None:
        self._facts[name].setText(text)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _size(count: int) -> str:
    """Write a number of bytes as people do."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1_000:
            break
        size, unit = size / 1_000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
