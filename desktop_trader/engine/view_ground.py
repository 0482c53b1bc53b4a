"""What the positions of a running engine are looked at with."""

from desktop_trader.engine.position_view import ViewGround
from desktop_trader.engine.trading_engine import TradingEngine


def view_ground(engine: TradingEngine) -> ViewGround:
    """Return the account of an engine with its marks, rules and trailing stops as they are now."""
    return ViewGround(
        portfolio=engine.books.portfolio,
        mark=engine.desk.marks.mark,
        instruments=engine.instruments,
        trailing_stop=engine.trails.stop_of,
    )
