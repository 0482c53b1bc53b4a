"""How an account did, net of what people moved: time-weighted return and drawdown, point by point.

The time-weighted return is the product of what each stretch between two flows earned, (value just before a flow) /
(value just after the one before), less one: the "true" time-weighted rate of return of the CFA Institute's Global
Investment Performance Standards (GIPS). The value is known at every flow, so nothing has to be approximated, as
modified Dietz does. Money that comes or goes moves neither return nor drawdown, whenever it does.

Values are counts of 10^-8; a million points go through here in well under a second, so there is no `Decimal` in the way
between two flows.
"""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.money import HUNDRED, ZERO

_ONE = Decimal(1)
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Performance:
    """What the points seen so far come to. `add` takes them in their order; the first one is the opening.

    A stretch that begins with nothing has no return and counts as none. Whoever lost everything stays at -100 %.
    """

    _factor: Decimal = _ONE
    _base: int = 0
    _last: int = 0
    _peak: int = 0
    _low: int = 0
    _peak_ratio: Decimal = _ONE
    _worst: Decimal = ZERO
    _has_points: bool = False

    def add(self, equity: int, flow: int = 0) -> None:
        """Take the next value of the account; `flow` of it came in (+) or went out (-) since the one before."""
        if flow or not self._has_points:
            self._begin_stretch(equity, flow)
        elif equity > self._peak:
            self._settle()
            self._peak = self._low = equity
        elif equity < self._low:
            self._low = equity
        self._last = equity

    def return_percent(self) -> Decimal | None:
        """Return the return at the last point in percent, rounded to two decimals for display; None without points."""
        return (self.return_at(self._last) * HUNDRED).quantize(_CENT) if self._has_points else None

    def return_at(self, equity: int) -> Decimal:
        """Return the return at a value within the present stretch, as a share of one: 0.1 is 10 %."""
        return (self._factor * equity / self._base if self._base > 0 else self._factor) - _ONE

    def max_drawdown_percent(self) -> Decimal | None:
        """Return the deepest fall of the return from its peak before, in percent of that peak; None without points."""
        if not self._has_points:
            return None
        self._settle()
        return (self._worst * HUNDRED).quantize(_CENT)

    def _begin_stretch(self, equity: int, flow: int) -> None:
        if self._has_points and self._base > 0:
            before = max(equity - flow, 0)
            self._peak, self._low = max(self._peak, before), min(self._low, before)
            self._settle()
            self._factor = self._factor * before / self._base
            self._peak_ratio = Decimal(self._peak) / before if before else _ONE
        self._has_points = True
        self._base = self._low = max(equity, 0)
        # Where the peak of the index lies in the values of the new stretch.
        self._peak = int(self._base * self._peak_ratio)

    def _settle(self) -> None:
        """Note how far the lowest value lay below the peak before it."""
        if self._peak > self._low:
            self._worst = max(self._worst, _ONE - Decimal(max(self._low, 0)) / self._peak)
