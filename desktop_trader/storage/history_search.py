"""Finds the entries of a page: those that match a filter, by their ids, a bounded number of steps at a time.

What has an index leads (position, author, kinds, else the account); the rest is checked row by row within windows of a
few thousand entries, so that a search can pause between two of them however rare its matches are. Dates and runs
narrow the ids beforehand. Called by `ledger_reader` within its transaction.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

import apsw

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import instant_text
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.storage.history_indices import DAY
from desktop_trader.storage.rows import Row

TEXT_LENGTH_MAX = 200
_WINDOW_ROWS = 4_096
_DAYS_MAX = 2_000
"""A longer span of days is checked row by row: looking up its days would take longer than it saves."""
_SYSTEM = "system"

_COLUMNS = """
SELECT e.id, e.kind, e.total_after, e.locked_after, e.reason, e.author, e.description, e."position", e."order", e.fill,
       e.run, e.occurred_at,
       (SELECT coalesce(sum(p.amount), 0) FROM postings p
        WHERE p.entry = e.id AND p.ledger_account GLOB 'cash:*'),
       (SELECT coalesce(sum(p.amount), 0) FROM postings p
        WHERE p.entry = e.id AND p.ledger_account GLOB 'cash:locked:*')
FROM ledger_entries e WHERE """
_EDGES_OF_DAYS = f"""
WITH RECURSIVE days(day) AS (
    SELECT (SELECT min({DAY}) FROM ledger_entries WHERE account = ?1 AND {DAY} >= ?2)
    UNION ALL
    SELECT (SELECT min({DAY}) FROM ledger_entries WHERE account = ?1 AND {DAY} > days.day)
    FROM days WHERE days.day <= ?3 LIMIT {_DAYS_MAX}
)
SELECT count(*), min((SELECT min(id) FROM ledger_entries WHERE account = ?1 AND {DAY} = days.day)),
       max((SELECT max(id) FROM ledger_entries WHERE account = ?1 AND {DAY} = days.day))
FROM days WHERE days.day <= ?3
"""
_RUN_AT = "SELECT run, id FROM ledger_entries WHERE account = ? AND id >= ? ORDER BY id LIMIT 1"
_ORDER_LIFE = "SELECT created_at, updated_at FROM orders WHERE id = ? AND account = ?"


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a page in the direction of the search, and where it paused: None at the end or with a full page."""

    rows: list[Row]
    paused_at: int | None


@dataclass(frozen=True, slots=True)
class _Condition:
    sql: str
    values: tuple[object, ...] = ()


@dataclass(slots=True)
class _Plan:
    """The ids between which to look, the streams that lead, and what else has to hold."""

    first: int
    last: int
    streams: list[_Condition]
    checks: list[_Condition]
    is_account_led: bool = False


def find(
    connection: apsw.Connection, wanted: LedgerFilter, *, account_id: int, limit: int, seconds: float | None = None
) -> Found:
    """Return up to `limit` matching rows: the newest before `before_id`, or the oldest after `after_id`.

    After `seconds` the search pauses at the end of a window; None never pauses.

    Raises:
        InvalidInputError: the text to search for is too long.
    """
    plan = _plan(connection, wanted, account_id)
    backwards = wanted.after_id is None
    stop_at = None if seconds is None else perf_counter() + seconds
    rows: list[Row] = []
    first, last = plan.first, plan.last
    while first <= last:
        low, high = _window(connection, plan, ids=(first, last), rows=max(limit, _WINDOW_ROWS), backwards=backwards)
        rows += _matches(connection, plan, ids=(low, high), limit=limit - len(rows), backwards=backwards)
        first, last = (first, low - 1) if backwards else (high + 1, last)
        if len(rows) >= limit:
            break
        if stop_at is not None and perf_counter() >= stop_at and first <= last:
            return Found(rows, paused_at=low if backwards else high)
    return Found(rows, paused_at=None)


def entry(connection: apsw.Connection, *, account_id: int, entry_id: int) -> Row | None:
    """Return one entry of an account in the columns of a page; None where there is none."""
    return connection.execute(f"{_COLUMNS} e.id = ? AND e.account = ?", (entry_id, account_id)).fetchone()


def _plan(connection: apsw.Connection, wanted: LedgerFilter, account_id: int) -> _Plan:
    streams, checks = _leading_and_checked(wanted, account_id)
    head = connection.execute("SELECT coalesce(max(id), 0) FROM ledger_entries").get
    first = 1 if wanted.after_id is None else wanted.after_id + 1
    last = head if wanted.before_id is None else min(head, wanted.before_id - 1)
    plan = _Plan(first, last, streams, checks, is_account_led=streams[0].sql == _BY_ACCOUNT)
    if wanted.run_id is not None:
        _narrow(
            plan,
            _first_of_run(connection, account_id, wanted.run_id, head=head),
            _first_of_run(connection, account_id, wanted.run_id + 1, head=head) - 1,
        )
    if wanted.from_at is not None or wanted.until_at is not None:
        _narrow_to_days(connection, plan, account_id, first_at=wanted.from_at, last_at=wanted.until_at)
    if wanted.order_id is not None:
        life = connection.execute(_ORDER_LIFE, (wanted.order_id, account_id)).fetchone()
        if life is None:
            plan.last = 0
        else:
            created_at, updated_at = (datetime.fromisoformat(text) for text in life)
            _narrow_to_days(connection, plan, account_id, first_at=created_at, last_at=updated_at)
    return plan


_BY_ACCOUNT = "e.account = ?"


