"""What the tables need that models cannot say: append-only triggers, partial indices and the view of the documents."""

LIVE_STATUSES = "('intent', 'sent', 'open', 'partially_filled', 'unknown')"
APPEND_ONLY_TABLES = ("ledger_entries", "postings", "fills")


def _append_only(table: str) -> tuple[str, ...]:
    refusal = f"{table} is append-only: a mistake is corrected by a new entry"
    return tuple(
        f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        for action in ("UPDATE", "DELETE")
    )


# INSERT OR REPLACE deletes every row that has one of the new row's keys, without asking the triggers above; so what
# would meet such a row is refused before.
_NO_GAPS = """
CREATE TRIGGER ledger_entries_refuse_gap BEFORE INSERT ON ledger_entries
WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM ledger_entries)
     OR EXISTS (SELECT 1 FROM ledger_entries WHERE idempotency_key = NEW.idempotency_key)
BEGIN SELECT RAISE(ABORT, 'ledger_entries has no gaps and nothing is written twice'); END
"""
_NO_LATE_POSTING = """
CREATE TRIGGER postings_refuse_late BEFORE INSERT ON postings
WHEN NEW.entry < (SELECT max(entry) FROM postings)
     OR EXISTS (SELECT 1 FROM postings
                WHERE entry = NEW.entry AND ledger_account = NEW.ledger_account AND currency = NEW.currency)
BEGIN SELECT RAISE(ABORT, 'postings is append-only: an entry has its postings once and for all'); END
"""
_NO_SECOND_FILL = """
CREATE TRIGGER fills_refuse_replace BEFORE INSERT ON fills
WHEN EXISTS (SELECT 1 FROM fills WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM fills WHERE account = NEW.account AND symbol = NEW.symbol AND trade_id = NEW.trade_id)
BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END
"""

PARTIAL_INDICES = (
    f"CREATE INDEX orders_live ON orders (account) WHERE status IN {LIVE_STATUSES}",
    "CREATE INDEX positions_open ON positions (account) WHERE closed_at IS NULL",
    'CREATE INDEX ledger_entries_position ON ledger_entries ("position") WHERE "position" IS NOT NULL',
)
TRIGGERS = (
    *(sql for table in APPEND_ONLY_TABLES for sql in _append_only(table)),
    _NO_GAPS,
    _NO_LATE_POSTING,
    _NO_SECOND_FILL,
)
TRIGGER_NAMES = frozenset(
    {
        *(f"{table}_refuse_{action}" for table in APPEND_ONLY_TABLES for action in ("update", "delete")),
        "ledger_entries_refuse_gap",
        "postings_refuse_late",
        "fills_refuse_replace",
    }
)


def _exact_text(units: str) -> str:
    """SQL that writes a count of 10^-8 as exact decimal text, without ever going through a float."""
    return f"printf('%s%d.%08d', iif({units} < 0, '-', ''), abs({units}) / 100000000, abs({units}) % 100000000)"


def _sum_of_postings(pattern: str) -> str:
    return (
        "(SELECT coalesce(sum(p.amount), 0) FROM postings p "
        f"WHERE p.entry = e.id AND p.ledger_account >= '{pattern}' AND p.ledger_account < '{pattern[:-1]};')"
    )


# Balance is the total everywhere. The type of the account is looked up, not joined, so that the newest rows are
# found by walking the entries backwards.
VIEW = f"""
CREATE VIEW wallet_transactions AS
SELECT id, account_type, transaction_type, {_exact_text("change")} AS amount,
       {_exact_text("(total_after - change)")} AS balance_before, {_exact_text("total_after")} AS balance_after,
       {_exact_text("locked_change")} AS locked_change,
       position_id, description, reason, updated_by, created_at
FROM (SELECT e.id AS id, (SELECT a.type FROM accounts a WHERE a.id = e.account) AS account_type,
             e.kind AS transaction_type, {_sum_of_postings("cash:")} AS change,
             {_sum_of_postings("cash:locked:")} AS locked_change, e.total_after AS total_after,
             e."position" AS position_id, e.description AS description, e.reason AS reason,
             e.author AS updated_by, e.occurred_at AS created_at
      FROM ledger_entries e)
"""
