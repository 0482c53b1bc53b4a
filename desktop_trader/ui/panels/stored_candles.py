"""What news of stored candles mean for a chart, and how it says that there are no newer ones."""

from __future__ import annotations

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.candles import CandlesDeleted, CandlesDownloaded, CandlesStored
from desktop_trader.messages.chart_data import ChartData
from desktop_trader.messages.jobs import JobDone
from desktop_trader.messages.network import NetworkView


def series_changed_by(news: object) -> tuple[str, Timeframe] | None:
    """Return the symbol and timeframe of which other bars are stored now; None for any other news."""
    if isinstance(news, CandlesStored):
        return news.symbol, news.timeframe
    if isinstance(news, JobDone) and isinstance(news.result, CandlesDownloaded | CandlesDeleted):
        return news.result.name.symbol, news.result.name.timeframe
    return None


def note_text(data: ChartData | None, network: NetworkView | None, *, is_coming: bool = True) -> str:
    """Return `Offline: bars up to …`, or that newer ones are being fetched; "" where the chart is complete.

    Without `is_coming` newer bars were asked for in vain for a while: nothing is said to be loading then.
    """
    if data is None:
        return ""
    if network is not None and network.has_line and network.state.word == "paused":
        if data.newest_at is None:
            return "Offline: no bars are stored yet"
        return f"Offline: bars up to {data.newest_at:%Y-%m-%d %H:%M} UTC"
    if not data.note:
        return ""
    return f"Loading newer bars… {data.note}" if is_coming else f"No newer bars came: {data.note}"
