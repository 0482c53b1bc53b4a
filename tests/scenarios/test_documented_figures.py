"""The documents' figures on real books in a real folder: whole starts and ends of the program, without its window."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.assembly import AccountChoice, Trader, open_books, open_trader
from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.market import Quote
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.engine.trading_engine import EngineEvent
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, LogNotice, Notice, OrderFilled, PositionClosed
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.settings import Settings
from desktop_trader.storage.verify import verify_folder
from tests.builders import FREE_SPOT, SPOT, START, Number, make_quote, number
from tests.engine_rig import only
from tests.fakes import ScriptedFeed


@dataclass
class Program:
    """A data folder, and the program started on it again and again."""

    root: Path
    instrument: object = FREE_SPOT
    account: AccountChoice = field(default_factory=AccountChoice)
    settings: Settings = field(default_factory=Settings)
    ticks: int = 0

    @property
    def paths(self) -> DataFolderPaths:
        return DataFolderPaths(root=self.root)

    @contextmanager
    def running(self, how_it_ends: str = "quit") -> Iterator["Running"]:
        """Start it; `killed` leaves without a word, as `kill -9` does."""
        trader = open_trader(
            self.paths,
            self.account,
            settings=self.settings,
            make_feed=lambda: ScriptedFeed([self.instrument]),  # type: ignore[list-item]
        )
        try:
            yield Running(self, trader)
        finally:
            if how_it_ends == "killed":
                trader.store.close()
                assert trader._folder is not None
                trader._folder.release()
            else:
                trader.close(how_it_ends)
        assert verify_folder(self.paths).ok, verify_folder(self.paths)


@dataclass
class Running:
    """One process of the program."""

    program: Program
    trader: Trader

    @property
    def sentences(self) -> list[str]:
        return [notice.message for notice in self.trader.opening_notices if isinstance(notice, LogNotice)]

    @property
    def balance(self) -> BalanceView:
        return build_snapshot(self.trader.engine, sequence=1).balance

    def step(self, event: EngineEvent) -> list[Notice]:
        return self.trader.engine.step(event)

    def price(self, price: Number) -> list[Notice]:
        self.program.ticks += 1
        at = START + timedelta(seconds=self.program.ticks)
        quote: Quote = make_quote(price, at=at)
        return self.step(quote)

    def buy(
        self, quantity: str, *, request_id: str, stop: Number | None = None, target: Number | None = None
    ) -> list[Notice]:
        protection = Protection(
            stop_loss=None if stop is None else number(stop), take_profit=None if target is None else number(target)
        )
        return self.step(
            c.SubmitOrder(
                request_id=request_id,
                symbol=SPOT.symbol,
                side=OrderSide.BUY,
                type=OrderType.MARKET,
                quantity=Decimal(quantity),
                protection=protection,
            )
        )

    def adjust(self, total: Number, request_id: str = "adjust") -> list[Notice]:
        return self.step(
            c.AdjustBalance(
                request_id=request_id,
                kind=c.AdjustmentKind.SET_TOTAL,
                amount=number(total),
                reason="by hand",
                author="a person",
            )
        )


@pytest.fixture
def make_program(tmp_path: Path) -> Callable[..., Program]:
    def make(start: Number | None = None, **fields: object) -> Program:
        amount = None if start is None else number(start)
        return Program(tmp_path / "data", account=AccountChoice(start_amount=amount), **fields)  # type: ignore[arg-type]

    return make


def rows(paths: DataFolderPaths, statement: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(statement))
    finally:
        connection.close()


@pytest.mark.requirement("R6", "R9", "R26", "R30", "R171", "R190", "R216", "R217")
@pytest.mark.parametrize(
    ("start", "text"), [(None, "$10,000.00"), (100, "$100.00"), (1_000, "$1,000.00"), (1_250, "$1,250.00")]
)
def test_a_first_start_creates_the_wallet_and_a_second_restores_it(
    make_program: Callable[..., Program], start: int | None, text: str
) -> None:
    program = make_program(start)
    with program.running() as first:
        assert first.sentences == [f"Created new demo wallet with {text}"]
        assert (first.balance.available, first.balance.locked, first.balance.currency) == (start or 10_000, 0, "USDT")
    with program.running() as second:
        assert second.sentences == [
            "The previous start of the program ended: quit",
            "Found active session #1",
            f"Restored wallet from database: demo balance = {text}",
            f"Recovered balance from previous session: {text}",
        ]
    history = rows(program.paths, "SELECT transaction_type, reason, updated_by FROM wallet_transactions ORDER BY id")
    assert history == [("opening", f"initial deposit {start or 10_000:,.2f}", "system")]


@pytest.mark.requirement("R1", "R27", "R161", "R184", "R186")
@pytest.mark.parametrize("how_it_ends", ["quit", "killed"])
def test_set_to_15000_is_15000_after_any_number_of_restarts(
    make_program: Callable[..., Program], how_it_ends: str
) -> None:
    program = make_program()
    with program.running(how_it_ends) as running:
        running.adjust(15_000)
        assert running.balance.total == 15_000
    for _ in range(20):
        with program.running(how_it_ends) as running:
            assert running.balance.total == 15_000
            assert "Restored wallet from database: demo balance = $15,000.00" in running.sentences
    history = rows(
        program.paths, "SELECT amount, balance_before, balance_after, reason FROM wallet_transactions ORDER BY id"
    )
    assert [tuple(map(str, row)) for row in history][1:] == [
        ("5000.00000000", "10000.00000000", "15000.00000000", "by hand")
    ]


@pytest.mark.requirement("R18", "R36", "R40", "R41", "R51", "R53", "R188", "R189", "R218")
@pytest.mark.parametrize("how_it_ends", ["quit", "killed"])
def test_1250_with_two_longs_comes_back_exactly_and_a_stop_that_is_hit_after_the_restart_closes(
    make_program: Callable[..., Program], how_it_ends: str
) -> None:
    program = make_program(1_250)
    with program.running(how_it_ends) as running:
        for index, price in enumerate((45_000, 46_500)):
            running.price(price)
            running.buy("0.001", request_id=f"b{index}", stop=price - 1_000, target=price + 2_000)
            running.price(price)
        before = running.trader.engine.books.portfolio
    with program.running(how_it_ends) as running:
        assert running.sentences[-6:] == [
            "Recovered balance from previous session: $1,250.00",
            "Restored used_balance from 2 open positions: $91.50",
            "Recovering 2 active positions...",
            "Recovered position: BTCUSDT long @ $45,000.00",
            "Recovered position: BTCUSDT long @ $46,500.00",
            "Successfully recovered 2 positions",
        ]
        after = running.trader.engine.books.portfolio
        assert (after.wallet, after.totals) == (before.wallet, before.totals)
        assert dict(after.positions) == dict(before.positions)
        assert (running.balance.available, running.balance.locked) == (Decimal("1158.50"), Decimal("91.50"))
        closed = only(running.price(45_400), PositionClosed)
        assert (closed.reason, closed.price, closed.realized_pnl) == ("stop_loss", 45_400, Decimal("-1.1"))
        assert running.balance.total == Decimal("1248.90")
        last = rows(program.paths, "SELECT * FROM wallet_transactions ORDER BY id DESC LIMIT 1")[0]
        assert "Closed LONG position for BTC/USDT, PnL: -$1.10" in last
    with program.running() as running:
        assert running.balance.total == Decimal("1248.90")
        assert "Recovering 1 active positions..." in running.sentences


@pytest.mark.requirement("R7", "R28", "R54", "R172", "R213")
def test_100_with_50_in_a_position_closed_with_5_of_profit_is_105_after_the_restart(
    make_program: Callable[..., Program],
) -> None:
    program = make_program(100)
    with program.running("killed") as running:
        running.price(50)
        running.buy("1", request_id="b")
        running.price(50)
        assert (running.balance.total, running.balance.available, running.balance.locked) == (100, 50, 50)
        running.step(c.ClosePosition(request_id="c", position_id=1))
        running.price(55)
    with program.running() as running:
        assert (running.balance.total, running.balance.available, running.balance.locked) == (105, 105, 0)
        assert running.balance.realized_pnl == 5


@pytest.mark.requirement("R179", "R180", "R178", "R221")
def test_every_row_of_the_history_begins_where_the_one_before_ended(make_program: Callable[..., Program]) -> None:
    """An earlier log had equal `balance_before` and `balance_after` in every row, and each close twice."""
    program = make_program(instrument=SPOT)
    with program.running() as running:
        running.price(100)
        running.buy("1", request_id="b", stop=90)
        running.price(101)
        running.adjust(12_345)
        running.price(89)
    history = rows(
        program.paths,
        "SELECT transaction_type, amount, balance_before, balance_after, locked_change, position_id "
        "FROM wallet_transactions ORDER BY id",
    )
    kinds = [str(row[0]) for row in history]
    assert kinds == ["opening", "order_lock", "fee", "position_open", "adjustment", "fee", "position_close"]
    before = Decimal(0)
    for _, amount, balance_before, balance_after, _, _ in history:
        assert Decimal(str(balance_before)) == before
        before += Decimal(str(amount))
        assert Decimal(str(balance_after)) == before
    assert [row[5] for row in history] == [None, None, 1, 1, None, 1, 1]
    assert (str(history[-1][1]), str(history[-1][4])) == ("-12.00000000", "-100.91100000")


@pytest.mark.requirement("R3", "R10", "R42")
def test_killed_between_order_and_fill_the_order_is_filled_once(make_program: Callable[..., Program]) -> None:
    program = make_program()
    with program.running("killed") as running:
        running.price(100)
        running.buy("1", request_id="b")
    with program.running("killed") as running:
        assert only(running.buy("1", request_id="b"), LogNotice).message == "This order was already placed"
        assert only(running.price(100), OrderFilled).order_id == 1
        assert running.price(100) == []
    with program.running() as running:
        assert running.price(100) == []
        assert len(running.trader.engine.books.portfolio.positions) == 1


@pytest.mark.requirement("R170", "R119")
def test_two_accounts_of_one_folder_share_nothing(make_program: Callable[..., Program]) -> None:
    """Earlier, what was locked was summed over the positions of all accounts."""
    program = make_program(1_000)
    with program.running() as running:
        running.price(100)
        running.buy("5", request_id="b")
        running.price(100)
    other = Program(program.root, account=AccountChoice(name="second", start_amount=Decimal(77)))
    with other.running() as running:
        assert "Created new demo wallet with $77.00" in running.sentences
        assert (running.balance.total, running.balance.locked) == (77, 0)
        running.adjust(80, "other")
    with program.running() as running:
        assert (running.balance.total, running.balance.locked) == (1_000, 500)
    assert len(rows(program.paths, "SELECT * FROM wallet")) == 2


def test_a_start_amount_never_changes_an_account_that_exists(make_program: Callable[..., Program]) -> None:
    program = make_program(500)
    with program.running():
        pass
    program.account = AccountChoice(start_amount=Decimal(9_999))
    with program.running() as running:
        assert running.balance.total == 500


@pytest.mark.requirement("R11")
def test_a_missing_or_broken_database_is_never_a_fresh_10000(make_program: Callable[..., Program]) -> None:
    program = make_program(500)
    with program.running():
        pass
    stored = program.paths.database.read_bytes()
    program.paths.database.write_bytes(stored[:2_000])
    with pytest.raises(StorageError), program.running():
        pass
    for leftover in program.root.glob("desktop_trader.db*"):
        leftover.unlink()
    with pytest.raises(StorageError), program.running():
        pass
    program.paths.database.write_bytes(stored)
    with program.running() as running:
        assert running.balance.total == 500


def test_money_can_be_moved_while_the_market_is_closed_and_the_position_waits(
    make_program: Callable[..., Program],
) -> None:
    program = make_program()
    with program.running() as running:
        running.price(100)
        running.buy("10", request_id="b", stop=90)
        running.price(100)
    closed = open_books(program.paths, AccountChoice(), settings=Settings())
    change = c.AdjustBalance(
        request_id="d", kind=c.AdjustmentKind.WITHDRAW, amount=Decimal("9000.00000001"), reason="r", author="a"
    )
    assert only(closed.engine.step(change), CommandRefused).reason == "insufficient_funds"
    closed.engine.step(
        c.AdjustBalance(request_id="e", kind=c.AdjustmentKind.DEPOSIT, amount=Decimal(5), reason="r", author="a")
    )
    assert only(closed.engine.step(c.ClosePosition(request_id="f", position_id=1)), CommandRefused)
    closed.close("done")
    with program.running() as running:
        assert running.balance.total == 10_005
        assert only(running.price(80), PositionClosed).reason == "stop_loss"
