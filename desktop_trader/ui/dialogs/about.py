"""About: versions, where the data lives, and the licences."""

import platform

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from desktop_trader import __version__
from desktop_trader.locations import DataFolderPaths
from desktop_trader.ui.number_format import UNKNOWN
from desktop_trader.ui.theme import SPACE_L, SPACE_XL
from desktop_trader.ui.widgets.plain_label import plain_label

_LICENSES = "MIT licence. Qt and PySide6 are used under the LGPL version 3, fonts under their own licences."
_WIDTH = 460


class AboutDialog(QDialog):
    """Nothing here acts; texts can be selected and copied."""

    def __init__(self, folder: DataFolderPaths, *, schema_version: int = 0, parent: QWidget | None = None) -> None:
        """Show where `folder` is, and which schema this program writes (0: not known)."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("about-dialog")
        self.setAccessibleName("About Desktop Trader")
        self.setWindowTitle("About Desktop Trader")
        self.setMinimumWidth(_WIDTH)
        form = QFormLayout()
        facts = (
            ("Version", "about-version", __version__),
            ("Data folder", "about-data-folder", str(folder.root)),
            ("Database", "about-database", str(folder.database)),
            ("Schema version", "about-schema-version", str(schema_version) if schema_version else UNKNOWN),
            ("Log", "about-log-file", str(folder.log_file)),
            ("Python", "about-python", platform.python_version()),
            ("Qt / PySide6", "about-qt", f"{qVersion()} / {PySide6.__version__}"),
        )
        for caption, name, text in facts:
            value = plain_label(text, name=name, spoken=f"{caption}: {text}")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setWordWrap(True)
            form.addRow(plain_label(caption, name=f"{name}-caption", tone="muted"), value)
        licenses = plain_label(_LICENSES, name="about-licenses", tone="muted")
        licenses.setWordWrap(True)
        box = QDialogButtonBox()
        box.setObjectName("about-buttons")
        box.setAccessibleName("Close")
        close = box.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("about-close-btn")
        close.setAccessibleName("Close")
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        layout.setSpacing(SPACE_L)
        layout.addWidget(plain_label("Desktop Trader", name="about-heading", tone="heading"))
        layout.addLayout(form)
        layout.addWidget(licenses)
        layout.addWidget(box)
