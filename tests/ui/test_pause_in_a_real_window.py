"""The whole program on the simulated market: a loss asked for in the dialog freezes it, and it goes on by itself."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED

LOSES = """
import json, sys
from decimal import Decimal
from uuid import uuid4
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.domain.order import Direction, OrderType, Protection
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.network import OutagesPage, OutagesRequest
from desktop_trader.settings import Settings
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit

folder, seconds = sys.argv[1], Decimal(sys.argv[2])
app = make_application()
options = GuiOptions(data_dir=folder, start_amount=Decimal(10_000))
desktop = DesktopApp(app, options=options, paths=data_folder(folder), settings=Settings())
desktop.start()
window, model = desktop.window, desktop.model
state = {"step": "wait", "notices": [], "words": []}


def order():
    wish = Protection(stop_loss=None, take_profit=None)
    desktop.thread_.send(SubmitOrder(
        request_id=uuid4().hex, symbol="BTC/USDT", side=Direction.LONG.entry_side, type=OrderType.MARKET,
        quantity=Decimal("0.01"), limit_price=None, protection=wish,
    ))


def text(name):
    found = window.findChild(QLabel, name)
    return found.text() if found is not None else ""


def is_refused():
    return ["paused", "command_refused", "network"] in state["notices"]


def take(reply):
    if isinstance(reply, OutagesPage) and reply.request_id == "mine":
        (outage,) = reply.outages
        state["outage"] = [outage.is_simulated, list(outage.reasons), outage.ended_at is not None]
        desktop.quit()


desktop.thread_.reply_ready.connect(take)
model.notice_raised.connect(
    lambda notice: state["notices"].append([state["step"], notice.event, getattr(notice, "reason", "")])
)


def look():
    network = model.network
    if network is not None and (not state["words"] or state["words"][-1] != network.state.word):
        state["words"].append(network.state.word)
    step = state["step"]
    if step == "wait" and model.quote("BTC/USDT") is not None and desktop.is_complete():
        state["step"] = "open"
        order()
    elif step == "open" and model.positions:
        state["step"] = "lose"
        window.actions_.simulate_loss.trigger()
        dialog = window.network._loss
        dialog.findChild(DecimalEdit, "simulate-loss-seconds-edit").set_value(seconds)
        dialog.findChild(QPushButton, "simulate-loss-ok-btn").click()
    elif step == "lose" and network.state.word == "paused":
        state["step"] = "paused"
        order()
    elif step == "paused" and "said" not in state and is_refused() and network.state.word == "paused":
        names = ("pause-band-text", "pause-band-countdown", "connection-state", "last-notice", "auto-state")
        state["said"] = {name: text(name) for name in names}
        state["band"] = window.findChild(QWidget, "pause-band").isVisible()
        state["long"] = window.findChild(QPushButton, "futures-long-btn").isEnabled()
        state["mark"] = str(model.positions[0].mark_price)
    elif step == "paused" and network.is_open:
        state["step"] = "open again"
        state["band after"] = window.findChild(QWidget, "pause-band").isVisible()
    elif step == "open again" and text("outage-band-text"):
        state["step"] = "asking"
        state["report"] = text("outage-band-text")
        state["notice after"] = text("last-notice")
        desktop.thread_.send(OutagesRequest(request_id="mine"))


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
QTimer.singleShot(80_000, app.quit)
app.exec()
print(json.dumps(state))
"""


def logged_at(log: str, sentence: str) -> datetime:
    line = next(each for each in log.splitlines() if sentence in each)
    return datetime.fromisoformat(line.split()[0])


@pytest.mark.slow
@pytest.mark.requirement("R198", "R199", "R201", "R207", "R209", "R219")
def test_a_simulated_loss_freezes_everything_and_everything_goes_on_five_stable_seconds_later(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", LOSES, str(tmp_path), "2"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert seen["step"] == "asking", seen

    said = seen["said"]
    assert seen["band"]
    assert said["pause-band-text"].startswith("❚❚  SIMULATED NETWORK LOSS since")
    assert said["pause-band-text"].endswith("1 position is NOT being watched.")
    assert "Ends by itself in" in said["pause-band-countdown"]
    assert said["connection-state"] == "■ PAUSED  Simulated market"
    assert said["auto-state"].startswith("❚❚ PAUSED BY NETWORK")
    assert not seen["long"]

    while_paused = [(event, reason) for step, event, reason in seen["notices"] if step == "paused"]
    assert ("command_refused", "network") in while_paused, "what was sent nevertheless is refused with the reason"
    assert not [event for event, _ in while_paused if event in {"order_filled", "position_opened", "position_closed"}]
    assert [word for word in seen["words"] if word != "verifying"] == [
        "connected",
        "paused",
        "stabilising",
        "connected",
    ]
    assert not seen["band after"]

    log = (tmp_path / "logs" / "desktop_trader.log").read_text(encoding="utf-8")
    places = [log.index(sentence) for sentence in (NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, RESUMED)]
    assert places == sorted(places)
    assert all(log.count(sentence) == 1 for sentence in (NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, RESUMED))
    paused_at, resumed_at = (logged_at(log, sentence) for sentence in (NO_NETWORK, RESUMED))
    assert (resumed_at - paused_at).total_seconds() > 6, "the loss, and five seconds of stability; the log may be late"
    assert seen["notice after"].startswith(RESUMED)
    assert seen["report"].startswith("✓  Simulated loss over:")
    assert seen["outage"] == [True, ["internet"], True]
