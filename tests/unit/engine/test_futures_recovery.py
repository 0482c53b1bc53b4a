"""Everything of an open swap comes back from the books: what was set, what it cost, and how far its trail has come."""

import pytest

from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.builders import SWAP
from tests.trading_rig import TradingRig, play

LIFE = (
    "quote 100",
    "long 2 x10 trail 5 target 150",
    "quote 100",
    "short 3 x7 cross",
    "quote 101 mark 100.5",
    "leverage 1 8",
    "margin 1 2.00000003",
    "protect 1 stop 90 target 140.5 trail 6",
    "funding 0.0001 100.7",
    "close 1 0.5",
    "quote 112 mark 111.25",
    "sell 1 trailing 4 of 1",
    "quote 113 mark 112",
)


@pytest.mark.requirement("R40", "R41", "R50", "R51", "R53")
def test_a_restart_brings_back_every_field_and_goes_on_the_same() -> None:
    rig = TradingRig(instruments=[SWAP], store=SqliteLedgerStore.in_memory())
    for action in LIFE:
        play(rig, action)
    rig.engine.checkpoint()
    before, shown = rig.portfolio, rig.snapshot
    assert rig.engine.halted == ""
    assert len(before.positions) == 2

    said = rig.restart()

    assert dict(rig.portfolio.positions) == dict(before.positions)
    assert dict(rig.portfolio.orders) == dict(before.orders)
    assert (rig.portfolio.wallet, rig.portfolio.totals) == (before.wallet, before.totals)
    assert rig.snapshot.positions == shown.positions
    assert rig.snapshot.balance == shown.balance
    assert [text for text in said if text.startswith("Recovered position")] == [
        "Recovered position: BTCUSDT long @ $100.00",
        "Recovered position: BTCUSDT short @ $101.00",
    ]
    assert shown.positions[0].trailing_stop is not None


@pytest.mark.requirement("R41")
def test_after_a_restart_each_level_acts_as_if_there_had_been_none() -> None:
    ends = []
    for restarts in (False, True):
        rig = TradingRig(instruments=[SWAP], store=SqliteLedgerStore.in_memory())
        for action in (*LIFE, "quote 108", "quote 106.2", "quote 300"):
            if restarts and rig.portfolio.positions:  # before, there is no price that an order could be placed at
                rig.engine.checkpoint()
                rig.restart()
            play(rig, action)
        assert rig.engine.halted == ""
        ends.append((rig.engine.books.head.hash, rig.portfolio.wallet))
    assert ends[0] == ends[1]
