"""A start of a current file loads nothing that takes longer than the start itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import small_history

START = """
import pathlib, sys
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.ledger_store import SqliteLedgerStore
paths = DataFolderPaths(root=pathlib.Path(sys.argv[1]))
with take_data_folder(paths):
    store = SqliteLedgerStore.open(paths)
    assert store.load("demo").portfolio is not None
    store.close()
print(*sorted({"peewee", "playhouse", "filelock", "tomlkit", "asyncio", "sqlite3"} & sys.modules.keys()))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="elsewhere the lock needs its library")
def test_a_start_imports_neither_peewee_nor_anything_else_heavy(tmp_path: Path) -> None:
    store = SqliteLedgerStore.open(DataFolderPaths(root=tmp_path))
    small_history(store)
    store.close()
    done = subprocess.run([sys.executable, "-c", START, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")
