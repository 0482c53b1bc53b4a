"""What an entry would come to, before it is sent: exact, and rounded as the books will round it.

The window asks here while a person types. What cannot be known (a mark, a funding rate) is None, never made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from desktop_trader.domain.entry_rules import Check, EntryWish, Rule, look_at, rules_of_exchange
from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.funding import funding_per_day
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.liquidation import Exposure, exposure_of, safe_range
from desktop_trader.domain.margin import (
    break_even_price,
    leverage_limit,
    liquidation_price,
    maintenance_margin,
    notional_limit,
)
from desktop_trader.domain.money import HUNDRED, ZERO
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.order_size import quantity_for_budget
from desktop_trader.domain.pnl import realized_pnl
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection_check import stop_note
from desktop_trader.domain.risk import Funds, RiskLimits, Verdict, look_at_entry
from desktop_trader.domain.wallet import Wallet


class OpenLot(Protocol):
    """An open position as the window knows it (`PositionView` is one); what needs a mark is None while it has none."""

    @property
    def symbol(self) -> str:
        """What it is of."""

    @property
    def direction(self) -> str:
        """`long` or `short`."""

    @property
    def quantity(self) -> Decimal:
        """What is open."""

    @property
    def entry_price(self) -> Decimal:
        """Its average entry price."""

    @property
    def margin(self) -> Decimal:
        """What is locked for it."""

    @property
    def margin_mode(self) -> str:
        """`isolated` or `cross`."""

    @property
    def unrealized_pnl(self) -> Decimal | None:
        """What closing it at the mark would earn."""

    @property
    def maintenance_margin(self) -> Decimal | None:
        """What has to be left of it at the mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAccount:
    """The account that would pay: its wallet, its equity (None while unknown) and its open positions."""

    wallet: Wallet
    equity: Decimal | None
    lots: Sequence[OpenLot] = ()

    @property
    def free(self) -> Decimal | None:
        """What new orders may take: available, less what cross positions lose; None while that is unknown."""
        unrealized = ZERO
        for lot in self.lots:
            if lot.margin_mode == MarginMode.CROSS:
                if lot.unrealized_pnl is None:
                    return None
                unrealized += lot.unrealized_pnl
        return max(ZERO, self.wallet.available + min(ZERO, unrealized))


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """What leaving at a level would bring (+) or cost (-), before fees; `percent` of the balance.

    Of a stop that the liquidation comes before it is that liquidation: its price, and all of the margin.
    """

    price: Decimal
    amount: Decimal
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPreview:
    """What an entry would come to. Amounts in the account's currency, percentages of 100.

    `needed` is what the order locks: `margin` and the taker fee; a maker pays `maker_fee` in its place. `liquidation`
    is a mark price, None where none > 0 does it or where a cross account cannot be looked at. `funding_per_day` is
    signed: paid (-), received (+). `margin_percent` is what is locked afterwards in percent of equity, or of the
    trading capital where that is less.
    `largest_quantity` is what the free money pays for at this leverage. `refusal` names in a sentence the rule that is
    broken, `rule` which; empty and None where nothing is against it. `notes` are worth knowing: that the limits cut the
    order down, that the liquidation comes before the stop.
    """

    notional: Decimal
    margin: Decimal
    taker_fee: Decimal
    maker_fee: Decimal
    needed: Decimal
    maintenance: Decimal
    max_leverage: int
    liquidation: Decimal | None
    liquidation_percent: Decimal | None
    at_stop: LevelResult | None
    at_target: LevelResult | None
    funding_per_day: Decimal | None
    break_even: Decimal | None
    margin_percent: Decimal | None
    largest_quantity: Decimal | None
    rule: Rule | None
    refusal: str
    notes: tuple[str, ...]


def preview_entry(
    wish: EntryWish,
    account: PreviewAccount,
    *,
    limits: RiskLimits,
    funding_rate: Decimal | None = None,
    is_maker: bool = False,
) -> OrderPreview | None:
    """Return what a wish would come to at its price; None where quantity, price or leverage are not above zero.

    `funding_rate` is that of one interval; `is_maker` says that the entry will rest, which moves the break-even price.
    """
    if wish.quantity <= 0 or wish.price <= 0 or wish.leverage < 1:
        return None
    instrument, notional = wish.instrument, wish.notional
    taker_fee, maker_fee = (
        trading_fee(instrument, wish.quantity, price=wish.price, is_maker=rests) for rests in (False, True)
    )
    lot = _filled(wish, account, fee=maker_fee if is_maker else taker_fee)
    liquidation = _liquidation(wish, lot, account, fee=taker_fee)
    equity = limits.capital_of(account.equity) if account.equity else None
    stop = _stop_price(wish)
    verdict = _verdict(wish, account, limits)
    denial = verdict.denial
    return OrderPreview(
        notional=notional,
        margin=wish.margin,
        taker_fee=taker_fee,
        maker_fee=maker_fee,
        needed=wish.reserve,
        maintenance=maintenance_margin(notional, instrument),
        max_leverage=leverage_limit(notional, instrument),
        liquidation=liquidation,
        liquidation_percent=None if liquidation is None else abs(wish.price - liquidation) / wish.price * HUNDRED,
        at_stop=_at_stop(wish, lot, stop, liquidation=liquidation, balance=account.wallet.total),
        at_target=_result(lot, wish.take_profit, account.wallet.total),
        funding_per_day=_funding(wish, funding_rate),
        break_even=break_even_price(lot, instrument),
        margin_percent=(account.wallet.locked + wish.reserve) / equity * HUNDRED if equity else None,
        largest_quantity=largest_quantity(instrument, account.free, price=wish.price, leverage=wish.leverage),
        rule=None if denial is None else denial.reason,
        refusal="" if denial is None else denial.detail,
        notes=tuple(note for note in (verdict.cut, stop_note(lot, stop, liquidation=liquidation)) if note),
    )


