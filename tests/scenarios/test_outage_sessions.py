"""Outages as tables: what happens | total, available and locked | the positions | equity, of two accounts alike.

`lose` takes the network away, `regain` is when everything is verified and stable again. `unseen` prices reach nobody.
Spot pays 0.1 % as a taker and 0.05 % as a maker. `-` means none. Every row is that of both accounts.
"""

import pytest

from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.money import canonical
from desktop_trader.messages.commands import AdjustmentKind
from tests.builders import SPOT, SWAP
from tests.pause_rig import PauseRig

ON_QUOTES = {
    "a stop that was crossed and came back is not closed": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 90                | 9999.9       9899.9       100      | long 1 @ 100     | 9989.9
        quote 99                | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        quote 99                | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        quote 95                | 9994.805     9994.805     0        | -                | 9994.805
        """,
    "a stop that is still beyond closes at the first stable price, not at its own": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 80                | 9999.9       9899.9       100      | long 1 @ 100     | 9979.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9979.9
        quote 90                | 9989.81      9989.81      0        | -                | 9989.81
        """,
    "a target beyond is taken at the first stable price too": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 target 105        | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 110               | 10009.79     10009.79     0        | -                | 10009.79
        """,
    "a limit that was crossed and left again rests on": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 limit 90          | 10000        9909.91      90.09    | -                | 10000
        lose                    | 10000        9909.91      90.09    | -                | 10000
        quote 85                | 10000        9909.91      90.09    | -                | 10000
        regain                  | 10000        9909.91      90.09    | -                | 10000
        quote 95                | 10000        9909.91      90.09    | -                | 10000
        quote 90                | 9999.955     9909.955     90       | long 1 @ 90      | 9999.955
        """,
    "a limit that is still crossed fills at the first stable price": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 limit 90          | 10000        9909.91      90.09    | -                | 10000
        lose                    | 10000        9909.91      90.09    | -                | 10000
        regain                  | 10000        9909.91      90.09    | -                | 10000
        quote 80                | 9999.92      9919.92      80       | long 1 @ 80      | 9999.92
        """,
    "a limit that rested before the outage fills at the first stable price too": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 limit 90          | 10000        9909.91      90.09    | -                | 10000
        quote 99                | 10000        9909.91      90.09    | -                | 10000
        lose                    | 10000        9909.91      90.09    | -                | 10000
        regain                  | 10000        9909.91      90.09    | -                | 10000
        quote 80                | 9999.92      9919.92      80       | long 1 @ 80      | 9999.92
        """,
    "an entry that waited for its price is void": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1                   | 10000        9899.9       100.1    | -                | 10000
        lose                    | 10000        9899.9       100.1    | -                | 10000
        quote 101               | 10000        9899.9       100.1    | -                | 10000
        regain                  | 10000        10000        0        | -                | 10000
        quote 101               | 10000        10000        0        | -                | 10000
        """,
    "a close that waited for its price gets the first stable one": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1                   | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        close                   | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 50                | 9999.9       9899.9       100      | long 1 @ 100     | 9949.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9949.9
        quote 99                | 9998.801     9998.801     0        | -                | 9998.801
        """,
    "what a person may do in an outage: cancel, deposit, withdraw, stop entries; nothing that trades": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        buy 1 limit 90          | 9999.9       9809.81      190.09   | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9809.81      190.09   | long 1 @ 100     | 9999.9
        cancel                  | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        deposit 500             | 10499.9      10399.9      100      | long 1 @ 100     | 10499.9
        withdraw 100            | 10399.9      10299.9      100      | long 1 @ 100     | 10399.9
        buy 1                   | 10399.9      10299.9      100      | long 1 @ 100     | 10399.9
        close                   | 10399.9      10299.9      100      | long 1 @ 100     | 10399.9
        regain                  | 10399.9      10299.9      100      | long 1 @ 100     | 10399.9
        quote 100               | 10399.9      10299.9      100      | long 1 @ 100     | 10399.9
        """,
    "entries that a person paused stay paused through an outage, and stops live again": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        pause                   | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        buy 1                   | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 96                | 9999.9       9899.9       100      | long 1 @ 100     | 9995.9
        quote 95                | 9994.805     9994.805     0        | -                | 9994.805
        """,
    "a suspicion holds everything, and what was wished before it still counts": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        suspect                 | 10000        9899.9       100.1    | -                | 10000
        quote 90                | 10000        9899.9       100.1    | -                | 10000
        clear                   | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        """,
    "a kill in the middle of an outage, on a market that needs no network": """
        quote 100               | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        quote 100               | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        buy 1                   | 9999.9       9799.8       200.1    | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9799.8       200.1    | long 1 @ 100     | 9999.9
        restart                 | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        quote 90                | 9989.81      9989.81      0        | -                | 9989.81
        """,
}
ON_BARS = {
    "a stop crossed in bars that nobody looked at, and back again": """
        bar 100 101 99 100      | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        bar 100 101 99 100      | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        bar 98 99 90 99         | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        unseen 99 99 80 99      | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9998.9
        bar 99 100 96 98        | 9999.9       9899.9       100      | long 1 @ 100     | 9997.9
        """,
    "a stop still beyond fills at the open of the next bar that exists": """
        bar 100 101 99 100      | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        bar 100 101 99 100      | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        unseen 98 99 70 71      | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        bar 90 94 88 91         | 9989.81      9989.81      0        | -                | 9989.81
        """,
    "a stop that the first bar reaches only later fills at its own price": """
        bar 100 101 99 100      | 10000        10000        0        | -                | 10000
        buy 1 stop 95           | 10000        9899.9       100.1    | -                | 10000
        bar 100 101 99 100      | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        lose                    | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        regain                  | 9999.9       9899.9       100      | long 1 @ 100     | 9999.9
        bar 97 98 94 96         | 9994.805     9994.805     0        | -                | 9994.805
        """,
    "a limit still crossed fills at the open, an entry at the market is void": """
        bar 100 101 99 100      | 10000        10000        0        | -                | 10000
        buy 1 limit 90          | 10000        9909.91      90.09    | -                | 10000
        buy 1                   | 10000        9809.81      190.19   | -                | 10000
        lose                    | 10000        9809.81      190.19   | -                | 10000
        bar 85 86 84 85         | 10000        9809.81      190.19   | -                | 10000
        regain                  | 10000        9909.91      90.09    | -                | 10000
        bar 86 88 85 87         | 9999.914     9913.914     86       | long 1 @ 86      | 10000.914
        """,
}
ON_SWAPS = {
    "a short liquidated while nobody looked costs no more than its margin at the first stable price": """
        quote 100               | 10000        10000        0        | -                | 10000
        sell 2                  | 10000        9799.8       200.2    | -                | 10000
        quote 100               | 9999.8       9799.8       200      | short 2 @ 100    | 9999.8
        lose                    | 9999.8       9799.8       200      | short 2 @ 100    | 9999.8
        regain                  | 9999.8       9799.8       200      | short 2 @ 100    | 9999.8
        quote 1000              | 9799.8       9799.8       0        | -                | 9799.8
        """,
    "a short that would have been liquidated and came back lives on": """
        quote 100               | 10000        10000        0        | -                | 10000
        sell 2                  | 10000        9799.8       200.2    | -                | 10000
        quote 100               | 9999.8       9799.8       200      | short 2 @ 100    | 9999.8
        lose                    | 9999.8       9799.8       200      | short 2 @ 100    | 9999.8
        quote 1000              | 9999.8       9799.8       200      | short 2 @ 100    | 8199.8
        regain                  | 9999.8       9799.8       200      | short 2 @ 100    | 8199.8
        quote 101               | 9999.8       9799.8       200      | short 2 @ 100    | 9997.8
        """,
}


def play(rig: PauseRig, action: str) -> None:
    verb, *words = action.split()
    named = dict(zip(words[1::2], words[2::2], strict=True)) if verb in ("buy", "sell") else {}
    actions = {
        "quote": lambda: rig.quote(words[0]),
        "bar": lambda: rig.bar(" ".join(words)),
        "unseen": lambda: rig.unseen_bar(" ".join(words)),
        "buy": lambda: rig.buy(words[0], **named),
        "sell": lambda: rig.sell(words[0], **named),
        "close": rig.close,
        "cancel": rig.cancel,
        "deposit": lambda: rig.move(AdjustmentKind.DEPOSIT, words[0]),
        "withdraw": lambda: rig.move(AdjustmentKind.WITHDRAW, words[0]),
        "pause": lambda: rig.latch(True),
        "lose": rig.lose,
        "regain": rig.regain,
        "suspect": lambda: rig.floor.gate.hold("being looked at"),
        "clear": rig.floor.gate.open,
        "restart": rig.restart,
    }
    actions[verb]()


def row(rig: PauseRig, account: str) -> tuple[str, str, str]:
    view = rig.snapshot(account).balance
    positions = ", ".join(
        f"{each.direction.value} {canonical(each.quantity)} @ {canonical(each.entry_price)}"
        for each in rig.engine(account).books.portfolio.positions.values()
    )
    assert view.portfolio_value is not None
    money = " ".join(canonical(each) for each in (view.total, view.available, view.locked))
    return money, positions or "-", canonical(view.portfolio_value)


def check(rig: PauseRig, table: str) -> None:
    for line in table.strip().splitlines():
        action, money, positions, equity = (cell.strip() for cell in line.split("|"))
        play(rig, action)
        for account in rig.accounts:
            assert row(rig, account) == (" ".join(money.split()), positions, equity), f"{account} after: {action}"
        assert not rig.floor.halted
    assert all(outage.ended_at is not None for outage in rig.outages)


@pytest.mark.requirement("R199", "R201", "R210", "R211")
@pytest.mark.parametrize("name", ON_QUOTES)
def test_on_quotes(name: str) -> None:
    check(PauseRig(instruments=[SPOT]), ON_QUOTES[name])


@pytest.mark.requirement("R199", "R210")
@pytest.mark.parametrize("name", ON_BARS)
def test_on_bars(name: str) -> None:
    check(PauseRig(instruments=[SPOT], fills_on=PriceSource.BARS), ON_BARS[name])


@pytest.mark.parametrize("name", ON_SWAPS)
def test_on_swaps(name: str) -> None:
    check(PauseRig(instruments=[SWAP]), ON_SWAPS[name])
