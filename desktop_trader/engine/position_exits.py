"""Leaves positions whose stop, target, trailing stop or liquidation level a price reaches.

What comes first among several levels is decided in `domain.protection`, what of cross positions in `liquidation_desk`.
The order that leaves is placed by the order desk and filled by the exchange at the same price.

A quote may need several commits: what it leaves, then each fill of what the exchange matches. When the process dies
between two of them, the quote comes once more and finds what it has made itself: lots that it opened, margins that its
fills changed. So a ratchet (`exits:<symbol>` -> the quote's time) says that this quote has been held against the
positions; one that comes again is not, and goes on with the exchange where it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.cross_margin import cross_liquidation_price
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote, instant_text
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import Direction, MarginMode, OrderReason
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import Levels, ProtectiveHit, hit_by_bar, hit_by_quote, levels_of
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.liquidation_desk import ForcedClose, LiquidationDesk
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.ports import BarPhase
from desktop_trader.engine.tickets import ExitTicket
from desktop_trader.engine.trails import Trails

_RATCHET = "exits:"


class _Watched:
    """The levels of a position while it and its trail stay as they are, and between which prices nothing happens."""

    __slots__ = ("_high", "_low", "best", "levels", "position")

    def __init__(self, position: Position, best: Decimal | None, levels: Levels) -> None:
        self.position = position
        self.best = best
        self.levels = levels
        against = [level for level in (levels.stop, levels.liquidation) if level is not None]
        if position.direction is Direction.LONG:
            self._low, self._high = max(against, default=None), levels.target
        else:
            self._low, self._high = levels.target, min(against, default=None)

    def is_quiet(self, low: Decimal, high: Decimal) -> bool:
        """Say whether prices between these two reach no level."""
        return (self._low is None or low > self._low) and (self._high is None or high < self._high)


class PositionExits:
    """Looks at the positions of one account at every price of their symbols. One thread."""

    def __init__(
        self, books: Bookkeeper, orders: OrderDesk, trails: Trails, *, desk: Desk, instruments: Mapping[str, Instrument]
    ) -> None:
        """Leave positions through `orders`."""
        self._books = books
        self._orders = orders
        self._trails = trails
        self._desk = desk
        self._instruments = instruments
        self._liquidations = LiquidationDesk(books, desk, instruments)
        self._watched: dict[int, _Watched] = {}
        self._looked_at: dict[str, datetime] = {}
        self._done_before_kill = {
            key.removeprefix(_RATCHET): datetime.fromisoformat(value)
            for key, value in books.stored_ratchets.items()
            if key.startswith(_RATCHET)
        }
        books.ratchet_sources.append(self._ratchets)

    def on_quote(self, quote: Quote, instrument: Instrument) -> None:
        """Leave what this quote hits, apart from cross positions without margin; once, however often it comes."""
        if self._done_before_kill and self._done_before_kill.pop(quote.symbol, None) == quote.at:
            self._looked_at[quote.symbol] = quote.at
            return
        mark = quote.mark_price
        low, high = min(quote.bid, mark), max(quote.ask, mark)
        for position in _held(self._books.portfolio, quote.symbol):
            if position.trail_percent is not None:
                price = quote.bid if position.direction is Direction.LONG else quote.ask
                self._trails.follow(position, price, instrument=instrument)
            watched = self._watch(position, instrument)
            if watched.is_quiet(low, high):
                continue
            hit = hit_by_quote(position, quote, instrument=instrument, levels=watched.levels)
            if hit is not None:
                self._leave(position, hit, eligible_at=quote.at)
        self._looked_at[quote.symbol] = quote.at

    def liquidate_at_quote(self, quote: Quote, match: Callable[[], None]) -> None:
        """Close cross positions by force, the one with the largest loss first, until the account can answer again."""
        portfolio = self._books.portfolio
        if not any(each.margin_mode is MarginMode.CROSS for each in portfolio.positions.values()):
            return
        while (forced := self._liquidations.due_at_quote(quote)) is not None:
            if not self._force(forced, eligible_at=quote.at):
                return
            match()

    def on_bar(self, bar: Bar, mark_bar: Bar | None, *, match: Callable[[], None]) -> None:
        """Leave what a bar's range hits, one after the other; then trailing stops follow the bar."""
        instrument, marks = self._instruments[bar.symbol], mark_bar or bar
        low, high = bar.low, bar.high
        if mark_bar is not None:
            low, high = min(low, marks.low), max(high, marks.high)
        reached: list[Position] = []
        is_cross = is_trailing = False
        for position in self._books.portfolio.positions.values():
            if position.symbol == bar.symbol:
                is_cross = is_cross or position.margin_mode is MarginMode.CROSS
                is_trailing = is_trailing or position.trail_percent is not None
                if not self._watch(position, instrument).is_quiet(low, high):
                    reached.append(position)
        if is_cross:
            self._leave_cross_in_bar(bar, mark_bar, match)
        elif reached:
            self._leave_in_bar(reached, bar, mark_bar, match)
        if is_trailing:
            for position in _held(self._books.portfolio, bar.symbol):
                self._trails.follow_bar(position, bar, instrument=instrument)

    def _leave_in_bar(
        self,
        held: list[Position],
        bar: Bar,
        mark_bar: Bar | None,
        match: Callable[[], None],
        *,
        knows_account: bool = False,
    ) -> None:
        """Leave what a bar's range hits, but for cross positions without margin; `held` are those of its symbol."""
        instrument = self._instruments[bar.symbol]
        for before in held:
            position = self._books.portfolio.positions.get(before.id)  # what was left before it may have ended it
            if position is None:
                continue
            if knows_account:
                levels = self._levels_before_account(position, instrument)
            else:
                levels = self._watch(position, instrument).levels
            hit = hit_by_bar(position, bar, instrument=instrument, mark_bar=mark_bar, levels=levels)
            if hit is None:
                continue
            if hit.reason is OrderReason.LIQUIDATION:
                if position.margin_mode is MarginMode.CROSS:
                    continue
                hit = _at_open(position, hit, bar, mark_bar)
            if self._leave(position, hit, eligible_at=bar.opened_at):
                match()

    def _leave_cross_in_bar(self, bar: Bar, mark_bar: Bar | None, match: Callable[[], None]) -> None:
        """Leave what a bar hits before the account falls short, then close by force, then leave what is hit beyond."""
        self._leave_in_bar(_held(self._books.portfolio, bar.symbol), bar, mark_bar, match, knows_account=True)
        while (forced := self._liquidations.due_in_bar(bar, mark_bar)) is not None:
            if not self._force(forced, eligible_at=bar.opened_at):
                break
            match()
        self._leave_in_bar(_held(self._books.portfolio, bar.symbol), bar, mark_bar, match)

    def _watch(self, position: Position, instrument: Instrument) -> "_Watched":
        """Return the levels of a position, worked out anew only when it or its trail has moved."""
        best = None if position.trail_percent is None else self._trails.best_of(position)
        known = self._watched.get(position.id)
        if known is not None and known.position is position and known.best == best:
            return known
        if len(self._watched) > 2 * len(self._books.portfolio.positions):
            self._watched.clear()
        watched = _Watched(position, best, levels_of(position, instrument, best=best))
        self._watched[position.id] = watched
        return watched

    def _levels_before_account(self, position: Position, instrument: Instrument) -> Levels:
        """Return the levels of a position for a bar, in which that of its account may come before its stop."""
        if position.margin_mode is not MarginMode.CROSS:
            return self._watch(position, instrument).levels
        best = None if position.trail_percent is None else self._trails.best_of(position)
        account_level = cross_liquidation_price(
            self._books.portfolio, position, marks=self._desk.marks.mark, instruments=self._instruments
        )
        return levels_of(position, instrument, best=best, account_level=account_level)

    def _force(self, forced: ForcedClose, *, eligible_at: datetime) -> bool:
        """Close a cross position by force; say whether that was possible."""
        if forced.hit is not None:
            return self._leave(forced.position, forced.hit, eligible_at=eligible_at)
        ticket = ExitTicket(
            reason=OrderReason.LIQUIDATION,
            epoch=self._desk.gate.epoch,
            detail="liquidated: the account cannot answer for its cross positions any more",
        )
        return self._orders.place_exit(forced.position, ticket) is not None

    def _ratchets(self) -> Mapping[str, str]:
        """Return the quotes of this very instant that have been looked at; one that is done does not come again."""
        cursor = self._desk.cursor
        if cursor.phase is not BarPhase.OPEN or not self._looked_at:
            return {}
        return {f"{_RATCHET}{name}": instant_text(at) for name, at in self._looked_at.items() if at == cursor.at}

    def _leave(self, position: Position, hit: ProtectiveHit, *, eligible_at: datetime) -> bool:
        ticket = ExitTicket(
            reason=hit.reason,
            epoch=self._desk.gate.epoch,
            type=hit.type,
            trigger_price=hit.trigger_price,
            eligible_at=eligible_at,
            detail=_detail(hit),
        )
        return self._orders.place_exit(position, ticket) is not None


def _held(portfolio: Portfolio, symbol: str) -> list[Position]:
    return [position for position in portfolio.positions.values() if position.symbol == symbol]


def _at_open(position: Position, hit: ProtectiveHit, bar: Bar, mark_bar: Bar | None) -> ProtectiveHit:
    """Leave at the open where the mark opened beyond the liquidation level, wherever the market went afterwards."""
    if mark_bar is None:
        return hit
    is_beyond = (mark_bar.open - hit.level) * position.direction.sign <= 0
    return replace(hit, trigger_price=bar.open) if is_beyond else hit


def _detail(hit: ProtectiveHit) -> str:
    if hit.reason is OrderReason.LIQUIDATION:
        return f"liquidated: the mark reached {canonical(hit.level)}"
    return ""
