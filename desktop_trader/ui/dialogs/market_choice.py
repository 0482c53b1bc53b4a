"""Choose where prices come from: the simulated market, a recording, or an exchange. Applied by starting again."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QDialog, QFileDialog, QRadioButton, QVBoxLayout, QWidget

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.messages.jobs import JobDone, JobFailed, StartJob
from desktop_trader.messages.market_choice import ChooseMarket
from desktop_trader.messages.market_name import held_text, market_name
from desktop_trader.settings import ExchangeAddress, MarketSettings, Settings
from desktop_trader.ui.dialogs.market_fields import MarketFields
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 560
_EXPLANATION = (
    "Prices come from one market at a time. The program starts again on the market chosen here; balance, history and "
    "books stay as they are. On an exchange you still trade paper: no key, no order leaves this computer."
)
_SIMULATED, _REPLAY, _EXCHANGE = "simulated", "replay", "exchange"


class MarketChoiceDialog(QDialog):
    """`chosen` once the choice is kept: then the program is to start again.

    `in_use` is the address of the exchange that this start was told; None where the settings say it.
    """

    chosen = Signal()

    def __init__(
        self,
        model: BalanceModel,
        *,
        request: RequestData,
        settings: Settings,
        in_use: ExchangeAddress | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._request = request
        self._settings = settings
        self._request_id = ""
        self.setObjectName("market-dialog")
        self.setAccessibleName("Market")
        self.setWindowTitle("Market")
        self.setMinimumWidth(_WIDTH)
        self._fields = MarketFields(settings)
        self._arrange()
        self._take_present(in_use)
        model.positions_changed.connect(self._refresh)
        model.orders_changed.connect(self._refresh)
        model.auto_trading_changed.connect(self._refresh)
        model.snapshot_kept.connect(self._refresh)
        self._fields.edited.connect(self._refresh)
        self._fields.browse_wanted.connect(self._on_browse)
        self._refresh()

    def accept(self) -> None:
        """Have the choice checked and kept."""
        job = self._job()
        if not self._box.ok.isEnabled() or isinstance(job, str):
            return
        self._request_id = uuid4().hex
        self._box.complain("")
        self._request(StartJob(request_id=self._request_id, job=job))
        self._refresh()

    def show_reply(self, reply: object) -> None:
        """Take what became of the choice."""
        if not self._request_id or getattr(reply, "request_id", "") != self._request_id:
            return
        if isinstance(reply, JobFailed):
            self._request_id = ""
            self._refresh()
            stop = "" if reply.error.endswith((".", "?", "!")) else "."
            self._box.complain(f"{reply.error}{stop} Nothing was changed.")
        elif isinstance(reply, JobDone):
            self._request_id = ""
            super().accept()
            self.chosen.emit()

    @property
    def kind(self) -> str:
        """Which of the three is chosen."""
        return next(kind for kind, button in self._kinds.items() if button.isChecked())

    def _arrange(self) -> None:
        explanation = plain_label(_EXPLANATION, name="market-explanation", tone="muted")
        self._present = plain_label("", name="market-present", spoken="The present market")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        for label in (self._present, explanation):
            label.setWordWrap(True)
            layout.addWidget(label)
        self._kinds: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        for kind, text in ((_SIMULATED, "Simulated market"), (_REPLAY, "Recording"), (_EXCHANGE, "Exchange")):
            button = QRadioButton(text)
            button.setObjectName(f"market-{kind}-check")
            button.setAccessibleName(text)
            button.toggled.connect(self._refresh)
            group.addButton(button)
            self._kinds[kind] = button
            layout.addWidget(button)
            layout.addWidget(self._fields.groups[kind])
        layout.addWidget(self._fields.shared)
        self._box = CommandBox(prefix="market", text="Start on this market", is_cancel_default=True)
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        self._box.add_to(layout)

    def _take_present(self, in_use: ExchangeAddress | None) -> None:
        """Begin with what is traded now."""
        snapshot = self._model.snapshot
        source = "" if snapshot is None else snapshot.market.source_id
        kind = {"replay": _REPLAY, "exchange": _EXCHANGE}.get(source.partition(":")[0], _SIMULATED)
        self._fields.take(self._settings.market, source_id=source, in_use=in_use)
        self._kinds[kind].setChecked(True)
        self._present.setText(f"Now: {market_name(source)}" if source else "No market is open yet")

    def _refresh(self) -> None:
        for kind, group in self._fields.groups.items():
            group.setVisible(kind == self.kind)
        is_busy = bool(self._request_id)
        held = self._held()
        job = self._job()
        error = job if isinstance(job, str) else ""
        self._box.warn(held)
        self._box.complain(error)
        self._box.ok.setEnabled(not held and not error and not is_busy)
        self._box.cancel.setEnabled(not is_busy)
        # As large as what is seen, no larger: groups come and go.
        QTimer.singleShot(0, self, self.adjustSize)

    def _held(self) -> str:
        """Why another market is no good now: what is open here would be watched by nobody there."""
        for entry in self._model.accounts:
            snapshot = self._model.snapshot_of(entry.name)
            if snapshot is None or snapshot.asleep:
                continue
            held = held_text(len(snapshot.positions), len(snapshot.orders))
            if held:
                return (
                    f"Account {entry.name} has {held} on {market_name(snapshot.market.source_id)}. On another market "
                    "nobody would watch them: close or cancel them first."
                )
            if snapshot.auto_trading.state != "stopped":
                return f"A strategy runs in account {entry.name}: stop it first."
        return ""

    def _job(self) -> ChooseMarket | str:
        """Return what is chosen, or what is wrong with it."""
        fields = self._fields
        try:
            symbol = parse_symbol(fields.symbol) if fields.symbol else ""
            if self.kind == _SIMULATED:
                return ChooseMarket(market=MarketSettings(market=_SIMULATED, symbol=symbol, seed=fields.seed()))
            if self.kind == _REPLAY:
                if not fields.file:
                    return "Choose the file of the recording"
                market = f"replay:{fields.file}"
                return ChooseMarket(market=MarketSettings(market=market, symbol=symbol, timeframe=fields.timeframe))
            if not fields.exchange:
                return "Choose an exchange, or type its id"
            address: ExchangeAddress = fields.address()
            return ChooseMarket(
                market=MarketSettings(market=fields.exchange, symbol=symbol), address=address, proxy=fields.proxy()
            )
        except InvalidInputError as error:
            return error.user_message

    def _on_browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Recording", "", "Bars (*.csv);;All files (*)")
        if name:
            self._fields.file = name
