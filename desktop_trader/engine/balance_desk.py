"""Carries out what people ask for of their money: adjust, deposit, withdraw, reset, take over a balance of before.

One submit is one movement, however often it arrives: each is booked under a key of its request, and an import under
the content it came from. Part of the command desk, in the engine's thread.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BalanceChange, RunChange
from desktop_trader.domain.cross_margin import free_collateral
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import LARGEST_SUM, check_amount, check_start_amount, display_amount
from desktop_trader.domain.wallet import DEMO
from desktop_trader.engine.auto_trading import AutoTrading
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.ports import BookedChange
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import AlreadyDone, BalanceChanged, CommandRefused

_REASON_LIMIT = 200
_AUTHOR_LIMIT = 200 + len("api:")
_DESCRIPTION_LIMIT = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the notice of a movement says."""

    kind: EntryKind
    amount: Decimal
    reason: str
    author: str


class BalanceDesk:
    """Moves money by hand. Each call ends in the notice of what it did, or of why it was refused."""

    def __init__(self, books: Bookkeeper, auto_trading: AutoTrading, desk: Desk) -> None:
        """Act on the account of these books."""
        self._books = books
        self._auto = auto_trading
        self._desk = desk

    def adjust(self, command: c.AdjustBalance) -> None:
        """Set the total, put money in or take it out.

        Raises:
            InvalidInputError: an amount or a text that cannot be; nothing changed.
        """
        key = f"request:{command.request_id}"
        reason, author = _texts(command.reason, command.author)
        check_amount(command.amount)
        wallet = self._books.portfolio.wallet
        booked = self._booked(key)
        if booked is not None:
            is_same = booked.account_id == wallet.account_id and _is_booked(booked, command)
            self._answer_repeat("This change of the balance was already booked", is_same=is_same)
            return
        if self._has_moved(command.expected_total):
            return
        kind, amount = _signed_amount(command, wallet.total)
        if self._can_move(amount):
            self._move(BalanceChange(kind=kind, amount=amount, reason=reason, author=author, request_key=key))

    def take_over(self, command: c.ImportBalance) -> None:
        """Make the total what a file of an earlier program says, once for each content.

        Raises:
            InvalidInputError: an amount or a text that cannot be; nothing changed.
        """
        if not _SHA256.fullmatch(command.content_hash):
            raise InvalidInputError("the hash of an imported file has 64 lower-case hexadecimal digits")
        key = f"import:{command.content_hash}"
        if self._books.has_entry(key):
            total = self._text(self._books.portfolio.wallet.total)
            self._refuse("already_imported", f"this content was imported before; the balance stays at {total}")
            return
        description, author = _texts(command.description, command.author, limit=_DESCRIPTION_LIMIT, what="description")
        if check_amount(command.amount) < 0:
            raise InvalidInputError("a balance cannot be negative")
        if self._has_moved(command.expected_total):
            return
        amount = command.amount - self._books.portfolio.wallet.total
        if self._can_move(amount):
            self._move(
                BalanceChange(
                    kind=EntryKind.IMPORT,
                    amount=amount,
                    reason="imported balance",
                    author=author,
                    request_key=key,
                    description=description,
                )
            )

    def reset(self, command: c.ResetAccount) -> None:
        """End the present run of a demo account with nothing open, and begin the next; a strategy ends with it.

        Raises:
            InvalidInputError: an amount or a text that cannot be; nothing changed.
        """
        key = f"request:{command.request_id}"
        reason, author = _texts(command.reason, command.author)
        amount = check_start_amount(command.start_amount)
        booked = self._booked(key)
        if booked is not None:
            done = (self._books.portfolio.account.id, EntryKind.OPENING, amount)
            is_same = (booked.account_id, booked.kind, booked.amount) == done
            self._answer_repeat("This reset was already carried out", is_same=is_same)
            return
        if self._is_another_run(command.run_id) or self._has_moved(command.expected_total) or not self._can_reset():
            return
        before = self._books.portfolio.wallet.total
        change = RunChange(
            run_id=self._books.next_ids.run, start_amount=amount, reason=reason, author=author, request_key=key
        )
        movement = accounting.reset_account(self._books.portfolio, change, at=self._desk.clock.now())
        self._auto.stop_with(movement)
        self._tell(_Told(EntryKind.RESET, amount - before, reason, author))

    def _booked(self, key: str) -> BookedChange | None:
        return self._books.booked_change(key) if self._books.has_entry(key) else None

    def _answer_repeat(self, message: str, *, is_same: bool) -> None:
        """Answer a request whose id is booked already."""
        if is_same:
            self._desk.board.pin(AlreadyDone, message=message)
        else:
            self._refuse("request_id_used", "this request_id was used for another change; take a new one")

    def _has_moved(self, expected_total: Decimal | None) -> bool:
        """Say whether the total is another one than the person saw, and refuse it then."""
        total = self._books.portfolio.wallet.total
        if expected_total is None or expected_total == total:
            return False
        self._refuse("balance_moved", f"the balance is {self._text(total)} by now; look again")
        return True

    def _is_another_run(self, expected: int | None) -> bool:
        run_id = self._books.portfolio.run.id
        if expected is None or expected == run_id:
            return False
        self._refuse("balance_moved", f"run {expected} has ended already, and this is run {run_id}; look again")
        return True

    def _can_reset(self) -> bool:
        portfolio = self._books.portfolio
        positions, orders = len(portfolio.positions), len(portfolio.orders)
        if portfolio.account.type != DEMO:
            self._refuse("live_account", "a live account is never reset: its money is at the exchange")
        elif positions:
            what = "1 position is" if positions == 1 else f"{positions} positions are"
            self._refuse("open_positions", f"{what} open; close every position before a reset")
        elif orders:
            what = "1 order waits" if orders == 1 else f"{orders} orders wait"
            self._refuse("live_orders", f"{what} at the exchange; cancel every order before a reset")
        else:
            return True
        return False

    def _can_move(self, amount: Decimal) -> bool:
        """Say whether the total can change by so much, and refuse it where it cannot."""
        wallet = self._books.portfolio.wallet
        if amount == 0:
            self._refuse("no_change", f"the balance is {self._text(wallet.total)} already")
            return False
        if amount < 0 and not self._is_free(-amount):
            return False
        for figure in (wallet.total + amount, wallet.total_deposits + amount, wallet.total_withdrawals - amount):
            self._check_sum(figure)
        return True

    def _is_free(self, amount: Decimal) -> bool:
        """Say whether so much may go out, and refuse it where it is locked, or answers for cross positions."""
        portfolio, wallet = self._books.portfolio, self._books.portfolio.wallet
        free = free_collateral(portfolio, self._desk.marks.mark)
        if free is None:
            detail = "what cross positions lose is not known before their first price; nothing can be taken out yet"
            self._refuse("no_price", detail)
            return False
        if amount <= free:
            return True
        detail = (
            f"only {self._text(wallet.available)} is available; {self._text(wallet.locked)} is locked in positions "
            "and orders"
        )
        if free < wallet.available:
            answers = self._text(wallet.available - free)
            detail = f"only {self._text(free)} is free; {answers} answers for what cross positions lose at present"
        self._refuse("insufficient_funds", detail)
        return False

    def _check_sum(self, figure: Decimal) -> None:
        if figure > LARGEST_SUM:
            largest = self._text(LARGEST_SUM)
            raise InvalidInputError(f"the new sum is too large for the books, which go up to {largest}")

    def _move(self, change: BalanceChange) -> None:
        movement = accounting.change_balance(self._books.portfolio, change, at=self._desk.clock.now())
        self._books.post(movement)
        self._tell(_Told(change.kind, change.amount, change.reason, change.author))

    def _tell(self, told: _Told) -> None:
        self._desk.board.pin(
            BalanceChanged,
            reason=told.reason,
            kind=told.kind.value,
            amount=told.amount,
            author=told.author,
            current_balance=self._books.portfolio.wallet.total,
        )

    def _refuse(self, reason: str, detail: str) -> None:
        self._desk.board.pin(CommandRefused, reason=reason, detail=detail)

    def _text(self, amount: Decimal) -> str:
        return display_amount(amount, self._books.portfolio.account.currency)


