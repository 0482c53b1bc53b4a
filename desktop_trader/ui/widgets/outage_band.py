"""The band after an outage: how long nothing traded and what that kept from happening, until it is dismissed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.messages.notices import OutageEnded
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.network_text import length_text
from desktop_trader.ui.widgets.message_band import MessageBand


class OutageBand(MessageBand):
    """Shows the last report; several of one session are counted. `report_wanted` carries the last one."""

    report_wanted = Signal(object)
    _is_held = False

    def __init__(self, parent: QWidget) -> None:
        super().__init__("outage-band", "Outage report", tone="muted", parent=parent)
        self._newest: OutageEnded | None = None
        self._count = 0
        report = _button("report", "Report…", "Show what was held back and which levels were crossed")
        report.clicked.connect(lambda: self.report_wanted.emit(self._newest))
        dismiss = _button("dismiss", "Dismiss", "Dismiss the outage report")
        dismiss.clicked.connect(self.dismiss)
        for button in (report, dismiss):
            self.addWidget(button)

    def tell(self, ended: OutageEnded) -> None:
        """Say what an outage came to."""
        self._newest = ended
        self._count += 1
        what = "Simulated loss" if ended.is_simulated else "Outage"
        lasted = length_text((ended.ended_at - ended.begun_at).total_seconds())
        span = f"{local_time(ended.begun_at, has_date=False)}–{local_time(ended.ended_at, has_date=False)}"
        levels = f"{ended.levels_crossed} level{'' if ended.levels_crossed == 1 else 's'} crossed unseen"
        more = f"  ({self._count} outages since this was last dismissed)" if self._count > 1 else ""
        self.say(f"✓  {what} over: {span}, {lasted}. {_held_back(ended.held_back)}, {levels}.{more}")

    def hold(self, is_held: bool) -> None:
        """Make room while another pause lasts; what was told is there again after it."""
        self._is_held = is_held
        self.refresh()

    def refresh(self) -> None:
        """Be seen while there is something to say and no pause lasts."""
        self.setVisible(bool(self._text.text()) and not self._is_held)

    def dismiss(self) -> None:
        """Go, and count from nothing."""
        self._count = 0
        self.say("")


def _held_back(count: int) -> str:
    """Count what did not happen; the report says how many of which."""
    what = "look, signal or command" if count == 1 else "looks, signals and commands"
    return f"{count:,} {what} held back" if count else "nothing held back"


def _button(name: str, text: str, spoken: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"outage-band-{name}-btn")
    button.setAccessibleName(spoken)
    button.setToolTip(spoken)
    return button
