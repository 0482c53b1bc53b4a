"""How much of the balance is traded with, beside the whole of it: two figures side by side."""

from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.ticket_preview import limits_of
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.widgets.said_label import SaidLabel


class CapitalLine(SaidLabel):
    """There only where a trading capital is set; it follows the balance, which may be less."""

    def __init__(self, model: BalanceModel, *, name: str, risk: RiskSettings | None) -> None:
        super().__init__(name=name, spoken="Trading capital", tone="muted")
        self._model = model
        self._risk = risk or RiskSettings()
        self.setToolTip("Sizes and limits in percent count this much of the balance: trading_capital in the settings")
        model.balance_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        balance = self._model.balance
        if balance is None or not self._risk.trading_capital:
            self.say("")
            return
        counted = limits_of(self._risk).capital_of(balance.total)
        self.say(
            f"Capital {format_money(counted, balance.currency)} of {format_money(balance.total, balance.currency)}"
        )
