"""What a start reads: caches, open items and the newest history, never the whole journal."""

from datetime import datetime, timedelta

import apsw

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import ZERO, from_units
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.wallet import Account
from desktop_trader.engine.ports import BalancePoint, NextIds, StoredBooks
from desktop_trader.storage import rows, trading_rows
from desktop_trader.storage import statements as sql
from desktop_trader.storage.damage import reading_rows
from desktop_trader.storage.sqlite_error import RESTORE

RECENT_DECISIONS = 100
_BALANCE_WINDOW = timedelta(hours=24)

# What people put in or took out stands against an equity account, which grows with negative postings. No limit: who
# reads it stops.
_NEWEST_FIRST = """
SELECT e.run, e.occurred_at, e.total_after, e.reason, e.kind,
       (SELECT coalesce(-sum(p.amount), 0) FROM postings p
        WHERE p.entry = e.id AND p.ledger_account > 'equity:' AND p.ledger_account < 'equity;')
FROM ledger_entries e WHERE e.account = ? ORDER BY e.id DESC
"""


def load(connection: apsw.Connection, account_name: str) -> StoredBooks:
    """Return what is stored of an account; without a portfolio when there is no account of that name.

    Raises:
        BooksDamagedError: the account has lost its run or its wallet, or a row cannot be understood.
    """
    with reading_rows():
        return _load(connection, account_name)


def _load(connection: apsw.Connection, account_name: str) -> StoredBooks:
    head = head_of(connection)
    next_ids = _next_ids(connection)
    account_row = connection.execute(sql.ACCOUNT_BY_NAME, (account_name,)).get
    if account_row is None:
        return StoredBooks(head=head, next_ids=next_ids)
    account = rows.account_from(account_row)
    key = (account.id,)
    market_row = connection.execute(sql.MARKET_OF, key).get
    market = None if market_row is None else rows.market_from(market_row)
    decisions = connection.execute(sql.RECENT_DECISIONS, (account.id, RECENT_DECISIONS)).fetchall()
    strategy_runs = connection.execute(sql.ACTIVE_STRATEGY_RUNS, key)
    return StoredBooks(
        head=head,
        portfolio=_portfolio(connection, account),
        strategy_runs=tuple(rows.strategy_run_from(row) for row in strategy_runs),
        market=market,
        next_ids=next_ids,
        recent_balances=_recent_balances(connection, account.id, since=None if market is None else market.anchor_at),
        recent_decisions=tuple(rows.decision_from(row) for row in reversed(decisions)),
    )


def head_of(connection: apsw.Connection) -> LedgerHead:
    """Return the newest entry of a file."""
    row = connection.execute(sql.HEAD).get
    return GENESIS if row is None else LedgerHead(entry_id=row[0], hash=row[1])


def _portfolio(connection: apsw.Connection, account: Account) -> Portfolio:
    key = (account.id,)
    run_row = connection.execute(sql.CURRENT_RUN, key).get
    wallet_row = connection.execute(sql.WALLET_OF, key).get
    totals_row = None if run_row is None else connection.execute(sql.RUN_TOTALS_OF, (run_row[0],)).get
    if run_row is None or wallet_row is None or totals_row is None:
        raise BooksDamagedError(f"Account {account.name} has lost its run or its wallet; {RESTORE}")
    orders = (trading_rows.order_from(row) for row in connection.execute(sql.LIVE_ORDERS, key))
    positions = (trading_rows.position_from(row) for row in connection.execute(sql.OPEN_POSITIONS, key))
    return Portfolio(
        account=account,
        run=rows.run_from(run_row),
        wallet=rows.wallet_from(wallet_row),
        totals=rows.run_totals_from(totals_row),
        orders={order.id: order for order in orders},
        positions={position.id: position for position in positions},
    )


def _next_ids(connection: apsw.Connection) -> NextIds:
    account, run, order, fill, position, strategy_run = connection.execute(sql.NEXT_IDS).get
    return NextIds(account=account, run=run, order=order, fill=fill, position=position, strategy_run=strategy_run)


def _recent_balances(
    connection: apsw.Connection, account_id: int, *, since: datetime | None
) -> tuple[BalancePoint, ...]:
    """Walk back to the entry that held 24 hours before the newest one, within the run and the market's calendar.

    `since` is where that market begins. An account may have seen others: what is from before, or later than the
    entry after it, happened on another calendar.
    """
    points: list[BalancePoint] = []
    # The stored text of moments sorts as they do.
    begin = "" if since is None else instant_text(since)
    day_ago = newer = ""
    newest_run = None
    for run_id, at, total_after, reason, kind, flow in connection.execute(_NEWEST_FIRST, (account_id,)):
        newest_run = newest_run or run_id
        if at < begin or (newer and at > newer) or run_id != newest_run:
            break
        moment = datetime.fromisoformat(at)
        points.append(
            BalancePoint(
                at=moment,
                total=from_units(total_after),
                flow=from_units(flow) if flow else ZERO,
                reason=reason,
                kind=kind,
            )
        )
        newer, day_ago = at, day_ago or instant_text(moment - _BALANCE_WINDOW)
        if at <= day_ago:
            break
    points.reverse()
    return tuple(points)
