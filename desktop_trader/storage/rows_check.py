"""Checks that the rows no law ties to money can be understood: a start reads them, and stops where it cannot."""

from collections.abc import Callable

import apsw

from desktop_trader.messages.verify_report import FILE
from desktop_trader.storage import rows
from desktop_trader.storage.damage import MADE_OF_DAMAGE
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.outage_rows import OUTAGE, outage_from
from desktop_trader.storage.rows import Row

_SESSION = ("started_at", "ended_at")
_DECISION = ("at",)


def check_rows(connection: apsw.Connection, findings: Findings) -> None:
    """Read every row of these tables as a start, or a page of the history, would."""
    for table, columns, take in _TABLES:
        names = ", ".join(f'"{name}"' for name in columns)
        # Another cursor than the one a caller may be in the middle of.
        for row_id, *row in connection.cursor().execute(f"SELECT rowid, {names} FROM {table}"):
            try:
                take(tuple(row))
            except MADE_OF_DAMAGE as error:
                text = f"row {row_id} of {table} cannot be understood: {type(error).__name__}: {error}"
                findings.add(FILE, text, table=table, row_id=row_id)


def _moments(row: Row) -> None:
    for text in row:
        rows.moment(text)


_TABLES: tuple[tuple[str, tuple[str, ...], Callable[[Row], object]], ...] = (
    ("accounts", rows.ACCOUNT, rows.account_from),
    ("runs", rows.RUN, rows.run_from),
    ("wallet", rows.WALLET, rows.wallet_from),
    ("market_state", rows.MARKET, rows.market_from),
    ("strategy_runs", rows.STRATEGY_RUN, rows.strategy_run_from),
    ("sessions", _SESSION, _moments),
    ("decisions", _DECISION, _moments),
    ("outages", OUTAGE, outage_from),
)
