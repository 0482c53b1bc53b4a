"""Every command names the account it was meant for, so that none ever reaches another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand

if TYPE_CHECKING:  # nobody commands before the first paint
    from desktop_trader.messages.commands import Command


def addressed(model: BalanceModel, send: SendCommand) -> SendCommand:
    """Return a way to send that writes the account shown at this moment on commands that name none.

    A dialog that outlives a switch of accounts names its own.
    """

    def send_to_shown(command: Command) -> None:
        if not command.account and model.account:
            command = replace(command, account=model.account)
        send(command)

    return send_to_shown
