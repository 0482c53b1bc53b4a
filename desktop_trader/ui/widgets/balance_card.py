"""The balance card: one widget, used by sidebar, auto trading and futures, so that all three read the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui import balance_text as texts
from desktop_trader.ui.models.account_sync import AccountSync
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.number_format import UNKNOWN, format_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XS, active_tokens
from desktop_trader.ui.widgets.action_button import ActionButton
from desktop_trader.ui.widgets.icon import icon_pixmap
from desktop_trader.ui.widgets.money_label import MoneyLabel
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.updated_line import UpdatedLine

_ICON_PX = 16
_BUTTON_PX = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNames:
    """Object names of one card's figures and button. A figure without a name is left out.

    `place` is how the card is called in words, for screen readers; `columns` how many figures may share a row.
    `buttons` begins the names of the card's buttons, which in a compact card show their icons.
    """

    place: str
    balance: str
    pnl: str
    portfolio: str
    buttons: str
    change_24h: str = ""
    total: str = ""
    available: str = ""
    locked: str = ""
    unrealized: str = ""
    columns: int = 2
    is_compact: bool = True

    @classmethod
    def for_panel(cls, place: str, *, prefix: str) -> "CardNames":
        """Return the names of a card in one more panel: every name begins with its prefix."""
        return cls(
            place=place,
            balance=f"{prefix}-virtual-balance",
            pnl=f"{prefix}-pnl-display",
            portfolio=f"{prefix}-portfolio-value",
            buttons=prefix,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTools:
    """What a card's buttons trigger and what it shows of the last sync; all cards share one."""

    deposit: QAction
    withdraw: QAction
    adjust: QAction
    reset_account: QAction
    sync_now: QAction
    net_change: QAction
    sync: AccountSync


