"""When a headless run starts its strategy, and when it finds that it cannot."""

from dataclasses import replace

import pytest

from desktop_trader.cli.strategy_start import StrategyChoice, StrategyStart, refusal_of
from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.market_opening import MarketChoice
from desktop_trader.messages.commands import StartAutoTrading
from desktop_trader.messages.network import NetworkState, NetworkView
from desktop_trader.messages.notices import CommandRefused
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.storage.candle_store import CandleStore
from tests.builders import SPOT, START
from tests.engine_rig import EngineRig
from tests.fakes import ScriptedFeed
from tests.fakes_exchange import LIVE_START

_STRATEGY = StrategyChoice(name="moving_average_cross", parameters=(("fast", "3"),))
_LIVE = MarketChoice(market="coinex", symbol=SPOT.symbol, timeframe=Timeframe.M5)


class _Beginning:
    """A start on an exchange, and what it sent and refused."""

    def __init__(self, *, strategy: StrategyChoice | None = _STRATEGY) -> None:
        self.feed = LiveFeed("exchange:coinex", shelf=CandleStore.in_memory(), starts_at=LIVE_START)
        self.sent: list[object] = []
        self.refused: list[str] = []
        self.start = StrategyStart(_LIVE, strategy, feed=self.feed, on_refused=self.refused.append)
        self.start.begin(self.sent.append)

    def look(self, state: NetworkState) -> None:
        """Show a snapshot while the network stands so."""
        self.start.look(snapshot(state))

    def list(self, *, settle: str = "USDT") -> None:
        """Let the market list come."""
        self.feed.take_listing({SPOT.symbol: replace(SPOT, settle=settle)})


def snapshot(state: NetworkState) -> AccountSnapshot:
    """An account on a market whose network stands so."""
    return replace(build_snapshot(EngineRig().engine, sequence=1), network=NetworkView(at=START, state=state))


def test_on_a_market_of_our_own_a_strategy_starts_at_once() -> None:
    feed = ScriptedFeed([SPOT])
    sent: list[object] = []

    start = StrategyStart(MarketChoice(), _STRATEGY, feed=feed, on_refused=lambda why: None)
    start.begin(sent.append)
    start.look(snapshot(NetworkState.RUNNING))

    assert feed.subscribed == [(SPOT.symbol, None)]
    (command,) = sent
    assert isinstance(command, StartAutoTrading)
    assert (command.request_id, command.strategy, command.symbol) == ("", "moving_average_cross", SPOT.symbol)


def test_on_an_exchange_it_starts_once_when_everything_may_act() -> None:
    beginning = _Beginning()
    beginning.list()

    for state in (NetworkState.STARTING, NetworkState.PAUSED, NetworkState.VERIFYING, NetworkState.STABILISING):
        beginning.look(state)
    assert beginning.sent == []

    for _ in range(3):
        beginning.look(NetworkState.RUNNING)
    (command,) = beginning.sent
    assert isinstance(command, StartAutoTrading)
    assert (command.symbol, command.timeframe) == (SPOT.symbol, Timeframe.M5)
    assert [(symbol, each.timeframe) for symbol, each in beginning.feed.sequences()] == [(SPOT.symbol, Timeframe.M5)]


def test_a_network_that_goes_away_in_that_moment_is_waited_for_once_more() -> None:
    beginning = _Beginning()
    beginning.list()
    beginning.look(NetworkState.RUNNING)
    refusal = CommandRefused(id=1, at=START, request_id="run:start", reason="network", detail="nothing was done")

    beginning.start.hear(refusal)
    beginning.look(NetworkState.PAUSED)
    assert len(beginning.sent) == 1
    beginning.look(NetworkState.RUNNING)
    beginning.start.hear(replace(refusal, reason="bad_input"))
    beginning.look(NetworkState.RUNNING)

    assert len(beginning.sent) == 2


@pytest.mark.parametrize(
    ("symbol", "settle", "why"),
    [
        (SPOT.symbol, "USDT", []),
        (SPOT.symbol, "EUR", ["BTC/USDT is paid in EUR, but accounts here hold USDT"]),
        ("ETH/USDT", "USDT", ["BTC/USDT is not traded on coinex"]),
    ],
)
def test_what_the_list_says_is_looked_at_when_it_has_come(symbol: str, settle: str, why: list[str]) -> None:
    beginning = _Beginning()
    beginning.look(NetworkState.VERIFYING)
    assert beginning.refused == []

    beginning.feed.take_listing({symbol: replace(SPOT, symbol=symbol, settle=settle)})
    beginning.look(NetworkState.VERIFYING)
    beginning.look(NetworkState.RUNNING)

    assert [each.partition(";")[0] for each in beginning.refused] == why
    if symbol != SPOT.symbol:
        assert "`desktop-trader markets search BTC --market coinex`" in beginning.refused[0]
    assert len(beginning.sent) == (0 if why else 1)


def test_a_run_without_a_strategy_only_follows() -> None:
    beginning = _Beginning(strategy=None)
    beginning.list()
    beginning.look(NetworkState.RUNNING)

    assert beginning.sent == []
    assert beginning.feed.followed() == (SPOT.symbol,)
    assert refusal_of(None, "USDT") == ""
