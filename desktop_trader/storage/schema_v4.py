"""What schema version 4 added: the terms of orders and positions, receipts of orders, changes of positions.

Terms of an order may change as long as it lives (it is edited), those of a position as long as it is open; what a row
says is then what its order said, and the newest change since. The changes themselves are never changed.
"""

_ORDER_TERMS = (
    "time_in_force TEXT NOT NULL DEFAULT 'gtc' CHECK (time_in_force IN ('gtc', 'gtd', 'ioc', 'fok'))",
    "expires_at TEXT",
    "is_post_only INTEGER NOT NULL DEFAULT 0 CHECK (is_post_only IN (0, 1))",
    "oco_id TEXT NOT NULL DEFAULT ''",
    "margin_mode TEXT NOT NULL DEFAULT 'isolated' CHECK (margin_mode IN ('isolated', 'cross'))",
    "trail_percent TEXT",
    "protection_trail_percent TEXT",
    "is_triggered INTEGER NOT NULL DEFAULT 0 CHECK (is_triggered IN (0, 1))",
    "revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0)",
)
_POSITION_TERMS = (
    "margin_mode TEXT NOT NULL DEFAULT 'isolated' CHECK (margin_mode IN ('isolated', 'cross'))",
    "trail_percent TEXT",
    "funding INTEGER NOT NULL DEFAULT 0",
)
_MARKET = ("close_only TEXT NOT NULL DEFAULT ''", "ratchets TEXT NOT NULL DEFAULT '{}'")
_TABLES = (
    (
        'CREATE TABLE order_events (id INTEGER NOT NULL PRIMARY KEY, "order" INTEGER NOT NULL REFERENCES orders (id), '
        '"at" TEXT NOT NULL, step TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT'
    ),
    'CREATE INDEX order_events_order ON order_events ("order")',
    (
        'CREATE TABLE position_changes (id INTEGER NOT NULL PRIMARY KEY, "position" INTEGER NOT NULL '
        "REFERENCES positions (id), \"at\" TEXT NOT NULL, term TEXT NOT NULL CHECK (term IN ('stop_loss', "
        "'take_profit', 'trail_percent', 'leverage', 'margin')), \"before\" TEXT NOT NULL, \"after\" TEXT NOT NULL, "
        "author TEXT NOT NULL) STRICT"
    ),
    'CREATE INDEX position_changes_position ON position_changes ("position")',
)
_TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_refuse_{action} BEFORE {action.upper()} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in ("order_events", "position_changes")
    for action in ("update", "delete")
) + tuple(
    f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} "
    f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in ("order_events", "position_changes")
)

SCHEMA_V4 = (
    *(f"ALTER TABLE orders ADD COLUMN {column}" for column in _ORDER_TERMS),
    *(f"ALTER TABLE positions ADD COLUMN {column}" for column in _POSITION_TERMS),
    *(f"ALTER TABLE market_state ADD COLUMN {column}" for column in _MARKET),
    *_TABLES,
    *_TRIGGERS,
)
