"""What an account holds, asset by asset: derived from its balance and its open positions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.money import ZERO
from desktop_trader.messages.snapshot import BalanceView, PositionView


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRow:
    """One asset. `free` and `locked` are quantities of it, `value` and `worth` amounts in the account's currency.

    `value` is what the books hold for it, so that the values of all assets sum up to the total. `worth` is what it
    would bring at the mark prices, so that these sum up to the portfolio value; None while a price is not known.
    """

    asset: str
    free: Decimal
    locked: Decimal
    value: Decimal
    worth: Decimal | None
    position_ids: tuple[int, ...] = ()


def asset_rows(
    balance: BalanceView, positions: Iterable[PositionView], *, find: Callable[[str], Instrument | None]
) -> tuple[AssetRow, ...]:
    """Return the account's currency first, then what spot positions hold, by name.

    Contracts hold no asset: their margin is locked currency, and what they gained is worth of it.
    """
    held: dict[str, list[PositionView]] = {}
    in_contracts: list[PositionView] = []
    for position in positions:
        instrument = find(position.symbol)
        if instrument is not None and instrument.kind is InstrumentKind.SPOT:
            held.setdefault(instrument.base, []).append(position)
        else:
            in_contracts.append(position)
    in_spot = sum((lot.margin for lots in held.values() for lot in lots), ZERO)
    money = AssetRow(
        asset=balance.currency,
        free=balance.available,
        locked=balance.locked - in_spot,
        value=balance.total - in_spot,
        worth=_worth(balance.total - in_spot, in_contracts),
        position_ids=tuple(lot.id for lot in in_contracts),
    )
    return (money, *(_holding(asset, held[asset]) for asset in sorted(held)))


def _holding(asset: str, lots: list[PositionView]) -> AssetRow:
    value = sum((lot.margin for lot in lots), ZERO)
    return AssetRow(
        asset=asset,
        free=ZERO,
        locked=sum((lot.quantity for lot in lots), ZERO),
        value=value,
        worth=_worth(value, lots),
        position_ids=tuple(lot.id for lot in lots),
    )


def _worth(value: Decimal, lots: list[PositionView]) -> Decimal | None:
    gains = [lot.unrealized_pnl for lot in lots]
    known = [gain for gain in gains if gain is not None]
    return value + sum(known, ZERO) if len(known) == len(gains) else None
