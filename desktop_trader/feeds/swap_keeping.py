"""Keeps what is known of followed swaps fresh: mark prices, what funding is due and was due, tiers of margin."""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from desktop_trader.domain.errors import AuthRefusedError, BadAnswerError, ExchangeError, ExchangeRefusedError
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import Bar, FundingRate, Timeframe
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.swap_answers import DueRate, FundingAnswer
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.market_session import MarketSession
from desktop_trader.feeds.tick_ears import TickEars

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_NEEDED_EVERY, _SHOWN_EVERY = 10.0, 60.0
"""Of a swap that is held the mark price is asked for more often than of one that is only looked at."""
_SETTLE = timedelta(seconds=5)
"""How long after its instant a rate is asked for: exchanges pay a moment later."""
_HISTORY_EVERY = 30.0
_REFUSED_SECONDS = 600.0
_HOUR = Timeframe.H1.duration
_MOST_HOURS = 1_000
_OWN = (BadAnswerError, ExchangeRefusedError, AuthRefusedError)
"""Answers that say something of the question alone: not every exchange tells everything to everybody."""


@dataclass(slots=True)
class _Turn:
    """When a symbol is asked about next, in monotonic seconds."""

    funding_at: float = 0.0
    history_at: float = 0.0
    tiers_at: float = 0.0
    has_tiers: bool = False


