"""The table of the page *Backups*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_trader.messages.backups import BackupInfo
from desktop_trader.ui.backup_text import entries_text, kind_text, last_entry_text, size_text, totals_text
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import local_time, utc_time


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRow:
    """A backup and what is known of it. `verdict` is what a check in this window found, "" for none yet."""

    info: BackupInfo
    is_second: bool
    is_good: bool | None = None
    verdict: str = ""


def backup_columns() -> Sequence[Column[BackupRow]]:
    """When and why, how much, and whether it verifies."""
    return (
        Column(
            title="Made at (local)",
            text=lambda row: local_time(row.info.at),
            sort_key=lambda row: row.info.at,
            tooltip=lambda row: f"{utc_time(row.info.at)}\n{row.info.path}",
        ),
        Column(
            title="Why",
            text=lambda row: kind_text(row.info.kind),
            sort_key=lambda row: kind_text(row.info.kind),
        ),
        Column(
            title="Balance",
            text=lambda row: totals_text(row.info.facts),
            sort_key=lambda row: totals_text(row.info.facts),
            tooltip=lambda row: totals_text(row.info.facts),
            is_number=True,
        ),
        Column(
            title="Entries",
            text=lambda row: entries_text(row.info.facts),
            sort_key=lambda row: -1 if row.info.facts is None else row.info.facts.entries,
            is_number=True,
        ),
        Column(
            title="Last entry (local)",
            text=lambda row: last_entry_text(row.info.facts),
            sort_key=lambda row: last_entry_text(row.info.facts),
            full_title="Market time of the newest entry",
        ),
        Column(
            title="Size",
            text=lambda row: size_text(row.info.size_bytes),
            sort_key=lambda row: row.info.size_bytes,
            is_number=True,
        ),
        Column(
            title="Where",
            text=lambda row: "Second folder" if row.is_second else "Data folder",
            sort_key=lambda row: row.is_second,
            tooltip=lambda row: str(row.info.path),
        ),
        Column(
            title="Verified",
            text=_verified_text,
            sort_key=_verified_text,
            tone=_verified_tone,
            tooltip=lambda row: row.verdict or row.info.complaint or _verified_text(row),
            is_wide=True,
        ),
    )


def _verified_text(row: BackupRow) -> str:
    if row.is_good is not None:
        return f"✓  {row.verdict}" if row.is_good else f"✗  {row.verdict}"
    if row.info.facts is None:
        return f"✗  {row.info.complaint.removeprefix(f'{row.info.path} ')}"
    return "✓  when it was made" if row.info.was_verified else "not verified yet"


def _verified_tone(row: BackupRow) -> str:
    if row.is_good is False or row.info.facts is None:
        return "danger"
    return "up_text" if row.is_good or row.info.was_verified else ""