def _texts(reason: str, author: str, *, limit: int = _REASON_LIMIT, what: str = "reason") -> tuple[str, str]:
    reason, author = reason.strip(), author.strip()
    if not reason or len(reason) > limit:
        raise InvalidInputError(f"a {what} is required, {limit} characters at most")
    if not author or len(author) > _AUTHOR_LIMIT:
        raise InvalidInputError("an author is required, 200 characters at most")
    return reason, author


def _is_booked(booked: BookedChange, command: c.AdjustBalance) -> bool:
    """Say whether an entry is what a command asks for."""
    if command.kind is c.AdjustmentKind.SET_TOTAL:
        return (booked.kind, booked.total_after) == (EntryKind.ADJUSTMENT, command.amount)
    kind, amount = _signed_amount(command, booked.total_after)
    return (booked.kind, booked.amount) == (kind, amount)


def _signed_amount(command: c.AdjustBalance, total: Decimal) -> tuple[EntryKind, Decimal]:
    if command.kind is c.AdjustmentKind.SET_TOTAL:
        if command.amount < 0:
            raise InvalidInputError("a balance cannot be negative")
        return EntryKind.ADJUSTMENT, command.amount - total
    if command.amount <= 0:
        raise InvalidInputError("the amount must be positive")
    if command.kind is c.AdjustmentKind.DEPOSIT:
        return EntryKind.DEPOSIT, command.amount
    return EntryKind.WITHDRAWAL, -command.amount
