"""The switch between accounts in the toolbar: every account with its type, and a color of its own."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QWidget

from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.models.account_entry import AccountEntry
from desktop_trader.ui.models.balance_model import BalanceModel

_LIVE_COLOR = "#ef5350"
_PAPER_COLORS = ("#f0b429", "#3d8fd9", "#3ecf8e", "#b18cf2", "#e07b53", "#5bc0be")
"""One after the other by account; the name beside it says the same to those who cannot tell them apart."""
_DOT_PX = 12
_SCALE = 4


def account_color(entry: AccountEntry) -> str:
    """The color of an account: red for real money, another for each paper account."""
    if entry.type == "live":
        return _LIVE_COLOR
    return _PAPER_COLORS[(entry.account_id - 1) % len(_PAPER_COLORS)]


class AccountSwitch(QComboBox):
    """Shows which account is shown and lets a person choose another; `new_account_wanted` by its last line."""

    new_account_wanted = Signal()

    def __init__(self, model: BalanceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("toolbar-account-combo")
        self.setAccessibleName("Account shown")
        self.setToolTip("Which account is shown; all of them trade on")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setIconSize(QSize(_DOT_PX, _DOT_PX))
        self.activated.connect(self._on_activated)
        model.accounts_changed.connect(self._fill)
        model.account_switched.connect(self._show_chosen)
        model.state_changed.connect(self._show_chosen)
        self._fill()

    def _fill(self) -> None:
        self.blockSignals(True)
        self.clear()
        for entry in self._model.accounts:
            asleep = " (asleep)" if entry.asleep else ""
            self.addItem(_dot(account_color(entry)), f"{entry.name} · {account_badge(entry.type)}{asleep}", entry.name)
        if self.count():
            self.insertSeparator(self.count())
            self.addItem("New paper account…", None)
        self.blockSignals(False)
        self.setEnabled(self.count() > 0)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(self._model.account))
        self.blockSignals(False)
        self.setAccessibleName(f"Account shown: {self.currentText()}")

    def _on_activated(self, place: int) -> None:
        name = self.itemData(place)
        if isinstance(name, str):
            self._model.choose_account(name)
        else:
            self._show_chosen()
            self.new_account_wanted.emit()


def _dot(color: str) -> QIcon:
    pixmap = QPixmap(_DOT_PX * _SCALE, _DOT_PX * _SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(color))
    painter.setPen(Qt.PenStyle.NoPen)
    edge = float(_SCALE)
    side = (_DOT_PX - 2) * edge
    painter.drawEllipse(QRectF(edge, edge, side, side))
    painter.end()
    return QIcon(pixmap)
