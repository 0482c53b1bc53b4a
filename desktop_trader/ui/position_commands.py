"""What views ask the engine about open positions: one question a position at a time, and what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_trader.domain.order import Protection
from desktop_trader.messages.commands import ClosePosition, SetProtection
from desktop_trader.messages.notices import AlreadyDone, CommandRefused, Notice, OrderDenied
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.network_text import refusal_text

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_NO_ANSWER = "No answer came. What the position says now is what holds; look before you ask again."


@dataclass(frozen=True, slots=True)
class _Waited:
    """Levels that were asked for, and those there were."""

    wanted: Protection
    before: Protection


def levels_of(position: PositionView) -> Protection:
    """Return stop, target and trailing distance of a position."""
    return Protection(
        stop_loss=position.stop_loss, take_profit=position.take_profit, trail_percent=position.trail_percent
    )


class PositionCommands(QObject):
    """`changed` when something is waited for or no more, `refused` with why an answer was no."""

    changed = Signal()
    refused = Signal(str)

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._pending: dict[int, PendingRequest] = {}
        self._waited: dict[int, _Waited] = {}
        model.positions_changed.connect(self._on_positions_changed)
        model.account_switched.connect(self._forget)

    def waited_levels(self, position_id: int) -> Protection | None:
        """Return the levels that a position was asked to have and does not say yet."""
        waited = self._waited.get(position_id)
        return None if waited is None else waited.wanted

    def close(self, position: PositionView) -> None:
        """Ask for the close of a position, unless that is under way or nothing trades now."""
        if not position.is_closing and not refusal_text(self._model.network):
            self._ask(position.id, lambda request: ClosePosition(request_id=request, position_id=position.id))

    def protect(self, position: PositionView, levels: Protection) -> None:
        """Ask for stop, target and trailing distance as they shall be; None takes one away."""
        before = levels_of(position)
        if levels == before:
            return

        def make(request_id: str) -> Command:
            self._waited[position.id] = _Waited(levels, before)
            return SetProtection(
                request_id=request_id,
                position_id=position.id,
                stop_loss=levels.stop_loss,
                take_profit=levels.take_profit,
                trail_percent=levels.trail_percent,
            )

        if not self._ask(position.id, make):
            self.refused.emit("The last change of this position is still under way; nothing was asked for.")

    def _ask(self, position_id: int, make: Callable[[str], Command]) -> bool:
        pending = self._pending.get(position_id)
        if pending is None:
            pending = self._pending[position_id] = PendingRequest(self._model, self)
            pending.answered.connect(lambda notice: self._on_answered(position_id, notice))
            pending.expired.connect(lambda: self._end_wait(position_id, _NO_ANSWER))
        request_id = pending.begin()
        if not request_id:
            return False
        self._send(make(request_id))
        self.changed.emit()
        return True

    def _on_answered(self, position_id: int, notice: Notice) -> None:
        if isinstance(notice, CommandRefused | OrderDenied):
            self._end_wait(position_id, f"Refused: {notice.detail or notice.reason}. Nothing was changed.")
        elif isinstance(notice, AlreadyDone):
            self._end_wait(position_id, "")
        self.changed.emit()

    def _end_wait(self, position_id: int, why: str) -> None:
        self._waited.pop(position_id, None)
        if why:
            self.refused.emit(why)
        self.changed.emit()

    def _on_positions_changed(self) -> None:
        shown = {position.id: levels_of(position) for position in self._model.positions}
        for position_id, waited in list(self._waited.items()):
            if shown.get(position_id) != waited.before:
                del self._waited[position_id]
        for closed in [position_id for position_id in self._pending if position_id not in shown]:
            self._pending.pop(closed).deleteLater()

    def _forget(self) -> None:
        self._waited.clear()
        for pending in self._pending.values():
            pending.deleteLater()
        self._pending.clear()
