"""Choosing another market under *File > Market*: what the next start opens."""

from dataclasses import dataclass, field

from desktop_trader.settings import ExchangeAddress, MarketSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMarket:
    """A job: look whether there is such a market, and keep the choice for the next start.

    `address` is that of the exchange, where one is chosen; `proxy` counts for every exchange.
    """

    market: MarketSettings
    address: ExchangeAddress = field(default_factory=ExchangeAddress)
    proxy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChosen:
    """The choice is kept; it counts from the next start on."""

    market: MarketSettings
