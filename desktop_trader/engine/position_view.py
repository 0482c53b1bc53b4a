"""An open position as people see it, from a running engine's memory or from the books alone."""

from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import liquidation_price
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.engine.balance_figures import percent
from desktop_trader.messages.snapshot import PositionView


def position_view(
    portfolio: Portfolio, position: Position, *, mark: Decimal | None, instrument: Instrument | None
) -> PositionView:
    """Return the view of a position; what needs a mark or the instrument's rules is None where they are not known."""
    unrealized = None if mark is None else unrealized_pnl(position, mark)
    can_be_liquidated = position.direction is Direction.SHORT or position.leverage > 1
    return PositionView(
        id=position.id,
        symbol=position.symbol,
        direction=position.direction.value,
        quantity=position.quantity,
        entry_price=position.entry_price,
        margin=position.margin,
        leverage=position.leverage,
        stop_loss=position.stop_loss,
        take_profit=position.take_profit,
        liquidation_price=liquidation_price(position, instrument) if instrument and can_be_liquidated else None,
        fees=position.fees,
        opened_at=position.opened_at,
        mark_price=mark,
        unrealized_pnl=unrealized,
        unrealized_percent=None if unrealized is None or not position.margin else percent(unrealized, position.margin),
        is_closing=portfolio.exit_order_of(position.id) is not None,
        entry_order_id=position.entry_order_id,
    )
