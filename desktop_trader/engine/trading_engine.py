"""The synchronous core: one event in, its transactions committed, its notices out.

No thread, no await, no clock of its own. The window's engine thread, the headless command line and the tests all
host this same object.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from desktop_trader.domain.errors import (
    BooksDamagedError,
    DatabaseBusyError,
    DiskError,
    InvariantError,
    StorageError,
    UncertainWriteError,
)
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, PriceSource, Quote
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.engine.auto_trading import AutoTrading
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.command_desk import CommandDesk
from desktop_trader.engine.cross_closes import CrossCloses
from desktop_trader.engine.funding_desk import FundingDesk
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.ports import BarPhase, MarketFeed
from desktop_trader.engine.position_desk import PositionDesk
from desktop_trader.engine.position_exits import PositionExits
from desktop_trader.engine.price_age import PriceAge
from desktop_trader.engine.price_watch import PriceWatch
from desktop_trader.engine.trails import Trails
from desktop_trader.messages.commands import Command
from desktop_trader.messages.notices import BOOKS_DAMAGED, DATABASE, DISK, Notice, TradingHalted, TradingPaused

EngineEvent = MarketEvent | Command
_OPEN, _CLOSE = BarPhase.OPEN, BarPhase.CLOSE
_OUR_ERROR = "an error of the program"
_PERHAPS = "trading is halted by an error of the program: this may or may not have been done; look at the history"
_JUST_AFTER = timedelta(microseconds=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    """What an engine is built from; `recovery` makes the books and the desk, `assembly` the rest."""

    books: Bookkeeper
    desk: Desk
    broker: Broker
    feed: MarketFeed
    limits: RiskLimits


class TradingEngine:
    """Trades one account. Every event goes through `step`, in the one thread that owns the engine."""

    def __init__(self, parts: EngineParts) -> None:
        """Connect the parts; nothing is traded before `start`."""
        self.books = parts.books
        self.desk = parts.desk
        self._gate = parts.desk.gate
        self.feed = parts.feed
        self.instruments: Mapping[str, Instrument] = parts.feed.listing()
        self._orders = OrderDesk(
            parts.books, parts.broker, parts.desk, instruments=self.instruments, limits=parts.limits
        )
        self.trails = Trails(parts.books)
        parts.books.ratchet_sources.append(partial(_ratchets_of_marks, parts))
        exits = PositionExits(parts.books, self._orders, self.trails, desk=parts.desk, instruments=self.instruments)
        crosses = CrossCloses(parts.books, self._orders, desk=parts.desk, instruments=self.instruments)
        self._watch = PriceWatch(parts.broker, self._orders, exits=exits, crosses=crosses, instruments=self.instruments)
        self.funding = FundingDesk(parts.books, parts.desk, parts.feed)
        self.auto_trading = AutoTrading(parts.books, self._orders, parts.desk, parts.feed)
        self._commands = CommandDesk(parts.books, self._orders, self.auto_trading, desk=parts.desk, feed=parts.feed)
        self._commands.answer_with(lambda ground: PositionDesk(ground, self.trails).handlers)
        self._price_age = PriceAge(parts.feed, parts.desk.gate, clock=parts.desk.clock, marks=parts.desk.marks)
        self._on_bar = self._trade_bar if parts.feed.fills_on is PriceSource.BARS else self._decide_on_bar
        cursor = parts.desk.cursor
        self._resumed_at, self._resumed_phase = cursor.at, cursor.phase
        # The feed begins where the account that is furthest behind stands: what this one has done comes once more.
        self._done_before = cursor.at + _JUST_AFTER if cursor.phase is BarPhase.DONE else cursor.at
        self._on_price = self._on_quote
        if parts.feed.is_live:  # Nothing comes once more, and a cursor from the future would silence the market.
            self._on_price, self._done_before = self._on_live_quote, _NEVER
        self._is_checkpoint_late = False
        self.halted = ""
        self.is_halt_passing = False

    def step(self, event: EngineEvent) -> list[Notice]:
        """Work through one event, commits included, and return what happened.

        A broken law or a disk that refuses halts the engine: what was committed before stays told, nothing more
        is traded or written, and later commands are refused with the reason. Any other exception halts it too, and is
        raised on.
        """
        kind = type(event)
        if self.halted:
            return self._while_halted(event)
        try:
            if kind is Bar:
                self._on_bar(event)  # type: ignore[arg-type]  # narrowed by `kind`, which is what is fast here
            elif kind is Quote:
                self._on_price(event)  # type: ignore[arg-type]
            elif kind is FundingRate:
                self.funding.on_rate(event)  # type: ignore[arg-type]
            else:
                self._commands.carry_out(event)  # type: ignore[arg-type]
        except (InvariantError, StorageError) as error:
            self._halt(error)
            self._refuse_failed(event, error)
        except Exception as error:  # half of an event may be done: whoever hosts this must not just go on
            self.desk.board.pin(TradingHalted, reason=_OUR_ERROR, detail=f"{type(error).__name__}: {error}")
            self.halted = _OUR_ERROR
            self.books.version += 1
            self._refuse_failed(event, error)
            raise
        return self.desk.board.take()

    def checkpoint(self) -> list[Notice]:
        """Store where the market stands outside the journal; hosts call it once a second and at the end.

        A disk that refuses loses nothing and is tried again the next time: it is told once, and trading goes on.
        Whatever else fails halts the engine, as it does in `step`.
        """
        if self.halted:
            return []
        try:
            self.books.checkpoint()
            self._is_checkpoint_late = False
        except (DiskError, DatabaseBusyError) as error:
            if not self._is_checkpoint_late:
                self._is_checkpoint_late = True
                self.desk.board.log(f"{error.user_message}; it is tried again every second", level="warning")
        except (InvariantError, StorageError) as error:
            self._halt(error)
        return self.desk.board.take()

    def halt(self, reason: str, detail: str) -> list[Notice]:
        """Stop trading for good because something failed outside `step`; return the notice of it.

        A halt that would have passed by itself is final from then on.
        """
        if not self.halted or self.is_halt_passing:
            self.halted, self.is_halt_passing = reason, False
            self.books.version += 1
            self.desk.board.pin(TradingHalted, reason=reason, detail=detail)
        return self.desk.board.take()

    def halt_because(self, error: InvariantError | StorageError, *, over: Command) -> list[Notice]:
        """Stop trading because a law broke, or the books refused, over a command outside `step`; return the notices."""
        if not self.halted:
            self._halt(error)
        self._refuse_failed(over, error)
        return self.desk.board.take()

    def halt_with(self, other: "TradingEngine") -> None:
        """Stop as another account of the same books did; it has been told already."""
        if not self.halted:
            self.halted, self.is_halt_passing = other.halted, other.is_halt_passing
            self.books.version += 1

    def hand_over_live_orders(self) -> None:
        """Give the exchange the live orders of the books; once, at the start."""
        self._orders.hand_over_live_orders()

    def end_pause(self, at: datetime) -> list[Notice]:
        """Make ready to trade again from `at` on: what was wished before is void, and nobody knows what passed.

        Called before the gate opens. A disk that refuses halts the engine, as it does in `step`.
        """
        if self.halted:
            return []
        self.desk.clock.advance_to(at)
        try:
            self.funding.catch_up()
            self._orders.end_pause()
            self.auto_trading.end_pause(at)
        except (InvariantError, StorageError) as error:
            self._halt(error)
        return self.desk.board.take()

    def end_review(self, symbols: Collection[str]) -> list[Notice]:
        """Watch symbols again that were not traded for a while: what their next prices fill is a gap."""
        if self.halted:
            return []
        try:
            self.funding.catch_up()
            self._orders.hand_over_live_orders()
            self._orders.open_gaps(symbols)
        except (InvariantError, StorageError) as error:
            self._halt(error)
        return self.desk.board.take()

    def wait_for_prices(self) -> None:
        """Take up a gap that the process before this one left: the next prices are the first ones after it."""
        self._orders.open_gaps()

    def _on_live_quote(self, quote: Quote) -> None:
        """Take a price of now: one that says to be later is of now as well, so that its time moves nothing ahead."""
        clock = self.desk.clock
        clock.advance_to(quote.at)
        present = clock.present()
        if quote.symbol in self._gate.reviewed or self._price_age.is_too_old(quote.symbol, quote.at):
            self._show_quote(quote)
            return
        self._on_quote(quote if quote.at <= present else replace(quote, at=present))

    def _show_quote(self, quote: Quote) -> None:
        """Show a price that nothing may act on, and count what it would have been looked at for."""
        if self.desk.marks.set_quote(quote):
            self.desk.held.note_price(self.books.portfolio, quote.symbol)

    def _on_quote(self, quote: Quote) -> None:
        if quote.at < self._done_before:
            return
        desk = self.desk
        desk.clock.advance_to(quote.at)
        if not desk.marks.set_quote(quote):
            return
        portfolio = self.books.portfolio
        if not self._gate.is_open:
            desk.held.note_price(portfolio, quote.symbol)
        elif portfolio.positions or portfolio.orders:
            desk.cursor.at, desk.cursor.phase = quote.at, BarPhase.OPEN
            if self.funding.waiting:
                self.funding.settle()
            self._watch.on_quote(quote)
            self.books.note_equity()
        desk.cursor.at, desk.cursor.phase = quote.at, BarPhase.DONE

    def _decide_on_bar(self, bar: Bar) -> None:
        """Let the strategy decide on a bar of a market whose prices are its quotes."""
        if bar.closed_at < self._done_before:
            return
        desk = self.desk
        desk.clock.advance_to(bar.closed_at)
        desk.cursor.at, desk.cursor.phase = min(bar.closed_at, desk.clock.present()), BarPhase.CLOSE
        if self._gate.is_open:
            self.auto_trading.on_bar(bar)
        else:
            self.auto_trading.pass_bar(bar)

    def _trade_bar(self, bar: Bar) -> None:
        """Open, range, close: what the books already hold of this bar after a kill is not done again."""
        desk, books = self.desk, self.books
        cursor = desk.cursor
        done = _OPEN
        if bar.opened_at <= self._resumed_at:
            done = self._resumed_phase
            if done is BarPhase.DONE or bar.opened_at < self._resumed_at:
                return
        if not self._gate.is_open:
            self._pass_bar(bar)
            return
        cursor.at = bar.opened_at
        is_held = books.portfolio.positions or books.portfolio.orders
        marks = self.feed.mark_bar(bar) if is_held else None
        if done is _OPEN:
            cursor.phase = _OPEN
            desk.clock.advance_to(bar.opened_at)
            desk.marks.set_price(bar.symbol, bar.open, mark=None if marks is None else marks.open)
            if self.funding.waiting:
                self.funding.settle()
            if books.portfolio.orders:
                self._watch.on_bar_open(bar)
        desk.clock.advance_to(bar.closed_at)
        if done is not _CLOSE and (books.portfolio.orders or books.portfolio.positions):
            cursor.phase = BarPhase.RANGE
            self._watch.on_bar_range(bar, marks)
        cursor.phase = _CLOSE
        desk.marks.set_price(bar.symbol, bar.close, mark=None if marks is None else marks.close)
        if books.portfolio.positions:
            books.note_equity()
        if self.auto_trading.run is None:
            cursor.bars_seen += 1
        else:
            self.auto_trading.on_bar(bar)
        cursor.phase = BarPhase.DONE

    def _pass_bar(self, bar: Bar) -> None:
        """Show a bar without acting on it: what passes while the gate is closed is over, and is not traded later."""
        desk = self.desk
        desk.clock.advance_to(bar.closed_at)
        marks = self.feed.mark_bar(bar) if self.books.portfolio.positions else None
        desk.marks.set_price(bar.symbol, bar.close, mark=None if marks is None else marks.close)
        desk.held.note_price(self.books.portfolio, bar.symbol)
        desk.cursor.at, desk.cursor.phase = bar.opened_at, BarPhase.DONE
        self.auto_trading.pass_bar(bar)

    def _halt(self, error: InvariantError | StorageError) -> None:
        self.books.version += 1
        board = self.desk.board
        if isinstance(error, DiskError | DatabaseBusyError):
            self.halted, self.is_halt_passing = error.user_message, True
            if isinstance(error, DiskError):
                board.pin(TradingHalted, reason=DISK, detail=str(error))
            else:
                board.pin(TradingPaused, reason=DATABASE, detail=str(error))
            return
        if isinstance(error, BooksDamagedError):
            self.halted = BOOKS_DAMAGED
        else:
            is_ours = isinstance(error, InvariantError)
            self.halted = "a law of the books broke" if is_ours else "the books could not be written"
        board.pin(TradingHalted, reason=self.halted, detail=str(error))

    def _while_halted(self, event: EngineEvent) -> list[Notice]:
        if not isinstance(event, MarketEvent):
            self._commands.refuse_halted(event, self._halt_text())
        return self.desk.board.take()

    def _refuse_failed(self, event: EngineEvent, error: Exception) -> None:
        """Answer the command over which the engine has just halted, unless it was carried out before that."""
        if isinstance(event, MarketEvent):
            return
        if isinstance(error, UncertainWriteError):
            self._commands.refuse_halted(event, error.user_message, is_certain=False)
        elif isinstance(error, InvariantError | StorageError):
            self._commands.refuse_halted(event, self._halt_text())
        else:
            self._commands.refuse_halted(event, _PERHAPS, is_certain=False)

    def _halt_text(self) -> str:
        advice = "nothing was changed; try again once it goes on" if self.is_halt_passing else "restart the program"
        return f"trading is halted: {self.halted}; {advice}"


def _ratchets_of_marks(parts: EngineParts) -> Mapping[str, str]:
    return parts.desk.marks.ratchets(parts.books.portfolio)
