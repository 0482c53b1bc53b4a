"""The network pause as everybody outside the engine sees it: its state, its reasons, its checks, its outages.

One `NetworkView` belongs to one market and is the same in every account's snapshot: band, status bar, tray, chart and
API read this one value.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

NO_NETWORK = "⏸️  SYSTEM PAUSED: No network - ALL operations frozen"
NOT_CHECKED = "ℹ️  Open positions will NOT be checked until network restored"
NO_NEW_TRADES = "ℹ️  No new trades will be opened until network restored"
RESUMED = "✅ SYSTEM RESUMED: All connections verified"
"""What log, status bar and tray say, letter for letter."""


class NetworkState(StrEnum):
    """Where the market's connection stands; only RUNNING trades."""

    STARTING = "starting"
    RECOVERING = "recovering"
    VERIFYING = "verifying"
    STABILISING = "stabilising"
    RUNNING = "running"
    SUSPECT = "suspect"
    PAUSED = "paused"
    REVIEW = "review"

    @property
    def word(self) -> str:
        """The one of four words that the window shows: connected, paused, verifying or stabilising."""
        return _WORDS[self]


_WORDS = {
    NetworkState.STARTING: "verifying",
    NetworkState.RECOVERING: "verifying",
    NetworkState.VERIFYING: "verifying",
    NetworkState.STABILISING: "stabilising",
    NetworkState.RUNNING: "connected",
    NetworkState.SUSPECT: "connected",
    NetworkState.PAUSED: "paused",
    NetworkState.REVIEW: "paused",
}


class ReasonKind(StrEnum):
    """Why trading is paused; `scope` of a reason names the exchange or symbol where there is one."""

    INTERNET = "internet"
    EXCHANGE = "exchange"
    FEED = "feed"
    AUTH = "auth"
    CLOCK = "clock"
    DATABASE = "database"
    STALL = "stall"
    RESUME = "resume"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason:
    """One reason of the set."""

    kind: ReasonKind
    scope: str = ""

    @property
    def text(self) -> str:
        """`internet`, `exchange:coinex`, `feed:BTC/USDT` …"""
        return f"{self.kind.value}:{self.scope}" if self.scope else self.kind.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One line of the verification: `ok` is None while it is being looked at.

    `waits` says that meanwhile something else is waited for, `detail` what: the verification's time stands still.
    """

    name: str
    ok: bool | None
    detail: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolAge:
    """How old the newest price of a symbol is: when the market made it, and when it came here (market clock).

    `limit_seconds` is the age from which it counts as stale and triggers nothing.
    """

    symbol: str
    source_at: datetime | None
    received_at: datetime | None
    limit_seconds: float
    is_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """What the pause shows. Times are market time; seconds count from `at`, when this view was made.

    `since` is when the present pause began (None while RUNNING or SUSPECT). `retry_in_seconds` counts down to the next
    probe, `wait_ends_in_seconds` to the end of the present wait of 300 s; `stable_seconds` is how long everything has
    been stable. `simulated_loss` says that a person asked for this outage; `loss_ends_in_seconds` is None for "until
    ended". `has_line` is False for markets that need no network: while they run, prices are as fresh as the market
    and have no `ages`. `latency_ms` is the last call's; an answer or a price came `heard_seconds` ago, and the
    clocks were compared `clock_compared_seconds` ago.
    """

    at: datetime
    state: NetworkState = NetworkState.RUNNING
    reasons: tuple[PauseReason, ...] = ()
    detail: str = ""
    epoch: int = 0
    since: datetime | None = None
    retry_in_seconds: float | None = None
    wait_ends_in_seconds: float | None = None
    checks: tuple[CheckView, ...] = ()
    stable_seconds: float = 0.0
    stable_needed_seconds: float = 5.0
    simulated_loss: bool = False
    loss_ends_in_seconds: float | None = None
    has_line: bool = False
    latency_ms: float | None = None
    heard_seconds: float | None = None
    clock_skew_seconds: float | None = None
    clock_compared_seconds: float | None = None
    rejected_ticks: tuple[tuple[str, int], ...] = ()
    ages: tuple[SymbolAge, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether anything may trade."""
        return self.state is NetworkState.RUNNING

    def price_age(self, symbol: str) -> tuple[float | None, bool | None]:
        """Return how many seconds ago the market made a symbol's price, and whether it is stale; None for unknown."""
        age = next((each for each in self.ages if each.symbol == symbol), None)
        if age is None:
            return None, None
        made_at = age.source_at or age.received_at
        seconds = None if made_at is None else max(0.0, (self.at - made_at).total_seconds())
        return seconds, age.is_stale or (seconds is not None and seconds > age.limit_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedLevel:
    """A level that the market crossed while nobody looked; for information only.

    `level` is stop_loss, take_profit, trailing_stop, liquidation, trigger or limit; `crossed_at` the opening of the
    first bar that shows it, or of the one still open when the outage ended. None when only the first stable price shows
    it, and not all bars before that are known.
    """

    account: str
    symbol: str
    level: str
    price: Decimal
    position_id: int | None
    order_id: int | None
    crossed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """How often something was not done while the gate was closed: `what` is entries, exits, signals, commands …"""

    account: str
    what: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One stretch in which nothing traded. `ended_at` is None while it lasts; `reasons` are all there were."""

    id: int
    source_id: str
    begun_at: datetime
    ended_at: datetime | None
    reasons: tuple[str, ...]
    detail: str = ""
    is_simulated: bool = False
    held_back: tuple[HeldBack, ...] = ()
    levels_crossed: tuple[CrossedLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagesRequest:
    """The newest outages of the books' market, newest first."""

    request_id: str
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagesPage:
    """The answer to `OutagesRequest`; `error` says why there are none."""

    request_id: str
    outages: tuple[Outage, ...] = ()
    error: str = ""
