"""Named places at which a test lets the process die as `kill -9` does; in a frozen build there are none.

The variable `DESKTOP_TRADER_CRASH_AT` names a point and, after a colon, at which passing it kills: `L12:3`. It is read
once, at the import; without it passing a point is a call of an empty function. Standard library only.

L1 before an order's intent is stored, L2 inside that transaction, L3 stored and not yet sent; L6 inside a transaction
that records an answer or moves money by hand; L11 a fill was received, L12 inside its transaction, L13 stored and not
yet told; L14 before the intent to close; L17 inside the copy of a backup, L18 before its renaming; L19 each step of a
migration; L20 before and inside an import; L21 the anchor; L22 an export; L23 the settings; L24 each step of closing;
L25 each step of recovery; L26 before and after each writing of an outage's row. Steps have a name of their own after
a dot: `L25.checked`.
"""

import os
import signal
import sys
from collections.abc import Callable

VARIABLE = "DESKTOP_TRADER_CRASH_AT"


def _pass_by(name: str) -> None:
    """Nothing happens here."""


def _killer(wanted: str) -> Callable[[str], None]:
    """Return a crash point that kills at one name, the first time or the one that the text says."""
    target, _, count = wanted.partition(":")
    passings_left = int(count or 1)

    def die_there(name: str) -> None:
        nonlocal passings_left
        if name != target:
            return
        passings_left -= 1
        if passings_left == 0:
            # Windows has no SIGKILL; there SIGTERM ends a process just as unasked.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    return die_there


def _chosen() -> Callable[[str], None]:
    wanted = os.environ.get(VARIABLE, "")
    return _killer(wanted) if wanted and not getattr(sys, "frozen", False) else _pass_by


crash_point: Callable[[str], None] = _chosen()
"""Pass a named point: `crash_point("L12")`."""
