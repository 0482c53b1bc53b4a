"""What a person is about to book: the choice, the number and the balance it is based on. No Qt."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import canonical, parse_amount
from desktop_trader.messages.commands import AdjustmentKind
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui.number_format import format_money


class BalanceChoice(Enum):
    """What the number typed means; the value is part of the radio button's name."""

    NEW_TOTAL = "set-total"
    DIFFERENCE = "difference"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


_KINDS = {BalanceChoice.DEPOSIT: AdjustmentKind.DEPOSIT, BalanceChoice.WITHDRAW: AdjustmentKind.WITHDRAW}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentDraft:
    """`amount` is None while no good number is typed, `balance` while it is not known."""

    choice: BalanceChoice
    amount: Decimal | None
    balance: BalanceView | None

    @property
    def kind(self) -> AdjustmentKind:
        """What the engine is asked for; a difference is asked for as the total that it leads to."""
        return _KINDS.get(self.choice, AdjustmentKind.SET_TOTAL)

    @property
    def is_absolute(self) -> bool:
        """Whether it states where the balance should end, not how much comes or goes."""
        return self.kind is AdjustmentKind.SET_TOTAL

    @property
    def total_after(self) -> Decimal | None:
        """Where the balance would end; None while that is not known."""
        if self.amount is None or self.balance is None:
            return None
        if self.choice is BalanceChoice.NEW_TOTAL:
            return self.amount
        total = self.balance.total
        return total - self.amount if self.choice is BalanceChoice.WITHDRAW else total + self.amount

    def problem(self) -> str:
        """Say why the number cannot be booked; empty when it can."""
        balance, amount, after = self.balance, self.amount, self.total_after
        if balance is None:
            return "The balance is not known yet."
        if amount is None or after is None:
            return "An amount is needed."
        if self.choice is not BalanceChoice.NEW_TOTAL and amount == 0:
            return "The amount must not be zero." if self.is_absolute else "The amount must be more than zero."
        if after < 0:
            return "That is more than there is."
        if balance.available + after - balance.total < 0:
            available, locked = (format_money(each, balance.currency) for each in (balance.available, balance.locked))
            return f"Only {available} is available; {locked} is locked in positions and orders."
        try:
            parse_amount(canonical(after), what="the new total")
        except InvalidInputError as error:
            return error.user_message
        return ""
