"""The bar above the history: what is shown (kinds, person, text, time, run), and what can be done with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import QDate, QTimer, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.ui.models.ledger_window import narrows
from desktop_trader.ui.models.table_columns import local_time, utc_time, words
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.plain_label import plain_label

_TYPING_MS = 250
_TEXT_WIDTH = 150
_TEXT_LENGTH_MAX = 200
_EVERYBODY, _SYSTEM = "Everybody", "system"
_ANY_TIME, _TODAY, _WEEK, _MONTH, _CHOSEN = "Any time", "Today", "Last 7 days", "Last 30 days", "From … to …"
_DAYS = {_TODAY: 1, _WEEK: 7, _MONTH: 30}


class HistoryBar(QWidget):
    """`filter_changed` when something else is to be shown; days are those of the zone that the times are shown in."""

    filter_changed = Signal()
    zone_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history-bar")
        self.setAccessibleName("History: filter and actions")
        self._is_quiet = False
        self._only = LedgerFilter(account="")
        self._run_id, self._now = 0, datetime.now(UTC)
        self._typing = QTimer(self, singleShot=True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._tell)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        outer.setSpacing(SPACE_S)
        self._row = QHBoxLayout()
        self._row.setSpacing(SPACE_S)
        outer.addLayout(self._row)
        self._build_filters()
        self._row.addStretch(1)
        self._second = self._build_second()
        outer.addWidget(self._second)
        self._arrange_second()

    @property
    def shows_utc(self) -> bool:
        """Whether times are shown, and days counted, in UTC; else in this computer's zone."""
        return self._utc.isChecked()

    def add_button(self, name: str, text: str, spoken: str) -> QPushButton:
        """Add a button at the right end and return it."""
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.setProperty("look", "small-button")
        self._row.addWidget(button)
        return button

    def show_authors(self, authors: Sequence[str]) -> None:
        """Offer these people beside everybody and the system; the one chosen stays chosen."""
        chosen = self._author.currentData()
        offered = sorted({*authors, chosen} - {"", _SYSTEM})
        self._author.blockSignals(True)
        while self._author.count() > len((_EVERYBODY, _SYSTEM)):
            self._author.removeItem(self._author.count() - 1)
        for name in offered:
            self._author.addItem(name, name)
        self._author.setCurrentIndex(max(0, self._author.findData(chosen)))
        self._author.blockSignals(False)

    def chosen(self, account: str, *, run_id: int, now: datetime) -> LedgerFilter:
        """Return what is to be shown of an account whose present run and market time are these."""
        self._run_id, self._now = run_id, now
        from_at, until_at = self._span(now)
        return replace(
            self._only,
            account=account,
            kinds=tuple(str(action.data()) for action in self._kind_actions if action.isChecked()),
            author=self._author.currentData() or None,
            text=self._text.text().strip(),
            from_at=from_at or self._only.from_at,
            until_at=until_at or self._only.until_at,
            run_id=run_id if self._run.isChecked() else self._only.run_id,
        )

    def show_filter(self, chosen: LedgerFilter, *, run_id: int) -> None:
        """Set every control to a filter that came from elsewhere; says nothing itself."""
        self._is_quiet = True
        for action in self._kind_actions:
            action.setChecked(action.data() in chosen.kinds)
        if chosen.author is not None and self._author.findData(chosen.author) < 0:
            self._author.addItem(chosen.author, chosen.author)
        self._author.setCurrentIndex(max(0, self._author.findData(chosen.author or "")))
        self._text.setText(chosen.text)
        self._typing.stop()
        self._run.setChecked(chosen.run_id is not None and chosen.run_id == run_id)
        self._time.setCurrentText(_ANY_TIME)
        self._only = LedgerFilter(
            account="",
            run_id=None if self._run.isChecked() else chosen.run_id,
            position_id=chosen.position_id,
            order_id=chosen.order_id,
            from_at=chosen.from_at,
            until_at=chosen.until_at,
        )
        self._is_quiet = False
        self._show_kinds()
        self._arrange_second()

    def clear(self) -> None:
        """Show everything again."""
        self.show_filter(LedgerFilter(account=""), run_id=self._run_id)
        self._tell()

    def _build_filters(self) -> None:
        self._text = QLineEdit()
        self._text.setObjectName("history-filter-edit")
        self._text.setAccessibleName("History: words in reason or description")
        self._text.setPlaceholderText("Search…")
        self._text.setClearButtonEnabled(True)
        self._text.setMaxLength(_TEXT_LENGTH_MAX)
        self._text.setMaximumWidth(_TEXT_WIDTH)
        self._text.textChanged.connect(self._on_typed)
        self._text.returnPressed.connect(self._tell)
        self._kinds = QToolButton()
        self._kinds.setObjectName("history-kinds-btn")
        self._kinds.setProperty("look", "small-button")
        self._kinds.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = _StayingMenu(self._kinds)
        menu.setObjectName("history-kinds-menu")
        every = menu.addAction("All kinds")
        every.setObjectName("history-kind-all")
        every.triggered.connect(self._on_all_kinds)
        menu.addSeparator()
        self._kind_actions = [self._kind_action(menu, kind) for kind in EntryKind]
        self._kinds.setMenu(menu)
        self._show_kinds()
        self._author = _combo("history-author-combo", "Who changed the balance", (_EVERYBODY, _SYSTEM))
        self._author.setItemData(0, "")
        self._author.setItemData(1, _SYSTEM)
        self._author.currentIndexChanged.connect(self._tell)
        self._time = _combo(
            "history-time-combo", "When the balance changed", (_ANY_TIME, _TODAY, _WEEK, _MONTH, _CHOSEN)
        )
        self._time.currentIndexChanged.connect(self._on_time_changed)
        self._run = _check("history-run-check", "This run", "Show the present run only")
        self._run.toggled.connect(self._on_run_toggled)
        self._utc = _check("history-utc-check", "UTC", "Show times in UTC instead of this computer's zone")
        self._utc.toggled.connect(self._on_zone_toggled)
        for widget in (self._text, self._kinds, self._author, self._time, self._run, self._utc):
            self._row.addWidget(widget)

    def _kind_action(self, menu: QMenu, kind: EntryKind) -> QAction:
        action = menu.addAction(words(kind.value).capitalize())
        action.setObjectName(f"history-kind-{kind.value.replace('_', '-')}")
        action.setData(kind.value)
        action.setCheckable(True)
        action.toggled.connect(self._on_kind_toggled)
        return action

    def _build_second(self) -> QWidget:
        second = QWidget()
        second.setObjectName("history-second-row")
        row = QHBoxLayout(second)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_S)
        self._from, self._to = (_day_edit(name) for name in ("from", "to"))
        for edit in (self._from, self._to):
            edit.dateChanged.connect(self._on_typed)
        self._dash = plain_label("to", name="history-to-caption", tone="muted")
        self._only_label = plain_label("", name="history-only-label", tone="warning")
        self._clear = QPushButton("Show all")
        self._clear.setObjectName("history-clear-btn")
        self._clear.setAccessibleName("Show the whole history")
        self._clear.setProperty("look", "small-button")
        self._clear.clicked.connect(self.clear)
        for widget in (self._from, self._dash, self._to, self._only_label, self._clear):
            row.addWidget(widget)
        row.addStretch(1)
        return second

    def _span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        kind = self._time.currentText()
        if kind == _ANY_TIME:
            return None, None
        if kind == _CHOSEN:
            first, last = _day_of(self._from), _day_of(self._to)
            return _midnight(min(first, last), is_utc=self.shows_utc), _midnight(
                max(first, last) + timedelta(days=1), is_utc=self.shows_utc
            )
        today = (now.astimezone(UTC) if self.shows_utc else now.astimezone()).date()
        return _midnight(today - timedelta(days=_DAYS[kind] - 1), is_utc=self.shows_utc), None

    def _on_time_changed(self) -> None:
        if self._time.currentText() == _CHOSEN and not self._is_quiet:
            today = _qt_day(self._now.astimezone(UTC if self.shows_utc else None))
            for edit in (self._from, self._to):
                edit.blockSignals(True)
                edit.setDate(today)
                edit.blockSignals(False)
        if not self._is_quiet:
            self._only = replace(self._only, from_at=None, until_at=None)
        self._arrange_second()
        self._tell()

    def _on_run_toggled(self) -> None:
        if not self._is_quiet:
            self._only = replace(self._only, run_id=None)
            self._arrange_second()
        self._tell()

    def _on_zone_toggled(self) -> None:
        self.zone_changed.emit()
        self._arrange_second()
        if self._time.currentText() != _ANY_TIME:
            self._tell()

    def _on_kind_toggled(self) -> None:
        self._show_kinds()
        self._on_typed()

    def _on_all_kinds(self) -> None:
        for action in self._kind_actions:
            action.blockSignals(True)
            action.setChecked(False)
            action.blockSignals(False)
        self._show_kinds()
        self._tell()

    def _on_typed(self) -> None:
        if not self._is_quiet:
            self._arrange_second()
            self._typing.start()

    def _tell(self) -> None:
        self._typing.stop()
        if not self._is_quiet:
            self._arrange_second()
            self.filter_changed.emit()

    def _show_kinds(self) -> None:
        shown = [action.text() for action in self._kind_actions if action.isChecked()]
        text = "All kinds" if not shown else shown[0] if len(shown) == 1 else f"{len(shown)} kinds"
        self._kinds.setText(f"{text} ")
        self._kinds.setAccessibleName(f"Kinds of entries shown: {', '.join(shown) or 'all'}")
        self._kinds.setToolTip(self._kinds.accessibleName())

    def _arrange_second(self) -> None:
        has_days = self._time.currentText() == _CHOSEN
        for widget in (self._from, self._dash, self._to):
            widget.setVisible(has_days)
        told = _told(self._only, is_utc=self.shows_utc)
        self._only_label.setText(f"Only {told}" if told else "")
        self._only_label.setVisible(bool(told))
        is_narrowed = narrows(self.chosen("", run_id=self._run_id, now=self._now))
        self._clear.setVisible(is_narrowed)
        self._second.setVisible(has_days or is_narrowed)


