"""The assets dock: what the account holds, what of it is free, and what it comes to."""

from collections.abc import Callable, Collection
from decimal import Decimal

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.messages.asset_rows import AssetRow, asset_rows
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.price_ages import Staleness
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.models.table_columns import aged, since_text
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_plain
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_DOLLARS = frozenset({"USD", "USDT", "USDC"})


class AssetsPanel(QWidget):
    """Follows the model: the values of all rows sum up to the total, what they are worth to the portfolio value."""

    def __init__(self, model: BalanceModel, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("assets-panel")
        self.setAccessibleName("Assets")
        self._rows = RowTableModel(_columns(self._currency, self._old), key=lambda row: row.asset, parent=self)
        table = DataTable(
            self._rows, name="assets-table", spoken="Assets", empty_text="Waiting for the account to be read."
        )
        self._sum = plain_label(UNKNOWN, name="assets-sum", tone="muted", spoken="Sum of all assets")
        bar = TableBar(table, place="assets", spoken="Assets")
        bar.add_widget(self._sum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(table, 1)
        model.balance_changed.connect(self._refresh)
        model.positions_changed.connect(self._refresh)
        model.ages.changed.connect(self._on_ages_changed)
        self._refresh()

    def _currency(self) -> str:
        return "" if self._model.balance is None else self._model.balance.currency

    def _old(self, position_ids: Collection[int]) -> Staleness | None:
        held = (each.symbol for each in self._model.positions if each.id in position_ids)
        return self._model.ages.staleness_of(held)

    def _on_ages_changed(self) -> None:
        self._rows.refresh()
        self._refresh()

    def _refresh(self) -> None:
        balance = self._model.balance
        if balance is None or self._model.snapshot is None:
            self._rows.replace_rows(())
            self._sum.setText(UNKNOWN)
            return
        self._rows.replace_rows(asset_rows(balance, self._model.positions, find=self._model.instrument))
        currency = balance.currency
        total, worth = format_money(balance.total, currency), format_money(balance.portfolio_value, currency)
        worth = aged(worth, self._old([each.id for each in self._model.positions]))
        self._sum.setText(f"Sum: {total} in the books, {worth} at market")
        self._sum.setAccessibleName(f"Sum of all assets: {total} in the books, {worth} at market")


def _quantity(amount: Decimal, asset: str) -> str:
    return f"{amount:,.2f}" if asset in _DOLLARS else format_plain(amount)


def _columns(
    currency: Callable[[], str], old: Callable[[Collection[int]], Staleness | None]
) -> tuple[Column[AssetRow], ...]:
    return (
        Column(title="Asset", text=lambda row: row.asset, sort_key=lambda row: row.asset),
        Column(
            title="Free",
            text=lambda row: _quantity(row.free, row.asset),
            sort_key=lambda row: row.free,
            is_number=True,
            tooltip=lambda row: format_exact_money(row.free, row.asset),
        ),
        Column(
            title="Locked",
            text=lambda row: _quantity(row.locked, row.asset),
            sort_key=lambda row: row.locked,
            is_number=True,
            tooltip=lambda row: format_exact_money(row.locked, row.asset),
            full_title="Held by open positions and orders",
        ),
        Column(
            title="Value",
            text=lambda row: format_money(row.value, currency()),
            sort_key=lambda row: row.value,
            is_number=True,
            tooltip=lambda row: format_exact_money(row.value, currency()),
            full_title="As the books have it: the sum is the total",
        ),
        Column(
            title="At market",
            text=lambda row: aged(format_money(row.worth, currency()), old(row.position_ids)),
            sort_key=lambda row: row.worth,
            is_number=True,
            tone=lambda row: "text_muted" if old(row.position_ids) else "",
            tooltip=lambda row: "\n".join(
                filter(None, (format_exact_money(row.worth, currency()), since_text(old(row.position_ids))))
            ),
            full_title="At the mark prices: the sum is the portfolio value",
        ),
        Column(
            title="Held by",
            text=_holders,
            sort_key=lambda row: row.position_ids,
            is_wide=True,
        ),
    )


def _holders(row: AssetRow) -> str:
    if not row.position_ids:
        return ""
    return f"position{'s' if len(row.position_ids) > 1 else ''} {', '.join(map(str, row.position_ids))}"
