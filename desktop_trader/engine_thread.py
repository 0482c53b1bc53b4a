"""The thread that hosts the engine for the window: the only seam between Qt and the engine.

Everything the window hears comes as a signal carrying a frozen value; everything it wants goes in through `send`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeGuard

from PySide6.QtCore import QObject, QThread, Signal, Slot

from desktop_trader.domain.errors import StorageError, TraderError
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings

if TYPE_CHECKING:  # the engine's own modules are imported in the engine's thread: see `run`
    from collections.abc import Callable

    from desktop_trader.assembly import Trader
    from desktop_trader.background_check import BackgroundCheck
    from desktop_trader.backup_schedule import BackupSchedule
    from desktop_trader.candle_watch import CandleWatch
    from desktop_trader.engine.ports import MarketFeed
    from desktop_trader.engine_host import EngineHost
    from desktop_trader.job_desk import JobDesk
    from desktop_trader.market_opening import MarketChoice
    from desktop_trader.messages.backup_jobs import RestoreOrdered
    from desktop_trader.messages.backups import BackupKind
    from desktop_trader.messages.commands import ResetAccount
    from desktop_trader.messages.notices import LogNotice, Notice
    from desktop_trader.messages.snapshot import AccountSnapshot
    from desktop_trader.request_desk import RequestDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """What to host: the folder, the settings, and the options that name market, account and speed."""

    paths: DataFolderPaths
    options: GuiOptions
    settings: Settings


_CHECK_AFTER_SECONDS = 5.0
_BACKUP_SECONDS_MAX = 3.0
"""Less than whoever quits waits for the engine's end."""
_DAY_OPENS_AFTER_SECONDS = 2.0
"""Working out what everything cost this morning must not delay the start."""


