"""The band that says that nothing trades any more, and why."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel, is_halt_final
from desktop_trader.ui.widgets.message_band import MessageBand

_WHAT_IT_MEANS = "Nothing is traded or written until the application is started again."
_IT_PASSES = "Nothing is lost; it goes on by itself once the books can be written."


class HaltBanner(MessageBand):
    """Seen exactly while the snapshot says that trading is halted; never in the way of reading.

    Where only a restart helps, it is offered: `restart_wanted`.
    """

    restart_wanted = Signal()

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("halt-banner", "Trading is halted", tone="warning", parent=parent)
        self._model = model
        restart = QPushButton("Restart")
        restart.setObjectName("halt-restart-btn")
        restart.setAccessibleName("Restart the program")
        restart.setToolTip("Quit, and start again with the same options; the books stay as they are")
        restart.clicked.connect(self.restart_wanted)
        # Before the sentence: it may be longer than the window is wide.
        self._restart = self.insertWidget(self.actions()[0], restart)
        model.state_changed.connect(self._on_state_changed)
        self._on_state_changed()

    def _on_state_changed(self) -> None:
        halted, is_final = self._model.halted, is_halt_final(self._model)
        self._restart.setVisible(is_final)
        if halted and not is_final:
            self.say(f"■ TRADING WAITS: {halted}. {_IT_PASSES}")
        else:
            self.say(f"■ TRADING IS HALTED: {halted}. {_WHAT_IT_MEANS}" if halted else "")
