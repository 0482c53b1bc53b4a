"""The form of a strategy: which one, on what, and its typed parameters, made from what the catalogue says."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import ONE, canonical
from desktop_trader.messages.snapshot import AutoTradingView
from desktop_trader.messages.strategy_info import ParameterInfo, StrategyInfo
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.theme import SPACE_S
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

_PERCENT_DECIMALS = 4
_SHORT_TITLE = 9
_COLUMNS = 10


class StrategyForm(QWidget):
    """Holds what the person chose; while a strategy runs it shows that one's choice instead."""

    edited = Signal()

    def __init__(
        self, model: BalanceModel, *, strategies: tuple[StrategyInfo, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._strategies = {each.name: each for each in strategies}
        self._edits: dict[str, DecimalEdit] = {}
        self._pairs: list[QWidget] = []
        self.setObjectName("auto-form")
        self.setAccessibleName("Strategy and its parameters")
        self._strategy = _combo("auto-strategy-combo", "Strategy")
        for each in strategies:
            self._strategy.addItem(each.title, each.name)
        self._symbol = _combo("auto-symbol-combo", "Symbol to trade")
        self._timeframe = _combo("auto-timeframe-combo", "Timeframe")
        for timeframe in Timeframe:
            self._timeframe.addItem(timeframe.value, timeframe)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_S)
        self._grid.setVerticalSpacing(SPACE_S)
        self._grid.addWidget(self._strategy, 0, 0, 1, _COLUMNS)
        self._grid.addWidget(self._symbol, 1, 0, 1, _COLUMNS // 2)
        self._grid.addWidget(self._timeframe, 1, _COLUMNS // 2, 1, _COLUMNS // 2)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._strategy.currentIndexChanged.connect(self._on_strategy_changed)
        self._symbol.currentIndexChanged.connect(self.edited)
        model.state_changed.connect(self._on_state_changed)
        self._on_strategy_changed()
        self._on_state_changed()

    @property
    def strategy(self) -> StrategyInfo | None:
        """The strategy chosen."""
        return self._strategies.get(self._strategy.currentData() or "")

    @property
    def symbol(self) -> str:
        """The symbol chosen; empty before the first snapshot."""
        return self._symbol.currentText()

    @property
    def timeframe(self) -> Timeframe | None:
        """The length of the bars it decides on."""
        chosen = self._timeframe.currentData()
        return Timeframe(chosen) if chosen else None

    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return every parameter as typed, in the strategy's own order."""
        return tuple(
            (name, canonical(value)) for name, edit in self._edits.items() if (value := edit.value()) is not None
        )

    def error_text(self) -> str:
        """Say why the strategy cannot be started like this; empty when it can."""
        if self.strategy is None or not self.symbol:
            return "No strategy or no symbol to trade"
        for parameter in self.strategy.parameters:
            edit = self._edits[parameter.name]
            if edit.value() is None:
                return f"{parameter.title}: {edit.error_text() or 'a number is needed'}"
        return ""

    def choose_timeframe(self, timeframe: Timeframe) -> None:
        """Offer to decide on bars of another length."""
        self._timeframe.setCurrentText(timeframe.value)

    def choose_symbol(self, symbol: str) -> None:
        """Show another symbol, if it can be traded."""
        self._symbol.setCurrentText(symbol)

    def show_running(self, view: AutoTradingView) -> None:
        """Show what runs; a stopped strategy leaves the form to the person.

        Symbol and timeframe of a running one stand in its state: their row is the decisions' then.
        """
        for combo in (self._symbol, self._timeframe):
            combo.setVisible(view.state == "stopped")
        if view.state == "stopped" or view.timeframe is None:
            return
        self._strategy.setCurrentIndex(self._strategy.findData(view.strategy))
        self._symbol.setCurrentText(view.symbol)
        self._timeframe.setCurrentText(view.timeframe.value)
        for name, text in view.parameters:
            if name in self._edits and self._edits[name].text() != text:
                self._edits[name].setText(text)

    def _on_strategy_changed(self) -> None:
        for pair in self._pairs:
            self._grid.removeWidget(pair)
            pair.deleteLater()
        self._pairs = []
        self._edits = {}
        strategy = self.strategy
        parameters = strategy.parameters if strategy else ()
        span = 2 if all(len(each.title) <= _SHORT_TITLE for each in parameters) else _COLUMNS // 2
        for place, parameter in enumerate(parameters):
            row, column = divmod(place, _COLUMNS // span)
            pair = self._build_parameter(parameter)
            self._grid.addWidget(pair, 2 + row, column * span, 1, span)
            self._pairs.append(pair)
        self._strategy.setToolTip(strategy.description if strategy else "")
        self.edited.emit()

    def _build_parameter(self, parameter: ParameterInfo) -> QWidget:
        name = f"auto-{parameter.name.replace('_', '-')}-edit"
        edit = DecimalEdit(
            decimals=0 if parameter.is_integer else _PERCENT_DECIMALS,
            minimum=parameter.minimum,
            maximum=parameter.maximum,
            step=ONE,
        )
        edit.setObjectName(name)
        edit.setAccessibleName(parameter.title)
        edit.set_value(parameter.default)
        edit.value_changed.connect(self.edited)
        edit.error_changed.connect(self.edited)
        self._edits[parameter.name] = edit
        caption: QLabel = plain_label(parameter.title, name=f"{name}-caption", tone="title")
        caption.setBuddy(edit)
        caption.setToolTip(parameter.help)
        pair = QWidget()
        pair.setObjectName(f"{name}-pair")
        pair.setAccessibleName(parameter.title)
        layout = QVBoxLayout(pair)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(caption)
        layout.addWidget(edit)
        return pair

    def _limit_timeframe(self) -> None:
        """Offer what the market has: a recording has bars of one length."""
        replay = self._model.replay
        items = self._timeframe.model()
        for place in range(self._timeframe.count()):
            is_offered = replay is None or self._timeframe.itemText(place) == replay.timeframe.value
            if isinstance(items, QStandardItemModel):
                items.item(place).setEnabled(is_offered)
        if replay is not None:
            self.choose_timeframe(replay.timeframe)

    def _on_state_changed(self) -> None:
        self._limit_timeframe()
        symbols = [each.symbol for each in self._model.instruments]
        if symbols == [self._symbol.itemText(place) for place in range(self._symbol.count())]:
            return
        chosen = self.symbol
        self._symbol.clear()
        self._symbol.addItems(symbols)
        if chosen in symbols:
            self._symbol.setCurrentText(chosen)


def _combo(name: str, spoken: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    combo.setToolTip(spoken)
    return combo
