"""`run`: the same engine as the window's, without a window."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from logging.handlers import MemoryHandler
from time import perf_counter
from types import FrameType

import click

from desktop_trader.api.server import serve
from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.background_check import BackgroundCheck
from desktop_trader.backup_schedule import BackupSchedule, back_up_at_end, back_up_before
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.run_output import RunOutput, make_output
from desktop_trader.cli.strategy_start import StrategyChoice, StrategyStart, refusal_of
from desktop_trader.cli.summary import Timing, summary_fields
from desktop_trader.diagnostics import exception_hooks, loop_exception_handler, start_logging
from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine_host import EngineHost, Listener, log_notice
from desktop_trader.gui_options import parse_seed, parse_start_amount, parse_timeframe
from desktop_trader.locations import DataFolderPaths
from desktop_trader.market_opening import (
    DEFAULT_SEED,
    DEFAULT_SYMBOL,
    SIMULATED,
    MarketChoice,
    check_pace,
    log_market,
    open_feed,
)
from desktop_trader.messages.notice_text import is_network, notice_text
from desktop_trader.messages.notices import (
    BOOKS_DAMAGED,
    LogNotice,
    Notice,
    TradingHalted,
    TradingPaused,
    TradingResumed,
)
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import Settings
from desktop_trader.storage.settings_file import load_settings
from desktop_trader.strategies.catalog import make_strategy

_LINES_IN_A_LOT = 1_000
_DOOR_DELAY_SECONDS = 3.0
_WAIT_FOR_NETWORK = "it goes on by itself once the market can be reached and is stable. Ctrl+C ends the run"
_WAIT = "it goes on by itself once the books can be written again; nothing is lost. Ctrl+C ends the run"
_BACKUP_SECONDS_MAX = 30.0
_CHECK_AFTER_SECONDS_PACED, _CHECK_AFTER_SECONDS = 5.0, 60.0
"""At full speed a run is usually over before; one that goes on for longer pays for the look at its books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Everything a headless run was told, understood and found possible. `speed` None is as fast as it can."""

    paths: DataFolderPaths
    market: MarketChoice
    account: AccountChoice
    strategy: StrategyChoice | None
    speed: float | None
    duration: timedelta | None
    as_json: bool


@click.command(
    epilog="\b\nExamples:\n"
    "  desktop-trader run --strategy moving_average_cross\n"
    "  desktop-trader run --strategy moving_average_cross --param fast=20 --param slow=50 --speed 60\n"
    "  desktop-trader run --strategy moving_average_cross --market replay:candles.csv --timeframe 1h --speed max\n"
    "  desktop-trader run --strategy moving_average_cross --market replay:xrp.csv --symbol XRP/USDT:USDT\n"
    "      --timeframe 5m --mark-prices xrp-mark.csv --funding-rates xrp-funding.csv\n"
    "  desktop-trader run --strategy moving_average_cross --market coinex --symbol ETH/USDT --timeframe 5m"
)
@click.option("--strategy", metavar="NAME", help="The strategy to let trade; `desktop-trader strategies` lists them.")
@click.option("--param", "parameters", metavar="KEY=VALUE", multiple=True, help="A parameter of the strategy; repeat.")
@click.option("--symbol", metavar="SYMBOL", default=DEFAULT_SYMBOL, show_default=True, help="What to trade.")
@click.option("--timeframe", metavar="TF", default="1m", show_default=True, help="Bars: 1m 5m 15m 30m 1h 4h 1d.")
@click.option(
    "--market",
    metavar="MARKET",
    default=SIMULATED,
    show_default=True,
    help="`simulated`, `replay:FILE.csv`, or an exchange such as `coinex`.",
)
@options.account_option
@click.option("--initial-balance", metavar="AMOUNT", help="What a new account starts with.  [default: 10000]")
@click.option("--speed", metavar="SPEED", default="1", show_default=True, help="Market seconds a second, or `max`.")
@click.option("--duration", metavar="SECONDS", help="End after this much market time.  [default: no end]")
@click.option("--seed", metavar="N", default=str(DEFAULT_SEED), show_default=True, help="Seed of the simulated market.")
@options.recorded_beside
@options.exchange_url_option
@options.data_and_json
def run(
    strategy: str | None,
    parameters: tuple[str, ...],
    symbol: str,
    timeframe: str,
    market: str,
    account: str,
    initial_balance: str | None,
    speed: str,
    duration: str | None,
    seed: str,
    mark_prices: str | None,
    funding_rates: str | None,
    exchange_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> int:
    """Trade without a window, on paper.

    Ends with Ctrl+C, after --duration, or with the recorded data. Everything is kept in the data folder: starting
    again goes on where the last run ended, however it ended. With --json every notice is one line, printed after it
    was committed; the last line is the summary.
    """
    plan = RunPlan(
        paths=books.folder(data_dir),
        market=MarketChoice(
            market=market,
            symbol=parse_symbol(symbol),
            timeframe=parse_timeframe(timeframe),
            seed=parse_seed(seed),
            exchange_url=exchange_url or "",
            mark_prices=mark_prices or "",
            funding_rates=funding_rates or "",
        ),
        account=AccountChoice(
            name=account, start_amount=None if initial_balance is None else parse_start_amount(initial_balance)
        ),
        strategy=_strategy_choice(strategy, options.parse_parameters(parameters)),
        speed=options.parse_speed(speed),
        duration=options.parse_duration(duration),
        as_json=as_json,
    )
    check_pace(plan.market, plan.speed)
    return HeadlessRun(plan).carry_out()


def _strategy_choice(name: str | None, parameters: tuple[tuple[str, str], ...]) -> StrategyChoice | None:
    if name is None:
        if parameters:
            raise InvalidInputError("--param belongs to a strategy; name one with --strategy")
        return None
    make_strategy(name, parameters)
    return StrategyChoice(name=name, parameters=parameters)


class HeadlessRun:
    """One run from opened books to closed ones, in the main thread."""

    def __init__(self, plan: RunPlan) -> None:
        """Prepare; nothing is touched before `carry_out`."""
        self._plan = plan
        self._host: EngineHost | None = None
        self._is_stopping = False
        self._has_failed = False

    def carry_out(self) -> int:
        """Run to the end and return the exit code.

        Raises:
            TraderError: the books or the market cannot be opened; nothing was changed.
        """
        plan, started = self._plan, perf_counter()
        settings = _settings(plan.paths)
        with _ending_on_signals(self.stop):
            trader = open_trader(
                plan.paths, plan.account, settings=settings, make_feed=lambda: _open_market(plan, settings)
            )
            how = "failed"
            try:
                with _logging(plan), exception_hooks(self._on_failure):
                    log_market(trader.engine.feed)
                    self._trade(trader, settings, started)
                how = "quit"
            finally:
                trader.close(how)
                back_up_at_end(plan.paths, seconds_max=_BACKUP_SECONDS_MAX)
        return failures.FAILED if trader.engine.halted or self._has_failed else failures.DONE

    def stop(self) -> None:
        """End the run soon and cleanly; positions stay open."""
        self._is_stopping = True
        if self._host is not None:
            self._host.stop()

    def _on_failure(self, where: str, error: BaseException) -> None:
        """An exception that nobody caught, in any thread: nothing is known of what it left undone, so trading ends."""
        if self._host is None:
            self._has_failed = True
            failures.say(f"an error of the program in {where}: {type(error).__name__}: {error}")
            self.stop()
            return
        self._host.halt("an error of the program", f"{where}: {type(error).__name__}: {error}")

    def _on_market_refused(self, why: str) -> None:
        """The market's list has come, and what was to be traded cannot be."""
        self._has_failed = True
        failures.say(f"{why}; the run ends here")
        self.stop()

    def _on_output_closed(self, error: OSError) -> None:
        """End the run: a reader that went away has seen enough, a disk that is full has not."""
        if not isinstance(error, BrokenPipeError):
            self._has_failed = True
            failures.say(f"the output cannot be written: {error.strerror or error}; the run ends here")
        self.stop()

    def _trade(self, trader: Trader, settings: Settings, started: float) -> None:
        plan, engine = self._plan, trader.engine
        currency = engine.books.portfolio.wallet.currency
        output = make_output(as_json=plan.as_json, currency=currency, on_closed=self._on_output_closed)
        if plan.market.is_recording and engine.feed.peek_time() is None:
            failures.say("this replay was played to its end in this data folder; there are no new bars")
        host = asyncio.run(self._host_engine(trader, settings, output))
        timing = Timing(
            elapsed_seconds=perf_counter() - started,
            engine_seconds=host.engine_seconds,
            commit_seconds=trader.store.commit_seconds,
        )
        output.summary(summary_fields(trader, plan.paths, timing))

    async def _host_engine(self, trader: Trader, settings: Settings, output: RunOutput) -> EngineHost:
        plan = self._plan
        currency = trader.engine.books.portfolio.wallet.currency
        start = StrategyStart(plan.market, plan.strategy, feed=trader.engine.feed, on_refused=self._on_market_refused)

        def tell(notice: Notice) -> None:
            output.notice(notice)
            log_notice(notice, currency, account=plan.account.name)
            start.hear(notice)
            if isinstance(notice, TradingResumed) or is_wait(notice):
                say_waiting(notice, currency, is_told=not plan.as_json)
            elif isinstance(notice, TradingHalted):
                failures.say(f"trading is halted, {notice.reason}: {notice.detail}")
                self.stop()

        def show(snapshot: AccountSnapshot) -> None:
            output.snapshot(snapshot)
            start.look(snapshot)

        listener = Listener(on_snapshot=show, on_notice=tell, on_request=_no_requests)
        host = self._host = EngineHost(trader, listener, settings=settings, speed=plan.speed)
        start.begin(host.send)
        if self._is_stopping:
            host.stop()
        # A run at full speed is usually over before anyone could knock.
        delay = _DOOR_DELAY_SECONDS if plan.speed is None else 0.0
        check = BackgroundCheck(
            plan.paths,
            on_damage=lambda damage: host.halt(BOOKS_DAMAGED, damage),
            on_verified=host.send,
        )
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(loop_exception_handler(self._on_failure))

        def tell_trouble(text: str) -> None:
            notice = LogNotice(id=0, at=datetime.now(UTC), message=text, level="warning")
            loop.call_soon_threadsafe(tell, notice)

        halt_damaged = partial(host.halt, BOOKS_DAMAGED)
        backups = BackupSchedule(plan.paths, on_trouble=tell_trouble, on_damage=halt_damaged)
        backups.start()
        later = loop.call_later
        later(_CHECK_AFTER_SECONDS if plan.speed is None else _CHECK_AFTER_SECONDS_PACED, check.start)
        try:
            door = host.door(plan.paths, back_up=partial(back_up_before, plan.paths, on_damage=halt_damaged))
            async with serve(plan.paths.control_socket, door, delay_seconds=delay):
                await host.run(duration=plan.duration, ends_with_data=plan.market.is_recording)
        finally:
            check.stop()
            backups.stop()
        return host


