"""The host of an engine: paced or as fast as it can, never waiting for what nobody will send."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.assembly import AccountChoice, Trader, trader_in_memory
from desktop_trader.domain.market import MarketEvent, PriceSource
from desktop_trader.engine_host import EngineHost, Listener
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, Notice, TradingHalted
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import Settings
from tests.builders import SPOT, after, bars_of_closes, make_quote
from tests.fakes import ScriptedFeed

DEPOSIT = c.AdjustBalance(
    request_id="r", kind=c.AdjustmentKind.DEPOSIT, amount=Decimal(5), reason="test", author="a person"
)


class Heard:
    """Everything a host told, and what to do when it tells it."""

    def __init__(self) -> None:
        self.snapshots: list[AccountSnapshot] = []
        self.notices: list[Notice] = []
        self.requests: list[object] = []
        self.on_notice: Callable[[Notice], None] = lambda notice: None
        self.on_snapshot: Callable[[AccountSnapshot], None] = lambda snapshot: None

    def listener(self) -> Listener:
        return Listener(on_snapshot=self._see, on_notice=self._hear, on_request=self.requests.append)

    def _see(self, snapshot: AccountSnapshot) -> None:
        self.snapshots.append(snapshot)
        self.on_snapshot(snapshot)

    def _hear(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.on_notice(notice)


def host_of(
    events: list[MarketEvent], heard: Heard, *, speed: float | None = None, fills_on: PriceSource = PriceSource.QUOTES
) -> tuple[EngineHost, Trader]:
    feed = ScriptedFeed([SPOT], events, fills_on=fills_on)
    settings = Settings()
    trader = trader_in_memory(feed, AccountChoice(start_amount=Decimal(1_000)), settings=settings)
    return EngineHost(trader, heard.listener(), settings=settings, speed=speed), trader


def quotes(count: int) -> list[MarketEvent]:
    return [make_quote(100 + number, at=after(seconds=number + 1)) for number in range(count)]


def test_at_full_speed_it_plays_to_the_end_of_the_data_and_returns() -> None:
    heard = Heard()
    host, trader = host_of(quotes(5_000), heard)
    asyncio.run(host.run())
    assert trader.engine.desk.clock.now() == after(seconds=5_000)
    assert heard.notices[0].as_fields()["message"] == "Created new demo wallet with $1,000.00"
    assert heard.snapshots[-1].market.quotes[0].last == 5_099
    sequences = [snapshot.sequence for snapshot in heard.snapshots]
    assert sequences == sorted(set(sequences))


def test_it_counts_bars_and_the_time_they_took() -> None:
    heard = Heard()
    bars: list[MarketEvent] = list(bars_of_closes(range(10, 60)))
    host, trader = host_of(bars, heard, fills_on=PriceSource.BARS)
    asyncio.run(host.run())
    assert trader.engine.desk.cursor.bars_seen == 50
    assert host.engine_seconds > 0


def test_a_duration_is_of_market_time_and_ends_between_events() -> None:
    heard = Heard()
    host, trader = host_of(quotes(1_000), heard)
    asyncio.run(host.run(duration=timedelta(seconds=250)))
    assert trader.engine.desk.clock.now() == after(seconds=250)
    asyncio.run(host_of(quotes(10), Heard())[0].run(duration=timedelta(0)))


def test_it_paces_the_market() -> None:
    heard = Heard()
    host, trader = host_of(quotes(20), heard, speed=1_000_000)
    asyncio.run(host.run(duration=timedelta(seconds=20)))
    assert trader.engine.desk.clock.now() == after(seconds=20)


def test_a_market_that_is_silent_leaves_it_answering_until_it_is_stopped() -> None:
    heard = Heard()
    host, trader = host_of([], heard, speed=1.0)
    heard.on_notice = lambda notice: (
        host.stop() if isinstance(notice, BalanceChanged) and notice.kind == "deposit" else None
    )
    host.send(DEPOSIT)
    asyncio.run(asyncio.wait_for(host.run(), 30))
    assert trader.engine.books.portfolio.wallet.total == 1_005
    assert heard.snapshots[-1].balance.total == 1_005


def test_a_command_from_another_thread_wakes_it_at_once() -> None:
    heard = Heard()
    host, _ = host_of([make_quote(1, at=after(days=300))], heard, speed=1.0)
    heard.on_notice = lambda notice: (
        host.stop() if isinstance(notice, BalanceChanged) and notice.kind == "deposit" else None
    )

    async def session() -> None:
        running = asyncio.create_task(host.run())
        await asyncio.get_running_loop().run_in_executor(None, host.send, DEPOSIT)
        await asyncio.wait_for(running, 30)

    asyncio.run(session())
    assert heard.notices[-1].request_id == "r"


def test_what_is_no_command_is_passed_on_as_a_request() -> None:
    heard = Heard()
    host, _ = host_of(quotes(3), heard)
    host.send("a request")
    asyncio.run(host.run())
    assert heard.requests == ["a request"]


def test_asking_answers_at_once_and_everybody_hears_it() -> None:
    heard = Heard()
    host, _ = host_of([], heard)
    (answer,) = host.ask(DEPOSIT)
    assert isinstance(answer, BalanceChanged)
    assert heard.notices == [answer]
    assert heard.snapshots[-1].balance.total == 1_005


def test_pushed_quotes_are_worked_off_in_their_order() -> None:
    heard = Heard()
    host, trader = host_of(quotes(1), heard)
    for number in range(100):
        host.push_quotes([make_quote(200 + number, at=after(seconds=0, minutes=number))])
    asyncio.run(host.run())
    assert trader.engine.desk.marks.price(SPOT.symbol) == 299


def test_nobody_brings_prices_of_a_market_outside_past_its_feed() -> None:
    host, trader = host_of(quotes(1), Heard())
    trader.engine.feed.is_live = True  # type: ignore[misc]  # the scripted one may be either
    with pytest.raises(ValueError, match="through its feed"):
        host.push_quotes([make_quote(200)])


def test_more_than_a_thousand_waiting_commands_are_refused_at_the_door() -> None:
    host, _ = host_of([], Heard())
    assert [host.send(DEPOSIT) for _ in range(1_001)].count(False) == 1


def test_a_halt_from_elsewhere_is_told_and_it_goes_on_answering() -> None:
    heard = Heard()
    host, _ = host_of(quotes(3), heard)
    host.halt("the disk is gone", "detail")
    host.send(DEPOSIT)
    asyncio.run(host.run())
    kinds = [type(notice) for notice in heard.notices[2:]]
    assert kinds == [TradingHalted, CommandRefused]
    assert heard.snapshots[-1].halted == "the disk is gone"


def test_a_halt_that_comes_together_with_the_end_is_told_before_it() -> None:
    heard = Heard()
    host, trader = host_of([], heard, speed=1.0)
    host.stop()
    host.halt("other books take the place of these", "detail")

    asyncio.run(host.run())

    assert trader.engine.halted == "other books take the place of these"
    assert heard.snapshots[-1].halted == "other books take the place of these"


def test_our_own_error_halts_is_told_and_is_raised_on() -> None:
    heard = Heard()
    host, trader = host_of([make_quote(1, symbol="UNKNOWN/USDT", at=after(seconds=1))], heard)
    trader.engine.desk.marks.set_quote = lambda quote: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(ZeroDivisionError):
        asyncio.run(host.run())
    halt = heard.notices[-1]
    assert isinstance(halt, TradingHalted)
    assert (halt.reason, halt.detail) == ("an error of the program", "ZeroDivisionError: division by zero")


def test_after_an_error_of_ours_every_command_that_waited_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    host, trader = host_of(quotes(3), heard)
    monkeypatch.setattr("desktop_trader.engine.balance_desk.accounting.change_balance", lambda *_, **__: 1 / 0)
    for request_id in ("first", "second", "third"):
        host.send(replace(DEPOSIT, request_id=request_id))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(host.run())
    heard.on_notice = lambda notice: host.stop() if notice.request_id == "third" else None

    asyncio.run(asyncio.wait_for(host.answer_only(), 30))

    refused = [notice for notice in heard.notices if isinstance(notice, CommandRefused)]
    assert [(each.request_id, each.reason) for each in refused] == [
        ("first", "uncertain"),
        ("second", "halted"),
        ("third", "halted"),
    ]
    assert trader.engine.books.portfolio.wallet.total == 1_000


def test_where_the_market_stands_is_kept_when_it_is_closed() -> None:
    heard = Heard()
    host, trader = host_of(quotes(7), heard)
    asyncio.run(host.run())
    trader.engine.checkpoint()
    stored = trader.store.load("demo").market
    assert stored is not None
    assert stored.at == after(seconds=7)


def test_quotes_pushed_by_a_live_feed_are_worked_off_while_nothing_else_comes() -> None:
    heard = Heard()
    host, trader = host_of([], heard, speed=1.0)
    heard.on_snapshot = lambda snapshot: host.stop() if snapshot.market.quotes else None

    async def session() -> None:
        running = asyncio.create_task(host.run())
        await asyncio.get_running_loop().run_in_executor(None, host.push_quotes, [make_quote(123, at=after(seconds=1))])
        await asyncio.wait_for(running, 20)

    asyncio.run(session())
    assert trader.engine.desk.marks.price(SPOT.symbol) == 123
