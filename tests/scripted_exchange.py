"""An exchange as its feed and line show it, in virtual time: it ticks, answers, and breaks in every way a test asks."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from random import Random

from desktop_trader.domain import errors as e
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Quote, Timeframe
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.market_line import LineListener
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.messages.network import CheckView

_LIGHT_SECONDS = 0.05
ASK_EVERY = 5.0
"""How often the line asks something by itself."""


class Fault(Enum):
    """What is the matter. Whatever does not say so lets ticks and answers both end."""

    NONE = "nothing"
    BLACKHOLE = "no packet comes back"
    REFUSED = "connection refused"
    NO_NAME = "the name is not found"
    BAD_TLS = "the certificate is not theirs"
    BAD_GATEWAY = "502"
    JSON_503 = "503 with JSON"
    LIMITED = "429"
    BANNED = "418"
    MAINTENANCE = "maintenance"
    PORTAL = "200 with HTML"
    EMPTY = "{}"
    NAN_TIME = "a time that is no number"
    SLOW = "one byte a second"
    SILENT_SOCKET = "answers come, ticks do not"
    DEAD_REST = "ticks come, answers do not"
    SILENT_SYMBOL = "one symbol does not tick"
    KEY_REVOKED = "the key is refused"


_TICKING = frozenset(
    {Fault.NONE, Fault.DEAD_REST, Fault.SILENT_SYMBOL, Fault.KEY_REVOKED, Fault.BAD_GATEWAY, Fault.LIMITED}
)
_ERRORS: dict[Fault, Callable[[], e.ExchangeError]] = {
    Fault.REFUSED: lambda: e.NetworkDownError("Connection refused"),
    Fault.NO_NAME: lambda: e.NetworkDownError("The name of the exchange is not known"),
    Fault.BAD_TLS: lambda: e.NetworkDownError("The certificate is not to be trusted"),
    Fault.BAD_GATEWAY: lambda: e.ExchangeUnavailableError("The exchange answers 502"),
    Fault.JSON_503: lambda: e.ExchangeUnavailableError("The exchange answers 503"),
    Fault.MAINTENANCE: lambda: e.ExchangeUnavailableError("The exchange is being maintained"),
    Fault.LIMITED: lambda: e.RateLimitedError("Too many calls", retry_after_seconds=30),
    Fault.BANNED: lambda: e.RateLimitedError("Banned for two minutes", retry_after_seconds=120),
    Fault.PORTAL: lambda: e.BadAnswerError("The answer is a web page"),
    Fault.EMPTY: lambda: e.BadAnswerError("The answer is empty"),
    Fault.NAN_TIME: lambda: e.BadAnswerError("The exchange's time is no number"),
}
_HANGING = frozenset({Fault.BLACKHOLE, Fault.DEAD_REST})


@dataclass(kw_only=True)
class Counted:
    """What the exchange was asked, and when; `most` is how many of a kind were under way at once."""

    at: dict[str, list[float]] = field(default_factory=dict)
    running: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def call(self, kind: str, now: float) -> Iterator[None]:
        self.at.setdefault(kind, []).append(now)
        self.running[kind] += 1
        self.most[kind] = max(self.most[kind], self.running[kind])
        try:
            yield
        finally:
            self.running[kind] -= 1


class ScriptedLiveFeed(BareMarket):
    """A live `MarketFeed` that gives out what the exchange puts in."""

    fills_on: PriceSource = PriceSource.QUOTES
    is_live = True
    source_id = "exchange:scripted"

    def __init__(self, instruments: Sequence[Instrument], *, starts_at: datetime, cadence: float) -> None:
        self.starts_at = starts_at
        self.bars: list[Bar] = []
        self.waiting: deque[MarketEvent] = deque()
        self._listed = {instrument.symbol: instrument for instrument in instruments}
        self._cadence = timedelta(seconds=cadence)

    def instruments(self) -> Sequence[Instrument]:
        return list(self._listed.values())

    def listing(self) -> Mapping[str, Instrument]:
        return self._listed

    def cadence(self, symbol: str) -> timedelta | None:
        return self._cadence

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        return ()

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        assert symbol in self._listed

    def resume(self, at: datetime) -> None:
        """What passed is over."""

    def peek_time(self) -> datetime | None:
        if not self.waiting:
            return None
        event = self.waiting[0]
        return event.closed_at if isinstance(event, Bar) else event.at

    def next_event(self) -> MarketEvent | None:
        return self.waiting.popleft() if self.waiting else None

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        closed = [
            bar for bar in self.bars if (bar.symbol, bar.timeframe) == (symbol, timeframe) and bar.closed_at <= before
        ]
        return closed[-limit:] if limit > 0 else []


class ScriptedExchange:
    """The world outside and the line to it. `world` is seconds that pass for everybody, asleep or awake."""

    def __init__(
        self, instruments: Sequence[Instrument], rng: Random, *, starts_at: datetime, cadence: float = 1.0
    ) -> None:
        self.delisted: set[str] = set()
        self.rng = rng
        self.symbols = [instrument.symbol for instrument in instruments]
        self.cadence = cadence
        self.feed = ScriptedLiveFeed(instruments, starts_at=starts_at, cadence=cadence)
        self.fault = Fault.NONE
        self.failing_check = ""
        self.prices = {symbol: Decimal(100) for symbol in self.symbols}
        self.wiggle = Decimal("0.1")
        self.calls = Counted()
        self.skew = 0.0
        self.asleep_seconds = 0.0
        self.is_cut = False
        self.is_ticking = True
        self.bad_next: set[str] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._starts_at = starts_at
        self._listener: LineListener | None = None
        self._wake: Callable[[], None] = lambda: None
        self._changed = asyncio.Event()
        self._known: float | None = None
        self._opened: dict[str, tuple[int, list[Decimal]]] = {}

    # What the world does.

    def at(self) -> datetime:
        """The exchange's own time."""
        return self._starts_at + timedelta(seconds=self._now() - 1_000.0 + self.asleep_seconds)

    def break_by(self, fault: Fault) -> None:
        """Let something be the matter from now on, or nothing."""
        self.fault = fault
        self._changed.set()
        self._changed = asyncio.Event()

    # What a line does.

    def listen(self, listener: LineListener) -> None:
        self._listener = listener

    def wake_by(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def need(self, symbols: Collection[str]) -> None:
        """All symbols tick alike here."""

    def untraded(self, symbols: Collection[str]) -> Collection[str]:
        return self.delisted.intersection(symbols)

    def rejected_ticks(self) -> Sequence[tuple[str, int]]:
        return ()

    def now(self) -> datetime | None:
        return None if self._known is None else self._starts_at + timedelta(seconds=self._now() - 1_000.0 + self._known)

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            for symbol in self.symbols:
                tasks.create_task(self._tick(symbol))
            tasks.create_task(self._ask_regularly())
            tasks.create_task(self._stream())

    async def probe(self) -> None:
        await self._call("probe", is_told=False)

    async def verify(
        self, needed: Sequence[str], *, on_check: Callable[[CheckView], None] | None = None
    ) -> Sequence[CheckView]:
        checks: list[CheckView] = []
        with self.calls.call("verification", self._now()):
            for name in ("time", "markets", "units", "prices", "candles"):
                if on_check is not None:
                    on_check(CheckView(name=name, ok=None))
                try:
                    if self.fault is Fault.KEY_REVOKED:
                        self._fail(e.AuthRefusedError("The exchange refuses the key"))
                    await self._call("check", is_told=True)
                    check = CheckView(name=name, ok=name != self.failing_check, detail=" ".join(needed))
                except e.ExchangeError as error:
                    check = CheckView(name=name, ok=False, detail=error.user_message)
                checks.append(check)
                if on_check is not None:
                    on_check(check)
                if not check.ok:
                    break
        return checks

    def cut(self) -> None:
        self.is_cut = True
        self.break_by(self.fault)

    def mend(self) -> None:
        self.is_cut = False
        self.break_by(self.fault)

    async def close(self) -> None:
        """There is nothing to close."""

    # How it does it.

    @property
    def listener(self) -> LineListener:
        assert self._listener is not None
        return self._listener

    def _now(self) -> float:
        return 1_000.0 if self.loop is None else self.loop.time()

    def _fail(self, error: e.ExchangeError) -> None:
        self.listener.on_call_failed(error, self._now())
        raise error

    async def _call(self, kind: str, *, is_told: bool) -> None:
        """Ask the exchange something. A change of the fault in the middle is met as it comes."""
        sent = self._now()
        with self.calls.call(kind, sent):
            await asyncio.sleep(_LIGHT_SECONDS * (0.5 + self.rng.random()))
            error = await self._meet()
        now = self._now()
        if error is not None:
            if is_told:
                self.listener.on_call_failed(error, now)
            raise error
        self._known = self.asleep_seconds
        self.listener.on_clock_compared(self.skew, now)
        self.listener.on_call_succeeded(now, latency_seconds=now - sent)

    async def _meet(self) -> e.ExchangeError | None:
        if self.is_cut:
            return e.NetworkDownError("The network is cut for a try")
        if self.fault in _ERRORS:
            return _ERRORS[self.fault]()
        if self.fault in _HANGING or self.fault is Fault.SLOW:
            # Nobody waits for ever: as an exchange's session does, give up in the end.
            try:
                await asyncio.wait_for(self._changed.wait(), 10.0)
            except TimeoutError:
                return e.NetworkTimeoutError("No whole answer within 10 s")
            return await self._meet()
        return None

    async def _ask_regularly(self) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY)
            try:
                await self._call("poll", is_told=True)
            except e.ExchangeError:
                await asyncio.sleep(ASK_EVERY)

    async def _stream(self) -> None:
        """A stream that somebody ends is told once, as a socket that is reset."""
        while True:
            await self._changed.wait()
            if self.is_cut or self.fault in {Fault.REFUSED, Fault.NO_NAME, Fault.BAD_TLS}:
                self.listener.on_call_failed(e.NetworkDownError("The stream of prices broke"), self._now())

    def _ticks(self, symbol: str) -> bool:
        if self.is_cut or not self.is_ticking:
            return False
        return self.fault in _TICKING and not (self.fault is Fault.SILENT_SYMBOL and symbol == self.symbols[0])

    async def _tick(self, symbol: str) -> None:
        minute = -1
        while True:
            await asyncio.sleep(self.cadence * (0.8 + 0.4 * self.rng.random()))
            self._move(symbol)
            if not self._ticks(symbol):
                continue
            now = self._now()
            if symbol in self.bad_next:
                self.bad_next.discard(symbol)
                self.listener.on_bad_tick(symbol, now, why="crossed book")
                continue
            price, at = self.prices[symbol], self.at()
            quote = Quote(symbol=symbol, bid=price - Decimal("0.01"), ask=price + Decimal("0.01"), last=price, at=at)
            self.feed.waiting.append(quote)
            minute = self._close_bar(symbol, at, minute)
            self.listener.on_tick(symbol, now, source_at=at)
            self._wake()

    def _move(self, symbol: str) -> None:
        step = self.wiggle * Decimal(self.rng.randrange(-100, 101)) / 100
        self.prices[symbol] = max(Decimal(1), (self.prices[symbol] + step).quantize(Decimal("0.01")))

    def _close_bar(self, symbol: str, at: datetime, minute: int) -> int:
        """Bars follow the prices; those of an outage are fetched with the first one after it."""
        this = int(at.timestamp()) // 60
        if minute in {-1, this}:
            return this if minute == -1 else minute
        price = self.prices[symbol]
        for number in range(minute, this):
            opened_at = datetime.fromtimestamp(number * 60, UTC)
            bar = Bar(
                symbol=symbol,
                timeframe=Timeframe.M1,
                opened_at=opened_at,
                open=price,
                high=price,
                low=price,
                close=price,
                volume=Decimal(1),
            )
            self.feed.bars.append(bar)
            self.feed.waiting.append(bar)
        return this
