"""The preview of the order in the form: both directions in figures, and the rule that would refuse it."""

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.order import OrderSide
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.order_ticket import OrderTicket
from desktop_trader.ui.models.ticket_preview import PreviewColumn, entry_column, exit_column, remark_on
from desktop_trader.ui.widgets.preview_grid import PreviewGrid
from desktop_trader.ui.widgets.said_label import SaidLabel
from desktop_trader.ui.widgets.ticket_fields import TicketFields


class OrderPreview(QWidget):
    """Follows the ticket. The `remark` may be put where it never scrolls away."""

    def __init__(self, model: BalanceModel, fields: TicketFields, *, risk: RiskSettings) -> None:
        super().__init__()
        self.setObjectName("futures-order-preview")
        self.setAccessibleName("Preview of the order")
        self._model = model
        self._fields = fields
        self._risk = risk
        self._refused: dict[OrderSide, str] = {}
        self._grid = PreviewGrid()
        self.remark = SaidLabel(name="futures-refusal", spoken="Before it is sent", tone="error")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._grid)

    def mean(self, side: OrderSide | None) -> None:
        """Take the direction that a person is about to take; None where nobody knows."""
        self._grid.emphasize(side)

    def refusal(self, side: OrderSide) -> str:
        """Return why the engine would surely refuse this side; empty where it may accept it, or prices are old."""
        return self._refused.get(side, "")

    def show_tickets(self, made: Mapping[OrderSide, OrderTicket | None]) -> None:
        """Show what these orders, which the fields make now, would come to."""
        fields, shown, position = self._fields, self._model.snapshot, self._fields.position
        tickets = {side: ticket for side, ticket in made.items() if ticket is not None}
        is_of_market = any(not each.names_price for each in tickets.values())
        is_old = self._model.ages.staleness_of((fields.symbol,)) is not None
        is_stale = is_of_market and is_old
        columns: dict[OrderSide, PreviewColumn | None] = {}
        if position is not None:
            side = OrderSide.SELL if position.direction == "long" else OrderSide.BUY
            columns[side] = exit_column(tickets[side], position)
            self._grid.show_exit(side, columns[side], is_stale=is_stale)
        else:
            for side, ticket in tickets.items():
                if shown is not None and (side is OrderSide.BUY or ticket.instrument.allows_short):
                    columns[side] = entry_column(ticket, shown, risk=self._risk)
            self._grid.show_entry(columns, is_stale=is_stale)
        refused = {side: column.refusal for side, column in columns.items() if column is not None}
        # The engine looks at newer prices than these: what is old keeps nobody from asking.
        self._refused = {} if is_old else {side: text[:1].upper() + text[1:] for side, text in refused.items()}
        remark = remark_on(columns)
        self.remark.say(remark.text, tone="error" if remark.is_refusal else "warning")
