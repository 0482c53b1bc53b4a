"""The balance as the books have it, read before the engine is up: what the window shows at its first paint.

Reads the caches of one account over a read-only connection, in one moment of the file, and checks nothing: the
engine's start does that right after, and its first snapshot takes over. What it cannot read it leaves to the engine
to explain. Standard library and apsw only.
"""

from dataclasses import fields
from datetime import datetime
from decimal import Decimal

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.money import HUNDRED, ZERO, from_units
from desktop_trader.domain.wallet import RunTotals
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.storage.database import open_reader

_CENT = Decimal("0.01")
_TOTALS = tuple(each.name for each in fields(RunTotals))
_BALANCE = f"""
SELECT w.currency, w.total, w.available, w.locked, w.total_deposits, w.total_withdrawals, w.updated_at,
       (SELECT coalesce(sum(p.margin), 0) FROM positions p WHERE p.account = a.id AND p.closed_at IS NULL),
       EXISTS (SELECT 1 FROM positions p WHERE p.account = a.id AND p.closed_at IS NULL),
       (SELECT e.reason FROM ledger_entries e WHERE e.account = a.id ORDER BY e.id DESC LIMIT 1),
       (SELECT m.peak_equity FROM market_state m WHERE m.account = a.id), {", ".join(f't."{name}"' for name in _TOTALS)}
FROM accounts a
JOIN wallet w ON w.account = a.id
JOIN runs r ON r.account = a.id AND r.ended_at IS NULL
JOIN run_totals t ON t.run = r.id
WHERE a.name = ?
"""


def read_first_glance(paths: DataFolderPaths, account: str) -> BalanceView | None:
    """Return the stored balance of an account; None when there is none, or nobody may read it.

    Positions have no price yet, so with open ones whatever depends on a price is None.
    """
    if not paths.database.exists():
        return None
    try:
        connection = open_reader(paths.database)
    except StorageError:
        return None
    try:
        row = connection.execute(_BALANCE, (account,)).fetchone()
        return None if row is None else _balance_of(row)
    except (apsw.Error, ValueError):
        return None
    finally:
        connection.close()


def _balance_of(row: tuple[object, ...]) -> BalanceView:
    currency, updated_at, has_positions, reason = str(row[0]), str(row[6]), bool(row[8]), str(row[9] or "")
    money = [from_units(each) if isinstance(each, int) else ZERO for each in row]
    total, locked, margins, peak = money[1], money[3], money[7], money[10]
    totals = RunTotals(**dict(zip(_TOTALS, money[11:], strict=True)))
    unrealized: Decimal | None = None if has_positions else ZERO
    return BalanceView(
        currency=currency,
        total=total,
        available=money[2],
        locked=locked,
        locked_in_positions=margins,
        locked_in_orders=locked - margins,
        realized_pnl=totals.realized_pnl,
        fees=totals.fees,
        contributed=totals.contributed,
        total_deposits=money[4],
        total_withdrawals=money[5],
        unrealized_pnl=unrealized,
        portfolio_value=None if has_positions else total,
        pnl=None if has_positions else total - totals.contributed,
        balance_change_24h=None,
        balance_change_24h_percent=None,
        peak_equity=peak if has_positions else max(peak, total),
        drawdown_percent=None,
        last_updated=datetime.fromisoformat(updated_at),
        last_update_reason=reason,
        totals=totals,
        maintenance_margin=unrealized,
        margin_ratio_percent=None if has_positions or total <= 0 else (locked * HUNDRED / total).quantize(_CENT),
    )
