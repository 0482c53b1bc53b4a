"""The fields of *File > Market*: one group for each kind of market, and what all of them share."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.market_name import OFFERED_EXCHANGES
from desktop_trader.settings import ExchangeAddress, MarketSettings, NetworkSettings, Settings
from desktop_trader.ui.theme import SPACE_L, SPACE_S
from desktop_trader.ui.widgets.plain_label import plain_label

_ADDRESS_FIELDS = (
    ("rest", "REST address", "its own", "such as http://127.0.0.1:8800"),
    ("spot_stream", "Spot stream", "its own", "such as ws://127.0.0.1:8801"),
    ("swap_stream", "Swap stream", "its own", "such as ws://127.0.0.1:8802"),
    ("ca_file", "CA file", "the system's certificates", "A PEM file of certificates to trust besides the system's"),
)
_PROXY = ("proxy", "Proxy", "none", "http://, https:// or socks5://, without a password; for every exchange")


class MarketFields(QWidget):
    """`groups` are the parts of each kind, placed by the dialog; `shared` is the symbol."""

    edited = Signal()
    browse_wanted = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._advanced: dict[str, QLineEdit] = {}
        self._in_use: tuple[str, ExchangeAddress] | None = None
        self.groups = {"simulated": self._simulated(), "replay": self._replay(), "exchange": self._exchange()}
        self._symbol = self._edit("symbol", "Symbol", "BTC/USDT")
        self.shared = _group("market-shared-fields", ("Symbol", self._symbol))

    @property
    def symbol(self) -> str:
        """The symbol typed; empty for the usual one."""
        return self._symbol.text().strip()

    @property
    def file(self) -> str:
        """The recording's file."""
        return self._file.text().strip()

    @file.setter
    def file(self, name: str) -> None:
        self._file.setText(name)

    @property
    def timeframe(self) -> str:
        """The length of the recording's bars."""
        return self._timeframe.currentText()

    @property
    def exchange(self) -> str:
        """The id of the exchange, chosen or typed."""
        typed = self._exchanges.currentText().strip()
        return next((key for key, name in OFFERED_EXCHANGES.items() if name == typed), typed.lower())

    def seed(self) -> int:
        """Return the seed.

        Raises:
            InvalidInputError: it is no whole number from 0 on.
        """
        text = self._seed.text().strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise InvalidInputError("The seed must be a whole number from 0 on")
        return int(text)

    def address(self) -> ExchangeAddress:
        """Return the address typed.

        Raises:
            InvalidInputError: it is none.
        """
        return ExchangeAddress(**{name: self._advanced[name].text().strip() for name, *_ in _ADDRESS_FIELDS})

    def proxy(self) -> str:
        """Return the proxy typed.

        Raises:
            InvalidInputError: it is none, or holds a password.
        """
        return NetworkSettings(proxy=self._advanced["proxy"].text().strip()).proxy

    def take(self, stored: MarketSettings, *, source_id: str, in_use: ExchangeAddress | None = None) -> None:
        """Begin with the market in use, else with what was chosen before.

        `in_use` is the address that this start was told: who chooses the same exchange again stays there.
        """
        self._symbol.setText(stored.symbol)
        self._seed.setText(str(stored.seed))
        self._file.setText(stored.market.removeprefix("replay:") if stored.market.startswith("replay:") else "")
        self._timeframe.setCurrentText(stored.timeframe or Timeframe.M1.value)
        kind, _, rest = source_id.partition(":")
        used = rest.partition("@")[0] if kind == "exchange" else ""
        if used and in_use is not None:
            self._in_use = (used, in_use)
        chosen = used or (stored.market if stored.is_exchange else "coinex")
        self._exchanges.setCurrentText(OFFERED_EXCHANGES.get(chosen, chosen))
        self._show_address()
        self._more.setChecked(self._in_use is not None)
        self._advanced["proxy"].setText(self._settings.network.proxy)

    def _simulated(self) -> QWidget:
        self._seed = self._edit("seed", "Seed of the simulated market", "1")
        return _group("market-simulated-fields", ("Seed", self._seed))

    def _replay(self) -> QWidget:
        self._file = self._edit("file", "File of the recording", "bars as CSV")
        browse = QPushButton("Browse…")
        browse.setObjectName("market-browse-btn")
        browse.setAccessibleName("Browse for the recording")
        browse.clicked.connect(self.browse_wanted)
        row = QWidget()
        row.setObjectName("market-file-row")
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._file, 1)
        line.addWidget(browse)
        self._timeframe = _combo("market-timeframe-combo", "Length of the recording's bars")
        self._timeframe.addItems([each.value for each in Timeframe])
        self._timeframe.currentTextChanged.connect(self.edited)
        return _group("market-replay-fields", ("File", row), ("Bars", self._timeframe))

    def _exchange(self) -> QWidget:
        self._exchanges = _combo("market-exchange-combo", "Exchange")
        self._exchanges.setEditable(True)
        for key, name in OFFERED_EXCHANGES.items():
            self._exchanges.addItem(name, key)
        edit = self._exchanges.lineEdit()
        if edit is not None:
            edit.setObjectName("market-exchange-edit")
            edit.setAccessibleName("Exchange, or the id of another one")
        self._exchanges.setToolTip("One of these, or the id of any other exchange that ccxt knows")
        self._exchanges.currentTextChanged.connect(self._show_address)
        self._exchanges.currentTextChanged.connect(self.edited)
        self._more = QPushButton("Advanced ▸")
        self._more.setObjectName("market-advanced-btn")
        self._more.setAccessibleName("Addresses, certificates and proxy")
        self._more.setProperty("look", "small-button")
        self._more.setCheckable(True)
        rows = []
        for name, caption, hint, tip in (*_ADDRESS_FIELDS, _PROXY):
            field = self._advanced[name] = self._edit(name.replace("_", "-"), caption, hint)
            field.setToolTip(tip)
            rows.append((caption, field))
        self._advanced["rest"].textChanged.connect(self._show_stream_hints)
        advanced = _group("market-advanced-fields", *rows)
        advanced.hide()
        self._more.toggled.connect(advanced.setVisible)
        self._more.toggled.connect(lambda _on: self.edited.emit())
        self._more.toggled.connect(lambda is_open: self._more.setText("Advanced ▾" if is_open else "Advanced ▸"))
        group = QWidget()
        group.setObjectName("market-exchange-fields")
        grid = QGridLayout(group)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(SPACE_S)
        grid.addWidget(_group("market-exchange-row", ("Exchange", self._exchanges)), 0, 0)
        grid.addWidget(self._more, 0, 1)
        grid.addWidget(advanced, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        return group

    def _show_address(self) -> None:
        address = self._settings.network.address_of(self.exchange)
        if self._in_use is not None and self._in_use[0] == self.exchange:
            address = self._in_use[1]
        for name, *_ in _ADDRESS_FIELDS:
            self._advanced[name].setText(getattr(address, name))

    def _show_stream_hints(self, rest: str) -> None:
        """Streams of the exchange's own are those of another market than the one at another address."""
        for name in ("spot_stream", "swap_stream"):
            self._advanced[name].setPlaceholderText("none: prices are polled" if rest.strip() else "its own")

    def _edit(self, name: str, spoken: str, hint: str) -> QLineEdit:
        edit = QLineEdit()
        edit.setObjectName(f"market-{name}-edit")
        edit.setAccessibleName(spoken)
        edit.setPlaceholderText(hint)
        edit.textChanged.connect(self.edited)
        return edit


def _combo(name: str, spoken: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    return combo


def _group(name: str, *rows: tuple[str, QWidget]) -> QWidget:
    group = QWidget()
    group.setObjectName(name)
    form = QFormLayout(group)
    form.setContentsMargins(SPACE_L, 0, 0, 0)
    form.setVerticalSpacing(SPACE_S)
    for text, field in rows:
        caption = plain_label(text, name=f"{field.objectName()}-caption", tone="muted")
        caption.setMinimumWidth(90)
        caption.setBuddy(field)
        form.addRow(caption, field)
    return group
