"""Writes what one transaction holds, row by row: the accounts, runs, orders, lots, entries and caches of an update."""

from decimal import Decimal
from operator import attrgetter

import apsw

from desktop_trader.domain.ledger import EntryKind, LedgerEntry
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import to_units
from desktop_trader.domain.order import Order
from desktop_trader.domain.order_receipt import OrderEvent
from desktop_trader.domain.portfolio import EndedRun, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import Run, RunTotals, Wallet
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.storage import rows, trading_rows
from desktop_trader.storage import statements as sql

_terms = attrgetter(*trading_rows.ORDER_TERMS)
_UNKNOWN = 0
_LOCKS_ONLY = frozenset({EntryKind.ORDER_LOCK, EntryKind.ORDER_RELEASE})


class UpdateWriter:
    """Belongs to the store, which opens and ends the transaction. It knows what is stored, so as to write no more.

    `write` raises what SQLite does; only after the commit may `adopt` follow.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        """Write over the store's connection."""
        self._connection = connection
        self._stored_orders: dict[int, Order] = {}
        self._stored_positions: set[int] = set()
        self._newest_order = self._newest_position = _UNKNOWN
        self._wallets: dict[int, Wallet] = {}
        self._totals: dict[int, RunTotals] = {}

    def take_up(self, portfolio: Portfolio) -> None:
        """Remember an account as it was loaded."""
        self._stored_orders |= portfolio.orders
        self._stored_positions |= portfolio.positions.keys()
        self._remember_caches(portfolio)

    def adopt(self, update: BookUpdate) -> None:
        """Remember what is stored now that the transaction has succeeded."""
        for order in update.orders:
            if order.status.is_live:
                self._stored_orders[order.id] = order
            else:
                self._stored_orders.pop(order.id, None)
        for position in update.positions:
            (self._stored_positions.add if position.is_open else self._stored_positions.discard)(position.id)
        self._remember_caches(update.portfolio)

    def write(self, update: BookUpdate) -> None:
        """Write everything of an update; the caller holds the transaction."""
        execute, portfolio = self._connection.execute, update.portfolio
        if update.opens_account:
            execute(sql.INSERT_ACCOUNT, rows.account_row(portfolio.account))
            execute(sql.INSERT_RUN, rows.run_row(portfolio.run))
        if update.ended_run is not None:
            self._begin_next_run(portfolio.run, update.ended_run)
        for run in update.strategy_runs:
            execute(sql.UPSERT_STRATEGY_RUN, rows.strategy_run_row(run))
        self._write_trading(update)
        self._write_caches(portfolio)
        if update.entries:
            self._write_entries(update.entries)
            if update.equity is not None and (update.fills or update.entries[-1].draft.kind not in _LOCKS_ONLY):
                self._write_equity(portfolio, update.equity, entry_id=update.entries[-1].id)
        for decision in update.decisions:
            execute(sql.INSERT_DECISION, rows.decision_row(decision, portfolio.account.id))
        if update.market is not None:
            execute(sql.UPSERT_MARKET, rows.market_row(update.market, portfolio.account.id))

    def _write_trading(self, update: BookUpdate) -> None:
        execute = self._connection.execute
        for order in update.orders:
            self._write_order(order)
        for position in update.positions:
            self._write_position(position)
        for fill in update.fills:
            execute(sql.INSERT_FILL, trading_rows.fill_row(fill))
        for change in update.position_changes:
            execute(sql.INSERT_CHANGE, trading_rows.change_row(change))
        if update.receipt:
            self._write_receipt(update.receipt)

    def _begin_next_run(self, run: Run, ended: EndedRun) -> None:
        execute, old = self._connection.execute, ended.run
        execute(sql.END_RUN, (rows.iso(old.ended_at), old.how_ended, old.id))
        execute(sql.UPSERT_RUN_TOTALS, (old.id, *rows.run_totals_row(ended.totals)))
        execute(sql.INSERT_RUN, rows.run_row(run))

    def _write_entries(self, entries: tuple[LedgerEntry, ...]) -> None:
        execute = self._connection.execute
        values: list[object] = []
        for entry in entries:
            execute(sql.INSERT_ENTRY, rows.entry_row(entry))
            currency = entry.draft.currency
            for posting in entry.draft.postings:
                values += (entry.id, posting.ledger_account, currency, to_units(posting.amount))
        execute(sql.insert_postings(len(values) // 4), values)

    def _write_receipt(self, receipt: tuple[OrderEvent, ...]) -> None:
        values: list[object] = []
        for event in receipt:
            values += trading_rows.event_row(event)
        self._connection.execute(sql.insert_events(len(receipt)), values)

    def _write_order(self, order: Order) -> None:
        stored = self._stored_orders.get(order.id)
        if stored is not None and _terms(stored) == _terms(order):
            self._connection.execute(sql.UPDATE_PROGRESS, (*trading_rows.order_progress(order), order.id))
        elif stored is not None or self._has_order(order.id):
            self._connection.execute(sql.UPDATE_ORDER, (*trading_rows.order_changes(order), order.id))
        else:
            self._connection.execute(sql.INSERT_ORDER, trading_rows.order_row(order))
            self._newest_order = max(self._newest_order, order.id)

    def _write_position(self, position: Position) -> None:
        if position.id in self._stored_positions or self._has_position(position.id):
            self._connection.execute(sql.UPDATE_POSITION, (*trading_rows.position_changes(position), position.id))
        else:
            self._connection.execute(sql.INSERT_POSITION, trading_rows.position_row(position))
            self._newest_position = max(self._newest_position, position.id)

    def _write_caches(self, portfolio: Portfolio) -> None:
        # Frozen values: the same object is the same row, so what did not change is not written again.
        if portfolio.wallet is not self._wallets.get(portfolio.account.id):
            self._connection.execute(sql.UPSERT_WALLET, rows.wallet_row(portfolio.wallet, portfolio.account))
        if portfolio.totals is not self._totals.get(portfolio.account.id):
            self._connection.execute(sql.UPSERT_RUN_TOTALS, (portfolio.run.id, *rows.run_totals_row(portfolio.totals)))

    def _write_equity(self, portfolio: Portfolio, equity: Decimal, *, entry_id: int) -> None:
        wallet = portfolio.wallet
        self._connection.execute(
            sql.INSERT_EQUITY,
            (
                wallet.account_id,
                entry_id,
                instant_text(wallet.updated_at),
                portfolio.run.id,
                to_units(equity),
                to_units(wallet.total),
            ),
        )

    def _remember_caches(self, portfolio: Portfolio) -> None:
        self._wallets[portfolio.account.id] = portfolio.wallet
        self._totals[portfolio.account.id] = portfolio.totals

    def _has_order(self, order_id: int) -> bool:
        """Ids only grow: one beyond those that were new here is not stored. Before any was, the file has to say."""
        return not 0 < self._newest_order < order_id and self._finds(sql.HAS_ORDER, order_id)

    def _has_position(self, position_id: int) -> bool:
        return not 0 < self._newest_position < position_id and self._finds(sql.HAS_POSITION, position_id)

    def _finds(self, statement: str, row_id: int) -> bool:
        return self._connection.execute(statement, (row_id,)).get is not None
