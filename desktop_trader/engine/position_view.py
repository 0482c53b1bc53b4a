"""An open position as people see it, from a running engine's memory or from the books alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from desktop_trader.domain.cross_margin import cross_liquidation_price
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.margin import break_even_price, liquidation_price, maintenance_margin
from desktop_trader.domain.order import MarginMode
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.engine.balance_figures import percent
from desktop_trader.messages.snapshot import PositionView

_NO_INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType({})


def _unknown(_symbol: str) -> Decimal | None:
    return None


def _no_stop(_position: Position, _instrument: Instrument) -> Decimal | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewGround:
    """What positions are looked at with: `mark` by symbol, and where a trailing stop stands; nothing by default."""

    portfolio: Portfolio
    mark: Callable[[str], Decimal | None] = _unknown
    instruments: Mapping[str, Instrument] = field(default_factory=lambda: _NO_INSTRUMENTS)
    trailing_stop: Callable[[Position, Instrument], Decimal | None] = _no_stop


def position_view(ground: ViewGround, position: Position) -> PositionView:
    """Return the view of a position; what needs a mark or the instrument's rules is None where they are not known."""
    mark, instrument = ground.mark(position.symbol), ground.instruments.get(position.symbol)
    unrealized = None if mark is None else unrealized_pnl(position, mark)
    forced = None if instrument is None else forced_price(ground, position, instrument=instrument)
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
        liquidation_price=forced,
        fees=position.fees,
        opened_at=position.opened_at,
        entry_order_id=position.entry_order_id,
        entry_quantity=position.entry_quantity,
        entry_cost=position.entry_cost,
        mark_price=mark,
        unrealized_pnl=unrealized,
        unrealized_percent=None if unrealized is None or not position.margin else percent(unrealized, position.margin),
        is_closing=ground.portfolio.exit_order_of(position.id) is not None,
        margin_mode=position.margin_mode.value,
        maintenance_margin=None if mark is None else maintenance_of(position, mark, instrument=instrument),
        liquidation_percent=None if not mark or forced is None else _distance(position, mark, forced),
        trail_percent=position.trail_percent,
        trailing_stop=None if instrument is None else ground.trailing_stop(position, instrument),
        funding=position.funding,
        break_even_price=None if instrument is None else break_even_price(position, instrument),
    )


def forced_price(ground: ViewGround, position: Position, *, instrument: Instrument) -> Decimal | None:
    """Return the mark at which a position is closed by force; None where no price does it: on spot nothing is owed."""
    if instrument.kind is not InstrumentKind.SWAP:
        return None
    if position.margin_mode is MarginMode.CROSS:
        return cross_liquidation_price(ground.portfolio, position, marks=ground.mark, instruments=ground.instruments)
    return liquidation_price(position, instrument)


def maintenance_of(position: Position, mark: Decimal, *, instrument: Instrument | None) -> Decimal | None:
    """Return what has to be left of a position at a mark; None where the rules are unknown, or need nothing (spot)."""
    if instrument is None or instrument.kind is not InstrumentKind.SWAP:
        return None
    return maintenance_margin(instrument.notional(position.quantity, mark), instrument)


def _distance(position: Position, mark: Decimal, forced: Decimal) -> Decimal:
    """Return how far the mark may go against the position until it is closed by force, in percent of the mark."""
    return percent((mark - forced) * position.direction.sign, mark)