def _leading_and_checked(wanted: LedgerFilter, account_id: int) -> tuple[list[_Condition], list[_Condition]]:
    by_position = [_Condition('e."position" = ?', (wanted.position_id,))] if wanted.position_id is not None else []
    by_author = [_Condition("e.author = ?", (wanted.author,))] if wanted.author is not None else []
    kinds = sorted(set(wanted.kinds))
    checks = []
    if by_position:
        streams = [_Condition(f"{by_position[0].sql} AND +e.account = ?", (wanted.position_id, account_id))]
        checks += by_author
    elif by_author and wanted.author != _SYSTEM:
        streams = [_Condition("e.account = ? AND e.author = ? AND e.author <> 'system'", (account_id, wanted.author))]
    elif kinds:
        streams = [_Condition("e.account = ? AND e.kind = ?", (account_id, kind)) for kind in kinds]
        return streams, [*by_author, *_checks(wanted)]
    else:
        streams = [_Condition(_BY_ACCOUNT, (account_id,))]
        checks += by_author
    if kinds:
        marks = ", ".join("?" * len(kinds))
        checks.append(_Condition(f"+e.kind IN ({marks})", tuple(kinds)))
    return streams, [*checks, *_checks(wanted)]


def _checks(wanted: LedgerFilter) -> list[_Condition]:
    checks = []
    if wanted.run_id is not None:
        checks.append(_Condition("e.run = ?", (wanted.run_id,)))
    if wanted.order_id is not None:
        checks.append(_Condition('e."order" = ?', (wanted.order_id,)))
    if wanted.from_at is not None:
        checks.append(_Condition("e.occurred_at >= ?", (_utc_text(wanted.from_at),)))
    if wanted.until_at is not None:
        checks.append(_Condition("e.occurred_at < ?", (_utc_text(wanted.until_at),)))
    return checks + _text_checks(wanted.text)


def _text_checks(text: str) -> list[_Condition]:
    if len(text) > TEXT_LENGTH_MAX:
        raise InvalidInputError(f"The text to search for may have {TEXT_LENGTH_MAX} characters at most")
    checks = []
    for word in unicodedata.normalize("NFC", text).split():
        # SQLite's LIKE folds ASCII letters only; of a word with others the usual spellings are tried.
        spellings = [word] if word.isascii() else sorted({word, word.lower(), word.upper(), word.capitalize()})
        patterns = ["%" + each.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for each in spellings]
        either = " OR ".join([r"e.description LIKE ? ESCAPE '\' OR e.reason LIKE ? ESCAPE '\'"] * len(patterns))
        checks.append(_Condition(f"({either})", tuple(each for each in patterns for _ in range(2))))
    return checks


def _window(
    connection: apsw.Connection, plan: _Plan, *, ids: tuple[int, int], rows: int, backwards: bool
) -> tuple[int, int]:
    """Return ids that hold so many rows of no stream more, from the end of `ids` where the search stands."""
    first, last = ids
    direction = "DESC" if backwards else "ASC"
    edges = []
    for stream in plan.streams:
        statement = f"SELECT e.id FROM ledger_entries e WHERE {stream.sql} AND e.id BETWEEN ? AND ? "
        edge = connection.execute(
            f"{statement} ORDER BY e.id {direction} LIMIT 1 OFFSET ?", (*stream.values, first, last, rows - 1)
        ).get
        edges.append((first if backwards else last) if edge is None else edge)
    return (max(edges), last) if backwards else (first, min(edges))


def _matches(
    connection: apsw.Connection, plan: _Plan, *, ids: tuple[int, int], limit: int, backwards: bool
) -> Sequence[Row]:
    direction = "DESC" if backwards else "ASC"
    # An account that has most of the entries is read quicker in their own order than by its index.
    is_dense = plan.is_account_led and bool(plan.checks) and ids[1] - ids[0] < 3 * _WINDOW_ROWS
    found: list[Row] = []
    for stream in plan.streams:
        leading = "+" + stream.sql if is_dense else stream.sql
        conditions = [leading, "e.id BETWEEN ? AND ?", *(check.sql for check in plan.checks)]
        values = (*stream.values, *ids, *(value for check in plan.checks for value in check.values), limit)
        statement = f"{_COLUMNS}{' AND '.join(conditions)} ORDER BY e.id {direction} LIMIT ?"
        found += connection.execute(statement, values).fetchall()
    if len(plan.streams) > 1:
        found.sort(key=lambda row: int(row[0]), reverse=backwards)
    return found[:limit]


def _narrow(plan: _Plan, first: int, last: int) -> None:
    plan.first, plan.last = max(plan.first, first), min(plan.last, last)


def _narrow_to_days(
    connection: apsw.Connection, plan: _Plan, account_id: int, *, first_at: datetime | None, last_at: datetime | None
) -> None:
    first_day = "" if first_at is None else _utc_text(first_at)[:10]
    last_day = "9999-12-31" if last_at is None else _utc_text(last_at)[:10]
    edges: Row = connection.execute(_EDGES_OF_DAYS, (account_id, first_day, last_day)).fetchall()[0]
    days, first, last = edges
    if not days:
        plan.last = 0
    elif days < _DAYS_MAX:
        _narrow(plan, first, last)


def _first_of_run(connection: apsw.Connection, account_id: int, run_id: int, *, head: int) -> int:
    """Return the first entry of a run of an account, or the place where it would be: runs follow one another."""
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(_RUN_AT, (account_id, middle)).fetchone()
        if found is None or found[0] >= run_id:
            high = middle
        else:
            low = int(found[1]) + 1
    return low


def _utc_text(at: datetime) -> str:
    if at.tzinfo is None:
        raise InvalidInputError("A moment to search from needs its time zone")
    return instant_text(at.astimezone(UTC))
