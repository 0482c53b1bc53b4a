"""History in pages: whatever the filter, every entry that matches comes exactly once, in order, both ways."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.storage import history_search
from desktop_trader.storage.ledger_reader import LedgerReader
from tests.stored_history import BEGAN, Written, new_books, write_entries

KINDS = ("deposit", "fee", "position_open", "position_close")
AUTHORS = ("system", "alice", "zoë", "system ")
TEXTS = ("Closed LONG position for BTC/USDT, PnL: $5.00", "Weihnachtsgeld für ZOË", "100% sure_thing", "a\\b", "")
WORDS = ("btc", "closed $5", "zoë", "für weihnachtsgeld", "100%", "e_t", "\\", "nothing like that", "%", "LONG SHORT")
# Market time may jump back: another market, or the same bars again.
MOMENTS = st.integers(0, 60 * 96).map(lambda minutes: BEGAN + timedelta(minutes=minutes))


@st.composite
def journals(draw: st.DrawFn) -> list[Written]:
    """Entries of two accounts whose runs follow one another."""
    entries = []
    runs = {1: 1, 2: 2}
    newest_run = 2
    for _ in range(draw(st.integers(0, 60))):
        account = draw(st.sampled_from((1, 1, 1, 2)))
        if draw(st.integers(0, 9)) == 0:
            newest_run += 1
            runs[account] = newest_run
        entries.append(
            Written(
                account=account,
                run=runs[account],
                kind=draw(st.sampled_from(KINDS)),
                author=draw(st.sampled_from(AUTHORS)),
                description=draw(st.sampled_from(TEXTS)),
                at=draw(MOMENTS),
                position=draw(st.none() | st.integers(1, 3)),
            )
        )
    return entries


FILTERS = st.builds(
    LedgerFilter,
    account=st.sampled_from(("demo", "demo", "second")),
    kinds=st.lists(st.sampled_from((*KINDS, "funding")), max_size=3).map(tuple),
    author=st.none() | st.sampled_from((*AUTHORS, "nobody")),
    text=st.just("") | st.sampled_from(WORDS),
    from_at=st.none() | MOMENTS,
    until_at=st.none() | MOMENTS,
    run_id=st.none() | st.integers(1, 5),
    position_id=st.none() | st.integers(1, 4),
)


def matches(entry: Written, wanted: LedgerFilter) -> bool:
    """The filter in plain words, over the whole row."""
    text = f"{entry.description}\n{entry.reason}".casefold()
    return (
        entry.account == {"demo": 1, "second": 2}[wanted.account]
        and (not wanted.kinds or entry.kind in wanted.kinds)
        and wanted.author in (None, entry.author)
        and all(word.casefold() in text for word in wanted.text.split())
        and (wanted.from_at is None or entry.at >= wanted.from_at)
        and (wanted.until_at is None or entry.at < wanted.until_at)
        and wanted.run_id in (None, entry.run)
        and wanted.position_id in (None, entry.position)
    )


def turned(reader: LedgerReader, wanted: LedgerFilter, *, limit: int, seconds: float | None) -> list[int]:
    """Turn pages to the end, going on where a search paused; towards older entries, or newer after `after_id`."""
    ids: list[int] = []
    is_back = wanted.after_id is None
    while True:
        page = reader.page(wanted, limit=limit, seconds=seconds)
        assert len(page.rows) <= limit
        here = [row.id for row in page.rows]
        ids = ids + here if is_back else here + ids
        if not page.has_more:
            return ids
        is_full = len(here) == limit
        edge = page.searched_to_id if not is_full else (here[-1] if is_back else here[0])
        assert edge is not None
        wanted = replace(wanted, before_id=edge) if is_back else replace(wanted, after_id=edge)


@pytest.mark.requirement("R39")
@pytest.mark.requirement("R183")
@settings(max_examples=120, deadline=None)
@given(journal=journals(), filters=st.lists(FILTERS, min_size=1, max_size=6), limit=st.integers(1, 9), rows=st.data())
def test_every_matching_entry_comes_exactly_once_in_order_under_any_filter(
    journal: list[Written], filters: list[LedgerFilter], limit: int, rows: st.DataObject
) -> None:
    window_rows = rows.draw(st.sampled_from((1, 2, 5, 4_096)), label="rows of a window")
    with TemporaryDirectory() as folder, patch.object(history_search, "_WINDOW_ROWS", window_rows):
        connection = new_books(Path(folder) / "books.db")
        write_entries(connection, journal)
        reader = LedgerReader(Path(folder) / "books.db")
        for wanted in filters:
            expected = [number for number, entry in enumerate(journal, 1) if matches(entry, wanted)][::-1]
            assert turned(reader, wanted, limit=limit, seconds=None) == expected
            # A search that pauses after every window ends with the same rows.
            assert turned(reader, wanted, limit=limit, seconds=0) == expected
            assert turned(reader, replace(wanted, after_id=0), limit=limit, seconds=0) == expected
        reader.close()
        connection.close()
