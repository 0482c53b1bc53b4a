"""Asked before books are replaced: what would come, what would go, side by side, and the safe answer first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from desktop_trader.messages.backup_jobs import UnpackPreview
from desktop_trader.messages.backups import BooksFacts, RestorePreview
from desktop_trader.ui.backup_text import entries_text, kind_text, last_entry_text, lost_text, totals_lines
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_XL
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.room_to_read import give_room

_WIDTH = 560
_TOP = Qt.AlignmentFlag.AlignTop
_KEPT = (
    "Nothing is deleted: the present files are renamed and stay in the data folder. The program ends and starts "
    "again with the restored books; what is open on the market is taken up as the backup has it."
)


class RestoreDialog(QDialog):
    """Shows two columns of facts. Accepted means: replace the books. Enter presses Cancel at first."""

    def __init__(self, *, title: str, source: str, come: BooksFacts | None, go: BooksFacts | None, lost: str) -> None:
        super().__init__()
        self.setObjectName("restore-dialog")
        self.setAccessibleName(title)
        self.setWindowTitle(title)
        self.setMinimumWidth(_WIDTH)
        self._box = CommandBox(prefix="restore", text="Restore and start again", is_cancel_default=True)
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        self._box.warn(lost)
        from_where = plain_label(source, name="restore-source", tone="heading")
        kept = plain_label(_KEPT, name="restore-kept", tone="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        for label in (from_where, kept):
            label.setWordWrap(True)
        layout.addWidget(from_where)
        layout.addLayout(_grid(come, go))
        layout.addWidget(kept)
        self._box.add_to(layout)
        self._box.cancel.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # A dialog is first as high as its sentences would be on lines of Qt's own choosing.
        give_room(self._box)

    @classmethod
    def of_backup(cls, preview: RestorePreview, parent: QWidget) -> RestoreDialog:
        """Ask whether a backup is to be restored."""
        info = preview.backup
        lost = lost_text(preview.lost_entries) if preview.now is not None else preview.complaint
        source = f"Backup of {local_time(info.at)} ({kind_text(info.kind).lower()}), verified just now"
        dialog = cls(title="Restore this backup?", source=source, come=info.facts, go=preview.now, lost=lost)
        dialog.setParent(parent, dialog.windowFlags() | Qt.WindowType.Dialog)
        return dialog

    @classmethod
    def of_move_file(cls, preview: UnpackPreview, parent: QWidget) -> RestoreDialog:
        """Ask whether what another computer packed is to be taken over."""
        info = preview.info
        source = f"{info.path.name}: packed {local_time(info.at)} by version {info.version}, verified just now"
        lost = "Books, settings and layout of this data folder are moved aside." if preview.now is not None else ""
        dialog = cls(title="Take over these books?", source=source, come=info.facts, go=preview.now, lost=lost)
        dialog.setParent(parent, dialog.windowFlags() | Qt.WindowType.Dialog)
        return dialog


def _grid(come: BooksFacts | None, go: BooksFacts | None) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_XL)
    grid.setVerticalSpacing(SPACE_M)
    rows: Sequence[tuple[str, str, str]] = (
        ("", "Comes", "Goes"),
        ("Balance", totals_lines(come), totals_lines(go)),
        ("Entries", entries_text(come), entries_text(go)),
        ("Last entry", last_entry_text(come), last_entry_text(go)),
    )
    for line, (caption, first, second) in enumerate(rows):
        key = caption.lower().replace(" ", "-") or "title"
        grid.addWidget(plain_label(caption, name=f"restore-{key}-caption", tone="muted"), line, 0, _TOP)
        for column, (which, text) in enumerate((("comes", first), ("goes", second)), start=1):
            spoken = f"{caption}, {which}: {text}" if caption else text
            tone = "" if caption else "muted"
            label = plain_label(text, name=f"restore-{key}-{which}", tone=tone, spoken=spoken)
            label.setWordWrap(True)
            grid.addWidget(label, line, column, _TOP)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(2, 1)
    return grid