SIDEBAR_CARD = CardNames(
    place="Sidebar",
    balance="virtual-balance",
    pnl="virtual-pnl",
    portfolio="portfolio-value",
    change_24h="balance-change-24h",
    buttons="sidebar",
    columns=1,
    is_compact=False,
)
AUTO_CARD = CardNames(
    place="Auto trading",
    balance="auto-balance-display",
    pnl="auto-pnl-display",
    portfolio="auto-portfolio-value",
    buttons="auto",
)
FUTURES_CARD = CardNames(
    place="Futures",
    balance="futures-virtual-balance",
    pnl="futures-pnl-display",
    portfolio="futures-portfolio-value",
    total="futures-total-balance",
    available="futures-available-balance",
    locked="futures-locked-balance",
    unrealized="futures-unrealized-pnl",
    buttons="futures",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """One figure of the card: how it reads, its exact tooltip and its color, all from the same balance.

    One that `ages` follows from the prices of what is held, and may not be believed when they are old.
    """

    caption: str
    spoken: str
    text: Callable[[BalanceView], str]
    exact: Callable[[BalanceView], str]
    tone: str = ""
    moving_tone: Callable[[BalanceView], str] | None = None
    ages: bool = False


_BALANCE = _Figure(
    caption="Virtual balance",
    spoken="virtual balance",
    text=texts.balance_text,
    exact=texts.breakdown_text,
    tone="balance",
)
_PNL = _Figure(
    caption="P&L:",
    spoken="profit and loss",
    text=lambda balance: texts.pnl_text(balance.pnl, balance.currency),
    exact=texts.pnl_formula,
    tone="pnl",
    ages=True,
)
_PORTFOLIO = _Figure(
    caption="Portfolio",
    spoken="portfolio value",
    text=lambda balance: format_money(balance.portfolio_value, balance.currency),
    exact=texts.portfolio_formula,
    ages=True,
)
_CHANGE_24H = _Figure(
    caption="24h change",
    spoken="balance change in 24 hours",
    text=texts.change_24h_text,
    exact=texts.change_24h_formula,
    moving_tone=lambda balance: texts.change_tone(balance.balance_change_24h, balance.currency),
)
_GROSS_CHANGE_24H = replace(
    _CHANGE_24H,
    text=texts.gross_change_24h_text,
    moving_tone=lambda balance: texts.change_tone(
        None if balance.day_change is None else balance.day_change.gross, balance.currency
    ),
)
_TOTAL = _Figure(caption="Total", spoken="total balance", text=texts.balance_text, exact=texts.breakdown_text)
_AVAILABLE = _Figure(
    caption="Available",
    spoken="available balance",
    text=lambda balance: format_money(balance.available, balance.currency),
    exact=texts.breakdown_text,
)
_LOCKED = _Figure(
    caption="Locked",
    spoken="locked balance",
    text=lambda balance: format_money(balance.locked, balance.currency),
    exact=texts.breakdown_text,
)
_UNREALIZED = _Figure(
    caption="Unrealized",
    spoken="unrealized profit and loss",
    text=lambda balance: texts.pnl_text(balance.unrealized_pnl, balance.currency),
    exact=texts.pnl_formula,
    moving_tone=lambda balance: texts.change_tone(balance.unrealized_pnl, balance.currency),
    ages=True,
)


class BalanceCard(QFrame):
    """Shows what the model says and nothing of its own; before the first snapshot every figure reads `—`.

    With `tools` it has the buttons that move money, which are those of the menu and of every other card.
    """

    def __init__(
        self,
        model: BalanceModel,
        *,
        names: CardNames,
        tools: CardTools | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._names = names
        self._place = names.place
        self._figures: list[tuple[_Figure, MoneyLabel]] = []
        self._pairs: list[tuple[QLabel, MoneyLabel]] = []
        self._columns_max = names.columns
        self.setObjectName(f"{names.balance}-card")
        self.setAccessibleName(f"{names.place}: virtual balance card")
        self.setProperty("look", "card")
        self._outer = layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_M, SPACE_L, SPACE_M)
        layout.setSpacing(SPACE_S)
        self._head = self._build_head(names)
        layout.addLayout(self._head)
        balance = self._add_figure(_BALANCE, names.balance)
        balance.setProperty("figure", "large")
        balance.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._figure_row = QHBoxLayout()
        self._figure_row.addWidget(balance, 1)
        layout.addLayout(self._figure_row)
        self._updated = UpdatedLine(model, prefix=names.balance, is_quiet=names.is_compact)
        layout.addWidget(self._updated)
        layout.addLayout(self._build_grid(names))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE_S)
        if not names.is_compact:
            layout.addLayout(self._buttons)
        # The room of buttons that come later is kept, so that nothing jumps.
        for row in (self._head, self._figure_row, self._buttons):
            row.addStrut(_BUTTON_PX)
        self._dress()
        if tools is not None:
            self.add_tools(tools)
        model.balance_changed.connect(self._on_balance_changed)
        model.balance_told.connect(self._on_balance_told)
        model.state_changed.connect(self._on_state_changed)
        model.ages.changed.connect(self._on_ages_changed)
        self._on_state_changed()
        self._on_ages_changed()

    def add_tools(self, tools: CardTools) -> None:
        """Add the buttons, and follow the syncs; once."""
        names = self._names
        self._head.addWidget(_button(tools.adjust, names, "adjust"))
        row = self._buttons
        if names.is_compact:
            row = self._figure_row
            row.setSpacing(0)
        for action, name in (
            (tools.deposit, "deposit"),
            (tools.withdraw, "withdraw"),
            (tools.reset_account, "reset-balance"),
        ):
            row.addWidget(_button(action, names, name, shows_icon=names.is_compact))
        self._buttons.addStretch(1)
        self._figure_row.addWidget(_button(tools.sync_now, names, "sync-balance", shows_icon=True))
        self._updated.follow(tools.sync)
        if names.change_24h:
            tools.net_change.toggled.connect(self._on_net_change_toggled)
            self._on_net_change_toggled(tools.net_change.isChecked())

    def minimumSizeHint(self) -> QSize:
        widest = max(
            (caption.sizeHint().width() + label.sizeHint().width() for caption, label in self._pairs), default=0
        )
        margins = self._outer.contentsMargins()
        width = margins.left() + margins.right() + SPACE_S + max(SPACE_M + widest, *self._bars())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _bars(self) -> tuple[int, ...]:
        return tuple(row.minimumSize().width() for row in (self._head, self._figure_row, self._buttons))

    def _build_head(self, names: CardNames) -> QHBoxLayout:
        self._wallet = QLabel()
        self._wallet.setObjectName(f"{names.balance}-icon")
        self._wallet.setAccessibleName("Wallet")
        self._title = plain_label(_BALANCE.caption, name=f"{names.balance}-title", tone="title")
        self._badge = plain_label("", name=f"{names.balance}-account-type", tone="warning", spoken="Account type")
        head = QHBoxLayout()
        head.setSpacing(SPACE_S)
        for widget in (self._wallet, self._title, self._badge):
            head.addWidget(widget)
        head.addStretch(1)
        return head

    def _build_grid(self, names: CardNames) -> QGridLayout:
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE_S)
        self._grid.setVerticalSpacing(SPACE_XS)
        rows = (
            (_PNL, names.pnl),
            (_PORTFOLIO, names.portfolio),
            (_CHANGE_24H, names.change_24h),
            (_TOTAL, names.total),
            (_AVAILABLE, names.available),
            (_LOCKED, names.locked),
            (_UNREALIZED, names.unrealized),
        )
        for figure, name in rows:
            if name:
                caption = plain_label(figure.caption, name=f"{name}-caption", tone="muted")
                self._pairs.append((caption, self._add_figure(figure, name)))
        self._arrange(1)
        return self._grid

    def _arrange(self, columns: int) -> None:
        """Put `columns` figures into a row: two where they fit whole, one where they do not."""
        self._columns = columns
        for place, (caption, label) in enumerate(self._pairs):
            row, column = divmod(place, columns)
            self._grid.addWidget(caption, row, 3 * column)
            self._grid.addWidget(label, row, 3 * column + 1)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(2, SPACE_M if columns > 1 else 0)
        self._grid.setColumnStretch(4, columns - 1)

    def _fit(self) -> None:
        margins = self._outer.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        widths = [(caption.sizeHint().width(), label.sizeHint().width()) for caption, label in self._pairs]
        needed = 4 * SPACE_S + SPACE_M
        for side in (0, 1):
            for column in (0, 1):
                needed += max((pair[side] for pair in widths[column::2]), default=0)
        columns = 2 if self._columns_max > 1 and needed <= room else 1
        if columns != self._columns:
            self._arrange(columns)

    def _add_figure(self, figure: _Figure, object_name: str) -> MoneyLabel:
        label = MoneyLabel(object_name, f"{self._place}: {figure.spoken}", tone=figure.tone, parent=self)
        self._figures.append((figure, label))
        return label

    def _on_state_changed(self) -> None:
        snapshot = self._model.snapshot
        self._badge.setText("" if snapshot is None else texts.account_badge(snapshot.account_type))

    def _on_net_change_toggled(self, is_net: bool) -> None:
        chosen = _CHANGE_24H if is_net else _GROSS_CHANGE_24H
        changes = (_CHANGE_24H, _GROSS_CHANGE_24H)
        self._figures = [(chosen if figure in changes else figure, label) for figure, label in self._figures]
        self._on_ages_changed()

    def _on_ages_changed(self) -> None:
        self._on_balance_changed()
        self._write_tooltips()

    def _on_balance_changed(self) -> None:
        balance = self._model.balance
        if balance is None:
            for figure, label in self._figures:
                label.show_figure(UNKNOWN)
                label.set_tone(figure.tone)
            return
        has_new_length = False
        old = self._model.ages.staleness_of(each.symbol for each in self._model.positions)
        self._title.setText(f"{_BALANCE.caption} · {balance.currency}")
        for figure, label in self._figures:
            text = figure.text(balance)
            label.set_stale(figure.ages and old is not None)
            if figure.ages and old is not None and text != UNKNOWN:
                text += f" · {old.text}"
            has_new_length = has_new_length or len(text) != len(label.text())
            label.show_figure(text, exact=label.toolTip())
            if figure.moving_tone is not None:
                label.set_tone(figure.moving_tone(balance))
        if has_new_length:
            self._fit()

    def _on_balance_told(self) -> None:
        # Painted now: tables and the chart, which hear of the same snapshot next, take longer than all cards together.
        # The first card has the window paint whatever changed in all of them, which leaves nothing to the others.
        QCoreApplication.sendPostedEvents(self.window(), QEvent.Type.UpdateRequest)
        self._write_tooltips()

    def _write_tooltips(self) -> None:
        balance = self._model.balance
        if balance is None:
            return
        old = self._model.ages.staleness_of(each.symbol for each in self._model.positions)
        for figure, label in self._figures:
            since = f"\nStale since {old.since:%Y-%m-%d %H:%M:%S} UTC" if figure.ages and old and old.since else ""
            label.show_figure(label.text(), exact=figure.exact(balance) + since)

    def _dress(self) -> None:
        scale = self.devicePixelRatioF()
        self._wallet.setPixmap(icon_pixmap("wallet", _ICON_PX, active_tokens().balance, scale=scale))


def _button(action: QAction, names: CardNames, name: str, *, shows_icon: bool = False) -> ActionButton:
    spoken = f"{names.place}: {action.toolTip().lower()}"
    button = ActionButton(action, name=f"{names.buttons}-{name}-btn", spoken=spoken, shows_icon=shows_icon)
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    return button
