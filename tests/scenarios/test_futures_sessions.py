"""Perpetual swaps as tables: what happens | total, available and locked | the positions | equity. Exact to 10^-8.

The swap pays 0.1 % as a taker, keeps 0.5 % of its notional as maintenance margin in its first bracket, and pays 0.5 %
when it is liquidated, as far as anything is left. The figures are worked out by hand from the published rules.
"""

from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from tests.builders import SWAP
from tests.trading_rig import TradingRig, check, on_bars

SESSIONS = {
    "a long with leverage 10, from entry to close": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        quote 103 mark 102                    | 9999.9      9989.9      10       | long 1 @ 100       | 10001.9
        close 1                               | 9999.9      9989.9      10       | long 1 @ 100       | 10001.9
        quote 105 mark 104                    | 10004.795   10004.795   0        | -                  | 10004.795
        """,
    "liquidation, isolated: at the maintenance level of the mark, with its fee": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        quote 88 mark 90.47                   | 9999.9      9989.9      10       | long 1 @ 100       | 9990.37
        quote 90.46                           | 9989.9077   9989.9077   0        | -                  | 9989.9077
        """,
    "liquidation of a short, isolated, after a restart": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        short 1 x10                           | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | short 1 @ 100      | 9999.9
        quote 109.44                          | 9999.9      9989.9      10       | short 1 @ 100      | 9990.46
        restart                               | 9999.9      9989.9      10       | short 1 @ 100      | 9990.46
        quote 109.45                          | 9989.90275  9989.90275  0        | -                  | 9989.90275
        """,
    "a gap beyond the last cent costs the margin and no more": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        quote 50                              | 9989.9      9989.9      0        | -                  | 9989.9
        """,
    "a stop nearer than the liquidation comes first": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10 stop 95                    | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        quote 95                              | 9994.805    9994.805    0        | -                  | 9994.805
        """,
    "added margin moves the liquidation away, and comes back with the close": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        margin 1 5                            | 9999.9      9984.9      15       | long 1 @ 100       | 9999.9
        quote 86                              | 9999.9      9984.9      15       | long 1 @ 100       | 9985.9
        restart                               | 9999.9      9984.9      15       | long 1 @ 100       | 9985.9
        margin 1 -1                           | 9999.9      9984.9      15       | long 1 @ 100       | 9985.9
        quote 85.43                           | 9984.90285  9984.90285  0        | -                  | 9984.90285
        """,
    "margin taken out again, down to the initial margin": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        margin 1 5                            | 9999.9      9984.9      15       | long 1 @ 100       | 9999.9
        margin 1 -5.00000001                  | 9999.9      9984.9      15       | long 1 @ 100       | 9999.9
        margin 1 -5                           | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        margin 1 9989.90000001                | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        """,
    "liquidation, cross: all that is free answers": """
        quote 100                             | 2000        2000        0        | -                  | 2000
        long 100 x10 cross                    | 2000        990         1010     | -                  | 2000
        quote 100                             | 1990        990         1000     | long 100 @ 100     | 1990
        quote 80.51                           | 1990        990         1000     | long 100 @ 100     | 41
        withdraw 41.00000001                  | 1990        990         1000     | long 100 @ 100     | 41
        quote 80.5                            | 0           0           0        | -                  | 0
        """,
    "two positions on cross answer for one another, and go together": """
        quote 100                             | 2000        2000        0        | -                  | 2000
        long 60 x10 cross                     | 2000        1394        606      | -                  | 2000
        quote 100                             | 1994        1394        600      | long 60 @ 100      | 1994
        quote 96                              | 1994        1394        600      | long 60 @ 100      | 1754
        long 40 x10 cross                     | 1994        1006.16     987.84   | long 60 @ 100      | 1754
        quote 96                              | 1990.16     1006.16     984      | long 60 @ 100, long 40 @ 96 | 1750.16
        quote 78.8                            | 0           0           0        | -                  | 0
        """,
    "another leverage locks the margin anew": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        leverage 1 20                         | 9999.9      9994.9      5        | long 1 @ 100       | 9999.9
        restart                               | 9999.9      9994.9      5        | long 1 @ 100       | 9999.9
        leverage 1 4                          | 9999.9      9974.9      25       | long 1 @ 100       | 9999.9
        leverage 1 126                        | 9999.9      9974.9      25       | long 1 @ 100       | 9999.9
        close 1 0.4                           | 9999.9      9974.9      25       | long 1 @ 100       | 9999.9
        quote 110                             | 10003.856   9988.856    15       | long 0.6 @ 100     | 10009.856
        """,
    "more leverage is refused while the loss does not leave its margin": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 94                              | 9999.906    9990.506    9.4      | long 1 @ 94        | 9999.906
        quote 90                              | 9999.906    9990.506    9.4      | long 1 @ 94        | 9995.906
        leverage 1 20                         | 9999.906    9990.506    9.4      | long 1 @ 94        | 9995.906
        """,
    "reverse closes and opens in one": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        reverse 1                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        quote 110                             | 10009.79    9998.68     11.11    | -                  | 10009.79
        restart                               | 10009.79    9998.68     11.11    | -                  | 10009.79
        quote 110                             | 10009.68    9998.68     11       | short 1 @ 110      | 10009.68
        quote 100                             | 10009.68    9998.68     11       | short 1 @ 110      | 10019.68
        """,
    "funding is paid by longs and comes once, restart or not": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        funding 0.0001 100                    | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        restart                               | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        quote 100                             | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        funding -0.00033333 101.01            | 9999.92366966 9989.92366966 10   | long 1 @ 100       | 9999.92366966
        close 1                               | 9999.92366966 9989.92366966 10   | long 1 @ 100       | 9999.92366966
        quote 100                             | 9999.82366966 9999.82366966 0    | -                  | 9999.82366966
        funding 0.01 100                      | 9999.82366966 9999.82366966 0    | -                  | 9999.82366966
        """,
    "funding of a short": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        short 2 x10                           | 10000       9979.8      20.2     | -                  | 10000
        quote 100                             | 9999.8      9979.8      20       | short 2 @ 100      | 9999.8
        funding 0.00012345 99.99              | 9999.82468753 9979.82468753 20   | short 2 @ 100      | 9999.82468753
        """,
    "funding that fell due in a pause is booked when it ends, once": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        quote 100                             | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        pause                                 | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        funding 0.0001 100                    | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        resume                                | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        quote 100                             | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        restart                               | 9999.89     9989.89     10       | long 1 @ 100       | 9999.89
        """,
    "funding that the free money does not cover is taken from the margin": """
        quote 100                             | 1010        1010        0        | -                  | 1010
        long 100 x10                          | 1010        0           1010     | -                  | 1010
        quote 100                             | 1000        0           1000     | long 100 @ 100     | 1000
        funding 0.001 100                     | 990         0           990      | long 100 @ 100     | 990
        """,
    "a hedge on cross makes nothing: a loss beyond the cash takes the gain first, at the same price": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 500 x20 cross                    | 10000       7450        2550     | -                  | 10000
        short 500 x20 cross                   | 10000       4900        5100     | -                  | 10000
        quote 100                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 150                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        close 2                        | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 150                             | 9750        9750        0        | -                  | 9750
        """,
    "a hedge on cross, the gain closed by hand first": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 500 x20 cross                    | 10000       7450        2550     | -                  | 10000
        short 500 x20 cross                   | 10000       4900        5100     | -                  | 10000
        quote 100                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 150                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        close 1                        | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 150                             | 34825       32325       2500     | short 500 @ 100    | 9825
        close 2                               | 34825       32325       2500     | short 500 @ 100    | 9825
        quote 150                             | 9750        9750        0        | -                  | 9750
        """,
    "a hedge on cross, a loss that the cash pays leaves the gain alone": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 500 x20 cross                    | 10000       7450        2550     | -                  | 10000
        short 500 x20 cross                   | 10000       4900        5100     | -                  | 10000
        quote 100                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 109                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        close 2                        | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 109                             | 5345.5      2845.5      2500     | long 500 @ 100     | 9845.5
        """,
    "a hedge on cross, the stop of the loss": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        long 500 x20 cross                    | 10000       7450        2550     | -                  | 10000
        short 500 x20 cross stop 125          | 10000       4900        5100     | -                  | 10000
        quote 100                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 124                      | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        restart                        | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        quote 126                             | 9774        9774        0        | -                  | 9774
        """,
    "a hedge on cross, close all": """
        quote 100                             | 1000        1000        0        | -                  | 1000
        long 80 x20 cross                     | 1000        592         408      | -                  | 1000
        short 80 x20 cross                    | 1000        184         816      | -                  | 1000
        quote 100                             | 984         184         800      | long 80 @ 100, short 80 @ 100 | 984
        quote 115                             | 984         184         800      | long 80 @ 100, short 80 @ 100 | 984
        close-all                             | 984         184         800      | long 80 @ 100, short 80 @ 100 | 984
        quote 115                             | 965.6       965.6       0        | -                  | 965.6
        """,
    "a resting entry locks margin and fee, and frees them": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        short 1 x20 limit 110                 | 10000       9994.39     5.61     | -                  | 10000
        cancel 1                              | 10000       10000       0        | -                  | 10000
        """,
}
START_AMOUNTS = {
    "a hedge on cross, close all": 1000,
    "liquidation, cross: all that is free answers": 2000,
    "two positions on cross answer for one another, and go together": 2000,
    "funding that the free money does not cover is taken from the margin": 1010,
}
ON_BARS = {
    "liquidated inside a bar at its level, by a gap at the open": """
        bar 100 100 100 100                   | 10000       10000       0        | -                  | 10000
        long 1 x10                            | 10000       9989.9      10.1     | -                  | 10000
        long 1 x5                             | 10000       9969.8      30.2     | -                  | 10000
        bar 100 101 99 100                    | 9999.8      9969.8      30       | long 1 @ 100, long 1 @ 100 | 9999.8
        bar 95 96 90 92                       | 9989.8077   9969.8077   20       | long 1 @ 100       | 9981.8077
        bar 80.2 81 80 81                     | 9969.8077   9969.8077   0        | -                  | 9969.8077
        """,
    "a hedge on cross, the stop of the loss inside a bar": """
        bar 100 100 100 100                   | 10000       10000       0        | -                  | 10000
        long 500 x20 cross                    | 10000       7450        2550     | -                  | 10000
        short 500 x20 cross stop 125          | 10000       4900        5100     | -                  | 10000
        bar 100 100 100 100            | 9900        4900        5000     | long 500 @ 100, short 500 @ 100 | 9900
        bar 119 130 118 126                   | 9775        9775        0        | -                  | 9775
        """,
    "stop and liquidation inside one bar: the nearer one": """
        bar 100 100 100 100                   | 10000       10000       0        | -                  | 10000
        long 1 x10 stop 91                    | 10000       9989.9      10.1     | -                  | 10000
        bar 100 101 99 100                    | 9999.9      9989.9      10       | long 1 @ 100       | 9999.9
        bar 95 96 85 90                       | 9990.809    9990.809    0        | -                  | 9990.809
        """,
}


@pytest.mark.requirement("R34", "R74", "R75", "R76", "R172", "R174")
@pytest.mark.parametrize("name", SESSIONS)
def test_swaps(name: str) -> None:
    rig = TradingRig(instruments=[SWAP], start_amount=START_AMOUNTS.get(name, 10_000))
    check(rig, SESSIONS[name])


@pytest.mark.parametrize("name", ON_BARS)
def test_swaps_on_bars(name: str) -> None:
    check(on_bars(instruments=[SWAP]), ON_BARS[name])


def test_what_a_liquidation_books_is_a_loss_and_a_fee_of_their_own_kinds() -> None:
    rig = TradingRig(instruments=[SWAP])
    check(rig, SESSIONS["liquidation, isolated: at the maintenance level of the mark, with its fee"])

    fee, closed = rig.memory.entries[-2:]

    assert (fee.draft.kind, fee.draft.reason) == (EntryKind.FEE, "fee_liquidation")
    assert closed.draft.kind is EntryKind.LIQUIDATION
    assert [each.draft.changes() for each in (fee, closed)] == [
        (Decimal("-0.4523"), Decimal("-0.4523")),
        (Decimal("-9.54"), Decimal("-9.5477")),
    ]
