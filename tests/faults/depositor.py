"""Puts a cent into the books again and again and says what came of it, whatever the disk does: run as a program.

    python -m tests.faults.depositor FOLDER HOW_OFTEN

One line each: `booked ID`, `refused TEXT` (halted, and begun anew from the books), `start TEXT` (the start was
refused and is tried once more). Whatever is not one of these is a failure of the program.
"""

import sys
from decimal import Decimal

from desktop_trader.assembly import AccountChoice, Trader, open_books
from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.messages.notices import BalanceChanged, TradingHalted
from desktop_trader.settings import Settings

TRIES_TO_START = 200


def begin(paths: DataFolderPaths) -> Trader:
    """Start from the books, however often the disk refuses that."""
    for _ in range(TRIES_TO_START):
        try:
            return open_books(paths, AccountChoice(start_amount=Decimal(10_000)), settings=Settings())
        except StorageError as error:
            print(f"start {error.user_message}", flush=True)
    raise SystemExit("the disk never let us start")


def deposit_often(paths: DataFolderPaths, times: int) -> None:
    """Ask so often; after every halt begin anew, as the host of the engine does."""
    trader = begin(paths)
    for number in range(times):
        cent = AdjustBalance(
            request_id=f"cent-{number}",
            kind=AdjustmentKind.DEPOSIT,
            amount=Decimal("0.01"),
            reason="a cent",
            author="test",
        )
        for notice in trader.engine.step(cent):
            if isinstance(notice, BalanceChanged):
                print(f"booked {cent.request_id}", flush=True)
            elif isinstance(notice, TradingHalted):
                print(f"refused {notice.detail}", flush=True)
        if trader.engine.halted:
            trader.close("halted")
            trader = begin(paths)
    trader.close("quit")


if __name__ == "__main__":
    deposit_often(data_folder(sys.argv[1]), int(sys.argv[2]))
