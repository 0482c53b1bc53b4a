"""Health: everything trading rests on, each with its state, its age and what to do; live while it is seen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.health import health
from desktop_trader.answers.outages import outages
from desktop_trader.domain.errors import StorageError
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.market_opening import HEADLESS_ANCHOR
from desktop_trader.messages.health import HealthReply, HealthRequest
from desktop_trader.messages.network import OutagesRequest
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.health_rows import HealthRow, HealthState, health_rows
from desktop_trader.ui.pages.health import HealthPage
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.widgets.data_table import DataTable
from tests.stored_account import stored_history
from tests.ui.network_builders import make_ages, make_network, make_outage, make_pause
from tests.ui.snapshot_builders import make_snapshot

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
WELL = HealthReply(
    request_id="1",
    at=NOW,
    folder="books",
    schema_version=3,
    schema_known=3,
    entries=1_234,
    verified_at=NOW - timedelta(minutes=12),
    verified_entry=1_230,
    whole_at=NOW - timedelta(hours=7),
    file_bytes=3_400_000,
    free_bytes=40_000_000_000,
)
PARTS = [
    "Trading",
    "Schema of the books",
    "Verification",
    "Exchange",
    "Feed BTC/USDT",
    "Permissions",
    "Disk",
    "Candles",
    "Clock",
]


@pytest.fixture
def model(qapp: QApplication) -> BalanceModel:
    """A connected exchange."""
    made = BalanceModel()
    skewed = make_network(clock_skew_seconds=0.04)
    snapshot = make_snapshot(1, network=skewed)
    made.replace_snapshot(replace(snapshot, market=replace(snapshot.market, source_id="exchange:coinex")))
    return made


def look(model: BalanceModel, reply: HealthReply | None = WELL, **rest: str) -> dict[str, HealthRow]:
    return {row.part: row for row in health_rows(model, reply, now=NOW, **rest)}


def show(model: BalanceModel, sequence: int, **state: object) -> None:
    snapshot = make_snapshot(sequence, **state)
    source = "exchange:coinex@127.0.0.1:8800"
    model.replace_snapshot(replace(snapshot, market=replace(snapshot.market, source_id=source)))


@pytest.mark.requirement("R104")
def test_all_parts_are_there_and_good_when_all_is_well(model: BalanceModel) -> None:
    rows = look(model)
    assert list(rows) == PARTS
    assert {row.state for row in rows.values()} == {HealthState.GOOD}
    assert rows["Verification"].age_seconds == 12 * 60
    assert rows["Exchange"].finding == "CoinEx at its own address, connected, last call 42 ms"
    assert rows["Disk"].finding.startswith("37.3 GB free, writable; the books take 3.2 MB")
    assert rows["Permissions"].finding == "Paper: no key needed, and none is stored or sent"
    assert rows["Clock"].finding == "The exchange's clock is 0.04 s ahead of this computer's"


@pytest.mark.requirement("R104")
def test_unplugged_feed_exchange_and_trading_turn_bad_and_say_what_to_do(model: BalanceModel) -> None:
    show(model, 2, network=make_pause(ages=make_ages(14)))
    rows = look(model, last_error="connection refused")
    for part in ("Trading", "Exchange", "Feed BTC/USDT"):
        assert rows[part].state is HealthState.BAD, part
        assert rows[part].advice, part
    assert rows["Feed BTC/USDT"].age_seconds == pytest.approx(14, abs=1)
    said = "last error: connection refused, CoinEx at 127.0.0.1:8800, paused, last call 42 ms"
    assert rows["Exchange"].finding == said


@pytest.mark.parametrize(
    ("change", "part", "state"),
    [
        ({"error": "the file is no database"}, "Schema of the books", HealthState.BAD),
        ({"verified_at": None}, "Verification", HealthState.UNKNOWN),
        ({"verified_at": NOW - timedelta(hours=3)}, "Verification", HealthState.LOOK),
        ({"whole_at": None}, "Verification", HealthState.LOOK),
        ({"writable_error": "the disk is full"}, "Disk", HealthState.BAD),
        ({"free_bytes": 500_000_000}, "Disk", HealthState.LOOK),
        ({"free_bytes": 5_000_000}, "Disk", HealthState.BAD),
    ],
)
def test_what_is_read_from_the_disk_is_judged(
    model: BalanceModel, change: dict[str, object], part: str, state: HealthState
) -> None:
    row = look(model, replace(WELL, **change))[part]  # type: ignore[arg-type]
    assert row.state is state
    assert row.advice


@pytest.mark.parametrize(("skew", "state"), [(-0.9, 0), (1.4, 2), (-3.0, 3)])
def test_a_clock_that_is_off_is_said(model: BalanceModel, skew: float, state: int) -> None:
    show(model, 2, network=make_network(clock_skew_seconds=skew))
    assert int(look(model)["Clock"].state) == state


@pytest.mark.requirement("R104")
def test_what_was_heard_long_ago_is_not_said_of_now(model: BalanceModel) -> None:
    show(model, 2, network=make_pause(heard_seconds=16.0, clock_compared_seconds=30.0, clock_skew_seconds=0.04))
    rows = look(model)
    assert rows["Exchange"].age_seconds == pytest.approx(16, abs=1)
    assert rows["Clock"].age_seconds == pytest.approx(30, abs=1)
    assert rows["Clock"].state is HealthState.GOOD
    old = make_network(heard_seconds=70.0, clock_compared_seconds=90.0, clock_skew_seconds=0.04)
    show(model, 3, network=old)
    rows = look(model)
    assert rows["Exchange"].state is rows["Clock"].state is HealthState.UNKNOWN
    assert "was, when they were compared last, 0.04 s ahead" in rows["Clock"].finding
    show(model, 4, network=make_network(heard_seconds=None, clock_compared_seconds=None, clock_skew_seconds=None))
    assert look(model)["Exchange"].state is HealthState.UNKNOWN


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({}, HealthState.GOOD, "Nothing is stored yet"),
        ({"candles_bytes": 3_000_000}, HealthState.GOOD, "2.9 MB stored"),
        ({"candles_error": "they are damaged"}, HealthState.BAD, "they are damaged"),
        ({"candles_kept": "x", "candles_kept_at": NOW - timedelta(hours=1)}, HealthState.LOOK, "set aside as x"),
        ({"candles_kept": "x", "candles_kept_at": NOW - timedelta(days=3)}, HealthState.GOOD, "set aside as x"),
    ],
)
def test_stored_candles_are_a_part_of_their_own(
    model: BalanceModel, change: dict[str, object], state: HealthState, words: str
) -> None:
    row = look(model, replace(WELL, **change))["Candles"]  # type: ignore[arg-type]
    assert row.state is state
    assert words in row.finding
    assert bool(row.advice) is (state is not HealthState.GOOD)


def test_before_anything_is_known_nothing_is_good_or_bad(qapp: QApplication) -> None:
    rows = health_rows(BalanceModel(), None, now=NOW)
    assert {row.state for row in rows} == {HealthState.UNKNOWN}


def test_the_simulated_market_needs_no_network(qapp: QApplication) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1, network=make_network(has_line=False, latency_ms=None)))
    rows = look(model)
    assert rows["Exchange"].finding == "The simulated market (seed 7): needs no network"
    assert rows["Exchange"].state is rows["Clock"].state is HealthState.GOOD


def test_prices_of_a_running_market_without_a_line_are_as_fresh_as_it_is(qapp: QApplication) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1, network=make_network(has_line=False, latency_ms=None, ages=())))
    row = look(model)["Feed"]
    assert row.state is HealthState.GOOD
    assert "as fresh as the market itself" in row.finding
    model.replace_snapshot(make_snapshot(2, quotes=(), network=make_network(has_line=False, ages=())))
    assert look(model)["Feed"].state is HealthState.UNKNOWN


def test_rejected_quotes_are_counted_where_they_belong(model: BalanceModel) -> None:
    show(model, 2, network=make_network(rejected_ticks=(("BTC/USDT", 3), ("crossed", 2))))
    rows = look(model)
    assert "3 quotes rejected" in rows["Feed BTC/USDT"].finding
    assert "quotes rejected: crossed 2" in rows["Exchange"].finding


@pytest.fixture
def asked() -> list[object]:
    """What the page asked for."""
    return []


@pytest.fixture
def page(
    qtbot: QtBot, dressed_app: QApplication, model: BalanceModel, asked: list[object], tmp_path: Path
) -> Iterator[HealthPage]:
    """The page over a connected exchange."""
    doors = PageDoors(
        model=model,
        send=lambda _command: None,
        request=asked.append,
        folder=DataFolderPaths(root=tmp_path),
        settings=Settings(),
        show_history=lambda _filter: None,
    )
    made = HealthPage(doors)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def cells(page: HealthPage, column: int) -> list[str]:
    table = page.findChild(DataTable, "health-table")
    assert table is not None
    rows = table.sorted_rows
    return [str(rows.index(line, column).data()) for line in range(rows.rowCount())]


@pytest.mark.requirement("R104")
def test_the_page_reads_shows_and_follows(
    page: HealthPage, model: BalanceModel, asked: list[object], qtbot: QtBot
) -> None:
    page.refresh()
    request = asked[-1]
    assert isinstance(request, HealthRequest)
    page.show_reply(replace(WELL, request_id="of somebody else", error="not ours"))
    page.show_reply(replace(WELL, request_id=request.request_id, at=datetime.now(UTC), verified_at=datetime.now(UTC)))
    assert cells(page, 1) == PARTS
    assert cells(page, 0)[4] == "✓ good"
    assert "CoinEx" in cells(page, 3)[3]
    show(model, 2, network=make_pause(ages=make_ages(14)))
    assert cells(page, 0)[4] == "✗ bad", "at once, without anybody asking"
    qtbot.waitUntil(lambda: int(cells(page, 2)[4].removesuffix(" s")) > 14, timeout=30_000)
    show(model, 3, network=make_network())
    assert "last error: connection refused" in cells(page, 3)[3], "what went wrong last stays readable"


def test_it_never_grows_wider_than_it_is_and_shows_what_to_do(
    page: HealthPage, model: BalanceModel, qtbot: QtBot
) -> None:
    symbols = [f"LONG{number}/USDT:USDT" for number in range(30)]
    page.resize(1_000, 700)
    before = page.minimumSizeHint().width()
    detail = "CoinEx answered with something that is no answer, at length, " * 5
    show(model, 2, network=make_pause(ages=make_ages(14, symbols), detail=detail))
    assert page.minimumSizeHint().width() <= before
    table = page.findChild(DataTable, "health-table")
    assert table is not None
    qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() == 0 and table.columnWidth(4) > 200)
    right = table.columnViewportPosition(4) + table.columnWidth(4)
    assert right <= table.viewport().width(), "what to do is seen"
    verdict = page.findChild(QLabel, "health-verdict")
    assert verdict is not None
    assert re.search(r"Needs attention: Trading, Exchange, .* and \d+ more$", verdict.text())


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AnswerContext]:
    """Over books with a few entries."""
    made = AnswerContext(
        paths=stored_history(tmp_path / "books"),
        feed=SimulatedFeed(1, HEADLESS_ANCHOR),
        clock=MarketClock(HEADLESS_ANCHOR),
        account="demo",
    )
    yield made
    made.close()


@pytest.mark.requirement("R104")
def test_books_disk_and_folder_are_looked_at(context: AnswerContext) -> None:
    reply = health(context, HealthRequest(request_id="1"))
    assert reply.error == reply.writable_error == ""
    assert reply.schema_version == reply.schema_known > 0
    assert reply.entries > 0
    assert reply.free_bytes > 0
    assert abs((reply.at - datetime.now(UTC)).total_seconds()) < 60
    assert ANSWERS[HealthRequest] is health


def test_a_folder_that_cannot_be_written_and_books_that_are_gone_are_told(
    context: AnswerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_root: Path) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr("desktop_trader.answers.health.probe_writing", refuse)
    context.paths.database.unlink()
    reply = health(context, HealthRequest(request_id="1"))
    assert reply.writable_error == "the disk is full"
    assert reply.error


def test_outages_of_the_books_are_answered(context: AnswerContext) -> None:
    store = SqliteLedgerStore.open(context.paths)
    stored = replace(make_outage(), id=0)
    number = store.outages.begin(stored)
    store.close()
    page = outages(context, OutagesRequest(request_id="1"))
    assert page.outages == (replace(stored, id=number),)
    assert page.outages[0].levels_crossed[0].price == Decimal("44100.00")


def test_books_that_are_not_there_have_no_outages_and_say_why(tmp_path: Path) -> None:
    nowhere = AnswerContext(
        paths=DataFolderPaths(root=tmp_path / "nothing"),
        feed=SimulatedFeed(1, HEADLESS_ANCHOR),
        clock=MarketClock(HEADLESS_ANCHOR),
        account="demo",
    )
    page = outages(nowhere, OutagesRequest(request_id="1"))
    assert page.outages == ()
    assert page.error
