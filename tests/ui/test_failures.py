"""The program fails in one place after another: trading halts, the window stays, a report is kept, a dialog says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.ui.dialogs.failure import FailureDialog
from desktop_trader.ui.failure_desk import FailureDesk

OFFSCREEN = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
FAILS = """
import asyncio, gc, json, sys, threading
from decimal import Decimal
from pathlib import Path
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from desktop_trader import app as application
from desktop_trader.answers import catalog
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.engine.marks import Marks
from desktop_trader.engine_host import EngineHost
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.messages.chart_data import ChartRequest
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.settings import Settings

kind, folder, then = sys.argv[1], sys.argv[2], sys.argv[3]


def fail(*_, **__):
    raise ZeroDivisionError("the moon is full, api_key=verysecretindeed")


class FailingThread(QThread):
    def run(self):
        fail()


def fail_in_a_slot():
    desktop.window.actions_.about.triggered.disconnect()
    desktop.window.actions_.about.triggered.connect(fail)
    desktop.window.actions_.about.trigger()


def fail_in_a_qthread():
    global thread
    thread = FailingThread()
    thread.start()


def fail_in_the_executor():
    catalog.ANSWERS[ChartRequest] = fail
    desktop.window._panels.chart.request_bars()


def fail_in_a_task():
    async def lose():
        asyncio.get_running_loop().create_task(lost())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()

    async def lost():
        fail()

    loop = desktop.thread_._host._loop
    asyncio.run_coroutine_threadsafe(lose(), loop)


def fail_at_the_checkpoint():
    from desktop_trader.engine.trading_floor import TradingFloor

    TradingFloor.checkpoint = fail


def fail_in_the_engine():
    Marks.set_quote = fail


FAULTS = {
    "slot": fail_in_a_slot,
    "timer": lambda: QTimer.singleShot(0, fail),
    "qthread": fail_in_a_qthread,
    "thread": lambda: threading.Thread(target=fail, name="worker").start(),
    "executor": fail_in_the_executor,
    "task": fail_in_a_task,
    "checkpoint": fail_at_the_checkpoint,
    "engine": fail_in_the_engine,
}
application.start_again = lambda: print("started again")
app = make_application()
options = GuiOptions(data_dir=folder, start_amount=Decimal(1000))
desktop = DesktopApp(app, options=options, paths=data_folder(folder), settings=Settings())
desktop.start()
state = {"step": "wait"}
replies = []
desktop.thread_.reply_ready.connect(replies.append)


def look():
    dialog = desktop.window.findChild(QDialog, "failure-dialog")
    if state["step"] == "wait":
        if desktop.model.quote("BTC/USDT") is not None and desktop.is_complete():
            state["step"] = "failing"
            FAULTS[kind]()
    elif state["step"] == "failing":
        if dialog is not None and dialog.isVisible() and desktop.model.halted:
            names = ("failure-what", "failure-safe", "failure-report")
            state["told"] = {name: dialog.findChild(QLabel, name).text() for name in names}
            state["halted"] = desktop.model.halted
            state["is_modal"] = dialog.isModal()
            state["step"] = "reading"
            replies.clear()
            desktop.thread_.send(LedgerPageRequest(request_id="still", filter=LedgerFilter(account="demo")))
    elif state["step"] == "reading":
        if any(getattr(reply, "request_id", "") == "still" for reply in replies):
            state["step"] = "leaving"
            desktop.window.findChild(QPushButton, f"failure-{then}-btn").click()
            state["window"] = desktop.window.isVisible()
            if then == "look":
                desktop.window.quit_requested.emit()


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
QTimer.singleShot(80_000, app.quit)
app.exec()
reports = [each.read_text() for each in Path(folder, "logs").glob("failure-*.txt")]
print(json.dumps({**state, "reports": reports, "wants_restart": desktop.wants_restart}))
if desktop.wants_restart:
    application.start_again()
sys.exit(desktop.exit_code)
"""


def fail_there(
    kind: str, folder: Path, then: str = "look"
) -> tuple[dict[str, object], subprocess.CompletedProcess[str]]:
    ended = subprocess.run(
        [sys.executable, "-c", FAILS, kind, str(folder), then],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env=OFFSCREEN,
    )
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout.splitlines()[0]), ended


@pytest.mark.slow
@pytest.mark.requirement("R168")
@pytest.mark.parametrize("kind", ["slot", "timer", "qthread", "thread", "executor", "task", "checkpoint", "engine"])
def test_wherever_it_fails_trading_halts_and_the_window_stays_and_says_so(kind: str, tmp_path: Path) -> None:
    state, ended = fail_there(kind, tmp_path)
    assert state["step"] == "leaving", (state, ended.stderr)
    told, reports = state["told"], state["reports"]
    assert isinstance(told, dict)
    assert isinstance(reports, list)
    assert "ZeroDivisionError: the moon is full" in told["failure-what"]
    assert "halted" in told["failure-safe"]
    assert str(tmp_path / "logs") in told["failure-report"]
    assert "an error of the program" in str(state["halted"])
    assert (state["is_modal"], state["window"], state["wants_restart"]) == (False, True, False)
    assert reports
    assert "ZeroDivisionError" in reports[0]
    everything = json.dumps(state) + (tmp_path / "logs" / "desktop_trader.log").read_text(encoding="utf-8")
    assert "verysecretindeed" not in everything
    assert ended.returncode == 1


@pytest.mark.slow
def test_restart_quits_cleanly_and_starts_again(tmp_path: Path) -> None:
    state, ended = fail_there("timer", tmp_path, "restart")
    assert state["wants_restart"] is True
    assert ended.stdout.splitlines()[-1] == "started again"


def text(dialog: QWidget, name: str) -> str:
    label = dialog.findChild(QLabel, name)
    assert label is not None
    return label.text()


def test_what_fails_later_is_counted_and_the_first_failure_stays(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    halts: list[tuple[str, str]] = []
    desk = FailureDesk(window, data_folder(tmp_path), halt=lambda reason, detail: halts.append((reason, detail)))
    desk.take("window", ValueError("first"))
    desk.take("thread x", KeyError("second"))
    dialog = window.findChild(FailureDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert text(dialog, "failure-what") == "ValueError: first, in: window (1 more failure since)"
    assert [reason for reason, _ in halts] == ["an error of the program"] * 2
    look = dialog.findChild(QPushButton, "failure-look-btn")
    assert look is not None
    look.click()
    assert not dialog.isVisible()
    assert window.isVisible()


def test_a_report_that_cannot_be_written_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way", encoding="utf-8")
    window = QWidget()
    qtbot.addWidget(window)
    desk = FailureDesk(window, data_folder(tmp_path), halt=lambda reason, detail: None)
    with qtbot.waitSignal(desk.failed):
        desk.take("window", ValueError("nowhere to write"))
    dialog = window.findChild(FailureDialog)
    assert dialog is not None
    assert "could not be written" in text(dialog, "failure-report")


def test_a_failure_in_another_thread_is_told_in_the_windows_own(qtbot: QtBot, tmp_path: Path) -> None:
    from threading import Thread, current_thread

    window = QWidget()
    qtbot.addWidget(window)
    desk = FailureDesk(window, data_folder(tmp_path), halt=lambda reason, detail: None)
    told_in: list[str] = []
    desk.failed.connect(lambda failure: told_in.append(current_thread().name))
    with qtbot.waitSignal(desk.failed):
        Thread(target=desk.take, args=("worker", ValueError("elsewhere"))).start()
    assert told_in == [current_thread().name]
