"""Lives of a process that a test ends: what it acknowledged before it died, and whether the books hold all of it."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from desktop_trader import crash_points
from desktop_trader.api.client import find_instance
from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.money import canonical
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage.verify import verify_folder
from tests.command_line import ROOT, arguments, environment, read_json, rest_of

Line = dict[str, Any]
KILLED = -signal.SIGKILL
_PAUSE_SECONDS = 0.005


@dataclass
class Acknowledged:
    """What one data folder's processes have said that they did: notices of `--json`, and answers of the local API."""

    notices: list[Line] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    order_ids: list[int] = field(default_factory=list)


def start(
    *words: str, folder: Path, crash_at: str = "", environ: dict[str, str] | None = None, said: Path | None = None
) -> subprocess.Popen[str]:
    """Start a command line, with a crash point if one is named; whoever starts it ends it.

    With `said` its standard output and errors go to that file, which nobody has to read for it to go on.
    """
    point = {crash_points.VARIABLE: crash_at} if crash_at else {}
    out = subprocess.PIPE if said is None else said.open("w")
    try:
        return subprocess.Popen(
            arguments(*words, data_dir=folder),
            cwd=ROOT,
            env=environment() | point | (environ or {}),
            stdout=out,
            stderr=subprocess.PIPE if said is None else subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
    finally:
        if said is not None and not isinstance(out, int):
            out.close()


def die_at(*words: str, folder: Path, crash_at: str) -> list[Line]:
    """Run a command line that dies at a crash point; return what it had told. It has to get there."""
    process = start(*words, folder=folder, crash_at=crash_at)
    out, complaints = rest_of(process)
    assert process.returncode == KILLED, f"{crash_at} was not passed: {process.returncode}, {complaints}"
    return whole_lines(out)


def live(*words: str, folder: Path, acknowledged: Acknowledged, dice: random.Random, with_client: bool = False) -> None:
    """Let a process live for a random number of notices and a random moment more, then kill it."""
    process = start(*words, folder=folder)
    assert process.stdout is not None
    client = Client(data_folder(folder), process) if with_client else None
    told: list[str] = []
    time.sleep(dice.choice((0.0, 0.0, 0.3 * dice.random(), 0.6 * dice.random())))
    for _ in range(dice.choice((0, dice.randint(1, 20), dice.randint(1, 400)))):
        line = process.stdout.readline()
        if not line:
            break
        told.append(line)
    time.sleep(dice.random() * 0.02)
    process.send_signal(signal.SIGKILL)
    rest, complaints = rest_of(process)
    if client is not None:
        client.finish(acknowledged)
    assert "Traceback" not in complaints, complaints
    acknowledged.notices += whole_lines("".join(told) + rest)


def whole_lines(text: str) -> list[Line]:
    """Return what was told in lines that came through to their end."""
    return [read_json(line) for line in text.splitlines(keepends=True) if line.endswith("\n") and line.startswith("{")]


class Client(threading.Thread):
    """Puts money in through the local API, a cent a time, and signals, until the process on the other side is dead."""

    def __init__(self, paths: DataFolderPaths, process: subprocess.Popen[str], *, signals: bool = False) -> None:
        """Begin at once."""
        super().__init__(daemon=True)
        self._paths = paths
        self._process = process
        self._signals = signals
        self._answered: list[str] = []
        self._orders: list[int] = []
        self.is_heard = threading.Event()
        self.is_trading = False
        self.start()

    def run(self) -> None:
        """Knock until somebody opens, then ask until nobody answers."""
        number = 0
        while self._process.poll() is None:
            instance = find_instance(self._paths)
            if instance is None:
                time.sleep(_PAUSE_SECONDS)
                continue
            try:
                while True:
                    number += 1
                    request_id = f"{self._process.pid}-{number}-{os.urandom(4).hex()}"
                    wish = {"deposit": "0.01", "reason": "a cent", "author": "test", "request_id": request_id}
                    instance.post("/api/balance", wish)
                    self._answered.append(request_id)
                    self.is_heard.set()
                    if self._signals and number % 3 == 0:
                        self._send_signal(instance.post, number)
            except TraderError:
                continue  # It died, or has not opened its books yet; in the latter case it is asked once more.

    def _send_signal(self, post: Any, number: int) -> None:
        answer = post("/auto_trading/execute_signal", {"symbol": "BTC/USDT", "side": "buy" if number % 2 else "sell"})
        if answer["order"] is not None:
            self._orders.append(int(answer["order"]["order_id"]))

    def finish(self, acknowledged: Acknowledged) -> None:
        """Wait for the end and hand over what was answered."""
        self.join(timeout=30)
        assert not self.is_alive()
        acknowledged.request_ids += self._answered
        acknowledged.order_ids += self._orders


def check_books(folder: Path, acknowledged: Acknowledged | Sequence[Line]) -> None:
    """The books verify, and hold everything that was acknowledged."""
    held = acknowledged if isinstance(acknowledged, Acknowledged) else Acknowledged(notices=list(acknowledged))
    paths = data_folder(folder)
    if not paths.database.exists():
        assert not held.notices
        assert not held.request_ids
        return
    report = verify_folder(paths)
    assert report.ok, report
    connection = apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        _check_notices(connection, held.notices)
        keys = {key for (key,) in connection.execute("SELECT idempotency_key FROM ledger_entries")}
        lost = [each for each in held.request_ids if f"request:{each}" not in keys]
        assert not lost, f"answered, but not in the books: {lost}"
        orders = {number for (number,) in connection.execute("SELECT id FROM orders")}
        assert orders >= set(held.order_ids)
    finally:
        connection.close()


def _check_notices(connection: apsw.Connection, told: Sequence[Line]) -> None:
    fills = {
        row[0]: row[1:]
        for row in connection.execute('SELECT id, "order", "position", side, quantity, price, fee FROM fills')
    }
    orders = {row[0] for row in connection.execute("SELECT id FROM orders")}
    positions = {row[0]: row[1] is None for row in connection.execute("SELECT id, closed_at FROM positions")}
    booked = {(reason, amount) for reason, amount in connection.execute(_BALANCE_CHANGES)}
    runs = connection.execute("SELECT count(*) FROM strategy_runs").get
    for line in told:
        event = line["event"]
        if event == "order_filled":
            order, position, side, quantity, price, fee = fills[line["fill_id"]]
            assert (order, position, side) == (line["order_id"], line["position_id"], line["side"])
            assert (quantity, price) == (canonical(line["quantity"]), canonical(line["price"]))
            assert fee == line["fee"] * 10**8
        elif event == "order_accepted":
            assert line["order_id"] in orders
        elif event == "position_opened":
            assert line["position_id"] in positions
        elif event == "position_closed":
            assert positions[line["position_id"]] is False
        elif event == "balance_changed":
            assert (line["reason"], line["amount"] * 10**8) in booked
        elif event == "auto_trading_changed":
            assert runs


_BALANCE_CHANGES = """
SELECT e.reason, sum(p.amount) FROM ledger_entries e JOIN postings p ON p.entry = e.id
WHERE p.ledger_account LIKE 'cash:%' GROUP BY e.id
"""
