"""Walks entries and postings in order and checks what they say by themselves (I1, I6, I8, I9, I13).

Works on stored integers and texts throughout: the canonical form of an entry holds nothing else, so it is rebuilt
here without a single `Decimal`. That this is the form of `domain.ledger.entry_hash` is proved by a property test.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from json.encoder import encode_basestring

import apsw

from desktop_trader.domain.ledger import (
    CASH_PREFIX,
    FEE_EXPENSE,
    GENESIS,
    LOCKED_PREFIX,
    PNL_INCOME,
    LedgerHead,
)
from desktop_trader.domain.money import canonical, from_units
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.rows import ENTRY, POSTING, Row

_ENTRY_COLUMNS = ", ".join(f'"{name}"' for name in ENTRY)
_ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entries WHERE id > ? AND id <= ? ORDER BY id"
_POSTINGS = f"""
SELECT {", ".join(POSTING)} FROM postings WHERE entry > ? AND entry <= ? ORDER BY entry, ledger_account, currency
"""
_TABLE = "ledger_entries"
_LAST = 2**63 - 1
_ENTRIES_BETWEEN_NEWS = 2_048


class JournalWalk:
    """One walk over the journal, from any entry on, and the sums it collects (integers of 10^-8).

    `totals` and `newest_at` say what the newest entry of each account left and when it occurred. `balances` has every
    ledger account of every account that is not empty, `run_sums` those of every run except cash; they mean something
    only when the walk began at the first entry or took up the sums of one that did. `fill_sums` has what was booked as
    P&L and as fee of each fill that the walk itself passed.
    """

    def __init__(
        self, connection: apsw.Connection, findings: Findings, *, on_progress: Callable[[int], None] | None = None
    ) -> None:
        """Walk over a connection in whose read transaction nothing changes; `on_progress` is told the newest entry."""
        self._connection = connection
        self._findings = findings
        self._on_progress = on_progress
        self.entries = 0
        self.postings = 0
        self.head_id = GENESIS.entry_id
        self.head_hash = GENESIS.hash
        self.totals: dict[int, tuple[int, int]] = {}
        self.newest_at: dict[int, str] = {}
        self.balances: dict[tuple[int, str], int] = defaultdict(int)
        self.run_sums: dict[tuple[int, str], int] = defaultdict(int)
        self.fill_sums: dict[int, tuple[int, int]] = {}
        self._knows_totals = True

    def sums(self) -> str:
        """Return the sums collected so far as text: the same sums, the same text."""
        return json.dumps(
            {
                "entries": self.entries,
                "postings": self.postings,
                "totals": sorted([key, *self.totals[key], self.newest_at[key]] for key in self.totals),
                "balances": sorted([*key, units] for key, units in self.balances.items() if units),
                "runs": sorted([*key, units] for key, units in self.run_sums.items() if units),
            },
            separators=(",", ":"),
        )

    def take_up(self, head: LedgerHead, sums: str) -> None:
        """Stand where a walk ended that returned these sums at this head."""
        known = json.loads(sums)
        self.head_id, self.head_hash = head.entry_id, head.hash
        self.entries, self.postings = known["entries"], known["postings"]
        for account_id, total, locked, at in known["totals"]:
            self.totals[account_id] = (total, locked)
            self.newest_at[account_id] = at
        self.balances.update({(account_id, name): units for account_id, name, units in known["balances"]})
        self.run_sums.update({(run_id, name): units for run_id, name, units in known["runs"]})

    def is_balanced(self) -> bool:
        """Say whether every account's sums add up to zero, and its cash to what its newest entry left."""
        left: dict[int, int] = defaultdict(int)
        cash: dict[int, int] = defaultdict(int)
        for (account_id, name), units in self.balances.items():
            left[account_id] += units
            cash[account_id] += units if name.startswith(CASH_PREFIX) else 0
        return not any(left.values()) and all(cash[key] == total for key, (total, _) in self.totals.items())

    def begin_after(self, entry_id: int) -> None:
        """Stand at an entry that is taken on trust, knowing no sums."""
        self._knows_totals = not entry_id
        self.head_id = entry_id
        if entry_id:
            row = self._connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (entry_id,)).get
            self.head_hash = row or ""

    def walk(self, *, up_to: int = _LAST) -> None:
        """Check every entry after the one where the walk stands, up to one or to the end."""
        for entry, legs in self._entries_with_postings(self.head_id, up_to):
            try:
                self._check_chain(entry, legs)
                self._check_sums(entry, legs)
            except (TypeError, ValueError, AttributeError):
                self._add("I8", entry, f"entry {entry[0]} holds values that no entry can hold")
                self.head_id, self.head_hash = entry[0], entry[17]
            self.entries += 1
            self.postings += len(legs)
            if self._on_progress is not None and not self.entries % _ENTRIES_BETWEEN_NEWS:
                self._on_progress(self.head_id)

    def _add(self, law: str, entry: Row, text: str) -> None:
        self._findings.add(law, text, table=_TABLE, row_id=entry[0], account_id=entry[1])

    def _entries_with_postings(self, after_id: int, up_to: int) -> Iterator[tuple[Row, list[Row]]]:
        postings = iter(self._connection.cursor().execute(_POSTINGS, (after_id, up_to)))
        posting = next(postings, None)
        for entry in self._connection.cursor().execute(_ENTRIES, (after_id, up_to)):
            entry_id = entry[0]
            legs = []
            while posting is not None and posting[0] <= entry_id:
                if posting[0] == entry_id:
                    legs.append(posting)
                else:
                    self._add_orphan(posting)
                posting = next(postings, None)
            yield entry, legs
        while posting is not None:
            self._add_orphan(posting)
            posting = next(postings, None)

    def _add_orphan(self, posting: Row) -> None:
        text = f"a posting to {posting[1]} belongs to entry {posting[0]}, which does not exist"
        self._findings.add("I1", text, table="postings", row_id=posting[0])

    def _check_chain(self, entry: Row, legs: Iterable[Row]) -> None:
        entry_id, previous_hash, stored_hash = entry[0], entry[16], entry[17]
        if entry_id != self.head_id + 1:
            self._add("I13", entry, f"entry {entry_id} follows entry {self.head_id}: what was between them is missing")
        if previous_hash != self.head_hash:
            self._add("I8", entry, f"entry {entry_id} does not name the hash of the entry before it")
        if hash_of(entry, legs) != stored_hash:
            self._add("I8", entry, f"entry {entry_id} is not what its hash says: it was changed after it was written")
        self.head_id, self.head_hash = entry_id, stored_hash

    def _check_sums(self, entry: Row, legs: list[Row]) -> None:
        account, run, fill, currency = entry[1], entry[2], entry[8], entry[13]
        change = total = locked = pnl = fee = 0
        balances, run_sums = self.balances, self.run_sums
        for _, name, leg_currency, amount in legs:
            change += amount
            if leg_currency != currency:
                self._add("I1", entry, f"entry {entry[0]} is in {currency} and has a posting in {leg_currency}")
            key = (account, name)
            if not name.startswith(CASH_PREFIX):
                run_sums[run, name] += amount
                if name == PNL_INCOME:
                    pnl -= amount
                elif name == FEE_EXPENSE:
                    fee += amount
            else:
                total += amount
                if name.startswith(LOCKED_PREFIX):
                    locked += amount
                    if balances.get(key, 0) == -amount:
                        balances.pop(key, None)  # Else a long journal leaves a zero behind for each of its orders.
                        continue
            balances[key] += amount
        if change or len(legs) < 2:
            self._add("I1", entry, f"the {len(legs)} postings of entry {entry[0]} add up to {_money(change)}, not to 0")
        self._check_totals(entry, total=total, locked=locked)
        if fill is not None:
            booked_pnl, booked_fee = self.fill_sums.get(fill, (0, 0))
            self.fill_sums[fill] = (booked_pnl + pnl, booked_fee + fee)

    def _check_totals(self, entry: Row, *, total: int, locked: int) -> None:
        account, after = entry[1], (entry[14], entry[15])
        before = self.totals.get(account, (0, 0) if self._knows_totals else None)
        if before is not None and after != (before[0] + total, before[1] + locked):
            due = f"{_money(before[0] + total)} and {_money(before[1] + locked)}"
            self._add(
                "I6",
                entry,
                f"entry {entry[0]} leaves {_money(after[0])}, {_money(after[1])} of it locked; {due} follow from the "
                "entry before it",
            )
        self.totals[account] = after
        self.newest_at[account] = entry[5]


def _money(units: int) -> str:
    return canonical(from_units(units))


def hash_of(entry: Row, legs: Iterable[Row]) -> str:
    """Return the hash of a stored entry with its postings, in their order.

    Raises:
        TypeError: a value is of a kind that no entry can hold.
    """
    text = encode_basestring
    canonical_legs = ",".join([f"[{text(name)},{text(currency)},{units:d}]" for _, name, currency, units in legs])
    canonical_entry = (
        f"[{entry[0]},{entry[1]},{entry[2]},{text(entry[3])},{text(entry[4])},{text(entry[5])},{entry[6] or 0},"
        f"{entry[7] or 0},{entry[8] or 0},{text(entry[9])},{text(entry[10])},{text(entry[11])},{text(entry[13])},"
        f"{entry[12] or 0},{entry[14]},{entry[15]},[{canonical_legs}]]"
    )
    return sha256(f"{entry[16]}{canonical_entry}".encode()).hexdigest()