class _StayingMenu(QMenu):
    """Stays open while kinds are ticked, so that several take one visit."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.toggle()
            return
        super().mouseReleaseEvent(event)


def _told(only: LedgerFilter, *, is_utc: bool) -> str:
    """Say what narrows the history beside the controls: a run, position, order or exact span from elsewhere."""
    numbers = {"run": only.run_id, "position": only.position_id, "order": only.order_id}
    parts = [f"{name} {number}" for name, number in numbers.items() if number is not None]
    for word, at in (("from", only.from_at), ("before", only.until_at)):
        if at is not None:
            parts.append(f"{word} {utc_time(at.astimezone(UTC)) if is_utc else local_time(at)}")
    return ", ".join(parts)


def _day_of(edit: QDateEdit) -> date:
    chosen = edit.date()
    return date(chosen.year(), chosen.month(), chosen.day())


def _qt_day(at: datetime) -> QDate:
    return QDate(at.year, at.month, at.day)


def _midnight(day: date, *, is_utc: bool) -> datetime:
    """Return the beginning of a day of the zone shown, as an instant."""
    local = datetime(day.year, day.month, day.day)  # noqa: DTZ001  given its zone right below
    return local.replace(tzinfo=UTC) if is_utc else local.astimezone().astimezone(UTC)


def _combo(name: str, spoken: str, texts: Sequence[str]) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    combo.setToolTip(spoken)
    combo.addItems(list(texts))
    return combo


def _check(name: str, text: str, spoken: str) -> QCheckBox:
    check = QCheckBox(text)
    check.setObjectName(name)
    check.setAccessibleName(spoken)
    check.setToolTip(spoken)
    return check


def _day_edit(which: str) -> QDateEdit:
    edit = QDateEdit()
    edit.setObjectName(f"history-{which}-edit")
    edit.setAccessibleName({"from": "First day shown", "to": "Last day shown"}[which])
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setCalendarPopup(True)
    return edit
