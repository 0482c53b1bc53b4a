"""What can be traded: symbols, their price and quantity grids, minimum sizes and fee rates."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.margin_brackets import SPOT_BRACKETS, STANDARD_BRACKETS, MarginBracket
from desktop_trader.domain.money import ONE, ZERO, ceil_to_step, floor_to_step

_SYMBOL = re.compile(r"([A-Z0-9]{1,15})/([A-Z0-9]{1,10})(?::([A-Z0-9]{1,10}))?", re.ASCII)
_COMPACT_SYMBOL = re.compile(r"([A-Z0-9]{1,15}?)(USDT|USDC|USD|BTC|ETH|EUR)", re.ASCII)


class InstrumentKind(StrEnum):
    """Spot: whole notional is paid. Swap: a linear perpetual, of which margin is locked."""

    SPOT = "spot"
    SWAP = "swap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One market and its rules.

    `tick_size` is the price grid, `lot_size` the quantity grid in base currency (contracts for swaps);
    `minimum_notional` and all amounts are in `settle` currency. Fee rates are fractions of the notional;
    `liquidation_fee_rate` is what a forced close costs in the place of the taker fee, as far as margin is left.
    `minimum_quantity` and `maximum_quantity` bound one order. `brackets` are the market's own tiers, empty where it
    names none; `funding_interval` is how often longs and shorts pay one another, None where they never do.
    """

    symbol: str
    base: str
    quote: str
    settle: str
    kind: InstrumentKind
    tick_size: Decimal
    lot_size: Decimal
    minimum_notional: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    contract_size: Decimal = ONE
    minimum_quantity: Decimal = ZERO
    maximum_quantity: Decimal | None = None
    brackets: tuple[MarginBracket, ...] = ()
    liquidation_fee_rate: Decimal = Decimal("0.005")
    funding_interval: timedelta | None = None

    @property
    def margin_brackets(self) -> tuple[MarginBracket, ...]:
        """The tiers that count: the market's own, else the standard ones of a swap."""
        if self.brackets:
            return self.brackets
        return STANDARD_BRACKETS if self.kind is InstrumentKind.SWAP else SPOT_BRACKETS

    @property
    def max_leverage(self) -> int:
        """The leverage that the smallest position may have; larger ones may have less (`margin_brackets`)."""
        return self.margin_brackets[0].max_leverage

    @property
    def allows_short(self) -> bool:
        """Spot is long only; swaps go both ways."""
        return self.kind is InstrumentKind.SWAP

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return quantity x price x contract size, exact, in settle currency."""
        return quantity * price * self.contract_size

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Return the quantity rounded down to the lot; may be zero."""
        return floor_to_step(quantity, self.lot_size)

    def round_price_down(self, price: Decimal) -> Decimal:
        """Return the price rounded down to the tick."""
        return floor_to_step(price, self.tick_size)

    def round_price_up(self, price: Decimal) -> Decimal:
        """Return the price rounded up to the tick."""
        return ceil_to_step(price, self.tick_size)

    def is_on_price_grid(self, price: Decimal) -> bool:
        """Say whether a price is positive and a multiple of the tick."""
        return price > 0 and price % self.tick_size == 0

    def is_on_quantity_grid(self, quantity: Decimal) -> bool:
        """Say whether a quantity is positive and a multiple of the lot."""
        return quantity > 0 and quantity % self.lot_size == 0


def parse_symbol(text: str) -> str:
    """Return the unified form of a symbol: `BTC/USDT`, swaps `BTC/USDT:USDT`; `BTCUSDT` is understood too.

    Raises:
        InvalidInputError: the text is not a symbol.
    """
    symbol = text.strip().upper()
    if _SYMBOL.fullmatch(symbol):
        return symbol
    compact = _COMPACT_SYMBOL.fullmatch(symbol)
    if compact is None:
        raise InvalidInputError(f"{text!r} is not a symbol; write it as BTC/USDT, or BTC/USDT:USDT for a swap")
    return f"{compact[1]}/{compact[2]}"
