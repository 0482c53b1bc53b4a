"""The starred rows of the pause's matrix, over real sockets: the whole product against the loopback exchange.

The scenarios of one test run beside each other in one loop, each with an exchange, a data folder and a trader of its
own, so that their waits of five seconds overlap.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import desktop_trader.exchange.known_markets
from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED, NetworkState
from desktop_trader.messages.notice_text import notice_text
from desktop_trader.messages.notices import OutageEnded, PositionClosed
from desktop_trader.settings import PauseSettings, Settings
from tests.exchange.certificates import self_signed
from tests.exchange.coinex_client import SPOT, until
from tests.exchange.live_rig import LiveTrader, LoopLag, bring_ccxt_in, live_trader, the_list_fetched_once
from tests.exchange.loopback import ExchangeThread, Fault

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
RUNNING, PAUSED = NetworkState.RUNNING, NetworkState.PAUSED
VERIFYING, STABILISING, SUSPECT = NetworkState.VERIFYING, NetworkState.STABILISING, NetworkState.SUSPECT
QUICK = Settings(pause=PauseSettings(backoff_max=Decimal(2), clock_check_every=Decimal(2)))
"""As the documents ask for, but looking again after two seconds at most, and comparing clocks as often."""
ETH = "ETH/USDT"


@pytest.fixture(autouse=True)
def one_list_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop_trader.exchange.known_markets, "fetch_in_a_process", the_list_fetched_once)


async def all_of(*scenarios: Awaitable[None]) -> None:
    """Run scenarios beside each other; every one that fails is told."""
    await bring_ccxt_in()
    done = await asyncio.gather(*scenarios, return_exceptions=True)
    failed = [one for one in done if isinstance(one, Exception)]
    if failed:
        raise ExceptionGroup("scenarios failed", failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One way to lose the market: how it is lost, the reason told, the seconds within which it is found."""

    name: str
    lose: Callable[[ExchangeThread], None]
    reason: str
    within: float
    restore: Callable[[ExchangeThread], None] = lambda exchange: exchange.clear()


def hang(exchange: ExchangeThread) -> None:
    exchange.inject(Fault.SILENT_SOCKET)
    exchange.inject(Fault.HANG)


def answers(fault: Fault, **figures: float) -> Callable[[ExchangeThread], None]:
    """Return what lets every call be answered wrongly, and ends the streams, whose making is answered so as well."""

    def lose(exchange: ExchangeThread) -> None:
        exchange.inject(fault, **figures)  # type: ignore[arg-type]
        exchange.disconnect()

    return lose


def calls_only(exchange: ExchangeThread) -> None:
    exchange.inject(Fault.HTTP_502, "[!w]*")


LOSSES = [
    Loss(name="cable", lose=ExchangeThread.go_down, restore=ExchangeThread.come_back, reason="internet", within=2),
    Loss(name="half-open", lose=hang, reason="internet", within=5),
    Loss(name="502", lose=answers(Fault.HTTP_502), reason="exchange:coinex", within=5),
    Loss(name="503", lose=answers(Fault.HTTP_503), reason="exchange:coinex", within=5),
    Loss(name="429", lose=answers(Fault.HTTP_429, seconds=4), reason="exchange:coinex", within=5),
    Loss(name="418", lose=answers(Fault.HTTP_418), reason="exchange:coinex", within=5),
    Loss(name="maintenance", lose=answers(Fault.MAINTENANCE), reason="exchange:coinex", within=5),
    Loss(name="portal", lose=answers(Fault.PORTAL), reason="exchange:coinex", within=5),
    Loss(name="portal 401", lose=answers(Fault.HTTP_401), reason="internet", within=5),
    Loss(name="one byte a second", lose=answers(Fault.TRICKLE), reason="", within=5),
]
EVERY_TIME = ("cable", "half-open", "502", "portal", "one byte a second")