def largest_quantity(instrument: Instrument, free: Decimal | None, *, price: Decimal, leverage: int) -> Decimal | None:
    """Return the largest quantity that free money, market and brackets allow at a price; None while money is unknown.

    Zero where it does not even pay for a lot.
    """
    if free is None:
        return None
    bounds = [quantity_for_budget(instrument, free, price=price, leverage=leverage)]
    if instrument.maximum_quantity is not None:
        bounds.append(instrument.maximum_quantity)
    most = notional_limit(leverage, instrument)
    if most is not None:
        bounds.append(instrument.round_quantity(most / (price * instrument.contract_size)))
    return min(bounds)


def _filled(wish: EntryWish, account: PreviewAccount, *, fee: Decimal) -> Position:
    """Return the lot that the entry would open at its price."""
    return Position(
        id=0,
        account_id=0,
        run_id=0,
        symbol=wish.instrument.symbol,
        direction=wish.direction,
        quantity=wish.quantity,
        entry_quantity=wish.quantity,
        entry_cost=wish.notional,
        margin=wish.margin,
        entry_order_id=0,
        opened_at=account.wallet.updated_at,
        contract_size=wish.instrument.contract_size,
        leverage=wish.leverage,
        fees=fee,
        margin_mode=wish.margin_mode,
    )


def _liquidation(wish: EntryWish, lot: Position, account: PreviewAccount, *, fee: Decimal) -> Decimal | None:
    instrument = wish.instrument
    if instrument.kind is not InstrumentKind.SWAP:
        return None
    if wish.margin_mode is MarginMode.ISOLATED:
        return liquidation_price(lot, instrument)
    answer = account.wallet.available - fee
    exposures = [exposure_of(lot, instrument)]
    for other in account.lots:
        if other.margin_mode != MarginMode.CROSS:
            continue
        answer += other.margin
        if other.symbol == instrument.symbol:
            exposures.append(_exposure(other, instrument))
        elif other.unrealized_pnl is None or other.maintenance_margin is None:
            return None
        else:
            answer += other.unrealized_pnl - other.maintenance_margin
    safe = safe_range(answer, exposures)
    if safe is None:
        return None
    if wish.direction is Direction.LONG:
        return None if safe.low is None else instrument.round_price_up(safe.low)
    return None if safe.high is None else instrument.round_price_down(safe.high)


def _exposure(lot: OpenLot, instrument: Instrument) -> Exposure:
    return Exposure(
        sign=Direction(lot.direction).sign,
        size=lot.quantity * instrument.contract_size,
        cost=instrument.notional(lot.quantity, lot.entry_price),
        brackets=instrument.margin_brackets,
    )


def _stop_price(wish: EntryWish) -> Decimal | None:
    """Return where the stop would stand at first: the nearer of the fixed and the trailing one, on the grid."""
    distance = wish.stop_distance
    if distance is None:
        return None
    price = wish.price - wish.direction.sign * distance
    if wish.direction is Direction.LONG:
        return wish.instrument.round_price_up(price)
    return wish.instrument.round_price_down(price)


def _result(lot: Position, price: Decimal | None, balance: Decimal) -> LevelResult | None:
    if price is None or price <= 0:
        return None
    amount = realized_pnl(lot, lot.quantity, exit_price=price)
    return LevelResult(price=price, amount=amount, percent=amount / balance * HUNDRED if balance > 0 else None)


def _at_stop(
    wish: EntryWish, lot: Position, stop: Decimal | None, *, liquidation: Decimal | None, balance: Decimal
) -> LevelResult | None:
    """Return what leaving at the stop costs; where an isolated liquidation comes first, all of the margin there."""
    if not wish.is_liquidated_first or liquidation is None:
        return _result(lot, stop, balance)
    return LevelResult(
        price=liquidation, amount=-lot.margin, percent=-lot.margin / balance * HUNDRED if balance > 0 else None
    )


def _funding(wish: EntryWish, rate: Decimal | None) -> Decimal | None:
    interval = wish.instrument.funding_interval
    if rate is None or interval is None or wish.instrument.kind is not InstrumentKind.SWAP:
        return None
    return funding_per_day(wish.notional, wish.direction, rate=rate, interval=interval)


def _verdict(wish: EntryWish, account: PreviewAccount, limits: RiskLimits) -> Verdict:
    """Return what the engine would say, as far as that can be known here; it looks again anyway."""
    if account.free is None or account.equity is None:
        checks: list[Check] = []
        look_at(checks, rules_of_exchange(wish))
        return Verdict(wish=wish, checks=tuple(checks))
    funds = Funds(free=account.free, equity=account.equity)
    return look_at_entry(wish, account.wallet, limits=limits, funds=funds)
