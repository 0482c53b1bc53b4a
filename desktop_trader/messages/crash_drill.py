"""The crash drill: what is asked for, and what each of its kills left behind."""

from dataclasses import dataclass
from decimal import Decimal

KILLS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashDrill:
    """A job: trade on a copy of the books and kill that process so many times. `seed` decides at which moments."""

    seed: int
    kills: int = KILLS


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillKill:
    """One kill: when, what the process had told by then, and what the copy of the books held afterwards.

    `lost` names what was told and is not in the books, `damage` what of them does not verify; both empty is the result
    that counts. `balance` is that of the account the drill trades on.
    """

    number: int
    moment: str
    told: int
    entries_before: int
    entries_after: int
    lost: tuple[str, ...]
    damage: str
    balance: Decimal
    currency: str

    @property
    def is_passed(self) -> bool:
        """Whether everything told was there, and all of it added up."""
        return not self.lost and not self.damage


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """All kills of one drill. `entries_copied` is how many entries the books had when they were copied."""

    kills: tuple[DrillKill, ...]
    entries_copied: int
    elapsed_seconds: float

    @property
    def is_passed(self) -> bool:
        """Whether every kill was survived."""
        return bool(self.kills) and all(kill.is_passed for kill in self.kills)
