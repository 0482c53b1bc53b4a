"""What is known of the ground everything stands on: the part of *Health* that has to be read from disk and books."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRequest:
    """A question: how are folder, books, disk and clock?"""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReply:
    """The answer, read at `at` by this computer's clock (UTC).

    `schema_version` is that of the books on disk, `schema_known` the one this program writes; `verified_at` is the
    last check in the background, `whole_at` the last one from the first entry on; None where there was none.
    `writable_error` says why the folder cannot be written, `error` why the books
    cannot be read; both empty when all is well. `is_clock_synchronised` is what the operating system says of its
    clock, None where it says nothing. `candles_error` says what is the matter with the stored candles, `candles_kept`
    which damaged file of them was set aside last, if any.
    """

    request_id: str
    at: datetime
    folder: str = ""
    schema_version: int = 0
    schema_known: int = 0
    entries: int = 0
    verified_at: datetime | None = None
    verified_entry: int = 0
    whole_at: datetime | None = None
    file_bytes: int = 0
    free_bytes: int = 0
    writable_error: str = ""
    is_clock_synchronised: bool | None = None
    candles_bytes: int = 0
    candles_error: str = ""
    candles_kept: str = ""
    candles_kept_at: datetime | None = None
    error: str = ""
