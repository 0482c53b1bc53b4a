"""How a run did so far: read once from its points, and carried on to what it is worth now."""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import apsw

from desktop_trader.domain.money import HUNDRED, from_units, to_units
from desktop_trader.domain.performance import Performance
from desktop_trader.messages.run_rows import CurvePoint, PresentEquity
from desktop_trader.storage.run_span import Flows, RunSpan

RETURN_PLACES = Decimal("0.000001")
_VALUES = "SELECT entry, equity FROM equity_points WHERE account = ? AND entry > ? AND entry < ? ORDER BY entry"
_MOMENT = "SELECT at FROM equity_points WHERE account = ? AND entry = ?"


@dataclass(slots=True)
class RunProgress:
    """How a run did up to the last point that was read: the next look goes on from there."""

    performance: Performance = field(default_factory=Performance)
    entry_id: int = 0
    equity: int | None = None
    contributed: int = 0
    at: datetime | None = None

    def read_on(self, connection: apsw.Connection, account_id: int, *, span: RunSpan) -> None:
        """Take the points that came since the last look."""
        add, moved = self.performance.add, Flows(span, after=self.entry_id)
        flow_at, entry_id, equity = moved.next_at, self.entry_id, self.equity
        for entry_id, equity in connection.execute(_VALUES, (account_id, self.entry_id, span.before)):
            if entry_id < flow_at:
                add(equity)
            else:
                flow = moved.up_to(entry_id)
                add(equity, flow)
                self.contributed += flow
                flow_at = moved.next_at
        if entry_id != self.entry_id:
            self.at = datetime.fromisoformat(str(connection.execute(_MOMENT, (account_id, entry_id)).get))
        self.entry_id, self.equity = entry_id, equity

    def at_present(self, present: PresentEquity) -> tuple["RunProgress", CurvePoint]:
        """Return how it did up to now, and the point that this adds to its curve; itself stays as it is.

        What people moved and no point has yet comes with the present one, as it does between two points.
        """
        performance, equity = copy(self.performance), to_units(present.equity)
        performance.add(equity, to_units(present.contributed) - self.contributed)
        # The prices of a market that was started anew may be older than what was booked last.
        at = present.at if self.at is None else max(present.at, self.at)
        point = CurvePoint(
            at=at,
            entry_id=self.entry_id,
            equity=present.equity,
            contributed=present.contributed,
            return_percent=(performance.return_at(equity) * HUNDRED).quantize(RETURN_PLACES),
        )
        now = RunProgress(
            performance=performance,
            entry_id=self.entry_id,
            equity=equity,
            contributed=to_units(present.contributed),
            at=at,
        )
        return now, point

    def worth(self) -> tuple[Decimal, Decimal]:
        """Return what the run was worth at the last point, and what people had put in by then."""
        return from_units(self.equity or 0), from_units(self.contributed)
