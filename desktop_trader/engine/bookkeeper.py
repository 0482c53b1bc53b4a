"""The engine's side of the books: one movement, one transaction, and only then a new state.

Owns the account in memory. Nothing else in the process changes it, and it changes only after the store has
committed. One thread.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain import ledger
from desktop_trader.domain.cross_margin import cover_of_exit, free_collateral, gains_beside
from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.invariants import check_account, check_ended_run, check_entries, check_movement
from desktop_trader.domain.ledger import LedgerEntry, LedgerHead, seal
from desktop_trader.domain.money import ZERO, display_amount
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.strategy_run import Decision, StrategyRun
from desktop_trader.engine.clock import MarketClock
from desktop_trader.engine.held_back import HeldCounts
from desktop_trader.engine.journal import Journal
from desktop_trader.engine.marks import Marks
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.engine.ports import (
    BalancePoint,
    BarPhase,
    BookedChange,
    BookUpdate,
    LedgerStore,
    MarketState,
    NextIds,
    StoredBooks,
)
from desktop_trader.engine.trading_gate import TradingGate

_FLOWS = frozenset(
    {
        ledger.OPENING_EQUITY,
        ledger.DEPOSIT_EQUITY,
        ledger.WITHDRAWAL_EQUITY,
        ledger.ADJUSTMENT_EQUITY,
        ledger.IMPORT_EQUITY,
        ledger.RESET_EQUITY,
    }
)
_DAY = timedelta(hours=24)
_DECISIONS_KEPT = 50


@dataclass(slots=True)
class MarketCursor:
    """Which market event is being worked on; the engine moves it, every commit stores it."""

    source_id: str
    anchor_at: datetime
    at: datetime
    phase: BarPhase = BarPhase.DONE
    bars_seen: int = 0
    last_bar_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the parts of one engine share: its clock, its prices, its notices, and where the market stands.

    `gate` is the one of the whole floor; `held` counts what it kept this account from.
    """

    clock: MarketClock
    marks: Marks
    board: NoticeBoard
    cursor: MarketCursor
    gate: TradingGate = field(default_factory=TradingGate)
    held: HeldCounts = field(default_factory=HeldCounts)


