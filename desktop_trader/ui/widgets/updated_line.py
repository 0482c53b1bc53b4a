"""The line under the balance: when it last moved, amber once nobody can vouch that it is so still; the last sync."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_trader.ui.models.account_sync import AccountSync
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.network_text import is_connecting, is_paused
from desktop_trader.ui.theme import SPACE_XS
from desktop_trader.ui.time_text import local_time, utc_time, words
from desktop_trader.ui.widgets.plain_label import plain_label

STALE_SECONDS = 10
_LOOK_MS = 1_000
_FADE_MS = 10_000


class UpdatedLine(QWidget):
    """Stale means: trading is halted or paused by the network, the engine is gone, the price of something held is past
    its limit, or a market of its own time has had no price for 10 s.

    A recording is as slow as it is asked to be, so its silence says nothing. A quiet line is seen only while something
    is wrong, and for some seconds after a sync.
    """

    def __init__(self, model: BalanceModel, *, prefix: str, is_quiet: bool = False) -> None:
        super().__init__()
        self._model = model
        self._sync: AccountSync | None = None
        self._is_quiet = is_quiet
        self.setObjectName(f"{prefix}-updated-line")
        self._updated = plain_label("", name=f"{prefix}-updated", tone="muted", spoken="Last balance change")
        self._synced = plain_label("", name=f"{prefix}-synced", tone="muted", spoken="Last sync")
        for label in (self._updated, self._synced):
            label.setWordWrap(True)
        self._synced.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_XS)
        layout.addWidget(self._updated)
        layout.addWidget(self._synced)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self._fade = QTimer(self, singleShot=True)
        self._fade.setInterval(_FADE_MS)
        self._fade.timeout.connect(self._on_faded)
        model.balance_changed.connect(self.refresh)
        model.state_changed.connect(self.refresh)
        model.network_changed.connect(self.refresh)
        model.ages.changed.connect(self.refresh)
        self.refresh()

    def follow(self, sync: AccountSync) -> None:
        """Show what comes of syncs from now on."""
        self._sync = sync
        sync.changed.connect(self._on_synced)
        self._on_synced()

    def refresh(self) -> None:
        """Look at the model again."""
        balance = self._model.balance
        if balance is None:
            _say(self._updated, "", tone="muted")
            return
        why = stale_reason(self._model)
        at = local_time(balance.last_updated, has_date=False)
        text = f"Updated {at}" + (f" · ⚠ {why}" if why else "")
        _say(self._updated, text, tone="warning" if why else "muted")
        self._show_or_hide()
        tip = f"{words(balance.last_update_reason)}\n{utc_time(balance.last_updated)}"
        if tip != self._updated.toolTip():
            self._updated.setToolTip(tip)
        spoken = f"Balance last changed {utc_time(balance.last_updated)}. {why}".strip()
        if spoken != self._updated.accessibleName():
            self._updated.setAccessibleName(spoken)

    def _on_synced(self) -> None:
        if self._sync is None:
            return
        _say(self._synced, self._sync.text, tone="warning" if self._sync.is_bad else "muted")
        self._synced.setAccessibleName(self._sync.text or "Not synced yet")
        self._synced.setToolTip(self._sync.detail)
        self._synced.setVisible(bool(self._sync.text))
        self._fade.stop()
        self._show_or_hide()
        if self._is_quiet and self._sync.text and not self._sync.is_bad and not self._sync.is_busy:
            self._fade.start()

    def _show_or_hide(self) -> None:
        if self._is_quiet:
            self._updated.setVisible(self._updated.property("tone") == "warning")
            self.setVisible(not (self._updated.isHidden() and self._synced.isHidden()))

    def _on_faded(self) -> None:
        self._synced.hide()
        self._show_or_hide()


def stale_reason(model: BalanceModel) -> str:
    """Say why the figures may no longer be those of now; empty while they are."""
    if model.halted:
        return "trading is halted"
    held = model.ages.staleness_of(each.symbol for each in model.positions)
    if held is not None and held.since is not None:
        return f"stale since {local_time(held.since, has_date=False)}"
    if is_paused(model.network):
        return "connecting to the market" if is_connecting(model.network) else "paused by the network"
    if held is not None:
        return "no price yet"
    age = model.price_age_seconds()
    if model.snapshot is None or model.replay is not None or age is None or age < STALE_SECONDS:
        return ""
    return f"no price for {int(age)} s"


def _say(label: QLabel, text: str, *, tone: str) -> None:
    if text != label.text():
        label.setText(text)
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