async def lose_and_find_again(loss: Loss, folder: Path) -> None:
    """Hold a position, lose the market while its price falls beyond the stop, and get it back."""
    with ExchangeThread() as exchange:
        exchange.set_price(SPOT, "60000")
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            await trader.buy(stop_loss="59000")
            before = await asyncio.to_thread(exchange.do, lambda inside: inside.now())
            lag = LoopLag()
            lost_at = time.monotonic()
            await asyncio.to_thread(loss.lose, exchange)
            await trader.until(PAUSED)
            found_after = time.monotonic() - lost_at
            lag.end()
            told = f"{loss.name}: found after {found_after:.2f} s, {lag.seconds:.2f} of them lost {trader.story()}"
            assert found_after - 2 * lag.seconds <= loss.within + 0.5, told
            assert any(reason.startswith(loss.reason) for reason in trader.reasons), (loss.name, trader.story())
            await asyncio.to_thread(exchange.set_price, SPOT, "58000")
            await asyncio.sleep(2)
            assert trader.state is not RUNNING, (loss.name, trader.story())
            assert trader.positions == 1
            back_at = time.monotonic()
            await asyncio.to_thread(loss.restore, exchange)
            await trader.until(RUNNING)
            assert time.monotonic() - back_at >= 5
            await trader.until_closed()
            check_outage(trader, loss.name)
            assert exchange.do(lambda inside: inside.calls.writes(before)) == []


def check_outage(trader: LiveTrader, name: str) -> None:
    """Check what every outage has to show: nothing traded in it, an honest price after it, a row, the sentences."""
    assert trader.traded_while_closed() == [], name
    assert trader.shortest_stability() >= 5.0, (name, trader.story())
    (closed,) = trader.of(PositionClosed)
    assert isinstance(closed.notice, PositionClosed)
    assert (closed.notice.reason, Decimal(57900) < closed.notice.price < Decimal(58000)) == ("stop_loss", True), name
    assert trader.of(OutageEnded), name
    told = [notice_text(one.notice, "USDT") for one in trader.heard]
    for sentence in (NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, RESUMED):
        assert any(sentence in text for text in told), (name, sentence, told)


# ---------------------------------------------------------------------------------------- which scope it is of
async def socket_without_ticks(folder: Path) -> None:
    """Prices are asked for where the stream is silent; that is no outage."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            exchange.inject(Fault.SILENT_SOCKET)
            begun = time.monotonic()
            while time.monotonic() - begun < 12:
                assert trader.state in (RUNNING, SUSPECT), trader.story()
                await asyncio.sleep(0.05)
            assert exchange.do(lambda inside: inside.calls.count("spot/ticker")) > 2


async def calls_dead_ticks_alive(folder: Path) -> None:
    """Whoever cannot be asked cannot be believed: the exchange is the reason, not the network."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            calls_only(exchange)
            await trader.until(PAUSED)
            assert trader.reasons == ("exchange:coinex",), trader.story()
            exchange.clear()
            await trader.until(RUNNING)


async def one_symbol_silent(folder: Path) -> None:
    """The reason names the symbol whose price is missing."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK, follow=(ETH,)) as trader:
            exchange.set_price(SPOT, "60000")
            exchange.set_price(ETH, "3000")
            await trader.until(RUNNING)
            await trader.buy(stop_loss="59000")
            await trader.buy(stop_loss="2950", symbol=ETH)
            exchange.inject(Fault.SILENT, "ETHUSDT")
            await trader.until(PAUSED)
            assert trader.reasons == (f"feed:{ETH}",), trader.story()
            exchange.clear()
            await trader.until(RUNNING)


async def one_market_stale(folder: Path) -> None:
    """A market that repeats its last word, with its old time, has no price."""
    with ExchangeThread() as exchange:
        exchange.set_price(SPOT, "60000")
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            await trader.buy(stop_loss="59000")
            exchange.inject(Fault.STALE, "BTCUSDT")
            await trader.until(PAUSED)
            assert trader.reasons == (f"feed:{SPOT}",), trader.story()
            exchange.clear()
            await trader.until(RUNNING)
            assert trader.positions == 1


async def old_ticks_again(folder: Path) -> None:
    """Ticks that were there already are dropped and counted; what is old triggers nothing."""
    with ExchangeThread() as exchange:
        exchange.set_price(SPOT, "60000")
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            exchange.set_price(SPOT, "59400")
            await asyncio.sleep(2)
            exchange.set_price(SPOT, "60000")
            marks = trader.trader.engine.desk.marks
            await until(lambda: (quote := marks.quotes.get(SPOT)) is not None and quote.last == 60000)
            await trader.buy(stop_loss="59500")
            exchange.inject(Fault.REPLAYED, seconds=2)
            await asyncio.sleep(3)
            assert trader.positions == 1, trader.story()
            assert trader.state is RUNNING, trader.story()
            assert dict(trader.host.network.show.view().rejected_ticks), trader.story()


async def clock_two_hours_ahead(folder: Path) -> None:
    """A clock that is wrong pauses, whoever's it is."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            exchange.inject(Fault.CLOCK, "time", seconds=7200)
            await trader.until(PAUSED)
            assert "clock" in trader.reasons, trader.story()
            exchange.clear()
            await trader.until(RUNNING)
            assert abs((trader.view.at - datetime.now(UTC)).total_seconds()) < 60


