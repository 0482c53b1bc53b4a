"""Which backups are kept: all of two days, then ten daily, ten weekly and twelve monthly ones. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from desktop_trader.messages.backups import BackupInfo, BackupKind, newest_first

KEEP_ALL = timedelta(days=2)
_PROTECTED = frozenset({BackupKind.MANUAL, BackupKind.MIGRATION})
_PERIODS: tuple[tuple[int, Callable[[datetime], object]], ...] = (
    (10, lambda at: at.date()),
    (10, lambda at: at.isocalendar()[:2]),
    (12, lambda at: (at.year, at.month)),
)


def to_prune(backups: Sequence[BackupInfo], *, now: datetime) -> tuple[BackupInfo, ...]:
    """Return the backups that may go, newest first.

    A period is a day, week or month of UTC in which there is a backup at all, so that a program that is seldom used
    keeps as many; each keeps its newest one. Weeks begin before the oldest of the days, months before the oldest of
    the weeks. Never among them are: what a person made, what was made before a migration, the newest that was
    verified, and whatever was never verified or cannot be read, which may be the last trace of something.
    """
    ours = [each for each in newest_first(backups) if each.was_verified]
    kept = {each.path for each in ours if each.kind in _PROTECTED or each.at > now - KEEP_ALL} | {
        each.path for each in ours[:1]
    }
    older = [each for each in ours if each.at <= now - KEEP_ALL and each.kind not in _PROTECTED]
    for count, period_of in _PERIODS:
        chosen, older = _newest_of_each(older, count=count, period_of=period_of)
        kept |= chosen
    return tuple(each for each in ours if each.path not in kept)


def _newest_of_each(
    backups: Sequence[BackupInfo], *, count: int, period_of: Callable[[datetime], object]
) -> tuple[set[Path], list[BackupInfo]]:
    """Return the newest backup of each of so many periods, and everything older than these periods."""
    chosen: dict[object, Path] = {}
    for index, each in enumerate(backups):
        period = period_of(each.at)
        if period not in chosen:
            if len(chosen) == count:
                return set(chosen.values()), list(backups[index:])
            chosen[period] = each.path
    return set(chosen.values()), []
