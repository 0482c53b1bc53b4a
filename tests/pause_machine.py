"""The network pause by itself, with a market that ticks and answers as the test says: no loop, no host, no clock."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from desktop_trader.domain.errors import ExchangeError, NetworkTimeoutError
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.engine.pause_view import network_view
from desktop_trader.messages.network import CheckView, NetworkState, NetworkView
from desktop_trader.settings import PauseSettings
from tests.builders import START

BTC, ETH = "BTC/USDT", "ETH/USDT"
GOOD = (CheckView(name="time", ok=True), CheckView(name="prices", ok=True))
STEP = 0.05
PROBE_SECONDS = 3.0

_A = TypeVar("_A", bound=a.PauseAction)
ProbeAnswer = Callable[[], ExchangeError] | None


class PauseMachine:
    """Time goes on in steps of 50 ms. `ticking` symbols tick once a `gap`; probes and verifications take 100 ms.

    `probe` is None for an answer, or makes the error; `is_hanging` lets nothing answer. `checks` are what a
    verification finds.
    """

    def __init__(
        self,
        *,
        exchange: str = "coinex",
        needed: Sequence[str] = (BTC,),
        gap: float = 1.0,
        seed: int = 1,
        pause: PauseSettings | None = None,
    ) -> None:
        self.now = 100.0
        self.wall = 1_700_000_000.0
        self.gap = gap
        self.lag = 0.0
        self.ticking = set(needed)
        self.probe: ProbeAnswer = None
        self.is_hanging = False
        self.checks: Sequence[CheckView] = GOOD
        self.actions: list[tuple[float, a.PauseAction]] = []
        self.changes: list[tuple[float, NetworkState]] = []
        self._last_tick: dict[str, float] = {}
        self._answers: list[tuple[float, Callable[[], None]]] = []
        self._verification = 0
        self.pause = NetworkPause(pause or PauseSettings(), Random(seed), exchange=exchange, market_now=self.market_now)
        self.pause.start(self.now)
        self.pause.set_needed(needed, self.now)
        self._settle()

    def market_now(self) -> datetime:
        """What time it is at the exchange; ticks were made `lag` seconds before they come."""
        return START + timedelta(seconds=self.now)

    @property
    def state(self) -> NetworkState:
        return self.pause.state

    @property
    def reasons(self) -> list[str]:
        return [reason.text for reason in self.pause.core.reasons]

    @property
    def detail(self) -> str:
        return self.pause.core.detail

    @property
    def view(self) -> NetworkView:
        return network_view(self.pause, self.now, at=START + timedelta(seconds=self.now), epoch=0)

    def run(self, seconds: float) -> "PauseMachine":
        """Let time pass."""
        until = self.now + seconds - 1e-9
        while self.now < until:
            self.step()
        return self

    def until(self, state: NetworkState, *, limit: float = 400.0) -> float:
        """Let time pass until a state is reached; return how long that took."""
        begun = self.now
        while self.state is not state:
            assert self.now - begun < limit, f"not {state} within {limit} s, but {self.changes[-5:]}"
            self.step()
        return self.now - begun

    def start_up(self) -> "PauseMachine":
        """Let it come to RUNNING, and half a minute pass."""
        self.until(NetworkState.RUNNING)
        return self.run(30)

    def step(self) -> None:
        self.now = round(self.now + STEP, 6)
        self.wall += STEP
        for symbol in sorted(self.ticking):
            if self.now - self._last_tick.get(symbol, 0.0) >= self.gap - 1e-9:
                self.tick(symbol)
        due, self._answers = (
            [each for each in self._answers if each[0] <= self.now],
            [each for each in self._answers if each[0] > self.now],
        )
        for _, answer in due:
            answer()
        self.beat()

    def beat(self) -> None:
        self.pause.beat(self.now, self.wall)
        self._settle()

    def tick(self, symbol: str = BTC) -> None:
        self._last_tick[symbol] = self.now
        self.pause.on_tick(symbol, self.now, source_at=self.market_now() - timedelta(seconds=self.lag))
        self._settle()

    def fail_call(self, error: ExchangeError) -> None:
        self.pause.on_call_failed(error, self.now)
        self._settle()

    def silence(self) -> None:
        """Let nothing tick and nobody answer: a cable that is out."""
        self.ticking.clear()
        self.is_hanging = True

    def heal(self, *symbols: str) -> None:
        """Let everything be there again."""
        self.ticking = set(symbols or (BTC,))
        self.is_hanging = False
        self.probe = None
        self.checks = GOOD

    def acted(self, kind: type[_A]) -> list[_A]:
        return [action for _, action in self.actions if isinstance(action, kind)]

    def times(self, kind: type[a.PauseAction]) -> list[float]:
        return [at for at, action in self.actions if isinstance(action, kind)]

    def _settle(self) -> None:
        if not self.changes or self.changes[-1][1] is not self.state:
            self.changes.append((self.now, self.state))
        for action in self.pause.take_actions():
            self.actions.append((self.now, action))
            if isinstance(action, a.Probe):
                delay = PROBE_SECONDS if self.is_hanging else 0.1
                self._answers.append((self.now + delay, self._answer_probe))
            elif isinstance(action, a.Verify):
                self._verification += 1
                if not self.is_hanging:
                    number = self._verification
                    self._answers.append((self.now + 0.1, lambda number=number: self._answer_verification(number)))  # type: ignore[misc]
            elif isinstance(action, a.StopVerifying):
                self._verification += 1

    def _answer_probe(self) -> None:
        error = NetworkTimeoutError("no answer") if self.is_hanging else None
        self.pause.probed(error if self.probe is None else self.probe(), self.now)
        self._settle()

    def _answer_verification(self, number: int) -> None:
        if number == self._verification:
            self.pause.verified(self.checks, self.now)
            self._settle()
