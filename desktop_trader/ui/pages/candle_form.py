"""What to download: market, symbol, length of the bars, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLineEdit, QWidget

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.candles import DownloadCandles, SeriesName
from desktop_trader.messages.market_name import OFFERED_EXCHANGES, market_name
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.plain_label import plain_label

_DAYS_AT_FIRST = 30
_FIRST_DAY = QDate(2009, 1, 3)
"""Nothing of the kind was traded before."""


class CandleForm(QWidget):
    """`job` says what is asked for; `edited` that it has changed."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("candles-form")
        self.setAccessibleName("What to download")
        self._market = QComboBox()
        self._market.setEditable(True)
        for exchange in OFFERED_EXCHANGES:
            self._market.addItem(market_name(f"exchange:{exchange}"), exchange)
        self._market.setToolTip("One of these, or the id of any other exchange that ccxt knows")
        line = self._market.lineEdit()
        if line is not None:
            line.setObjectName("candles-market-edit")
            line.setAccessibleName("Exchange, or the id of another one")
        self._symbol = QLineEdit("BTC/USDT")
        self._timeframe = QComboBox()
        self._timeframe.addItems([each.value for each in Timeframe])
        today = QDate.currentDate()
        self._since = QDateEdit(today.addDays(-_DAYS_AT_FIRST))
        self._since.setCalendarPopup(True)
        self._since.setDisplayFormat("yyyy-MM-dd")
        self._since.setDateRange(_FIRST_DAY, today)
        self._arrange()
        self._market.currentTextChanged.connect(self.edited)
        self._symbol.textChanged.connect(self.edited)

    def begin_with(self, *, source: str, symbol: str) -> None:
        """Propose the market in use, if it is an exchange, and a symbol."""
        kind, _, place = source.partition(":")
        if kind == "exchange":
            self._choose_market(place.partition("@")[0])
        if symbol:
            self._symbol.setText(symbol)

    def show_addresses(self, hosts: Mapping[str, str]) -> None:
        """Say of every exchange where it is asked, where that is not its own address: another market, maybe."""
        for place in range(self._market.count()):
            exchange = str(self._market.itemData(place))
            host = hosts.get(exchange, "")
            self._market.setItemText(place, market_name(f"exchange:{exchange}" + (f"@{host}" if host else "")))

    def show_series(self, name: SeriesName, *, since: datetime) -> None:
        """Propose to go on with a stored series."""
        self.begin_with(source=name.source, symbol=name.symbol)
        self._timeframe.setCurrentText(name.timeframe.value)
        self._since.setDate(QDate(since.year, since.month, since.day))

    def job(self) -> DownloadCandles:
        """Return what is asked for.

        Raises:
            InvalidInputError: something of it is missing or cannot be.
        """
        market = self._market_id()
        if not market:
            raise InvalidInputError("Name an exchange, such as CoinEx")
        since = self._since.date()
        return DownloadCandles(
            market=market,
            symbol=parse_symbol(self._symbol.text()),
            timeframe=Timeframe(self._timeframe.currentText()),
            since=datetime(since.year(), since.month(), since.day(), tzinfo=UTC),
        )

    def _choose_market(self, exchange: str) -> None:
        place = self._market.findData(exchange)
        if place >= 0:
            self._market.setCurrentIndex(place)
        else:
            self._market.setCurrentText(exchange)

    def _market_id(self) -> str:
        typed = self._market.currentText().strip()
        place = self._market.findText(typed)
        return str(self._market.itemData(place)) if place >= 0 else typed.lower()

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        fields: tuple[tuple[str, str, QWidget], ...] = (
            ("market-combo", "Market", self._market),
            ("symbol-edit", "Symbol", self._symbol),
            ("timeframe-combo", "Bars of", self._timeframe),
            ("since-edit", "Since (UTC)", self._since),
        )
        for name, caption, field in fields:
            field.setObjectName(f"candles-{name}")
            field.setAccessibleName(f"Download: {caption}")
            label = plain_label(caption, name=f"candles-{name}-caption", tone="muted")
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field)
        layout.addStretch(1)
