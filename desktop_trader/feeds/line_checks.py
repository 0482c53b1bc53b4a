"""The verification: everything that trading on a real market rests on, looked at in order, before anything trades."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, ExchangeRefusedError
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.feeds.bar_fetching import BarFetching
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.market_lists import MarketLists
from desktop_trader.feeds.tick_filter import TickFault
from desktop_trader.messages.network import CheckView

_STRATEGY_BARS = 500
_GAP_BARS_MAX = 2_000
_FRESH_SECONDS = 10.0
_GAPS_OLD = 5
_LATER_SECONDS = 2.1
"""So far apart two answers are two, though they say when they were made in whole seconds."""
_FUTURE_SECONDS = 2.0
"""By so much a price may be ahead of what we take for the exchange's time."""

TIME, MARKETS, UNITS, PRICES, CANDLES = "time", "markets", "units", "prices", "candles"
"""The checks, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What a verification looks with.

    `read_time` asks the exchange for its time and returns why it cannot be believed, "" if it can; `held_units` are
    the contract sizes that open positions were opened with; `take` brings a quote to the feed and its listeners.
    """

    ground: LineGround
    lists: MarketLists
    bars: BarFetching
    read_time: Callable[[], Awaitable[str]]
    held_units: Callable[[], Mapping[str, Decimal]]
    take: Callable[[Quote, datetime | None], TickFault | None]


