"""The band after a start that says what was found in the books and taken up again."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.messages.notices import BooksRecovered, Notice
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.widgets.message_band import MessageBand

_SHOWN_MS = 60_000


class RecoveryBand(MessageBand):
    """Shown when a start recovered open positions; goes after a minute, or when it is dismissed."""

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("recovery-banner", "What was recovered", tone="muted", parent=parent)
        self._model = model
        dismiss = QPushButton("Dismiss")
        dismiss.setObjectName("recovery-dismiss-btn")
        dismiss.setAccessibleName("Dismiss what was recovered")
        dismiss.clicked.connect(lambda: self.say(""))
        self.addWidget(dismiss)
        self._end = QTimer(self, singleShot=True)
        self._end.setInterval(_SHOWN_MS)
        self._end.timeout.connect(lambda: self.say(""))
        model.notice_raised.connect(self._on_notice)

    def _on_notice(self, notice: Notice) -> None:
        if not isinstance(notice, BooksRecovered) or not notice.open_positions:
            return
        count = notice.open_positions
        lots = "1 open position" if count == 1 else f"{count} open positions"
        currency = self._model.balance.currency if self._model.balance is not None else "USDT"
        balance = format_money(notice.current_balance, currency)
        self.say(f"Recovered {lots} with stops and targets, and a balance of {balance}, from the previous session.")
        self._end.start()
