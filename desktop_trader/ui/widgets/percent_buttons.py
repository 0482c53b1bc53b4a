"""Buttons for a share of something: a quarter, half, three quarters, all."""

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop_trader.ui.theme import SPACE_S

SHARES = (Decimal(25), Decimal(50), Decimal(75), Decimal(100))


class PercentButtons(QWidget):
    """`chosen` brings the percentage. `of` says in words what it is a share of."""

    chosen = Signal(object)

    def __init__(self, *, prefix: str, of: str) -> None:
        super().__init__()
        self.setObjectName(f"{prefix}-shares")
        self._buttons: dict[Decimal, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        for share in SHARES:
            button = QPushButton(f"{share}%")
            button.setObjectName(f"{prefix}-{share}-btn")
            button.setProperty("look", "small-button")
            button.clicked.connect(lambda _=False, share=share: self.chosen.emit(share))
            layout.addWidget(button, 1)
            self._buttons[share] = button
        self.name(of)

    def name(self, of: str) -> None:
        """Say of what the shares are."""
        self.setAccessibleName(f"Shares of {of}")
        for share, button in self._buttons.items():
            spoken = f"{share} % of {of}"
            button.setAccessibleName(spoken)
            button.setToolTip(spoken)
