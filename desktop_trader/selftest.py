"""`--selftest`: proves on the spot that this very build can trade, show and keep one paper position.

Starts the whole application offscreen in a temporary data folder, waits for prices, places a market order the way
the ticket does, waits until the books and the window agree on the fill, ends it, and verifies the books. Prints one
JSON object; the exit code is 0 only if every step worked. Every installer is tested with it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from desktop_trader import __version__
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder, is_frozen
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.notices import Notice, OrderFilled

if TYPE_CHECKING:  # Qt is imported when the platform has been set
    from desktop_trader.app import DesktopApp

_SYMBOL = "BTC/USDT"
_PATIENCE_SECONDS = 60.0
_ENDING_MS_MAX = 10_000


def run_selftest() -> int:
    """Run the self-test and return the exit code; what went wrong is in the printed JSON."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    began = perf_counter()
    report: dict[str, object] = {"ok": False, "version": __version__, "frozen": is_frozen(), "steps": []}
    with tempfile.TemporaryDirectory(prefix="desktop-trader-selftest-") as folder:
        try:
            _Selftest(folder, report).carry_out()
            report["ok"] = True
        except _StepFailedError as failure:
            report["error"] = str(failure)
        except Exception as failure:  # whatever it is, an installer's test wants JSON and a code
            traceback.print_exception(failure)
            report["error"] = f"{type(failure).__name__}: {failure}"
    report["elapsed_seconds"] = round(perf_counter() - began, 3)
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    return 0 if report["ok"] else 1


class _StepFailedError(Exception):
    """A step of the self-test did not happen in time, or not as it should."""


class _Selftest:
    """The steps, over one application in one temporary folder."""

    def __init__(self, folder: str, report: dict[str, object]) -> None:
        self._paths = data_folder(folder)
        self._report = report
        self._notices: list[Notice] = []

    def carry_out(self) -> None:
        from desktop_trader.app import DesktopApp, make_application
        from desktop_trader.settings import Settings

        app = make_application()
        self._report["platform"] = app.platformName()
        options = GuiOptions(data_dir=str(self._paths.root), symbol=_SYMBOL, start_amount=Decimal(10_000))
        self._process_events = app.processEvents
        desktop = DesktopApp(app, options=options, paths=self._paths, settings=Settings())
        desktop.model.notice_raised.connect(self._notices.append)
        desktop.start()
        try:
            self._use(desktop)
        finally:
            # Also after a failure: a thread that still runs would take the process down when Qt goes.
            desktop.thread_.stop()
            desktop.thread_.wait(_ENDING_MS_MAX)
            desktop.window.end()
        self._verify()

    def _use(self, desktop: DesktopApp) -> None:
        model = desktop.model
        self._wait("first snapshot", lambda: model.snapshot is not None)
        self._wait("lock and journal", lambda: self._paths.lock.exists() and self._paths.database.exists())
        self._wait("price", lambda: model.quote(_SYMBOL) is not None)
        self._wait("docks and chart", desktop.is_complete)
        self._trade(desktop.thread_.send)
        self._wait("position in the window", lambda: len(model.positions) == 1)
        desktop.thread_.stop()
        self._wait("end of the engine", desktop.thread_.isFinished)

    def _trade(self, send: Callable[[object], None]) -> None:
        request_id = uuid4().hex
        send(
            SubmitOrder(
                request_id=request_id,
                symbol=_SYMBOL,
                side=OrderSide.BUY,
                type=OrderType.MARKET,
                quantity=Decimal("0.01"),
            )
        )
        self._wait("paper fill", lambda: any(isinstance(notice, OrderFilled) for notice in self._notices))

    def _verify(self) -> None:
        from desktop_trader.storage.verify import verify_folder

        result = verify_folder(self._paths)
        self._report["entries"] = result.entries
        self._report["head_hash"] = result.head_hash
        if not result.ok:
            raise _StepFailedError(f"the books do not verify: {result.invariants}")
        self._note("books verified")

    def _wait(self, step: str, is_done: Callable[[], bool]) -> None:
        """Let the event loop run until a step has happened; no longer than a patient person would."""
        deadline = perf_counter() + _PATIENCE_SECONDS
        while not is_done():
            if perf_counter() > deadline:
                raise _StepFailedError(f"{step}: not within {_PATIENCE_SECONDS:.0f} seconds")
            self._process_events()
        self._note(step)

    def _note(self, step: str) -> None:
        steps = self._report["steps"]
        if isinstance(steps, list):
            steps.append(step)
