"""The report of an outage in words, for people: how long, why, what was not done, which levels were crossed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from desktop_trader.domain.money import canonical
from desktop_trader.messages.network import CrossedLevel, HeldBack, Outage

_LEVELS_NAMED = 20
_MINUTE = timedelta(minutes=1)
_HELD = {
    "exits": ("look at an open position", "looks at open positions"),
    "entries": ("look at a waiting entry", "looks at waiting entries"),
    "signals": ("bar of a strategy", "bars of strategies"),
    "voided": ("order voided", "orders voided"),
    "commands": ("command refused", "commands refused"),
}
_LEVELS = {
    "stop_loss": "the stop loss",
    "take_profit": "the take profit",
    "trailing_stop": "the trailing stop",
    "liquidation": "the liquidation price",
    "trigger": "the trigger",
    "limit": "the limit",
}


def outage_report(outage: Outage) -> str:
    """Return everything about an outage that is over, as sentences in one line."""
    parts = [f"Nothing traded {_span(outage)}: {', '.join(outage.reasons)}"]
    if outage.is_simulated:
        parts.append("the loss was simulated")
    if outage.held_back:
        parts.append(f"held back: {_held_text(outage.held_back)}")
    if outage.levels_crossed:
        named = [_level_text(level, outage.ended_at) for level in outage.levels_crossed[:_LEVELS_NAMED]]
        more = len(outage.levels_crossed) - len(named)
        named += [f"and {more} more"] if more else []
        parts.append(f"levels crossed meanwhile, for information only: {'; '.join(named)}")
    else:
        parts.append("no level was crossed meanwhile, as far as the bars show")
    return ". ".join(f"{part[:1].upper()}{part[1:]}" for part in parts) + "."


def _span(outage: Outage) -> str:
    ended_at = outage.ended_at or outage.begun_at
    return f"from {outage.begun_at:%Y-%m-%d %H:%M:%S} to {ended_at:%Y-%m-%d %H:%M:%S} UTC"


def _held_text(held: Iterable[HeldBack]) -> str:
    by_account = groupby(sorted(held, key=lambda each: each.account), key=lambda each: each.account)
    return "; ".join(f"{account}: {', '.join(_count_text(each) for each in group)}" for account, group in by_account)


def _count_text(held: HeldBack) -> str:
    one, many = _HELD.get(held.what, (held.what, held.what))
    return f"{held.count:,} {one if held.count == 1 else many}"


def _level_text(level: CrossedLevel, ended_at: datetime | None) -> str:
    whose = f"position {level.position_id}" if level.position_id else f"order {level.order_id}"
    if level.crossed_at is None:
        when = "at the first stable price"
    elif ended_at is not None and ended_at - level.crossed_at < _MINUTE:
        when = f"in the minute from {level.crossed_at:%H:%M}"
    else:
        when = f"first in the bar of {level.crossed_at:%H:%M}"
    name = _LEVELS.get(level.level, level.level)
    return f"{level.account}: {name} {canonical(level.price)} of {whose} on {level.symbol}, {when}"
