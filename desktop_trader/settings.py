"""What a person may set, with defaults and limits. No file access: `storage.settings_file` reads and writes them.

Every class is frozen and checks itself, so a setting that exists is a setting within its limits. Percentages are
`Decimal` and mean what they say: 2 is 2 %.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError

_HUNDRED = Decimal(100)
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
    """Largest notional of one position, in percent of the current balance."""
    risk_per_trade_percent: Decimal = Decimal(2)
    """Largest loss of one position if its stop is hit, in percent of the current balance."""

    def __post_init__(self) -> None:
        _check_percent("max_position_percent", self.max_position_percent)
        _check_percent("risk_per_trade_percent", self.risk_per_trade_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings:
    """The first deposit of a new paper account; an account that exists is never changed by it."""

    initial_balance: Decimal = Decimal(10_000)
    currency: str = "USDT"

    def __post_init__(self) -> None:
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
class Settings:
    """Everything together, as one settings file holds it."""

    risk: RiskSettings = field(default_factory=RiskSettings)
    paper: PaperSettings = field(default_factory=PaperSettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    backups: BackupSettings = field(default_factory=BackupSettings)


def _check_percent(name: str, value: Decimal) -> None:
    _check_range(name, value, low=Decimal("0.01"), high=_HUNDRED)


def _check_range(name: str, value: Decimal | int, *, low: Decimal | int, high: Decimal | int) -> None:
    is_of_its_type = type(value) is type(low)  # neither True for 1 nor a float for a Decimal
    if not is_of_its_type or (isinstance(value, Decimal) and not value.is_finite()) or not low <= value <= high:
        raise InvalidInputError(f"{name} must be between {low} and {high}, not {value}")
