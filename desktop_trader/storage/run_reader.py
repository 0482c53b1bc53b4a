"""Reads the runs of accounts: what each was worth, how it did, and its equity curve.

The tables are read through peewee, which is imported when somebody asks for runs and not before; the many points of
equity go past it. Read-only, over a connection of its own, in the one thread that opened it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
from peewee import fn
from playhouse.apsw_ext import APSWDatabase

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import from_units
from desktop_trader.domain.performance import Performance
from desktop_trader.domain.wallet import RunTotals
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.run_rows import RunCurve, RunRow, SessionRow
from desktop_trader.storage import schema
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.rows import RUN_TOTALS
from desktop_trader.storage.run_curve import StoredPoint, thinned
from desktop_trader.storage.sqlite_error import storage_error

POINTS_MIN, POINTS_MAX = 4, 10_000
SESSIONS_SHOWN = 20
_NEVER = 1 << 62
# What people put in or took out, by entry. Which entries belong to a run follows from the openings.
_FLOWS = """
SELECT e.id, e.run, (SELECT coalesce(-sum(p.amount), 0) FROM postings p
                     WHERE p.entry = e.id AND p.ledger_account > 'equity:' AND p.ledger_account < 'equity;')
FROM ledger_entries e
WHERE e.account = ? AND e.kind IN ('opening', 'deposit', 'withdrawal', 'adjustment', 'import') ORDER BY e.id
"""
_POINTS = "SELECT entry, equity, at FROM equity_points WHERE account = ? AND entry > ? AND entry < ? ORDER BY entry"
_COUNT = "SELECT count(*) FROM equity_points WHERE account = ? AND entry > ? AND entry < ?"


@dataclass(frozen=True, slots=True)
class _Span:
    """Which entries belong to a run, both ends excluded, and the flows among them as (entry, amount in 10^-8)."""

    after: int
    before: int
    flows: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Progress:
    """How a run did up to the last point that was read: the next look goes on from there."""

    performance: Performance = field(default_factory=Performance)
    entry_id: int = 0
    equity: int | None = None


class RunReader:
    """The runs in the books. Every method is one consistent read; what was read once is not read again."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading.

        Raises:
            StorageError: there is no such file, or it is not ours, of another version or unreadable.
        """
        self._path = path
        self._connection = open_reader(path)
        self._database = _Given(self._connection)
        self._known: dict[int, _Progress] = {}

    @classmethod
    def open(cls, paths: DataFolderPaths) -> "RunReader":
        """Open the books of a data folder.

        Raises:
            StorageError: there are none, or they cannot be read.
        """
        return cls(paths.database)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()
        self._connection.close()

    def runs(self, account: str = "") -> tuple[RunRow, ...]:
        """Return the runs of an account, newest first; without a name those of every account.

        Raises:
            InvalidInputError: there is no such account.
        """
        with self._reading():
            accounts = {each.id: each for each in self._all(schema.Account.select())}
            if account and account not in {each.name for each in accounts.values()}:
                raise InvalidInputError(f"There is no account {account!r}")
            wanted = [key for key, each in accounts.items() if account in ("", each.name)]
            spans = {run: span for key in wanted for run, span in self._spans(key).items()}
            trades = self._trades()
            found = self._all(
                schema.Run.select(schema.Run, schema.RunTotals)
                .join(schema.RunTotals, on=(schema.RunTotals.run == schema.Run.id), attr="totals")
                .where(schema.Run.account.in_(wanted))
                .order_by(schema.Run.id.desc())
            )
            return tuple(
                self._row(run, accounts[run.account_id], span=spans.get(run.id), trades=trades.get(run.id, 0))
                for run in found
            )

    def sessions(self) -> tuple[tuple[SessionRow, ...], int]:
        """Return the newest starts of the program, newest first, and how many there were."""
        with self._reading():
            newest = self._all(schema.Session.select().order_by(schema.Session.id.desc()).limit(SESSIONS_SHOWN))
            starts = int(schema.Session.select().count(self._database))
        return tuple(
            SessionRow(
                session_id=each.id,
                started_at=each.started_at,
                ended_at=each.ended_at,
                how_ended=each.how_ended or ("" if place == 0 else "killed"),
                is_running=place == 0 and each.how_ended is None,
            )
            for place, each in enumerate(newest)
        ), starts

    def curve(self, run_id: int, *, points_max: int) -> RunCurve:
        """Return the equity curve of a run.

        Raises:
            InvalidInputError: there is no such run, or as many points cannot be asked for.
        """
        if not POINTS_MIN <= points_max <= POINTS_MAX:
            raise InvalidInputError(f"a curve has {POINTS_MIN} to {POINTS_MAX} points, not {points_max}")
        with self._reading():
            run = schema.Run.select().where(schema.Run.id == run_id).bind(self._database).first()
            span = None if run is None else self._spans(run.account_id).get(run_id)
            if run is None or span is None:
                raise InvalidInputError(f"There is no run {run_id}")
            stored = int(self._connection.execute(_COUNT, (run.account_id, span.after, span.before)).get or 0)
            points = self._points(run.account_id, span, after=span.after)
            return RunCurve(
                run_id=run_id, points=thinned(points, stored=stored, points_max=points_max), points_stored=stored
            )

    def _row(self, run: Any, account: Any, *, span: _Span | None, trades: int) -> RunRow:
        totals = RunTotals(**{name: getattr(run.totals, name) for name in RUN_TOTALS})
        end_total = totals.expected_total + totals.reset
        progress = self._progress(run, span) if span else _Progress()
        is_current = run.ended_at is None
        # Nothing is open in a run that has ended.
        is_valued = is_current and progress.equity is not None
        end_equity = from_units(progress.equity) if is_valued and progress.equity is not None else end_total
        return RunRow(
            run_id=run.id,
            account=account.name,
            account_type=account.type,
            currency=account.currency,
            started_at=run.started_at,
            ended_at=run.ended_at,
            how_ended=run.how_ended or "",
            is_current=is_current,
            start_amount=run.start_amount,
            end_total=end_total,
            end_equity=end_equity,
            contributed=totals.contributed,
            deposits=totals.deposits,
            withdrawals=totals.withdrawals,
            adjustments=totals.adjustments,
            imports=totals.imports,
            realized_pnl=totals.realized_pnl,
            fees=totals.fees,
            funding=totals.funding,
            return_amount=end_equity - totals.contributed,
            return_percent=progress.performance.return_percent(),
            max_drawdown_percent=progress.performance.max_drawdown_percent(),
            trades=trades,
        )

    def _progress(self, run: Any, span: _Span) -> _Progress:
        known = self._known.setdefault(run.id, _Progress(entry_id=span.after))
        add = known.performance.add
        point: StoredPoint | None = None
        for point in self._points(run.account_id, span, after=known.entry_id):
            add(point.equity, point.flow)
        if point is not None:
            known.entry_id, known.equity = point.entry_id, point.equity
        return known

    def _points(self, account_id: int, span: _Span, *, after: int) -> Iterator[StoredPoint]:
        """Return the points after an entry. What was moved while nothing had a price counts with the next point."""
        flows = [each for each in span.flows if each[0] > after]
        flows.append((_NEVER, 0))
        upcoming = iter(flows)
        flow_at, amount = next(upcoming)
        for entry_id, equity, at in self._connection.execute(_POINTS, (account_id, after, span.before)):
            flow = 0
            while flow_at <= entry_id:
                flow += amount
                flow_at, amount = next(upcoming)
            yield StoredPoint(entry_id, at, equity, flow)

    def _spans(self, account_id: int) -> dict[int, _Span]:
        flows: dict[int, list[tuple[int, int]]] = {}
        for entry_id, run_id, amount in self._connection.execute(_FLOWS, (account_id,)):
            flows.setdefault(run_id, []).append((entry_id, amount))
        begins = [moved[0][0] for moved in flows.values()]
        return {
            run_id: _Span(after=moved[0][0] - 1, before=before, flows=tuple(moved))
            for (run_id, moved), before in zip(flows.items(), [*begins[1:], _NEVER], strict=True)
        }

    def _trades(self) -> dict[int, int]:
        position = schema.Position
        closed = position.select(position.run, fn.COUNT(position.id)).where(position.closed_at.is_null(False))
        counted: list[tuple[int, int]] = self._all(closed.group_by(position.run).tuples())
        return dict(counted)

    def _all(self, query: Any) -> list[Any]:
        return list(query.bind(self._database))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One snapshot for all reads of the block, however the writer goes on meanwhile."""
        try:
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")
        except apsw.Error as error:
            raise storage_error(error, f"{self._path} cannot be read") from error


class _Given(APSWDatabase):  # type: ignore[misc]
    """Lets peewee speak over a connection that is there already."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(":memory:")
        self._given = connection

    def _connect(self) -> apsw.Connection:
        return self._given
