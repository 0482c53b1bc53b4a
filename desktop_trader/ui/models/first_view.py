"""What chart and forms show first, before a person has chosen anything."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_trader.domain.market import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstView:
    """A symbol, empty for the first one listed, and a length of bars, None for the shortest."""

    symbol: str = ""
    timeframe: Timeframe | None = None
