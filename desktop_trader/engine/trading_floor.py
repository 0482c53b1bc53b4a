"""Every account of the books beside each other, over one market, one store and one journal.

Each account has an engine of its own with its clock, its prices and its place in the market, so that it trades as if
it were alone; what they share is the order in which they write. A market event goes to one engine after the other,
in the order of their accounts, always; a command goes to the engine of its account. One thread.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.errors import InvalidInputError, InvariantError, StorageError
from desktop_trader.domain.market import MarketEvent
from desktop_trader.domain.money import check_start_amount
from desktop_trader.domain.wallet import check_account_name
from desktop_trader.engine.outage_desk import OutageDesk, PauseBegun
from desktop_trader.engine.trading_engine import EngineEvent, TradingEngine
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, Notice, TradingResumed

MarketStep = Callable[[MarketEvent], list[Notice]]
_ASLEEP_TAKES = (
    c.AdjustBalance,
    c.ImportBalance,
    c.ResetAccount,
    c.PauseEntries,
    c.ResumeEntries,
    c.StopAutoTrading,
)
"""What moves no market: an account that sleeps takes these and nothing else.

A strategy may be the only reason why it sleeps.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorAccount:
    """An account on the floor. `asleep` is empty, or says why it is not traded while this market runs."""

    engine: TradingEngine
    asleep: str = ""

    @property
    def name(self) -> str:
        """The name of the account."""
        return self.engine.books.portfolio.account.name


OpenAccount = Callable[[c.OpenAccount, TradingEngine], TradingEngine]
"""Makes a new account where another one stands in the market, stored, and returns its engine.

Raises what a first commit may raise; then there is no such account.
"""


