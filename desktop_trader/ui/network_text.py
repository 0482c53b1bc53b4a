"""How the network pause reads, for band, status bar, tray, tables and buttons alike. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.messages.network import CheckView, HeldBack, NetworkView, Outage, PauseReason

_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400
_HELD = {
    "signals": ("strategy signal", "strategy signals"),
    "exits": ("look at a position", "looks at positions"),
    "entries": ("look at an order", "looks at orders"),
    "voided": ("order voided", "orders voided"),
    "commands": ("command refused", "commands refused"),
}
_LEDS = {"connected": "●", "paused": "■", "verifying": "◐", "stabilising": "◔"}
"""Shapes of their own, so that the state never rests on color alone."""
_TONES = {"connected": "up", "paused": "warning", "verifying": "warning", "stabilising": "warning"}
_OF_AN_EXCHANGE = frozenset({"exchange", "auth"})
_NETWORK_KINDS = frozenset({"internet", "exchange", "feed"})
_REASONS = {
    "internet": "no internet connection",
    "exchange": "the exchange {scope} does not answer",
    "feed": "no fresh prices of {scope}",
    "auth": "the exchange {scope} refuses the key",
    "clock": "this computer's clock and the exchange's are too far apart",
    "database": "the books cannot be written",
    "stall": "the program stood still for some seconds",
    "resume": "this computer slept",
    "review": "something needs to be looked at by a person",
}


def is_paused(view: NetworkView | None) -> bool:
    """Whether the market's connection keeps everything from trading; a suspicion of some seconds is no pause yet."""
    return view is not None and view.state.value not in ("running", "suspect")


def is_connecting(view: NetworkView | None) -> bool:
    """Whether the first verification of a start has not ended: nothing was lost that could be called paused."""
    return view is not None and is_paused(view) and view.since is None


def is_shut(view: NetworkView | None) -> bool:
    """Whether orders would be refused now because of the connection."""
    return view is not None and not view.is_open


def state_led(view: NetworkView) -> str:
    """The sign before the state's word, a shape for each."""
    return _LEDS[view.state.word]


def state_tone(view: NetworkView) -> str:
    """The color of the state's word."""
    return "warning" if view.simulated_loss else _TONES[view.state.word]


def reason_text(reason: PauseReason) -> str:
    """Say one reason in words; one that nobody knows as it is stored."""
    return stored_reason_text(reason.text)


def reasons_text(view: NetworkView) -> str:
    """Say all reasons in words; a loss that a person asked for is said as such."""
    if view.simulated_loss:
        return "a person asked for this outage; the network itself is not looked at"
    return "; ".join(reason_text(each) for each in view.reasons)


def pause_title(view: NetworkView) -> str:
    """What the pause is called: that of a network, of something else, or one that was asked for."""
    if view.simulated_loss:
        return "SIMULATED NETWORK LOSS"
    if is_connecting(view):
        return "CONNECTING"
    is_network = not view.reasons or any(each.kind.value in _NETWORK_KINDS for each in view.reasons)
    return "NETWORK PAUSE" if is_network else "TRADING PAUSE"


def check_text(check: CheckView) -> str:
    """One line of the verification: a sign, its name, and what was found."""
    sign = "…" if check.ok is None else "✓" if check.ok else "✗"
    return f"{sign} {check.name}" + (f": {check.detail}" if check.detail else "")


def checks_summary(checks: Iterable[CheckView]) -> str:
    """All checks in short: `time ok, ticker BTC/USDT ok, balance …`; what is waited for is said."""
    words = {None: "…", True: "ok", False: "FAILED"}
    return ", ".join(
        f"{each.name}: {each.detail}" if each.waits else f"{each.name} {words[each.ok]}" for each in checks
    )


def failed_checks(view: NetworkView) -> str:
    """Name the checks that failed with what they found; empty for none."""
    return "; ".join(f"{each.name}: {each.detail or 'failed'}" for each in view.checks if each.ok is False)


def refusal_text(view: NetworkView | None) -> str:
    """Why a button that trades rests now; empty while it does not."""
    if view is None or view.is_open:
        return ""
    why = failed_checks(view) or reasons_text(view) or view.detail
    return f"{pause_title(view).capitalize()} ({view.state.word}): nothing is traded" + (f" – {why}" if why else "")


def seconds_text(seconds: float) -> str:
    """Write a countdown: `8 s`, `4:07`, never below nothing."""
    whole = max(0, int(seconds + 0.5))
    return f"{whole} s" if whole < _MINUTE else f"{whole // _MINUTE}:{whole % _MINUTE:02d}"


def length_text(seconds: float) -> str:
    """Write how long something lasted: `14 s`, `5 min 3 s`, `2 h 10 min`, `1 d 4 h`."""
    whole = max(0, int(seconds))
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{whole} s"


def stored_reason_text(stored: str) -> str:
    """Say a reason as an outage keeps it, such as `feed:BTC/USDT`."""
    from desktop_trader.messages.market_name import market_name

    kind, _, scope = stored.partition(":")
    if scope and kind in _OF_AN_EXCHANGE:
        scope = market_name(f"exchange:{scope}")
    return _REASONS.get(kind, stored).replace(" {scope}", f" {scope}" if scope else "")


def outage_reasons_text(outage: Outage) -> str:
    """Say why an outage was."""
    if outage.is_simulated:
        return "simulated loss"
    return "; ".join(stored_reason_text(each) for each in outage.reasons) or outage.detail


def held_back_text(outage: Outage) -> str:
    """Count what was held back, over all accounts: `12 position checks, 1 signal`; empty for nothing."""
    counts: dict[str, int] = {}
    for each in outage.held_back:
        counts[each.what] = counts.get(each.what, 0) + each.count
    return ", ".join(_counted(count, what) for what, count in counts.items() if count)


def held_line(held: HeldBack) -> str:
    """Say what one account was kept from."""
    return f"{held.account}: {_counted(held.count, held.what)}"


def _counted(count: int, what: str) -> str:
    one, many = _HELD.get(what, (what, what))
    return f"{count:,} {one if count == 1 else many}"
