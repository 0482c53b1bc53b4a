"""THE model: the one copy of the account that every view shows, and the newest state of every other one.

A snapshot of the account shown replaces the whole state first; then the signal of each part that differs is emitted
once. Whatever a slot reads is therefore of the same snapshot. GUI thread only; other threads reach it through queued
signal connections.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from desktop_trader.ui.models.accounts_model import AccountsModel
from desktop_trader.ui.models.price_ages import PriceAges
from desktop_trader.ui.models.replay_source import ReplaySource, replay_source

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.domain.instrument import Instrument
    from desktop_trader.domain.market import Quote
    from desktop_trader.domain.order import Order
    from desktop_trader.messages.commands import Command
    from desktop_trader.messages.network import NetworkView
    from desktop_trader.messages.notices import Notice
    from desktop_trader.messages.snapshot import (
        AccountSnapshot,
        AutoTradingView,
        BalanceRow,
        BalanceView,
        PositionView,
    )

REPAINT_MS_MIN = 250
REPAINT_MS_MAX = 2_000
"""Prices never wait longer than this, whatever the setting says."""

SendCommand = Callable[["Command"], None]
"""How a view asks for something; the answer comes as a notice and as the next snapshot."""

RequestData = Callable[[object], None]
"""How a view asks for bars or a page of the history; the answer is handed to its slot and names the question."""


class BalanceModel(AccountsModel):
    """Signals say *that* a part changed; the properties say what it is now.

    A change of the ledger, of orders or of the strategy is shown at once. Snapshots that differ in prices alone are
    coalesced: the first is shown, the newest of the following ones when the repaint interval is over. `replay` is what
    is played again, None on a market of its own time. `network` is how the market's connection stands, None while
    nobody has said; `ages` how old every price is. `balance_told` comes when everybody has heard that the balance
    changed, before the next part is told of.
    """

    balance_changed = Signal()
    balance_told = Signal()
    positions_changed = Signal()
    orders_changed = Signal()
    quotes_changed = Signal()
    auto_trading_changed = Signal()
    recent_changes_changed = Signal()
    state_changed = Signal()
    network_changed = Signal()
    notice_raised = Signal(object)

    def __init__(self, *, repaint_interval_ms: int = REPAINT_MS_MIN, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: AccountSnapshot | None = None
        self._stored: BalanceView | None = None
        self._waiting: AccountSnapshot | None = None
        self._ended = ""
        self.replay: ReplaySource | None = None
        self.network: NetworkView | None = None
        self.ages = PriceAges(self)
        self._instruments: dict[str, Instrument] = {}
        self._quotes: dict[str, Quote] = {}
        self._since_prices = QElapsedTimer()
        self._repaint = QTimer(self, singleShot=True)
        self._repaint.setInterval(min(max(repaint_interval_ms, REPAINT_MS_MIN), REPAINT_MS_MAX))
        self._repaint.timeout.connect(self.show_newest)

    def replace_snapshot(self, snapshot: AccountSnapshot) -> None:
        """Take a newer state of an account; one that is not newer than what is known of it is ignored."""
        newest = self._waiting or self._shown
        if not self._keep(snapshot):
            return
        if snapshot.market.quotes and (newest is None or newest.market.quotes != snapshot.market.quotes):
            self._since_prices.start()
        is_urgent = self._shown is None or _without_prices(self._shown) != _without_prices(snapshot)
        if not is_urgent and self._repaint.isActive():
            self._waiting = snapshot
            return
        self._show(snapshot)

    def show_stored(self, balance: BalanceView) -> None:
        """Show the balance of the books until the first snapshot comes; nothing else is known yet."""
        if self._shown is None:
            self._stored = balance
            self.balance_changed.emit()
            self.balance_told.emit()

    def forget_stored(self) -> None:
        """Take the balance of the books back: nobody vouches for it, so every figure reads unknown again."""
        if self._stored is not None and self._shown is None:
            self._stored = None
            self.balance_changed.emit()
            self.balance_told.emit()

    def end(self, why: str) -> None:
        """Say that the engine is gone and no snapshot will come any more: for views that is a halt."""
        self._ended = why
        self.forget_stored()
        self.state_changed.emit()

    def raise_notice(self, notice: Notice) -> None:
        """Pass a notice on to whoever listens; notices are never held back or dropped."""
        self.notice_raised.emit(notice)

    def show_newest(self) -> None:
        """Show prices that still wait for the repaint interval now."""
        if self._waiting is not None:
            self._show(self._waiting)

    @property
    def snapshot(self) -> AccountSnapshot | None:
        """The state shown; None before the first snapshot."""
        return self._shown

    @property
    def balance(self) -> BalanceView | None:
        """Every figure of the balance views."""
        return self._stored if self._shown is None else self._shown.balance

    @property
    def positions(self) -> tuple[PositionView, ...]:
        """The open positions."""
        return () if self._shown is None else self._shown.positions

    @property
    def orders(self) -> tuple[Order, ...]:
        """The live orders."""
        return () if self._shown is None else self._shown.orders

    @property
    def auto_trading(self) -> AutoTradingView | None:
        """The strategy and what it does."""
        return None if self._shown is None else self._shown.auto_trading

    @property
    def recent_changes(self) -> tuple[BalanceRow, ...]:
        """The newest balance changes, newest first."""
        return () if self._shown is None else self._shown.recent_changes

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What can be traded."""
        return () if self._shown is None else self._shown.instruments

    @property
    def halted(self) -> str:
        """Why nothing trades; empty while all is well."""
        return (self._shown.halted if self._shown is not None else "") or self._ended

    @property
    def market_now(self) -> datetime | None:
        """The time of the market, which is the time of the books."""
        return None if self._shown is None else self._shown.market.now

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the rules of a symbol, None when it is not traded here."""
        return self._instruments.get(symbol)

    def quote(self, symbol: str) -> Quote | None:
        """Return the newest quote shown of a symbol, None while there is none."""
        return self._quotes.get(symbol)

    def price_age_seconds(self) -> float | None:
        """Return how long ago, by this computer's clock, the last new price came in; None before the first."""
        return self._since_prices.elapsed() / 1000 if self._since_prices.isValid() else None

    def _show(self, snapshot: AccountSnapshot) -> None:
        before, self._shown, self._waiting = self._shown, snapshot, None
        self.replay = replay_source(snapshot.market.source_id)
        self.network = snapshot.network
        if before is None or before.instruments is not snapshot.instruments:
            self._instruments = {each.symbol: each for each in snapshot.instruments}
        self._quotes = {quote.symbol: quote for quote in snapshot.market.quotes}
        self._repaint.start()
        # Before anything is told: who shows a figure asks how old it is.
        self.ages.take(snapshot.network, snapshot.market.quotes)
        is_balance_new = before is None or before.balance != snapshot.balance
        changed = [
            signal
            for signal, is_changed in (
                (self.state_changed, before is None or _account(before) != _account(snapshot)),
                (self.network_changed, (None if before is None else before.network) != snapshot.network),
                (self.balance_changed, is_balance_new),
                (self.balance_told, is_balance_new),
                (self.positions_changed, before is None or before.positions != snapshot.positions),
                (
                    self.orders_changed,
                    before is None or before.orders != snapshot.orders or before.trail_levels != snapshot.trail_levels,
                ),
                (self.auto_trading_changed, before is None or before.auto_trading != snapshot.auto_trading),
                (self.recent_changes_changed, before is None or before.recent_changes != snapshot.recent_changes),
                (self.quotes_changed, before is None or before.market != snapshot.market),
            )
            if is_changed
        ]
        for signal in changed:
            signal.emit()