class TradingFloor:
    """Runs the accounts of one file. `primary` is the engine of the account that the process was started with.

    `gate` is the one that all of them obey, `outages` what is known of the times when it was closed.
    """

    def __init__(
        self, accounts: Sequence[FloorAccount], *, primary: str, open_account: OpenAccount, outages: OutageDesk
    ) -> None:
        """Take over accounts in the order of their ids; `open_account` makes further ones."""
        self._accounts = {account.name: account for account in accounts}
        self._open_account = open_account
        self.outages = outages
        self._told: list[Notice] = []
        self.primary = self._accounts[primary].engine
        self.gate = self.primary.desk.gate
        self.market_step: MarketStep = self._step_all
        self._seat()

    @property
    def accounts(self) -> Mapping[str, FloorAccount]:
        """Every account by name, in the order of their ids."""
        return self._accounts

    @property
    def halted(self) -> str:
        """Why nothing trades; empty while all is well. One account that cannot write stops them all."""
        return self.primary.halted

    @property
    def is_halt_passing(self) -> bool:
        """Whether what halted them will pass, so that they can be taken up from the books again."""
        return self.primary.is_halt_passing

    def step(self, event: EngineEvent) -> list[Notice]:
        """Work through one event, commits included, and return what happened, as `TradingEngine.step` does."""
        if isinstance(event, MarketEvent):
            return self.market_step(event)
        if isinstance(event, c.OpenAccount):
            return self._with_halts(self.primary, lambda: self._open(event))
        account = self._accounts.get(event.account) if event.account else None
        if event.account and account is None:
            known = ", ".join(self._accounts)
            detail = f"there is no account {event.account!r}; known: {known}"
            return _refuse(self.primary, event, "no_account", detail, is_bad_input=True)
        if account is not None and account.asleep and not isinstance(event, _ASLEEP_TAKES):
            detail = f"account {account.name} is not traded now: {account.asleep}"
            return _refuse(self.primary, event, "asleep", detail)
        engine = self.primary if account is None else account.engine
        return self._with_halts(engine, lambda: engine.step(event))

    def begin_pause(self, begun: PauseBegun) -> list[Notice]:
        """Note that a pause begins; whoever calls closes the gate. The notices are for all accounts."""
        return self.outages.begin(begun, tuple(self._awake()))

    def note_pause(self, begun: PauseBegun) -> list[Notice]:
        """Note that the pause has further reasons."""
        return self.outages.note(begun, tuple(self._awake()))

    def end_pause(self, at: datetime, *, is_taken_up: bool = False) -> list[Notice]:
        """Make everything ready to trade from `at` on, and note that the pause is over; then the gate may open.

        Also at the first verification of a start, before which no pause was begun; with `is_taken_up`, what the process
        before this one left is ended, for each account where it stands. If the disk refuses, everything
        halts, and the pause ends when the books are taken up again.
        """
        engines = tuple(self._awake())
        if self.halted:
            return []
        try:
            return self.outages.end(at, engines, is_taken_up=is_taken_up)
        finally:
            halted = next((engine for engine in engines if engine.halted), None)
            if halted is not None:
                self._halt_with(halted)

    def checkpoint(self) -> list[Notice]:
        """Store where the market stands for every account that it matters to; see `TradingEngine.checkpoint`."""
        told: list[Notice] = []
        for engine in self._awake():
            if engine is self.primary or _is_at_stake(engine):
                told += engine.checkpoint()
                if engine.halted:
                    self._halt_with(engine)
        if not self.halted:
            with suppress(StorageError):  # It was told when it was refused, and is tried again the next time.
                self.outages.save_late()
        return told

    def halt(self, reason: str, detail: str) -> list[Notice]:
        """Stop all trading for good because something failed outside `step`; return what was not told yet."""
        self._told += self.primary.halt(reason, detail)
        for account in self._accounts.values():
            if account.engine is not self.primary:
                self._told += account.engine.desk.board.take()
                account.engine.halt_with(self.primary)
        return self._take_told()

    def tell_resumed(self, reason: str) -> list[Notice]:
        """Return the notice that trading goes on after a halt that passed; `reason` says what that was."""
        board = self.primary.desk.board
        board.pin(
            TradingResumed,
            reason=reason,
            detail="the books can be written again, and every account was taken up from them; nothing was lost",
        )
        return board.take()

    def take_day_opens(self, before: "TradingFloor") -> None:
        """Keep what the day began with, which the books do not have, from the floor that this one replaces."""
        for name, account in self._accounts.items():
            old = before.accounts.get(name)
            if old is not None:
                account.engine.desk.marks.take_day_opens(old.engine.desk.marks)

    def _awake(self) -> Iterator[TradingEngine]:
        return (account.engine for account in self._accounts.values() if not account.asleep)

    def _seat(self) -> None:
        """Alone in its books, an account needs nobody to go through the others."""
        engines = tuple(self._awake())
        self._engines = engines
        is_alone = len(self._accounts) == 1 and len(engines) == 1
        self.market_step = self.primary.step if is_alone else self._step_all

    def _step_all(self, event: MarketEvent) -> list[Notice]:
        told = self._told
        for engine in self._engines:
            try:
                told += engine.step(event)
            finally:
                if engine.halted:
                    self._halt_with(engine)
        return self._take_told() if told else []

    def _with_halts(self, engine: TradingEngine, work: Callable[[], list[Notice]]) -> list[Notice]:
        try:
            return work()
        finally:
            if engine.halted:
                self._halt_with(engine)

    def _halt_with(self, halted: TradingEngine) -> None:
        for account in self._accounts.values():
            if account.engine is not halted:
                account.engine.halt_with(halted)

    def _take_told(self) -> list[Notice]:
        told, self._told = self._told, []
        return told

    def _open(self, command: c.OpenAccount) -> list[Notice]:
        if self.halted:
            return _refuse(self.primary, command, "halted", f"trading is halted: {self.halted}")
        try:
            name = check_account_name(command.name)
            check_start_amount(command.start_amount)
        except InvalidInputError as error:
            return _refuse(self.primary, command, "bad_input", error.user_message, is_bad_input=True)
        same = [each for each in self._accounts if each.casefold() == name.casefold()]
        if same:
            return _refuse(self.primary, command, "account_exists", f"there is an account {same[0]!r} already")
        return self._add(command)

    def _add(self, command: c.OpenAccount) -> list[Notice]:
        """Store the account beside whoever stands where the market is."""
        here = min(self._engines, key=lambda engine: engine.desk.clock.now(), default=self.primary)
        try:
            engine = self._open_account(command, here)
        except (InvariantError, StorageError) as error:
            return self.primary.halt_because(error, over=command)
        self._accounts[command.name] = FloorAccount(engine=engine)
        self._seat()
        return engine.desk.board.take()


def _refuse(
    teller: TradingEngine, command: c.Command, reason: str, detail: str, *, is_bad_input: bool = False
) -> list[Notice]:
    board = teller.desk.board
    board.request_id = command.request_id
    board.pin(CommandRefused, reason=reason, detail=detail, is_bad_input=is_bad_input)
    board.request_id = ""
    return board.take()


def _is_at_stake(engine: TradingEngine) -> bool:
    portfolio = engine.books.portfolio
    return bool(portfolio.positions or portfolio.orders) or engine.auto_trading.run is not None
