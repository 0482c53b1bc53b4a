"""Checks that what refers to each other belongs together (I7, I9, I11, I13): accounts, runs, trades, equity points."""

import apsw

from desktop_trader.domain.order_receipt import ReceiptStep
from desktop_trader.messages.verify_report import FILE
from desktop_trader.storage.findings import Findings

_MOMENT = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*+00:00"
_ENTRIES, _FILLS, _ORDERS = ("ledger_entries", "entry"), ("fills", "fill"), ("orders", "order")
_STRANGERS = (
    (_ENTRIES, 'ledger_entries e JOIN runs x ON x.id = e.run WHERE x.account <> e.account'),
    (_ENTRIES, 'ledger_entries e JOIN positions x ON x.id = e."position" WHERE x.account <> e.account'),
    (_ENTRIES, 'ledger_entries e JOIN orders x ON x.id = e."order" WHERE x.account <> e.account'),
    (_ENTRIES, 'ledger_entries e JOIN fills x ON x.id = e.fill WHERE x.account <> e.account'),
    (_ENTRIES, 'ledger_entries e JOIN accounts x ON x.id = e.account WHERE x.currency <> e.currency'),
    (_FILLS, 'fills e JOIN positions x ON x.id = e."position" WHERE x.account <> e.account'),
    (_FILLS, 'fills e JOIN orders x ON x.id = e."order" WHERE x.account <> e.account'),
    (_ORDERS, """orders e LEFT JOIN positions x ON x.id = e."position"
                 WHERE e."position" IS NOT NULL AND x.account IS NOT e.account"""),
)  # fmt: skip
_MISNAMED_FILL = """
SELECT e.id, e.account FROM ledger_entries e JOIN fills f ON f.id = e.fill
WHERE (instr(e.idempotency_key, ':' || f.symbol || ':' || f.trade_id || ':') = 0 OR e.occurred_at <> f.at
      OR e."position" IS NOT f."position" OR e."order" IS NOT f."order" OR e.run <> f.run)
"""
_MISFILED_FILL = """
SELECT f.id, f.account FROM fills f JOIN orders o ON o.id = f."order" JOIN positions p ON p.id = f."position"
WHERE (f.symbol <> o.symbol OR f.symbol <> p.symbol OR f.side <> o.side
      OR o.is_exit <> (f.side <> iif(p.direction = 'long', 'buy', 'sell')))
"""
_MISVALUED = """
SELECT q.entry, q.account FROM equity_points q LEFT JOIN ledger_entries e ON e.id = q.entry
WHERE (e.account IS NOT q.account OR e.run <> q.run OR e.total_after <> q.total OR e.occurred_at <> q.at)
"""
_UNKNOWN_STEP = f"""
SELECT e.id, o.account, e.step, e."at" FROM order_events e JOIN orders o ON o.id = e."order"
WHERE e.step NOT IN ({", ".join(f"'{step.value}'" for step in ReceiptStep)}) OR e."at" NOT GLOB '{_MOMENT}'
"""
_TWICE = """
SELECT min(id), idempotency_key FROM ledger_entries GROUP BY idempotency_key HAVING count(*) > 1
"""


def check_belonging(connection: apsw.Connection, findings: Findings, *, since_entry: int = 0) -> None:
    """Compare everything, or with `since_entry` only newer entries with what they name."""
    for (table, what), joined in _STRANGERS:
        newer, values = (" AND e.id > ?1", (since_entry,)) if table == "ledger_entries" else ("", ())
        if since_entry and not newer:
            continue
        for row_id, account_id in connection.cursor().execute(f"SELECT e.id, e.account FROM {joined}{newer}", values):
            text = f"{what} {row_id} refers to something of another account or currency"
            findings.add("I13", text, table=table, row_id=row_id, account_id=account_id)
    for row_id, account_id in connection.cursor().execute(f"{_MISNAMED_FILL} AND e.id > ?", (since_entry,)):
        text = f"entry {row_id} and its fill do not name the same trade"
        findings.add("I13", text, table="ledger_entries", row_id=row_id, account_id=account_id)
    for row_id, account_id in connection.cursor().execute(f"{_MISVALUED} AND q.entry > ?", (since_entry,)):
        text = f"the equity point of entry {row_id} is not what the entry says"
        findings.add("I7", text, table="equity_points", row_id=row_id, account_id=account_id)
    if not since_entry:
        _check_whole(connection, findings)


def _check_whole(connection: apsw.Connection, findings: Findings) -> None:
    for row_id, account_id in connection.cursor().execute(_MISFILED_FILL):
        text = f"fill {row_id} is not of the symbol and side of its order and position"
        findings.add("I11", text, table="fills", row_id=row_id, account_id=account_id)
    for row_id, account_id, step, at in connection.cursor().execute(_UNKNOWN_STEP):
        text = f"line {row_id} of the receipts of orders is no step at a moment: {step} at {at}"
        findings.add(FILE, text, table="order_events", row_id=row_id, account_id=account_id)
    for row_id, key in connection.cursor().execute(_TWICE):
        findings.add("I9", f"two entries have the key {key}", table="ledger_entries", row_id=row_id)
    for table, row_id, parent, _ in connection.cursor().execute("PRAGMA foreign_key_check"):
        text = f"row {row_id} of {table} refers to a missing row of {parent}"
        findings.add("I13", text, table=table, row_id=row_id or 0)
