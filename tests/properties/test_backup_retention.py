"""Which backups are kept, whatever there is: enough of every age, and never fewer than a person may count on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.messages.backups import BackupInfo, BackupKind
from desktop_trader.storage.backup_retention import KEEP_ALL, to_prune

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
_AUTOMATIC = sorted(set(BackupKind) - {BackupKind.MANUAL, BackupKind.MIGRATION})


def backup(number: int, *, age: timedelta, kind: str = "scheduled", was_verified: bool = True) -> BackupInfo:
    """Return a backup of an age, of which only what the rule looks at is real."""
    return BackupInfo(
        path=Path(f"{number:06d}.db"),
        kind=kind,
        at=NOW - age,
        size_bytes=1,
        facts=None,
        sha256="abc" if was_verified else "",
    )


ages = st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=1_000))
backups = st.lists(
    st.tuples(ages, st.sampled_from(sorted(BackupKind)), st.sampled_from((True, True, True, False))), max_size=80
).map(
    lambda rows: [
        backup(number, age=age, kind=kind, was_verified=was_verified)
        for number, (age, kind, was_verified) in enumerate(rows)
    ]
)


@given(backups)
def test_what_nobody_may_delete_is_kept(made: list[BackupInfo]) -> None:
    pruned = to_prune(made, now=NOW)
    assert set(pruned) <= set(made)
    assert all(each.was_verified and each.kind in _AUTOMATIC and each.at <= NOW - KEEP_ALL for each in pruned)
    newest = max((each for each in made if each.was_verified), key=lambda each: each.at, default=None)
    assert newest is None or any(each.at == newest.at for each in set(made) - set(pruned))


@given(backups)
def test_deleting_twice_deletes_no_more(made: list[BackupInfo]) -> None:
    pruned = set(to_prune(made, now=NOW))
    assert to_prune([each for each in made if each not in pruned], now=NOW) == ()


@given(backups)
def test_the_order_in_which_they_are_found_says_nothing(made: list[BackupInfo]) -> None:
    assert set(to_prune(made, now=NOW)) == set(to_prune(made[::-1], now=NOW))


@given(backups)
def test_a_folder_does_not_grow_without_end(made: list[BackupInfo]) -> None:
    kept = set(made) - set(to_prune(made, now=NOW))
    automatic = [each for each in kept if each.kind in _AUTOMATIC and each.was_verified and each.at <= NOW - KEEP_ALL]
    assert len(automatic) <= 10 + 10 + 12 + 1


@given(backups)
def test_every_day_week_and_month_that_counts_keeps_its_newest(made: list[BackupInfo]) -> None:
    kept = set(made) - set(to_prune(made, now=NOW))
    old = [each for each in made if each.was_verified and each.kind in _AUTOMATIC and each.at <= NOW - KEEP_ALL]
    days = sorted({each.at.date() for each in old}, reverse=True)[:10]
    for day in days:
        newest = max(each.at for each in old if each.at.date() == day)
        assert any(each.at == newest for each in kept)


def test_a_year_of_a_program_that_always_runs() -> None:
    made = [backup(number, age=timedelta(minutes=30 * number)) for number in range(48 * 500)]
    pruned = set(to_prune(made, now=NOW))
    kept = [each for each in made if each not in pruned]
    young = [each for each in kept if each.at > NOW - KEEP_ALL]
    assert len(young) == 96
    days = [each.at.date() for each in kept[96:106]]
    assert days == [(NOW - KEEP_ALL).date() - timedelta(days=number) for number in range(10)]
    weeks = [each.at.isocalendar()[:2] for each in kept[106:116]]
    assert len(set(weeks)) == 10
    months = [(each.at.year, each.at.month) for each in kept[116:]]
    assert len(months) == len(set(months)) == 12
    assert kept[-1].at < NOW - timedelta(days=400)


def test_a_program_that_is_seldom_used_keeps_as_many() -> None:
    made = [backup(number, age=timedelta(days=40 * number)) for number in range(30)]
    assert to_prune(made, now=NOW) == ()
