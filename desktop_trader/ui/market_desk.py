"""What a person follows: favourites of each market, which of them the engine quotes, and the search for more.

GUI thread only. The engine follows what it is told to; what it follows already is in the snapshots.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_trader.settings import WATCHED_MAX, WatchlistSettings, market_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from desktop_trader.messages.notices import Notice
    from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand


class MarketDesk(QObject):
    """`changed` says that favourites are others now, `settings_changed` what is to be kept.

    `symbol_ready` comes when a symbol that somebody wants to see is followed: at once where it is already.
    """

    changed = Signal()
    settings_changed = Signal(object)
    symbol_ready = Signal(str)

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        settings: WatchlistSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._settings = settings or WatchlistSettings()
        self._market = ""
        self._asked: dict[str, str] = {}
        self._wanted = ""
        model.state_changed.connect(self._on_state_changed)
        model.notice_raised.connect(self._on_notice)
        self._on_state_changed()

    @property
    def settings(self) -> WatchlistSettings:
        """What is to be kept of it all."""
        return self._settings

    @property
    def market(self) -> str:
        """The market shown, as favourites name it; empty before the first snapshot."""
        return self._market

    @property
    def favourites(self) -> tuple[str, ...]:
        """The favourites of this market, in the person's order."""
        return self._settings.favourites_on(self._market)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What the watchlist shows: favourites, then what else is followed and was not removed."""
        hidden = frozenset(self._settings.hidden_on(self._market))
        followed = (each.symbol for each in self._model.instruments if each.symbol not in hidden)
        return tuple(dict.fromkeys((*self.favourites, *followed)))

    def add(self, symbol: str) -> None:
        """Make a symbol a favourite, the last one; it is followed from now on."""
        if self._market and symbol not in self.favourites and len(self._settings.favourites) < WATCHED_MAX:
            hidden = tuple(each for each in self._settings.hidden_on(self._market) if each != symbol)
            self._keep((*self.favourites, symbol), hidden)
        self.follow((symbol,))

    def toggle(self, symbol: str) -> None:
        """Make a symbol a favourite, or one no more."""
        if symbol in self.favourites:
            others = tuple(each for each in self.favourites if each != symbol)
            self._keep(others, self._settings.hidden_on(self._market))
        else:
            self.add(symbol)

    def remove(self, symbol: str) -> None:
        """Take a symbol off the list, also where it is followed all the same; adding it brings it back."""
        others = tuple(each for each in self.favourites if each != symbol)
        hidden = self._settings.hidden_on(self._market)
        if symbol not in hidden and len(self._settings.hidden) < WATCHED_MAX:
            hidden = (*hidden, symbol)
        self._keep(others, hidden)

    def move(self, symbol: str, by: int) -> None:
        """Move a favourite so many places down (+) or up (-)."""
        favourites = list(self.favourites)
        if symbol not in favourites:
            return
        place = favourites.index(symbol)
        favourites.insert(min(max(place + by, 0), len(favourites) - 1), favourites.pop(place))
        self._keep(tuple(favourites), self._settings.hidden_on(self._market))

    def keep_sorting(self, column: str, *, is_descending: bool) -> None:
        """Remember by which column the list is sorted."""
        self._settings = replace(self._settings, sort_column=column, is_descending=is_descending)
        self.settings_changed.emit(self._settings)

    def follow(self, symbols: Iterable[str]) -> None:
        """Ask the engine for the prices of symbols that it does not follow yet; once each."""
        from desktop_trader.messages.commands import WatchSymbol

        snapshot = self._model.snapshot
        if snapshot is None or snapshot.asleep or self._model.replay is not None:
            return
        for symbol in symbols:
            if self._model.instrument(symbol) is None and symbol not in self._asked.values():
                request_id = uuid4().hex
                self._asked[request_id] = symbol
                self._send(WatchSymbol(request_id=request_id, symbol=symbol))

    def show(self, symbol: str) -> None:
        """Show a symbol as soon as it is followed."""
        if self._model.instrument(symbol) is not None:
            self._wanted = ""
            self.symbol_ready.emit(symbol)
            return
        self._wanted = symbol
        self.follow((symbol,))

    def _keep(self, favourites: tuple[str, ...], hidden: tuple[str, ...]) -> None:
        self._settings = self._settings.with_market(self._market, favourites=favourites, hidden=hidden)
        self.changed.emit()
        self.settings_changed.emit(self._settings)

    def _on_state_changed(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        market = market_key(snapshot.market.source_id)
        if market != self._market:
            self._market = market
            self._asked.clear()
            self._wanted = ""
            self.changed.emit()
        if self._wanted and self._model.instrument(self._wanted) is not None:
            # Not before every form has heard of the symbol too.
            QTimer.singleShot(0, self, self._show_wanted)

    def _show_wanted(self) -> None:
        if self._wanted:
            self.show(self._wanted)

    def _on_notice(self, notice: Notice) -> None:
        """A symbol that was refused may be asked for again; why it was is told in the status bar and the log."""
        from desktop_trader.messages.notices import CommandRefused

        if isinstance(notice, CommandRefused) and self._asked.pop(notice.request_id, None) == self._wanted:
            self._wanted = ""
