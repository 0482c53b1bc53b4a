"""Runs as people read them: what each was worth, how it did net of what was moved, and its curve."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.answers.context import AnswerContext
from desktop_trader.answers.runs import curves, runs
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import install_context, to_units
from desktop_trader.domain.order import OrderSide
from desktop_trader.engine.clock import MarketClock
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.run_rows import RunCurvesRequest, RunRow, RunsRequest
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.run_curve import thinned
from desktop_trader.storage.run_reader import RunReader
from desktop_trader.storage.run_span import NEVER, Flows, RunSpan
from tests.booked_account import START, BookedAccount
from tests.fakes import ScriptedFeed

install_context()


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def store(paths: DataFolderPaths) -> Iterator[SqliteLedgerStore]:
    made = SqliteLedgerStore.open(paths)
    yield made
    made.close()


@pytest.fixture
def reader(paths: DataFolderPaths, store: SqliteLedgerStore) -> Iterator[RunReader]:
    made = RunReader.open(paths)
    yield made
    made.close()


def round_trip(account: BookedAccount, *, sell_at: str) -> None:
    """Buy one for 1,000 and sell it."""
    position = account.open(OrderSide.BUY, "1", "1000")
    account.close(position, position.quantity, sell_at)


@pytest.mark.requirement("R16", "R58")
def test_a_run_says_what_came_of_it_net_of_what_was_moved(store: SqliteLedgerStore, reader: RunReader) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.change("90000", kind=EntryKind.DEPOSIT)
    account.change("-40000", kind=EntryKind.WITHDRAWAL)
    round_trip(account, sell_at="1600")
    (run,) = reader.runs()
    fees = Decimal("1") + Decimal("1.6")
    assert (run.run_id, run.account, run.is_current, run.ended_at, run.how_ended) == (1, "demo", True, None, "")
    assert (run.start_amount, run.contributed, run.deposits, run.withdrawals) == (10_000, 60_000, 90_000, 40_000)
    assert (run.end_total, run.return_amount, run.fees, run.trades) == (60_600 - fees, 600 - fees, fees, 1)
    # 597.40 on the 60,000 that were at work, not on the 10,000 it began with.
    assert run.return_percent == Decimal("1.00")


@pytest.mark.requirement("R16")
def test_runs_that_were_reset_keep_what_they_came_to(store: SqliteLedgerStore, reader: RunReader) -> None:
    account = BookedAccount(store)
    account.change("10000")
    round_trip(account, sell_at="900")
    account.reset("7000")
    round_trip(account, sell_at="1100")
    second, first = reader.runs("demo")
    assert (first.how_ended, first.is_current, first.ended_at) == ("reset", False, second.started_at)
    assert (first.end_total, first.end_equity, first.return_amount) == (
        Decimal("9898.1"),
        Decimal("9898.1"),
        Decimal("-101.9"),
    )
    assert (first.return_percent, first.max_drawdown_percent) == (Decimal("-1.02"), Decimal("1.02"))
    assert (second.start_amount, second.return_amount, second.trades) == (7_000, Decimal("97.9"), 1)
    assert (second.return_percent, second.is_current) == (Decimal("1.40"), True)


def test_what_was_read_before_goes_on_where_it_stood(store: SqliteLedgerStore, reader: RunReader) -> None:
    account = BookedAccount(store)
    account.change("10000")
    round_trip(account, sell_at="1500")
    reader.runs()
    account.change("500", kind=EntryKind.DEPOSIT)
    round_trip(account, sell_at="600")
    account.reset("300")
    fresh = RunReader(reader._path)  # the same file
    assert reader.runs() == fresh.runs()
    fresh.close()


def test_accounts_are_told_apart(store: SqliteLedgerStore, reader: RunReader) -> None:
    first = BookedAccount(store)
    first.change("10000")
    other = BookedAccount(store, name="other")
    other.change("70")
    first.head = other.head
    round_trip(first, sell_at="1200")
    assert [(run.account, run.end_total) for run in reader.runs()] == [("other", 70), ("demo", Decimal("10197.8"))]
    assert [run.account for run in reader.runs("other")] == ["other"]
    with pytest.raises(InvalidInputError, match="nobody"):
        reader.runs("nobody")


@pytest.mark.requirement("R49")
def test_starts_of_the_program_say_how_they_ended(store: SqliteLedgerStore, reader: RunReader) -> None:
    store.begin_session(START)
    store.begin_session(START + timedelta(hours=1))
    store.end_session("quit", at=START + timedelta(hours=2))
    store.begin_session(START + timedelta(hours=3))
    sessions, starts = reader.sessions()
    assert [(each.how_ended, each.is_running) for each in sessions] == [("", True), ("quit", False), ("killed", False)]
    assert (starts, sessions[2].ended_at) == (3, None)


def test_a_curve_has_every_point_while_there_is_room(store: SqliteLedgerStore, reader: RunReader) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.change("5000", kind=EntryKind.DEPOSIT)
    round_trip(account, sell_at="1300")
    account.reset("300")
    curve = reader.curve(1, points_max=100)
    assert [(point.equity, point.contributed) for point in curve.points] == [
        (10_000, 10_000),
        (15_000, 15_000),
        (14_999, 15_000),
        (Decimal("15297.7"), 15_000),
    ]
    assert [point.return_percent for point in curve.points[:2]] == [0, 0]
    assert curve.points[-1].return_percent == Decimal("1.984667")
    assert curve.points_stored == 4
    assert [point.equity for point in reader.curve(2, points_max=4).points] == [300]


def test_money_moved_while_nothing_had_a_price_counts_with_the_next_point(
    store: SqliteLedgerStore, reader: RunReader
) -> None:
    account = BookedAccount(store)
    account.change("10000")
    # As the engine does while a held symbol has no price.
    commit = store.commit
    store.commit = lambda update: commit(replace(update, equity=None))  # type: ignore[method-assign]
    account.change("5000", kind=EntryKind.DEPOSIT)
    store.commit = commit  # type: ignore[method-assign]
    account.change("1", kind=EntryKind.ADJUSTMENT)
    (run,) = reader.runs()
    assert (run.return_percent, run.max_drawdown_percent, run.contributed) == (0, 0, 15_001)
    assert [point.contributed for point in reader.curve(1, points_max=10).points] == [10_000, 15_001]


@pytest.mark.parametrize("points_max", [3, 0, -1, 10_001])
def test_a_curve_of_too_few_or_too_many_points_is_refused(
    store: SqliteLedgerStore, reader: RunReader, points_max: int
) -> None:
    BookedAccount(store).change("10000")
    with pytest.raises(InvalidInputError):
        reader.curve(1, points_max=points_max)
    with pytest.raises(InvalidInputError, match="no run 7"):
        reader.curve(7, points_max=10)


@pytest.mark.parametrize("points_max", [4, 5, 10, 100])
@pytest.mark.parametrize("flow_every", [0, 7, 2])
def test_a_thinned_curve_keeps_its_ends_and_its_extremes(points_max: int, flow_every: int) -> None:
    rows, flows = [], []
    equity = 0
    for number in range(1, 2_001):
        flow = 10**9 if number == 1 or (flow_every and number % flow_every == 0) else 0
        equity += flow + (-1) ** (number // 250) * 10**4 * (number % 9)
        rows.append((number, equity, START.isoformat()))
        if flow:
            flows.append((number, flow))
    span = RunSpan(after=0, before=NEVER, flows=tuple(flows))
    whole = thinned(rows, Flows(span), stored=len(rows), points_max=5_000)
    thin = thinned(rows, Flows(span), stored=len(rows), points_max=points_max)
    assert len(whole) == 2_000
    assert 2 <= len(thin) <= points_max
    assert (thin[0], thin[-1]) == (whole[0], whole[-1])
    assert set(thin) <= set(whole)
    assert [point.entry_id for point in thin] == sorted({point.entry_id for point in thin})
    for pick in (min, max):
        assert pick(point.return_percent for point in thin) == pick(point.return_percent for point in whole)


def test_the_worker_answers_with_runs_or_with_why_there_are_none(paths: DataFolderPaths, tmp_path: Path) -> None:
    store = SqliteLedgerStore.open(paths)
    BookedAccount(store).change("10000")
    store.close()
    context = _context(paths)
    answer = runs(context, RunsRequest(request_id="1"))
    assert ([_short(run) for run in answer.runs], answer.error) == ([("demo", 10_000)], "")
    assert runs(context, RunsRequest(request_id="2", account="nobody")).error != ""
    drawn = curves(context, RunCurvesRequest(request_id="3", run_ids=(1,)))
    assert [to_units(point.equity) for point in drawn.curves[0].points] == [10**12]
    assert "no run 9" in curves(context, RunCurvesRequest(request_id="4", run_ids=(1, 9))).error
    context.close()
    nowhere = _context(DataFolderPaths(root=tmp_path / "nowhere"))
    assert runs(nowhere, RunsRequest(request_id="5")).error != ""


def _context(paths: DataFolderPaths) -> AnswerContext:
    clock = MarketClock(datetime(2026, 1, 1, tzinfo=UTC))
    return AnswerContext(paths=paths, feed=ScriptedFeed(()), clock=clock, account="demo")


def _short(run: RunRow) -> tuple[str, Decimal]:
    return run.account, run.end_total
