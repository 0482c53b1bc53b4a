"""What a run of the engine came to: figures of the books and the market's cursor, so that a run that was killed and
taken up again sums up to the same. Only the seconds are those of this process.
"""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.assembly import Trader
from desktop_trader.domain.money import display_amount
from desktop_trader.engine.snapshot_publisher import build_balance
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_reader import LedgerReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long this process took: altogether, in the engine, and of that in commits."""

    elapsed_seconds: float
    engine_seconds: float
    commit_seconds: float


def summary_fields(trader: Trader, paths: DataFolderPaths, timing: Timing) -> dict[str, object]:
    """Return the public keys and values of a summary."""
    engine = trader.engine
    balance = build_balance(engine)
    reader = LedgerReader.open(paths)
    try:
        counts = reader.counts(engine.books.portfolio.run.id)
    finally:
        reader.close()
    return {
        "event": "summary",
        "bars": engine.desk.cursor.bars_seen,
        "orders": counts.orders,
        "fills": counts.fills,
        "positions_opened": counts.positions,
        "positions_closed": counts.positions - counts.open_positions,
        "open_positions": counts.open_positions,
        "fees": balance.fees,
        "realized_pnl": balance.realized_pnl,
        "current_balance": balance.total,
        "portfolio_value": balance.portfolio_value,
        "head_hash": engine.books.head.hash,
        "elapsed_seconds": round(timing.elapsed_seconds, 3),
        "engine_seconds": round(timing.engine_seconds, 3),
        "commit_seconds": round(timing.commit_seconds, 3),
    }


def summary_text(fields: dict[str, object], currency: str) -> str:
    """Return a summary for people."""

    def amount(key: str) -> str:
        value = fields[key]
        return display_amount(value, currency) if isinstance(value, Decimal) else "—"

    return (
        f"{fields['bars']} bars, {fields['fills']} fills, {fields['positions_opened']} positions opened, "
        f"{fields['positions_closed']} closed, {fields['open_positions']} open\n"
        f"balance {amount('current_balance')}, portfolio value {amount('portfolio_value')}, "
        f"realized P&L {amount('realized_pnl')}, fees {amount('fees')}\n"
        f"books end at {str(fields['head_hash'])[:16]}…; {fields['elapsed_seconds']} s, of which "
        f"{fields['engine_seconds']} s in the engine and {fields['commit_seconds']} s in commits"
    )
