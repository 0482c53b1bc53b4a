"""A quote that needs several commits is killed between any two of them, comes once more, and ends the same.

What the quote has made itself (a lot that it opened, one that it enlarged) is not held against it a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random

import pytest

from desktop_trader.brokers.latency import latency_between
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.engine.broker_port import Broker, FundsView
from tests.builders import SWAP
from tests.fakes import MemoryLedgerStore, RecordingStore, ScriptedFeed
from tests.properties.test_trading_books import Walk
from tests.trading_rig import TradingRig, play


class SlowRig(TradingRig):
    """Orders take up to a second and a half to the exchange."""

    def make_broker(self, funds: FundsView, feed: ScriptedFeed) -> Broker:
        return PaperBroker(funds, depth=feed.depth, latency=latency_between(0, 1500))


@dataclass
class Line:
    """One line of a session, when it was played and by which request, and what each kill in it left behind."""

    text: str
    at: datetime
    request: int
    left_behind: list[MemoryLedgerStore] = field(default_factory=list)


def _play(rig: TradingRig, text: str) -> Line:
    store = rig.memory
    assert isinstance(store, RecordingStore)
    line = Line(text, rig.now, next(rig._requests))
    rig._requests = count(line.request)
    writes = len(store.left_behind)
    play(rig, text)
    assert not rig.engine.halted
    line.left_behind = store.left_behind[writes:]
    return line


def _go_on_after_kill(rig: TradingRig, store: MemoryLedgerStore, lines: Sequence[Line]) -> TradingRig:
    """Start from what a kill in the first of these lines left behind, and play them all."""
    first = lines[0]
    rates = [each for each in rig.rates if each.at <= first.at]
    other = type(rig)(instruments=[SWAP], store=store, books_of=rig.books_of, rates=rates)
    other.now, other._requests = first.at, count(first.request)
    for line in lines:
        play(other, line.text)
        assert not other.engine.halted
    return other


def _end_the_same(rig: TradingRig, lines: Sequence[Line]) -> int:
    """Kill the session in each of its quotes and rates, and say how often that was between two commits of one."""
    between = 0
    for index, line in enumerate(lines):
        if line.text.split()[0] not in ("quote", "funding"):
            continue
        for number, store in enumerate(line.left_behind, start=1):
            other = _go_on_after_kill(rig, store, lines[index:])
            assert other.engine.books.head == rig.engine.books.head, f"killed in {index}: {line.text}, commit {number}"
            between += number < len(line.left_behind)
    return between


@pytest.mark.requirement("R40")
def test_a_trail_does_not_follow_the_quote_that_opened_its_lot_when_that_comes_again() -> None:
    rig = TradingRig(instruments=[SWAP], store=RecordingStore())
    table = "quote 100|long 2 x10 trail 3|quote 99 bids 99x9 asks 100x1,104x1|quote 99|quote 98"
    assert _end_the_same(rig, [_play(rig, text) for text in table.split("|")])


@pytest.mark.requirement("R40")
def test_a_stop_is_not_hit_by_the_quote_that_opened_its_lot_when_that_comes_again() -> None:
    rig = TradingRig(instruments=[SWAP], store=RecordingStore())
    table = "quote 100|long 2 x10 stop 99.5|quote 100 bids 99.4x9 asks 100x1,100.5x1|quote 100|quote 99"
    assert _end_the_same(rig, [_play(rig, text) for text in table.split("|")])


@pytest.mark.requirement("R40", "R41")
@pytest.mark.parametrize(("rig_type", "seed"), [(TradingRig, 22), (SlowRig, 22), (SlowRig, 80), (TradingRig, 7)])
def test_whatever_a_person_does_a_kill_within_a_quote_changes_nothing(rig_type: type[TradingRig], seed: int) -> None:
    rig = rig_type(instruments=[SWAP], store=RecordingStore())
    walk, lines = Walk(rig=rig, random=Random(seed)), list[Line]()
    while len(lines) < 45:
        text = walk.line() if lines else walk.next_price()
        if text.split()[0] not in ("pause", "resume", "restart"):
            lines.append(_play(rig, text))
    assert _end_the_same(rig, lines)
