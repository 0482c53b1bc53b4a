"""When a price that only the overview of a market knows is too old to be believed."""

from __future__ import annotations

from datetime import datetime

from desktop_trader.ui.models.price_ages import age_text

OLD_SECONDS = 60
"""An exchange is asked for its overview every ten seconds or so while somebody looks."""


def old_text(at: datetime | None, now: datetime | None) -> str:
    """Return the age of a price in words where it is old; "" while it may be believed or nothing is known."""
    if at is None or now is None:
        return ""
    seconds = (now - at).total_seconds()
    return age_text(seconds) if seconds > OLD_SECONDS else ""
