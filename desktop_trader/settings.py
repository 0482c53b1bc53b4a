"""What a person may set, with defaults and limits. No file access: `storage.settings_file` reads and writes them.

Every class is frozen and checks itself, so a setting that exists is a setting within its limits. Percentages are
`Decimal` and mean what they say: 2 is 2 %.
"""

import re
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe

_HUNDRED = Decimal(100)
_LARGEST_LEVERAGE = 125
_LARGEST_LATENCY_MS = 60_000
_LARGEST_START_AMOUNT = Decimal(1_000_000_000)
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{1,9}", re.ASCII)


class Theme(Enum):
    """Which palette the window wears."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class UpDownColors(Enum):
    """Which pair of colours marks rising and falling prices; the second is made for eyes that mix red and green."""

    TEAL_RED = "teal-red"
    BLUE_ORANGE = "blue-orange"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """Limits that every order passes before it is sent, measured against the balance at that moment."""

    max_position_percent: Decimal = Decimal(50)
    """Most that one position may lock (its margin; on spot all that it costs), in percent of the current balance."""
    risk_per_trade_percent: Decimal = Decimal(1)
    """Largest loss of one position if its stop is hit, in percent of the current balance."""
    max_margin_ratio_percent: Decimal = Decimal(80)
    """Most that may be locked, in percent of equity, after a new order."""
    cuts_down: bool = False
    """Whether an order beyond a limit is cut down to it instead of refused."""
    trading_capital: Decimal = Decimal(0)
    """How much of each account sizes and the percentages above count, in its currency: 0 is all of it.

    An account that holds less counts with what it holds. The rest of the balance is never sized into an order.
    """

    def __post_init__(self) -> None:
        _check_percent("max_position_percent", self.max_position_percent)
        _check_percent("risk_per_trade_percent", self.risk_per_trade_percent)
        _check_percent("max_margin_ratio_percent", self.max_margin_ratio_percent)
        _check_range("trading_capital", self.trading_capital, low=Decimal(0), high=_LARGEST_START_AMOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesSettings:
    """What the order form of the futures panel begins with."""

    leverage: int = 10
    """1 to 125; less where the market allows less."""
    margin_mode: str = "isolated"
    """`isolated` or `cross`."""
    stop_loss_percent: Decimal = Decimal(2)
    take_profit_percent: Decimal = Decimal(5)

    def __post_init__(self) -> None:
        _check_range("leverage", self.leverage, low=1, high=_LARGEST_LEVERAGE)
        if self.margin_mode not in ("isolated", "cross"):
            raise InvalidInputError(f"margin_mode must be isolated or cross, not {self.margin_mode!r}")
        _check_percent("stop_loss_percent", self.stop_loss_percent)
        _check_percent("take_profit_percent", self.take_profit_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings:
    """The first deposit of a new paper account (one that exists is never changed by it), and how paper orders travel.

    An order reaches the paper exchange between `latency_min_ms` and `latency_max_ms` of market time after it was sent;
    on whole bars there is nothing between them that could tell.
    """

    initial_balance: Decimal = Decimal(10_000)
    currency: str = "USDT"
    latency_min_ms: int = 40
    latency_max_ms: int = 160

    def __post_init__(self) -> None:
        _check_range("latency_min_ms", self.latency_min_ms, low=0, high=self.latency_max_ms)
        _check_range("latency_max_ms", self.latency_max_ms, low=0, high=_LARGEST_LATENCY_MS)
        _check_range("initial_balance", self.initial_balance, low=Decimal(1), high=_LARGEST_START_AMOUNT)
        if _CURRENCY.fullmatch(self.currency) is None:
            raise InvalidInputError(f"currency must be a code such as USDT, not {self.currency!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplaySettings:
    """How the window looks and how often prices repaint it. Changes of the ledger are shown at once, always."""

    theme: Theme = Theme.DARK
    repaint_interval_ms: int = 250
    up_down_colors: UpDownColors = UpDownColors.TEAL_RED

    def __post_init__(self) -> None:
        _check_range("repaint_interval_ms", self.repaint_interval_ms, low=250, high=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Limits of the engine: everything that could grow has one."""

    snapshots_per_second: int = 20
    """Price-only snapshots; those with a change of the ledger are always published at once."""
    inbox_limit: int = 10_000
    """Waiting events; beyond it quotes coalesce per symbol, commands are refused, broker events wait."""
    ratchet_save_seconds: int = 1
    """Shortest time between two saves of trailing extremes and the peak of equity."""

    def __post_init__(self) -> None:
        _check_range("snapshots_per_second", self.snapshots_per_second, low=1, high=60)
        _check_range("inbox_limit", self.inbox_limit, low=100, high=1_000_000)
        _check_range("ratchet_save_seconds", self.ratchet_save_seconds, low=1, high=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Where backups go besides the data folder, and how often they are made while the program runs."""

    second_folder: str = ""
    """A folder in full, on another disk at best; "" for none. Where it is away, that is said and nothing stops."""
    every_minutes: int = 30
    """Longest time between two backups of books that change."""

    def __post_init__(self) -> None:
        _check_range("every_minutes", self.every_minutes, low=5, high=1_440)
        if self.second_folder and not (Path(self.second_folder).is_absolute() and self.second_folder.isprintable()):
            raise InvalidInputError(f"second_folder must be the full name of a folder, not {self.second_folder!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSettings:
    """The timings of the network pause, in seconds; `PauseSettings()` is what the documents ask for."""

    probe_deadline: Decimal = Decimal(3)
    """How long one probe may take."""
    late_after: Decimal = Decimal(3)
    """How much later than its declared cadence a feed may be before it is suspected."""
    silent_after: Decimal = Decimal("4.75")
    """Time without any good data after which a suspicion is a pause: so that it is found within 5 s."""
    stale_after: Decimal = Decimal(10)
    """Age from which a needed symbol is stale, unless five times its median gap is more."""
    stall_after: Decimal = Decimal(5)
    """Gap between two heartbeats of the engine that counts as a suspend or a stall."""
    wait: Decimal = Decimal(300)
    """Longest wait for a connection; then the person is notified, and another begins."""
    backoff_max: Decimal = Decimal(60)
    """Longest time between two probes; they begin at 1 s and double."""
    verify_budget: Decimal = Decimal(20)
    """How long a whole verification may take."""
    stable_for: Decimal = Decimal(5)
    """How long everything has to be stable, without interruption, before trading goes on."""
    stable_cap: Decimal = Decimal(120)
    """Longest time spent on becoming stable before everything is verified again."""
    jump_percent: Decimal = Decimal(1)
    """Largest move between two ticks that still counts as stable."""
    clock_warn: Decimal = Decimal(1)
    """Clock skew that is told."""
    clock_limit: Decimal = Decimal("2.5")
    """Clock skew that pauses: half of an exchange's usual receive window."""
    clock_check_every: Decimal = Decimal(60)
    """Time between two comparisons of our clock with the exchange's."""

    def __post_init__(self) -> None:
        for each in fields(self):
            high = Decimal(86_400) if each.name in _LONG_TIMES else Decimal(300)
            _check_range(each.name, getattr(self, each.name), low=Decimal("0.1"), high=high)
        _check_range("stable_for", self.stable_for, low=Decimal(5), high=Decimal(300))
        _check_range("jump_percent", self.jump_percent, low=Decimal("0.01"), high=_HUNDRED)


_LONG_TIMES = frozenset({"wait", "clock_check_every"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAddress:
    """Another address for one exchange: a mirror, a proxy, a sandbox, a test. "" is the exchange's own.

    `rest` is the base of its REST calls; `spot_stream` and `swap_stream` are WebSocket addresses. `ca_file` is a
    PEM file of certificates to trust besides the system's: certificates are always verified.
    """

    rest: str = ""
    spot_stream: str = ""
    swap_stream: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        check_address("rest", self.rest, schemes=("http", "https"))
        check_address("spot_stream", self.spot_stream, schemes=("ws", "wss"))
        check_address("swap_stream", self.swap_stream, schemes=("ws", "wss"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """How exchanges are reached. `proxy` is an http(s) or socks5 address, "" for none; never with a password in it."""

    proxy: str = ""
    addresses: tuple[tuple[str, ExchangeAddress], ...] = ()
    """Addresses by exchange id."""

    def __post_init__(self) -> None:
        check_address("proxy", self.proxy, schemes=("http", "https", "socks5"))

    def address_of(self, exchange: str) -> ExchangeAddress:
        """Return the address of an exchange; its own where none is set."""
        return dict(self.addresses).get(exchange, ExchangeAddress())


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistSettings:
    """What a person follows. Every entry is a market and a symbol of it, such as `exchange:coinex BTC/USDT`.

    `favourites` are in the person's order; `hidden` is what was removed from the list although it is followed. An
    entry that reads otherwise counts for nothing and stays where it is: one slip of the pen costs one entry.
    `sort_column` is the name of a column, "" for the person's own order.
    """

    favourites: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    sort_column: str = ""
    is_descending: bool = False

    def __post_init__(self) -> None:
        if max(len(self.favourites), len(self.hidden)) > WATCHED_MAX:
            raise InvalidInputError(f"there may be {WATCHED_MAX} at most")
        if self.sort_column and not (self.sort_column.isidentifier() and self.sort_column.isascii()):
            raise InvalidInputError(f"sort_column must be the name of a column, not {self.sort_column!r}")

    def favourites_on(self, market: str) -> tuple[str, ...]:
        """Return the favourites of one market, in their order; a `source_id` will do for its name."""
        return _symbols_on(market_key(market), self.favourites)

    def hidden_on(self, market: str) -> tuple[str, ...]:
        """Return what was removed from the list of one market."""
        return _symbols_on(market_key(market), self.hidden)

    def with_market(self, market: str, *, favourites: tuple[str, ...], hidden: tuple[str, ...]) -> "WatchlistSettings":
        """Return these settings with other symbols for one market; those of others stay."""
        return replace(
            self,
            favourites=_with_symbols(self.favourites, market, favourites),
            hidden=_with_symbols(self.hidden, market, hidden),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """The market that the window opens on when its start names none; chosen under *File > Market*.

    `market` is `simulated`, `replay:FILE.csv` or the id of an exchange, "" for the built-in choice; `symbol` "" is the
    usual one. `timeframe` is the length of a recording's bars, `seed` that of the simulated market.
    """

    market: str = ""
    symbol: str = ""
    timeframe: str = ""
    seed: int = 1

    def __post_init__(self) -> None:
        is_file = self.market.startswith("replay:") and len(self.market) > len("replay:") and self.market.isprintable()
        if self.market and not is_file and _MARKET_ID.fullmatch(self.market) is None:
            raise InvalidInputError(
                "market must be simulated, replay:FILE.csv or the id of an exchange such as coinex,"
                f" not {self.market!r}"
            )
        if self.symbol and parse_symbol(self.symbol) != self.symbol:
            raise InvalidInputError(f"symbol must be written as {parse_symbol(self.symbol)}, not {self.symbol!r}")
        if self.timeframe and self.timeframe not in {each.value for each in Timeframe}:
            raise InvalidInputError(f"timeframe must be one such as 1m or 4h, not {self.timeframe!r}")
        _check_range("seed", self.seed, low=0, high=2**63 - 1)

    @property
    def is_exchange(self) -> bool:
        """Whether this is a market outside, whose prices come over a network."""
        return bool(self.market) and self.market != "simulated" and not self.market.startswith("replay:")


_MARKET_ID = re.compile(r"[a-z][a-z0-9_]{1,31}", re.ASCII)
WATCHED_MAX = 2_000
_EXCHANGE = "exchange:"


def market_key(source_id: str) -> str:
    """Return the name under which favourites of a market are kept: `exchange:coinex`, `simulated`, `replay`.

    An exchange has the same ones at every address, and simulated markets whatever their seed.
    """
    if source_id.startswith(_EXCHANGE):
        return source_id.partition("@")[0]
    return source_id.partition(":")[0]


_WATCHED = re.compile(r"([a-z][a-z0-9_.:-]{0,63}) ([!-~]{1,24}/[!-~]{1,32})", re.ASCII)


def _symbols_on(market: str, entries: tuple[str, ...]) -> tuple[str, ...]:
    found = (_WATCHED.fullmatch(entry) for entry in entries)
    return tuple(dict.fromkeys(each[2] for each in found if each is not None and each[1] == market))


def _with_symbols(entries: tuple[str, ...], market: str, symbols: tuple[str, ...]) -> tuple[str, ...]:
    gone = {f"{market} {symbol}" for symbol in _symbols_on(market, entries)}
    others = tuple(entry for entry in entries if entry not in gone)
    return (*others, *(f"{market} {symbol}" for symbol in symbols))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything together, as one settings file holds it."""

    risk: RiskSettings = field(default_factory=RiskSettings)
    paper: PaperSettings = field(default_factory=PaperSettings)
    futures: FuturesSettings = field(default_factory=FuturesSettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    backups: BackupSettings = field(default_factory=BackupSettings)
    pause: PauseSettings = field(default_factory=PauseSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    watchlist: WatchlistSettings = field(default_factory=WatchlistSettings)
    market: MarketSettings = field(default_factory=MarketSettings)


def check_address(name: str, value: str, *, schemes: tuple[str, ...]) -> None:
    """Refuse what is no address, and what holds a password: settings are a readable file.

    Raises:
        InvalidInputError: it is refused; the message calls it by `name`.
    """
    if not value:
        return
    refusal = InvalidInputError(f"{name} must be an address such as {schemes[0]}://127.0.0.1:8800, not {value!r}")
    try:
        parts = urlsplit(value)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise refusal from None
    if not has_host or parts.scheme not in schemes or not value.isprintable():
        raise refusal
    if parts.username or parts.password:
        raise InvalidInputError(f"{name} must not hold a name or a password")


def _check_percent(name: str, value: Decimal) -> None:
    _check_range(name, value, low=Decimal("0.01"), high=_HUNDRED)


def _check_range(name: str, value: Decimal | int, *, low: Decimal | int, high: Decimal | int) -> None:
    is_of_its_type = type(value) is type(low)  # neither True for 1 nor a float for a Decimal
    if not is_of_its_type or (isinstance(value, Decimal) and not value.is_finite()) or not low <= value <= high:
        raise InvalidInputError(f"{name} must be between {low} and {high}, not {value}")
