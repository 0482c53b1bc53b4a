"""Backups in words: what a file of books holds, how large it is, why it was made."""

from datetime import datetime

from desktop_trader.messages.backups import BackupKind, BooksFacts
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money

_KINDS = {
    BackupKind.SCHEDULED: "Automatic",
    BackupKind.QUIT: "At quit",
    BackupKind.MIGRATION: "Before an update",
    BackupKind.IMPORT: "Before an import",
    BackupKind.RESET: "Before a reset",
    BackupKind.RESTORE: "Before a restore",
    BackupKind.MANUAL: "By hand",
}


def kind_text(kind: str) -> str:
    """Say why a backup was made."""
    return _KINDS[BackupKind(kind)] if kind in set(BackupKind) else "Put there"


def size_text(size: int) -> str:
    """Write a size in kilobytes or megabytes."""
    return f"{size / 1024:,.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"


def totals_text(facts: BooksFacts | None) -> str:
    """Write the balance of every account, to the last digit; the name only where there are several."""
    if facts is None:
        return UNKNOWN
    if len(facts.accounts) == 1:
        return format_exact_money(facts.accounts[0].total, facts.accounts[0].currency)
    totals = (f"{each.name} {format_exact_money(each.total, each.currency)}" for each in facts.accounts)
    return ", ".join(totals) or "no account yet"


def held_text(facts: BooksFacts | None) -> str:
    """Say in a few words what books hold: the balance of the one account, or how many accounts there are."""
    return totals_text(facts) if facts is None or len(facts.accounts) < 2 else f"{len(facts.accounts)} accounts"


def totals_lines(facts: BooksFacts | None) -> str:
    """Write the balance of every account below the other; the name only where there are several."""
    if facts is None or len(facts.accounts) < 2:
        return totals_text(facts)
    return "\n".join(f"{each.name}: {format_exact_money(each.total, each.currency)}" for each in facts.accounts)


def entries_text(facts: BooksFacts | None) -> str:
    """Write how many entries there are."""
    return UNKNOWN if facts is None else f"{facts.entries:,}"


def last_entry_text(facts: BooksFacts | None) -> str:
    """Write when the newest entry happened, by the market's time, in this computer's zone."""
    at: datetime | None = None if facts is None else facts.last_entry_at
    return local_time(at)


def lost_text(lost_entries: int | None) -> str:
    """Say what of the present books is not in a backup of them."""
    if lost_entries is None:
        return "These are other books than those of the backup. All of them are moved aside."
    if not lost_entries:
        return "The backup has every entry that the books have now."
    entries = "1 entry that came" if lost_entries == 1 else f"{lost_entries:,} entries that came"
    return f"The {entries} after the backup will not be in the books any more."
