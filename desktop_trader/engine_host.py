"""Hosts one engine in an asyncio loop: paces its market, brings it what others send, and tells what happened.

The one way an engine runs outside tests: in the window's engine thread and in the headless command line alike. The
engine itself stays synchronous; everything here happens in the thread that runs `run`, except `send`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from time import perf_counter

from desktop_trader.api.door import Door
from desktop_trader.assembly import Trader
from desktop_trader.domain.errors import BooksDamagedError, RestoreOrderedError, StorageError
from desktop_trader.domain.market import Quote
from desktop_trader.engine.inbox import Inbox
from desktop_trader.engine.market_pace import MarketPace
from desktop_trader.engine.snapshot_publisher import FloorPublisher
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.commands import Command, NetworkCommand
from desktop_trader.messages.day_opens import DayOpens
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import BOOKS_DAMAGED, RESTORE_ORDERED, Notice
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.network.host import REAL_CLOCKS, HostClocks, NetworkHost, NetworkParts
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.verified_head import VerifiedHead

_log = logging.getLogger(__name__)
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_SLICE_SECONDS = 0.004
_LONGEST_SLEEP = 0.25
_QUOTES_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halt:
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who hears of the engine. All are called in the engine's thread and must return quickly.

    `on_request` gets whatever was sent that is not a command (requests for bars or history).
    """

    on_snapshot: Callable[[AccountSnapshot], None]
    on_notice: Callable[[Notice], None]
    on_request: Callable[[object], None]


def log_notice(notice: Notice, currency: str, *, account: str = "") -> None:
    """Put a notice into the log in its words, with its account where that is not `account`.

    The single steps of orders are of the debug level.
    """
    level = _LEVELS.get(notice_level(notice), logging.DEBUG)
    if _log.isEnabledFor(level):
        other = f"[{notice.account}] " if account and notice.account and notice.account != account else ""
        _log.log(level, "%s%s", other, notice_text(notice, currency))


