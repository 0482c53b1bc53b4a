"""Whether an entry may be placed now: the latches, the market's units, the terms, the rules, the limits, the funds."""

from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain.cross_margin import free_collateral
from desktop_trader.domain.entry_rules import Denial, EntryWish, Rule
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Direction, OrderStatus
from desktop_trader.domain.order_terms import OrderTerms, check_terms, first_denial
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.risk import Funds, RiskLimits, Verdict, check_entry
from desktop_trader.domain.standing import exposure_of_all, notional_in
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.units_check import UnitsCheck, units_text


class EntryCheck:
    """Checks the entries of one account: those of people, of strategies and of signals all pass here. One thread."""

    def __init__(self, books: Bookkeeper, desk: Desk, *, limits: RiskLimits, units: UnitsCheck) -> None:
        """Check within `limits`."""
        self._books = books
        self._desk = desk
        self._limits = limits
        self._units = units

    @property
    def cuts_down(self) -> bool:
        """Whether an entry may become smaller than it was asked for."""
        return self._limits.cuts_down

    def capital(self) -> Decimal:
        """Return what a stake in percent is a part of: the balance, or the trading capital where that is less."""
        return self._limits.capital_of(self._books.portfolio.wallet.total)

    def closed(self) -> Denial | None:
        """Return why nothing may be entered at all; None while entries are open."""
        if self._books.close_only:
            return Denial(
                reason=Rule.CLOSE_ONLY,
                detail=f"after a close all ({self._books.close_only}) nothing is entered until a person allows it",
            )
        if self._books.is_entries_paused:
            return Denial(reason=Rule.ENTRIES_PAUSED, detail="new entries are paused; resume them first")
        return None

    def verdict(
        self, wish: EntryWish, terms: OrderTerms, *, portfolio: Portfolio | None = None, is_whole: bool = False
    ) -> Verdict | Denial:
        """Return what came of the rules, or why none was looked at. `is_whole`: nothing is cut down.

        `portfolio` is the account as it will stand then; the present one without.
        """
        account = portfolio or self._books.portfolio
        denial = self._no_market(wish.instrument, account)
        if denial is not None:
            return denial
        side, at = wish.direction.entry_side, self._desk.clock.present()
        market = self._desk.marks.entry_price(wish.instrument.symbol, wish.direction)
        compared = check_terms(terms, side, market=market, at=at)
        denial = first_denial(compared)
        if denial is not None:
            return denial
        funds = self._funds(account)
        if funds is None:
            return Denial(
                reason=Rule.NO_PRICE, detail="what is free is unknown while a cross position has no mark price"
            )
        limits = replace(self._limits, cuts_down=False) if is_whole and self._limits.cuts_down else self._limits
        verdict = check_entry(wish, account, limits=limits, funds=funds)
        return verdict.denial or (replace(verdict, checks=compared + verdict.checks) if compared else verdict)

    def on_top(self, wish: EntryWish, account: Portfolio, *, pair: str = "") -> EntryWish:
        """Return a wish with what the account has open and ordered already; the other order of `pair` ends with it."""
        if not account.positions and not account.orders:
            return wish
        marks, instrument = self._desk.marks, wish.instrument
        price = marks.mark(instrument.symbol) or wish.price
        standing = replace(
            wish.standing,
            notional=notional_in(account, instrument, direction=wish.direction, price=price, pair=pair),
            exposure=exposure_of_all(account, marks.mark, pair=pair),
        )
        return replace(wish, standing=standing)

    def _no_market(self, instrument: Instrument, portfolio: Portfolio) -> Denial | None:
        for position in portfolio.positions.values():
            if position.symbol == instrument.symbol and not self._units.holds(position, instrument):
                return Denial(reason=Rule.UNITS_CHANGED, detail=units_text(position, instrument))
        for order in portfolio.orders.values():
            if order.status is OrderStatus.UNKNOWN and order.symbol == instrument.symbol:
                return Denial(
                    reason=Rule.UNKNOWN_ORDER,
                    detail=f"nobody knows yet what became of order {order.id} of {order.symbol}; no other is placed "
                    "there until then",
                )
        return None

    def _funds(self, portfolio: Portfolio) -> Funds | None:
        marks = self._desk.marks
        if not portfolio.positions:
            return Funds(free=portfolio.wallet.available, equity=portfolio.wallet.total)
        free, unrealized = free_collateral(portfolio, marks.mark), marks.unrealized(portfolio)
        if free is None:
            return None
        return Funds(free=free, equity=portfolio.wallet.total if unrealized is None else portfolio.equity(unrealized))


def market_direction(buys: bool) -> Direction:
    """Return the direction whose entry pays what such an order pays: the ask for a buy, the bid for a sell."""
    return Direction.LONG if buys else Direction.SHORT
