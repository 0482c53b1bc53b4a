"""Whatever happens to the books, and after every restart: three panels, one text."""

import gc
import os
import tempfile
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QLabel

from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import data_folder
from desktop_trader.market_opening import HEADLESS_ANCHOR
from desktop_trader.messages import commands as c
from desktop_trader.settings import Settings
from desktop_trader.storage.verify import verify_folder
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.qt_log import QtLogFeed
from tests.ui.snapshot_builders import STRATEGIES

BALANCES = ("virtual-balance", "auto-balance-display", "futures-virtual-balance", "futures-total-balance")
PNLS = ("virtual-pnl", "auto-pnl-display", "futures-pnl-display")
SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT", "XRP/USDT")
EVENTS = 2_000
STEPS = 50
amounts = st.decimals("0.01", "5000", places=2)


class ThreeCards(RuleBasedStateMachine):
    """A person, a strategy and a market at work on one account on disk, with the window over it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="three-cards-")
        self._paths = data_folder(self._folder.name)
        self._trader: Trader | None = None
        self._window: MainWindow | None = None
        self._sequence = 0

    @initialize(start_amount=st.sampled_from(("100", "1000", "10000", "12346")))
    def first_start(self, start_amount: str) -> None:
        self._open(Decimal(start_amount))

    @rule(amount=amounts)
    def deposit(self, amount: Decimal) -> None:
        self._adjust(c.AdjustmentKind.DEPOSIT, amount)

    @rule(amount=amounts)
    def withdraw(self, amount: Decimal) -> None:
        self._adjust(c.AdjustmentKind.WITHDRAW, amount)

    @rule(amount=amounts)
    def set_total(self, amount: Decimal) -> None:
        self._adjust(c.AdjustmentKind.SET_TOTAL, amount)

    @rule(symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(OrderSide), percent=st.integers(1, 40))
    def order(self, symbol: str, side: OrderSide, percent: int) -> None:
        engine = self._running.engine
        price = engine.desk.marks.price(symbol)
        if price is None:
            return
        instrument = engine.instruments[symbol]
        quantity = instrument.round_quantity(engine.books.portfolio.wallet.total * percent / 100 / price)
        if quantity:
            self._step(
                c.SubmitOrder(
                    request_id=uuid4().hex, symbol=symbol, side=side, type=OrderType.MARKET, quantity=quantity
                )
            )

    @rule()
    def close_oldest_position(self) -> None:
        for position_id in list(self._running.engine.books.portfolio.positions)[:1]:
            self._step(c.ClosePosition(request_id=uuid4().hex, position_id=position_id))

    @rule(ticks=st.integers(1, 40))
    def market_moves(self, ticks: int) -> None:
        engine = self._running.engine
        for _ in range(ticks):
            event = engine.feed.next_event()
            assert event is not None
            engine.step(event)

    @rule()
    def start_strategy(self) -> None:
        self._step(
            c.StartAutoTrading(
                request_id=uuid4().hex,
                strategy="moving_average_cross",
                symbol="BTC/USDT",
                timeframe=Timeframe.M1,
                parameters=(("fast", "2"), ("slow", "3")),
            )
        )

    @rule()
    def restart(self) -> None:
        before = [self._text(name) for name in (*BALANCES, *PNLS)]
        self._close()
        self._open(None)
        self._show()
        assert [self._text(name) for name in (*BALANCES, *PNLS)] == before

    @invariant()
    def all_cards_say_the_same(self) -> None:
        if self._trader is None:
            return
        self._show()
        total = self._running.engine.books.portfolio.wallet.total
        assert {self._text(name) for name in BALANCES} == {format_money(total, "USDT")}
        pnl_texts = {self._text(name) for name in PNLS}
        assert len(pnl_texts) == 1
        assert pnl_texts != {"—"}

    def teardown(self) -> None:
        if self._trader is not None:
            self._close()
            assert verify_folder(self._paths).ok
        self._folder.cleanup()

    @property
    def _running(self) -> Trader:
        assert self._trader is not None
        return self._trader

    def _adjust(self, kind: c.AdjustmentKind, amount: Decimal) -> None:
        self._step(
            c.AdjustBalance(request_id=uuid4().hex, kind=kind, amount=amount, reason="stateful test", author="tester")
        )

    def _step(self, command: c.Command) -> None:
        self._running.engine.step(command)
        assert not self._running.engine.halted

    def _open(self, start_amount: Decimal | None) -> None:
        self._trader = open_trader(
            self._paths,
            AccountChoice(start_amount=start_amount),
            settings=Settings(),
            make_feed=lambda: SimulatedFeed(1, HEADLESS_ANCHOR),
        )
        for symbol in SYMBOLS:
            self._trader.engine.feed.subscribe(symbol, None)
        self._model = BalanceModel()
        self._window = MainWindow(
            self._model,
            send=lambda _command: None,
            request=lambda _request: None,
            setup=WindowSetup(
                settings=Settings(), strategies=lambda: STRATEGIES, folder=self._paths, log_feed=QtLogFeed
            ),
        )
        self._window.show()

    def _show(self) -> None:
        """What the engine thread does with a snapshot, without waiting for prices to be due for a repaint."""
        self._sequence += 1
        self._model.replace_snapshot(build_snapshot(self._running.engine, sequence=self._sequence))
        self._model.show_newest()
        QApplication.processEvents()

    def _text(self, name: str) -> str:
        assert self._window is not None
        label = self._window.findChild(QLabel, name)
        assert label is not None, name
        return label.text()

    def _close(self) -> None:
        assert self._window is not None
        self._running.close("quit")
        window, self._trader, self._window = self._window, None, None
        window.end()
        QApplication.processEvents()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
        del window
        gc.collect()


@pytest.mark.slow
@pytest.mark.requirement(
    "R1", "R12", "R37", "R118", "R119", "R123", "R124", "R127", "R129", "R136", "R151", "R160", "R135"
)
@pytest.mark.timeout(600)
def test_all_cards_show_the_same_text_after_every_ledger_event_and_restart(dressed_app: QApplication) -> None:
    events = int(os.environ.get("THREE_CARDS_EVENTS", EVENTS))
    run_state_machine_as_test(
        ThreeCards, settings=settings(max_examples=events // STEPS, stateful_step_count=STEPS, deadline=None)
    )