def is_halt_final(model: BalanceModel) -> bool:
    """Say whether nothing will trade or be booked until the program is started again."""
    shown = model.snapshot
    return bool(model.halted) and not (shown is not None and shown.halted and shown.is_halt_passing)


def _account(snapshot: AccountSnapshot) -> tuple[object, ...]:
    return (
        snapshot.account_id,
        snapshot.account_name,
        snapshot.account_type,
        snapshot.run_id,
        snapshot.instruments,
        snapshot.market.source_id,
        snapshot.halted,
        snapshot.is_halt_passing,
        snapshot.asleep,
        snapshot.close_only,
    )


def _without_prices(snapshot: AccountSnapshot) -> tuple[object, ...]:
    held = tuple(
        (each.id, each.is_closing, each.stop_loss, each.take_profit, each.trail_percent, each.leverage, each.margin)
        for each in snapshot.positions
    )
    books = (snapshot.ledger_head_id, snapshot.head_hash, snapshot.recent_changes, snapshot.balance.total)
    pause = _pause(snapshot.network)
    return (_account(snapshot), books, held, snapshot.orders, snapshot.auto_trading, pause)


def _pause(view: NetworkView | None) -> tuple[object, ...]:
    """What of the connection is told at once; ages and countdowns go on by themselves."""
    if view is None:
        return ()
    return (view.state, view.epoch, view.reasons, view.detail, view.checks, view.simulated_loss)
