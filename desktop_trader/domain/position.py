"""Positions: lots opened by one entry order each, never netted or flipped by themselves."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, MarginMode, OrderReason
from desktop_trader.domain.values import changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One lot. `quantity` is what is open now; `entry_quantity` and `entry_cost` sum its entry fills exactly.

    `margin` is what is locked for it, in the account's currency. `entered_within_bar` says that the entry
    happened somewhere inside the bar that opened at `opening_bar_at`, so that of this bar only the stop can be
    believed to have come later. `trail_percent` lets the stop follow the best price since the entry (how far it has
    come is a ratchet beside the books); `stop_loss` is the level that was set. `funding` is what it was paid (+) and
    paid (-) in funding so far.
    """

    id: int
    account_id: int
    run_id: int
    symbol: str
    direction: Direction
    quantity: Decimal
    entry_quantity: Decimal
    entry_cost: Decimal
    margin: Decimal
    entry_order_id: int
    opened_at: datetime
    contract_size: Decimal
    leverage: int = 1
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    opening_bar_at: datetime | None = None
    entered_within_bar: bool = False
    strategy_run_id: int | None = None
    closed_at: datetime | None = None
    close_reason: OrderReason | None = None
    margin_mode: MarginMode = MarginMode.ISOLATED
    trail_percent: Decimal | None = None
    funding: Decimal = ZERO

    @property
    def entry_price(self) -> Decimal:
        """Average price paid (or received) per unit: derived from the exact cost, never stored rounded."""
        return self.entry_cost / (self.entry_quantity * self.contract_size)

    @property
    def open_cost(self) -> Decimal:
        """What the open quantity cost at its average entry price, in the account's currency."""
        return self.entry_cost * self.quantity / self.entry_quantity

    @property
    def is_open(self) -> bool:
        """Whether any quantity is left."""
        return self.quantity > 0

    def increased_by(self, fill: Fill, *, margin: Decimal) -> "Position":
        """Return the position after one more fill of its entry order, with `margin` more locked.

        Raises:
            InvariantError: the fill is for another symbol or side.
        """
        self._check(fill, closes=False)
        return changed(
            self,
            quantity=self.quantity + fill.quantity,
            entry_quantity=self.entry_quantity + fill.quantity,
            entry_cost=self.entry_cost + fill.quantity * fill.price * self.contract_size,
            margin=self.margin + margin,
            fees=self.fees + fill.fee,
        )

    def reduced_by(self, fill: Fill, *, margin: Decimal, reason: OrderReason) -> "Position":
        """Return the position after an exit fill that released `margin`; closed when nothing is left.

        Raises:
            InvariantError: the fill is for another symbol or side, or closes more than is open.
        """
        self._check(fill, closes=True)
        quantity = self.quantity - fill.quantity
        if quantity < 0:
            raise InvariantError(f"position {self.id}: closing {fill.quantity} of {self.quantity}")
        return changed(
            self,
            quantity=quantity,
            margin=self.margin - margin,
            realized_pnl=self.realized_pnl + fill.realized_pnl,
            fees=self.fees + fill.fee,
            closed_at=fill.at if quantity == 0 else None,
            close_reason=reason if quantity == 0 else None,
        )

    def _check(self, fill: Fill, *, closes: bool) -> None:
        expected = self.direction.entry_side.opposite if closes else self.direction.entry_side
        if fill.symbol != self.symbol or fill.side is not expected or fill.quantity <= 0:
            raise InvariantError(f"fill {fill.id} does not belong to position {self.id}")
