"""Which lines the chart draws of what is open in a symbol, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.level_result import liquidation_result, result_at
from desktop_trader.domain.margin import maintenance_margin
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import MarginMode, Order
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.level_checks import holding_of
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.order_columns import trail_level
from desktop_trader.ui.models.table_columns import price_text, quantity_text
from desktop_trader.ui.number_format import format_plain, format_signed_money
from desktop_trader.ui.time_text import words

if TYPE_CHECKING:  # numpy comes with the chart
    from desktop_trader.ui.charts.chart_data import PriceLevel


class LevelRole(StrEnum):
    """What a line is of its position or order."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    LIQUIDATION = "liquidation"
    LIMIT = "limit"
    TRIGGER = "trigger"

    @property
    def is_movable(self) -> bool:
        """Whether a person may put it elsewhere."""
        return self in (LevelRole.STOP, LevelRole.TARGET, LevelRole.LIMIT, LevelRole.TRIGGER)


_SOUGHT = frozenset({LevelRole.STOP, LevelRole.TARGET, LevelRole.TRAIL, LevelRole.LIQUIDATION})
_KINDS = {LevelRole.LIMIT: "order", LevelRole.TRIGGER: "order"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLevel:
    """One line: an exact price, and a text with quantity and what it would come to; of a position or an order.

    `aside` is what stands at the edge of the chart while the line is out of view.
    """

    role: LevelRole
    owner: PositionView | Order
    price: Decimal
    text: str
    aside: str = ""

    @property
    def key(self) -> str:
        """What the chart calls it; empty where it cannot be moved."""
        return f"{self.role}:{self.owner.id}" if self.role.is_movable else ""

    def drawn(self) -> PriceLevel:
        """Return it as the chart draws it."""
        from desktop_trader.ui.charts.chart_data import LevelKind, PriceLevel

        kind = LevelKind(_KINDS.get(self.role, self.role.value))
        return PriceLevel(kind=kind, price=float(self.price), text=self.text, key=self.key, aside=self.aside)


def chart_levels(model: BalanceModel, symbol: str) -> list[ChartLevel]:
    """Return every line of the open positions and live orders of a symbol."""
    levels: list[ChartLevel] = []
    for position in model.positions:
        if position.symbol == symbol:
            levels.extend(_of_position(model, position))
    for order in model.orders:
        if order.symbol == symbol:
            levels.extend(_of_order(model, order))
    return levels


def level_caption(model: BalanceModel, level: ChartLevel, price: Decimal) -> str:
    """Write what a line says when it stands at a price; an entry what the position earns now."""
    owner, instrument = level.owner, model.instrument(level.owner.symbol)
    if isinstance(owner, PositionView):
        size = quantity_text(owner.quantity, instrument)
        if level.role is LevelRole.ENTRY:
            return f"{_names(owner)[level.role]} {size}  {format_signed_money(owner.unrealized_pnl, _currency(model))}"
        says = _liquidated if level.role is LevelRole.LIQUIDATION else _result
        return f"{_names(owner)[level.role]} {size}{says(model, owner, price, instrument)}"
    size = quantity_text(owner.remaining_quantity, instrument)
    what = words(owner.type).upper() if level.role is not LevelRole.LIMIT or not owner.type.has_trigger else "LIMIT"
    held = next((each for each in model.positions if each.id == owner.position_id), None) if owner.is_exit else None
    outcome = "" if held is None else _result(model, held, price, instrument)
    return f"{owner.side.upper()} {what} {size}{outcome}"


def _of_position(model: BalanceModel, position: PositionView) -> Iterator[ChartLevel]:
    names, instrument = _names(position), model.instrument(position.symbol)
    for role, price in (
        (LevelRole.ENTRY, position.entry_price),
        (LevelRole.STOP, position.stop_loss),
        (LevelRole.TARGET, position.take_profit),
        (LevelRole.TRAIL, position.trailing_stop),
        (LevelRole.LIQUIDATION, position.liquidation_price),
    ):
        if price is not None:
            bare = ChartLevel(role=role, owner=position, price=price, text="")
            text = level_caption(model, bare, price)
            aside = f"{names[role]} {price_text(price, instrument)}" if role in _SOUGHT else ""
            yield ChartLevel(role=role, owner=position, price=price, text=text, aside=aside)


def _of_order(model: BalanceModel, order: Order) -> Iterator[ChartLevel]:
    for role, price in ((LevelRole.LIMIT, order.limit_price), (LevelRole.TRIGGER, order.trigger_price)):
        if price is not None and not (role is LevelRole.TRIGGER and order.is_triggered):
            bare = ChartLevel(role=role, owner=order, price=price, text="")
            yield ChartLevel(role=role, owner=order, price=price, text=level_caption(model, bare, price))
    follows = trail_level(model.snapshot, order.id)
    if follows is not None:
        bare = ChartLevel(role=LevelRole.TRAIL, owner=order, price=follows, text="")
        yield ChartLevel(role=LevelRole.TRAIL, owner=order, price=follows, text=level_caption(model, bare, follows))


def _names(position: PositionView) -> dict[LevelRole, str]:
    trail = "" if position.trail_percent is None else f" {format_plain(position.trail_percent)} %"
    return {
        LevelRole.ENTRY: position.direction.upper(),
        LevelRole.STOP: "SL",
        LevelRole.TARGET: "TP",
        LevelRole.TRAIL: f"TRAIL{trail}",
        LevelRole.LIQUIDATION: "LIQ",
    }


def _result(model: BalanceModel, position: PositionView, price: Decimal, instrument: Instrument | None) -> str:
    """What closing the position at a price earns before fees."""
    if instrument is None:
        return ""
    return f"  {format_signed_money(result_at(holding_of(position), price, instrument=instrument), _currency(model))}"


def _liquidated(model: BalanceModel, position: PositionView, price: Decimal, instrument: Instrument | None) -> str:
    """What the liquidation at a price costs, its fee included."""
    if instrument is None:
        return ""
    held = holding_of(position)
    if position.margin_mode == MarginMode.ISOLATED:
        left = position.margin + result_at(held, price, instrument=instrument)
    else:
        # On cross everything that answers has fallen to the maintenance of all cross positions there.
        left = maintenance_margin(instrument.notional(position.quantity, price), instrument)
        for other in model.positions:
            if other.margin_mode == MarginMode.CROSS and other.id != position.id:
                left += other.maintenance_margin or ZERO
    result = liquidation_result(held, price, left=left, instrument=instrument)
    return f"  {format_signed_money(result, _currency(model))}"


def _currency(model: BalanceModel) -> str:
    return model.balance.currency if model.balance is not None else "USDT"


def level_line(model: BalanceModel, level: ChartLevel) -> str:
    """Write a line as a row of a list."""
    return f"{price_text(level.price, model.instrument(level.owner.symbol))}   {level.text}"
