"""Funding: what open swaps pay and are paid at the instants of their market, once for each instant and position.

Rates come as events of the market. While the gate is closed nothing is booked: what was due meanwhile, or while nobody
ran, is asked for when trading goes on. The key of each entry names account, symbol, instant and position, so that it
does not matter how often a rate comes, or from where.

What counts is what was open at the instant, however late the rate comes (a live market tells it seconds later): what
was filled since is taken back out of the books, and lots that have been closed since take part as well, for a day.
Funding that nobody could pay is decided with that: it leaves no entry, but a ratchet (`unpaid:<position>:<instant>`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.funding import funding_amount, funding_key, is_due, quantity_at
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import FundingRate, instant_text
from desktop_trader.domain.money import canonical
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import book_funding
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.ports import LaterTrades, MarketFeed
from desktop_trader.messages.notices import FundingPaid

_ESTIMATES_LAST = timedelta(seconds=5)
"""So long an estimate is shown before the market is asked for a newer one."""
_CHARGED_FOR = timedelta(days=1)
"""So long after an instant a lot that has been closed since is still charged, and paid, what was due then."""
_RATCHET = "unpaid:"


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
        self._unpaid = dict(_unpaid_of(books.stored_ratchets))
        self._traded: tuple[int, datetime, LaterTrades] | None = None
        self._shown: tuple[tuple[str, ...], datetime, tuple[FundingRate, ...]] = ((), desk.clock.now(), ())
        self.waiting: list[FundingRate] = []
        books.ratchet_sources.append(self._ratchets)

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
        if rate.is_estimate or not (self._books.portfolio.positions or self._is_late(rate)):
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
        """Book everything that was due since each position was opened, and that nobody has booked: oldest first.

        Of what has been closed within the last day too: its rates may not have been known when the market went away.
        """
        now, rates = self._desk.clock.now(), self.waiting
        self.waiting = []
        lately = now - _CHARGED_FOR
        closed = ((each.symbol, max(each.opened_at, lately)) for each in self._closed_since(lately))
        held = ((each.symbol, each.opened_at) for each in self._books.portfolio.positions.values())
        opened: dict[str, datetime] = {}
        for symbol, since in (*held, *closed):
            if self._is_swap(symbol):
                opened[symbol] = min(since, opened.get(symbol, since))
        for symbol, since in opened.items():
            rates += self._feed.funding_rates(symbol, after=since, until=now)
        self._book(sorted(rates, key=lambda rate: (rate.at, rate.symbol)))

    def _book(self, rates: Iterable[FundingRate]) -> None:
        for rate in rates:
            if rate.symbol in self._desk.gate.reviewed:
                self.waiting.append(rate)
            elif self._is_swap(rate.symbol):
                for position in self._lots(rate):
                    # What one of them lends another on cross moves it: it is taken as it is now.
                    self._book_one(self._books.portfolio.positions.get(position.id, position), rate)

    def _lots(self, rate: FundingRate) -> list[Position]:
        """Return the open lots of a symbol, and those that have been closed since the instant; oldest first."""
        lots = [each for each in self._books.portfolio.positions.values() if each.symbol == rate.symbol]
        if self._is_late(rate) and self._desk.clock.now() - rate.at <= _CHARGED_FOR:
            lots += (each for each in self._closed_since(rate.at) if each.symbol == rate.symbol)
        return sorted(lots, key=lambda each: each.id)

    def _closed_since(self, at: datetime) -> list[Position]:
        """Return the lots of the present run that were opened and closed on this market, not on another calendar."""
        run_id, anchor_at, now = self._books.portfolio.run.id, self._desk.cursor.anchor_at, self._desk.clock.now()
        return [
            each
            for each in self._since(at).closed
            if each.run_id == run_id and each.opened_at >= anchor_at and each.closed_at and at < each.closed_at <= now
        ]

    def _book_one(self, position: Position, rate: FundingRate) -> None:
        if not is_due(position, rate, instrument=self._instruments[position.symbol]):
            return
        key = funding_key(position, rate)
        if key in self._booked or (position.id, rate.at) in self._unpaid or self._books.has_entry(key):
            self._booked.add(key)
            return
        quantity = self._quantity_at(position, rate)
        now = self._desk.clock.now()
        movement = book_funding(self._books.portfolio, position, rate=rate, at=now, quantity=quantity)
        if not movement.drafts:
            amount = funding_amount(position, rate, quantity=quantity)
            if amount < 0:
                self._unpaid[(position.id, rate.at)] = -amount
            return
        self._books.post(movement)
        self._booked.add(key)
        if not position.is_open:
            self._traded = None  # what was read of it is older than that
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

    def _quantity_at(self, position: Position, rate: FundingRate) -> Decimal:
        """Return what was open of a position at the instant; a rate that comes in time asks nobody."""
        if not self._is_late(rate):
            return position.quantity
        return quantity_at(position, rate.at, later=self._since(rate.at).fills)

    def _since(self, at: datetime) -> LaterTrades:
        """Return what was traded since; read again only after another fill, or for an earlier time."""
        next_fill = self._books.next_ids.fill
        if self._traded is None or self._traded[0] != next_fill or at < self._traded[1]:
            self._traded = (next_fill, at, self._books.trades.since(self._books.portfolio.account.id, at))
        return self._traded[2]

    def _is_late(self, rate: FundingRate) -> bool:
        return self._desk.clock.now() > rate.at

    def _is_swap(self, symbol: str) -> bool:
        instrument = self._instruments.get(symbol)
        return instrument is not None and instrument.kind is InstrumentKind.SWAP

    def _ratchets(self) -> Mapping[str, str]:
        """Return what nobody could pay, and forget it once no rate of it can come any more."""
        if not self._unpaid:
            return {}
        held, since = self._books.portfolio.positions, self._desk.clock.now() - _CHARGED_FOR
        self._unpaid = {key: owed for key, owed in self._unpaid.items() if key[0] in held or key[1] >= since}
        return {
            f"{_RATCHET}{number}:{instant_text(at)}": canonical(owed) for (number, at), owed in self._unpaid.items()
        }


def _unpaid_of(ratchets: Mapping[str, str]) -> Iterable[tuple[tuple[int, datetime], Decimal]]:
    """Yield what could not be paid: the position, the instant and the amount."""
    for key, owed in ratchets.items():
        if key.startswith(_RATCHET):
            number, _, at = key.removeprefix(_RATCHET).partition(":")
            yield (int(number), datetime.fromisoformat(at)), Decimal(owed)
