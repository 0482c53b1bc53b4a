"""The network pause: when nothing may trade because prices cannot be trusted, and when it may again.

Synchronous and without a clock: `now` is monotonic seconds, handed in by whoever hosts the engines. That host calls
`beat` at every `next_deadline`, at least once a second and before anything else it does, and carries out what
`take_actions` returns. It is what a `feeds.market_line.MarketLine` tells what it meets; a market without one is
paused only by a simulated loss, by a machine that slept or stood still, and by books that cannot be written.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from random import Random

from desktop_trader.domain.errors import ExchangeError, ExchangeRefusedError
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine import pause_reasons as r
from desktop_trader.engine.heartbeat import Heartbeat
from desktop_trader.engine.line_ears import LineEars
from desktop_trader.engine.line_watch import LineWatch
from desktop_trader.engine.pause_decisions import PauseDecisions
from desktop_trader.engine.pause_state import PauseState
from desktop_trader.messages.network import CheckView, NetworkState
from desktop_trader.settings import PauseSettings

_FROZEN = frozenset({NetworkState.PAUSED, NetworkState.REVIEW})
_UNSEEN_SECONDS = 1.0
_LOSS = "the loss of the network is simulated"


class NetworkPause(LineEars):
    """Decides for one market. `core` is where it stands, `line` what was met, `decisions` what time makes of it."""

    def __init__(
        self,
        settings: PauseSettings,
        rng: Random,
        *,
        exchange: str = "",
        cadence: Callable[[str], float | None] = lambda symbol: None,
        market_now: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Begin closed for an `exchange`, by its id; running where it is "": no network is needed there.

        `cadence` is how many seconds a feed declares to lie between two ticks of a symbol; `market_now` is the
        market's own time, None while that is unknown.
        """
        self.has_line = bool(exchange)
        core = PauseState(settings, rng, has_line=self.has_line)
        line = LineWatch(settings, cadence=cadence, market_now=market_now)
        decisions = PauseDecisions(settings, core=core, line=line, exchange=exchange)
        super().__init__(settings, decisions)
        self._heartbeat = Heartbeat(float(settings.stall_after))

    @property
    def state(self) -> NetworkState:
        """Where the pause stands."""
        return self.core.state

    def start(self, now: float) -> None:
        """The books are taken up: begin to verify, where there is anything to verify."""
        self.line.start_over(now)
        if self.has_line:
            self.core.close()

    def beat(self, now: float, wall: float | None = None) -> None:
        """Let time pass. `wall` is seconds since 1970; None where nobody watches over sleep and stalls."""
        stood = 0.0 if wall is None else self._heartbeat.seconds_since(now, wall)
        gap = None if wall is None else self._heartbeat.beat(now, wall)
        if gap is not None and not self.decisions.is_blocked:
            self.line.start_over(now)
            self.core.schedule.begin_wait(now)
            self.decisions.pause([*self.core.reasons, gap.reason], gap.detail, now=now)
            self.decisions.look_soon(now)
        elif stood > _UNSEEN_SECONDS and self.core.state is NetworkState.STABILISING:
            self.core.stability.begin(now)  # nobody saw whether those seconds were stable
        self.times.advance(now)

    def is_beat_late(self, now: float) -> bool:
        """Say whether so much time has passed since the last beat that nothing may be traded before the next."""
        return self._heartbeat.is_late(now)

    def next_deadline(self, now: float) -> float:
        """Return when to beat at the latest for a decision; inf for never."""
        return self.times.next_deadline(now)

    def take_actions(self) -> list[a.PauseAction]:
        """Return what has to be done, in order, and forget it."""
        actions, self.core.actions = self.core.actions, []
        return actions

    def set_needed(self, symbols: Iterable[str], now: float) -> None:
        """Watch over what is held, ordered, or traded by a strategy."""
        self.line.feed.need(symbols, now)

    def probed(self, error: ExchangeError | None, now: float) -> None:
        """The probe was answered, or failed with `error`."""
        core = self.core
        core.is_probing = False
        if error is None or isinstance(error, ExchangeRefusedError):
            self.line.answer(now)
            if core.state is NetworkState.PAUSED:
                self.decisions.leave_pause(now)
            else:
                self.decisions.clear_if_good(now)
            return
        is_new = self.line.fail(error, now)
        if core.state is NetworkState.PAUSED:
            self.decisions.pause_for(error, now)
        elif is_new or core.state is NetworkState.SUSPECT:
            self.decisions.judge_failure(error, now, is_probe=True)
        if core.state is NetworkState.SUSPECT:
            core.probe()

    def on_check(self, check: CheckView, now: float) -> None:
        """A check of the verification began or ended, or waits; its newest word replaces the one before."""
        if self.core.verifying_since is not None:
            self.core.note_wait(check.waits, now)
            others = tuple(each for each in self.core.checks if each.name != check.name)
            self.core.checks = (*others, check)

    def verified(self, checks: Sequence[CheckView], now: float) -> None:
        """The verification has ended; the last of the checks is the one that failed, if any did."""
        core, decisions = self.core, self.decisions
        if core.verifying_since is None:
            return
        core.end_verifying()
        core.checks = tuple(checks)
        failed = next((check for check in checks if not check.ok), None)
        detail = "nothing was verified" if failed is None else f"{failed.name}: {failed.detail or 'failed'}"
        if not decisions.is_clock_right:
            decisions.fail_verification([r.CLOCK], detail if failed else "this computer's clock is wrong", now=now)
        elif failed is not None:
            error = self.line.error
            decisions.count_try(error)
            needed = self.line.feed.needed
            reason = r.check_reason(failed, error, exchange=decisions.exchange, needed=needed)
            decisions.fail_verification([reason], detail, now=now)
        elif not checks:
            decisions.fail_verification([r.INTERNET], detail, now=now)
        else:
            decisions.auth_tries = 0
            self.line.start_over(now)
            core.stabilise(now)

    def simulate_loss(self, now: float, seconds: float | None) -> None:
        """Lose the network until `end_loss`, or for `seconds`."""
        self.decisions.loss.begin(now, seconds)
        self.core.actions.append(a.CutLine())
        if not self.has_line:
            self.decisions.pause([r.INTERNET], _LOSS, now=now)
        elif self.core.is_open:
            self.decisions.suspect(_LOSS, now)

    def end_loss(self, now: float) -> None:
        """Let the network be there again."""
        self.decisions.end_loss(now)

    @property
    def can_retry(self) -> bool:
        """Whether there is something that waits, and that a person may have looked at now."""
        core, loss = self.core, self.decisions.loss
        if loss.is_on and not self.has_line:
            return False
        return core.state in _FROZEN or (core.state is NetworkState.VERIFYING and core.verify_at is not None)

    def retry_now(self, now: float) -> None:
        """Look now, as a person wants it, where anything waits."""
        if not self.can_retry:
            return
        self.decisions.allow_one_try()
        if self.core.state in _FROZEN:
            self.core.schedule.hurry(now)
        else:
            self.core.verify_at = now

    def block_books(self, detail: str, now: float) -> None:
        """The books cannot be written: nothing is decided before they can, and nobody can write of a pause."""
        if not self.decisions.is_blocked:
            self.decisions.is_blocked = True
            self.core.block(r.DATABASE, detail, now=now)

    def free_books(self, now: float) -> None:
        """The books were taken up again, by engines whose gate knows nothing yet of a pause."""
        self.decisions.is_blocked = False
        self._heartbeat.start_over()
        others = [reason for reason in self.core.reasons if reason != r.DATABASE]
        self.line.start_over(now)
        self.core.unblock(is_open=not self.has_line and not others)
        if others:
            self.decisions.pause(others, self.core.detail, now=now)
            self.decisions.look_soon(now)
