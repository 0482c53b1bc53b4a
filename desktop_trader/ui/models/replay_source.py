"""What a market's identity says of a replay: `replay:<hash of the content>:<symbol>:<timeframe>`."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_trader.domain.market import Timeframe

_KIND = "replay:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySource:
    """A recording: bars of one symbol and of one length, and the hash that tells it from others."""

    digest: str
    symbol: str
    timeframe: Timeframe


def replay_source(source_id: str) -> ReplaySource | None:
    """Read the identity of a market; None when it is no replay, or not written as one."""
    if not source_id.startswith(_KIND):
        return None
    # The symbol of a swap has a colon of its own.
    digest, _, rest = source_id.removeprefix(_KIND).partition(":")
    symbol, _, length = rest.rpartition(":")
    try:
        return ReplaySource(digest=digest, symbol=symbol, timeframe=Timeframe(length))
    except ValueError:
        return None
