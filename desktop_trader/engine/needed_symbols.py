"""What prices are needed of: everything held, ordered, or traded by a strategy, over all accounts that are awake."""

from desktop_trader.engine.trading_floor import TradingFloor


def symbols_at_stake(floor: TradingFloor) -> set[str]:
    """Return what is held, ordered, or traded by a strategy."""
    symbols: set[str] = set()
    for account in floor.accounts.values():
        if account.asleep:
            continue
        engine = account.engine
        portfolio, run = engine.books.portfolio, engine.auto_trading.run
        symbols.update(position.symbol for position in portfolio.positions.values())
        symbols.update(order.symbol for order in portfolio.orders.values())
        if run is not None:
            symbols.add(run.symbol)
    return symbols


def needed_symbols(floor: TradingFloor) -> set[str]:
    """Return the symbols without whose prices nothing may be decided; the first one followed where there are none.

    What a person has to look at has no prices, and keeps nothing else from trading.
    """
    reviewed = floor.gate.reviewed
    followed = [each.symbol for each in floor.primary.feed.instruments() if each.symbol not in reviewed]
    return symbols_at_stake(floor) - reviewed or set(followed[:1])
