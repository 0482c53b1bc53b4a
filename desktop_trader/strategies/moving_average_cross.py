"""Two simple moving averages: buy when the fast one crosses above the slow one, sell when it crosses below."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import Direction
from desktop_trader.messages.strategy_info import ParameterInfo, StrategyInfo
from desktop_trader.strategies.strategy import IntentAction, OrderIntent, StrategyContext


class MovingAverageCross:
    """Crossing above (fast > slow now, fast <= slow one bar before) enters long, crossing below leaves it.

    Where shorts are allowed, crossing below also enters short, and crossing above leaves that.
    """

    info = StrategyInfo(
        name="moving_average_cross",
        title="Moving average cross",
        description="Long when the fast simple average crosses above the slow one, out (or short) when below.",
        parameters=(
            ParameterInfo(
                name="fast",
                title="Fast",
                default=Decimal(10),
                minimum=Decimal(1),
                maximum=Decimal(499),
                is_integer=True,
                help="bars in the fast average",
            ),
            ParameterInfo(
                name="slow",
                title="Slow",
                default=Decimal(30),
                minimum=Decimal(2),
                maximum=Decimal(500),
                is_integer=True,
                help="bars in the slow average; more than in the fast one",
            ),
            ParameterInfo(
                name="stop_loss_percent",
                title="Stop %",
                default=Decimal(2),
                minimum=Decimal(0),
                maximum=Decimal(90),
                is_integer=False,
                help="distance of the stop from the fill price, in percent of it; 0 for none",
            ),
            ParameterInfo(
                name="take_profit_percent",
                title="Target %",
                default=Decimal(4),
                minimum=Decimal(0),
                maximum=Decimal(1000),
                is_integer=False,
                help="distance of the target from the fill price, in percent of it; 0 for none",
            ),
            ParameterInfo(
                name="stake_percent",
                title="Stake %",
                default=Decimal(10),
                minimum=Decimal("0.01"),
                maximum=Decimal(100),
                is_integer=False,
                help="notional of one entry, in percent of the current balance",
            ),
        ),
    )

    def __init__(self, parameters: Mapping[str, Decimal]) -> None:
        """Take validated parameters.

        Raises:
            InvalidInputError: the fast average is not the shorter one.
        """
        import talib  # brings numpy; after the first paint, start-up does not wait for it

        self._sma = talib.SMA
        self._fast = int(parameters["fast"])
        self._slow = int(parameters["slow"])
        if self._fast >= self._slow:
            raise InvalidInputError(f"fast ({self._fast}) must be smaller than slow ({self._slow})")
        self._stop_loss = parameters["stop_loss_percent"] or None
        self._take_profit = parameters["take_profit_percent"] or None
        self._stake = parameters["stake_percent"]

    @property
    def bars_needed(self) -> int:
        """The slow average of now and of one bar before."""
        return self._slow + 1

    def on_bar(self, context: StrategyContext) -> Sequence[OrderIntent]:
        """Return exits and entries of a crossing at this bar's close, exits first."""
        closes = context.window.closes(self._slow + 1)
        if len(closes) <= self._slow:
            return ()
        fast = self._sma(closes[-self._fast - 1 :], self._fast)
        slow = self._sma(closes, self._slow)
        now, before = fast[-1] - slow[-1], fast[-2] - slow[-2]
        if now > 0 >= before:
            return self._cross(context, Direction.LONG, "fast average crossed above slow")
        if now < 0 <= before:
            return self._cross(context, Direction.SHORT, "fast average crossed below slow")
        return ()

    def _cross(self, context: StrategyContext, towards: Direction, detail: str) -> Sequence[OrderIntent]:
        intents: list[OrderIntent] = []
        if context.direction is not None and context.direction is not towards:
            leave = IntentAction.EXIT_SHORT if towards is Direction.LONG else IntentAction.EXIT_LONG
            intents.append(OrderIntent(action=leave, detail=detail))
        may_enter = towards is Direction.LONG or context.allows_short
        if may_enter and context.direction is not towards:
            enter = IntentAction.ENTER_LONG if towards is Direction.LONG else IntentAction.ENTER_SHORT
            intents.append(
                OrderIntent(
                    action=enter,
                    detail=detail,
                    stake_percent=self._stake,
                    stop_loss_percent=self._stop_loss,
                    take_profit_percent=self._take_profit,
                )
            )
        return intents
