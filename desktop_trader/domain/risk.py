"""Whether an order may be placed at all: sizes, limits and funds, checked before anything is stored.

A refusal is a value: a `Denial` names the rule and the figures, for the person and for the decision log.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import HUNDRED, canonical, display_amount
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.portfolio import Portfolio


class Rule(StrEnum):
    """The rule an order broke; the values are public."""

    UNITS_CHANGED = "units_changed"
    ENTRIES_PAUSED = "entries_paused"
    NO_PRICE = "no_price"
    PRICE_GRID = "price_grid"
    QUANTITY_GRID = "quantity_grid"
    MINIMUM_NOTIONAL = "minimum_notional"
    MINIMUM_QUANTITY = "minimum_quantity"
    MAXIMUM_QUANTITY = "maximum_quantity"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    MARGIN_RATIO = "margin_ratio"
    CLOSE_ONLY = "close_only"
    TERMS = "terms"
    SHORT_ON_SPOT = "short_on_spot"
    PROTECTION = "protection"
    MAX_POSITION = "max_position_size"
    RISK_PER_TRADE = "risk_per_trade"
    FUNDS = "insufficient_funds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Our refusal of a wish: the rule, and a sentence with its figures."""

    reason: Rule
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Limits in percent of the current balance: what one position locks, and its loss if its stop is hit.

    `max_margin_ratio_percent` is the most that may be locked afterwards, in percent of equity. With `cuts_down` an
    order beyond a limit is cut down to it, where the market takes one so small, instead of refused.
    """

    max_position_percent: Decimal
    risk_per_trade_percent: Decimal
    max_margin_ratio_percent: Decimal = HUNDRED
    cuts_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWish:
    """An entry somebody wants. `price` is the limit, or what the market showed when the wish was made.

    `stop_loss` and `take_profit` are prices as they would be at that price; None without one.
    """

    instrument: Instrument
    direction: Direction
    quantity: Decimal
    price: Decimal
    leverage: int = 1
    margin_mode: MarginMode = MarginMode.ISOLATED
    limit_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None

    @property
    def notional(self) -> Decimal:
        """Notional at `price`."""
        return self.instrument.notional(self.quantity, self.price)

    @property
    def reserve(self) -> Decimal:
        """What the order locks: its initial margin and its fee at the taker rate, at `price`."""
        fee = trading_fee(self.instrument, self.quantity, price=self.price, is_maker=False)
        return initial_margin(self.notional, self.leverage) + fee


def check_entry(wish: EntryWish, portfolio: Portfolio, *, limits: RiskLimits) -> Denial | None:
    """Return why an entry is refused, or None. The rules of the exchange come first, then ours, then the funds."""
    return _check_grid(wish) or _check_protection(wish) or _check_limits(wish, portfolio, limits)


def stake_quantity(balance: Decimal, stake_percent: Decimal, *, price: Decimal, instrument: Instrument) -> Decimal:
    """Return `stake_percent` of the balance as a quantity at `price`, rounded down to the lot; zero if it is too small.

    The balance is the wallet's total at this moment, so that an adjustment is effective at the next sizing.
    """
    quantity = instrument.round_quantity(balance * stake_percent / HUNDRED / (price * instrument.contract_size))
    return quantity if instrument.notional(quantity, price) >= instrument.minimum_notional else quantity * 0


def _check_grid(wish: EntryWish) -> Denial | None:
    instrument = wish.instrument
    if wish.direction is Direction.SHORT and not instrument.allows_short:
        return Denial(
            reason=Rule.SHORT_ON_SPOT,
            detail=f"{instrument.symbol} is spot and long only; go short on {instrument.symbol}:{instrument.quote}",
        )
    if not instrument.is_on_quantity_grid(wish.quantity):
        return Denial(
            reason=Rule.QUANTITY_GRID,
            detail=f"quantity {canonical(wish.quantity)} is not a multiple of the lot {canonical(instrument.lot_size)}",
        )
    if wish.limit_price is not None and not instrument.is_on_price_grid(wish.limit_price):
        return _off_the_price_grid(wish.limit_price, instrument)
    if wish.notional < instrument.minimum_notional:
        need = display_amount(instrument.minimum_notional, instrument.settle)
        have = display_amount(wish.notional, instrument.settle)
        return Denial(reason=Rule.MINIMUM_NOTIONAL, detail=f"the order is worth {have}; the minimum is {need}")
    return None


def _check_protection(wish: EntryWish) -> Denial | None:
    sign = wish.direction.sign
    for name, level, side in (("stop loss", wish.stop_loss, -sign), ("take profit", wish.take_profit, sign)):
        if level is None:
            continue
        if level <= 0 or (level - wish.price) * side <= 0:
            where = "above" if side > 0 else "below"
            return Denial(
                reason=Rule.PROTECTION,
                detail=f"the {name} {canonical(level)} of a {wish.direction.value} must be {where} the entry price "
                f"{canonical(wish.price)}",
            )
        if not wish.instrument.is_on_price_grid(level):
            return _off_the_price_grid(level, wish.instrument)
    return None


def _off_the_price_grid(price: Decimal, instrument: Instrument) -> Denial:
    return Denial(
        reason=Rule.PRICE_GRID,
        detail=f"{canonical(price)} is not a multiple of the tick {canonical(instrument.tick_size)}",
    )


def _check_limits(wish: EntryWish, portfolio: Portfolio, limits: RiskLimits) -> Denial | None:
    wallet = portfolio.wallet
    currency = wallet.currency

    def text(amount: Decimal) -> str:
        return display_amount(amount, currency)

    largest = wallet.total * limits.max_position_percent / HUNDRED
    if wish.notional > largest:
        return Denial(
            reason=Rule.MAX_POSITION,
            detail=f"the position is worth {text(wish.notional)}; the limit is {text(largest)} "
            f"({canonical(limits.max_position_percent)} % of the balance)",
        )
    if wish.stop_loss is not None:
        loss = wish.instrument.notional(wish.quantity, abs(wish.price - wish.stop_loss))
        most = wallet.total * limits.risk_per_trade_percent / HUNDRED
        if loss > most:
            return Denial(
                reason=Rule.RISK_PER_TRADE,
                detail=f"the stop would lose {text(loss)}; the limit is {text(most)} "
                f"({canonical(limits.risk_per_trade_percent)} % of the balance)",
            )
    if wish.reserve > wallet.available:
        return Denial(
            reason=Rule.FUNDS,
            detail=f"Insufficient balance: Need {text(wish.reserve)}, Have {text(wallet.available)}",
        )
    return None