class SwapKeeping:
    """One loop; `run` until it is cancelled. `ears` wake the engine when it has something to pull."""

    def __init__(self, ground: LineGround, ears: TickEars) -> None:
        """Ask nothing yet."""
        self.needed: Collection[str] = frozenset()
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._now = ground.now
        self._ears = ears
        self._turns: dict[str, _Turn] = {}
        self._since: dict[str, datetime] = {}

    async def run(self) -> None:
        """Ask what is due to be asked, one question after the other."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            for symbol in self._followed():
                if self._calls.works.is_set() and self._calls.is_open and self._now() is not None:
                    await self._keep(symbol)

    def _followed(self) -> list[str]:
        listing = self._feed.listing()
        swaps = [
            each for each in self._feed.followed() if each in listing and listing[each].kind is InstrumentKind.SWAP
        ]
        return sorted(swaps, key=lambda symbol: symbol not in self.needed)

    async def _keep(self, symbol: str) -> None:
        now = self._now()
        if now is None:
            return
        turn = self._turns.setdefault(symbol, _Turn())
        swaps = (await self._calls.session()).swaps  # is open: nothing is waited for, and nothing fails
        if swaps.has_funding and self._is_turn(turn.funding_at):
            turn.funding_at = self._next(_NEEDED_EVERY if symbol in self.needed else _SHOWN_EVERY)
            answer = await self._ask(lambda session: session.swaps.funding_rate(symbol))
            if answer is None:
                turn.funding_at = max(turn.funding_at, self._next(_SHOWN_EVERY))
            else:
                await self._take_funding(answer)
        since = self._history_from(symbol, now)
        if swaps.has_history and since is not None and self._is_turn(turn.history_at):
            turn.history_at = self._next(_HISTORY_EVERY)
            history = await self._ask(lambda session: session.swaps.funding_history(symbol, since=since))
            if history is not None:
                await self._take_rates(symbol, history, since=since)
        if not swaps.has_history:
            await self._take_estimate(symbol, now)
        price = self._price(symbol)
        if swaps.has_tiers and not turn.has_tiers and price is not None and self._is_turn(turn.tiers_at):
            turn.tiers_at = self._next(_REFUSED_SECONDS)
            tiers = await self._ask(lambda session: session.swaps.leverage_tiers({symbol: price}))
            if tiers is not None:
                turn.has_tiers = True
                self._feed.take_terms(symbol, brackets=tiers.get(symbol, ()), interval=None)

    async def _ask(self, question: Callable[[MarketSession], Awaitable[_T]]) -> _T | None:
        """Ask something that is asked again anyway; None where it was not answered, which has been told."""
        try:
            return await self._calls.ask(question, own=_OWN)
        except _OWN as error:
            _log.info("The exchange does not tell: %s", error)
        except ExchangeError as error:
            _log.debug("Not answered: %s", error)
        return None

    async def _take_funding(self, answer: FundingAnswer) -> None:
        now, symbol, funding = self._now(), answer.symbol, self._feed.funding
        if now is None:
            return
        self._since.setdefault(symbol, now)
        if answer.mark_price is not None:
            funding.take_mark(symbol, answer.mark_price, at=now)
        if answer.interval is not None:
            self._feed.take_terms(symbol, interval=answer.interval)
        price = answer.mark_price or self._price(symbol)
        if answer.coming is not None and price is not None:
            funding.take_coming(
                FundingRate(
                    symbol=symbol, at=answer.coming.at, rate=answer.coming.rate, mark_price=price, is_estimate=True
                )
            )
        settled = answer.settled
        if settled is not None and settled.at >= self._since[symbol] and not funding.has_rate(symbol, settled.at):
            await self._take_rates(symbol, [settled], since=settled.at)

    async def _take_estimate(self, symbol: str, now: datetime) -> None:
        """Take the last estimate for the rate, where the exchange tells nobody afterwards what it was."""
        due = self._feed.funding.due_before(symbol, now - _SETTLE)
        if due is not None and not self._feed.funding.has_rate(symbol, due.at):
            await self._take_rates(symbol, [DueRate(at=due.at, rate=due.rate)], since=due.at)

    async def _take_rates(self, symbol: str, rates: Sequence[DueRate], *, since: datetime) -> None:
        """Give every rate the mark of its instant, and to the feed; one that no price is known for is left out."""
        new = [each for each in rates if not self._feed.funding.has_rate(symbol, each.at)]
        marks = {each.at: self._feed.funding.mark_at(symbol, each.at) for each in new}
        without = [at for at, mark in marks.items() if mark is None]
        if without:
            bars = await self._ask(lambda session: _hours(session, symbol, min(without), max(without)))
            if bars is None:
                return  # asked again with the next turn
            for at in without:
                marks[at] = next((bar.close for bar in reversed(bars) if bar.closed_at <= at), None)
        known = [(each, mark) for each in new if (mark := marks[each.at]) is not None]
        if len(known) < len(new):
            _log.warning("No price of %s is known for %d times of funding", symbol, len(new) - len(known))
        events = [FundingRate(symbol=symbol, at=each.at, rate=each.rate, mark_price=mark) for each, mark in known]
        if self._feed.take_rates(symbol, events, since=since):
            self._ears.wake()

    def _history_from(self, symbol: str, now: datetime) -> datetime | None:
        """Return since when rates are missing: those that somebody wants, or the one that is just due."""
        funding = self._feed.funding
        wanted = funding.missing_from(symbol)
        if wanted is not None:
            return wanted
        if symbol not in self._since:
            self._since[symbol] = now
        due = funding.due_before(symbol, now - _SETTLE)
        is_missing = due is not None and due.at >= self._since[symbol] and not funding.has_rate(symbol, due.at)
        return due.at if due is not None and is_missing else None

    def _price(self, symbol: str) -> Decimal | None:
        last = self._feed.filter.last(symbol)
        return None if last is None else last.last

    def _is_turn(self, at: float) -> bool:
        return self._clock.monotonic() >= at

    def _next(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds


async def _hours(session: MarketSession, symbol: str, first: datetime, last: datetime) -> Sequence[Bar]:
    """Return the hourly bars that closed by two instants and between them."""
    since = Timeframe.H1.bar_start(first) - 2 * _HOUR
    count = min((last - since) // _HOUR + 1, _MOST_HOURS)
    return await session.bars(symbol, Timeframe.H1, since=since, limit=count, priority=Priority.CHART)