class LineChecks:
    """One verification. A check returns why it fails, or what it found, which people read."""

    def __init__(self, looks: Looks, needed: Sequence[str], *, gap_since: datetime | None) -> None:
        """Prepare to look; `gap_since` is when prices were last heard before the outage."""
        self._looks = looks
        self._feed, self._calls, self._now = looks.ground.feed, looks.ground.calls, looks.ground.now
        self._needed = tuple(needed)
        self._gap_since = gap_since
        self._on_check: Callable[[CheckView], None] | None = None

    async def run(self, on_check: Callable[[CheckView], None] | None) -> list[CheckView]:
        """Look at everything in order, and stop at what fails."""
        self._on_check = on_check
        checks: tuple[tuple[str, Callable[[], Awaitable[_Finding]]], ...] = (
            (TIME, self._time),
            (MARKETS, self._markets),
            (UNITS, self._units),
            (PRICES, self._prices),
            (CANDLES, self._candles),
        )
        done: list[CheckView] = []
        for name, look in checks:
            if on_check is not None:
                on_check(CheckView(name=name, ok=None))
            try:
                finding = await look()
            except ExchangeError as error:
                finding = _Finding(error.user_message, is_good=False)
            view = CheckView(name=name, ok=finding.is_good, detail=finding.text)
            done.append(view)
            if on_check is not None:
                on_check(view)
            if not finding.is_good:
                break
        return done

    def _wait_for(self, name: str, what: str) -> None:
        """Say that something is waited for whose time is not the verification's."""
        if self._on_check is not None:
            self._on_check(CheckView(name=name, ok=None, detail=what, waits=True))

    async def _time(self) -> "_Finding":
        if not self._calls.is_open:
            self._wait_for(TIME, "what talks to the exchange is being loaded…")
            await self._calls.session()
            if self._on_check is not None:
                self._on_check(CheckView(name=TIME, ok=None))
        doubt = await self._looks.read_time()
        now = self._now()
        text = doubt or ("" if now is None else f"{now:%H:%M:%S} UTC")
        return _Finding(text, is_good=not doubt)

    async def _markets(self) -> "_Finding":
        looks = self._looks
        await looks.lists.ensure(lambda: self._wait_for(MARKETS, "the list of markets is being fetched…"))
        listing = self._feed.listing()
        unlisted = [symbol for symbol in self._needed if symbol not in listing]
        if unlisted:
            return _Finding(f"not listed: {', '.join(unlisted)}", is_good=False)
        session = await self._calls.session()
        asleep = [symbol for symbol in self._needed if not session.is_symbol_active(symbol)]
        if asleep:
            return _Finding(f"not trading at present: {', '.join(asleep)}", is_good=False)
        return _Finding(f"{len(listing)} markets")

    async def _units(self) -> "_Finding":
        listing = self._feed.listing()
        for symbol, size in self._looks.held_units().items():
            now = listing[symbol].contract_size if symbol in listing else None
            if now is not None and now != size:
                text = (
                    f"one contract of {symbol} was {size:f} when it was bought and is {now:f} now: look at it yourself"
                )
                return _Finding(text, is_good=False)
        return _Finding("as they were")

    async def _prices(self) -> "_Finding":
        ages: dict[str, float | None] = {}
        for symbols in (self._needed, ()):
            old = [symbol for symbol in ages if self._is_old(symbol, ages[symbol])]
            if old:  # only a later answer shows that nothing changes there
                await self._looks.ground.clock.sleep(_LATER_SECONDS)
            for symbol in (*symbols, *old):
                fault, ages[symbol] = await self._price_of(symbol)
                if fault is not None and fault.is_bad:
                    return _Finding(f"the price of {symbol} cannot be believed: {fault.value}", is_good=False)
        for symbol, age in ages.items():
            if age is None or age < -_FUTURE_SECONDS or self._is_old(symbol, age):
                return _Finding(f"the price of {symbol} is {_age_text(age)}", is_good=False)
        return _Finding(f"{max((age or 0.0 for age in ages.values()), default=0.0):.1f} s old at most")

    def _is_old(self, symbol: str, age: float | None) -> bool:
        return age is not None and age > self._oldest(symbol)

    async def _price_of(self, symbol: str) -> tuple[TickFault | None, float | None]:
        """Ask for a price; return what is wrong with it, and how old the believed one is."""
        answer = await self._calls.ask(lambda session: session.quote_answer(symbol))
        return self._looks.take(answer.quote, answer.answered_at), self._age(symbol)

    def _age(self, symbol: str) -> float | None:
        newest, now = self._feed.filter.last(symbol), self._now()
        return None if newest is None or now is None else (now - newest.at).total_seconds()

    def _oldest(self, symbol: str) -> float:
        cadence = self._feed.cadence(symbol)
        return max(_FRESH_SECONDS, 0.0 if cadence is None else _GAPS_OLD * cadence.total_seconds())

    async def _candles(self) -> "_Finding":
        """Fetch what closed meanwhile: strategies take their window from it, the report the levels crossed.

        The report is for information: where no minutes can be had for it, trading goes on without them.
        """
        new, without = 0, []
        self._looks.bars.forget_holes()
        decides = {(symbol, each.timeframe) for symbol, each in self._feed.sequences()}
        for symbol, timeframe, limit in self._wanted():
            try:
                new += await self._looks.bars.complete(symbol, timeframe, limit=limit, priority=Priority.MARKET)
            except (BadAnswerError, ExchangeRefusedError):
                if (symbol, timeframe) in decides:
                    raise
                without.append(symbol)
        text = f"{new} fetched" if new else "none missing"
        return _Finding(f"{text}; no minutes of {', '.join(without)}" if without else text)

    def _wanted(self) -> list[tuple[str, Timeframe, int]]:
        now = self._now()
        followed = {(symbol, each.timeframe) for symbol, each in self._feed.sequences()}
        wanted = {(symbol, timeframe): _STRATEGY_BARS for symbol, timeframe in followed if symbol in self._needed}
        minutes = _STRATEGY_BARS  # what a process before this one missed is not known here
        if now is not None and self._gap_since is not None:
            minutes = min((now - self._gap_since) // timedelta(minutes=1) + 2, _GAP_BARS_MAX)
        for symbol in self._needed:
            wanted[symbol, Timeframe.M1] = max(wanted.get((symbol, Timeframe.M1), 0), minutes)
        return [(symbol, timeframe, limit) for (symbol, timeframe), limit in sorted(wanted.items())]


def _age_text(age: float | None) -> str:
    if age is None:
        return "unknown"
    return f"{age:.0f} s old" if age >= 0 else f"from {-age:.0f} s in the future"


class _Finding:
    """What a check found, in words."""

    __slots__ = ("is_good", "text")

    def __init__(self, text: str, *, is_good: bool = True) -> None:
        self.text = text
        self.is_good = is_good
