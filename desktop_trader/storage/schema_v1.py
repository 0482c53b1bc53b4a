"""Schema version 1, as the text that SQLite keeps of it: frozen for ever.

Every file begins with these statements, and the later steps of `migrations` bring it on from there; so a new file and
one that has been migrated from the beginning are the same. A test holds the text against a file that version 1 made.
"""

SCHEMA_V1: tuple[str, ...] = (
    (
        'CREATE TABLE "accounts" ("id" INTEGER NOT NULL PRIMARY KEY, "type" TEXT NOT NULL, "exchange" TEXT NOT '
        'NULL, "currency" TEXT NOT NULL, "name" TEXT NOT NULL, "created_at" TEXT NOT NULL, CHECK (type IN '
        "('demo', 'live'))) STRICT"
    ),
    'CREATE INDEX "accounts_type" ON "accounts" ("type")',
    'CREATE UNIQUE INDEX "accounts_name" ON "accounts" ("name")',
    (
        'CREATE TABLE "runs" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "started_at" TEXT '
        'NOT NULL, "ended_at" TEXT, "start_amount" INTEGER NOT NULL, FOREIGN KEY ("account") REFERENCES '
        '"accounts" ("id")) STRICT'
    ),
    'CREATE INDEX "runs_account" ON "runs" ("account")',
    (
        'CREATE TABLE "sessions" ("id" INTEGER NOT NULL PRIMARY KEY, "started_at" TEXT NOT NULL, "ended_at" '
        'TEXT, "how_ended" TEXT) STRICT'
    ),
    (
        'CREATE TABLE "strategy_runs" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "run" '
        'INTEGER NOT NULL, "strategy" TEXT NOT NULL, "parameters" TEXT NOT NULL, "symbol" TEXT NOT NULL, '
        '"timeframe" TEXT NOT NULL, "source_id" TEXT NOT NULL, "started_at" TEXT NOT NULL, "ended_at" TEXT, '
        'FOREIGN KEY ("account") REFERENCES "accounts" ("id"), FOREIGN KEY ("run") REFERENCES "runs" ("id")) '
        "STRICT"
    ),
    'CREATE INDEX "strategy_runs_account" ON "strategy_runs" ("account")',
    (
        'CREATE TABLE "orders" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "run" INTEGER '
        'NOT NULL, "client_order_id" TEXT NOT NULL, "symbol" TEXT NOT NULL, "side" TEXT NOT NULL, "type" TEXT '
        'NOT NULL, "quantity" TEXT NOT NULL, "reason" TEXT NOT NULL, "signal_key" TEXT, "created_at" TEXT NOT '
        'NULL, "updated_at" TEXT NOT NULL, "eligible_at" TEXT NOT NULL, "filled_quantity" TEXT NOT NULL, '
        '"limit_price" TEXT, "trigger_price" TEXT, "worst_price" TEXT, "status" TEXT NOT NULL, "position" '
        'INTEGER, "is_exit" INTEGER NOT NULL, "reserve" INTEGER NOT NULL, "leverage" INTEGER NOT NULL, '
        '"stop_loss" TEXT, "take_profit" TEXT, "stop_loss_percent" TEXT, "take_profit_percent" TEXT, '
        '"strategy_run" INTEGER, "detail" TEXT NOT NULL, FOREIGN KEY ("account") REFERENCES "accounts" ("id"), '
        'FOREIGN KEY ("run") REFERENCES "runs" ("id"), FOREIGN KEY ("strategy_run") REFERENCES "strategy_runs" '
        "(\"id\"), CHECK (side IN ('buy', 'sell')), CHECK (reserve >= 0), CHECK (leverage >= 1), CHECK "
        "(is_exit IN (0, 1))) STRICT"
    ),
    'CREATE UNIQUE INDEX "orders_client_order_id" ON "orders" ("client_order_id")',
    'CREATE UNIQUE INDEX "orders_signal_key_account" ON "orders" ("signal_key", "account")',
    (
        'CREATE TABLE "positions" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "run" '
        'INTEGER NOT NULL, "symbol" TEXT NOT NULL, "direction" TEXT NOT NULL, "quantity" TEXT NOT NULL, '
        '"entry_quantity" TEXT NOT NULL, "entry_cost" TEXT NOT NULL, "margin" INTEGER NOT NULL, "entry_order" '
        'INTEGER NOT NULL, "opened_at" TEXT NOT NULL, "contract_size" TEXT NOT NULL, "leverage" INTEGER NOT '
        'NULL, "stop_loss" TEXT, "take_profit" TEXT, "realized_pnl" INTEGER NOT NULL, "fees" INTEGER NOT NULL, '
        '"opening_bar_at" TEXT, "entered_within_bar" INTEGER NOT NULL, "strategy_run" INTEGER, "closed_at" '
        'TEXT, "close_reason" TEXT, FOREIGN KEY ("account") REFERENCES "accounts" ("id"), FOREIGN KEY ("run") '
        'REFERENCES "runs" ("id"), FOREIGN KEY ("entry_order") REFERENCES "orders" ("id"), FOREIGN KEY '
        '("strategy_run") REFERENCES "strategy_runs" ("id"), CHECK (direction IN (\'long\', \'short\')), CHECK '
        "(margin >= 0), CHECK (closed_at IS NULL OR (margin = 0 AND quantity = '0' AND close_reason IS NOT "
        "NULL))) STRICT"
    ),
    (
        'CREATE TABLE "fills" ("id" INTEGER NOT NULL PRIMARY KEY, "order" INTEGER NOT NULL, "position" INTEGER '
        'NOT NULL, "account" INTEGER NOT NULL, "run" INTEGER NOT NULL, "trade_id" TEXT NOT NULL, "symbol" TEXT '
        'NOT NULL, "side" TEXT NOT NULL, "quantity" TEXT NOT NULL, "price" TEXT NOT NULL, "fee" INTEGER NOT '
        'NULL, "is_maker" INTEGER NOT NULL, "at" TEXT NOT NULL, "realized_pnl" INTEGER NOT NULL, FOREIGN KEY '
        '("order") REFERENCES "orders" ("id"), FOREIGN KEY ("position") REFERENCES "positions" ("id"), FOREIGN '
        'KEY ("account") REFERENCES "accounts" ("id"), FOREIGN KEY ("run") REFERENCES "runs" ("id"), CHECK '
        "(side IN ('buy', 'sell')), CHECK (fee >= 0)) STRICT"
    ),
    'CREATE UNIQUE INDEX "fills_account_symbol_trade_id" ON "fills" ("account", "symbol", "trade_id")',
    (
        'CREATE TABLE "ledger_entries" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "run" '
        'INTEGER NOT NULL, "kind" TEXT NOT NULL, "idempotency_key" TEXT NOT NULL, "occurred_at" TEXT NOT NULL, '
        '"position" INTEGER, "order" INTEGER, "fill" INTEGER, "reason" TEXT NOT NULL, "author" TEXT NOT NULL, '
        '"description" TEXT NOT NULL, "corrects" INTEGER, "currency" TEXT NOT NULL, "total_after" INTEGER NOT '
        'NULL, "locked_after" INTEGER NOT NULL, "previous_hash" TEXT NOT NULL, "hash" TEXT NOT NULL, FOREIGN '
        'KEY ("account") REFERENCES "accounts" ("id"), FOREIGN KEY ("run") REFERENCES "runs" ("id"), FOREIGN '
        'KEY ("position") REFERENCES "positions" ("id"), FOREIGN KEY ("order") REFERENCES "orders" ("id"), '
        'FOREIGN KEY ("fill") REFERENCES "fills" ("id"), FOREIGN KEY ("corrects") REFERENCES "ledger_entries" '
        '("id")) STRICT'
    ),
    'CREATE INDEX "ledger_entries_account" ON "ledger_entries" ("account")',
    'CREATE UNIQUE INDEX "ledger_entries_idempotency_key" ON "ledger_entries" ("idempotency_key")',
    (
        'CREATE TABLE "postings" ("entry" INTEGER NOT NULL, "ledger_account" TEXT NOT NULL, "currency" TEXT '
        'NOT NULL, "amount" INTEGER NOT NULL, PRIMARY KEY ("entry", "ledger_account", "currency"), FOREIGN KEY '
        '("entry") REFERENCES "ledger_entries" ("id"), CHECK (amount <> 0)) STRICT, WITHOUT ROWID'
    ),
    (
        'CREATE TABLE "wallet" ("account" INTEGER NOT NULL PRIMARY KEY, "account_type" TEXT NOT NULL, '
        '"currency" TEXT NOT NULL, "total" INTEGER NOT NULL, "available" INTEGER NOT NULL, "locked" INTEGER '
        'NOT NULL, "total_deposits" INTEGER NOT NULL, "total_withdrawals" INTEGER NOT NULL, "total_pnl" '
        'INTEGER NOT NULL, "updated_at" TEXT NOT NULL, FOREIGN KEY ("account") REFERENCES "accounts" ("id"), '
        "CHECK (account_type IN ('demo', 'live')), CHECK (total = available + locked AND (account_type = "
        "'live' OR (available >= 0 AND locked >= 0)))) STRICT"
    ),
    'CREATE INDEX "wallet_account_type" ON "wallet" ("account_type")',
    (
        'CREATE TABLE "run_totals" ("run" INTEGER NOT NULL PRIMARY KEY, "opening" INTEGER NOT NULL, "imports" '
        'INTEGER NOT NULL, "deposits" INTEGER NOT NULL, "withdrawals" INTEGER NOT NULL, "adjustments" INTEGER '
        'NOT NULL, "realized_pnl" INTEGER NOT NULL, "fees" INTEGER NOT NULL, "funding" INTEGER NOT NULL, '
        '"rounding" INTEGER NOT NULL, "suspense" INTEGER NOT NULL, FOREIGN KEY ("run") REFERENCES "runs" '
        '("id")) STRICT'
    ),
    (
        'CREATE TABLE "equity_points" ("account" INTEGER NOT NULL, "entry" INTEGER NOT NULL, "at" TEXT NOT '
        'NULL, "run" INTEGER NOT NULL, "equity" INTEGER NOT NULL, "total" INTEGER NOT NULL, PRIMARY KEY '
        '("account", "entry"), FOREIGN KEY ("account") REFERENCES "accounts" ("id"), FOREIGN KEY ("entry") '
        'REFERENCES "ledger_entries" ("id"), FOREIGN KEY ("run") REFERENCES "runs" ("id")) STRICT, WITHOUT '
        "ROWID"
    ),
    (
        'CREATE TABLE "decisions" ("id" INTEGER NOT NULL PRIMARY KEY, "account" INTEGER NOT NULL, "at" TEXT '
        'NOT NULL, "strategy_run" INTEGER, "symbol" TEXT NOT NULL, "action" TEXT NOT NULL, "outcome" TEXT NOT '
        'NULL, "detail" TEXT NOT NULL, "order" INTEGER, FOREIGN KEY ("account") REFERENCES "accounts" ("id"), '
        'FOREIGN KEY ("strategy_run") REFERENCES "strategy_runs" ("id"), FOREIGN KEY ("order") REFERENCES '
        '"orders" ("id")) STRICT'
    ),
    (
        'CREATE TABLE "market_state" ("account" INTEGER NOT NULL PRIMARY KEY, "source_id" TEXT NOT NULL, '
        '"anchor_at" TEXT NOT NULL, "at" TEXT NOT NULL, "clock_at" TEXT NOT NULL, "phase" INTEGER NOT NULL, '
        '"bars_seen" INTEGER NOT NULL, "notices_sent" INTEGER NOT NULL, "peak_equity" INTEGER NOT NULL, '
        '"last_bar_at" TEXT, "is_entries_paused" INTEGER NOT NULL, "marks" TEXT NOT NULL, FOREIGN KEY '
        '("account") REFERENCES "accounts" ("id"), CHECK (phase BETWEEN 0 AND 3)) STRICT'
    ),
    (
        "CREATE INDEX orders_live ON orders (account) WHERE status IN ('intent', 'sent', 'open', "
        "'partially_filled', 'unknown')"
    ),
    "CREATE INDEX positions_open ON positions (account) WHERE closed_at IS NULL",
    'CREATE INDEX ledger_entries_position ON ledger_entries ("position") WHERE "position" IS NOT NULL',
    (
        "CREATE TRIGGER ledger_entries_refuse_update BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, "
        "'ledger_entries is append-only: a mistake is corrected by a new entry'); END"
    ),
    (
        "CREATE TRIGGER ledger_entries_refuse_delete BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, "
        "'ledger_entries is append-only: a mistake is corrected by a new entry'); END"
    ),
    (
        "CREATE TRIGGER postings_refuse_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings "
        "is append-only: a mistake is corrected by a new entry'); END"
    ),
    (
        "CREATE TRIGGER postings_refuse_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings "
        "is append-only: a mistake is corrected by a new entry'); END"
    ),
    (
        "CREATE TRIGGER fills_refuse_update BEFORE UPDATE ON fills BEGIN SELECT RAISE(ABORT, 'fills is "
        "append-only: a mistake is corrected by a new entry'); END"
    ),
    (
        "CREATE TRIGGER fills_refuse_delete BEFORE DELETE ON fills BEGIN SELECT RAISE(ABORT, 'fills is "
        "append-only: a mistake is corrected by a new entry'); END"
    ),
    """CREATE TRIGGER ledger_entries_refuse_gap BEFORE INSERT ON ledger_entries
WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM ledger_entries)
     OR EXISTS (SELECT 1 FROM ledger_entries WHERE idempotency_key = NEW.idempotency_key)
BEGIN SELECT RAISE(ABORT, 'ledger_entries has no gaps and nothing is written twice'); END""",
    """CREATE TRIGGER postings_refuse_late BEFORE INSERT ON postings
WHEN NEW.entry < (SELECT max(entry) FROM postings)
     OR EXISTS (SELECT 1 FROM postings
                WHERE entry = NEW.entry AND ledger_account = NEW.ledger_account AND currency = NEW.currency)
BEGIN SELECT RAISE(ABORT, 'postings is append-only: an entry has its postings once and for all'); END""",
    """CREATE TRIGGER fills_refuse_replace BEFORE INSERT ON fills
WHEN EXISTS (SELECT 1 FROM fills WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM fills WHERE account = NEW.account AND symbol = NEW.symbol AND trade_id = NEW.trade_id)
BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END""",
    (
        "CREATE VIEW wallet_transactions AS\n"
        "SELECT id, account_type, transaction_type, printf('%s%d.%08d', iif(change < 0, '-', ''), abs(change) "
        "/ 100000000, abs(change) % 100000000) AS amount,\n"
        "       printf('%s%d.%08d', iif((total_after - change) < 0, '-', ''), abs((total_after - change)) / "
        "100000000, abs((total_after - change)) % 100000000) AS balance_before, printf('%s%d.%08d', "
        "iif(total_after < 0, '-', ''), abs(total_after) / 100000000, abs(total_after) % 100000000) AS "
        "balance_after,\n"
        "       printf('%s%d.%08d', iif(locked_change < 0, '-', ''), abs(locked_change) / 100000000, "
        "abs(locked_change) % 100000000) AS locked_change,\n"
        "       position_id, description, reason, updated_by, created_at\n"
        "FROM (SELECT e.id AS id, (SELECT a.type FROM accounts a WHERE a.id = e.account) AS account_type,\n"
        "             e.kind AS transaction_type, (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE "
        "p.entry = e.id AND p.ledger_account >= 'cash:' AND p.ledger_account < 'cash;') AS change,\n"
        "             (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.entry = e.id AND "
        "p.ledger_account >= 'cash:locked:' AND p.ledger_account < 'cash:locked;') AS locked_change, "
        "e.total_after AS total_after,\n"
        '             e."position" AS position_id, e.description AS description, e.reason AS reason,\n'
        "             e.author AS updated_by, e.occurred_at AS created_at\n"
        "      FROM ledger_entries e)"
    ),
)
