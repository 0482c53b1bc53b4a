"""An account as the books alone have it, without an engine: for looking at books that nobody may write."""

from desktop_trader.domain.errors import InvariantError
from desktop_trader.engine.balance_figures import recent_changes, stored_balance
from desktop_trader.engine.ports import StoredBooks
from desktop_trader.engine.position_view import ViewGround, position_view
from desktop_trader.messages.snapshot import AccountSnapshot, AutoTradingView, MarketView


def stored_snapshot(stored: StoredBooks, *, halted: str) -> AccountSnapshot:
    """Return everything the books say; nothing has a price, and nothing moves. `halted` says why.

    Raises:
        InvariantError: there is no such account.
    """
    portfolio, market = stored.portfolio, stored.market
    if portfolio is None:
        raise InvariantError("an account that does not exist has no state")
    return AccountSnapshot(
        sequence=1,
        account_id=portfolio.account.id,
        account_name=portfolio.account.name,
        account_type=portfolio.account.type,
        run_id=portfolio.run.id,
        balance=stored_balance(stored),
        positions=tuple(
            position_view(ViewGround(portfolio=portfolio), position) for position in portfolio.positions.values()
        ),
        orders=tuple(portfolio.orders.values()),
        auto_trading=AutoTradingView(
            state="stopped",
            is_entries_paused=market is not None and market.is_entries_paused,
            strategy="",
            symbol="",
            timeframe=None,
            parameters=(),
            started_at=None,
            bars_seen=0,
            decisions=tuple(reversed(stored.recent_decisions)),
        ),
        market=MarketView(
            source_id="read only" if market is None else market.source_id,
            now=portfolio.wallet.updated_at if market is None else market.clock_at,
            quotes=(),
        ),
        recent_changes=recent_changes(stored.recent_balances),
        instruments=(),
        ledger_head_id=stored.head.entry_id,
        head_hash=stored.head.hash,
        halted=halted,
        close_only="" if market is None else market.close_only,
    )
