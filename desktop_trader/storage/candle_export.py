"""Writes stored bars to a file that the program can replay: `timestamp,open,high,low,close,volume`, oldest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import canonical
from desktop_trader.messages.candles import SeriesName
from desktop_trader.storage.candle_store import CandleStore
from desktop_trader.storage.new_file import check_target, new_file

_HEADER = "timestamp,open,high,low,close,volume\n"
_PAGE = 5_000


def export_candles(
    store: CandleStore,
    name: SeriesName,
    *,
    target: Path,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Write the bars that opened at or after `since` and before `until`; return how many. Gaps stay gaps.

    Raises:
        InvalidInputError: nothing of it is stored, or the path cannot be written to.
        RefusedError: a file is there already.
        StorageError: it could not be written; nothing was.
    """
    check_target(target, may_replace=False)
    span = store.span(name)
    pages = iter(()) if span is None else _pages(store, name, since=since or span.first_at, until=until)
    first = next(pages, None)
    if first is None:
        raise InvalidInputError(f"No bars of {name.symbol} {name.timeframe} are stored there; nothing was written")
    count = 0
    with new_file(target, may_replace=False) as file:
        file.write(_HEADER.encode("ascii"))
        page: Sequence[Bar] | None = first
        while page is not None:
            file.write("".join(map(_line, page)).encode("ascii"))
            count += len(page)
            page = next(pages, None)
    return count


def _pages(store: CandleStore, name: SeriesName, *, since: datetime, until: datetime | None) -> Iterator[Sequence[Bar]]:
    while page := store.read_between(
        name, since=since, until=until or datetime.max.replace(tzinfo=since.tzinfo), limit=_PAGE
    ):
        yield page
        since = page[-1].closed_at


def _line(bar: Bar) -> str:
    figures = ",".join(map(canonical, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
    return f"{bar.opened_at:%Y-%m-%dT%H:%M:%SZ},{figures}\n"
