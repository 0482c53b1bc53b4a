"""Other programs may read the file while the application runs: nothing that is committed afterwards is lost."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_trader.locations import data_folder
from desktop_trader.storage.verify import verify_folder

WRITER = """
import sys
from decimal import Decimal
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.locations import data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_reader import LedgerReader

paths = data_folder(sys.argv[1])
trader = open_books(paths, AccountChoice(start_amount=Decimal(10_000)), settings=Settings())
LedgerReader.open(paths).close()
reader = LedgerReader.open(paths)
print("open", flush=True)
for line in sys.stdin:
    deposit = AdjustBalance(
        request_id=line.strip(), kind=AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="test", author="test"
    )
    trader.engine.step(deposit)
    print("booked", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to look at open files")
def test_an_outside_read_leaves_the_writer_its_journal(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == "open\n"
        for number in range(3):
            outside = sqlite3.connect(tmp_path / "desktop_trader.db")
            assert outside.execute("SELECT count(*) FROM wallet_transactions").fetchone() == (1 + number,)
            outside.close()
            writer.stdin.write(f"deposit-{number}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "booked\n"
        held = [str(each.readlink()) for each in Path(f"/proc/{writer.pid}/fd").iterdir()]
        ours = [name for name in held if "desktop_trader.db" in name]
        assert any(name.endswith("-wal") for name in ours)
        assert not [name for name in ours if name.endswith("(deleted)")]
    finally:
        writer.kill()
        writer.communicate()

    report = verify_folder(data_folder(tmp_path))
    assert (report.ok, report.entries) == (True, 4)
