"""The columns of every table of the window. They write what a row holds; nothing here computes money."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import UNIT
from desktop_trader.domain.order import Direction, Order, OrderSide
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.messages.snapshot import BalanceRow, PositionView
from desktop_trader.ui.balance_text import change_tone, pnl_text
from desktop_trader.ui.models.price_ages import Staleness
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.number_format import (
    UNKNOWN,
    direction_arrow,
    format_money,
    format_percent,
    format_price,
    format_quantity,
)
from desktop_trader.ui.time_text import local_time, short_time, utc_time, words

__all__ = ["local_time", "short_time", "utc_time", "words"]

FindInstrument = Callable[[str], Instrument | None]
FindStale = Callable[[str], Staleness | None]
"""Says how old the price of a symbol is where it may not be believed any more."""
_TONES = {"up": "up_text", "down": "down_text", "": ""}


def _never_old(_symbol: str) -> Staleness | None:
    return None


def direction_text(direction: str) -> str:
    """Write LONG or SHORT with its arrow, so that it never rests on color alone."""
    is_long = direction == Direction.LONG
    return f"{direction.upper()} {direction_arrow(Decimal(1 if is_long else -1))}"


def price_text(price: Decimal | None, instrument: Instrument | None) -> str:
    """Write a price on its symbol's grid."""
    return format_price(price, instrument.tick_size if instrument else UNIT)


def quantity_text(quantity: Decimal | None, instrument: Instrument | None) -> str:
    """Write a quantity on its symbol's grid."""
    return format_quantity(quantity, instrument.lot_size if instrument else UNIT)


def position_columns(
    find: FindInstrument, currency: Callable[[], str], *, old: FindStale = _never_old, shut: Callable[[], str] = str
) -> Sequence[Column[PositionView]]:
    """Everything of an open position; one cell closes it, unless `shut` says why nothing can be closed now.

    That cell stands before what is of less use in a hurry: figures may grow, and it has to stay in view. What follows
    from the price shows its age once it is `old`.
    """

    def price(title: str, of: Callable[[PositionView], Decimal | None], full_title: str = "") -> Column[PositionView]:
        return Column(
            title=title,
            text=lambda row: price_text(of(row), find(row.symbol)),
            sort_key=of,
            is_number=True,
            full_title=full_title,
        )

    return (
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol),
        Column(
            title="Side",
            text=lambda row: direction_text(row.direction),
            sort_key=lambda row: row.direction,
            tone=lambda row: "up_text" if row.direction == Direction.LONG else "down_text",
        ),
        Column(
            title="Quantity",
            text=lambda row: quantity_text(row.quantity, find(row.symbol)),
            sort_key=lambda row: row.quantity,
            is_number=True,
        ),
        price("Entry", lambda row: row.entry_price),
        _mark_column(find, old),
        *_unrealized_columns(currency, old),
        Column(
            title="Close",
            text=lambda row: "closing…" if row.is_closing else "paused" if shut() else "Close",
            sort_key=lambda row: row.is_closing,
            tooltip=lambda row: shut() or "Close the whole position at the market",
            is_action=True,
        ),
        price("SL", lambda row: row.stop_loss, "Stop loss"),
        price("TP", lambda row: row.take_profit, "Take profit"),
        price("Liq.", lambda row: row.liquidation_price, "Liquidation price"),
        Column(
            title="Opened",
            text=lambda row: short_time(row.opened_at),
            sort_key=lambda row: row.opened_at,
            tooltip=lambda row: utc_time(row.opened_at),
        ),
    )


def _mark_column(find: FindInstrument, old: FindStale) -> Column[PositionView]:
    return Column(
        title="Mark",
        text=lambda row: aged(price_text(row.mark_price, find(row.symbol)), old(row.symbol)),
        sort_key=lambda row: row.mark_price,
        is_number=True,
        tone=lambda row: "text_muted" if old(row.symbol) else "",
        tooltip=lambda row: since_text(old(row.symbol)),
    )


