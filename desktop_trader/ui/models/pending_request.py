"""One press, one request: who has asked waits for the answer before asking again."""

from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_trader.messages.notices import (
    HALTED,
    NETWORK,
    UNCERTAIN,
    CommandRefused,
    Notice,
    TradingHalted,
    TradingPaused,
)
from desktop_trader.ui.models.balance_model import BalanceModel

ANSWER_MS_MAX = 10_000
_NOT_LOOKED_AT = frozenset({HALTED, "busy"})
"""Refusals of an engine that does not look at what is asked."""


class PendingRequest(QObject):
    """Busy from `begin` until the first notice with the same request id, or until the engine took too long.

    A second press while busy gets no id and must send nothing. One that `repeats` keeps the id of a request that was
    never answered: asked again it is the same request, which the books carry out once, and a late answer still counts.
    It does not wait for an answer of an engine that has stopped over the request; without a network it answers.
    """

    busy_changed = Signal(bool)
    answered = Signal(object)
    expired = Signal()

    def __init__(self, model: BalanceModel, parent: QObject, *, repeats: bool = False) -> None:
        super().__init__(parent)
        self._request_id = ""
        self._unanswered = ""
        self._is_again = False
        self._repeats = repeats
        self._limit = QTimer(self, singleShot=True)
        self._limit.setInterval(ANSWER_MS_MAX)
        self._limit.timeout.connect(self._on_limit)
        model.notice_raised.connect(self._on_notice)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still outstanding."""
        return bool(self._request_id)

    @property
    def is_unanswered(self) -> bool:
        """Whether the last request was never answered, so that nobody knows whether it was carried out."""
        return bool(self._unanswered)

    def begin(self) -> str:
        """Return the id to ask with; empty while the answer to the last request is outstanding."""
        if self._request_id:
            return ""
        self._is_again = bool(self._unanswered)
        self._request_id = self._unanswered or uuid4().hex
        self._limit.start()
        self.busy_changed.emit(True)
        return self._request_id

    def _on_notice(self, notice: Notice) -> None:
        if self._repeats and self._request_id and _stops_the_engine(notice):
            self._on_limit()
            return
        waited_for = self._request_id or self._unanswered
        if not waited_for or notice.request_id != waited_for:
            return
        if self._repeats and isinstance(notice, CommandRefused) and self._says_nothing(notice):
            self._on_limit()
            return
        self._unanswered = ""
        self._end()
        self.answered.emit(notice)

    def _says_nothing(self, refusal: CommandRefused) -> bool:
        """Whether nobody knows after a refusal what became of the request, this time or the first."""
        return refusal.reason == UNCERTAIN or (self._is_again and refusal.reason in _NOT_LOOKED_AT)

    def _on_limit(self) -> None:
        self._unanswered = self._request_id or self._unanswered if self._repeats else ""
        self._end()
        self.expired.emit()

    def _end(self) -> None:
        self._request_id = ""
        self._limit.stop()
        self.busy_changed.emit(False)


def _stops_the_engine(notice: Notice) -> bool:
    """Whether nothing is answered any more: while the network is away, everything is."""
    if isinstance(notice, TradingPaused):
        return not notice.reason.startswith(NETWORK)
    return isinstance(notice, TradingHalted)
