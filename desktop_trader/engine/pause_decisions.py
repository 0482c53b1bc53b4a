"""What failures, suspicions and answers mean to the network pause: when it pauses, and why."""

from math import inf

from desktop_trader.domain.errors import AuthRefusedError, ExchangeError, RateLimitedError
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine import pause_reasons as r
from desktop_trader.engine.line_watch import LineWatch
from desktop_trader.engine.pause_state import PauseState
from desktop_trader.engine.simulated_loss import SimulatedLoss
from desktop_trader.messages.network import NetworkState, PauseReason, ReasonKind
from desktop_trader.settings import PauseSettings

_AUTH_TRIES = 3
_FAILURES = 2
_REVIEW_SECONDS = 60.0
_ONE_QUESTION = frozenset({ReasonKind.INTERNET, ReasonKind.EXCHANGE})
"""These answer the same question: whoever probes learns which of them it is now."""


class PauseDecisions:
    """Judges what `line` has met and takes the ways of `core`. `exchange` is the id that scopes bear."""

    def __init__(self, settings: PauseSettings, *, core: PauseState, line: LineWatch, exchange: str) -> None:
        """Decide nothing before time passes."""
        self.core = core
        self.line = line
        self.loss = SimulatedLoss()
        self.exchange = exchange
        self.has_line = bool(exchange)
        self.is_blocked = False
        self.auth_tries = 0
        self._counted: ExchangeError | None = None
        self.network_error: ExchangeError | None = None
        self.suspected_at = inf
        self.suspects: tuple[str, ...] = ()
        self._clock_limit = float(settings.clock_limit)

    def suspect(self, why: str, now: float, *, symbols: tuple[str, ...] = ()) -> None:
        """Hold everything for a suspicion; it is cleared by an answer, and by a new tick of each of `symbols`."""
        self.suspected_at, self.suspects = now, symbols
        self.core.suspect(why)

    @property
    def is_answered(self) -> bool:
        """Whether somebody has answered since the suspicion."""
        return self.line.answered_at >= self.suspected_at

    def clear_if_good(self, now: float) -> None:
        """Go on if somebody has answered since the suspicion, and nothing is late."""
        feed, line = self.line.feed, self.line
        if self.core.state is not NetworkState.SUSPECT or not self.is_answered:
            return
        awaited = set(self.suspects) & set(feed.needed)
        has_ticked = all(feed.symbols[symbol].newest > self.suspected_at for symbol in awaited)
        if has_ticked and not feed.late(now) and now < feed.silent_at():
            line.forget_failures()
            self.core.clear()

    def judge_failure(self, error: ExchangeError, now: float, *, is_probe: bool) -> None:
        """Decide what one more failure means."""
        core = self.core
        self._obey(error, now)
        if core.state is NetworkState.STABILISING:
            core.lose_stability(f"a call failed: {error.user_message}", now)
        elif core.state is NetworkState.RUNNING and not r.is_certain(error):
            self.suspect(error.user_message, now)
        elif core.state in {NetworkState.RUNNING, NetworkState.SUSPECT}:
            is_hard = is_probe and r.is_hard(error)
            if is_hard or r.is_certain(error) or self.line.failures >= _FAILURES:
                self.pause_for(error, now)

    def pause_for(self, error: ExchangeError, now: float) -> None:
        """Pause for what an error says; what was a reason besides stays one."""
        self._obey(error, now)
        self.count_try(error)
        reason = r.error_reason(error, self.exchange, ticks_live=self.line.is_ticking)
        others = [each for each in self.core.reasons if each.kind not in _ONE_QUESTION]
        self.network_error = error if reason == r.INTERNET else None
        self.pause([reason, *others], error.user_message, now=now)

    def blame_exchange(self, now: float) -> None:
        """Prices have never stopped: what does not answer is the exchange then, not the network."""
        core, error = self.core, self.network_error
        if r.INTERNET in core.reasons and error is not None and self.line.is_ticking and not self.loss.is_on:
            reasons = [r.exchange_reason(self.exchange) if each == r.INTERNET else each for each in core.reasons]
            core.pause(reasons, error.user_message, now=now)

    def _obey(self, error: ExchangeError, now: float) -> None:
        """Ask nothing before the other side wants to be asked again."""
        if isinstance(error, RateLimitedError):
            self.core.schedule.hold_until(now + error.retry_after_seconds)

    def pause(self, reasons: list[PauseReason], detail: str, *, now: float) -> None:
        """Pause, and plan when to look again."""
        core = self.core
        core.is_simulated = core.is_simulated or self.loss.is_on
        self.line.forget_failures()
        self.line.feed.break_off()
        core.pause(reasons, detail, now=now)
        self.plan(now)

    def count_try(self, error: ExchangeError | None) -> None:
        """Count what the exchange refuses the key for: it locks out whoever goes on trying."""
        if isinstance(error, AuthRefusedError) and error is not self._counted:
            self._counted = error
            self.auth_tries += 1

    def allow_one_try(self) -> None:
        """A person wants the key tried once more."""
        self.auth_tries = min(self.auth_tries, _AUTH_TRIES - 1)

    @property
    def is_clock_right(self) -> bool:
        """Whether our clock is near enough to the exchange's, as far as that is known."""
        skew = self.line.skew_seconds
        return skew is None or abs(skew) <= self._clock_limit

    def look_soon(self, now: float) -> None:
        """Plan a look at once; where a person has to act first, none."""
        if not self._is_waiting_for_person:
            self.core.schedule.hurry(now)

    @property
    def _is_waiting_for_person(self) -> bool:
        return self.auth_tries >= _AUTH_TRIES or (self.loss.is_on and not self.has_line)

    def plan(self, now: float) -> None:
        """Plan the next look: never where a person has to act first."""
        core = self.core
        if not self.has_line and self.loss.is_on:
            core.schedule.next_at = None
        elif self.auth_tries >= _AUTH_TRIES:
            core.schedule.next_at = None
            core.detail = "the exchange refused the key three times; look at the key, then retry"
        elif core.state is NetworkState.REVIEW:
            core.schedule.next_at = now + _REVIEW_SECONDS
        elif not core.is_probing:
            core.schedule.plan(now)

    def leave_pause(self, now: float) -> None:
        """Somebody answers: verify, unless it is prices that are missing and still are."""
        core = self.core
        missing = [reason for reason in core.reasons if self._is_missing(reason)]
        if missing:
            self.pause(missing, core.detail, now=now)
        else:
            core.verify(now)

    def _is_missing(self, reason: PauseReason) -> bool:
        feed, since = self.line.feed, self.core.since
        if reason.kind is not ReasonKind.FEED or reason.scope not in feed.needed:
            return False
        received = feed.symbols[reason.scope].received
        return received is None or (since is not None and received <= since)

    def end_loss(self, now: float) -> None:
        """The simulated loss is over: look at once whether everything is there."""
        self.loss.end()
        self.core.actions.append(a.MendLine())
        if self.core.state is NetworkState.PAUSED:
            self.core.schedule.hurry(now)

    def fail_verification(self, reasons: list[PauseReason], detail: str, *, now: float) -> None:
        """Back to the pause, naming what failed; reasons that nobody looked at stay."""
        others = [each for each in self.core.reasons if each.kind is ReasonKind.FEED]
        self.pause([*reasons, *others], detail, now=now)
