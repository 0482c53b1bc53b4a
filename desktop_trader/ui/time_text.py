"""Instants and stored names as people read them. No Qt, and nothing that the first paint would have to wait for."""

from datetime import datetime

from desktop_trader.ui.number_format import UNKNOWN


def local_time(at: datetime | None, *, has_date: bool = True) -> str:
    """Write an instant in this computer's time zone."""
    if at is None:
        return UNKNOWN
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if has_date else f"{at.astimezone():%H:%M:%S}"


def short_time(at: datetime) -> str:
    """Write an instant in this computer's time zone, without year and seconds."""
    return f"{at.astimezone():%m-%d %H:%M}"


def utc_time(at: datetime | None) -> str:
    """Write an instant in UTC, for tooltips."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def words(name: str) -> str:
    """Write a stored name as words: `stop_loss` reads `stop loss`."""
    return name.replace("_", " ")
