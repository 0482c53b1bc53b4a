"""Reads the runs of accounts: what each was worth, how it did, and its equity curve.

The tables are read through peewee, which is imported when somebody asks for runs and not before; the many points of
equity go past it. Read-only, over a connection of its own, in the one thread that opened it.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
from peewee import fn
from playhouse.apsw_ext import APSWDatabase

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.wallet import RunTotals
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.run_rows import PresentEquity, RunCurve, RunRow, SessionRow
from desktop_trader.storage import schema
from desktop_trader.storage.damage import reading_snapshot
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.rows import RUN_TOTALS
from desktop_trader.storage.run_curve import thinned
from desktop_trader.storage.run_progress import RunProgress
from desktop_trader.storage.run_span import Flows, RunSpan, spans_of

POINTS_MIN, POINTS_MAX = 4, 10_000
SESSIONS_SHOWN = 20
_POINTS = "SELECT entry, equity, at FROM equity_points WHERE account = ? AND entry > ? AND entry < ? ORDER BY entry"
_COUNT = "SELECT count(*) FROM equity_points WHERE account = ? AND entry > ? AND entry < ?"


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
        self._known: dict[int, RunProgress] = {}

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

    def runs(self, account: str = "", *, present: Sequence[PresentEquity] = ()) -> tuple[RunRow, ...]:
        """Return the runs of an account, newest first; without a name those of every account.

        A run that goes on is valued as `present` has it, or else as it was when something was last booked.

        Raises:
            InvalidInputError: there is no such account.
        """
        with self._reading():
            accounts = {each.id: each for each in self._all(schema.Account.select())}
            if account and account not in {each.name for each in accounts.values()}:
                raise InvalidInputError(f"There is no account {account!r}")
            wanted = [key for key, each in accounts.items() if account in ("", each.name)]
            spans = {run: span for key in wanted for run, span in spans_of(self._connection, key).items()}
            trades = self._trades()
            found = self._all(
                schema.Run.select(schema.Run, schema.RunTotals)
                .join(schema.RunTotals, on=(schema.RunTotals.run == schema.Run.id), attr="totals")
                .where(schema.Run.account.in_(wanted))
                .order_by(schema.Run.id.desc())
            )
            now = {each.run_id: each for each in present}
            return tuple(
                replace(
                    self._row(run, accounts[run.account_id], span=spans.get(run.id), now=now.get(run.id)),
                    trades=trades.get(run.id, 0),
                )
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
            span = None if run is None else spans_of(self._connection, run.account_id).get(run_id)
            if run is None or span is None:
                raise InvalidInputError(f"There is no run {run_id}")
            values = (run.account_id, span.after, span.before)
            stored = int(self._connection.execute(_COUNT, values).get or 0)
            rows: Iterator[Any] = self._connection.execute(_POINTS, values)
            points = thinned(rows, Flows(span), stored=stored, points_max=points_max)
            return RunCurve(run_id=run_id, points=points, points_stored=stored)

    def _row(self, run: Any, account: Any, *, span: RunSpan | None, now: PresentEquity | None) -> RunRow:
        """Everything but the trades."""
        totals = RunTotals(**{name: getattr(run.totals, name) for name in RUN_TOTALS})
        end_total = totals.expected_total + totals.reset
        progress, present = self._progress(run, span), None
        is_current = run.ended_at is None
        if is_current and now is not None:
            progress, present = progress.at_present(now)
        # Nothing is open in a run that has ended.
        is_valued = is_current and progress.equity is not None
        end_equity, contributed = progress.worth() if is_valued else (end_total, totals.contributed)
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
            return_amount=end_equity - contributed,
            return_percent=progress.performance.return_percent(),
            max_drawdown_percent=progress.performance.max_drawdown_percent(),
            trades=0,
            as_of=progress.at if is_valued else None,
            present=present,
        )

    def _progress(self, run: Any, span: RunSpan | None) -> RunProgress:
        if span is None:
            return RunProgress()
        known = self._known.setdefault(run.id, RunProgress(entry_id=span.after))
        known.read_on(self._connection, run.account_id, span=span)
        return known

    def _trades(self) -> dict[int, int]:
        position = schema.Position
        closed = position.select(position.run, fn.COUNT(position.id)).where(position.closed_at.is_null(False))
        counted: list[tuple[int, int]] = self._all(closed.group_by(position.run).tuples())
        return dict(counted)

    def _all(self, query: Any) -> list[Any]:
        return list(query.bind(self._database))

    def _reading(self) -> AbstractContextManager[None]:
        return reading_snapshot(self._connection, self._path)


class _Given(APSWDatabase):  # type: ignore[misc]
    """Lets peewee speak over a connection that is there already."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(":memory:")
        self._given = connection

    def _connect(self) -> apsw.Connection:
        return self._given
