"""A file that is moved, deleted, replaced or emptied under a running engine stops it within a second."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.market import PriceSource
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.messages.notices import BOOKS_DAMAGED, CommandRefused, TradingHalted
from desktop_trader.settings import Settings
from desktop_trader.storage.closed_seal import seal_path
from tests.builders import SPOT
from tests.fakes import ScriptedFeed


def open_on(paths: DataFolderPaths) -> Trader:
    feed = ScriptedFeed([SPOT], [], fills_on=PriceSource.QUOTES)
    choice = AccountChoice(start_amount=Decimal(1_000))
    return open_trader(paths, choice, settings=Settings(), make_feed=lambda: feed)


def move(database: Path) -> None:
    database.rename(database.with_name("moved.db"))


def replace_it(database: Path) -> None:
    copy = database.with_name("copy.db")
    copy.write_bytes(database.read_bytes())
    copy.replace(database)


def empty(database: Path) -> None:
    database.write_bytes(b"")


@pytest.mark.parametrize(
    ("harm", "what"),
    [(move, "is missing"), (Path.unlink, "is missing"), (replace_it, "was replaced"), (empty, "empty")],
)
def test_a_file_that_is_not_there_any_more_halts_the_engine(
    tmp_path: Path, harm: Callable[[Path], None], what: str
) -> None:
    paths = data_folder(tmp_path)
    trader = open_on(paths)
    assert trader.floor.checkpoint() == []

    harm(paths.database)

    (halt,) = trader.floor.checkpoint()
    assert isinstance(halt, TradingHalted)
    assert halt.reason == BOOKS_DAMAGED
    assert what in halt.detail
    assert "restore a backup" in halt.detail
    command = AdjustBalance(
        request_id="late", kind=AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="test", author="tester"
    )
    assert [type(notice) for notice in trader.floor.step(command)] == [CommandRefused]
    trader.close("quit")
    assert not seal_path(paths.database).exists(), "what lies there now is not what we closed"


def test_a_file_put_back_in_its_place_goes_on(tmp_path: Path) -> None:
    paths = data_folder(tmp_path)
    trader = open_on(paths)
    move(paths.database)
    trader.floor.checkpoint()
    trader.close("quit")
    with pytest.raises(BooksDamagedError, match="missing"):
        open_on(paths)

    paths.database.with_name("moved.db").rename(paths.database)

    again = open_on(paths)
    assert again.engine.books.portfolio.wallet.total == 1_000
    again.close("quit")
