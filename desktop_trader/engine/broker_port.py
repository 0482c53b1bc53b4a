"""An exchange that takes orders, as the engine sees it: what it is told, and what it reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from desktop_trader.domain.fill import Execution
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The exchange holds the order; it rests there."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The exchange executed (part of) the order. `model` says in words how a paper exchange came to price and size."""

    order_id: int
    execution: Execution
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The exchange definitely refused the order; `reason` is for the person."""

    order_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The exchange confirmed that nothing more of the order will fill."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The order ended by its own terms: its time was up, or what was wanted at once could not be had at once."""

    order_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """The order's trigger was reached at `price`: from now on it is at the market, or rests at its limit."""

    order_id: int
    price: Decimal


BrokerReport = Accepted | Filled | Rejected | Canceled | Expired | Triggered


class FundsView(Protocol):
    """What an exchange knows of its customer's money; the paper exchange asks our books."""

    @property
    def portfolio(self) -> Portfolio:
        """The account as the books have it now: what positions cost, and which orders are live."""
        ...

    def spendable_for(self, order: Order) -> Decimal:
        """Return what an order may cost at most: its own reserve and the available balance together."""
        ...

    def closable_by(self, order: Order) -> Decimal:
        """Return how much of its position an exit may still close; zero when that is closed."""
        ...

    def cover_of(self, order: Order, quantity: Decimal) -> Decimal | None:
        """Return what a close of so much may lose at most, fee included: margin; on cross also what is free.

        None where nothing bounds it (a spot long cannot lose more than it cost).
        """
        ...

    def waits_for_gains(self, order: Order, *, price: Decimal) -> str:
        """Say why a close on cross that costs more than its cover has to wait: for the gains of which other position.

        Those of its symbol are looked at with `price` too. Empty where there are none: then it costs its cover.
        """
        ...


class Broker(Protocol):
    """An exchange that takes orders. Nothing returns an answer: answers are reports, collected with `drain`.

    A price is shown again until it leads to no more reports: a paper exchange ends one order at a time.
    """

    def submit(self, order: Order, instrument: Instrument) -> None:
        """Hand over an order whose intent is already stored."""
        ...

    def cancel(self, order: Order) -> None:
        """Ask for the end of an order; of one that the books have ended already nothing needs to be reported."""
        ...

    def edit(self, order: Order) -> None:
        """Replace what is waiting by its new terms; an edited order goes to the end of its queue."""
        ...

    def meet_anew(self, order: Order) -> None:
        """Let a resting order meet the next price as if it had just come, because nobody looked for a while.

        Only a paper exchange does that; a live one has matched by itself meanwhile.
        """
        ...

    def ratchets(self) -> Mapping[str, str]:
        """Return what is remembered beside the books (queue places, how far trails have come), stored with each commit.

        With the stored orders and the same prices it makes a rebuilt exchange go on exactly where the last one stood.
        """
        ...

    def take_ratchets(self, ratchets: Mapping[str, str]) -> None:
        """Remember what the exchange of the last process did, before orders are handed over; ignore unknown keys."""
        ...

    def on_quote(self, quote: Quote) -> None:
        """Let a paper exchange match against a quote; live exchanges match by themselves."""
        ...

    def on_bar_open(self, bar: Bar) -> None:
        """Let a paper exchange match against the open of a bar."""
        ...

    def on_bar_range(self, bar: Bar) -> None:
        """Let a paper exchange match against what happened inside a bar."""
        ...

    def drain(self) -> Sequence[BrokerReport]:
        """Return the reports since the last call, in order, and forget them."""
        ...
