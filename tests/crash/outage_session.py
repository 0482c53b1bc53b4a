"""A process that trades through an outage: `python -m tests.crash.outage_session FOLDER begin|go_on quotes|live`.

Two accounts hold a long with a stop, a limit that rests and an entry at the market when the network goes; prices pass
beyond the stop, money comes in, and it comes back. `go_on` starts on what a kill left, lets everything be verified,
and shows a price.
"""

import sys
from datetime import timedelta
from pathlib import Path

from desktop_trader.api.exact_json import dumps
from desktop_trader.api.payloads import outage_fields
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import AdjustmentKind
from desktop_trader.messages.network import PauseReason, ReasonKind
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.builders import START
from tests.pause_rig import INTERNET, PauseRig

CLOCK = PauseReason(kind=ReasonKind.CLOCK)


def trade(rig: PauseRig) -> None:
    """Trade from the first price to those after the outage."""
    if rig.is_live:
        rig.regain()
    rig.quote(100)
    rig.buy(1, stop=95)
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.buy(1)
    rig.lose(INTERNET)
    rig.quote(94)
    rig.move(AdjustmentKind.DEPOSIT, 500)
    rig.note(INTERNET, CLOCK)
    rig.floor.checkpoint()
    rig.regain()
    rig.quote(85)
    rig.floor.checkpoint()


def go_on(store: SqliteLedgerStore, *, is_live: bool) -> None:
    """Start on what is there; the market is further on by then."""
    rig = PauseRig.over(store, at=START + timedelta(minutes=1), is_live=is_live)
    if is_live:
        rig.regain()
    rig.quote(85)
    rig.quote(85)
    rig.floor.checkpoint()


def main(folder: str, what: str, market: str) -> None:
    """Trade or go on, and say what the outages and fills are."""
    paths = DataFolderPaths(root=Path(folder))
    store = SqliteLedgerStore.open(paths)
    if what == "begin":
        trade(PauseRig(store=store, is_live=market == "live"))
    else:
        go_on(store, is_live=market == "live")
    store.close()
    reader = LedgerReader.open(paths)
    outages = [outage_fields(outage) for outage in reader.outages()]
    prices = [fill.price for name in reader.account_names() for fill in reader.fills(name)]
    reader.close()
    print(dumps({"outages": outages, "prices": prices}))


if __name__ == "__main__":
    main(*sys.argv[1:])
