"""One order at the paper exchange, and what has to be remembered of it beside the books.

What the books do not have goes into ratchets, texts that are stored with each commit. With them and the stored order a
rebuilt exchange stands exactly where the last one stood:

* `queue:<order>`: revision, what waited at its price when it came to rest, what of it is still ahead, what has come
  through to it and is not told yet (that counts at its time alone), and at which time something came to that price
  last. There is none while the order has not come to rest;
* `trail:<order>`: the best price so far; on bars also the extreme of the newest one and when that opened, because it
  counts from the next bar on;
* `edited:<order>`: revision and place in the order of age, of an order that was edited;
* `hit:<order>`: revision, and when its trigger was reached.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ZERO, canonical, parse_decimal
from desktop_trader.domain.order import Order, OrderReason, OrderSide

Place = tuple[int, int, int]
"""Where an order stands by age: the newest order when it came or was edited, a count of such edits, its own id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OF_A_POSITION = frozenset(
    {
        OrderReason.STOP_LOSS,
        OrderReason.TAKE_PROFIT,
        OrderReason.TRAILING_STOP,
        OrderReason.LIQUIDATION,
        OrderReason.CROSS_LOSS,
    }
)


@dataclass(slots=True)
class Trail:
    """How far a trailing stop has come: `best` counts now, `coming` from the bar after the one of `bar_at` on."""

    best: Decimal
    coming: Decimal | None = None
    bar_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """An order as it was handed over, with its standing: `filled` and `is_triggered` are those of now.

    `due_at` is when it has arrived; `joined` is None until it rests at its limit.

    `ahead` is what waits at its price before it, `credit` what has come through to it and is not told yet, `seen_at`
    the time of the quote that last came to its price. `hit_at` is when its trigger was reached: the time of a quote, or
    the opening of the bar inside which it happened.
    """

    order: Order
    instrument: Instrument
    place: Place
    due_at: datetime
    is_accepted: bool
    filled: Decimal
    is_triggered: bool
    joined: Decimal | None = None
    ahead: Decimal = ZERO
    credit: Decimal = ZERO
    seen_at: datetime | None = None
    trail: Trail | None = None
    hit_at: datetime | None = None

    @property
    def remaining(self) -> Decimal:
        """What is not filled yet."""
        return self.order.quantity - self.filled

    def is_due(self, at: datetime) -> bool:
        """Say whether a price of this time may act: one later than it came, or the very one that pulls a trigger."""
        return at >= self.due_at if self.order.type.has_trigger else at > self.due_at

    def has_expired(self, at: datetime) -> bool:
        """Say whether its own time is up."""
        return self.order.expires_at is not None and at >= self.order.expires_at

    @property
    def is_of_a_position(self) -> bool:
        """Whether the engine sent it because a level of a position was reached: nothing more has to be told of it."""
        return self.order.reason in _OF_A_POSITION

    @property
    def is_liquidation(self) -> bool:
        """Whether a position is closed by force, which is decided by the mark price and not by the order's trigger."""
        return self.order.reason is OrderReason.LIQUIDATION

    def meets_limit(self, price: Decimal) -> bool:
        """Say whether a price is the order's limit or better."""
        limit = self.order.limit_price
        if limit is None:
            return False
        return price <= limit if self.order.side is OrderSide.BUY else price >= limit

    def rest(self, behind: Decimal) -> None:
        """Let it rest at its limit, behind so much."""
        self.joined = self.ahead = behind
        self.credit, self.seen_at = ZERO, None

    @property
    def has_notes(self) -> bool:
        """Whether there is anything to remember of it."""
        is_where_it_began = self.joined is None and self.trail is None and self.hit_at is None
        return not is_where_it_began or self.order.revision > 0

    def notes(self) -> Iterator[tuple[str, str]]:
        """Return its ratchets."""
        order = self.order
        if self.joined is not None:
            numbers = " ".join(map(canonical, (self.joined, self.ahead, self.credit)))
            seen = "" if self.seen_at is None else f" {micros(self.seen_at)}"
            yield f"queue:{order.id}", f"{order.revision} {numbers}{seen}"
        if self.trail is not None:
            yield f"trail:{order.id}", _trail_text(self.trail)
        if order.revision:
            yield f"edited:{order.id}", f"{order.revision} {self.place[0]} {self.place[1]}"
        if self.hit_at is not None:
            yield f"hit:{order.id}", f"{order.revision} {micros(self.hit_at)}"

    def remember(self, notes: Mapping[str, str]) -> None:
        """Stand where the exchange of the last process left it, as far as the order was not edited since."""
        order = self.order
        queue = notes.get(f"queue:{order.id}", "").split()
        if queue and queue[0] == str(order.revision):
            self.joined, self.ahead, self.credit = map(parse_decimal, queue[1:4])
            self.seen_at = moment(queue[4]) if queue[4:] else None
        trail = notes.get(f"trail:{order.id}", "").split()
        if trail:
            self.trail = Trail(parse_decimal(trail[0]))
            if trail[1:]:
                self.trail.coming, self.trail.bar_at = parse_decimal(trail[1]), moment(trail[2])
        hit = notes.get(f"hit:{order.id}", "").split()
        if hit and hit[0] == str(order.revision):
            self.hit_at, self.is_triggered = moment(hit[1]), True


def micros(at: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(text: str) -> datetime:
    """Return the time of a number of microseconds since 1970."""
    return _EPOCH + int(text) * _MICROSECOND


def _trail_text(trail: Trail) -> str:
    best = canonical(trail.best)
    if trail.coming is None or trail.bar_at is None:
        return best
    return f"{best} {canonical(trail.coming)} {micros(trail.bar_at)}"
