"""How long an order is on its way to the paper exchange, in market time: drawn once per order, the same for ever.

Only orders that we send ourselves travel. A trigger lies at the exchange already, and what a stop, a target or the
margin of a position closes acts on the very price that reached it.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from desktop_trader.domain.order import Order, OrderReason

_SENT_BY_US = frozenset({OrderReason.SIGNAL, OrderReason.MANUAL, OrderReason.REVERSE, OrderReason.CLOSE_ALL})
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Between `shortest` and `longest`, both whole milliseconds and inclusive; every one of them is as likely."""

    shortest: timedelta
    longest: timedelta

    def of(self, order: Order) -> timedelta:
        """Return how long this order travels: a function of its account, its id and its revision."""
        if order.type.has_trigger or order.reason not in _SENT_BY_US:
            return _NO_TIME
        seed = f"{order.account_id}:{order.id}:{order.revision}".encode()
        draw = int.from_bytes(blake2b(seed, digest_size=8).digest())
        choices = (self.longest - self.shortest) // timedelta(milliseconds=1) + 1
        return self.shortest + timedelta(milliseconds=draw % choices)


def latency_between(shortest_ms: int, longest_ms: int) -> Latency:
    """Return the latency between two numbers of milliseconds."""
    return Latency(shortest=timedelta(milliseconds=shortest_ms), longest=timedelta(milliseconds=longest_ms))
