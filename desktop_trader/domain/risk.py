"""Whether an entry may be placed: the rules of its market, our limits and the funds, before anything is stored."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from desktop_trader.domain.entry_rules import Check, Denial, EntryWish, Rule, look_at, rules_of_exchange
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import HUNDRED, LARGEST_AMOUNT, LARGEST_RISE, ONE, ZERO, canonical, display_amount
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.wallet import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Limits in percent of the current balance: what one position locks, and its loss if its stop is hit.

    `max_margin_ratio_percent` is the most that may be locked afterwards, in percent of equity. With `cuts_down` an
    order beyond a limit is cut down to it, where the market takes one so small, instead of refused.
    `trading_capital` is how much of a larger balance or equity all these percentages count, in the account's currency;
    0 is all of it.
    """

    max_position_percent: Decimal
    risk_per_trade_percent: Decimal
    max_margin_ratio_percent: Decimal = HUNDRED
    cuts_down: bool = False
    trading_capital: Decimal = ZERO

    def capital_of(self, money: Decimal) -> Decimal:
        """Return how much of a balance or of an equity sizes and percentages count."""
        return min(money, self.trading_capital) if self.trading_capital > 0 else money


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What an account can risk now: `free` for new orders, and `equity` at the marks; in its currency."""

    free: Decimal
    equity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a check: the wish, perhaps cut down to the limits (`cut` says from what), or a denial.

    `checks` are the rules in the order in which they were looked at; after the first that does not hold none is.
    """

    wish: EntryWish
    checks: tuple[Check, ...]
    cut: str = ""

    @property
    def denial(self) -> Denial | None:
        """Why the entry is refused; None where every rule holds."""
        last = self.checks[-1] if self.checks else None
        return Denial(reason=last.rule, detail=last.broken) if last is not None and last.broken else None


def funds_of(portfolio: Portfolio) -> Funds:
    """Return the funds of an account whose positions are worth what they cost."""
    return Funds(free=portfolio.wallet.available, equity=portfolio.wallet.total)


def check_entry(wish: EntryWish, portfolio: Portfolio, *, limits: RiskLimits, funds: Funds | None = None) -> Verdict:
    """Return whether an entry may be placed. The rules of the exchange come first, then ours, then the funds."""
    return look_at_entry(wish, portfolio.wallet, limits=limits, funds=funds or funds_of(portfolio))


def look_at_entry(wish: EntryWish, wallet: Wallet, *, limits: RiskLimits, funds: Funds) -> Verdict:
    """Return whether a wallet may place an entry, as `check_entry` does for an account; the window asks this way."""
    checks: list[Check] = []
    if not look_at(checks, rules_of_exchange(wish)):
        return Verdict(wish=wish, checks=tuple(checks))
    asked, cut = wish, ""
    if limits.cuts_down:
        wish = _cut_down(asked, wallet, limits, funds)
        if wish.quantity != asked.quantity:
            cut = f"cut down from {canonical(asked.quantity)} to {canonical(wish.quantity)} by the limits"
    look_at(checks, _our_rules(wish, wallet, limits, funds))
    return Verdict(wish=wish, checks=tuple(checks), cut=cut)


def stake_quantity(balance: Decimal, stake_percent: Decimal, *, price: Decimal, instrument: Instrument) -> Decimal:
    """Return `stake_percent` of the balance as a quantity at `price`, rounded down to the lot; zero if it is too small.

    The balance is the wallet's total at this moment, so that an adjustment is effective at the next sizing; of a larger
    one only the trading capital (`RiskLimits.capital_of`).
    """
    quantity = instrument.round_quantity(balance * stake_percent / HUNDRED / (price * instrument.contract_size))
    return quantity if instrument.notional(quantity, price) >= instrument.minimum_notional else quantity * 0