class EngineThread(QThread):
    """Runs one engine. The object lives in the GUI thread; only `run` and what it calls is the engine's thread.

    Snapshots are handed over one at a time for each account: while the window has not taken the last one, newer ones
    replace it. Notices and replies are never dropped. `start_refused` says that the world does not let it start;
    `failed` tells of an error of the program, and when nobody asked it to stop, `finished` is an end by such an error.
    `start_amount_needed` asks for a new account's money; answer with `answer_start_amount`.
    """

    snapshot_published = Signal(object)
    notice_raised = Signal(object)
    reply_ready = Signal(object)
    start_amount_needed = Signal(object)
    start_refused = Signal(object)
    window_raise_requested = Signal()
    failed = Signal(object)
    _snapshot_waiting = Signal()

    def __init__(self, choice: EngineChoice, parent: QObject | None = None) -> None:
        """Prepare to host; the folder is not touched before `start`."""
        super().__init__(parent)
        self.setObjectName("engine")
        self._choice = choice
        self._host: EngineHost | None = None
        self._answers: SimpleQueue[Decimal | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._newest: dict[str, AccountSnapshot] = {}
        self._is_stopping = False
        self._halt: tuple[str, str] | None = None
        self._jobs: JobDesk | None = None
        self._snapshot_waiting.connect(self._deliver_snapshot)

    def send(self, message: object) -> None:
        """Bring a command or request to the engine; what cannot be taken is answered with a refusal.

        Before a reset the books are backed up; the command follows when that is done.
        """
        from desktop_trader.messages.commands import ResetAccount

        if isinstance(message, ResetAccount) and self._host is not None:
            threading.Thread(target=self._back_up_and_send, args=(message,), name="backup", daemon=True).start()
        else:
            self._hand_in(message)

    def _back_up_and_send(self, command: ResetAccount) -> None:
        """In a thread of its own: the engine trades on meanwhile, and without a backup nothing is reset."""
        from desktop_trader.messages.backups import BackupKind

        try:
            self._back_up(BackupKind.RESET)
        except TraderError as error:
            detail = f"no backup could be made before the reset ({error.user_message}); nothing was changed"
            self._refuse(command, "backup", detail)
            return
        self._hand_in(command)

    def _hand_in(self, message: object) -> None:
        from desktop_trader.messages.commands import Command

        host = self._host
        if host is None and self._is_stopping and not isinstance(message, Command):
            return  # a question on the way out: whoever asked is going too
        if host is None or not host.send(message):
            detail = "the engine is not ready; try again" if host is None else "too many commands wait; try again"
            self._refuse(message, "busy", detail)

    def _refuse(self, message: object, reason: str, detail: str) -> None:
        from desktop_trader.messages.notices import CommandRefused

        request_id = getattr(message, "request_id", "")
        now = datetime.now(UTC)
        self.notice_raised.emit(CommandRefused(id=0, at=now, request_id=request_id, reason=reason, detail=detail))

    def answer_start_amount(self, amount: Decimal | None) -> None:
        """Answer `start_amount_needed`; None for no account."""
        self._answers.put(amount)

    def stop(self) -> None:
        """Ask the engine to end; positions stay open. Wait for `finished`."""
        self._is_stopping = True
        self._answers.put(None)
        if self._host is not None:
            self._host.stop()

    def halt(self, reason: str, detail: str) -> None:
        """Stop trading for good because the window failed or the books do; the engine goes on answering.

        An engine that is only starting trades nothing either.
        """
        self._halt = (reason, detail)
        if self._host is not None:
            self._host.halt(reason, detail)

    def run(self) -> None:
        """Host the engine until it is stopped: in the engine's own thread."""
        threading.current_thread().name = self.objectName()  # what the log calls it
        # A third of the start, and none of it is needed for the first paint.
        import asyncio
        import logging

        from desktop_trader.diagnostics import report_failure

        try:
            asyncio.run(self._host_engine())
        except TraderError as error:
            logging.getLogger(__name__).error("The engine did not start: %s", error)
            self.start_refused.emit(error)
        except Exception as error:
            report_failure("engine thread", error, on_failure=self._tell_failure)

    async def _host_engine(self) -> None:
        import asyncio

        from desktop_trader.assembly import AccountChoice, open_trader
        from desktop_trader.diagnostics import loop_exception_handler
        from desktop_trader.market_opening import MarketChoice, check_pace, log_market, open_feed

        choice, options = self._choice, self._choice.options
        asyncio.get_running_loop().set_exception_handler(loop_exception_handler(self._tell_failure))
        account = AccountChoice(
            name=options.account, start_amount=options.start_amount, ask_start_amount=self._ask_start_amount
        )
        market = MarketChoice.of(options)
        check_pace(market, options.market_speed)

        def open_market() -> MarketFeed:
            # A new simulated market begins when it is opened, not when the person was asked for the money.
            beginning = replace(market, anchor=datetime.now(UTC).replace(microsecond=0))
            return open_feed(beginning, paths=choice.paths, settings=choice.settings)

        trader = open_trader(choice.paths, account, settings=choice.settings, make_feed=open_market)
        how = "failed"
        try:
            _start_logging(choice.paths)  # not before the folder is ours: another instance may be writing there
            log_market(trader.engine.feed)
            await self._trade(trader, replace(market, anchor=trader.engine.feed.starts_at))
            how = "quit"
        finally:
            self._host = None
            trader.close(how)
            _back_up_at_end(self._choice.paths)

    async def _trade(self, trader: Trader, market: MarketChoice) -> None:
        import asyncio

        from desktop_trader.answers.context import AnswerContext
        from desktop_trader.api.server import serve
        from desktop_trader.engine_host import EngineHost, Listener, log_notice
        from desktop_trader.market_opening import follow, history_feed
        from desktop_trader.request_desk import RequestDesk, day_opens_request, tell_of_bars

        choice, feed = self._choice, trader.engine.feed
        follow(feed, [market.symbol, *choice.settings.watchlist.favourites_on(feed.source_id)])
        account = choice.options.account
        beside = history_feed(market, feed, paths=choice.paths)
        desk = RequestDesk(
            AnswerContext(paths=choice.paths, feed=beside, clock=trader, account=account),
            reply=self._hand_on_reply,
            on_error=self._tell_failure,
        )
        tell_of_bars(feed, desk, window=self._hand_on_reply)
        currency = trader.engine.books.portfolio.wallet.currency

        def tell(notice: Notice) -> None:
            log_notice(notice, currency, account=account)
            self.notice_raised.emit(notice)

        listener = Listener(
            on_snapshot=self._keep_snapshot,
            on_notice=tell,
            on_request=partial(self._hand_over, market=market, desk=desk),
        )
        host = EngineHost(trader, listener, settings=choice.settings, speed=choice.options.market_speed)
        self._host = host
        if self._is_stopping:
            host.stop()
        if self._halt is not None:
            host.halt(*self._halt)
        watchers: list[BackgroundCheck | BackupSchedule | CandleWatch] = []

        def watch() -> None:
            watchers.extend(_watchers(choice.paths, host, tell=tell))
            for watcher in watchers:
                watcher.start()

        later = asyncio.get_running_loop().call_later
        later(_DAY_OPENS_AFTER_SECONDS, desk.submit, day_opens_request(feed))
        later(_CHECK_AFTER_SECONDS, watch)
        try:
            door = host.door(choice.paths, back_up=self._back_up, raise_window=self._raise_window)
            async with serve(choice.paths.control_socket, door):
                await self._run_to_the_end(host)
        finally:
            for watcher in watchers:
                watcher.stop()
            if self._jobs is not None:
                self._jobs.close()
            desk.close()

    def _hand_over(self, request: object, *, market: MarketChoice, desk: RequestDesk) -> None:
        """A job gets a thread of its own, a question waits for its turn; in the engine's thread.

        Jobs are rare: their desk, and the messages of all of them, are there from the first one on.
        """
        from desktop_trader.messages.jobs import CancelJob, StartJob

        if not isinstance(request, StartJob | CancelJob):
            desk.submit(request)
            return
        if self._jobs is None:
            from desktop_trader.job_desk import JobDesk
            from desktop_trader.market_opening import addressed
            from desktop_trader.messages.notices import BOOKS_DAMAGED

            self._jobs = JobDesk(
                self._choice.paths,
                addressed(market, self._choice.settings),
                reply=self._hand_on_reply,
                on_error=self._tell_failure,
                on_damage=lambda damage: self.halt(BOOKS_DAMAGED, damage),
            )
        self._jobs.submit(request)

    async def _run_to_the_end(self, host: EngineHost) -> None:
        """Trade until somebody stops it; after an error of ours trading is over, but whoever looks is answered on."""
        from desktop_trader.diagnostics import report_failure

        try:
            await host.run()
        except Exception as error:
            report_failure("engine thread", error, on_failure=self._tell_failure)
            await host.answer_only()

    def _back_up(self, kind: BackupKind) -> None:
        """In a thread of its own; books that turn out damaged halt the engine."""
        from desktop_trader.backup_schedule import back_up_before
        from desktop_trader.messages.notices import BOOKS_DAMAGED

        back_up_before(self._choice.paths, kind, on_damage=lambda damage: self.halt(BOOKS_DAMAGED, damage))

    def _hand_on_reply(self, reply: object) -> None:
        """What a day began with goes to the engine, every other answer to the window; in the desk's thread.

        Once other books were ordered in the place of these, nothing more is booked here: it would be moved aside.
        """
        from desktop_trader.messages.day_opens import DayOpens
        from desktop_trader.messages.jobs import JobDone

        if isinstance(reply, JobDone) and _is_restore(reply.result):
            from desktop_trader.messages.notices import RESTORE_ORDERED

            detail = f"the next start takes up what {reply.result.source} holds; nothing more is booked here until then"
            self.halt(RESTORE_ORDERED, detail)
        host = self._host
        if isinstance(reply, DayOpens) and host is not None:
            host.send(reply)
        else:
            self.reply_ready.emit(reply)

    def _ask_start_amount(self, default: Decimal) -> Decimal | None:
        self.start_amount_needed.emit(default)
        return self._answers.get()

    def _raise_window(self) -> bool:
        self.window_raise_requested.emit()
        return True

    def _keep_snapshot(self, snapshot: AccountSnapshot) -> None:
        with self._lock:
            is_first = not self._newest
            self._newest[snapshot.account_name] = snapshot
        if is_first:
            self._snapshot_waiting.emit()

    @Slot()
    def _deliver_snapshot(self) -> None:
        """In the GUI thread: take the newest snapshot of every account that has one and show it."""
        with self._lock:
            snapshots, self._newest = self._newest, {}
        for snapshot in snapshots.values():
            self.snapshot_published.emit(snapshot)

    def _tell_failure(self, where: str, error: BaseException) -> None:
        self.failed.emit((where, error))


def _back_up_at_end(paths: DataFolderPaths) -> None:
    from desktop_trader.backup_schedule import back_up_at_end

    back_up_at_end(paths, seconds_max=_BACKUP_SECONDS_MAX)


def _start_logging(paths: DataFolderPaths) -> None:
    """Write the log into the data folder.

    Raises:
        StorageError: the folder or the file of the log cannot be written.
    """
    from desktop_trader.diagnostics import start_logging

    try:
        start_logging(paths.log_file)
    except OSError as error:
        raise StorageError(
            f"The log {paths.log_file} cannot be written: {error.strerror}", detail=repr(error)
        ) from error


def _watchers(
    paths: DataFolderPaths, host: EngineHost, *, tell: Callable[[Notice], None]
) -> tuple[BackgroundCheck, BackupSchedule, CandleWatch]:
    """What looks after books and candles behind the engine."""
    from desktop_trader.background_check import BackgroundCheck
    from desktop_trader.backup_schedule import BackupSchedule
    from desktop_trader.candle_watch import CandleWatch
    from desktop_trader.messages.notices import BOOKS_DAMAGED

    halt = partial(host.halt, BOOKS_DAMAGED)
    return (
        BackgroundCheck(paths, on_damage=halt, on_verified=host.send),
        BackupSchedule(paths, on_trouble=lambda text: tell(_warning(text)), on_damage=halt),
        CandleWatch(paths, on_trouble=lambda text: tell(_warning(text))),
    )


def _is_restore(result: object) -> TypeGuard[RestoreOrdered]:
    from desktop_trader.messages.backup_jobs import RestoreOrdered  # only after a job: most sessions have none

    return isinstance(result, RestoreOrdered)


def _warning(text: str) -> LogNotice:
    """A sentence about something that is no event of the market: it has the time of the wall."""
    from desktop_trader.messages.notices import LogNotice

    return LogNotice(id=0, at=datetime.now(UTC), message=text, level="warning")
