"""What an error, or a check that failed, says about what is lost: the whole network, one exchange, one symbol."""

from collections.abc import Sequence

from desktop_trader.domain.errors import (
    AuthRefusedError,
    ClockSkewError,
    ExchangeError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
)
from desktop_trader.messages.network import CheckView, PauseReason, ReasonKind

INTERNET = PauseReason(kind=ReasonKind.INTERNET)
CLOCK = PauseReason(kind=ReasonKind.CLOCK)
STALL = PauseReason(kind=ReasonKind.STALL)
RESUME = PauseReason(kind=ReasonKind.RESUME)
DATABASE = PauseReason(kind=ReasonKind.DATABASE)
MARKETS_CHECK, UNITS_CHECK, PRICES_CHECK = "markets", "units", "prices"
"""The first looks at what the exchange lists, after it has told its time; the others say something about one symbol:

whether its contracts are what they were, and its prices fresh.
"""


def feed_reason(symbol: str) -> PauseReason:
    """Return that one symbol's prices are missing."""
    return PauseReason(kind=ReasonKind.FEED, scope=symbol)


def exchange_reason(exchange: str) -> PauseReason:
    """Return that one exchange cannot be relied on."""
    return PauseReason(kind=ReasonKind.EXCHANGE, scope=exchange)


def waited_text(checks: Sequence[CheckView]) -> str:
    """Return what a verification waited for in vain."""
    return next((f"{each.name}: in vain: {each.detail}" for each in checks if each.waits), "it waited in vain")


def error_reason(error: ExchangeError, exchange: str, *, ticks_live: bool) -> PauseReason:
    """Return what an error says; while ticks arrive, a dead line can only be the exchange's."""
    if isinstance(error, AuthRefusedError):
        return PauseReason(kind=ReasonKind.AUTH, scope=exchange)
    if isinstance(error, ClockSkewError):
        return CLOCK
    if isinstance(error, NetworkDownError | NetworkTimeoutError) and not ticks_live:
        return INTERNET
    return exchange_reason(exchange)


def check_reason(check: CheckView, error: ExchangeError | None, *, exchange: str, needed: Sequence[str]) -> PauseReason:
    """Return what a failed check says; `error` is what a call met meanwhile, which says more than the check's name.

    A check's detail names the symbol that it is about.
    """
    symbol = next((symbol for symbol in sorted(needed, key=len, reverse=True) if symbol in check.detail), "")
    if check.name == UNITS_CHECK:
        return PauseReason(kind=ReasonKind.REVIEW, scope=symbol)
    if error is not None:
        # Whoever has just told the time can be reached: a list that cannot be had is the exchange's, or its maker's.
        return error_reason(error, exchange, ticks_live=check.name == MARKETS_CHECK)
    if check.name == PRICES_CHECK and symbol:
        return feed_reason(symbol)
    return exchange_reason(exchange)


def is_certain(error: ExchangeError) -> bool:
    """Say whether an error leaves no doubt, so that nobody has to be asked again."""
    return isinstance(error, AuthRefusedError | RateLimitedError)


def reasons_text(reasons: tuple[PauseReason, ...]) -> str:
    """Return reasons as one line: `internet, feed:BTC/USDT`."""
    return ", ".join(reason.text for reason in reasons)


def is_hard(error: ExchangeError) -> bool:
    """Say whether nobody is there at all, which needs no second question once somebody was asked on purpose."""
    return isinstance(error, NetworkDownError)
