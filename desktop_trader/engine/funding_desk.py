"""Funding: what open swaps pay and are paid at the instants of their market, once for each instant and position.

Rates come as events of the market. While the gate is closed nothing is booked: what was due meanwhile, or while nobody
ran, is asked for when trading goes on. The key of each entry names account, symbol, instant and position, so that it
does not matter how often a rate comes, or from where.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from desktop_trader.domain.funding import funding_key, is_due
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import book_funding
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages.notices import FundingPaid

_ESTIMATES_LAST = timedelta(seconds=5)
"""So long an estimate is shown before the market is asked for a newer one."""


class FundingDesk:
    """Books the funding of one account. One thread.

    `waiting` holds the rates that came while nothing was booked; whoever finds the gate open again settles them.
    """

    def __init__(self, books: Bookkeeper, desk: Desk, feed: MarketFeed) -> None:
        """Book for the positions of these books what this market says is due."""
        self._books = books
        self._desk = desk
        self._feed = feed
        self._instruments = feed.listing()
        self._booked: set[str] = set()
        self._shown: tuple[tuple[str, ...], datetime, tuple[FundingRate, ...]] = ((), desk.clock.now(), ())
        self.waiting: list[FundingRate] = []

    def due_next(self) -> tuple[FundingRate, ...]:
        """Return what is due next for each followed swap, as it was estimated within the last seconds."""
        now = self._desk.clock.now()
        swaps = tuple(each.symbol for each in self._feed.instruments() if each.kind is InstrumentKind.SWAP)
        symbols, asked_at, rates = self._shown
        if symbols == swaps and now < asked_at + _ESTIMATES_LAST and all(rate.at > now for rate in rates):
            return rates
        estimates = (self._feed.next_funding(symbol, at=now) for symbol in swaps)
        rates = tuple(rate for rate in estimates if rate is not None)
        self._shown = (swaps, now, rates)
        return rates

    def on_rate(self, rate: FundingRate) -> None:
        """Book what is due at this instant, or keep it until trading goes on."""
        self._desk.clock.advance_to(rate.at)
        if rate.is_estimate or not self._books.portfolio.positions:
            return
        if not self._desk.gate.is_open or rate.symbol in self._desk.gate.reviewed:
            self.waiting.append(rate)
            return
        self._book([rate])

    def settle(self) -> None:
        """Book what came while the gate was held, before anything else happens at the next price."""
        waiting, self.waiting = self.waiting, []
        self._book(waiting)

    def catch_up(self) -> None:
        """Book everything that was due since each position was opened, and that nobody has booked: oldest first."""
        now, rates = self._desk.clock.now(), self.waiting
        self.waiting = []
        opened: dict[str, datetime] = {}
        for position in self._books.portfolio.positions.values():
            instrument = self._instruments.get(position.symbol)
            if instrument is not None and instrument.kind is InstrumentKind.SWAP:
                since = opened.get(position.symbol, position.opened_at)
                opened[position.symbol] = min(since, position.opened_at)
        for symbol, since in opened.items():
            rates += self._feed.funding_rates(symbol, after=since, until=now)
        self._book(sorted(rates, key=lambda rate: (rate.at, rate.symbol)))

    def _book(self, rates: Iterable[FundingRate]) -> None:
        for rate in rates:
            if rate.symbol in self._desk.gate.reviewed:
                self.waiting.append(rate)
                continue
            for position_id in sorted(self._books.portfolio.positions):
                self._book_one(self._books.portfolio.positions[position_id], rate)

    def _book_one(self, position: Position, rate: FundingRate) -> None:
        instrument = self._instruments.get(position.symbol)
        if instrument is None or not is_due(position, rate, instrument=instrument):
            return
        key = funding_key(position, rate)
        if key in self._booked or self._books.has_entry(key):
            self._booked.add(key)
            return
        movement = book_funding(self._books.portfolio, position, rate=rate, at=self._desk.clock.now())
        if not movement.drafts:
            return
        self._books.post(movement)
        self._booked.add(key)
        after = movement.positions[0]
        self._desk.board.pin(
            FundingPaid,
            symbol=position.symbol,
            position_id=position.id,
            amount=after.funding - position.funding,
            rate=rate.rate,
            price=rate.mark_price,
            current_balance=self._books.portfolio.wallet.total,
        )
