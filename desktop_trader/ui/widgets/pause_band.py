"""The amber band of the network pause: since when, what is not watched, why, when it is tried again, each check."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolBar, QVBoxLayout, QWidget

from desktop_trader.ui import network_text as texts
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.theme import SPACE_M, SPACE_XS
from desktop_trader.ui.widgets.elided_label import ElidedLabel
from desktop_trader.ui.widgets.plain_label import plain_label

if TYPE_CHECKING:  # most starts never pause
    from desktop_trader.messages.network import NetworkView

_COUNT_MS = 100
_SPOKEN = "Network pause"
_NOTHING_TRADES = "no signals, no checks, no orders"


class PauseBand(QToolBar):
    """Seen exactly while the connection keeps everything from trading. Countdowns go on between two snapshots.

    It is built at the first pause: most starts have none.
    """

    def __init__(self, model: BalanceModel, parent: QWidget, *, send: SendCommand) -> None:
        super().__init__(_SPOKEN, parent)
        self._model = model
        self._send = send
        self.setObjectName("pause-band")
        self.setAccessibleName(_SPOKEN)
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setProperty("look", "warning-band")
        self.toggleViewAction().setVisible(False)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(_COUNT_MS)
        self._timer.timeout.connect(self._count)
        model.network_changed.connect(self._on_network_changed)
        model.positions_changed.connect(self._count)
        model.snapshot_kept.connect(self._count)
        self._on_network_changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _on_network_changed(self) -> None:
        self._count()
        self.setVisible(texts.is_paused(self._model.network))

    def _build(self) -> None:
        self._head = ElidedLabel(name="pause-band-text", tone="warning", spoken=_SPOKEN)
        self._head.setProperty("weight", "strong")
        self._why = ElidedLabel(name="pause-band-why", tone="warning", spoken="Why")
        self._next = plain_label("", name="pause-band-countdown", tone="warning", spoken="What comes next")
        self._checks = ElidedLabel(name="pause-band-checks", tone="muted", spoken="What is verified")
        lines = QVBoxLayout()
        lines.setSpacing(SPACE_XS)
        # However long the reason is: when it is tried again is beside it, whole.
        # A widget of its own: an empty layout among the lines would leave them no width.
        self._second = QWidget()
        self._second.setObjectName("pause-band-second")
        second = QHBoxLayout(self._second)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(SPACE_M)
        second.addWidget(self._why, 1)
        second.addWidget(self._next)
        lines.addWidget(self._head)
        lines.addWidget(self._second)
        lines.addWidget(self._checks)
        for label in (self._head, self._why, self._next, self._checks):
            label.hide()
        self._retry = _button("pause-band-retry-btn", "Retry now", "Look now whether the network is back")
        self._retry.clicked.connect(self._on_retry)
        self._end = _button("pause-band-end-btn", "End", "End the simulated loss; then everything is verified")
        self._end.clicked.connect(self._on_end)
        frame = QFrame()
        frame.setObjectName("pause-band-room")
        row = QHBoxLayout(frame)
        row.setContentsMargins(SPACE_M, 0, SPACE_M, 0)
        row.setSpacing(SPACE_M)
        row.addLayout(lines, 1)
        row.addWidget(self._retry)
        row.addWidget(self._end)
        frame.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(frame)

    def _count(self) -> None:
        view = self._model.network
        if view is None or not texts.is_paused(view):
            return
        elapsed = self._model.ages.seconds_since_view
        _say(self._head, head_text(view, elapsed=elapsed, unwatched=_open_positions(self._model)))
        _say(self._why, why_text(view))
        _say(self._next, countdown_text(view, elapsed=elapsed))
        self._second.setVisible(bool(self._why.text() or self._next.text()))
        # While nothing is verified, only the check that failed says something, and it is the reason already.
        checks = view.checks if view.state.word != "paused" else ()
        _say(self._checks, "   ".join(texts.check_text(each) for each in checks))
        self._checks.setToolTip("\n".join(texts.check_text(each) for each in checks))
        self._retry.setVisible(view.state.word == "paused" and not view.simulated_loss)
        self._end.setVisible(view.simulated_loss)

    def _on_retry(self) -> None:
        from desktop_trader.messages.commands import RetryNow

        self._send(RetryNow(request_id=uuid4().hex))

    def _on_end(self) -> None:
        from desktop_trader.messages.commands import EndSimulatedLoss

        self._send(EndSimulatedLoss(request_id=uuid4().hex))


def head_text(view: NetworkView, *, elapsed: float, unwatched: int) -> str:
    """Say in one line what is the matter and what it means for what is open."""
    from desktop_trader.ui.models.table_columns import local_time

    lots = "1 position is" if unwatched == 1 else f"{unwatched} positions are"
    held = f" {lots} NOT being watched." if unwatched else ""
    word = view.state.word
    if word == "paused":
        since = f" since {local_time(view.since, has_date=False)}" if view.since is not None else ""
        return f"❚❚  {texts.pause_title(view)}{since} – {_NOTHING_TRADES}.{held}"
    begins = "RECONNECTED" if view.since is not None else "CONNECTING"
    if word == "stabilising":
        stable = min(view.stable_seconds + elapsed, view.stable_needed_seconds)
        return f"◔  {begins} – prices settling {stable:.1f} s of {view.stable_needed_seconds:.0f} s.{held}"
    checks = texts.checks_summary(view.checks)
    return f"◐  {begins} – verifying" + (f" ({checks})" if checks else "") + f".{held}"


def why_text(view: NetworkView) -> str:
    """Say why, while it is paused."""
    if view.state.word != "paused":
        return ""
    failed = texts.failed_checks(view)
    parts = [texts.reasons_text(view), f"the check that failed: {failed}" if failed else ""]
    if not failed and not view.simulated_loss:
        parts.append(view.detail)
    why = " – ".join(part for part in parts if part)
    return why[:1].upper() + why[1:]


def countdown_text(view: NetworkView, *, elapsed: float) -> str:
    """Say when what happens next happens."""
    countdowns = []
    if view.loss_ends_in_seconds is not None:
        countdowns.append(f"Ends by itself in {texts.seconds_text(view.loss_ends_in_seconds - elapsed)}")
    elif view.simulated_loss:
        countdowns.append("Lasts until you end it")
    if view.state.word == "paused" and not view.simulated_loss:
        if view.retry_in_seconds is not None:
            countdowns.append(f"Retry in {texts.seconds_text(view.retry_in_seconds - elapsed)}")
        if view.wait_ends_in_seconds is not None:
            left = texts.seconds_text(view.wait_ends_in_seconds - elapsed)
            countdowns.append(f"you are told again in {left}")
    text = ", ".join(countdowns)
    return text[:1].upper() + text[1:]


def _open_positions(model: BalanceModel) -> int:
    """Count what is open in every account that this market trades."""
    snapshots = (model.snapshot_of(each.name) for each in model.accounts)
    return sum(len(each.positions) for each in snapshots if each is not None and not each.asleep)


def _say(label: QLabel, text: str) -> None:
    if text != label.text():
        label.setText(text)
        label.setToolTip(text)
        label.setAccessibleName(text or _SPOKEN)
        label.setVisible(bool(text))


def _button(name: str, text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(hint)
    button.setToolTip(hint)
    return button
