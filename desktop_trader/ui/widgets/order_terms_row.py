"""How long an order works, and what it may not do: take from the book, or open anything."""

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QSignalBlocker, QTimeZone, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateTimeEdit, QHBoxLayout, QVBoxLayout, QWidget

from desktop_trader.domain.order import TimeInForce
from desktop_trader.ui.models.order_ticket import TicketShape
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.quiet_wheel import QuietWheel

_TITLES = {
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTD",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
}
_MEANINGS = {
    TimeInForce.GTC: "Until it is canceled",
    TimeInForce.GTD: "Until a date",
    TimeInForce.IOC: "At once, in part if it must be",
    TimeInForce.FOK: "At once and whole, or not at all",
}
_A_DAY = timedelta(days=1)


class TimeInForceField(CaptionedField):
    """The times in force that a kind of order may have; one that is over at once has none to choose."""

    changed = Signal()

    def __init__(self) -> None:
        self._combo = QComboBox()
        self._combo.setObjectName("futures-time-in-force-combo")
        self._combo.setAccessibleName("Time in force")
        QuietWheel(self._combo)
        super().__init__(self._combo, "Time in force")
        self._combo.currentIndexChanged.connect(self._on_chosen)

    def value(self) -> TimeInForce:
        """The time in force chosen."""
        chosen = self._combo.currentData()
        return TimeInForce(chosen) if chosen and self.is_offered else TimeInForce.GTC

    def take_shape(self, shape: TicketShape) -> None:
        """Offer what another kind of order may have, and keep what was chosen where it may."""
        chosen = self._combo.currentData()
        with QSignalBlocker(self._combo):
            self._combo.clear()
            for place, life in enumerate(shape.lives):
                self._combo.addItem(_TITLES[life], life)
                self._combo.setItemData(place, _MEANINGS[life], 3)
            self._combo.setCurrentIndex(max(0, self._combo.findData(chosen)))
        self.offer(bool(shape.lives))
        self._on_chosen()

    def _on_chosen(self) -> None:
        self._combo.setToolTip(_MEANINGS[self.value()])
        self.changed.emit()


class OrderTermsRow(QWidget):
    """Until when, post-only and reduce-only. The date is of the market's time, and in UTC as everything is."""

    changed = Signal()

    def __init__(self, life: TimeInForceField) -> None:
        super().__init__()
        self.setObjectName("futures-terms")
        self.setAccessibleName("Terms of the order")
        self._life = life
        self._shape = TicketShape(title="")
        self._until = QDateTimeEdit()
        self._until.setObjectName("futures-expires-edit")
        self._until.setAccessibleName("The order works until, UTC")
        self._until.setTimeZone(QTimeZone.utc())
        self._until.setDisplayFormat("yyyy-MM-dd HH:mm")
        self._until.setCalendarPopup(True)
        QuietWheel(self._until)
        self._until_pair = CaptionedField(self._until, "Works until (UTC)")
        self._until_pair.offer(False)
        self._now: datetime | None = None
        self.post_only = _check(
            "futures-post-only-check", "Post-only", "Rest in the book or be refused: maker fee only"
        )
        self.reduce_only = _check(
            "futures-reduce-only-check", "Reduce-only", "Close an open position or a part of it, and open nothing"
        )
        checks = QHBoxLayout()
        checks.setSpacing(SPACE_M)
        checks.addWidget(self.post_only)
        checks.addWidget(self.reduce_only)
        checks.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._until_pair)
        layout.addLayout(checks)
        life.changed.connect(self._fit)
        self._until.dateTimeChanged.connect(self.changed)
        self.post_only.toggled.connect(self.changed)
        self.reduce_only.toggled.connect(self.changed)
        self._fit()

    def start_over(self) -> None:
        """Open positions again, and let an order take from the book."""
        self.post_only.setChecked(False)
        self.reduce_only.setChecked(False)

    def expires_at(self) -> datetime | None:
        """Until when the order works, in market time; None where it has no such date."""
        if self._life.value() is not TimeInForce.GTD:
            return None
        return datetime.fromtimestamp(self._until.dateTime().toSecsSinceEpoch(), UTC)

    def is_post_only(self) -> bool:
        """Whether the order may only rest."""
        return self.post_only.isChecked() and self.post_only.isEnabled()

    def take_shape(self, shape: TicketShape) -> None:
        """Offer what another kind of order may have."""
        self._shape = shape
        self._fit()

    def take_time(self, now: datetime) -> None:
        """Take the market's present time: a date begins with a day from now."""
        self._now = now

    def _fit(self) -> None:
        life = self._life.value()
        has_date = life is TimeInForce.GTD
        if has_date and not self._until_pair.is_offered and self._now is not None:
            until = (self._now + _A_DAY).replace(second=0, microsecond=0)
            self._until.setDateTime(QDateTime.fromSecsSinceEpoch(int(until.timestamp()), QTimeZone.utc()))
        if has_date is not self._until_pair.is_offered:
            self._until_pair.offer(has_date)
        may_rest = life in (TimeInForce.GTC, TimeInForce.GTD)
        self.post_only.setEnabled(self._shape.can_post_only and may_rest)
        self.changed.emit()


def _check(name: str, text: str, hint: str) -> QCheckBox:
    check = QCheckBox(text)
    check.setObjectName(name)
    check.setAccessibleName(f"{text}: {hint[0].lower()}{hint[1:]}")
    check.setToolTip(hint)
    return check
