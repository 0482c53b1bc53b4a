"""Whether a market still counts as it did when a position was opened: a contract of another size is another thing."""

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import canonical
from desktop_trader.domain.position import Position
from desktop_trader.engine.notice_board import NoticeBoard


class UnitsCheck:
    """Compares positions with their instrument, and tells a difference once for each position. One thread."""

    def __init__(self, board: NoticeBoard) -> None:
        """Tell on this board."""
        self._board = board
        self._told: set[int] = set()

    def holds(self, position: Position, instrument: Instrument) -> bool:
        """Say whether a position may be traded: its contracts are as large as the market's are now."""
        if position.contract_size == instrument.contract_size:
            return True
        if position.id not in self._told:
            self._told.add(position.id)
            self._board.log(units_text(position, instrument), level="error")
        return False


def units_text(position: Position, instrument: Instrument) -> str:
    """Say what has changed and what that means."""
    return (
        f"Position {position.id} of {position.symbol} counts in contracts of {canonical(position.contract_size)}, but "
        f"the market's are of {canonical(instrument.contract_size)} now: it is not traded, and nobody watches its "
        "stop. Look at the exchange what became of its contracts"
    )
