"""Random walks through the network pause: whatever happens in whatever order, its laws hold."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from desktop_trader.domain import errors as e
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.engine.pause_view import network_view
from desktop_trader.messages.network import CheckView, NetworkState
from desktop_trader.settings import PauseSettings
from tests.builders import START

SYMBOLS = ("BTC/USDT", "ETH/USDT")
_ERRORS: tuple[Callable[[], e.ExchangeError], ...] = (
    lambda: e.NetworkDownError("refused"),
    lambda: e.NetworkTimeoutError("nothing"),
    lambda: e.ExchangeUnavailableError("502"),
    lambda: e.RateLimitedError("429", retry_after_seconds=5),
    lambda: e.BadAnswerError("HTML"),
    lambda: e.AuthRefusedError("key"),
    lambda: e.ClockSkewError("clock"),
    lambda: e.ExchangeRefusedError("no such symbol"),
    lambda: e.UnknownAnswerError("?"),
)


class Walk:
    """A pause, a gate that obeys it, and what its laws forbid."""

    def __init__(self, seed: int, *, exchange: str) -> None:
        self.rng = Random(seed)
        self.now, self.wall = 50.0, 1_000_000.0
        self.is_open = not exchange
        self.is_probing = self.is_verifying = self.is_outage = False
        self.lost_at = self.stable_since = self.now
        self.runs = 0
        self.state = NetworkState.RUNNING if self.is_open else NetworkState.STARTING
        self.pause = NetworkPause(PauseSettings(), Random(seed), exchange=exchange)
        self.pause.start(self.now)
        self.pause.set_needed(SYMBOLS[:1], self.now)
        self.settle()

    def settle(self) -> None:
        """Do as a host does, and look at the laws."""
        for _ in range(8):
            self.pause.beat(self.now, self.wall)
            self.obey()
            if self.pause.next_deadline(self.now) > self.now:
                break
        else:
            raise AssertionError(f"it spins in {self.pause.state}")
        core = self.pause.core
        assert self.is_open is (core.state is NetworkState.RUNNING)
        assert bool(core.reasons) or core.state not in {NetworkState.PAUSED, NetworkState.REVIEW}
        assert not core.reasons or core.state is not NetworkState.RUNNING
        view = network_view(self.pause, self.now, at=START + timedelta(seconds=self.now), epoch=0)
        assert all(left is None or left >= 0 for left in (view.retry_in_seconds, view.wait_ends_in_seconds))

    def obey(self) -> None:
        for action in self.pause.take_actions():
            if isinstance(action, a.Probe):
                assert not self.is_probing
                self.is_probing = True
            elif isinstance(action, a.Verify):
                assert not self.is_verifying
                self.is_verifying = True
            elif isinstance(action, a.StopVerifying):
                self.is_verifying = False
            elif isinstance(action, a.HoldGate | a.CloseGate):
                self.is_open = False
            elif isinstance(action, a.BeginPause):
                assert not self.is_outage
                self.is_outage, self.is_open = True, False
            elif isinstance(action, a.NotePause):
                assert self.is_outage
            elif isinstance(action, a.ReleaseGate):
                assert not self.is_outage
                self.is_open = True
            elif isinstance(action, a.EndPause):
                assert self.now - self.stable_since >= 5.0 - 1e-9
                assert self.now - self.lost_at >= 5.0 - 1e-9
                self.is_outage, self.is_open = False, True
                self.runs += 1
        self.note_state()

    def note_state(self) -> None:
        if self.pause.state is not self.state:
            self.state = self.pause.state
            if self.state is NetworkState.STABILISING:
                self.stable_since = self.now

    def step(self) -> None:
        rng, pause = self.rng, self.pause
        symbol = rng.choice(SYMBOLS)
        passed = rng.choice((0.0, 0.05, 0.3, 0.3, 1.0, 1.0, 1.0))
        self.now += passed
        self.wall += passed
        what = rng.random()
        if what < 0.70:
            for each in SYMBOLS:
                pause.on_tick(each, self.now, source_at=START)
                pause.on_price(each, Decimal(100), now=self.now)
            if self.is_probing and rng.random() < 0.9:
                self.answer_probe(None)
            if self.is_verifying and rng.random() < 0.9:
                self.is_verifying = False
                pause.verified([CheckView(name="time", ok=True)], self.now)
        elif what < 0.85:
            self.now += rng.random() * 2
            self.wall += rng.random() * 2
        else:
            self.disturb(symbol)
        self.note_state()
        self.settle()

    def answer_probe(self, error: e.ExchangeError | None) -> None:
        self.is_probing = False
        self.pause.probed(error, self.now)

    def disturb(self, symbol: str) -> None:
        rng, pause = self.rng, self.pause
        kind = rng.randrange(9)
        if kind == 0:
            error = rng.choice(_ERRORS)()
            self.lost_at = self.now if not isinstance(error, e.ExchangeRefusedError) else self.lost_at
            pause.on_call_failed(error, self.now)
        elif kind == 1:
            self.lost_at = self.now if symbol in pause.line.feed.needed else self.lost_at
            pause.on_bad_tick(symbol, self.now, why="crossed book")
        elif kind == 2 and self.is_probing:
            self.answer_probe(rng.choice(_ERRORS)())
        elif kind == 3 and self.is_verifying:
            self.is_verifying = False
            name = rng.choice(("time", "units", "prices"))
            pause.verified([CheckView(name=name, ok=False, detail=symbol)], self.now)
        elif kind == 4:
            gap = rng.choice((6.0, 100.0))
            self.now += gap
            self.wall += gap + rng.choice((0.0, 0.0, 28_800.0, -7_200.0))
            self.lost_at = self.now
        elif kind == 5:
            pause.on_clock_compared(rng.choice((0.0, 0.0, 0.0, 1.5, 4.0)), self.now)
        elif kind == 6:
            pause.retry_now(self.now)
        elif kind == 7:
            pause.set_needed(SYMBOLS[: rng.randrange(1, 3)], self.now)
        elif kind == 8 and rng.random() < 0.3:
            pause.simulate_loss(self.now, rng.choice((None, 3.0)))
        elif pause.decisions.loss.is_on:
            pause.end_loss(self.now)


def walk(seeds: range, steps: int) -> int:
    runs = 0
    for seed in seeds:
        each = Walk(seed, exchange="coinex" if seed % 4 else "")
        for number in range(steps):
            try:
                each.step()
            except AssertionError as error:
                error.add_note(f"seed {seed}, step {number}")
                raise
        runs += each.runs
    return runs


@pytest.mark.requirement("R198", "R207")
def test_its_laws_hold_on_every_walk() -> None:
    assert walk(range(40), 500) > 100


@pytest.mark.campaign
@pytest.mark.timeout(3_600)
def test_its_laws_hold_on_a_million_steps() -> None:
    assert walk(range(1_000, 1_500), 2_000) > 10_000
