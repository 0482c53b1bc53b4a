"""Which entries belong to a run, and what people moved among them."""

from collections.abc import Mapping
from dataclasses import dataclass

import apsw

NEVER = 1 << 62
# What people put in or took out, by entry. Which entries belong to a run follows from the openings.
_FLOWS = """
SELECT e.id, e.run, (SELECT coalesce(-sum(p.amount), 0) FROM postings p
                     WHERE p.entry = e.id AND p.ledger_account > 'equity:' AND p.ledger_account < 'equity;')
FROM ledger_entries e
WHERE e.account = ? AND e.kind IN ('opening', 'deposit', 'withdrawal', 'adjustment', 'import')
ORDER BY +e.id  -- the index over the kinds finds a few among millions, the order of the ids does not
"""


@dataclass(frozen=True, slots=True)
class RunSpan:
    """The entries of a run lie between `after` and `before`; `flows` are (entry, amount in 10^-8), oldest first."""

    after: int
    before: int
    flows: tuple[tuple[int, int], ...]


class Flows:
    """Walks along the flows of a run. What was moved while nothing had a price counts with the next point."""

    def __init__(self, span: RunSpan, *, after: int = 0) -> None:
        """Stand after an entry."""
        self._upcoming = iter([*(each for each in span.flows if each[0] > after), (NEVER, 0)])
        self.next_at, self._amount = next(self._upcoming)

    def up_to(self, entry_id: int) -> int:
        """Return what was moved with the entries up to this one, in 10^-8."""
        flow = 0
        while self.next_at <= entry_id:
            flow += self._amount
            self.next_at, self._amount = next(self._upcoming)
        return flow


def spans_of(connection: apsw.Connection, account_id: int) -> Mapping[int, RunSpan]:
    """Return the span of every run of an account."""
    flows: dict[int, list[tuple[int, int]]] = {}
    for entry_id, run_id, amount in connection.execute(_FLOWS, (account_id,)):
        flows.setdefault(run_id, []).append((entry_id, amount))
    begins = [moved[0][0] for moved in flows.values()]
    return {
        run_id: RunSpan(after=moved[0][0] - 1, before=before, flows=tuple(moved))
        for (run_id, moved), before in zip(flows.items(), [*begins[1:], NEVER], strict=True)
    }
