"""What the network pause wants done: it decides, and whoever hosts the engines carries it out, in this order."""

from dataclasses import dataclass

from desktop_trader.messages.network import PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Ask the market outside the cheapest question there is; answer with `probed`. Never more than one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Look at everything trading rests on; answer with `verified`. Never more than one at a time."""

    needed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopVerifying:
    """End the verification that runs: its answer counts for nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldGate:
    """Close the gate for a suspicion."""

    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseGate:
    """Open the gate again: the suspicion was nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseGate:
    """Close the gate because nothing has been verified yet; there is no outage to tell of."""

    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginPause:
    """Close the gate, begin an outage and tell it."""

    reasons: tuple[PauseReason, ...]
    detail: str
    refusal: str
    is_simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePause:
    """The pause that lasts has other reasons now."""

    reasons: tuple[PauseReason, ...]
    detail: str
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPause:
    """Everything is verified and stable: end the outage, then open the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPerson:
    """Say a sentence of a level of the log: info or warning."""

    message: str
    level: str = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLine:
    """A person wants to see a loss: let the line behave as if the network were gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MendLine:
    """The simulated loss is over."""


PauseAction = (
    Probe
    | Verify
    | StopVerifying
    | HoldGate
    | ReleaseGate
    | CloseGate
    | BeginPause
    | NotePause
    | EndPause
    | TellPerson
    | CutLine
    | MendLine
)
