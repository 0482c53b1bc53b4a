"""The columns of the tables about older balances: files found, and imports of before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from desktop_trader.domain.legacy_balance import LegacyFile, utc_text
from desktop_trader.messages.legacy_import import EarlierImport
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_signed_money

_NO_CURRENCY = "USDT"
# What reorders a line has no place in the name of a file that is shown.
_REORDERING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C))


def shown_path(path: str, folder: str = "") -> str:
    """Return a path as people read it: below `folder` where it lies there, printable, in its own order."""
    text = os.path.relpath(path, folder) if folder and path.startswith(folder) else path
    return "".join(each if each.isprintable() else "�" for each in text.translate(_REORDERING))


def file_columns(folder: Callable[[], str], remark: Callable[[LegacyFile], str]) -> Sequence[Column[LegacyFile]]:
    """File, what it says and when, and what there is to say about it or why it cannot be read."""
    return (
        Column(
            title="File",
            text=lambda row: shown_path(row.path, folder()),
            sort_key=lambda row: row.path,
            tooltip=lambda row: shown_path(row.path),
        ),
        Column(
            title="Balance",
            text=lambda row: format_money(row.balance, _NO_CURRENCY),
            sort_key=lambda row: row.balance,
            is_number=True,
            tooltip=lambda row: row.exact,
        ),
        Column(
            title="Written",
            text=lambda row: UNKNOWN if row.time is None else row.time.text.replace("T", " "),
            sort_key=lambda row: None if row.time is None else row.time.at,
            tooltip=lambda row: "" if row.time is None else row.time.line,
        ),
        Column(
            title="In UTC",
            text=lambda row: UNKNOWN if row.time is None else utc_text(row.time.at)[:19],
            sort_key=lambda row: None if row.time is None else row.time.at,
            tooltip=lambda row: "" if row.time is None else row.time.line,
        ),
        Column(
            title="Remark",
            text=remark,
            sort_key=remark,
            tone=lambda row: "" if row.is_readable else "danger",
            tooltip=remark,
            is_wide=True,
        ),
    )


def import_columns() -> Sequence[Column[EarlierImport]]:
    """When, for whom, how much, and where it came from."""
    return (
        Column(title="Entry", text=lambda row: str(row.entry_id), sort_key=lambda row: row.entry_id, is_number=True),
        Column(title="Booked (local)", text=lambda row: local_time(row.at), sort_key=lambda row: row.at),
        Column(title="Account", text=lambda row: row.account, sort_key=lambda row: row.account),
        Column(
            title="Change",
            text=lambda row: format_signed_money(row.amount, row.currency),
            sort_key=lambda row: row.amount,
            is_number=True,
            tooltip=lambda row: format_exact_money(row.amount, row.currency),
        ),
        Column(
            title="Balance after",
            text=lambda row: format_money(row.total_after, row.currency),
            sort_key=lambda row: row.total_after,
            is_number=True,
            tooltip=lambda row: format_exact_money(row.total_after, row.currency),
        ),
        Column(title="By", text=lambda row: row.author, sort_key=lambda row: row.author),
        Column(
            title="Source",
            text=lambda row: "kept" if row.is_archived else "not in the archive",
            sort_key=lambda row: row.is_archived,
            tone=lambda row: "" if row.is_archived else "danger",
            tooltip=lambda row: f"SHA-256 {row.content_hash}",
        ),
        Column(
            title="Came from",
            text=lambda row: row.description,
            sort_key=lambda row: row.description,
            tooltip=lambda row: row.description,
            is_wide=True,
        ),
    )
