"""Walks entries and postings in order and checks what they say by themselves (I1, I6, I8, I9, I13).

Works on stored integers and texts throughout: the canonical form of an entry holds nothing else, so it is rebuilt
here without a single `Decimal`. That this is the form of `domain.ledger.entry_hash` is proved by a property test.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256

import apsw

from desktop_trader.domain.ledger import CASH_PREFIX, FEE_EXPENSE, GENESIS, LOCKED_PREFIX, PNL_INCOME
from desktop_trader.storage.rows import ENTRY, POSTING, Row

LAWS = tuple(f"I{number}" for number in range(1, 14))
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_ENTRY_COLUMNS = ", ".join(f'"{name}"' for name in ENTRY)
_ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entries WHERE id > ? ORDER BY id"
_POSTINGS = f"SELECT {', '.join(POSTING)} FROM postings WHERE entry > ? ORDER BY entry, ledger_account, currency"


class Findings:
    """The first thing found against each law."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self.by_law: dict[str, str] = {}

    def add(self, law: str, message: str) -> None:
        """Note a finding; the first one of a law stays."""
        self.by_law.setdefault(law, message)


class JournalWalk:
    """One walk over the journal, from any entry on, and the sums it collects (integers of 10^-8).

    `totals` and `newest_at` say what the newest entry of each account left and when it occurred. `balances` has every
    ledger account of every account, `run_sums` those of every run, `fill_sums` what was booked
    as P&L and as fee of each fill; they mean something only when the walk began at the first entry.
    """

    def __init__(self, connection: apsw.Connection, findings: Findings) -> None:
        """Walk over a connection in whose read transaction nothing changes."""
        self._connection = connection
        self._findings = findings
        self.entries = 0
        self.postings = 0
        self.head_id = GENESIS.entry_id
        self.head_hash = GENESIS.hash
        self.totals: dict[int, tuple[int, int]] = {}
        self.newest_at: dict[int, str] = {}
        self.balances: dict[tuple[int, str], int] = defaultdict(int)
        self.run_sums: dict[tuple[int, str], int] = defaultdict(int)
        self.fill_sums: dict[int, tuple[int, int]] = {}

    def walk(self, *, after_id: int = 0) -> None:
        """Check every entry after `after_id`, which itself is taken on trust."""
        if after_id:
            self.head_id = after_id
            row = self._connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (after_id,)).get
            self.head_hash = row or ""
        for entry, legs in self._entries_with_postings(after_id):
            self._check_chain(entry, legs)
            self._check_sums(entry, legs, is_first_known=not after_id)
            self.entries += 1
            self.postings += len(legs)

    def _entries_with_postings(self, after_id: int) -> Iterator[tuple[Row, list[Row]]]:
        postings = iter(self._connection.cursor().execute(_POSTINGS, (after_id,)))
        posting = next(postings, None)
        for entry in self._connection.cursor().execute(_ENTRIES, (after_id,)):
            entry_id = entry[0]
            legs = []
            while posting is not None and posting[0] <= entry_id:
                if posting[0] == entry_id:
                    legs.append(posting[1:])
                else:
                    self._findings.add("I1", f"a posting belongs to entry {posting[0]}, which does not exist")
                posting = next(postings, None)
            yield entry, legs
        if posting is not None:
            self._findings.add("I1", f"a posting belongs to entry {posting[0]}, which does not exist")

    def _check_chain(self, entry: Row, legs: Iterable[Row]) -> None:
        entry_id, previous_hash, stored_hash = entry[0], entry[16], entry[17]
        if entry_id != self.head_id + 1:
            self._findings.add("I13", f"entry {entry_id} follows entry {self.head_id}")
        if previous_hash != self.head_hash:
            self._findings.add("I8", f"entry {entry_id} does not name the hash of the entry before it")
        if hash_of(entry, legs) != stored_hash:
            self._findings.add("I8", f"entry {entry_id} is not what its hash says")
        self.head_id, self.head_hash = entry_id, stored_hash

    def _check_sums(self, entry: Row, legs: list[Row], *, is_first_known: bool) -> None:
        entry_id, account, run, fill, currency = entry[0], entry[1], entry[2], entry[8], entry[13]
        change = total = locked = pnl = fee = 0
        for name, leg_currency, amount in legs:
            change += amount
            if leg_currency != currency:
                self._findings.add("I1", f"entry {entry_id} has a posting in {leg_currency}")
            if name.startswith(CASH_PREFIX):
                total += amount
                if name.startswith(LOCKED_PREFIX):
                    locked += amount
            elif name == PNL_INCOME:
                pnl -= amount
            elif name == FEE_EXPENSE:
                fee += amount
            self.balances[account, name] += amount
            self.run_sums[run, name] += amount
        if change or len(legs) < 2:
            self._findings.add("I1", f"the postings of entry {entry_id} do not balance")
        before = self.totals.get(account, (0, 0) if is_first_known else None)
        after = (entry[14], entry[15])
        if before is not None and after != (before[0] + total, before[1] + locked):
            self._findings.add("I6", f"the totals of entry {entry_id} do not follow from the entry before it")
        self.totals[account] = after
        self.newest_at[account] = entry[5]
        if fill is not None:
            booked_pnl, booked_fee = self.fill_sums.get(fill, (0, 0))
            self.fill_sums[fill] = (booked_pnl + pnl, booked_fee + fee)


def hash_of(entry: Row, legs: Iterable[Row]) -> str:
    """Return the hash of a stored entry with its postings (ledger account, currency, amount), in their order."""
    canonical_entry = _encode(
        [
            entry[0],
            entry[1],
            entry[2],
            entry[3],
            entry[4],
            entry[5],
            entry[6] or 0,
            entry[7] or 0,
            entry[8] or 0,
            entry[9],
            entry[10],
            entry[11],
            entry[13],
            entry[12] or 0,
            entry[14],
            entry[15],
            legs,
        ]
    )
    return sha256(entry[16].encode() + canonical_entry.encode()).hexdigest()
