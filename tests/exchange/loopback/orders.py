"""An order of a user and a deal of it, as the loopback exchange keeps them, and the rows it tells about them."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from tests.exchange.loopback.accounts import ZERO, Account
from tests.exchange.loopback.listing import SPOT_FEES, SWAP_FEES, Kind, Pair
from tests.exchange.loopback.shapes import Row, text_of


class State(Enum):
    """The exchange's own words of `order-status`."""

    OPEN = "open"
    PART_FILLED = "part_filled"
    FILLED = "filled"
    PART_CANCELED = "part_canceled"
    CANCELED = "canceled"


class RefusedError(Exception):
    """The exchange refuses with its code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(slots=True, kw_only=True)
class Deal:
    """One execution of an order; `fee` in `fee_coin`."""

    deal_id: int
    at_ms: int
    price: Decimal
    amount: Decimal
    role: str
    fee: Decimal
    fee_coin: str


@dataclass(slots=True, kw_only=True)
class Order:
    """An instruction of a user. `amount` is in base, for a spot market buy in quote (`by_value`)."""

    order_id: int
    account: Account
    kind: Kind
    pair: Pair
    side: str
    type: str
    amount: Decimal
    price: Decimal = ZERO
    client_id: str = ""
    created_ms: int = 0
    updated_ms: int = 0
    by_value: bool = False
    is_close: bool = False
    filled: Decimal = ZERO
    value: Decimal = ZERO
    frozen: Decimal = ZERO
    base_fee: Decimal = ZERO
    quote_fee: Decimal = ZERO
    realized: Decimal = ZERO
    canceled: bool = False
    is_spent: bool = False
    """A market buy whose rest buys less than the smallest step: it counts as filled."""
    deals: list[Deal] = field(default_factory=list)
    trigger_price: Decimal | None = None
    trigger_direction: str = ""

    @property
    def unfilled(self) -> Decimal:
        """Return what is left, in the unit of `amount`."""
        return self.amount - (self.value if self.by_value else self.filled)

    @property
    def is_live(self) -> bool:
        return not self.canceled and not self.is_spent and self.unfilled > 0

    @property
    def state(self) -> State:
        if self.canceled:
            return State.PART_CANCELED if self.deals else State.CANCELED
        if self.is_spent or self.unfilled <= 0:
            return State.FILLED
        return State.PART_FILLED if self.deals else State.OPEN

    @property
    def fee_rates(self) -> tuple[Decimal, Decimal]:
        return SPOT_FEES if self.kind is Kind.SPOT else SWAP_FEES

    def row(self, *, with_state: bool = False) -> Row:
        """Return the order as the REST API tells it."""
        maker, taker = self.fee_rates
        last = self.deals[-1] if self.deals else None
        row = self._head("order_id") | {
            "unfilled_amount": text_of(self.unfilled),
            "filled_amount": text_of(self.filled),
            "filled_value": text_of(self.value),
            "maker_fee_rate": str(maker),
            "taker_fee_rate": str(taker),
        }
        amount, price = ("0", "0") if last is None else (text_of(last.amount), text_of(last.price))
        if self.kind is Kind.SPOT:
            row |= {"base_fee": text_of(self.base_fee), "quote_fee": text_of(self.quote_fee), "discount_fee": "0"}
            row |= {"last_fill_amount": amount, "last_fill_price": price}
        else:
            row |= {"fee": text_of(self.quote_fee), "fee_ccy": self.pair.quote, "realized_pnl": text_of(self.realized)}
            row |= {"last_filled_amount": amount, "last_filled_price": price}
        return row | ({"status": self.state.value} if with_state else {})

    def stop_row(self) -> Row:
        """Return a trigger order as the REST API tells it."""
        kind = "mark_price" if self.kind is Kind.SPOT else "latest_price"
        trigger = text_of(self.trigger_price or ZERO)
        direction = self.trigger_direction
        return self._head("stop_id") | {
            "trigger_price": trigger,
            "trigger_direction": direction,
            "trigger_price_type": kind,
        }

    def push_row(self) -> Row:
        """Return the order as `order.update` tells it; spot has names of its own there."""
        if self.kind is Kind.FUTURES:
            return self.row() | {"stop_id": 0}
        row = self.row() | {"margin_market": "", "base_ccy_fee": text_of(self.base_fee)}
        return row | {
            "quote_ccy_fee": text_of(self.quote_fee),
            "discount_ccy_fee": "0",
            "unfill_amount": row["unfilled_amount"],
            "fill_value": row["filled_value"],
        }

    def _head(self, id_name: str) -> Row:
        row: Row = {
            id_name: self.order_id,
            "market": self.pair.market_id,
            "market_type": self.kind.name,
            "side": self.side,
            "type": self.type,
            "amount": text_of(self.amount),
            "price": text_of(self.price),
            "client_id": self.client_id,
            "created_at": self.created_ms,
            "updated_at": self.updated_ms,
        }
        if self.kind is Kind.SPOT:
            row["ccy"] = self.pair.quote if self.by_value else self.pair.base
        return row

    def deal_row(self, deal: Deal) -> Row:
        """Return a row of `user-deals` and of `user_deals.update`."""
        row: Row = {
            "deal_id": deal.deal_id,
            "created_at": deal.at_ms,
            "market": self.pair.market_id,
            "side": self.side,
            "order_id": self.order_id,
            "price": text_of(deal.price),
            "amount": text_of(deal.amount),
            "role": deal.role,
            "fee": text_of(deal.fee),
            "fee_ccy": deal.fee_coin,
        }
        return row | ({"margin_market": ""} if self.kind is Kind.SPOT else {})
