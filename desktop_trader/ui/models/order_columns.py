"""The columns of live orders. They write what a row holds; nothing here computes money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from desktop_trader.domain.order import Order, OrderSide, TimeInForce
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import FindInstrument, price_text, quantity_text
from desktop_trader.ui.number_format import UNKNOWN, format_money, format_plain
from desktop_trader.ui.time_text import local_time, short_time, utc_time, words

FindPartner = Callable[[Order], Order | None]
"""Says which other live order ends with the first fill of this one."""
_TIMES_IN_FORCE = {
    TimeInForce.GTC: "Works until it is canceled",
    TimeInForce.GTD: "Works until its date",
    TimeInForce.IOC: "Fills at once as far as it goes, the rest ends",
    TimeInForce.FOK: "Fills at once and whole, or not at all",
}
_NEVER = datetime.max.replace(tzinfo=UTC)


def trigger_text(order: Order, find: FindInstrument, *, level: Decimal | None = None) -> str:
    """Write what an order waits for: a price, or a distance that follows the price and where that stands now."""
    price = price_text(order.trigger_price, find(order.symbol))
    if order.trail_percent is None:
        return price
    start = "" if order.trigger_price is None else f" from {price}"
    if level is not None:
        start = f" → {price_text(level, find(order.symbol))}"
    return f"trails {format_plain(order.trail_percent)} %{start}"


def trail_level(shown: AccountSnapshot | None, order_id: int) -> Decimal | None:
    """Return where the trigger of an order stands that follows the price; None for one that does not yet."""
    return None if shown is None else dict(shown.trail_levels).get(order_id)


def force_text(order: Order) -> str:
    """Write how long an order works, and that it only rests."""
    until = f" {short_time(order.expires_at)}" if order.expires_at is not None else ""
    return order.time_in_force.upper() + until + (" post-only" if order.is_post_only else "")


def order_columns(
    find: FindInstrument,
    currency: Callable[[], str],
    *,
    partner: FindPartner,
    is_busy: Callable[[int], bool],
    trail_level: Callable[[int], Decimal | None],
) -> Sequence[Column[Order]]:
    """Everything of a live order; one cell cancels it. `is_busy` says that something was asked about it."""
    return (
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol),
        Column(title="Type", text=lambda row: words(row.type), sort_key=lambda row: row.type.value),
        Column(
            title="Side",
            text=lambda row: row.side.upper(),
            sort_key=lambda row: row.side.value,
            tone=lambda row: "up_text" if row.side is OrderSide.BUY else "down_text",
        ),
        Column(
            title="Quantity",
            text=lambda row: quantity_text(row.quantity, find(row.symbol)),
            sort_key=lambda row: row.quantity,
            is_number=True,
        ),
        Column(
            title="Filled",
            text=lambda row: quantity_text(row.filled_quantity, find(row.symbol)),
            sort_key=lambda row: row.filled_quantity,
            is_number=True,
        ),
        *_price_columns(find, trail_level),
        Column(
            title="Cancel",
            text=lambda row: "asked…" if is_busy(row.id) else "Cancel",
            sort_key=lambda row: row.id,
            tooltip=lambda row: "Cancel this order",
            is_action=True,
        ),
        *_term_columns(partner),
        Column(
            title="Reserved",
            text=lambda row: format_money(row.reserve, currency()),
            sort_key=lambda row: row.reserve,
            is_number=True,
            tooltip=lambda row: "Locked for this order until it fills or ends",
        ),
        Column(
            title="Status",
            text=lambda row: words(row.status) + (", triggered" if row.is_triggered else ""),
            sort_key=lambda row: row.status.value,
            tooltip=lambda row: f"Edited {row.revision} times" if row.revision else "",
        ),
        Column(
            title="Created",
            text=lambda row: local_time(row.created_at),
            sort_key=lambda row: row.created_at,
            tooltip=lambda row: utc_time(row.created_at),
        ),
        Column(title="Reason", text=lambda row: words(row.reason), sort_key=lambda row: row.reason.value, is_wide=True),
    )


def _price_columns(find: FindInstrument, trail_level: Callable[[int], Decimal | None]) -> Sequence[Column[Order]]:
    return (
        Column(
            title="Price",
            text=lambda row: price_text(row.limit_price, find(row.symbol)),
            sort_key=lambda row: row.limit_price,
            is_number=True,
            full_title="Limit price",
        ),
        Column(
            title="Trigger",
            text=lambda row: trigger_text(row, find, level=trail_level(row.id)),
            sort_key=lambda row: row.trigger_price,
            is_number=True,
            full_title="Trigger price, or how far it trails",
        ),
    )


def _term_columns(partner: FindPartner) -> Sequence[Column[Order]]:
    def pair(row: Order) -> str:
        other = partner(row)
        return (f"with #{other.id}" if other is not None else "alone") if row.oco_id else UNKNOWN

    return (
        Column(
            title="Force",
            text=force_text,
            sort_key=lambda row: (
                row.time_in_force.value,
                row.expires_at or _NEVER,
            ),
            tooltip=lambda row: (
                _TIMES_IN_FORCE[row.time_in_force] + (f": {utc_time(row.expires_at)}" if row.expires_at else "")
            ),
            full_title="How long it works",
        ),
        Column(
            title="Exit",
            text=lambda row: f"closes #{row.position_id}" if row.is_exit else UNKNOWN,
            sort_key=lambda row: row.is_exit,
            tooltip=lambda row: "Reduce-only: it closes, and never opens anything" if row.is_exit else "",
            full_title="Reduce-only",
        ),
        Column(
            title="Pair",
            text=pair,
            sort_key=lambda row: row.oco_id,
            tooltip=lambda row: "The first to fill ends the other; canceling one ends both" if row.oco_id else "",
            full_title="One cancels the other",
        ),
    )
