"""Names and conditions of the schema that statements and checks share."""

LIVE_STATUSES = "('intent', 'sent', 'open', 'partially_filled', 'unknown')"
APPEND_ONLY_TABLES = ("ledger_entries", "postings", "fills", "order_events", "position_changes")
TRIGGER_NAMES = frozenset(
    {
        *(f"{table}_refuse_{action}" for table in APPEND_ONLY_TABLES for action in ("update", "delete")),
        "ledger_entries_refuse_gap",
        "postings_refuse_late",
        "fills_refuse_replace",
        "order_events_refuse_replace",
        "position_changes_refuse_replace",
    }
)