def _unrealized_columns(currency: Callable[[], str], old: FindStale) -> Sequence[Column[PositionView]]:
    def tone(row: PositionView, change: Decimal | None, unit: str = "") -> str:
        return "text_muted" if old(row.symbol) else _TONES[change_tone(change, unit)]

    return (
        Column(
            title="uP&L",
            text=lambda row: aged(pnl_text(row.unrealized_pnl, currency()), old(row.symbol)),
            sort_key=lambda row: row.unrealized_pnl,
            is_number=True,
            tone=lambda row: tone(row, row.unrealized_pnl, currency()),
            tooltip=lambda row: (
                since_text(old(row.symbol)) or "Unrealized profit or loss at the mark price, before fees"
            ),
        ),
        Column(
            title="uP&L %",
            text=lambda row: aged(format_percent(row.unrealized_percent), old(row.symbol)),
            sort_key=lambda row: row.unrealized_percent,
            is_number=True,
            tone=lambda row: tone(row, row.unrealized_percent),
            tooltip=lambda row: since_text(old(row.symbol)) or "In percent of the margin",
        ),
    )


def aged(figure: str, old: Staleness | None) -> str:
    """Write the age of the price behind a figure that is known, once it is too old to be believed."""
    return figure if old is None or figure == UNKNOWN else f"{figure} · {old.text}"


def since_text(old: Staleness | None) -> str:
    """Say since when a price is stale; empty while it is not."""
    return "" if old is None else f"Stale since {utc_time(old.since) or 'an unknown time'}: it triggers nothing"


def order_columns(find: FindInstrument, currency: Callable[[], str]) -> Sequence[Column[Order]]:
    """Everything of a live order; the last cell cancels it."""
    return (
        Column(
            title="Created",
            text=lambda row: local_time(row.created_at),
            sort_key=lambda row: row.created_at,
            tooltip=lambda row: utc_time(row.created_at),
        ),
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol),
        Column(
            title="Side",
            text=lambda row: row.side.upper(),
            sort_key=lambda row: row.side.value,
            tone=lambda row: "up_text" if row.side is OrderSide.BUY else "down_text",
        ),
        Column(title="Type", text=lambda row: words(row.type), sort_key=lambda row: row.type.value),
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
        Column(
            title="Price",
            text=lambda row: price_text(row.limit_price or row.trigger_price, find(row.symbol)),
            sort_key=lambda row: row.limit_price or row.trigger_price,
            is_number=True,
        ),
        Column(
            title="Reserved",
            text=lambda row: format_money(row.reserve, currency()),
            sort_key=lambda row: row.reserve,
            is_number=True,
            tooltip=lambda row: "Locked for this order until it fills or ends",
        ),
        Column(title="Status", text=lambda row: words(row.status), sort_key=lambda row: row.status.value),
        Column(title="Reason", text=lambda row: words(row.reason), sort_key=lambda row: row.reason.value, is_wide=True),
        Column(
            title="Cancel",
            text=lambda row: "Cancel",
            sort_key=lambda row: row.id,
            tooltip=lambda row: "Cancel this order",
            is_action=True,
        ),
    )


def decision_columns() -> Sequence[Column[Decision]]:
    """What a strategy wanted and what became of it."""
    return (
        Column(
            title="Time",
            text=lambda row: local_time(row.at, has_date=False),
            sort_key=lambda row: row.at,
            tooltip=lambda row: utc_time(row.at),
        ),
        Column(title="Decision", text=lambda row: words(row.action), sort_key=lambda row: row.action),
        Column(
            title="Outcome",
            text=lambda row: words(row.outcome),
            sort_key=lambda row: row.outcome,
            tooltip=lambda row: f"{row.symbol}: {row.detail}" if row.detail else row.symbol,
            is_wide=True,
        ),
    )


_TOLD_BY_PEOPLE = frozenset({"opening", "deposit", "withdrawal", "adjustment", "import"})
"""Kinds of entries whose reason a person wrote; the others are named by their kind."""


def change_columns(currency: Callable[[], str]) -> Sequence[Column[BalanceRow]]:
    """The newest changes of the balance."""
    return (
        Column(
            title="Time",
            text=lambda row: local_time(row.at, has_date=False),
            sort_key=lambda row: row.at,
            tooltip=lambda row: utc_time(row.at),
        ),
        Column(
            title="Change",
            text=lambda row: row.reason if row.kind in _TOLD_BY_PEOPLE else words(row.kind),
            sort_key=lambda row: row.kind,
            tooltip=lambda row: f"{words(row.kind)}: {words(row.reason)}",
            is_wide=True,
        ),
        Column(
            title="Balance",
            text=lambda row: format_money(row.total, currency()),
            sort_key=lambda row: row.total,
            is_number=True,
        ),
    )
