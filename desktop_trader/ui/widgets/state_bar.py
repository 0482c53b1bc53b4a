"""The status bar: where prices come from, how old they are, whose money it is, and the time of the market."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.replay_source import replay_source
from desktop_trader.ui.models.table_columns import local_time, utc_time
from desktop_trader.ui.number_format import UNKNOWN
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.plain_label import plain_label

_AGE_MS = 1_000
_STALE_SECONDS = 10
_DIGITS = 8
"""How much of a file's hash tells it from the others of one person."""


class StateBar(QStatusBar):
    """Reads the model once a second for the age of the last price, and on every change for the rest."""

    def __init__(self, model: BalanceModel, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("state-bar")
        self.setAccessibleName("Status")
        self.setSizeGripEnabled(False)
        self._connection = plain_label("○ Connecting…", name="connection-state", tone="muted", spoken="Market")
        self._age = plain_label(UNKNOWN, name="price-age", tone="muted", spoken="Age of the last price")
        self._badge = plain_label(UNKNOWN, name="account-badge", tone="warning", spoken="Account")
        self._open = plain_label("", name="open-positions-state", tone="muted", spoken="Open positions")
        self._clock = plain_label(UNKNOWN, name="market-time", tone="muted", spoken="Market time")
        self._notice = plain_label("", name="last-notice", tone="muted", spoken="Newest notice")
        for label in (self._connection, self._age, self._badge, self._open):
            self.addWidget(label)
        # A long sentence must not widen the window; its tooltip has all of it.
        self._notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self._notice, 1)
        self.setContentsMargins(0, 0, SPACE_M, 0)
        self.addPermanentWidget(self._clock)
        for label in (self._connection, self._age, self._badge, self._open, self._notice, self._clock):
            label.setContentsMargins(SPACE_M, 0, SPACE_M, 0)
        self._timer = QTimer(self)
        self._timer.setInterval(_AGE_MS)
        self._timer.timeout.connect(self._show_age)
        model.state_changed.connect(self._on_state_changed)
        model.quotes_changed.connect(self._on_quotes_changed)
        model.positions_changed.connect(self._on_positions_changed)
        model.snapshot_kept.connect(self._on_positions_changed)
        self._on_state_changed()

    def show_notice(self, text: str, *, is_bad: bool) -> None:
        """Show the newest notice until the next one."""
        self._notice.setToolTip(text)
        _say(self._notice, text, spoken="Newest notice")
        _set_tone(self._notice, "warning" if is_bad else "muted")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _on_state_changed(self) -> None:
        snapshot, halted = self._model.snapshot, self._model.halted
        if snapshot is None:
            if halted:
                _say(self._connection, "■ HALTED", spoken="Market")
                _set_tone(self._connection, "warning")
                self._connection.setToolTip(halted)
            return
        market = market_title(snapshot.market.source_id)
        state = "◌ ASLEEP" if snapshot.asleep else "● ONLINE"
        if halted:
            state = "■ WAITING" if snapshot.is_halt_passing else "■ HALTED"
        _say(self._connection, f"{state}  {market}", spoken="Market")
        _set_tone(self._connection, "warning" if halted or snapshot.asleep else "up")
        self._connection.setToolTip(halted or snapshot.asleep or f"Prices come from: {snapshot.market.source_id}")
        _say(
            self._badge,
            f"{account_badge(snapshot.account_type)}  {snapshot.account_name} · run {snapshot.run_id}"
            + (" · asleep" if snapshot.asleep else ""),
            spoken="Account",
        )
        self._on_quotes_changed()
        self._on_positions_changed()

    def _on_quotes_changed(self) -> None:
        now = self._model.market_now
        _say(self._clock, f"Market {local_time(now)}" if now else UNKNOWN, spoken="Market time")
        self._clock.setToolTip(utc_time(now))
        self._show_age()

    def _on_positions_changed(self) -> None:
        _say(self._open, self._model.open_text() or "no open positions", spoken="Positions")

    def _show_age(self) -> None:
        age = self._model.price_age_seconds()
        if age is None:
            _say(self._age, "no price yet", spoken="Age of the last price")
            return
        # A recording is as slow as it is asked to be, and over when it is over.
        is_replay = self._model.replay is not None
        is_stale = age >= _STALE_SECONDS and not is_replay
        text = f"{'stale: ' if is_stale else ''}last {'bar' if is_replay else 'price'} {age} s ago"
        _say(self._age, text, spoken="Age of the last price")
        _set_tone(self._age, "warning" if is_stale else "muted")


def market_title(source_id: str) -> str:
    """Say in words where prices come from."""
    if source_id.startswith("simulated:"):
        return "Simulated market"
    replay = replay_source(source_id)
    return source_id if replay is None else f"Replay {replay.symbol} {replay.timeframe} · {replay.digest[:_DIGITS]}"


def _say(label: QLabel, text: str, *, spoken: str) -> None:
    if text != label.text():
        label.setText(text)
        label.setAccessibleName(f"{spoken}: {text}")


def _set_tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
