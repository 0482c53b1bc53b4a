"""The loopback exchange as a process of its own, to be killed and started again where it was."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.command_line import ROOT, environment


class ExchangeProcess:
    """Starts with `with`. `kill` ends it with SIGKILL, `start` begins it again: same port, same market."""

    def __init__(
        self, folder: Path, *, seed: int = 1, pairs: int = 0, enter: Sequence[str] = (), host: str = "127.0.0.1"
    ) -> None:
        """`enter` are the words that lead into a network of its own, `host` is its address there."""
        self._options = ["--seed", str(seed), "--pairs", str(pairs), "--state", str(folder / "exchange.json")]
        self._options += ["--host", host]
        self._enter = list(enter)
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.url = ""

    def __enter__(self) -> "ExchangeProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, **prices: str) -> None:
        """Start it; `prices` are held from its first moment on, by market id: `BTCUSDT="57000"`."""
        held = [word for name, price in prices.items() for word in ("--hold", f"{name}={price}")]
        self._process = subprocess.Popen(
            [
                *self._enter,
                sys.executable,
                "-m",
                "tests.exchange.loopback",
                "--port",
                str(self.port),
                *self._options,
                *held,
            ],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.port, self.url = told["port"], told["url"]

    def kill(self) -> None:
        """End it as a power cut would; again is harmless."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def post(self, what: str, **fields: Any) -> None:
        """Use a control route: `price`, `walk`, `fault`, `clear`, `disconnect`."""
        body = json.dumps(fields).encode()
        request = urllib.request.Request(f"{self.url}/_control/{what}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def post_beyond_the_cable(self, what: str, **fields: Any) -> None:
        """Use a control route from the exchange's own network, whatever lies between."""
        script = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode()), timeout=10)"
        words = [*self._enter, sys.executable, "-c", script, f"{self.url}/_control/{what}", json.dumps(fields)]
        subprocess.run(words, check=True, timeout=30)

    def calls(self, pattern: str = "*", since: float = 0.0) -> list[dict[str, Any]]:
        """Return the calls that reached the present process."""
        address = f"{self.url}/_control/calls?pattern={pattern}&since={since}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found
