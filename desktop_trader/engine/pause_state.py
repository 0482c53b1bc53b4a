"""The states of the network pause and the ways between them; `network_pause` decides which way is taken.

Every way leaves behind, in `actions`, what has to be done about it. Times are monotonic seconds, handed in.
"""

from collections.abc import Iterable
from datetime import datetime
from random import Random

from desktop_trader.engine import pause_actions as a
from desktop_trader.engine.pause_reasons import reasons_text
from desktop_trader.engine.probe_schedule import ProbeSchedule
from desktop_trader.engine.stability import Stability
from desktop_trader.messages.network import CheckView, NetworkState, PauseReason, ReasonKind
from desktop_trader.settings import PauseSettings

_FROZEN = "nothing is traded before everything is verified"


class PauseState:
    """Where the pause stands. `reasons` is empty while RUNNING, and only then is the gate open.

    `since` is when the present pause began; `since_at` the market's time then, which whoever hosts this fills in.
    """

    def __init__(self, settings: PauseSettings, rng: Random, *, has_line: bool) -> None:
        """Begin closed where there is a line, and running where there is none."""
        self.state = NetworkState.STARTING if has_line else NetworkState.RUNNING
        self.reasons: tuple[PauseReason, ...] = ()
        self.detail = ""
        self.since: float | None = None
        self.since_at: datetime | None = None
        self.checks: tuple[CheckView, ...] = ()
        self.schedule = ProbeSchedule(settings, rng)
        self.stability = Stability(settings)
        self.actions: list[a.PauseAction] = []
        self.is_probing = False
        self.verifying_since: float | None = None
        self.waits_since: float | None = None
        self.verify_at: float | None = None
        self.verified_for: frozenset[str] = frozenset()
        self.is_outage = False
        self.is_simulated = False
        self._attempts_lost = 0

    @property
    def is_open(self) -> bool:
        """Whether anything may trade."""
        return self.state is NetworkState.RUNNING

    def close(self) -> None:
        """Trade nothing before the first verification."""
        self.state = NetworkState.RECOVERING
        self.detail = "starting"
        self.actions.append(a.CloseGate(refusal=self.refusal))

    def suspect(self, why: str) -> None:
        """Let nothing act until it is known."""
        self.state = NetworkState.SUSPECT
        self.detail = why
        self.actions.append(a.HoldGate(refusal=self.refusal))
        self.probe()

    def clear(self) -> None:
        """It was nothing."""
        self.state = NetworkState.RUNNING
        self.detail = ""
        self.actions.append(a.ReleaseGate())

    def probe(self) -> None:
        """Ask whether anybody is there, unless somebody is being asked."""
        self.schedule.next_at = None
        if not self.is_probing:
            self.is_probing = True
            self.actions.append(a.Probe())

    def pause(self, reasons: Iterable[PauseReason], detail: str, *, now: float) -> None:
        """Freeze everything, or stay frozen, for these reasons."""
        new = tuple(dict.fromkeys(reasons))
        is_news = new != self.reasons or not self.is_outage
        self._stop_verifying()
        self.stability.stop()
        needs_person = any(reason.kind is ReasonKind.REVIEW for reason in new)
        self.state = NetworkState.REVIEW if needs_person else NetworkState.PAUSED
        self.reasons, self.detail = new, detail
        self._forget_checks()
        if self.schedule.wait_ends_at is None:
            self.schedule.begin_wait(now)
        if self.since is None:
            self.since = now
        if not self.is_outage:
            self.is_outage = True
            self.actions.append(
                a.BeginPause(reasons=new, detail=detail, refusal=self.refusal, is_simulated=self.is_simulated)
            )
        elif is_news:
            self.actions.append(a.NotePause(reasons=new, detail=detail, refusal=self.refusal))

    def verify(self, now: float, *, delay: float = 0.0, detail: str = "") -> None:
        """Look at everything, from zero, in `delay` seconds."""
        self._stop_verifying()
        self.stability.stop()
        self.schedule.next_at = None
        self.state = NetworkState.VERIFYING
        self.checks = ()
        self.verify_at = now + delay
        if detail:
            self.detail = detail

    def begin_verifying(self, needed: tuple[str, ...], now: float) -> None:
        """Let the verification begin that was planned."""
        self.verify_at = None
        self.verifying_since, self.waits_since = now, None
        self.verified_for = frozenset(needed)
        self.actions.append(a.Verify(needed=needed))

    def end_verifying(self) -> None:
        """The verification has answered."""
        self.verifying_since = self.waits_since = None

    def note_wait(self, is_waiting: bool, now: float) -> None:
        """The verification waits for something that its budget does not count, or goes on."""
        if is_waiting and self.waits_since is None:
            self.waits_since = now
        elif not is_waiting and self.waits_since is not None and self.verifying_since is not None:
            self.verifying_since += now - self.waits_since
            self.waits_since = None

    def lose_stability(self, why: str, now: float) -> None:
        """Begin again with verifying: at once the first time, later with growing distance."""
        delay = 0.0 if self._attempts_lost == 0 else self.schedule.delay()
        self._attempts_lost += 1
        self.verify(now, delay=delay, detail=why)

    def stabilise(self, now: float) -> None:
        """Everything is verified: now it has to stay."""
        self.state = NetworkState.STABILISING
        self.detail = ""
        self.stability.begin(now)

    def run(self) -> None:
        """Let everything act again: nothing is left that speaks against it."""
        self.state = NetworkState.RUNNING
        self.reasons, self.detail, self.since = (), "", None
        self.is_outage = self.is_simulated = False
        self._attempts_lost = 0
        self.stability.stop()
        self.schedule.forget()
        self.actions.append(a.EndPause())

    def block(self, reason: PauseReason, detail: str, *, now: float) -> None:
        """Stand still for something that nothing else can be done about before it passes."""
        self._stop_verifying()
        self.stability.stop()
        self.state = NetworkState.PAUSED
        self.reasons, self.detail = (*self.reasons, reason), detail
        self._forget_checks()
        self.schedule.end_wait()
        if self.since is None:
            self.since = now

    def unblock(self, *, is_open: bool) -> None:
        """It has passed: go on where nothing else was the matter, or begin as at a start."""
        self.reasons, self.since, self.is_outage = (), None, False
        if is_open:
            self.state, self.detail = NetworkState.RUNNING, ""
        else:
            self.close()

    @property
    def refusal(self) -> str:
        """What a person is told whose command would trade."""
        if self.state is NetworkState.SUSPECT:
            return f"the connection is being looked at ({self.detail})"
        if self.reasons:
            return f"trading is paused: {reasons_text(self.reasons)}; {_FROZEN}"
        return f"the market has not been verified yet; {_FROZEN}"

    def _forget_checks(self) -> None:
        """What was found to be well says nothing any more; what failed is why it is paused."""
        if all(check.ok is not False for check in self.checks):
            self.checks = ()

    def _stop_verifying(self) -> None:
        self.verify_at = None
        if self.verifying_since is not None:
            self.end_verifying()
            self.actions.append(a.StopVerifying())
