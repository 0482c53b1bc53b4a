"""The newest closing prices as an array, for indicators: the one place besides charts where Decimal becomes float."""

from decimal import Decimal
from typing import TYPE_CHECKING

from desktop_trader.domain.money import SCALE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CAPACITY_FACTOR = 64
_UNITS_PER_ONE = Decimal(10**SCALE)


class CandleWindow:
    """Closing prices of one symbol and timeframe, oldest first, in units of 10^-8 of the price.

    Whole units are exact in a float up to 9 * 10^15, and so are sums of them: an average of the same bars is
    then the same number however it was summed, and wherever the run started.
    """

    def __init__(self, length: int) -> None:
        """Keep at least the newest `length` >= 1 closes."""
        import numpy  # after the first paint: start-up does not wait for it

        self._length = length
        self._closes = numpy.empty(length * _CAPACITY_FACTOR)
        self._end = 0

    def __len__(self) -> int:
        """How many closes there are; more than `length` are not promised."""
        return self._end

    def append(self, close: Decimal) -> None:
        """Add the close of the newest bar."""
        if self._end == len(self._closes):
            kept = self._length - 1
            self._closes[:kept] = self._closes[self._end - kept : self._end]
            self._end = kept
        units = close * _UNITS_PER_ONE
        whole = int(units)
        # By way of an integer in half the time: a float of a decimal is made out of its digits.
        self._closes[self._end] = whole if whole == units else float(units)
        self._end += 1

    def closes(self, count: int) -> "NDArray[np.float64]":
        """Return the newest `count` closes, oldest first, as a view; fewer when there are fewer."""
        return self._closes[max(0, self._end - count) : self._end]
