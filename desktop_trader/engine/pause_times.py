"""What the network pause decides as time passes, state by state."""

from math import inf

from desktop_trader.engine import pause_actions as a
from desktop_trader.engine import pause_reasons as r
from desktop_trader.engine.pause_decisions import PauseDecisions
from desktop_trader.messages.network import NetworkState
from desktop_trader.settings import PauseSettings

_OPEN = frozenset({NetworkState.RUNNING, NetworkState.SUSPECT})
_LONGEST_WAIT_SECONDS = 120.0
"""Longer than whatever a verification waits for takes by its own deadlines: this only ends what hangs."""
_WAITING = frozenset({NetworkState.PAUSED, NetworkState.REVIEW})


class PauseTimes:
    """Each deadline of the states, and what it brings. Every `now` is monotonic seconds."""

    def __init__(self, settings: PauseSettings, decisions: PauseDecisions) -> None:
        """Decide nothing before time passes."""
        self.decisions = decisions
        self.core = decisions.core
        self.line = decisions.line
        self._has_line = decisions.has_line
        self._verify_budget = float(settings.verify_budget)

    def next_deadline(self, now: float) -> float:
        """Return when something may have to be decided if nothing comes; inf for never."""
        if self.core.state is NetworkState.STARTING or self.decisions.is_blocked:
            return inf
        return min(self.decisions.loss.ends_at, self._state_deadline(now))

    def _state_deadline(self, now: float) -> float:
        core = self.core
        if core.state in _WAITING:
            return min(self._or_never(core.schedule.next_at), self._or_never(core.schedule.wait_ends_at))
        if core.state is NetworkState.RECOVERING:
            return now
        if core.state is NetworkState.VERIFYING:
            return self._or_never(core.verify_at) if core.verifying_since is None else self._verification_ends_at()
        stable_at = core.stability.deadline(now) if core.state is NetworkState.STABILISING else inf
        return min(stable_at, self._watch_deadline())

    def advance(self, now: float) -> None:
        """Decide what the time that passed decides."""
        state = self.core.state
        if self.decisions.is_blocked or state is NetworkState.STARTING:
            return
        if self.decisions.loss.is_over(now):
            self.decisions.end_loss(now)
        if state in _OPEN:
            self._advance_open(now)
        elif state is NetworkState.RECOVERING:
            self.core.verify(now)
            self._advance_verifying(now)
        elif state is NetworkState.VERIFYING:
            self._advance_verifying(now)
        elif state is NetworkState.STABILISING:
            self._advance_stabilising(now)
        else:
            self._advance_paused(now)

    def _watch_deadline(self) -> float:
        """When silence becomes a suspicion, a suspicion a pause, or somebody has to be asked meanwhile."""
        if not self._has_line:
            return inf
        line, feed, core = self.line, self.line.feed, self.core
        deadlines = [line.dead_at]
        if core.state in _OPEN:
            deadlines += map(feed.stale_at, feed.needed)
        if core.state is not NetworkState.SUSPECT or self.decisions.is_answered:
            deadlines.append(feed.silent_at())
        if not core.is_probing:
            deadlines.append(line.ask_at)
        if core.state is not NetworkState.SUSPECT:
            deadlines += [feed.late_at(symbol) for symbol in feed.needed]
        return min(deadlines)

    def _advance_open(self, now: float) -> None:
        """RUNNING and SUSPECT: silence, staleness, lateness. Whether prices alone are gone, only an answer shows."""
        if not self._has_line:
            return
        line, feed = self.line, self.line.feed
        is_running = self.core.state is NetworkState.RUNNING
        is_silent = now >= feed.silent_at()
        if now >= line.dead_at:
            self._pause_for_silence(now)
        elif stale := feed.stale(now):
            self.decisions.pause(
                [r.feed_reason(symbol) for symbol in stale], f"no price of {', '.join(stale)}", now=now
            )
        elif is_silent and not is_running and self.decisions.is_answered:
            silent = feed.late(now) or feed.needed
            self.decisions.pause(
                [r.feed_reason(symbol) for symbol in silent], "the market answers, but no prices come", now=now
            )
        elif is_running and ((late := feed.late(now)) or is_silent):
            self.decisions.suspect(f"prices of {', '.join(late or feed.needed)} are late", now)
        elif now >= line.ask_at and not self.core.is_probing:
            self.core.probe()

    def _pause_for_silence(self, now: float) -> None:
        """Nothing at all comes: what a call met says why, and without one it is the network."""
        if self.line.error is not None:
            self.decisions.pause_for(self.line.error, now)
        else:
            self.decisions.pause([r.INTERNET], "nothing comes, and nobody answers", now=now)

    def _advance_verifying(self, now: float) -> None:
        core = self.core
        if core.verify_at is not None and now >= core.verify_at:
            self.line.forget_failures()
            core.begin_verifying(self.line.feed.needed, now)
        elif now >= self._verification_ends_at():
            if core.waits_since is None:
                reason, detail = r.INTERNET, f"verifying took longer than {self._verify_budget:.0f} s"
            else:
                reason, detail = r.exchange_reason(self.decisions.exchange), r.waited_text(core.checks)
            self.decisions.fail_verification([reason], detail, now=now)

    def _verification_ends_at(self) -> float:
        """When the verification has taken too long; what it waits for besides has a time of its own."""
        core = self.core
        if core.waits_since is not None:
            return core.waits_since + _LONGEST_WAIT_SECONDS
        return inf if core.verifying_since is None else core.verifying_since + self._verify_budget

    def _advance_stabilising(self, now: float) -> None:
        core, line = self.core, self.line
        late = line.feed.late(now) if self._has_line else ()
        if self._has_line and now >= line.dead_at:
            core.lose_stability("nothing comes, and nobody answers", now)
        elif late:
            core.lose_stability(f"prices of {', '.join(late)} are late", now)
        elif unseen := set(line.feed.needed) - core.verified_for:
            core.verify(now, detail=f"now also needed: {', '.join(sorted(unseen))}")
        elif core.stability.is_reached(now, line.feed.needed):
            self._run(now)
        elif core.stability.is_given_up(now):
            lacking = core.stability.lacking(line.feed.needed)
            core.lose_stability(f"too few prices of {', '.join(lacking)}", now)
        elif self._has_line and now >= line.ask_at and not core.is_probing:
            core.probe()

    def _run(self, now: float) -> None:
        self.line.start_over(now)
        self.core.run()

    def _advance_paused(self, now: float) -> None:
        schedule = self.core.schedule
        if schedule.wait_ends_at is not None and now >= schedule.wait_ends_at:
            schedule.begin_wait(now)
            why = r.reasons_text(self.core.reasons)
            self.core.actions.append(a.TellPerson(message=f"Still paused: {why}. Nothing is traded; it is tried again"))
        if schedule.next_at is None or now < schedule.next_at:
            return
        if self._has_line and self.core.state is NetworkState.PAUSED:
            self.core.probe()
        else:
            self.core.verify(now)
            self._advance_verifying(now)

    @staticmethod
    def _or_never(at: float | None) -> float:
        return inf if at is None else at