class EngineHost:
    """Runs a trader until it is stopped, its market ends, or a duration of market time is over.

    `speed` is market seconds per second; None runs as fast as it can. A live market passes by itself. `network` is
    the market's pause.
    """

    def __init__(
        self,
        trader: Trader,
        listener: Listener,
        *,
        settings: Settings,
        speed: float | None = 1.0,
        clocks: HostClocks = REAL_CLOCKS,
    ) -> None:
        """Prepare to run a trader; nothing moves before `run`."""
        self._trader = trader
        self._listener = listener
        self._monotonic = clocks.monotonic
        self._wake = asyncio.Event()
        self._pace = MarketPace(speed, monotonic=clocks.monotonic)
        self.network = NetworkHost(
            trader,
            NetworkParts(
                settings=settings.pause,
                clocks=clocks,
                speed=speed,
                tell=self._tell,
                wake=self._wake.set,
                on_lost=self._halt_if_lost,
            ),
        )
        self._retry_seconds = clocks.retry_seconds
        self._tries_at = 0.0
        self._checkpoint_seconds = settings.engine.ratchet_save_seconds
        self._halts: deque[_Halt] = deque()
        self._inbox = Inbox(limit=settings.engine.inbox_limit)
        self._publisher = FloorPublisher(
            trader.floor,
            self._publish,
            monotonic=clocks.monotonic,
            per_second=settings.engine.snapshots_per_second,
            network=self.network.show,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_stopping = False
        self._ends_at = inf
        self._is_fastest = self._ends_with_data = speed is None
        self._snapshots: dict[str, AccountSnapshot] = {}
        self.engine_seconds = 0.0

    def send(self, message: object) -> bool:
        """Bring a command or request to the engine, from any thread; False when too much waits already."""
        taken = self._inbox.put_message(message)
        self._wake_up()
        return taken

    def ask(self, command: Command) -> list[Notice]:
        """Carry out a command and return its notices; only in the engine's thread (the local API lives there)."""
        self.network.beat()
        notices = self.network.step(command)
        self._tell(notices)
        self.network.beat()
        self._publisher.publish_if_due()
        return notices

    def snapshot_of(self, account: str) -> AccountSnapshot | None:
        """Return the newest snapshot of an account; None before the first, or where there is no such account.

        "" is the account that the process was started with.
        """
        return self._snapshots.get(account or self._trader.engine.books.portfolio.account.name)

    def door(
        self,
        paths: DataFolderPaths,
        *,
        back_up: Callable[[BackupKind], None],
        raise_window: Callable[[], bool] = lambda: False,
    ) -> Door:
        """Return the way to this engine for the local API, which must live in the loop of `run`.

        `back_up` is called in threads of their own.
        """
        return Door(
            snapshot=self.snapshot_of,
            accounts=lambda: tuple(self._trader.floor.accounts),
            ask=self.ask,
            open_history=lambda: LedgerReader.open(paths),
            back_up=back_up,
            raise_window=raise_window,
        )

    def push_quotes(self, quotes: Iterable[Quote]) -> None:
        """Bring quotes to the engine of a market that runs here, oldest first, from any thread.

        Raises:
            ValueError: the market is outside: its prices come through its feed, which judges them first.
        """
        if self._trader.engine.feed.is_live:
            raise ValueError("prices of a market outside come through its feed")
        self._inbox.put_quotes(quotes)
        self._wake_up()

    def stop(self) -> None:
        """End `run` soon, from any thread; what is committed stays, positions stay open."""
        self._is_stopping = True
        self._wake_up()

    def halt(self, reason: str, detail: str) -> None:
        """Stop trading for good because something failed elsewhere, from any thread; the host goes on answering.

        Before everything that waits, however much that is.
        """
        self._halts.append(_Halt(reason=reason, detail=detail))
        self._wake_up()

    async def run(self, *, duration: timedelta | None = None, ends_with_data: bool = False) -> None:
        """Trade until stopped, or the end of `duration` of market time, whose seconds are ours on a live market.

        At full speed, and at any with `ends_with_data`, the end of the market's data is the end as well.
        An exception that is our fault halts the engine, is told like any halt, and is raised on.
        """
        self._loop = asyncio.get_running_loop()
        self._ends_with_data = ends_with_data or self._is_fastest
        self._tell(self._trader.opening_notices)
        self.network.start()
        self._publisher.publish_if_due()
        until = None if duration is None else self._trader.now() + duration
        # What time it is at an exchange is known only later, or never while nobody can be asked.
        self._ends_at = inf if duration is None else self._monotonic() + duration.total_seconds()
        saver = asyncio.create_task(self._save_regularly(), name="checkpoints")
        saver.add_done_callback(self._halt_if_lost)
        try:
            await self._trade(until)
        except Exception as error:
            self._tell(self._trader.floor.halt("an error of the program", f"{type(error).__name__}: {error}"))
            raise
        finally:
            saver.cancel()
            self._tell(_carry_out(self._halts, self._trader))  # Also those that came together with the end.
            self._publisher.publish_if_due(is_last=True)
            await self.network.close()

    async def answer_only(self) -> None:
        """After `run` has failed: answer requests and refuse commands until stopped; nothing trades any more."""
        while not self._is_stopping:
            self._take_messages()
            await self._sleep(_LONGEST_SLEEP)

    def _tell(self, notices: list[Notice]) -> None:
        for notice in notices:
            self._listener.on_notice(notice)

    async def _trade(self, until: datetime | None) -> None:
        feed, network = self._trader.engine.feed, self.network
        self._pace.begin(feed.peek_time())
        while not self._is_stopping:
            network.beat()
            self._take_messages()
            if self._trader.floor.is_halt_passing and self._trader.can_recover:
                network.block_books()
                await self._try_books_again()
                continue
            next_at = feed.peek_time()
            if feed.is_live:
                if self._monotonic() >= self._ends_at:
                    return
                self._work_until(None)
                self._publisher.publish_if_due()
                await self._sleep(0.0 if feed.peek_time() is not None else network.seconds_to_beat())
                continue
            if next_at is None or (until is not None and next_at > until):
                # Recorded data and durations end; a window on a market without subscriptions just waits.
                if next_at is not None or until is not None or self._ends_with_data:
                    return
                self._work_until(None)  # What others have pushed; there is nothing to pull.
                self._publisher.publish_if_due()
                await self._sleep(_LONGEST_SLEEP)
                continue
            due = self._pace.due(next_at, until)
            self._work_until(due)
            self._publisher.publish_if_due()
            await self._sleep(min(_LONGEST_SLEEP, self._pace.seconds_before(feed.peek_time(), due)))

    async def _try_books_again(self) -> None:
        """Once the books can be written again, take everything up from them; the market has waited for us."""
        if self._monotonic() < self._tries_at:
            await self._sleep(_LONGEST_SLEEP)
            return
        self._tries_at = self._monotonic() + self._retry_seconds
        before = self._trader.floor
        try:
            notices = self._trader.recover()
        except BooksDamagedError as damage:
            self._tell(before.halt(BOOKS_DAMAGED, str(damage)))
            return
        except RestoreOrderedError as ordered:
            self._tell(before.halt(RESTORE_ORDERED, str(ordered)))
            return
        except StorageError as refusal:
            _log.info("Trading still waits for the books: %s", refusal)
            return
        floor = self._trader.floor
        floor.take_day_opens(before)
        self._pace.begin(None)
        self.network.free_books()
        self._publisher.follow(floor)
        self._publisher.publish_if_due()
        self._tell(notices)
        self._tell(floor.tell_resumed(f"before: {before.halted}"))

    def _work_until(self, due: datetime | None) -> None:
        """Step through due events for a few milliseconds at most, so that messages never wait longer."""
        floor, network, on_notice = self._trader.floor, self.network, self._listener.on_notice
        step, peek, next_event = floor.market_step, floor.primary.feed.peek_time, floor.primary.feed.next_event
        if not network.is_running:
            step = network.pass_unused
        is_watched = network.is_watched
        begun = perf_counter()
        for quote in self._inbox.take_quotes(_QUOTES_AT_ONCE):
            self._tell(step(quote))
        count = 0
        while True:
            if due is not None:
                at = peek()
                if at is None or at > due:
                    break
            if is_watched and network.is_beat_late():
                break
            event = next_event()
            if event is None:
                break
            for notice in step(event):
                on_notice(notice)
            count += 1
            if not count % 64 and perf_counter() - begun > _SLICE_SECONDS:
                break
        self.engine_seconds += perf_counter() - begun

    async def _sleep(self, seconds: float) -> None:
        seconds = min(seconds, self.network.seconds_to_beat())
        if seconds <= 0 or self._halts or not self._inbox.is_empty:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _take_messages(self) -> None:
        self._tell(_carry_out(self._halts, self._trader))
        waiting = deque(self._inbox.take_messages())
        try:
            while waiting:
                message = waiting.popleft()
                if isinstance(message, Command):
                    notices = self.network.step(message)
                    # The figures first: logging what happened takes as long as committing it.
                    self._publisher.publish_if_due()
                    self._tell(notices)
                    if isinstance(message, NetworkCommand):
                        self.network.beat()
                elif isinstance(message, VerifiedHead):
                    _keep_verified(self._trader, message)
                elif isinstance(message, DayOpens):
                    for account in self._trader.floor.accounts.values():
                        account.engine.desk.marks.set_day_opens(dict(message.opens), day=message.day)
                else:
                    self._listener.on_request(message)
        finally:
            # After an error of ours the engine has halted: it refuses each of those that were not reached.
            self._inbox.put_back(waiting)
        self._publisher.publish_if_due()

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._checkpoint_seconds)
            self._tell(self._trader.floor.checkpoint())

    def _halt_if_lost(self, task: "asyncio.Task[None]") -> None:
        """A task of ours that died is an error of the program, not only a line in the log."""
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        self.halt("an error of the program", f"{task.get_name()}: {type(error).__name__}: {error}")
        asyncio.get_running_loop().call_exception_handler({"message": f"{task.get_name()} died", "exception": error})

    def _publish(self, snapshot: AccountSnapshot) -> None:
        self._snapshots[snapshot.account_name] = snapshot
        self._listener.on_snapshot(snapshot)

    def _wake_up(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake.set)


def _keep_verified(trader: Trader, verified: VerifiedHead) -> None:
    try:
        trader.store.keep_verified_head(verified)
    except StorageError as error:  # Only work is lost: the next check begins where this one did.
        _log.warning("What was verified could not be noted: %s", error)


def _carry_out(halts: "deque[_Halt]", trader: Trader) -> list[Notice]:
    """Halt as often as was asked for, and return what there is to tell."""
    notices: list[Notice] = []
    while halts:
        halt = halts.popleft()
        notices += trader.floor.halt(halt.reason, halt.detail)
    return notices
