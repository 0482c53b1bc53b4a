"""Cross margin: all cross positions of an account stand together, and all that it has free answers for them.

What answers is available + margins of the cross positions + their unrealized P&L; it is liquidated when that falls to
the sum of their maintenance margins (Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": WB of
the cross wallet, TMM and UPNL of the other contracts). The position with the largest loss is closed first, then it is
looked at again. Margins of isolated positions and reserves of orders do not answer.

Marks come from the caller, by symbol. While one that is needed is unknown nothing can be said, and None is the answer.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.liquidation import exposure_of, safe_range
from desktop_trader.domain.margin import maintenance_margin
from desktop_trader.domain.money import HUNDRED, ZERO, round_down
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position

Marks = Mapping[str, Decimal] | Callable[[str], Decimal | None]
"""The mark price of a symbol, None where it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossHealth:
    """How the cross positions of an account stand. Amounts in its currency.

    `balance` is available + margins of the cross positions, `unrealized` their P&L at the marks, `maintenance` what has
    to be left. `first_to_close` is the id of the position with the largest loss of those that can be closed, the oldest
    of equal ones; None where none can.
    """

    balance: Decimal
    unrealized: Decimal
    maintenance: Decimal
    first_to_close: int | None

    @property
    def answering(self) -> Decimal:
        """What answers for the positions now; below zero they have lost more than there is."""
        return self.balance + self.unrealized

    @property
    def is_liquidated(self) -> bool:
        """Whether what answers has fallen to the maintenance margin."""
        return self.answering <= self.maintenance

    @property
    def margin_percent(self) -> Decimal:
        """Maintenance in percent of what answers; 100 is liquidation, and so is having nothing."""
        return HUNDRED if self.is_liquidated else self.maintenance / self.answering * HUNDRED


def cross_positions(portfolio: Portfolio) -> tuple[Position, ...]:
    """Return the open cross positions of an account, oldest first."""
    return tuple(each for _, each in sorted(portfolio.positions.items()) if each.margin_mode is MarginMode.CROSS)


def cross_health(
    portfolio: Portfolio,
    marks: Marks,
    *,
    instruments: Mapping[str, Instrument],
    frozen: Collection[str] = (),
) -> CrossHealth | None:
    """Return how the cross positions stand; those of `frozen` symbols count, but have no price to be closed at.

    None without any, and while a mark or the rules of one of them are unknown.
    """
    positions = cross_positions(portfolio)
    balance, total, maintenance = portfolio.wallet.available, ZERO, ZERO
    worst: tuple[Decimal, int] | None = None
    for position in positions:
        mark, instrument = mark_of(marks, position.symbol), instruments.get(position.symbol)
        if mark is None or instrument is None:
            return None
        unrealized = unrealized_pnl(position, mark)
        balance += position.margin
        total += unrealized
        maintenance += maintenance_margin(instrument.notional(position.quantity, mark), instrument)
        if position.symbol not in frozen and (worst is None or unrealized < worst[0]):
            worst = (unrealized, position.id)
    if not positions:
        return None
    first = None if worst is None else worst[1]
    return CrossHealth(balance=balance, unrealized=total, maintenance=maintenance, first_to_close=first)


def free_collateral(portfolio: Portfolio, marks: Marks) -> Decimal | None:
    """Return what new orders, withdrawals and margin may take: available, less what cross positions lose at the marks.

    Their gains are not free before they are realized. Never below zero; None while the mark of a cross position is
    unknown, for then what they lose is unknown.
    """
    unrealized = ZERO
    for position in portfolio.positions.values():
        if position.margin_mode is MarginMode.CROSS:
            mark = mark_of(marks, position.symbol)
            if mark is None:
                return None
            unrealized += unrealized_pnl(position, mark)
    return max(ZERO, portfolio.wallet.available + min(ZERO, unrealized))


def cross_liquidation_price(
    portfolio: Portfolio, position: Position, *, marks: Marks, instruments: Mapping[str, Instrument]
) -> Decimal | None:
    """Return the mark at which the account is liquidated if only the price of this position's symbol moves.

    Lots of one symbol move together, so that of two of one direction both have the same. The end of the safe range
    that lies against the position, rounded to the tick on the side that acts earlier. None where no price > 0 does it,
    where no price of this symbol alone would save the account, and while a mark or rules are unknown. The mark of the
    symbol itself is not needed.
    """
    answer = portfolio.wallet.available
    exposures = []
    for each in cross_positions(portfolio):
        instrument = instruments.get(each.symbol)
        if instrument is None:
            return None
        answer += each.margin
        if each.symbol == position.symbol:
            exposures.append(exposure_of(each, instrument))
            continue
        mark = mark_of(marks, each.symbol)
        if mark is None:
            return None
        answer += unrealized_pnl(each, mark)
        answer -= maintenance_margin(instrument.notional(each.quantity, mark), instrument)
    safe = safe_range(answer, exposures)
    if safe is None or not exposures:
        return None
    instrument = instruments[position.symbol]
    if position.direction is Direction.LONG:
        return None if safe.low is None else instrument.round_price_up(safe.low)
    return None if safe.high is None else instrument.round_price_down(safe.high)


def cover_of_exit(portfolio: Portfolio, position: Position, *, quantity: Decimal) -> Decimal | None:
    """Return what closing so much may cost at most, loss and fee together, without the books going below zero.

    What a market takes beyond is the insurance fund's, but only once no other cross position gains (`gains_beside`).

    Isolated: the share of its margin that the close sets free. Cross: that, all that is available, and the margins of
    the other cross positions, which stand for it too (`cross_accounting.lend_margin`). None where nothing bounds it: a
    long that cannot lose more than that.
    """
    share = position.margin
    if quantity < position.quantity:
        share = round_down(position.margin * quantity / position.quantity)
    cover = share
    if position.margin_mode is MarginMode.CROSS:
        lent = (each.margin for each in cross_positions(portfolio) if each.id != position.id)
        cover += sum(lent, max(ZERO, portfolio.wallet.available))
    cost = position.entry_cost * quantity / position.entry_quantity
    if position.direction is Direction.LONG and cover >= cost:
        return None
    return cover


def gains_beside(
    portfolio: Portfolio, position: Position, *, marks: Marks, price: Decimal
) -> tuple[tuple[Decimal, Position], ...]:
    """Return what the other cross positions gain and which they are, the largest gain first, the oldest of equal ones.

    Those of the position's symbol are valued with `price` as well, at which it would be closed: inside a bar the mark
    is older than that. One whose mark is unknown may gain, and comes last with nothing.
    """
    gains: list[tuple[Decimal, Position]] = []
    for each in cross_positions(portfolio):
        if each.id == position.id:
            continue
        mark = mark_of(marks, each.symbol)
        gain = None if mark is None else unrealized_pnl(each, mark)
        if each.symbol == position.symbol:
            here = unrealized_pnl(each, price)
            gain = here if gain is None else max(gain, here)
        if gain is None or gain > 0:
            gains.append((gain or ZERO, each))
    return tuple(sorted(gains, key=lambda pair: (-pair[0], pair[1].id)))


def mark_of(marks: Marks, symbol: str) -> Decimal | None:
    """Return the mark of a symbol, None where it is unknown."""
    return marks(symbol) if callable(marks) else marks.get(symbol)
