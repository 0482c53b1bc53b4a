"""The time zone of this computer by name, and what a naive time means in it."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_LINK = Path("/etc/localtime")
_NAMES_BELOW = "zoneinfo/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalZone:
    """A zone to read naive times in: `zone` None is whatever the system does, without the rules at hand."""

    name: str
    zone: ZoneInfo | None = None

    def to_utc(self, naive: datetime) -> tuple[datetime, str]:
        """Return a naive time in UTC, and a note where the clocks were changed at that moment, else "".

        Raises:
            OverflowError, ValueError, OSError: the time is outside of what a calendar can say.
        """
        first, second = (self._read(naive.replace(fold=fold)) for fold in (0, 1))
        if first == second:
            return first, ""
        if first.astimezone(self.zone).replace(tzinfo=None) != naive:
            return first, "the clocks jumped over this time"
        return first, "the clocks showed this time twice; the first is meant here"

    def _read(self, naive: datetime) -> datetime:
        return (naive if self.zone is None else naive.replace(tzinfo=self.zone)).astimezone(UTC)


def local_zone() -> LocalZone:
    """Return the zone of this computer; by its name of the zone database where it says one."""
    for name in (os.environ.get("TZ", "").removeprefix(":"), _linked_name()):
        zone = _zone(name)
        if zone is not None:
            return LocalZone(name=name, zone=zone)
    return LocalZone(name=datetime.now().astimezone().tzname() or "local time")


def _linked_name() -> str:
    try:
        target = str(_LINK.readlink())
    except OSError:
        return ""
    return target.partition(_NAMES_BELOW)[2]


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None
