"""Starts what a headless run is to trade: at once on a market of our own, on an exchange as soon as it may."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop_trader.domain.instrument import Instrument
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.market_opening import MarketChoice
from desktop_trader.messages.commands import StartAutoTrading
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.messages.snapshot import AccountSnapshot

_REQUEST_ID = "run:start"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyChoice:
    """Which strategy to let trade, with its parameters as typed."""

    name: str
    parameters: tuple[tuple[str, str], ...]


def refusal_of(instrument: Instrument | None, currency: str) -> str:
    """Say why accounts in a currency cannot trade an instrument; "" if they can, or nothing is known of it yet."""
    if instrument is None or instrument.settle == currency:
        return ""
    return (
        f"{instrument.symbol} is paid in {instrument.settle}, but accounts here hold {currency}; trade another symbol, "
        f'or set currency = "{instrument.settle}" under [paper] in the settings of a data folder of its own'
    )


class StrategyStart:
    """One start. On an exchange nothing begins before everything is verified, and its list may not be known yet."""

    def __init__(
        self,
        market: MarketChoice,
        strategy: StrategyChoice | None,
        *,
        feed: MarketFeed,
        on_refused: Callable[[str], None],
    ) -> None:
        """Prepare; `on_refused` hears why the symbol cannot be traded, when that is known only later."""
        self._market = market
        self._strategy = strategy
        self._feed = feed
        self._on_refused = on_refused
        self._is_waiting = False
        self._is_listed = False
        self._send: Callable[[object], object] = _nobody

    def begin(self, send: Callable[[object], object]) -> None:
        """Follow the market, and start the strategy through `send`, now or later."""
        self._send = send
        timeframe = self._market.timeframe if self._feed.is_live and self._strategy is not None else None
        self._feed.subscribe(self._market.symbol, timeframe)
        self._is_waiting = self._strategy is not None
        if not self._feed.is_live:
            self._start()

    def look(self, snapshot: AccountSnapshot) -> None:
        """Start what waits, once everything may act."""
        if self._feed.is_live and not self._is_listed and self._feed.listing():
            self._is_listed = True
            self._check(snapshot.balance.currency)
        if self._is_waiting and self._feed.is_live and snapshot.network is not None and snapshot.network.is_open:
            self._start()

    def hear(self, notice: Notice) -> None:
        """Wait once more where the network went away in the moment of the start."""
        if isinstance(notice, CommandRefused) and notice.request_id == _REQUEST_ID and notice.reason == "network":
            self._is_waiting = True

    def _check(self, currency: str) -> None:
        instrument = self._feed.listing().get(self._market.symbol)
        why = refusal_of(instrument, currency)
        if instrument is None:
            base, market = self._market.symbol.partition("/")[0], self._market.market
            why = f"{self._market.symbol} is not traded on {market}; what is: "
            why += f"`desktop-trader markets search {base} --market {market}`"
        if why:
            self._is_waiting = False
            self._on_refused(why)

    def _start(self) -> None:
        strategy = self._strategy
        if strategy is None:
            return
        self._is_waiting = False
        self._send(
            StartAutoTrading(
                request_id=_REQUEST_ID if self._feed.is_live else "",
                strategy=strategy.name,
                symbol=self._market.symbol,
                timeframe=self._market.timeframe,
                parameters=strategy.parameters,
            )
        )


def _nobody(_message: object) -> None:
    """Nobody is there to start anything yet."""
