"""Every kind of order as tables: what happens | total, available and locked | the positions | equity. Exact to 10^-8.

Spot pays 0.1 % as a taker and 0.05 % as a maker. The figures are worked out by hand from the rules; `bids` and `asks`
are what waits around a price, `2x5` is 5 at 2.
"""

import pytest

from tests.builders import SPOT
from tests.trading_rig import TradingRig, check, on_bars

ON_BOOKS = {
    "a market order walks the book and pays what waits there": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100 asks 100x0.4,100.1x1        | 9999.89994  9899.83994  100.06   | long 1 @ 100.06    | 9999.83994
        """,
    "a market order gets what the book holds, and no more": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100 asks 100x0.4                | 9999.96     9959.96     40       | long 0.4 @ 100     | 9999.96
        quote 100 asks 100x9                  | 9999.96     9959.96     40       | long 0.4 @ 100     | 9999.96
        """,
    "what one order took of a book is not there for the next": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        buy 1                                 | 10000       9799.8      200.2    | -                  | 10000
        quote 100 asks 100x1.5,101x2          | 9999.7995   9799.2995   200.5 | long 1 @ 100, long 1 @ 100.5 | 9999.2995
        """,
    "an exit takes what the book holds and goes on with the next": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        close 1                               | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 101 bids 101x0.25               | 10000.12475 9925.12475 75       | long 0.75 @ 100    | 10000.87475
        restart                               | 10000.12475 9925.12475 75       | long 0.75 @ 100    | 10000.87475
        quote 102 bids 102x9                  | 10001.54825 10001.54825 0       | -                  | 10001.54825
        """,
    "a limit order waits behind what was there, is filled in parts and pays as a maker": """
        quote 100 bids 99.9x2 asks 100x5      | 10000       10000       0        | -                  | 10000
        buy 1 limit 99.9                      | 10000       9900.0001   99.9999  | -                  | 10000
        quote 100 bids 99.9x2 asks 100x5      | 10000       9900.0001   99.9999  | -                  | 10000
        quote 99.9 bids 99.8x1 asks 99.9x1.5  | 10000       9900.0001   99.9999  | -                  | 10000
        restart                               | 10000       9900.0001   99.9999  | -                  | 10000
        quote 99.9 bids 99.8x1 asks 99.9x0.9  | 9999.98002  9900.0001   99.97992 | long 0.4 @ 99.9    | 9999.98002
        quote 99.7 bids 99.6x1 asks 99.7x1    | 9999.95005  9900.05005  99.9     | long 1 @ 99.9      | 9999.75005
        """,
    "a limit order that meets the market pays as a taker, up to its limit": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1.2 limit 100.1                   | 10000       9879.75988  120.24012 | -                 | 10000
        quote 100 asks 100x0.5,100.1x0.5,100.2x9 | 9999.89995 9879.75988 120.14007 | long 1 @ 100.05 | 9999.84995
        """,
    "an order for now or never takes what is there now, the rest is void": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 100 ioc                   | 10000       9899.9      100.1    | -                  | 10000
        quote 100 asks 100x0.4,100.1x9        | 9999.96     9959.96     40       | long 0.4 @ 100     | 9999.96
        """,
    "an order for all or nothing gets nothing where not all is there": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 100 fok                   | 10000       9899.9      100.1    | -                  | 10000
        quote 100 asks 100x0.4,100.1x9        | 10000       10000       0        | -                  | 10000
        buy 1 limit 100.1 fok                 | 10000       9899.7999   100.2001 | -                  | 10000
        quote 100 asks 100x0.4,100.1x9        | 9999.89994  9899.83994  100.06   | long 1 @ 100.06    | 9999.83994
        """,
    "an order that must not take is rejected where it would": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 100 post-only             | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 99 post-only              | 10000       9900.901    99.099   | -                  | 10000
        quote 100                             | 10000       9900.901    99.099   | -                  | 10000
        quote 98                              | 9999.9505   9900.9505   99       | long 1 @ 99        | 9998.9505
        """,
    "an order with a date ends at its date": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 90 gtd 3                  | 10000       9909.91     90.09    | -                  | 10000
        quote 95                              | 10000       9909.91     90.09    | -                  | 10000
        restart                               | 10000       9909.91     90.09    | -                  | 10000
        quote 91                              | 10000       9909.91     90.09    | -                  | 10000
        quote 90                              | 10000       10000       0        | -                  | 10000
        """,
    "a stop waits for its trigger and then buys at the market": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 stop-market 105                 | 10000       9894.895    105.105  | -                  | 10000
        quote 104.99                          | 10000       9894.895    105.105  | -                  | 10000
        restart                               | 10000       9894.895    105.105  | -                  | 10000
        quote 106                             | 9999.894    9893.894    106      | long 1 @ 106       | 9999.894
        """,
    "a stop limit rests at its limit once it was triggered": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 stop-limit 105 105.5            | 10000       9894.3945   105.6055 | -                  | 10000
        quote 106                             | 10000       9894.3945   105.6055 | -                  | 10000
        restart                               | 10000       9894.3945   105.6055 | -                  | 10000
        quote 105.2                           | 9999.94725  9894.44725  105.5    | long 1 @ 105.5     | 9999.64725
        """,
    "a target buys where the price has fallen to": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 take-profit 95                  | 10000       9904.905    95.095   | -                  | 10000
        quote 95.01                           | 10000       9904.905    95.095   | -                  | 10000
        quote 94                              | 9999.906    9905.906    94       | long 1 @ 94        | 9999.906
        """,
    "a trailing stop of a position follows the price up and never down": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        protect 1 trail 5                     | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 110                             | 9999.9      9899.9      100      | long 1 @ 100       | 10009.9
        restart                               | 9999.9      9899.9      100      | long 1 @ 100       | 10009.9
        quote 104.51                          | 9999.9      9899.9      100      | long 1 @ 100       | 10004.41
        quote 104.5                           | 10004.2955  10004.2955  0        | -                  | 10004.2955
        """,
    "a trailing stop order closes a part of a position": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        sell 0.4 trailing 5 of 1              | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 110                             | 9999.9      9899.9      100      | long 1 @ 100       | 10009.9
        restart                               | 9999.9      9899.9      100      | long 1 @ 100       | 10009.9
        quote 104                             | 10001.4584  9941.4584   60       | long 0.6 @ 100     | 10003.8584
        """,
    "of a pair the first to fill cancels the other": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        oco buy 1 limit 95 stop 105           | 10000       9799.8      200.2    | -                  | 10000
        restart                               | 10000       9799.8      200.2    | -                  | 10000
        quote 100                             | 10000       9799.8      200.2    | -                  | 10000
        quote 106                             | 9999.894    9893.894    106      | long 1 @ 106       | 9999.894
        quote 94                              | 9999.894    9893.894    106      | long 1 @ 106       | 9987.894
        """,
    "a part of one of a pair cancels the other whole": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        oco buy 1 limit 95 stop 105           | 10000       9799.8      200.2    | -                  | 10000
        quote 100 bids 99x1,94x1 asks 100x1   | 10000       9799.8      200.2    | -                  | 10000
        quote 95 bids 94.9x1 asks 95x0.4      | 9999.981    9904.905    95.076   | long 0.4 @ 95      | 9999.981
        quote 106                             | 9999.981    9904.905    95.076   | long 0.4 @ 95      | 10004.381
        """,
    "a pair of exits: the target of a half, or the stop of it": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 stop 90                         | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        oco sell 0.5 limit 110 stop 95 of 1   | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 105                             | 9999.9      9899.9      100      | long 1 @ 100       | 10004.9
        quote 111                             | 10004.8725  9954.8725   50       | long 0.5 @ 100     | 10010.3725
        quote 95                              | 10004.8725  9954.8725   50       | long 0.5 @ 100     | 10002.3725
        quote 90                              | 9999.8275   9999.8275   0        | -                  | 9999.8275
        """,
    "resting exits end with their position": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 stop 95                         | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        sell 1 limit 110 of 1                 | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        sell 0.5 limit 105 of 1               | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 95                              | 9994.805    9994.805    0        | -                  | 9994.805
        quote 120                             | 9994.805    9994.805    0        | -                  | 9994.805
        """,
    "exits never close more than is open": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        sell 0.7 limit 105 of 1               | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        sell 0.7 limit 106 of 1               | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 101                             | 9999.9      9899.9      100      | long 1 @ 100       | 10000.9
        quote 107                             | 10005.14735 10005.14735 0        | -                  | 10005.14735
        """,
    "an edited order locks what its new terms need": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1 limit 90                        | 10000       9909.91     90.09    | -                  | 10000
        edit 1 limit 80                       | 10000       9919.92     80.08    | -                  | 10000
        edit 1 quantity 2 limit 85            | 10000       9829.83     170.17   | -                  | 10000
        restart                               | 10000       9829.83     170.17   | -                  | 10000
        edit 1 quantity 1000                  | 10000       9829.83     170.17   | -                  | 10000
        quote 90                              | 10000       9829.83     170.17   | -                  | 10000
        quote 84                              | 9999.915    9829.915    170      | long 2 @ 85        | 9997.915
        """,
    "a part is closed by hand, then the rest": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 3                                 | 10000       9699.7      300.3    | -                  | 10000
        quote 100                             | 9999.7      9699.7      300      | long 3 @ 100       | 9999.7
        close 1 1                             | 9999.7      9699.7      300      | long 3 @ 100       | 9999.7
        quote 110                             | 10009.59    9809.59     200      | long 2 @ 100       | 10029.59
        close 1                               | 10009.59    9809.59     200      | long 2 @ 100       | 10029.59
        quote 90                              | 9989.41     9989.41     0        | -                  | 9989.41
        """,
    "close all cancels, closes, and enters nothing until it is cleared": """
        quote 100                             | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        quote 100                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        buy 1 limit 90                        | 9999.9      9809.81     190.09   | long 1 @ 100       | 9999.9
        close-all                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        close-all                             | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        quote 99                              | 9998.801    9998.801    0        | -                  | 9998.801
        buy 1                                 | 9998.801    9998.801    0        | -                  | 9998.801
        restart                               | 9998.801    9998.801    0        | -                  | 9998.801
        buy 1                                 | 9998.801    9998.801    0        | -                  | 9998.801
        clear                                 | 9998.801    9998.801    0        | -                  | 9998.801
        quote 99                              | 9998.801    9998.801    0        | -                  | 9998.801
        buy 1                                 | 9998.801    9899.702    99.099   | -                  | 9998.801
        """,
}
ON_BARS = {
    "a stop bought inside a bar, at its trigger; beyond an open at the open": """
        bar 100 101 99 100                    | 10000       10000       0        | -                  | 10000
        buy 1 stop-market 105                 | 10000       9894.895    105.105  | -                  | 10000
        buy 1 stop-market 110                 | 10000       9784.785    215.215  | -                  | 10000
        bar 101 106 100 104                   | 9999.895    9784.785    215.11   | long 1 @ 105       | 9998.895
        bar 112 113 111 111                   | 9999.783    9782.783    217    | long 1 @ 105, long 1 @ 112 | 10004.783
        """,
    "a limit is filled at its limit, or at a better open": """
        bar 100 101 99 100                    | 10000       10000       0        | -                  | 10000
        buy 1 limit 95                        | 10000       9904.905    95.095   | -                  | 10000
        bar 99 100 96 97                      | 10000       9904.905    95.095   | -                  | 10000
        bar 97 98 94 96                       | 9999.9525   9904.9525   95       | long 1 @ 95        | 10000.9525
        buy 1 limit 93                        | 9999.9525   9811.8595   188.093  | long 1 @ 95        | 10000.9525
        bar 92 94 91 93                       | 9999.8605   9812.8605   187      | long 1 @ 95, long 1 @ 92 | 9998.8605
        """,
    "an order for now takes the next open or nothing": """
        bar 100 101 99 100                    | 10000       10000       0        | -                  | 10000
        buy 1 limit 99.5 ioc                  | 10000       9900.4005   99.5995  | -                  | 10000
        bar 100 101 99 100                    | 10000       10000       0        | -                  | 10000
        buy 1 limit 99.5 ioc                  | 10000       9900.4005   99.5995  | -                  | 10000
        bar 99 101 98 100                     | 9999.901    9900.901    99       | long 1 @ 99        | 10000.901
        """,
    "a trailing stop knows of a bar's high only when the bar is over": """
        bar 100 100 100 100                   | 10000       10000       0        | -                  | 10000
        buy 1                                 | 10000       9899.9      100.1    | -                  | 10000
        bar 100 100 100 100                   | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        protect 1 trail 5                     | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        bar 100 120 100 118                   | 9999.9      9899.9      100      | long 1 @ 100       | 10017.9
        bar 116 117 113 115                   | 10013.786   10013.786   0        | -                  | 10013.786
        """,
    "two levels inside one bar: the stop, whatever the target says": """
        bar 100 101 99 100                    | 10000       10000       0        | -                  | 10000
        buy 1 stop 95 target 105              | 10000       9899.9      100.1    | -                  | 10000
        bar 100 100 100 100                   | 9999.9      9899.9      100      | long 1 @ 100       | 9999.9
        bar 100 106 94 100                    | 9994.805    9994.805    0        | -                  | 9994.805
        """,
}


@pytest.mark.requirement("R34", "R76", "R90", "R172", "R173", "R174")
@pytest.mark.parametrize("name", ON_BOOKS)
def test_on_books(name: str) -> None:
    check(TradingRig(instruments=[SPOT]), ON_BOOKS[name])


@pytest.mark.parametrize("name", ON_BARS)
def test_on_bars(name: str) -> None:
    check(on_bars(instruments=[SPOT]), ON_BARS[name])
