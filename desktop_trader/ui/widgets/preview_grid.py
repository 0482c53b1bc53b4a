"""What an order would come to before it is sent: a column for each direction, side by side."""

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from desktop_trader.domain.order import OrderSide
from desktop_trader.ui.models.ticket_preview import ROWS, PreviewColumn
from desktop_trader.ui.number_format import UNKNOWN
from desktop_trader.ui.theme import SPACE_S, SPACE_XS
from desktop_trader.ui.widgets.money_label import MoneyLabel
from desktop_trader.ui.widgets.plain_label import plain_label

_SIDES = {OrderSide.BUY: ("long", "▲ Long", "up"), OrderSide.SELL: ("short", "▼ Short", "down")}
_EXIT_ROWS = (("notional", "Notional"), ("fee", "Fee"), ("result", "P&L"))
_GAINS = frozenset({"stop", "stop-percent", "target", "target-percent", "funding", "result"})


class PreviewGrid(QWidget):
    """Figures read `—` until size and price are there, and are gray while the market's price is old."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("futures-preview")
        self.setAccessibleName("Preview of the order")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_S)
        self._grid.setVerticalSpacing(SPACE_XS)
        self._heads: dict[OrderSide, QLabel] = {}
        self._captions: dict[str, QLabel] = {}
        self._labels: dict[tuple[OrderSide, str], MoneyLabel] = {}
        self._shown_rows: tuple[str, ...] = ()
        for column, (side, (name, title, tone)) in enumerate(_SIDES.items(), start=1):
            head = plain_label(title, name=f"futures-preview-{name}-title", tone=tone)
            head.setAlignment(MoneyLabel("", "").alignment())
            self._heads[side] = head
            self._grid.addWidget(head, 0, column)
            self._grid.setColumnStretch(column, 1)
        for row, (name, caption) in enumerate((*ROWS, _EXIT_ROWS[-1]), start=1):
            self._captions[name] = plain_label(caption, name=f"futures-preview-{name}-caption", tone="muted")
            self._grid.addWidget(self._captions[name], row, 0)
            for column, (side, (place, title, _)) in enumerate(_SIDES.items(), start=1):
                label = MoneyLabel(
                    f"futures-preview-{place}-{name}", f"Preview {title[2:].lower()}: {caption.strip().lower()}"
                )
                self._labels[side, name] = label
                self._grid.addWidget(label, row, column)

    def show_entry(self, columns: dict[OrderSide, PreviewColumn | None], *, is_stale: bool) -> None:
        """Show what an entry of each side given would come to."""
        self._show(columns, ROWS, is_stale=is_stale)

    def show_exit(self, side: OrderSide, column: PreviewColumn | None, *, is_stale: bool) -> None:
        """Show what closing a position or a part of it would come to."""
        self._show({side: column}, _EXIT_ROWS, is_stale=is_stale)

    def emphasize(self, meant: OrderSide | None) -> None:
        """Mark the direction that a person is about to take."""
        for side, head in self._heads.items():
            weight = "strong" if side is meant else ""
            if head.property("weight") != weight:
                head.setProperty("weight", weight)
                head.style().unpolish(head)
                head.style().polish(head)

    def _show(
        self,
        columns: dict[OrderSide, PreviewColumn | None],
        rows: tuple[tuple[str, str], ...],
        *,
        is_stale: bool,
    ) -> None:
        names = {name for name, _ in rows}
        for side, head in self._heads.items():
            # An exit has one side, and opens nothing that a direction could be said of.
            head.setVisible(side in columns and rows is ROWS)
        for name, caption in self._captions.items():
            caption.setVisible(name in names)
        for (side, name), label in self._labels.items():
            label.setVisible(side in columns and name in names)
            column = columns.get(side)
            text = UNKNOWN if column is None else column.figures.get(name, UNKNOWN)
            label.show_figure(text, exact="" if column is None else column.exact.get(name, ""))
            label.set_stale(is_stale and text != UNKNOWN)
            if name in _GAINS:
                label.set_tone("down" if text.startswith("-") else "up" if text.startswith("+") else "")
