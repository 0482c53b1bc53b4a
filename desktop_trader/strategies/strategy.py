"""What a strategy is: a function of the last bars and of its own open position that returns intents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from desktop_trader.domain.order import Direction
from desktop_trader.messages.strategy_info import StrategyInfo
from desktop_trader.strategies.candle_window import CandleWindow


class IntentAction(StrEnum):
    """What a strategy wants to do with its one position on a symbol."""

    ENTER_LONG = "enter_long"
    ENTER_SHORT = "enter_short"
    EXIT_LONG = "exit_long"
    EXIT_SHORT = "exit_short"

    @property
    def direction(self) -> Direction:
        """The direction that is opened or closed."""
        is_long = self in (IntentAction.ENTER_LONG, IntentAction.EXIT_LONG)
        return Direction.LONG if is_long else Direction.SHORT

    @property
    def is_entry(self) -> bool:
        """Whether it opens."""
        return self in (IntentAction.ENTER_LONG, IntentAction.ENTER_SHORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """A strategy's wish, decided at the close of a bar. The engine sizes it, checks it and may deny it."""

    action: IntentAction
    detail: str
    stake_percent: Decimal = Decimal(0)
    stop_loss_percent: Decimal | None = None
    take_profit_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyContext:
    """What a strategy may know: the newest bars, its own open position's direction, and whether shorts exist here."""

    window: CandleWindow
    direction: Direction | None
    allows_short: bool


class Strategy(Protocol):
    """Deterministic: the same last bars give the same intents, wherever the run started."""

    @property
    def bars_needed(self) -> int:
        """How many bars a decision looks at; with fewer there is none."""
        ...

    def on_bar(self, context: StrategyContext) -> Sequence[OrderIntent]:
        """Return what the strategy wants after a bar closed; mostly nothing."""
        ...


class StrategyType(Protocol):
    """How the catalogue knows a strategy: its description, and how to make one."""

    info: StrategyInfo

    def __call__(self, parameters: Mapping[str, Decimal]) -> Strategy:
        """Return a strategy with these parameters, all of them, already validated."""
        ...
