"""The card below the backups: where books and backups lie, the second folder, and the way to another computer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QLabel, QPushButton, QWidget

from desktop_trader.locations import DataFolderPaths
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_XL
from desktop_trader.ui.widgets.plain_label import plain_label

_ZIP = "Desktop Trader, packed (*.zip)"
_PACKED = "One file with books, settings and layout; there are no secrets in it"
_NO_FOLDER = "none; one on another disk survives this one"


class BackupPlaces(QFrame):
    """Asks for names of files and folders; the signals carry what was chosen, and nothing comes of a cancel."""

    second_chosen = Signal(str)
    pack_wanted = Signal(object)
    unpack_wanted = Signal(object)

    def __init__(self, folder: DataFolderPaths, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._second_folder = ""
        self.setObjectName("backups-places")
        self.setAccessibleName("Where books and backups lie")
        self.setProperty("look", "card")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(SPACE_L, SPACE_M, SPACE_L, SPACE_M)
        self._grid.setHorizontalSpacing(SPACE_XL)
        self._grid.setColumnStretch(1, 1)
        self._add_line("database", "Database", str(folder.database))
        self._add_line("folder", "Backups", str(folder.backups))
        self._second = self._add_line("second", "Second folder", _NO_FOLDER)
        self._choose = self._add_button(
            "choose", "Choose…", spoken="Copy every backup to a second folder as well", act=self._on_choose
        )
        self._none = self._add_button("none", "Remove", spoken="Use no second folder", act=self._on_none)
        self._add_line("move", "Another computer", _PACKED)
        self._pack = self._add_button("pack", "Pack…", spoken="Write the file for another computer", act=self._on_pack)
        self._unpack = self._add_button(
            "unpack", "Unpack…", spoken="Take over a file from another computer", act=self._on_unpack
        )

    def show_second(self, folder: str) -> None:
        """Say which second folder is in use, "" for none."""
        self._second_folder = folder
        self._second.setText(folder or _NO_FOLDER)
        self._second.setToolTip(self._second.text())
        self._second.setAccessibleName(f"Second folder: {self._second.text()}")

    def enable(self, *, is_free: bool) -> None:
        """Take no presses while a job runs."""
        for button in (self._choose, self._pack, self._unpack):
            button.setEnabled(is_free)
        self._none.setEnabled(is_free and bool(self._second_folder))

    def _add_line(self, name: str, caption: str, text: str) -> QLabel:
        line = self._grid.rowCount()
        label = plain_label(text, name=f"backups-{name}", spoken=f"{caption}: {text}")
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # A long path is broken where it can be, and never widens the window; its tooltip has all of it.
        label.setWordWrap(True)
        label.setMinimumWidth(1)
        label.setToolTip(text)
        self._grid.addWidget(plain_label(caption, name=f"backups-{name}-caption", tone="muted"), line, 0)
        self._grid.addWidget(label, line, 1)
        return label

    def _add_button(self, name: str, text: str, *, spoken: str, act: Callable[[], None]) -> QPushButton:
        line = self._grid.rowCount() - 1
        column = 2 if self._grid.itemAtPosition(line, 2) is None else 3
        button = QPushButton(text)
        button.setObjectName(f"backups-{name}-btn")
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.clicked.connect(act)
        self._grid.addWidget(button, line, column)
        return button

    def _on_choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Second folder for backups", self._second_folder)
        if folder:
            self.second_chosen.emit(str(Path(folder).absolute()))

    def _on_none(self) -> None:
        self.second_chosen.emit("")

    def _on_pack(self) -> None:
        suggested = str(Path.home() / "desktop-trader-books.zip")
        # Nothing is overwritten: a name that is taken is refused and said.
        option = QFileDialog.Option.DontConfirmOverwrite
        name, _ = QFileDialog.getSaveFileName(self, "Pack for another computer", suggested, _ZIP, options=option)
        if name:
            self.pack_wanted.emit(Path(name).absolute())

    def _on_unpack(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Take over from another computer", str(Path.home()), _ZIP)
        if name:
            self.unpack_wanted.emit(Path(name).absolute())