def _our_rules(wish: EntryWish, wallet: Wallet, limits: RiskLimits, funds: Funds) -> Iterator[Check]:
    def text(amount: Decimal) -> str:
        return display_amount(amount, wallet.currency)

    capital = limits.capital_of(wallet.total)
    counted = "balance" if capital == wallet.total else "trading capital"
    margin, reserve = wish.margin + wish.standing.margin, wish.reserve
    yield from _gain_rule(wish, wallet)
    largest = capital * limits.max_position_percent / HUNDRED
    is_worth = "the position is worth" if wish.leverage == 1 else f"the margin of the position at {wish.leverage}x is"
    yield Check(
        rule=Rule.MAX_POSITION,
        value=text(margin),
        limit=text(largest),
        broken=f"{is_worth} {text(margin)}; the limit is {text(largest)} "
        f"({canonical(limits.max_position_percent)} % of the {counted})"
        if margin > largest
        else "",
    )
    loss = wish.loss_at_stop
    if loss is not None:
        loss += wish.standing.loss
        most = capital * limits.risk_per_trade_percent / HUNDRED
        loses = "the liquidation before the stop would lose" if wish.is_liquidated_first else "the stop would lose"
        yield Check(
            rule=Rule.RISK_PER_TRADE,
            value=text(loss),
            limit=text(most),
            broken=f"{loses} {text(loss)}; the limit is {text(most)} "
            f"({canonical(limits.risk_per_trade_percent)} % of the {counted})"
            if loss > most
            else "",
        )
    yield Check(
        rule=Rule.FUNDS,
        value=text(reserve),
        limit=text(funds.free),
        broken=f"Insufficient balance: Need {text(reserve)}, Have {text(funds.free)}" if reserve > funds.free else "",
    )
    yield _margin_ratio_rule(wallet.locked + reserve, limits, funds, currency=wish.instrument.settle)


def _gain_rule(wish: EntryWish, wallet: Wallet) -> Iterator[Check]:
    """Refuse what could gain more than the books can hold; where it cannot, there is nothing to tell."""
    exposed = wish.notional + wish.standing.exposure
    most = max(ZERO, (LARGEST_AMOUNT - wallet.total) / LARGEST_RISE)
    if exposed <= most:
        return
    worth, limit = display_amount(exposed, wallet.currency), display_amount(most, wallet.currency)
    yield Check(
        rule=Rule.MAX_POSITION,
        value=worth,
        limit=limit,
        broken=f"{worth} would be open and ordered in all; beside a balance of "
        f"{display_amount(wallet.total, wallet.currency)} it may be {limit}, so that the books can hold what it may "
        "gain",
    )


def _margin_ratio_rule(after: Decimal, limits: RiskLimits, funds: Funds, *, currency: str) -> Check:
    most = limits.max_margin_ratio_percent
    equity = limits.capital_of(funds.equity)
    counted = "an equity" if equity == funds.equity else "a trading capital"
    ratio = after / equity * HUNDRED if equity > 0 else None
    shown = "without equity" if ratio is None else f"{ratio:.2f} %"
    return Check(
        rule=Rule.MARGIN_RATIO,
        value=shown,
        limit=f"{canonical(most)} %",
        broken=f"{display_amount(after, currency)} would be locked of {counted} of "
        f"{display_amount(equity, currency)} ({shown}); the limit is {canonical(most)} %"
        if ratio is None or ratio > most
        else "",
    )


def _cut_down(wish: EntryWish, wallet: Wallet, limits: RiskLimits, funds: Funds) -> EntryWish:
    """Return the largest part of a wish that the limits leave; the whole where even the smallest order is too much."""
    total, instrument = limits.capital_of(wallet.total), wish.instrument
    unit = instrument.notional(ONE, wish.price)
    bounds = [total * limits.max_position_percent / HUNDRED * wish.leverage / unit]
    distance = wish.stop_distance
    if distance:
        risk = total * limits.risk_per_trade_percent / HUNDRED
        bounds.append(risk / (unit / wish.leverage if wish.is_liquidated_first else instrument.notional(ONE, distance)))
    room = limits.capital_of(funds.equity) * limits.max_margin_ratio_percent / HUNDRED - wallet.locked
    bounds.append(room / (unit * (ONE / wish.leverage + instrument.taker_fee_rate)))
    least = min(bounds)
    if least >= wish.quantity:
        return wish
    # One lot less where margin and fee, each rounded up, would be a hair more than the limit.
    for quantity in (instrument.round_quantity(least), instrument.round_quantity(least) - instrument.lot_size):
        smaller = replace(wish, quantity=quantity)
        if quantity <= 0 or not look_at([], rules_of_exchange(smaller)):
            return wish
        if look_at([], _our_limits(smaller, wallet, limits, funds)):
            return smaller
    return wish


def _our_limits(wish: EntryWish, wallet: Wallet, limits: RiskLimits, funds: Funds) -> Iterator[Check]:
    """Our rules but for the funds, which nothing is cut down to."""
    return (check for check in _our_rules(wish, wallet, limits, funds) if check.rule is not Rule.FUNDS)