class Bookkeeper:
    """Holds the account. Also answers the paper exchange what an order may cost."""

    def __init__(
        self,
        store: LedgerStore,
        desk: Desk,
        *,
        portfolio: Portfolio,
        stored: StoredBooks,
        journal: Journal | None = None,
    ) -> None:
        """Take up the books as loaded. `portfolio` is the stored one, or a new account's before its opening entry.

        `close_only` is why nothing may be entered; empty while all is open. `stored_ratchets` is what broker and trails
        remembered at the last commit on this market: each takes its own back and adds itself to `ratchet_sources`
        before anything is posted, and every commit and checkpoint stores what they remember then.
        `lacking` are the exits that wait for the gain of another position, with the price that they would have had.
        `journal` is the one that the accounts of a file share; without it this account is the only one.
        """
        self._store = store
        self._desk = desk
        self._journal = journal or Journal(head=stored.head, ids=stored.next_ids)
        self.portfolio = portfolio
        self.is_new = stored.portfolio is None
        self.is_entries_paused = stored.market is not None and stored.market.is_entries_paused
        self.peak_equity = portfolio.wallet.total if stored.market is None else stored.market.peak_equity
        self.decisions: deque[Decision] = deque(stored.recent_decisions, maxlen=_DECISIONS_KEPT)
        self.balances: deque[BalancePoint] = deque(stored.recent_balances)
        self.close_only = "" if stored.market is None else stored.market.close_only
        is_same_market = stored.market is not None and stored.market.source_id == desk.cursor.source_id
        self.stored_ratchets = dict(stored.market.ratchets if stored.market is not None and is_same_market else ())
        self.ratchet_sources: list[Callable[[], Mapping[str, str]]] = []
        self.lacking: dict[int, Decimal] = {}
        self.trades = store.trades
        self.version = 0

    @property
    def head(self) -> LedgerHead:
        """The newest entry's id and hash."""
        return self._journal.head

    def spendable_for(self, order: Order) -> Decimal:
        """Return what an order may cost at most: its own reserve, and what is free beside the losses on cross.

        What the other order of a pair has locked counts as well: it ends with the fill.
        """
        current = self.portfolio.orders.get(order.id, order)
        locked = current.reserve
        if current.oco_id:
            pair = [each for each in self.portfolio.orders.values() if each.oco_id == current.oco_id]
            locked = sum((each.reserve for each in pair), ZERO)
        return locked + (free_collateral(self.portfolio, self._desk.marks.mark) or ZERO)

    def closable_by(self, order: Order) -> Decimal:
        """Return how much of its position an exit may still close; zero when that is closed."""
        position = self.portfolio.positions.get(order.position_id or 0)
        return ZERO if position is None else position.quantity

    def cover_of(self, order: Order, quantity: Decimal) -> Decimal | None:
        """Return what a close of so much may lose at most, fee included; None where nothing bounds it."""
        position = self.portfolio.positions.get(order.position_id or 0)
        return None if position is None else cover_of_exit(self.portfolio, position, quantity=quantity)

    def waits_for_gains(self, order: Order, *, price: Decimal) -> str:
        """Say which gain on cross a close that costs more than its cover waits for, and note that it does."""
        position = self.portfolio.positions.get(order.position_id or 0)
        if position is None:
            return ""
        gains = gains_beside(self.portfolio, position, marks=self._desk.marks.mark, price=price)
        if not gains:
            return ""
        self.lacking[order.id] = price
        gain, winner = gains[0]
        worth = display_amount(gain, self.portfolio.account.currency)
        return (
            "closing it now would cost more than the cash and the margins that answer for it: position "
            f"{winner.id} ({winner.symbol}), which gains {worth}, has to be closed first"
        )

    def has_entry(self, idempotency_key: str) -> bool:
        """Say whether an entry with this key is booked."""
        return self._store.has_entry(idempotency_key)

    def booked_change(self, idempotency_key: str) -> BookedChange | None:
        """Return what the entry with this key did, of whichever account; None where there is none."""
        return self._store.booked_change(idempotency_key)

    def order_of_signal(self, signal_key: str) -> Order | None:
        """Return the order of this account that has this signal key; None where there is none."""
        return self._store.order_of_signal(signal_key, self.portfolio.account.id)

    def decision_beginning(self, detail: str) -> Decision | None:
        """Return the newest decision of this account whose detail begins so; None where there is none."""
        return self._store.decision_beginning(detail, self.portfolio.account.id)

    @property
    def next_ids(self) -> NextIds:
        """The ids that the next order, fill, position and run will have; taken once such a thing is posted."""
        return self._journal.ids

    def post(
        self,
        movement: Movement,
        *,
        decisions: Sequence[Decision] = (),
        strategy_runs: Sequence[StrategyRun] = (),
    ) -> None:
        """Commit a movement and adopt the state after it.

        Raises:
            InvariantError: a law of the books would break; nothing was written.
            StorageError: it could not be written; nothing was.
        """
        before, now = self.portfolio, self._desk.clock.now()
        after, ended = before.apply(movement, at=now), before.ended_by(movement, at=now)
        entries: tuple[LedgerEntry, ...] = ()
        head = self._journal.head
        if movement.drafts:
            entries, head = seal(movement.drafts, head=head, total=before.wallet.total, locked=before.wallet.locked)
            check_entries(entries, head=self._journal.head, before=before, after=after)
        check_account(after)
        check_movement(movement, before=before, after=after)
        if ended is not None:
            check_ended_run(ended, next_run=after.run)
        points = _balance_points(entries, run_id=after.run.id)
        unrealized = self._unrealized(after)
        equity = None if unrealized is None else after.equity(unrealized)
        peak = sum((point.flow for point in points), ZERO if ended else self.peak_equity)
        if equity is not None:
            peak = max(peak, equity)
        self._store.commit(
            BookUpdate(
                portfolio=after,
                equity=equity,
                opens_account=self.is_new,
                ended_run=ended,
                entries=entries,
                orders=movement.orders,
                fills=movement.fills,
                positions=movement.positions,
                strategy_runs=tuple(strategy_runs),
                decisions=tuple(decisions),
                market=self._market_state(after, peak),
                receipt=movement.receipt,
                position_changes=movement.position_changes,
            )
        )
        ids = _ids_after(self._journal.ids, movement, strategy_runs)
        if self.is_new:
            ids = replace(ids, account=after.account.id + 1, run=after.run.id + 1)
        if ended is not None:
            ids = replace(ids, run=after.run.id + 1)
            self.balances.clear()
        self._journal.head, self._journal.ids = head, ids
        self.portfolio, self.peak_equity, self.is_new = after, peak, False
        self.balances.extend(points)
        self.decisions.extend(decisions)
        self._forget_old_balances()
        self.version += 1

    def note_equity(self) -> None:
        """Move the peak of equity up with the marks; it is stored with the next commit or checkpoint."""
        unrealized = self._desk.marks.unrealized(self.portfolio)
        if unrealized is not None:
            self.peak_equity = max(self.peak_equity, self.portfolio.equity(unrealized))

    def _unrealized(self, portfolio: Portfolio) -> Decimal | None:
        """Positions are worth something unknown while the gate is closed: a stale price moves no peak, no curve."""
        if portfolio.positions and not self._desk.gate.is_open:
            return None
        return self._desk.marks.unrealized(portfolio)

    def set_close_only(self, reason: str, decision: Decision) -> None:
        """Store the latch with the decision that tells of it, then adopt it; without a reason entries are open again.

        Raises:
            StorageError: it could not be stored; it stays as it was.
        """
        before, self.close_only = self.close_only, reason
        try:
            self.post(Movement(), decisions=(decision,))
        except StorageError:
            self.close_only = before
            raise

    def pause_entries(self, is_paused: bool) -> None:
        """Store the person's latch, then adopt it.

        Raises:
            StorageError: it could not be stored; it stays as it was.
        """
        before, self.is_entries_paused = self.is_entries_paused, is_paused
        try:
            self.checkpoint()
        except StorageError:
            self.is_entries_paused = before
            raise
        self.version += 1

    def checkpoint(self) -> None:
        """Store where the market stands, and the ratchets, outside the journal."""
        if not self.is_new:
            self._store.checkpoint(self.portfolio.account.id, self._market_state(self.portfolio, self.peak_equity))

    def _market_state(self, portfolio: Portfolio, peak_equity: Decimal) -> MarketState:
        cursor = self._desk.cursor
        return MarketState(
            source_id=cursor.source_id,
            anchor_at=cursor.anchor_at,
            at=cursor.at,
            clock_at=self._desk.clock.now(),
            phase=cursor.phase,
            bars_seen=cursor.bars_seen,
            last_bar_at=cursor.last_bar_at,
            notices_sent=self._desk.board.sent,
            peak_equity=peak_equity,
            is_entries_paused=self.is_entries_paused,
            marks=self._desk.marks.held(portfolio),
            close_only=self.close_only,
            ratchets=self._ratchets(),
        )

    def _ratchets(self) -> tuple[tuple[str, str], ...]:
        """Return what all sources remember, in one order whatever they are asked in."""
        remembered: dict[str, str] = {}
        for source in self.ratchet_sources:
            notes = source()
            if notes:
                remembered.update(notes)
        return tuple(sorted(remembered.items())) if remembered else ()

    def _forget_old_balances(self) -> None:
        since = self._desk.clock.now() - _DAY
        while len(self.balances) > 10 and self.balances[1].at <= since:
            self.balances.popleft()


