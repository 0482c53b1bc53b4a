"""How much of the account is at work: margin used, how near its limit that is, and what has to be left."""

from decimal import Decimal

from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_trader.domain.money import HUNDRED
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.price_ages import Staleness
from desktop_trader.ui.models.ticket_preview import limits_of
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_plain
from desktop_trader.ui.theme import SPACE_M, SPACE_S, SPACE_XS
from desktop_trader.ui.widgets.money_label import MoneyLabel
from desktop_trader.ui.widgets.plain_label import plain_label

_FIGURES = (
    ("futures-margin-used", "Margin used", "margin used by open positions", (0, 0, 1)),
    ("futures-open-positions", "Positions", "open positions", (0, 3, 1)),
    ("futures-margin-ratio", "Margin ratio", "what is locked, in percent of equity", (1, 0, 4)),
    ("futures-maintenance-margin", "Maintenance", "maintenance margin of all open positions", (2, 0, 4)),
)
"""Name, caption, spoken name, and where each stands: row, column and columns; ages need room behind figures."""


class MarginSummary(QWidget):
    """Figures that follow from marks are gray with their age when those are old; unknown ones read `—`."""

    def __init__(self, model: BalanceModel, *, risk: RiskSettings) -> None:
        super().__init__()
        self._model = model
        self._limit = risk.max_margin_ratio_percent
        self._limits = limits_of(risk)
        self.setObjectName("futures-margin-summary")
        self.setAccessibleName("Futures: margin")
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE_M, 0, SPACE_M, 0)
        grid.setHorizontalSpacing(SPACE_S)
        grid.setVerticalSpacing(SPACE_XS)
        self._labels: list[MoneyLabel] = []
        for name, caption, spoken, (row, column, span) in _FIGURES:
            grid.addWidget(plain_label(caption, name=f"{name}-caption", tone="muted"), row, column)
            label = MoneyLabel(name, f"Futures: {spoken}")
            grid.addWidget(label, row, column + 1, 1, span)
            self._labels.append(label)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, SPACE_M)
        grid.setColumnStretch(4, 1)
        for signal in (model.balance_changed, model.positions_changed, model.ages.changed):
            signal.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        balance, positions = self._model.balance, self._model.positions
        used, held, ratio, kept = self._labels
        if balance is None:
            for label in self._labels:
                label.show_figure(UNKNOWN)
            return
        currency = balance.currency
        old = self._model.ages.staleness_of(each.symbol for each in positions)
        used.show_figure(
            format_money(balance.locked_in_positions, currency),
            exact=format_exact_money(balance.locked_in_positions, currency),
        )
        self._show_ratio(ratio, balance, old)
        self._show_aging(kept, format_money(balance.maintenance_margin, currency), old)
        held.show_figure(str(len(positions)) if self._model.snapshot else UNKNOWN)

    def _show_ratio(self, label: MoneyLabel, balance: BalanceView, old: Staleness | None) -> None:
        ratio = self._ratio_of(balance)
        limit = format_plain(self._limit)
        text = UNKNOWN if ratio is None else f"{ratio:.2f}% of {limit}%"
        self._show_aging(label, text, old)
        what = "the trading capital" if self._limits.trading_capital else "equity"
        label.setToolTip(f"Locked in percent of {what}. New orders are refused beyond {limit} %.")
        label.set_tone("warning" if ratio is not None and ratio >= self._limit else "")

    def _ratio_of(self, balance: BalanceView) -> Decimal | None:
        """Of a larger equity only the trading capital counts, here as for the limit."""
        equity = balance.portfolio_value
        if balance.margin_ratio_percent is None or equity is None or equity <= self._limits.capital_of(equity):
            return balance.margin_ratio_percent
        return balance.locked / self._limits.capital_of(equity) * HUNDRED

    @staticmethod
    def _show_aging(label: MoneyLabel, text: str, old: Staleness | None) -> None:
        label.set_stale(old is not None)
        label.show_figure(text if old is None or text == UNKNOWN else f"{text} · {old.text}", exact=label.toolTip())
