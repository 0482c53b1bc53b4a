"""The SQL of the hot path, written once; apsw keeps the prepared form of each text."""

from collections.abc import Sequence
from functools import cache

from desktop_trader.domain.ledger import CASH_PREFIX
from desktop_trader.storage import rows, trading_rows
from desktop_trader.storage.schema_extras import LIVE_STATUSES


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _marks(columns: Sequence[str]) -> str:
    return "(" + ", ".join("?" * len(columns)) + ")"


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({_names(columns)}) VALUES {_marks(columns)}"


def _upsert(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    changes = ", ".join(f'"{column}" = excluded."{column}"' for column in columns if column not in key)
    return f"{_insert(table, columns)} ON CONFLICT ({_names(key)}) DO UPDATE SET {changes}"


def _update(table: str, columns: Sequence[str]) -> str:
    """The key comes last among the values."""
    changes = ", ".join(f'"{column}" = ?' for column in columns)
    return f"UPDATE {table} SET {changes} WHERE id = ?"


def _select(table: str, columns: Sequence[str], rest: str) -> str:
    return f"SELECT {_names(columns)} FROM {table} {rest}"


BEGIN = "BEGIN IMMEDIATE"
COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"

INSERT_ACCOUNT = _insert("accounts", rows.ACCOUNT)
INSERT_RUN = _insert("runs", rows.RUN)
END_RUN = "UPDATE runs SET ended_at = ?, how_ended = ? WHERE id = ?"
INSERT_ENTRY = _insert("ledger_entries", rows.ENTRY)
INSERT_ORDER = _insert("orders", trading_rows.ORDER)
UPDATE_ORDER = _update("orders", trading_rows.ORDER[-trading_rows.ORDER_CHANGES :])
UPDATE_PROGRESS = _update("orders", trading_rows.ORDER[-trading_rows.ORDER_CHANGES :][: trading_rows.ORDER_PROGRESS])
INSERT_POSITION = _insert("positions", trading_rows.POSITION)
UPDATE_POSITION = _update("positions", trading_rows.POSITION[-trading_rows.POSITION_CHANGES :])
INSERT_FILL = _insert("fills", trading_rows.FILL)
INSERT_CHANGE = _insert("position_changes", trading_rows.POSITION_CHANGE)
UPSERT_WALLET = _upsert("wallet", rows.WALLET, ("account",))
UPSERT_RUN_TOTALS = _upsert("run_totals", ("run", *rows.RUN_TOTALS), ("run",))
UPSERT_STRATEGY_RUN = _upsert("strategy_runs", rows.STRATEGY_RUN, ("id",))
INSERT_DECISION = _insert("decisions", rows.DECISION)
UPSERT_MARKET = _upsert("market_state", rows.MARKET, ("account",))
INSERT_EQUITY = _insert("equity_points", ("account", "entry", "at", "run", "equity", "total"))
INSERT_SESSION = "INSERT INTO sessions (started_at) VALUES (?)"
END_SESSION = "UPDATE sessions SET ended_at = ?, how_ended = ? WHERE id = ?"

HEAD = "SELECT id, hash FROM ledger_entries ORDER BY id DESC LIMIT 1"
HASH_OF = "SELECT hash FROM ledger_entries WHERE id = ?"
HAS_ENTRY = "SELECT 1 FROM ledger_entries WHERE idempotency_key = ?"
BOOKED_CHANGE = (
    "SELECT account, kind, total_after, (SELECT coalesce(sum(amount), 0) FROM postings WHERE entry = ledger_entries.id "
    f"AND ledger_account LIKE '{CASH_PREFIX}%') FROM ledger_entries WHERE idempotency_key = ?"
)
HAS_ORDER = "SELECT 1 FROM orders WHERE id = ?"
HAS_POSITION = "SELECT 1 FROM positions WHERE id = ?"
ACCOUNT_BY_NAME = _select("accounts", rows.ACCOUNT, "WHERE name = ?")
CURRENT_RUN = _select("runs", rows.RUN, "WHERE account = ? AND ended_at IS NULL")
WALLET_OF = _select("wallet", rows.WALLET, "WHERE account = ?")
RUN_TOTALS_OF = _select("run_totals", rows.RUN_TOTALS, "WHERE run = ?")
LIVE_ORDERS = _select("orders", trading_rows.ORDER, f"WHERE account = ? AND status IN {LIVE_STATUSES} ORDER BY id")
OPEN_POSITIONS = _select("positions", trading_rows.POSITION, "WHERE account = ? AND closed_at IS NULL ORDER BY id")
POSITION_BY_ID = _select("positions", trading_rows.POSITION, "WHERE id = ?")
FILLS_NEWEST_FIRST = _select("fills", trading_rows.FILL, "WHERE account = ? ORDER BY id DESC")
ACTIVE_STRATEGY_RUNS = _select("strategy_runs", rows.STRATEGY_RUN, "WHERE account = ? AND ended_at IS NULL ORDER BY id")
ORDER_OF_SIGNAL = _select("orders", trading_rows.ORDER, "WHERE signal_key = ? AND account = ?")
MARKET_OF = _select("market_state", rows.MARKET, "WHERE account = ?")
RECENT_DECISIONS = _select("decisions", rows.DECISION, "WHERE account = ? ORDER BY id DESC LIMIT ?")
DECISION_BEGINNING = (
    f"SELECT * FROM ({_select('decisions', rows.DECISION, 'WHERE account = ?1 ORDER BY id DESC LIMIT 10000')}) "
    "WHERE substr(detail, 1, length(?2)) = ?2 LIMIT 1"
)
ORDER_OF_ACCOUNT = _select("orders", trading_rows.ORDER, "WHERE id = ? AND account = ?")
EVENTS_OF_ORDER = _select("order_events", trading_rows.ORDER_EVENT, 'WHERE "order" = ? ORDER BY id')
FILLS_OF_ORDER = _select("fills", trading_rows.FILL, 'WHERE "order" = ? ORDER BY id')
FILLS_OF_ORDER_AND_POSITION = _select(
    "fills",
    trading_rows.FILL,
    'WHERE "order" = ? AND id IN (SELECT e.fill FROM ledger_entries e WHERE e."position" = ?) ORDER BY id',
)
"""By way of the entries, which have an index for it."""
LAST_SESSION = "SELECT id, started_at, ended_at, how_ended FROM sessions ORDER BY id DESC LIMIT 1"
NEXT_IDS = "SELECT " + ", ".join(
    f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"
    for table in ("accounts", "runs", "orders", "fills", "positions", "strategy_runs")
)


@cache
def insert_postings(count: int) -> str:
    """Return the statement that writes `count` postings at once."""
    return _insert_many("postings", rows.POSTING, count)


@cache
def insert_events(count: int) -> str:
    """Return the statement that writes `count` lines of receipts at once."""
    return _insert_many("order_events", trading_rows.ORDER_EVENT, count)


def _insert_many(table: str, columns: Sequence[str], count: int) -> str:
    marks = ", ".join([_marks(columns)] * count)
    return f"INSERT INTO {table} ({_names(columns)}) VALUES {marks}"
