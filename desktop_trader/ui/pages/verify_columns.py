"""The tables of the page *Verify books*: the laws in a trader's words, and what was found row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_trader.messages.verify_report import FILE, OK, Finding, VerifyReport
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import words

_WORDS = {
    FILE: "The file reads to its end, its tables and indices agree, and its guards against changes are in place",
    "I1": "The amounts of every entry add up to zero: nothing comes from nowhere",
    "I2": "Total = available + locked, to the last digit",
    "I3": "Locked is what open positions hold as margin and open orders reserve",
    "I4": "Neither available nor locked is below zero",
    "I5": "Where nothing is open, nothing is locked",
    "I6": "Every entry's balance follows from the entry before it",
    "I7": "Every figure shown is what the journal says",
    "I8": "No entry was changed, swapped or taken away since it was written",
    "I9": "Nothing was booked twice",
    "I10": "What is closed holds nothing any more, and its P&L is booked",
    "I11": "Every position is the sum of its fills",
    "I12": "What came in, went out and was earned is the balance",
    "I13": "The entries have no gap, and accounts never mix",
    "I14": "Live accounts have what their exchange says",
}
_ROW_NAMES = {
    "ledger_entries": "entry",
    "postings": "posting of entry",
    "equity_points": "equity point of entry",
    "wallet": "wallet of account",
    "run_totals": "sums of run",
    "verified_heads": "note of what was verified",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LawRow:
    """One law, and what came of it; `result` None before anything was verified."""

    place: int
    law: str
    words: str
    result: str | None
    is_kept: bool


def law_rows(report: VerifyReport | None) -> tuple[LawRow, ...]:
    """Return the laws in their order with their results."""
    return tuple(
        LawRow(place=place, law=law, words=text, result=_result(law, report), is_kept=_result_of(law, report) == OK)
        for place, (law, text) in enumerate(_WORDS.items())
    )


def _result_of(law: str, report: VerifyReport | None) -> str:
    if report is None:
        return ""
    return report.integrity if law == FILE else report.invariants.get(law, "")


def _result(law: str, report: VerifyReport | None) -> str | None:
    if report is None:
        return None
    result = _result_of(law, report)
    if result != OK:
        return f"✗  {result}"
    return "✓  no live account" if law == "I14" and not report.live_accounts else "✓  holds"


def law_columns() -> Sequence[Column[LawRow]]:
    """Law, its words, and whether it holds."""
    return (
        Column(
            title="Law",
            text=lambda row: "File" if row.law == FILE else row.law,
            sort_key=lambda row: row.place,
        ),
        Column(
            title="Says",
            text=lambda row: row.words,
            sort_key=lambda row: row.place,
            tooltip=lambda row: row.words,
            is_wide=True,
        ),
        Column(
            title="Result",
            text=lambda row: row.result or "—",
            sort_key=lambda row: (row.is_kept, row.place),
            tone=lambda row: "" if row.result is None else "up_text" if row.is_kept else "danger",
            tooltip=lambda row: row.result or "",
        ),
    )


def finding_columns() -> Sequence[Column[Finding]]:
    """Law, account, row, and what is wrong with it."""
    return (
        Column(title="Law", text=_law_of, sort_key=_law_of),
        Column(title="Account", text=lambda row: row.account or "—", sort_key=lambda row: row.account),
        Column(title="Row", text=_row_of, sort_key=lambda row: (row.table, row.row_id)),
        Column(
            title="What is wrong",
            text=lambda row: row.text,
            sort_key=lambda row: row.text,
            tooltip=lambda row: row.text,
            is_wide=True,
        ),
    )


def _law_of(row: Finding) -> str:
    return "File" if row.law == FILE else row.law


def _row_of(row: Finding) -> str:
    if not row.table:
        return "—"
    name = _ROW_NAMES.get(row.table) or words(row.table.removesuffix("s")).lower()
    return f"{name} {row.row_id}" if row.row_id else name
