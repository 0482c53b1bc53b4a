"""The indices by which history is filtered, part of the schema from version 2 on.

Each grows at its right edge or on a few pages that every commit touches anyway, so that a durable commit costs the
same with them as without (`tests/benchmarks/bench_history.py`). A run needs none: the runs of an account follow one
another. Text has none either: it is searched in bounded steps, since an index over text would cost every commit.
"""

DAY = "substr(occurred_at, 1, 10)"
"""The UTC day of an entry. Market time may jump back, so a span of time is found by its days and not by halving."""

HISTORY_INDICES = (
    "CREATE INDEX ledger_entries_kind ON ledger_entries (account, kind)",
    "CREATE INDEX ledger_entries_author ON ledger_entries (account, author) WHERE author <> 'system'",
    f"CREATE INDEX ledger_entries_day ON ledger_entries (account, {DAY})",
)
