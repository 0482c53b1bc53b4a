"""What is known of damage to the stored candles, without mending anything: for whoever tells people."""

from dataclasses import dataclass
from datetime import UTC, datetime

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.candle_file import DAMAGED, is_marked, open_to_read

_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleState:
    """`error` is what is the matter now, `kept` the damaged file that was set aside last, at `kept_at`; "" for none."""

    file_bytes: int = 0
    error: str = ""
    kept: str = ""
    kept_at: datetime | None = None


def candle_state(paths: DataFolderPaths) -> CandleState:
    """Look at the file and at what lies beside it."""
    path = paths.candles
    kept = max((each.name for each in path.parent.glob(f"{path.name}.{DAMAGED}-*")), default="")
    return CandleState(
        file_bytes=path.stat().st_size if path.exists() else 0,
        error=_error(paths),
        kept=kept,
        kept_at=_moment(kept),
    )


def _error(paths: DataFolderPaths) -> str:
    if is_marked(paths.candles):
        return (
            f"The stored candles {paths.candles} are damaged; the next start sets them aside, and they are downloaded "
            "anew. The books are another file and are not concerned"
        )
    try:
        file = open_to_read(paths)
        if file is not None:
            try:
                file.connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchall()
            except apsw.Error as error:
                raise file.failure(error, f"The stored candles {paths.candles} cannot be read") from error
            finally:
                file.close()
    except StorageError as error:
        return error.user_message
    return ""


def _moment(kept: str) -> datetime | None:
    stamp = kept.partition(f".{DAMAGED}-")[2].partition("-")[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
