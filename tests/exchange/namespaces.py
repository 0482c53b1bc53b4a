"""A network of two machines made of namespaces: the trader on one, the loopback exchange on the other, a cable between.

For the program `namespace_scenarios`, which runs inside namespaces of its own (`inside`), as root. What is done to the
cable leaves every socket as it is: packets vanish, nobody is told, as behind a router that died.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.exchange.loopback.process import ExchangeProcess

TRADER, EXCHANGE, NAME = "10.77.0.1", "10.77.0.2", "exchange.test"
_NOBODY = "02:00:00:00:00:99"
_TOOLS = ("unshare", "nsenter", "ip", "mount")


def why_not() -> str:
    """Return why namespaces cannot be made here; "" when they can."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"network namespaces need {', '.join(missing)}"
    script = "ip link add dt0 type veth peer name dt1 && mount --bind /etc/hosts /etc/hosts"
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", script], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"network namespaces are not allowed here: {tried.stderr.decode().strip()}"


def inside(module: str, *words: str) -> list[str]:
    """Return the command line of a program that runs in network and mount namespaces of its own."""
    return ["unshare", "--net", "--mount", sys.executable, "-m", module, *words]


class Cable:
    """The cable and the other machine. Starts with `with`."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        self._cards = {TRADER: "", EXCHANGE: ""}
        self.enter = ["nsenter", "--target", str(self._keeper.pid), "--net"]

    def __enter__(self) -> "Cable":
        run("ip", "link", "set", "lo", "up")
        self._wait_for_keeper()
        run("ip", "link", "add", "dt0", "type", "veth", "peer", "name", "dt1")
        run("ip", "link", "set", "dt1", "netns", str(self._keeper.pid))
        run("ip", "addr", "add", f"{TRADER}/24", "dev", "dt0")
        run("ip", "link", "set", "dt0", "up")
        for words in (("link", "set", "lo", "up"), ("addr", "add", f"{EXCHANGE}/24", "dev", "dt1")):
            run(*self.enter, "ip", *words)
        run(*self.enter, "ip", "link", "set", "dt1", "up")
        self._cards = {TRADER: card("dt0"), EXCHANGE: card("dt1", *self.enter)}
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.kill()
        self._keeper.wait()

    def cut(self) -> None:
        """Let everything sent vanish, both ways: packets go to a card that nobody has."""
        self._send_to(dict.fromkeys(self._cards, _NOBODY))

    def mend(self) -> None:
        self._send_to(self._cards)

    def _send_to(self, cards: dict[str, str]) -> None:
        for enter, device, address in (([], "dt0", EXCHANGE), (self.enter, "dt1", TRADER)):
            words = ("ip", "neigh", "replace", address, "lladdr", cards[address], "dev", device, "nud", "permanent")
            run(*enter, *words)

    def _wait_for_keeper(self) -> None:
        """The other machine is there when its namespace is another one than ours."""
        ours = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{self._keeper.pid}/ns/net").readlink() == ours:
            if self._keeper.poll() is not None:
                raise RuntimeError("the namespace of the exchange could not be made")


class Names:
    """What names mean on the trader's machine: the hosts file alone; a name server is nowhere."""

    def __init__(self, folder: Path) -> None:
        self._hosts = folder / "hosts"
        nowhere = folder / "resolv.conf"
        nowhere.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", "utf-8")
        self.know()
        run("mount", "--bind", str(self._hosts), "/etc/hosts")
        run("mount", "--bind", str(nowhere), "/etc/resolv.conf")

    def know(self) -> None:
        self._hosts.write_text(f"127.0.0.1 localhost\n{EXCHANGE} {NAME}\n", "utf-8")

    def forget(self) -> None:
        self._hosts.write_text("127.0.0.1 localhost\n", "utf-8")


def exchange_behind(cable: Cable, folder: Path) -> ExchangeProcess:
    """Return an exchange for the other machine, reached by its name."""
    return ExchangeProcess(folder, enter=cable.enter, host=EXCHANGE)


def card(device: str, *enter: str) -> str:
    """Return the hardware address of a network card."""
    shown = run(*enter, "ip", "-o", "link", "show", device).split()
    return shown[shown.index("link/ether") + 1]


def run(*words: str) -> str:
    """Run a tool to its end and return what it said."""
    done: Sequence[str] = list(words)
    return subprocess.run(done, check=True, capture_output=True, text=True).stdout
