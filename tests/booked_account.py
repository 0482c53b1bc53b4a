"""A small account that books through `domain.accounting` into a store: the engine's part of the work, in the open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desktop_trader.domain import accounting, order_accounting
from desktop_trader.domain.accounting import BalanceChange, BookingIds, RunChange
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.invariants import check_account, check_ended_run, check_entries, check_movement
from desktop_trader.domain.ledger import EntryKind, LedgerHead, seal
from desktop_trader.domain.money import ZERO, round_up
from desktop_trader.domain.order import NO_PROTECTION, Order, OrderReason, OrderSide, OrderStatus, OrderType, Protection
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import DEMO, Account, Run, Wallet
from desktop_trader.engine.ports import BarPhase, BookUpdate, LedgerStore, MarketState

START = datetime(2026, 1, 1, tzinfo=UTC)
FEE_RATE = Decimal("0.001")
BTC = Instrument(
    symbol="BTC/USDT:USDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=InstrumentKind.SWAP,
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    minimum_notional=Decimal(5),
    maker_fee_rate=FEE_RATE,
    taker_fee_rate=FEE_RATE,
)


def market_at(at: datetime, *, peak: Decimal = ZERO) -> MarketState:
    """Return a market that stands at a moment."""
    return MarketState(
        source_id="test",
        anchor_at=START,
        at=at,
        clock_at=at,
        phase=BarPhase.CLOSE,
        bars_seen=7,
        notices_sent=3,
        peak_equity=peak,
        last_bar_at=at,
        is_entries_paused=True,
        marks=(("BTC/USDT:USDT", Decimal("45000.01")),),
        close_only="a person looked twice",
        ratchets=(("trail:3", "45100.5"), ("queue:4", "0.8")),
    )


class BookedAccount:
    """One demo account, its clock (one minute per event) and its ids. Every method is one transaction."""

    def __init__(self, store: LedgerStore, *, name: str = "demo") -> None:
        books = store.load(name)
        self.store = store
        self.ids = {"order": books.next_ids.order, "fill": books.next_ids.fill, "position": books.next_ids.position}
        self.head: LedgerHead = books.head
        self.now = START
        self.is_new = books.portfolio is None
        if books.portfolio is None:
            ids = books.next_ids
            account = Account(id=ids.account, type=DEMO, exchange="paper", currency="USDT", name=name, created_at=START)
            self.portfolio = Portfolio(
                account=account,
                run=Run(id=ids.run, account_id=account.id, started_at=START, start_amount=Decimal(10_000)),
                wallet=Wallet(account_id=account.id, currency="USDT", total=ZERO, locked=ZERO, updated_at=START),
            )
        else:
            self.portfolio = books.portfolio
            self.now = books.portfolio.wallet.updated_at

    def post(self, movement: Movement) -> None:
        """Check and commit a movement, then adopt it."""
        before, after = self.portfolio, self.portfolio.apply(movement, at=self.now)
        ended = before.ended_by(movement, at=self.now)
        wallet = before.wallet
        entries, head = seal(movement.drafts, head=self.head, total=wallet.total, locked=wallet.locked)
        check_entries(entries, head=self.head, before=before, after=after)
        check_account(after)
        check_movement(movement, before=before, after=after)
        if ended is not None:
            check_ended_run(ended, next_run=after.run)
        self.store.commit(
            BookUpdate(
                portfolio=after,
                equity=after.wallet.total,
                opens_account=self.is_new,
                ended_run=ended,
                entries=entries,
                orders=movement.orders,
                fills=movement.fills,
                positions=movement.positions,
                market=market_at(self.now, peak=after.wallet.total),
                receipt=movement.receipt,
                position_changes=movement.position_changes,
            )
        )
        self.portfolio, self.head, self.is_new = after, head, False

    def tick(self) -> datetime:
        """Let a minute pass."""
        self.now += timedelta(minutes=1)
        return self.now

    def change(self, amount: str | Decimal, *, kind: EntryKind = EntryKind.OPENING, key: str = "") -> None:
        """Put money in, or take it out."""
        at = self.tick()
        if self.is_new:
            run = replace(self.portfolio.run, start_amount=Decimal(amount), started_at=at)
            self.portfolio = replace(self.portfolio, run=run)
        change = BalanceChange(
            kind=kind,
            amount=Decimal(amount),
            reason=f"test {kind.value}",
            author="system" if kind is EntryKind.OPENING else "a person",
            request_key=key or f"{self.portfolio.account.name}:{kind.value}:{self.head.entry_id}",
        )
        self.post(accounting.change_balance(self.portfolio, change, at=at))

    def reset(self, amount: str | Decimal = "10000", *, key: str = "") -> None:
        """End the present run and begin the next."""
        change = RunChange(
            run_id=self.store.load(self.portfolio.account.name).next_ids.run,
            start_amount=Decimal(amount),
            reason="test reset",
            author="a person",
            request_key=key or f"{self.portfolio.account.name}:reset:{self.head.entry_id}",
        )
        self.post(accounting.reset_account(self.portfolio, change, at=self.tick()))

    def order(self, side: OrderSide, quantity: str | Decimal, price: str | Decimal, **fields: object) -> Order:
        """Store an entry order with a reserve that covers margin and fee, as sent."""
        order_id = self._take("order")
        quantity, price = Decimal(quantity), Decimal(price)
        values: dict[str, object] = {
            "signal_key": f"{self.portfolio.account.name}:signal:{order_id}",
            "reserve": round_up(quantity * price * (1 + FEE_RATE)),
            "limit_price": price,
            "type": OrderType.LIMIT,
            "reason": OrderReason.SIGNAL,
            "protection": Protection(stop_loss_percent=Decimal(2), take_profit_percent=Decimal(4)),
        }
        order = self._order(order_id, side, quantity, values | fields)
        self.post(order_accounting.place_order(self.portfolio, order))
        return order

    def fill(self, order: Order, quantity: Decimal, price: str | Decimal) -> None:
        """Execute part or all of a stored order."""
        current = self.portfolio.orders[order.id]
        fill_id = self._take("fill")
        position_id = current.position_id or self._take("position")
        execution = Execution(
            trade_id=f"trade-{fill_id}",
            quantity=quantity,
            price=Decimal(price),
            fee=round_up(quantity * Decimal(price) * FEE_RATE),
            is_maker=False,
            at=self.tick(),
            bar_opened_at=self.now,
        )
        ids = BookingIds(fill_id=fill_id, position_id=position_id)
        self.post(accounting.apply_execution(self.portfolio, current, execution=execution, instrument=BTC, ids=ids))

    def open(self, side: OrderSide, quantity: str, price: str) -> Position:
        """Open a position with one order and one fill."""
        order = self.order(side, quantity, price)
        self.fill(order, order.quantity, price)
        return list(self.portfolio.positions.values())[-1]

    def close(self, position: Position, quantity: Decimal, price: str | Decimal) -> None:
        """Close part or all of a position with one order and one fill."""
        order = self._order(
            self._take("order"),
            position.direction.entry_side.opposite,
            quantity,
            {"reason": OrderReason.STOP_LOSS, "is_exit": True, "position_id": position.id, "type": OrderType.MARKET},
        )
        self.post(order_accounting.place_order(self.portfolio, order))
        self.fill(order, quantity, price)

    def cancel(self, order: Order) -> None:
        """End a live order and release what it locked."""
        current = self.portfolio.orders[order.id]
        self.post(
            order_accounting.end_order(
                self.portfolio, current, status=OrderStatus.CANCELED, at=self.tick(), detail="test"
            )
        )

    def _order(self, order_id: int, side: OrderSide, quantity: Decimal, fields: dict[str, object]) -> Order:
        at = self.tick()
        values: dict[str, object] = {
            "signal_key": "",
            "protection": NO_PROTECTION,
            "status": OrderStatus.SENT,
            "symbol": BTC.symbol,
        }
        return Order(
            id=order_id,
            account_id=self.portfolio.account.id,
            run_id=self.portfolio.run.id,
            client_order_id=f"dt-{order_id}",
            side=side,
            quantity=quantity,
            created_at=at,
            updated_at=at,
            eligible_at=at,
            **(values | fields),  # type: ignore[arg-type]
        )

    def _take(self, what: str) -> int:
        taken = self.ids[what]
        self.ids[what] += 1
        return taken


def small_history(store: LedgerStore, *, name: str = "demo") -> BookedAccount:
    """Book a few of everything: money in and out, two positions (one closed in part), orders canceled and resting."""
    account = BookedAccount(store, name=name)
    account.change("10000")
    account.change("500", kind=EntryKind.DEPOSIT)
    account.change("-250.12345678", kind=EntryKind.WITHDRAWAL)
    account.change("12.5", kind=EntryKind.ADJUSTMENT)
    first = account.open(OrderSide.BUY, "0.01", "45000.01")
    second = account.open(OrderSide.SELL, "0.02", "46500.5")
    account.cancel(account.order(OrderSide.BUY, "0.01", "44000"))
    account.close(second, Decimal("0.005"), "46000.01")
    account.close(first, first.quantity, "44500")
    partly = account.order(OrderSide.BUY, "0.003", "45001")
    account.fill(partly, Decimal("0.001"), "45000.77")
    account.order(OrderSide.BUY, "0.001", "40000")
    return account
