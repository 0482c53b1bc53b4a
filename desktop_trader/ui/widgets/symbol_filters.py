"""What to search markets for: a line of text, and which of them to leave out, and in what order."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.messages.market_search import SearchSort, SymbolSearch
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.plain_label import plain_label

_KINDS = (("Spot and swaps", None), ("Spot", InstrumentKind.SPOT), ("Swaps", InstrumentKind.SWAP))
_SORTS = (
    ("Best match", SearchSort.MATCH),
    ("Volume", SearchSort.VOLUME),
    ("24 h change", SearchSort.CHANGE),
    ("Name", SearchSort.NAME),
)
_ANY_QUOTE = "All currencies"
_FALLING = frozenset({SearchSort.VOLUME, SearchSort.CHANGE})
_TO_THE_TABLE = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class SymbolFilters(QWidget):
    """`changed` when something else is searched for; `steered` carries a key that is meant for the results."""

    changed = Signal()
    steered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("symbol-search-filters")
        self.setAccessibleName("What to search for")
        self.text = QLineEdit()
        self.text.setObjectName("symbol-search-edit")
        self.text.setAccessibleName("Search for a symbol")
        self.text.setPlaceholderText("A coin or a symbol: BTC, ETH/USDT, SOL swap")
        self.text.setClearButtonEnabled(True)
        self.text.installEventFilter(self)
        self.kind = _combo("symbol-search-kind-combo", "Kind of market")
        for name, kind in _KINDS:
            self.kind.addItem(name, kind)
        self.quote = _combo("symbol-search-quote-combo", "Quote currency")
        self.quote.addItem(_ANY_QUOTE, "")
        self.sort = _combo("symbol-search-sort-combo", "Sorted by")
        for name, sort in _SORTS:
            self.sort.addItem(name, sort)
        self.order = QToolButton()
        self.order.setObjectName("symbol-search-order-btn")
        self.order.setCheckable(True)
        self.order.setProperty("look", "small-button")
        self.count = plain_label("", name="symbol-search-count", tone="muted", spoken="How many markets match")
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        for widget in (self.kind, self.quote, self.sort, self.order):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self.text)
        layout.addLayout(row)
        self.text.textChanged.connect(lambda _text: self.changed.emit())
        for combo in (self.kind, self.quote, self.sort):
            combo.currentIndexChanged.connect(lambda _place: self._on_chosen())
        self.order.toggled.connect(lambda _is_on: self._on_chosen())
        self._show_order()

    def question(self, request_id: str, *, favourites: tuple[str, ...]) -> SymbolSearch:
        """Return what is searched for now."""
        return SymbolSearch(
            request_id=request_id,
            text=self.text.text(),
            kind=_KINDS[self.kind.currentIndex()][1],
            quote=str(self.quote.currentData() or ""),
            sort=_SORTS[self.sort.currentIndex()][1],
            is_reversed=self.order.isChecked(),
            favourites=favourites,
        )

    def offer_quotes(self, quotes: tuple[str, ...]) -> None:
        """Offer these quote currencies; the one chosen stays, also where the market has it no longer."""
        if quotes == tuple(self.quote.itemData(place) for place in range(1, self.quote.count())):
            return
        chosen = str(self.quote.currentData() or "")
        self.quote.blockSignals(True)
        self.quote.clear()
        self.quote.addItem(_ANY_QUOTE, "")
        for name in dict.fromkeys((*quotes, *([chosen] if chosen else []))):
            self.quote.addItem(name, name)
        self.quote.setCurrentIndex(max(0, self.quote.findData(chosen)))
        self.quote.blockSignals(False)

    def sort_by(self, sort: SearchSort) -> None:
        """Sort by something else; by the same once more is the other way round."""
        place = next(number for number, (_, each) in enumerate(_SORTS) if each is sort)
        if place == self.sort.currentIndex():
            self.order.toggle()
        else:
            self.sort.setCurrentIndex(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that choose go from the line to the results: the fingers stay where they type."""
        is_key = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress
        if watched is self.text and is_key and event.key() in _TO_THE_TABLE:  # type: ignore[attr-defined]
            self.steered.emit(event)
            return True
        return super().eventFilter(watched, event)

    def _on_chosen(self) -> None:
        self._show_order()
        self.changed.emit()

    def _show_order(self) -> None:
        sort = _SORTS[self.sort.currentIndex()][1]
        # The best match first is the only order in which a best match makes sense.
        self.order.setEnabled(sort is not SearchSort.MATCH)
        falls = (_SORTS[self.sort.currentIndex()][1] in _FALLING) is not self.order.isChecked()
        self.order.setText("↓" if falls else "↑")
        spoken = "Highest first; press for lowest first" if falls else "Lowest first; press for highest first"
        self.order.setAccessibleName(f"Order: {spoken}")
        self.order.setToolTip(spoken)


def _combo(name: str, spoken: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo
