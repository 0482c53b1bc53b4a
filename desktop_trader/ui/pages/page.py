"""What every page of the Books window gets, and what the window expects of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand

if TYPE_CHECKING:
    from desktop_trader.messages.ledger_page import LedgerFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDoors:
    """The model, and the ways out of a page.

    `send` brings commands to the engine, `request` questions and jobs to their desks; answers and news come back
    through `Page.show_reply`. `show_history` opens the history dock on a filter; `restart` ends the program and
    starts it again.
    """

    model: BalanceModel
    send: SendCommand
    request: RequestData
    folder: DataFolderPaths
    settings: Settings
    show_history: Callable[[LedgerFilter], None]
    restart: Callable[[], None] = lambda: None


class Page(QWidget):
    """One page. It hears every reply that the window gets and picks its own by their request ids."""

    def show_reply(self, reply: object) -> None:
        """Take an answer or the news of a job; those of others are let pass."""

    def refresh(self) -> None:
        """Ask for what the page shows; called whenever it comes to the front."""