def is_at_present(trader: LiveTrader) -> bool:
    """Say whether nothing in the engine stands anywhere else than now: what stands there is stored."""
    desk = trader.trader.engine.desk
    at = [desk.clock.now(), desk.cursor.at, *(quote.at for quote in desk.marks.quotes.values())]
    return all(abs((each - datetime.now(UTC)).total_seconds()) < 60 for each in at)


async def glitch_of_the_clock(folder: Path) -> None:
    """Times and prices from two hours ahead, for four seconds: when it is over it is over, here and after a start."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            exchange.set_price(SPOT, "60000")
            await trader.buy(stop_loss="50000")
            exchange.inject(Fault.CLOCK, seconds=7200)
            await trader.until(PAUSED)
            assert "clock" in trader.reasons, trader.story()
            await asyncio.sleep(4)
            exchange.clear()
            assert await trader.until(RUNNING) < 20, trader.story()
            assert is_at_present(trader), trader.story()
            assert dict(trader.view.rejected_ticks).get("older than the last", 0) <= 2
            assert trader.positions == 1
        exchange.set_price(SPOT, "45000")
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            await trader.until_closed()
            assert trader.traded_while_closed() == []


async def clock_two_hours_behind(folder: Path) -> None:
    """While it runs and prices come: what pauses is the clock, whatever its prices look like."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            exchange.inject(Fault.CLOCK, seconds=-7200)
            await trader.until(PAUSED)
            assert trader.reasons[0] == "clock", trader.story()
            exchange.clear()
            await trader.until(RUNNING)
            assert is_at_present(trader), trader.story()


async def left_alone(folder: Path) -> None:
    """Who asks to be left alone is: no call for as long, and a stream knocks once more at most."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            lag = LoopLag()
            answers(Fault.HTTP_429, seconds=7)(exchange)
            asked_at = exchange.do(lambda inside: inside.now())
            await trader.until(PAUSED)
            exchange.clear()
            await asyncio.sleep(1)
            trader.retry_now()
            await trader.until(RUNNING)
            lag.end()
            calls = exchange.do(lambda inside: inside.calls.of("*", asked_at))
            first = next(call.at for call in calls if not call.route.startswith("w"))
            # What was on its way when the first answer came is there within a moment, and the time a busy machine took.
            alone = [call.route for call in calls if first + 1 + 2 * lag.seconds < call.at < first + 7]
            assert [route for route in alone if not route.startswith("w")] == []
            # One knock is a connection and, where it is let in again, what it subscribes to.
            assert len([route for route in alone if " " not in route]) <= 1


async def quit_while_waiting(folder: Path) -> None:
    """Whoever quits does not wait for the network."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder) as trader:
            await trader.until(RUNNING)
            hang(exchange)
            await trader.until(PAUSED)
            lag, begun = LoopLag(), time.monotonic()
        taken = time.monotonic() - begun
        lag.end()
        assert taken - 2 * lag.seconds < 2.5, (taken, lag.seconds)
        exchange.clear()


