"""Leverage, stop, target and trail of a position against what its entry order gave it and every change since.

And the funding it says it was paid against the journal. The changes are outside the hash, so each has to begin where
the one before it ended: one that was made up, left out or edited breaks the row.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import apsw

from desktop_trader.domain.ledger import FUNDING_INCOME, EntryKind
from desktop_trader.domain.money import HUNDRED
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position_change import PositionTerm
from desktop_trader.storage.cache_scope import AMONG

# Most positions are what their orders say; only the others are looked at one by one.
_TERMS = """
SELECT p.id, p.account, p.symbol, p.direction, p.leverage, p.stop_loss, p.take_profit, p.trail_percent,
       o.leverage, o.stop_loss, o.take_profit, o.protection_trail_percent, o.stop_loss_percent, o.take_profit_percent
FROM positions p JOIN orders o ON o.id = p.entry_order
WHERE (p.leverage <> o.leverage OR p.stop_loss IS NOT o.stop_loss OR p.take_profit IS NOT o.take_profit
       OR p.trail_percent IS NOT o.protection_trail_percent OR o.stop_loss_percent IS NOT NULL
       OR o.take_profit_percent IS NOT NULL OR p.id IN (SELECT "position" FROM position_changes))
"""
_CHANGES = 'SELECT "position", term, "before", "after" FROM position_changes'
_FUNDING = f"""
SELECT e."position", -sum(p.amount) FROM ledger_entries e
JOIN postings p ON p.entry = e.id AND p.ledger_account = '{FUNDING_INCOME}'
WHERE e.kind = '{EntryKind.FUNDING.value}' AND e."position"
"""
_COLUMNS = (
    PositionTerm.LEVERAGE, PositionTerm.STOP_LOSS, PositionTerm.TAKE_PROFIT, PositionTerm.TRAIL_PERCENT,
)  # fmt: skip
_Changes = dict[tuple[int, str], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """One term of one position: what it says, what its order gave it, and every change since as (before, after).

    With a `percent` the order named a distance; `sign` says on which side of the first fill it lies.
    """

    name: str
    shown: str
    ordered: str
    changes: Sequence[tuple[str, str]]
    percent: str | None = None
    sign: int = 0

    def complaint(self, first_price: Callable[[], Decimal]) -> str | None:
        """Return what does not fit, None when all does."""
        begin, name = self.ordered, self.name.replace("_", " ")
        if self.percent is not None:
            begin = self.changes[0][0] if self.changes else self.shown
            if not _is_level(begin, self.percent, first_price(), sign=self.sign):
                return f"began with a {name} of {begin or 'none'}, and not {self.percent} % from its entry"
        due = begin
        for before, after in self.changes:
            if before != due:
                return f"had its {name} changed from {before or 'none'} when it was {due or 'none'}"
            due = after
        if due == self.shown:
            return None
        return f"has a {name} of {self.shown or 'none'}; its entry order and its changes say {due or 'none'}"


def complaints_of_terms(
    connection: apsw.Connection, ids: str | None, *, first_price_of: Callable[[int], Decimal]
) -> Iterator[tuple[int, int, str]]:
    """Return position, account and a text for each term that is not what order and changes make of it.

    `ids` is a JSON array of positions, None for all. Stops and targets in percent are from the price of the first
    fill, which `first_price_of` knows.
    """
    changes = _changes(connection, ids)
    statement, values = (_TERMS, ()) if ids is None else (f"{_TERMS} AND p.id {AMONG}", (ids,))
    for position_id, account_id, symbol, direction, *rest in connection.cursor().execute(
        f"{statement} ORDER BY p.id", values
    ):
        for term in _terms(position_id, changes, direction=direction, values=rest):
            complaint = term.complaint(partial(first_price_of, position_id))
            if complaint is not None:
                yield position_id, account_id, f"position {position_id} ({symbol} {direction}) {complaint}"


def _terms(position_id: int, changes: _Changes, *, direction: str, values: Sequence[str | int | None]) -> list[_Term]:
    """Return the terms of a row of `_TERMS`; `values` are its last ten columns."""
    sign = 1 if direction == Direction.LONG.value else -1
    stop_percent, target_percent = values[8:]
    beside = ((None, 0), (stop_percent, -sign), (target_percent, sign), (None, 0))
    return [
        _Term(
            name=term.value,
            shown=_text(shown),
            ordered=_text(ordered),
            changes=changes.get((position_id, term.value), ()),
            percent=None if percent is None else str(percent),
            sign=side,
        )
        for term, shown, ordered, (percent, side) in zip(_COLUMNS, values[:4], values[4:8], beside, strict=True)
    ]


def funding_of(connection: apsw.Connection, ids: str | None) -> dict[int, int]:
    """Return what the journal paid (+) and charged (-) as funding for positions, in 10^-8; those without are left out.

    `ids` is a JSON array of positions, None for all.
    """
    statement, values = (f"{_FUNDING} IS NOT NULL", ()) if ids is None else (f"{_FUNDING} {AMONG}", (ids,))
    return dict(connection.cursor().execute(f"{statement} GROUP BY 1", values))


def _changes(connection: apsw.Connection, ids: str | None) -> _Changes:
    statement, values = (_CHANGES, ()) if ids is None else (f'{_CHANGES} WHERE "position" {AMONG}', (ids,))
    found: _Changes = defaultdict(list)
    for position_id, term, before, after in connection.cursor().execute(f"{statement} ORDER BY id", values):
        found[position_id, term].append((before, after))
    return found


def _text(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _is_level(level: str, percent: str, price: Decimal, *, sign: int) -> bool:
    """Say whether a level can be so many percent from the fill price, rounded to some tick towards it.

    The books do not say how large the tick was, so anything between the exact level and the fill price can be.
    """
    exact = price * (HUNDRED + sign * Decimal(percent)) / HUNDRED
    return bool(level) and min(exact, price) <= Decimal(level) <= max(exact, price)
