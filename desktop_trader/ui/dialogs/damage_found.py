"""Shown when damage is found while the program runs: what was found, that nothing moves, and where the way out is."""

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop_trader.ui.theme import SPACE_L
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 560
_MEANS = (
    "Trading is halted and nothing is written any more; what you see may be wrong by what was found. Open positions "
    "stay open. The newest backup that verifies is on the page Backups, and Verify books says row by row what does "
    "not hold."
)


class DamageFoundDialog(QDialog):
    """Accepted means: show the backups. It holds nothing up."""

    def __init__(self, what: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("damage-dialog")
        self.setAccessibleName("The books do not verify")
        self.setWindowTitle("The books do not verify")
        self.setMinimumWidth(_WIDTH)
        box = CommandBox(prefix="damage", text="Show backups")
        box.cancel.setText("Close")
        box.cancel.setAccessibleName("Close")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(plain_label("The books do not verify", name="damage-heading", tone="heading"))
        for name, text in (("what", f"{what}."), ("means", _MEANS)):
            label = plain_label(text, name=f"damage-{name}")
            label.setWordWrap(True)
            layout.addWidget(label)
        box.add_to(layout)
