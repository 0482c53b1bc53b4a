"""The auto-trading dock: the balance card, what trades, start, stop and pause, and what was decided last."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.messages.commands import Command, PauseEntries, ResumeEntries, StartAutoTrading, StopAutoTrading
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.messages.snapshot import AutoTradingView
from desktop_trader.messages.strategy_info import StrategyInfo
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import decision_columns, local_time
from desktop_trader.ui.network_text import is_connecting, is_paused, refusal_text
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.balance_card import AUTO_CARD, BalanceCard
from desktop_trader.ui.widgets.capital_line import CapitalLine
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.held_focus import HeldFocus
from desktop_trader.ui.widgets.icon import icon
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.strategy_form import StrategyForm

_TABLE_HEIGHT_MIN = 72
_PAUSE_HINT = "Hold back new entries; exits, stops and manual closes go on"
_STATE_TONES = {"running": "up", "paused": "warning", "stopped": "muted"}
_STATE_SIGNS = {"running": "▶", "paused": "❚❚", "stopped": "■"}


class AutoTradingPanel(QWidget):
    """Start, stop and pause follow the snapshot alone: pressing only asks."""

    availability_changed = Signal()

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        strategies: tuple[StrategyInfo, ...],
        card: BalanceCard | None = None,
        risk: RiskSettings | None = None,
    ) -> None:
        super().__init__()
        self._model = model
        self._send = send
        self._pending = PendingRequest(model, self)
        self._focus = HeldFocus(self)
        self._pending.busy_changed.connect(self._refresh_buttons)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(lambda: self._say("No answer came; the state shown is the last one known."))
        self.setObjectName("auto-trading-panel")
        self.setAccessibleName("Auto trading")
        if card is None:
            card = BalanceCard(model, names=AUTO_CARD)
        self._form = StrategyForm(model, strategies=strategies)
        self._form.edited.connect(self._refresh_buttons)
        self._state = plain_label("—", name="auto-state", spoken="Auto trading state")
        self._message = plain_label("", name="auto-message", tone="error", spoken="Auto trading message")
        self._message.setWordWrap(True)
        self._message.hide()
        self._decisions = RowTableModel(decision_columns(), key=_decision_key, parent=self)
        decisions = DataTable(
            self._decisions,
            name="auto-decisions-table",
            spoken="Last decisions",
            empty_text="No decisions yet. Start a strategy: it decides at the close of every bar.",
        )
        decisions.setMinimumHeight(_TABLE_HEIGHT_MIN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_S)
        layout.addWidget(card)
        layout.addWidget(CapitalLine(model, name="auto-capital", risk=risk))
        layout.addWidget(self._state)
        layout.addWidget(self._form)
        layout.addLayout(self._build_buttons())
        layout.addWidget(self._message)
        layout.addWidget(decisions, 1)
        model.auto_trading_changed.connect(self._on_auto_trading_changed)
        model.state_changed.connect(self._refresh_buttons)
        self._shut = ""
        model.network_changed.connect(self._on_network_changed)
        self._on_auto_trading_changed()

    @property
    def can_start(self) -> bool:
        """Whether Start would be accepted now."""
        return self._start.isEnabled()

    @property
    def can_stop(self) -> bool:
        """Whether Stop would be accepted now."""
        return self._stop.isEnabled()

    @property
    def can_pause(self) -> bool:
        """Whether entries could be paused or resumed now."""
        return self._pause.isEnabled()

    @property
    def pause_text(self) -> str:
        """What the pause button would do."""
        return self._pause.text()

    def start(self) -> None:
        """Ask for the strategy of the form to be started."""
        strategy, timeframe = self._form.strategy, self._form.timeframe
        if strategy is None or timeframe is None or self._form.error_text():
            return
        self._ask(
            lambda request_id: StartAutoTrading(
                request_id=request_id,
                strategy=strategy.name,
                symbol=self._form.symbol,
                timeframe=timeframe,
                parameters=self._form.parameters(),
            )
        )

    def stop(self) -> None:
        """Ask for the strategy to be stopped."""
        self._ask(lambda request_id: StopAutoTrading(request_id=request_id))

    def toggle_pause(self) -> None:
        """Ask for entries to be paused, or resumed when the snapshot says that they are paused."""
        is_paused = self._model.auto_trading is not None and self._model.auto_trading.is_entries_paused
        self._ask(lambda request_id: (ResumeEntries if is_paused else PauseEntries)(request_id=request_id))

    def choose_symbol(self, symbol: str) -> None:
        """Put a symbol into the form, while nothing runs."""
        if self._model.auto_trading is None or self._model.auto_trading.state == "stopped":
            self._form.choose_symbol(symbol)

    def choose_timeframe(self, timeframe: Timeframe) -> None:
        """Put a length of bars into the form, while nothing runs."""
        if self._model.auto_trading is None or self._model.auto_trading.state == "stopped":
            self._form.choose_timeframe(timeframe)

    def _ask(self, make: Callable[[str], Command]) -> None:
        request_id = self._pending.begin()
        if request_id:
            self._say("")
            self._send(make(request_id))

    def _build_buttons(self) -> QHBoxLayout:
        self._start = _button("auto-start-btn", "Start", "play", "Start the strategy")
        self._stop = _button("auto-stop-btn", "Stop", "stop", "Stop the strategy; positions keep stop and target")
        self._pause = _button("auto-pause-btn", "Pause entries", "pause", _PAUSE_HINT)
        self._start.setProperty("tone", "primary")
        self._start.clicked.connect(self.start)
        self._stop.clicked.connect(self.stop)
        self._pause.clicked.connect(self.toggle_pause)
        row = QHBoxLayout()
        row.setSpacing(SPACE_S)
        for button in (self._start, self._pause, self._stop):
            row.addWidget(button, 1)
        return row

    def _on_auto_trading_changed(self) -> None:
        view = self._model.auto_trading
        if view is not None:
            self._show_state(view)
            self._decisions.replace_rows(view.decisions)
            self._form.show_running(view)
        self._refresh_buttons()

    def _on_network_changed(self) -> None:
        shut = refusal_text(self._model.network)
        if shut != self._shut:
            self._shut = shut
            self._on_auto_trading_changed()

    def _show_state(self, view: AutoTradingView) -> None:
        text = f"{_STATE_SIGNS.get(view.state, '')} {view.state.upper()}".strip()
        if view.state != "stopped" and view.timeframe is not None:
            bars = "1 bar" if view.bars_seen == 1 else f"{view.bars_seen} bars"
            text += f"  {view.symbol} {view.timeframe} · {bars}"
            self._state.setToolTip(f"Running since {local_time(view.started_at)}")
        if view.is_entries_paused:
            text += "  (entries paused)" if view.state != "paused" else ""
        spoken, tone = view.state, _STATE_TONES.get(view.state, "")
        if is_paused(self._model.network):
            shut = "◐ CONNECTING" if is_connecting(self._model.network) else "❚❚ PAUSED BY NETWORK"
            text, tone = f"{shut}  (strategy {text})", "warning"
            spoken = f"{shut[2:].strip().lower()}, strategy {view.state}"
        self._state.setText(text)
        self._state.setAccessibleName(f"Auto trading state: {spoken}")
        if self._state.property("tone") != tone:
            self._state.setProperty("tone", tone)
            self._state.style().unpolish(self._state)
            self._state.style().polish(self._state)

    def _refresh_buttons(self) -> None:
        view = self._model.auto_trading
        state = "" if view is None else view.state
        can_act = not self._pending.is_busy and not self._model.halted
        is_stopped = state == "stopped"
        error = self._form.error_text()
        shut = refusal_text(self._model.network)
        self._focus.set_enabled(self._start, can_act and is_stopped and not error and not shut)
        self._start.setToolTip(shut or (error if is_stopped and error else "Start the strategy"))
        self._focus.set_enabled(self._stop, not self._pending.is_busy and state in ("running", "paused"))
        is_paused = view is not None and view.is_entries_paused
        self._focus.set_enabled(self._pause, can_act and view is not None)
        text = "Resume entries" if is_paused else "Pause entries"
        self._pause.setText(text)
        self._pause.setIcon(icon("play" if is_paused else "pause"))
        self._pause.setAccessibleName(text)
        self._form.setEnabled(is_stopped and not self._pending.is_busy)
        self.availability_changed.emit()

    def _on_answered(self, notice: Notice) -> None:
        self._say((notice.detail or notice.reason) if isinstance(notice, CommandRefused) else "")

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))


def _decision_key(row: Decision) -> tuple[object, ...]:
    return (row.at, row.strategy_run_id, row.symbol, row.action, row.outcome, row.order_id)


def _button(name: str, text: str, icon_name: str, spoken: str) -> QPushButton:
    button = QPushButton(icon(icon_name), text)
    button.setObjectName(name)
    button.setAccessibleName(spoken)
    button.setToolTip(spoken)
    return button
