"""What news of stored candles mean for a chart, and how it says that there are no newer ones."""

from __future__ import annotations

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.candles import CandlesDeleted, CandlesDownloaded, CandlesStored
from desktop_trader.messages.jobs import JobDone
from desktop_trader.messages.network import NetworkView


def series_changed_by(news: object) -> tuple[str, Timeframe] | None:
    """Return the symbol and timeframe of which other bars are stored now; None for any other news."""
    if isinstance(news, CandlesStored):
        return news.symbol, news.timeframe
    if isinstance(news, JobDone) and isinstance(news.result, CandlesDownloaded | CandlesDeleted):
        return news.result.name.symbol, news.result.name.timeframe
    return None


def note_text(note: str, network: NetworkView | None) -> str:
    """Return `Offline: bars up to …`, or that newer ones are being fetched; "" where the chart is complete."""
    if not note:
        return ""
    if network is not None and not network.is_open:
        return f"Offline: {note}"
    return f"Loading newer bars… {note}"
