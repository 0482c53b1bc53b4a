"""File > Market: what is chosen is checked, kept in the settings, and opened by the next start."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, TraderError
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.gui_options import GuiOptions, parse_gui_options
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.jobs import JobDone, JobFailed, StartJob
from desktop_trader.messages.market_choice import ChooseMarket, MarketChosen
from desktop_trader.relaunch import market_hint, with_stored_market, without_market
from desktop_trader.settings import ExchangeAddress, MarketSettings, NetworkSettings, Settings
from desktop_trader.storage.settings_file import load_settings, save_settings
from desktop_trader.ui.dialogs.market_choice import MarketChoiceDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from tests.ui.snapshot_builders import make_auto_trading, make_order, make_position, make_snapshot

COINEX = MarketSettings(market="coinex", symbol="ETH/USDT")


class Opened:
    """The dialog over a model, and what it asked for."""

    def __init__(self, qtbot: QtBot, settings: Settings | None = None) -> None:
        self.model = BalanceModel()
        self.model.replace_snapshot(make_snapshot(1))
        self.asked: list[object] = []
        self.dialog = MarketChoiceDialog(self.model, request=self.asked.append, settings=settings or Settings())
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.chosen = 0
        self.dialog.chosen.connect(self._note)

    def _note(self) -> None:
        self.chosen += 1

    def find(self, name: str) -> QWidget:
        found = self.dialog.findChild(QWidget, name)
        assert found is not None, name
        return found

    def choose(self, kind: str) -> None:
        button = self.find(f"market-{kind}-check")
        assert isinstance(button, QRadioButton)
        button.setChecked(True)

    def type(self, name: str, text: str) -> None:
        edit = self.find(f"market-{name}-edit")
        assert isinstance(edit, QLineEdit)
        edit.setText(text)

    def said(self, name: str) -> str:
        label = self.find(f"market-{name}")
        assert isinstance(label, QLabel)
        return label.text() if label.isVisible() else ""

    @property
    def ok(self) -> QPushButton:
        button = self.find("market-ok-btn")
        assert isinstance(button, QPushButton)
        return button

    def job(self) -> ChooseMarket:
        """Press, and return what was asked for."""
        self.ok.click()
        started = self.asked[-1]
        assert isinstance(started, StartJob)
        assert isinstance(started.job, ChooseMarket)
        return started.job

    def answer(self, error: str = "") -> None:
        started = self.asked[-1]
        assert isinstance(started, StartJob)
        assert isinstance(started.job, ChooseMarket)
        if error:
            self.dialog.show_reply(JobFailed(request_id=started.request_id, error=error))
        else:
            result = MarketChosen(market=started.job.market)
            self.dialog.show_reply(JobDone(request_id=started.request_id, result=result))


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication) -> Iterator[Opened]:
    """The dialog on the simulated market."""
    made = Opened(qtbot)
    yield made
    made.dialog.close()


def test_it_begins_with_the_market_in_use(opened: Opened) -> None:
    assert opened.dialog.kind == "simulated"
    assert opened.said("present") == "Now: the simulated market (seed 7)"
    assert opened.find("market-simulated-fields").isVisible()
    assert not opened.find("market-exchange-fields").isVisible()


def test_the_six_exchanges_come_first_and_any_other_is_typed_by_its_id(opened: Opened) -> None:
    opened.choose("exchange")
    combo = opened.find("market-exchange-combo")
    assert isinstance(combo, QComboBox)
    names = [combo.itemText(place) for place in range(combo.count())]
    assert names == ["CoinEx", "Binance", "Bybit", "OKX", "Kraken", "Gate"]
    opened.type("symbol", "ethusdt")
    assert opened.job() == ChooseMarket(market=COINEX)
    opened.answer("no")
    combo.setCurrentText("KuCoin")
    assert opened.job().market.market == "kucoin"


def test_another_address_a_proxy_and_a_certificate_are_part_of_the_choice(opened: Opened) -> None:
    opened.choose("exchange")
    button = opened.find("market-advanced-btn")
    assert isinstance(button, QPushButton)
    assert not opened.find("market-rest-edit").isVisible()
    button.click()
    assert opened.find("market-rest-edit").isVisible()
    opened.type("rest", "http://127.0.0.1:8800")
    stream = opened.find("market-spot-stream-edit")
    assert isinstance(stream, QLineEdit)
    assert stream.placeholderText() == "none: prices are polled", "the exchange's own would be of another market"
    opened.type("spot-stream", "ws://127.0.0.1:8801")
    opened.type("ca-file", "ca.pem")
    opened.type("proxy", "socks5://127.0.0.1:9050")
    address = ExchangeAddress(rest="http://127.0.0.1:8800", spot_stream="ws://127.0.0.1:8801", ca_file="ca.pem")
    assert opened.job() == ChooseMarket(
        market=MarketSettings(market="coinex"), address=address, proxy="socks5://127.0.0.1:9050"
    )


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("rest", "ftp://x", "rest must be an address"),
        ("spot-stream", "http://127.0.0.1:1", "spot_stream must be an address"),
        ("proxy", "socks5://me:secret@127.0.0.1:1", "must not hold a name or a password"),
        ("symbol", "what", "is not a symbol"),
    ],
)
def test_what_is_no_address_or_symbol_is_said_and_not_taken(opened: Opened, field: str, typed: str, words: str) -> None:
    opened.choose("exchange")
    opened.type(field, typed)
    assert words in opened.said("error").lower()
    assert "secret" not in opened.said("error")
    assert not opened.ok.isEnabled()
    opened.type(field, "")
    assert opened.ok.isEnabled()


def test_a_seed_and_a_recording_are_chosen(opened: Opened) -> None:
    opened.type("seed", "seven")
    assert "whole number" in opened.said("error")
    opened.type("seed", "12")
    assert opened.job() == ChooseMarket(market=MarketSettings(market="simulated", seed=12))
    opened.answer("no")
    opened.choose("replay")
    assert opened.said("error") == "Choose the file of the recording"
    opened.type("file", "bars.csv")
    combo = opened.find("market-timeframe-combo")
    assert isinstance(combo, QComboBox)
    combo.setCurrentText("1h")
    assert opened.job() == ChooseMarket(market=MarketSettings(market="replay:bars.csv", timeframe="1h"))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"positions": (make_position(),)}, "Account demo has 1 open position on the simulated market (seed 7)"),
        ({"orders": (make_order(1), make_order(2))}, "2 open orders"),
        ({"auto_trading": make_auto_trading("running")}, "A strategy runs in account demo: stop it first"),
    ],
)
def test_what_is_open_here_keeps_one_here_and_is_named(opened: Opened, state: dict[str, object], words: str) -> None:
    assert opened.ok.isEnabled()
    opened.model.replace_snapshot(make_snapshot(2, **state))
    assert words in opened.said("moved")
    assert not opened.ok.isEnabled()
    opened.model.replace_snapshot(make_snapshot(3))
    assert opened.ok.isEnabled()


def test_another_account_that_holds_something_keeps_one_here_too_unless_it_sleeps(opened: Opened) -> None:
    other = make_snapshot(1, account_id=2, account_name="second", positions=(make_position(),))
    opened.model.replace_snapshot(other)
    assert "Account second has 1 open position" in opened.said("moved")
    opened.model.replace_snapshot(replace(other, sequence=2, asleep="its market is another one"))
    assert opened.ok.isEnabled()


def test_it_starts_again_only_once_the_choice_is_kept(opened: Opened) -> None:
    opened.choose("exchange")
    opened.ok.click()
    assert not opened.ok.isEnabled()
    assert opened.dialog.isVisible()
    opened.answer("There is no exchange 'coinexx'; did you mean coinex?")
    assert opened.said("error") == "There is no exchange 'coinexx'; did you mean coinex? Nothing was changed."
    assert opened.chosen == 0
    opened.ok.click()
    opened.answer()
    assert opened.chosen == 1
    assert not opened.dialog.isVisible()


def test_what_was_set_before_is_there_again(qtbot: QtBot, dressed_app: QApplication) -> None:
    address = ExchangeAddress(rest="http://127.0.0.1:8800")
    settings = Settings(market=COINEX, network=NetworkSettings(proxy="", addresses=(("coinex", address),)))
    opened = Opened(qtbot, settings)
    opened.choose("exchange")
    assert opened.job() == ChooseMarket(market=COINEX, address=address)
    opened.answer("no")
    combo = opened.find("market-exchange-combo")
    assert isinstance(combo, QComboBox)
    combo.setCurrentText("Kraken")
    assert opened.job().address == ExchangeAddress(), "an address is that of one exchange"


def test_the_market_in_use_chosen_again_stays_where_it_is(qtbot: QtBot, dressed_app: QApplication) -> None:
    """Started with --exchange-url, which no settings keep."""
    model = BalanceModel()
    market = replace(make_snapshot().market, source_id="exchange:coinex@127.0.0.1:42841")
    model.replace_snapshot(make_snapshot(1, market=market))
    asked: list[object] = []
    dialog = MarketChoiceDialog(
        model,
        request=asked.append,
        settings=Settings(market=MarketSettings(market="kraken")),
        in_use=address_from_url("coinex", "http://127.0.0.1:42841/base"),
    )
    qtbot.addWidget(dialog)
    dialog.show()
    rest, ok = dialog.findChild(QLineEdit, "market-rest-edit"), dialog.findChild(QPushButton, "market-ok-btn")
    combo = dialog.findChild(QComboBox, "market-exchange-combo")
    assert rest is not None
    assert ok is not None
    assert combo is not None
    assert rest.isVisible(), "an address that is in use is seen"
    assert rest.text() == "http://127.0.0.1:42841/base"
    ok.click()
    started = asked[-1]
    assert isinstance(started, StartJob)
    assert isinstance(started.job, ChooseMarket)
    assert started.job.market.market == "coinex", "the one in use, not what was chosen once"
    assert started.job.address == ExchangeAddress(
        rest="http://127.0.0.1:42841/base",
        spot_stream="ws://127.0.0.1:42841/base/v2/spot/",
        swap_stream="ws://127.0.0.1:42841/base/v2/futures/",
    )
    dialog.show_reply(JobFailed(request_id=started.request_id, error="no"))
    combo.setCurrentText("Kraken")
    assert rest.text() == ""
    combo.setCurrentText("CoinEx")
    assert rest.text() == "http://127.0.0.1:42841/base"


def carry_out(paths: DataFolderPaths, job: ChooseMarket) -> object:
    context = JobContext(paths=paths, settings=Settings(), tell_progress=lambda *_: None, should_stop=lambda: False)
    return JOBS[ChooseMarket]()(context, job)


def test_the_choice_is_kept_beside_everything_else_in_the_settings(tmp_path: Path) -> None:
    paths = data_folder(str(tmp_path))
    kraken = ("kraken", ExchangeAddress(rest="http://127.0.0.1:1"))
    save_settings(paths.settings_file, Settings(network=NetworkSettings(addresses=(kraken,))))
    address = ExchangeAddress(rest="http://127.0.0.1:8800")
    assert carry_out(paths, ChooseMarket(market=COINEX, address=address, proxy="")) == MarketChosen(market=COINEX)
    stored = load_settings(paths.settings_file)
    assert stored.complaints == ()
    assert stored.settings.market == COINEX
    assert stored.settings.network.address_of("coinex") == address
    assert stored.settings.network.address_of("kraken") == kraken[1]


@pytest.mark.parametrize(
    "market",
    [
        MarketSettings(market="replay:nothing-here.csv"),
        MarketSettings(market="simulated", symbol="DOGE/USDT"),
        MarketSettings(),
    ],
)
def test_a_market_that_is_not_there_is_refused_and_nothing_is_kept(tmp_path: Path, market: MarketSettings) -> None:
    paths = data_folder(str(tmp_path))
    with pytest.raises(TraderError):
        carry_out(paths, ChooseMarket(market=market))
    assert not paths.settings_file.exists()


def test_a_certificate_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    job = ChooseMarket(market=COINEX, address=ExchangeAddress(ca_file=str(tmp_path / "ca.pem")))
    with pytest.raises(InvalidInputError, match="There is no file"):
        carry_out(data_folder(str(tmp_path)), job)


@pytest.mark.parametrize(
    "wrong",
    [
        {"market": "Coin Ex"},
        {"market": "replay:"},
        {"market": "coinex", "symbol": "btcusdt"},
        {"market": "replay:x.csv", "timeframe": "7m"},
        {"seed": -1},
    ],
)
def test_settings_that_name_no_market_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        MarketSettings(**wrong)  # type: ignore[arg-type]


def test_a_start_without_a_market_opens_the_one_that_was_chosen() -> None:
    stored = MarketSettings(market="replay:x.csv", symbol="ETH/USDT", timeframe="1h", seed=3)
    options = with_stored_market(parse_gui_options([]), stored)
    assert (options.market, options.symbol, options.timeframe, options.seed) == (
        "replay:x.csv",
        "ETH/USDT",
        Timeframe.H1,
        3,
    )
    typed = parse_gui_options(["--symbol", "SOL/USDT", "--seed", "9"])
    assert with_stored_market(typed, stored).symbol == "SOL/USDT"
    assert with_stored_market(typed, stored).seed == 9


def test_a_market_that_is_typed_counts_more_than_the_one_that_was_chosen() -> None:
    options = parse_gui_options(["--market", "simulated"])
    assert with_stored_market(options, COINEX) == options
    assert with_stored_market(GuiOptions(), MarketSettings()) == GuiOptions()


def test_the_next_start_leaves_out_the_market_that_was_typed_for_this_one() -> None:
    typed = ["-m", "desktop_trader", "--data-dir", "x", "--market=simulated", "--seed", "4", "--speed", "2"]
    assert without_market(typed) == ["-m", "desktop_trader", "--data-dir", "x", "--speed", "2"]


def test_a_start_that_a_chosen_market_keeps_from_happening_says_the_way_out() -> None:
    refusal = InvalidInputError("There is no file bars.csv")
    told = market_hint(refusal, GuiOptions(), stored=MarketSettings(market="replay:bars.csv"))
    assert told.user_message == (
        "There is no file bars.csv. The market was chosen under File > Market; start once with --market simulated to "
        "choose another."
    )
    typed = parse_gui_options(["--market", "replay:bars.csv"])
    assert market_hint(refusal, typed, stored=COINEX) is refusal
    damaged = BooksDamagedError("an entry is missing")
    assert market_hint(damaged, GuiOptions(), stored=COINEX) is damaged


CHOOSES = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QPushButton
from desktop_trader import app as application
from desktop_trader.gui_options import parse_gui_options

state = {"seen": []}
application.start_again = lambda **how: state.update(again=how)
real = application.DesktopApp


class Watched(real):
    def start(self):
        super().start()
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)
        self.timer.start(20)

    def look(self):
        snapshot = self.model.snapshot
        if snapshot is None or not self.is_complete():
            return
        if not state["seen"]:
            state["seen"].append(snapshot.market.source_id)
            if sys.argv[2] == "look":
                self.quit()
                return
            self.window.actions_.market.trigger()
            dialog = self.window.network._market
            dialog.findChild(QLineEdit, "market-seed-edit").setText("5")
            dialog.findChild(QPushButton, "market-ok-btn").click()


application.DesktopApp = Watched
code = application.main(parse_gui_options(["--data-dir", sys.argv[1], "--initial-balance", "1000"]))
print(json.dumps({**state, "code": code}))
"""


@pytest.mark.slow
def test_a_real_window_starts_again_on_the_market_that_was_chosen(tmp_path: Path) -> None:
    def run(what: str) -> dict[str, object]:
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
        ended = subprocess.run(
            [sys.executable, "-c", CHOOSES, str(tmp_path / "data"), what],
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        found = json.loads(ended.stdout.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    first = run("choose")
    assert first["again"] == {"drops_market": True}
    assert str(first["seen"]).endswith(":1']"), "seed 1 before"
    assert str(run("look")["seen"]).endswith(":5']"), "the next start opens it"
