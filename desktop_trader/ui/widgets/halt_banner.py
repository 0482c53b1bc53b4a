"""The band that says that nothing trades any more, and why."""

from PySide6.QtWidgets import QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.message_band import MessageBand

_WHAT_IT_MEANS = "Nothing is traded or written until the application is started again."
_IT_PASSES = "Nothing is lost; it goes on by itself once the books can be written."


class HaltBanner(MessageBand):
    """Seen exactly while the snapshot says that trading is halted; never in the way of reading."""

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("halt-banner", "Trading is halted", tone="warning", parent=parent)
        self._model = model
        model.state_changed.connect(self._on_state_changed)
        self._on_state_changed()

    def _on_state_changed(self) -> None:
        halted, snapshot = self._model.halted, self._model.snapshot
        if snapshot is not None and snapshot.halted and snapshot.is_halt_passing:
            self.say(f"■ TRADING WAITS: {halted}. {_IT_PASSES}")
        else:
            self.say(f"■ TRADING IS HALTED: {halted}. {_WHAT_IT_MEANS}" if halted else "")
