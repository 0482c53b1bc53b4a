"""The whole books are verified behind a running engine, and damage is told."""

import threading
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.background_check import BackgroundCheck
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    paths = data_folder(tmp_path)
    trader = open_books(paths, AccountChoice(start_amount=Decimal(1_000)), settings=Settings())
    for number in range(30):
        deposit = AdjustBalance(
            request_id=f"{number}", kind=AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="test", author="tester"
        )
        trader.engine.step(deposit)
    trader.close("quit")
    return paths


def forge_third_entry(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id = 3")
    connection.close()


def test_an_old_entry_that_was_edited_is_told(paths: DataFolderPaths) -> None:
    forge_third_entry(paths)
    told: list[str] = []
    heard = threading.Event()

    def hear(text: str) -> None:
        told.append(text)
        heard.set()

    check = BackgroundCheck(paths, on_damage=hear)

    check.start()

    assert heard.wait(20)
    assert "entry 3" in told[0]
    check.stop()


def test_books_in_order_are_no_news(paths: DataFolderPaths, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    told: list[str] = []
    check = BackgroundCheck(paths, on_damage=told.append)
    check.start()
    check._thread.join(20)
    assert told == []
    assert "The books verify: 31 entries" in caplog.text


def test_a_check_that_never_began_may_be_stopped(paths: DataFolderPaths) -> None:
    BackgroundCheck(paths, on_damage=lambda _text: None).stop()
