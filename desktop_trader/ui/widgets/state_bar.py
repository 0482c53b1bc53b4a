"""The status bar: where prices come from, how old they are, whose money it is, and the time of the market."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from desktop_trader.messages.market_name import market_name
from desktop_trader.messages.network import NetworkState
from desktop_trader.ui import network_text
from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.price_ages import age_text
from desktop_trader.ui.models.replay_source import replay_source
from desktop_trader.ui.models.table_columns import local_time, utc_time
from desktop_trader.ui.number_format import UNKNOWN
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.notice_turns import NoticeTurns
from desktop_trader.ui.widgets.plain_label import plain_label

_AGE_MS = 500
_STALE_SECONDS = 10
_TENTHS_UNTIL = 10
_ANSWERING = frozenset({NetworkState.RUNNING, NetworkState.VERIFYING, NetworkState.STABILISING})
"""Only while somebody answers does it say anything how quickly."""
_AT_WORK = {"running": ("▶", "up"), "paused": ("❚❚", "warning")}
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
        self._auto = plain_label("", name="strategy-state", spoken="Auto trading")
        self._auto.hide()
        self._clock = plain_label(UNKNOWN, name="market-time", tone="muted", spoken="Market time")
        self._notices = NoticeTurns(self)
        for label in (self._connection, self._age, self._badge, self._auto, self._open):
            self.addWidget(label)
        notice = self._notices.label
        self.addWidget(notice, 1)
        self.setContentsMargins(0, 0, SPACE_M, 0)
        self.addPermanentWidget(self._clock)
        for label in (self._connection, self._age, self._badge, self._auto, self._open, notice, self._clock):
            label.setContentsMargins(SPACE_M, 0, SPACE_M, 0)
        self._timer = QTimer(self)
        self._timer.setInterval(_AGE_MS)
        self._timer.timeout.connect(self._show_age)
        model.state_changed.connect(self._on_state_changed)
        model.network_changed.connect(self._show_connection)
        model.network_changed.connect(self._on_positions_changed)
        model.ages.changed.connect(self._show_age)
        model.quotes_changed.connect(self._on_quotes_changed)
        model.positions_changed.connect(self._on_positions_changed)
        model.snapshot_kept.connect(self._on_positions_changed)
        model.auto_trading_changed.connect(self._show_strategy)
        self._on_state_changed()
        self._show_strategy()

    def show_notice(self, text: str, *, is_bad: bool) -> None:
        """Show the newest notice until the next one; what is said beside a pause or its end takes turns with that."""
        self._notices.show_notice(text, is_bad=is_bad)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _on_state_changed(self) -> None:
        self._show_connection()
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        _say(
            self._badge,
            f"{account_badge(snapshot.account_type)}  {snapshot.account_name} · run {snapshot.run_id}"
            + (" · asleep" if snapshot.asleep else "")
            + (" · CLOSE ONLY" if snapshot.close_only else ""),
            spoken="Account",
        )
        self._badge.setToolTip(f"Nothing can be entered: {snapshot.close_only}" if snapshot.close_only else "")
        self._on_quotes_changed()
        self._on_positions_changed()

    def _show_connection(self) -> None:
        snapshot, halted, network = self._model.snapshot, self._model.halted, self._model.network
        if snapshot is None:
            if halted:
                self._say_connection("■ HALTED", tone="warning", tip=halted)
            return
        market = market_title(snapshot.market.source_id)
        if halted:
            state = "■ WAITING" if snapshot.is_halt_passing else "■ HALTED"
            self._say_connection(f"{state}  {market}", tone="warning", tip=halted)
        elif snapshot.asleep:
            self._say_connection(f"◌ ASLEEP  {market}", tone="warning", tip=snapshot.asleep)
        elif network is None:
            self._say_connection(f"○ CONNECTING  {market}", tone="muted", tip=_source(snapshot.market.source_id))
        else:
            is_known = network.latency_ms is not None and network.state in _ANSWERING
            latency = f" · {network.latency_ms:.0f} ms" if is_known else ""
            text = f"{network_text.state_led(network)} {network.state.word.upper()}  {market}{latency}"
            tip = network_text.refusal_text(network) or _source(snapshot.market.source_id)
            self._say_connection(text, tone=network_text.state_tone(network), tip=tip)

    def _say_connection(self, text: str, *, tone: str, tip: str) -> None:
        _say(self._connection, text, spoken="Market")
        _set_tone(self._connection, tone)
        self._connection.setToolTip(tip)

    def _on_quotes_changed(self) -> None:
        now = self._model.market_now
        _say(self._clock, f"Market {local_time(now)}" if now else UNKNOWN, spoken="Market time")
        self._clock.setToolTip(utc_time(now))
        self._show_age()

    def _on_positions_changed(self) -> None:
        # In a pause the band counts them; what the pause has to say needs the room.
        self._open.setVisible(not network_text.is_paused(self._model.network))
        _say(self._open, self._model.open_text() or "no open positions", spoken="Positions")

    def _show_strategy(self) -> None:
        """Its panel may be behind a tab: that money is traded by itself is said wherever one looks."""
        view = self._model.auto_trading
        sign, tone = _AT_WORK.get(view.state if view is not None else "", ("", ""))
        self._auto.setVisible(bool(sign))
        if view is not None and sign:
            _say(self._auto, f"{sign} strategy {view.state}", spoken="Auto trading")
            self._auto.setToolTip(f"{view.strategy} trades {view.symbol}")
            _set_tone(self._auto, tone)

    def _show_age(self) -> None:
        age, view = self._model.price_age_seconds(), self._model.network
        # A recording is as slow as it is asked to be, and over when it is over.
        is_replay = self._model.replay is not None
        ages = () if view is None or is_replay else view.ages
        known = [each for each in ages if self._model.ages.seconds_of(each.symbol) is not None]
        stale = [each.symbol for each in known if self._model.ages.staleness_of((each.symbol,)) is not None]
        if age is None and not known:
            _say(self._age, "no price yet", spoken="Age of the last price")
            _set_tone(self._age, "muted")
            self._age.setToolTip("")
            return
        age = age or 0.0
        is_all = len(stale) == len(known) if known else age >= _STALE_SECONDS and not is_replay
        made = [seconds for each in known if (seconds := self._model.ages.seconds_of(each.symbol)) is not None]
        age = min(made, default=age)
        text = f"{'stale: ' if is_all else ''}last {'bar' if is_replay else 'price'} {_ago(age)}"
        _say(self._age, text + (f" · {len(stale)} stale" if stale and not is_all else ""), spoken="Age")
        _set_tone(self._age, "warning" if is_all or stale else "muted")
        self._age.setToolTip("\n".join(map(self._stale_line, stale)))

    def _stale_line(self, symbol: str) -> str:
        old = self._model.ages.staleness_of((symbol,))
        return symbol if old is None else f"{symbol} is {old.text} old, stale since {local_time(old.since)}"


def market_title(source_id: str) -> str:
    """Say in words where prices come from."""
    if source_id.startswith("simulated:"):
        return "Simulated market"
    replay = replay_source(source_id)
    return (
        market_name(source_id)
        if replay is None
        else f"Replay {replay.symbol} {replay.timeframe} · {replay.digest[:_DIGITS]}"
    )


def _source(source_id: str) -> str:
    return f"Prices come from: {source_id}"


def _ago(seconds: float) -> str:
    """Tenths where they tell something, an age in words later."""
    return f"{seconds:.1f} s ago" if seconds < _TENTHS_UNTIL else f"{age_text(seconds)} ago"


def _say(label: QLabel, text: str, *, spoken: str) -> None:
    if text != label.text():
        label.setText(text)
        label.setAccessibleName(f"{spoken}: {text}")


def _set_tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
