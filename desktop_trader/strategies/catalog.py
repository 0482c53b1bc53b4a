"""Every strategy by name. A new one is a file of its own and a line here."""

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.messages.strategy_info import StrategyInfo
from desktop_trader.strategies.moving_average_cross import MovingAverageCross
from desktop_trader.strategies.strategy import Strategy, StrategyType

_STRATEGIES: dict[str, StrategyType] = {each.info.name: each for each in (MovingAverageCross,)}


def strategy_infos() -> tuple[StrategyInfo, ...]:
    """Return what every strategy is and can be told."""
    return tuple(each.info for each in _STRATEGIES.values())


def strategy_info(name: str) -> StrategyInfo:
    """Return one strategy's description.

    Raises:
        InvalidInputError: no such strategy; the message names those there are.
    """
    if name not in _STRATEGIES:
        raise InvalidInputError(f"there is no strategy {name!r}; there is {', '.join(_STRATEGIES)}")
    return _STRATEGIES[name].info


def make_strategy(name: str, typed_parameters: tuple[tuple[str, str], ...]) -> Strategy:
    """Return a strategy with its parameters as typed, defaults for the rest.

    Raises:
        InvalidInputError: no such strategy or parameter, or a bad value.
    """
    info = strategy_info(name)
    return _STRATEGIES[name](info.parse(typed_parameters))
