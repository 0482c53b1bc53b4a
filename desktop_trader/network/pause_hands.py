"""What the network pause does to the floor: it moves its gate, begins and ends its outages, and tells people."""

from collections.abc import Callable
from datetime import datetime

from desktop_trader.assembly import Trader
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine.outage_desk import PauseBegun
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.messages.notices import Notice

_BEGINS = "Connected: everything is verified and stable, trading begins"


class PauseHands:
    """Acts on whatever floor the trader has by then. A floor that is halted gets no outage: nothing can be written."""

    def __init__(self, trader: Trader, tell: Callable[[list[Notice]], None], *, now: Callable[[], datetime]) -> None:
        """Tell what is done through `tell`; `now` is the market's time."""
        self._trader = trader
        self._tell = tell
        self._now = now

    def hold(self, action: a.HoldGate) -> None:
        """Let nothing act while a suspicion lasts."""
        self._floor.gate.hold(action.refusal)

    def release(self, _action: a.ReleaseGate) -> None:
        """Let everything act: the suspicion was nothing."""
        self._floor.gate.open()

    def close(self, action: a.CloseGate) -> None:
        """Let nothing act before the first verification."""
        gate = self._floor.gate
        if gate.is_open:
            gate.close(action.refusal)
        else:
            gate.refusal = action.refusal

    def begin(self, action: a.BeginPause) -> None:
        """Freeze everything first; then write and tell that it is."""
        floor = self._floor
        floor.gate.close(action.refusal)
        if not floor.halted:
            self._tell(floor.begin_pause(self._begun(action, is_simulated=action.is_simulated)))

    def note(self, action: a.NotePause) -> None:
        """The reasons have changed."""
        floor = self._floor
        floor.gate.refusal = action.refusal
        if not floor.halted:
            self._tell(floor.note_pause(self._begun(action, is_simulated=False)))

    def end(self, _action: a.EndPause) -> None:
        """Make everything ready, and only then let it act."""
        floor = self._floor
        if floor.halted:
            return
        is_first = not floor.outages.is_open
        notices = floor.end_pause(self._now())
        if not floor.halted:
            floor.gate.open()
        self._tell(notices)
        if is_first and not floor.halted:
            self.say(a.TellPerson(message=_BEGINS, level="info"))

    def say(self, action: a.TellPerson) -> None:
        """Say a sentence."""
        board = self._trader.engine.desk.board
        board.log(action.message, level=action.level)
        self._tell(board.take())

    @property
    def _floor(self) -> TradingFloor:
        return self._trader.floor

    def _begun(self, action: a.BeginPause | a.NotePause, *, is_simulated: bool) -> PauseBegun:
        return PauseBegun(at=self._now(), reasons=action.reasons, detail=action.detail, is_simulated=is_simulated)
