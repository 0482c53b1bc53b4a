"""What the window says of an account that it does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.messages.snapshot import AccountSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """An account in a list of them. `asleep` is empty, or why it is not traded; `is_holding`: something is open."""

    account_id: int
    name: str
    type: str
    asleep: str
    is_holding: bool

    @classmethod
    def of(cls, snapshot: AccountSnapshot) -> AccountEntry:
        """Return the entry of an account."""
        return cls(
            account_id=snapshot.account_id,
            name=snapshot.account_name,
            type=snapshot.account_type,
            asleep=snapshot.asleep,
            is_holding=bool(snapshot.positions or snapshot.orders),
        )