def _balance_points(entries: Sequence[LedgerEntry], *, run_id: int) -> list[BalancePoint]:
    """Return a point for each entry of a run: what a reset took out of the one before says nothing about it."""
    return [
        BalancePoint(
            at=entry.draft.occurred_at,
            total=entry.total_after,
            flow=_flow(entry),
            reason=entry.draft.reason,
            kind=entry.draft.kind.value,
        )
        for entry in entries
        if entry.draft.run_id == run_id
    ]


def _flow(entry: LedgerEntry) -> Decimal:
    """What people put in (+) or took out (-) with this entry."""
    for posting in entry.draft.postings:
        if posting.ledger_account in _FLOWS:
            return -posting.amount
    return ZERO


def _ids_after(ids: NextIds, movement: Movement, strategy_runs: Sequence[StrategyRun]) -> NextIds:
    """Return the next free ids once a movement is stored: ids only ever grow, in the order they are taken."""
    return NextIds(
        account=ids.account,
        run=ids.run,
        order=max(ids.order, *(order.id + 1 for order in movement.orders)) if movement.orders else ids.order,
        fill=max(ids.fill, movement.fills[-1].id + 1) if movement.fills else ids.fill,
        position=max(ids.position, movement.positions[-1].id + 1) if movement.positions else ids.position,
        strategy_run=max(ids.strategy_run, strategy_runs[-1].id + 1) if strategy_runs else ids.strategy_run,
    )
