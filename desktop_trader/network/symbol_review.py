"""What a market outside does not trade any more, and somebody holds: frozen by itself, told, and left to a person."""

from collections.abc import Callable

from desktop_trader.assembly import Trader
from desktop_trader.engine.needed_symbols import symbols_at_stake
from desktop_trader.engine.trading_gate import review_text
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.messages.notices import Notice


class SymbolReview:
    """Keeps the gate's `reviewed` symbols. One thread."""

    def __init__(self, trader: Trader, line: MarketLine, tell: Callable[[list[Notice]], None]) -> None:
        """Look at what `trader` holds on the market of `line`."""
        self._trader = trader
        self._line = line
        self._tell = tell

    def look(self) -> None:
        """See what is not traded any more, and what is again; the others trade as ever."""
        floor = self._trader.floor
        gate, board = floor.gate, floor.primary.desk.board
        untraded = frozenset(self._line.untraded(symbols_at_stake(floor)))
        if untraded == gate.reviewed:
            return
        before, gate.reviewed = gate.reviewed, untraded
        for symbol in sorted(untraded - before):
            board.log(f"{review_text(symbol)}. Everything else trades as ever", level="error")
        notices = board.take()
        back = before - untraded
        for symbol in sorted(back & symbols_at_stake(floor)):
            board.log(f"{symbol} is traded again, and watched again from its next price on", level="warning")
        self._tell(notices + self._end_review(back))

    def _end_review(self, symbols: frozenset[str]) -> list[Notice]:
        """Watch these again: nobody has looked at their prices for a while, so the next ones are the first."""
        engines = [each.engine for each in self._trader.floor.accounts.values() if not each.asleep]
        told = [notice for engine in engines for notice in engine.end_review(symbols)]
        halted = next((engine for engine in engines if engine.halted), None)
        if halted is not None:
            for account in self._trader.floor.accounts.values():
                account.engine.halt_with(halted)
        return told