# ------------------------------------------------------------------------------------------- coming back
async def loss_late_in_stabilising(folder: Path) -> None:
    """A loss late in the stable seconds begins them anew."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(STABILISING)
            await until(lambda: trader.view.stable_seconds > 3 or trader.state is not STABILISING)
            seen = len(trader.states)
            exchange.go_down()
            await trader.until(VERIFYING, PAUSED)
            exchange.come_back()
            await trader.until(RUNNING)
            assert any(state is STABILISING for _, state, _ in trader.states[seen:]), trader.story()
            assert trader.shortest_stability() >= 5.0


async def jump_and_crossed_book(folder: Path) -> None:
    """A jump of 2 % and a crossed book within the stable seconds begin them anew; the stop waits for what is stable."""
    with ExchangeThread() as exchange:
        exchange.set_price(SPOT, "60000")
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            await trader.buy(stop_loss="59500")
            exchange.go_down()
            await trader.until(PAUSED)
            exchange.come_back()
            await trader.until(STABILISING)
            await asyncio.sleep(2)
            seen = len(trader.states)
            exchange.set_price(SPOT, "58700")
            await trader.until_seen(VERIFYING, since=seen)
            await trader.until(STABILISING)
            seen = len(trader.states)
            exchange.inject(Fault.CROSSED, "BTCUSDT")
            await trader.until_seen(VERIFYING, since=seen)
            exchange.clear()
            exchange.set_price(SPOT, "60000")
            await trader.until(RUNNING)
            await asyncio.sleep(1)
            assert trader.positions == 1, trader.story()
            assert trader.traded_while_closed() == []


async def flapping(folder: Path, seconds: float) -> None:
    """Out and in every second: one verification at a time, few calls, and never running while it flaps."""
    with ExchangeThread() as exchange:
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(RUNNING)
            calls = exchange.do(lambda inside: inside.calls.count("time"))
            begun, seen = time.monotonic(), len(trader.states)
            while time.monotonic() - begun < seconds:
                await asyncio.to_thread(exchange.go_down)
                await asyncio.sleep(1)
                await asyncio.to_thread(exchange.come_back)
                await asyncio.sleep(1)
            flapped = [state for _, state, _ in trader.states[seen:]]
            assert RUNNING not in flapped[flapped.index(PAUSED) :], trader.story()
            calls = exchange.do(lambda inside: inside.calls.count("time")) - calls
            assert calls < 3 * seconds, calls
            await trader.until(RUNNING)
            assert trader.shortest_stability() >= 5.0
            assert trader.traded_while_closed() == []


# ----------------------------------------------------------------------------------------- never there at all
async def never_verified(folder: Path) -> None:
    """Answers that are none never verify, one after the other; then the first right ones do."""
    with ExchangeThread() as exchange:
        faults = [Fault.EMPTY_OBJECT, Fault.NULL, Fault.EMPTY_BODY, Fault.TRUNCATED, Fault.NAN_TIME, Fault.PORTAL]
        injected = exchange.inject(faults[0])
        async with live_trader(exchange.url, folder, settings=QUICK) as trader:
            await trader.until(PAUSED)
            for fault in faults[1:]:
                exchange.clear()
                injected = exchange.inject(fault)
                calls = exchange.do(lambda inside: inside.calls.count("time"))
                trader.retry_now()
                await until(lambda: exchange.do(lambda inside: inside.calls.count("time")) > calls)  # noqa: B023
                await asyncio.sleep(0.5)
                assert trader.state in (PAUSED, VERIFYING), (fault, trader.story())
            assert injected.fault is Fault.PORTAL
            assert not any(state in (STABILISING, RUNNING) for _, state, _ in trader.states), trader.story()
            exchange.clear()
            await trader.until(RUNNING)


async def never_reached(url: str, folder: Path) -> None:
    """A name that does not resolve, a port where nobody is, a certificate of nobody: no network."""
    async with live_trader(url, folder) as trader:
        await trader.until(PAUSED)
        assert trader.reasons == ("internet",), (url, trader.story())


# ------------------------------------------------------------------------------------------------- the tests
@pytest.mark.requirement("R198", "R199", "R200", "R201", "R202", "R203", "R206", "R207", "R208")
async def test_the_matrix_of_the_pause_holds_over_real_sockets(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    alone = (
        socket_without_ticks,
        calls_dead_ticks_alive,
        one_symbol_silent,
        one_market_stale,
        old_ticks_again,
        clock_two_hours_ahead,
        clock_two_hours_behind,
        glitch_of_the_clock,
        quit_while_waiting,
        left_alone,
        loss_late_in_stabilising,
        jump_and_crossed_book,
        never_verified,
    )
    with ExchangeThread(ssl=context) as secure:
        await all_of(
            *(lose_and_find_again(loss, tmp_path / loss.name) for loss in LOSSES if loss.name in EVERY_TIME),
            *(scenario(tmp_path / scenario.__name__) for scenario in alone),
            flapping(tmp_path / "flapping", 12),
            never_reached("http://nowhere.invalid", tmp_path / "name"),
            never_reached("http://127.0.0.1:9", tmp_path / "port"),
            never_reached(secure.url, tmp_path / "tls"),
        )


@pytest.mark.campaign
async def test_every_way_of_losing_the_market_freezes_everything(tmp_path: Path) -> None:
    await all_of(*(lose_and_find_again(loss, tmp_path / loss.name) for loss in LOSSES))


@pytest.mark.campaign
@pytest.mark.timeout(900)
async def test_ten_minutes_of_a_network_that_comes_and_goes_every_second(tmp_path: Path) -> None:
    await all_of(flapping(tmp_path / "flap", 600))
