"""How folder, books, disk and clock are at this moment."""

from datetime import UTC, datetime
from pathlib import Path

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import StorageError, TraderError
from desktop_trader.messages.books_verified import BooksState
from desktop_trader.messages.health import HealthReply, HealthRequest
from desktop_trader.storage.books_state import read_books_state
from desktop_trader.storage.candle_damage import CandleState, candle_state
from desktop_trader.storage.data_folder import probe_writing
from desktop_trader.storage.disk_room import disk_room
from desktop_trader.storage.schema_version import SCHEMA_VERSION

_CLOCK_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""There once the system's own time service has set the clock; other services leave nothing that could be read."""


def health(context: AnswerContext, request: HealthRequest) -> HealthReply:
    """Look at everything; what cannot be read is told in the answer."""
    state, error, writable_error = BooksState(request_id=request.request_id), "", ""
    free_bytes = 0
    try:
        # A reader opens books of this program's version alone: when it has, that is theirs.
        state = read_books_state(context.paths, request_id=request.request_id)
    except TraderError as failure:
        error = failure.user_message
    try:
        free_bytes = disk_room(context.paths).free_bytes
        probe_writing(context.paths.root)
    except StorageError as failure:
        writable_error = failure.user_message
    candles = _candles(context)
    return HealthReply(
        request_id=request.request_id,
        at=datetime.now(UTC),
        folder=str(context.paths.root),
        schema_version=state.schema_version,
        schema_known=SCHEMA_VERSION,
        entries=state.entries,
        verified_at=state.verified_at,
        verified_entry=state.verified_entry,
        whole_at=state.whole_at,
        file_bytes=state.file_bytes,
        free_bytes=free_bytes,
        writable_error=writable_error,
        is_clock_synchronised=True if _CLOCK_SYNCHRONISED.exists() else None,
        error=error,
        candles_bytes=candles.file_bytes,
        candles_error=candles.error,
        candles_kept=candles.kept,
        candles_kept_at=candles.kept_at,
    )


def _candles(context: AnswerContext) -> CandleState:
    try:
        return candle_state(context.paths)
    except OSError as error:
        return CandleState(error=f"The stored candles cannot be looked at: {error.strerror or error}")
