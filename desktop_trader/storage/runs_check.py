"""Checks the runs against the journal (I7, I12, I13): the table is outside the hash chain, what it says is not."""

from collections import defaultdict
from itertools import zip_longest

import apsw

from desktop_trader.domain import ledger
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import canonical, from_units, to_units
from desktop_trader.domain.wallet import BY_RESET
from desktop_trader.storage.cache_check import run_totals_of_journal
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.rows import Row, run_totals_from

_RUNS = "SELECT account, id, started_at, ended_at, start_amount, how_ended FROM runs ORDER BY account, id"
_OPENINGS = "SELECT run, occurred_at FROM ledger_entries WHERE account = ? AND kind = ? ORDER BY id"


def check_runs(connection: apsw.Connection, walk: JournalWalk, *, findings: Findings) -> None:
    """Check that every run begins with its opening, that one of an account goes on, and that the others are empty."""
    runs: dict[int, list[Row]] = defaultdict(list)
    for account_id, *run in connection.execute(_RUNS):
        runs[account_id].append(tuple(run))
    for account_id, found in runs.items():
        openings: list[Row] = connection.execute(_OPENINGS, (account_id, EntryKind.OPENING.value)).fetchall()
        opened = [run_id for run_id, _ in openings]
        if opened != [run[0] for run in found]:
            text = f"account {account_id} has the runs {[run[0] for run in found]}; the journal opened {opened}"
            findings.add("I13", text, table="accounts", row_id=account_id, account_id=account_id)
            continue
        for run, (_, opened_at), following in zip_longest(found, openings, openings[1:]):
            ends_at = None if following is None else following[1]
            if run is not found[0] and run[1] != opened_at:
                text = f"run {run[0]} began at {run[1]}; the one before ended at {opened_at}"
                findings.add("I7", text, table="runs", row_id=run[0], account_id=account_id)
            for law, text in _complaints(run, walk, opened_at=opened_at, ends_at=ends_at):
                findings.add(law, f"run {run[0]} {text}", table="runs", row_id=run[0], account_id=account_id)


def _complaints(run: Row, walk: JournalWalk, *, opened_at: str, ends_at: str | None) -> list[tuple[str, str]]:
    run_id, started_at, ended_at, start_amount, how_ended = run
    opening = -walk.run_sums.get((run_id, ledger.OPENING_EQUITY), 0)
    left = to_units(run_totals_from(run_totals_of_journal(walk, run_id)).expected_total)
    rules = (
        ("I7", started_at > opened_at, f"began at {started_at}; its opening was at {opened_at}"),
        ("I7", ended_at != ends_at, f"ended at {ended_at}; the next one began at {ends_at}"),
        ("I7", how_ended != (BY_RESET if ends_at else None), f"says that it ended by {how_ended}"),
        ("I7", start_amount != opening, f"began with {_money(start_amount)}; the journal with {_money(opening)}"),
        ("I12", ends_at is not None and left != 0, f"has ended, and {_money(left)} is left in it"),
    )
    return [(law, text) for law, is_broken, text in rules if is_broken]


def _money(units: int) -> str:
    return canonical(from_units(units))