def _open_market(plan: RunPlan, settings: Settings) -> MarketFeed:
    """Open the market, unless it is known that what is to be traded there is not paid in the money of our accounts."""
    feed = open_feed(plan.market, paths=plan.paths, settings=settings)
    currency = settings.paper.currency
    why = refusal_of(feed.listing().get(plan.market.symbol), currency)
    if why:
        raise InvalidInputError(why)
    return feed


def is_wait(notice: Notice) -> bool:
    """Say whether a notice tells of something that a run waits for the end of."""
    return isinstance(notice, TradingPaused) or (isinstance(notice, TradingHalted) and notice.is_passing)


def say_waiting(notice: Notice, currency: str, *, is_told: bool) -> None:
    """Say on standard error that a run waits or goes on; only what `is_told` on standard output does not say."""
    sentence = "" if is_told else notice_text(notice, currency)
    if is_wait(notice):
        why = _WAIT_FOR_NETWORK if isinstance(notice, TradingPaused) and is_network(notice.reason) else _WAIT
        sentence = f"{sentence}; {why}" if sentence else why
    if sentence:
        failures.say(sentence)


def _settings(paths: DataFolderPaths) -> Settings:
    loaded = load_settings(paths.settings_file)
    for complaint in loaded.complaints:
        failures.say(complaint)
    return loaded.settings


@contextmanager
def _logging(plan: RunPlan) -> Iterator[None]:
    """Write the log of a run: line by line, or at full speed in lots, whose lines no commit has to wait for."""
    try:
        handler = start_logging(plan.paths.log_file)
    except OSError as error:
        raise StorageError(f"{plan.paths.log_file} cannot be written: {error.strerror or error}") from error
    if plan.speed is not None:
        yield
        return
    root = logging.getLogger()
    lots = MemoryHandler(_LINES_IN_A_LOT, flushLevel=logging.WARNING, target=handler)
    root.removeHandler(handler)
    root.addHandler(lots)
    try:
        yield
    finally:
        root.removeHandler(lots)
        root.addHandler(handler)
        lots.close()


def _no_requests(request: object) -> None:
    raise AssertionError(f"nobody asks a headless run for {type(request).__name__}")


@contextmanager
def _ending_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGINT and SIGTERM end a run cleanly; a second Ctrl+C ends the process as it would any other."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, before[number])
        stop()

    before = {int(number): signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
