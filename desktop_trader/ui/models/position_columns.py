"""The columns of open positions. They write what a row holds; nothing here computes money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.order import Direction, Protection
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.balance_text import change_tone, pnl_text
from desktop_trader.ui.models.price_ages import Staleness
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import (
    TONES,
    FindInstrument,
    FindStale,
    aged,
    direction_text,
    price_text,
    quantity_text,
    since_text,
)
from desktop_trader.ui.number_format import UNKNOWN, format_money, format_percent, format_plain
from desktop_trader.ui.time_text import short_time, utc_time

STOP, TARGET = "SL", "TP"
_WAITING = "Asked for; it holds once the row says it without the dots"
_EDIT = "Double click, F2 or Enter: type another price; empty takes it away"


def _never_old(_symbol: str) -> Staleness | None:
    return None


def _nothing_waited(_position_id: int) -> Protection | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLook:
    """What columns of positions ask beside their row: rules, currency, ages, why nothing closes, what is waited for."""

    find: FindInstrument
    currency: Callable[[], str]
    old: FindStale = _never_old
    shut: Callable[[], str] = str
    waited: Callable[[int], Protection | None] = _nothing_waited

    def price(self, title: str, of: Callable[[PositionView], Decimal | None], full: str = "") -> Column[PositionView]:
        """A column of a price on its symbol's grid."""
        return Column(
            title=title,
            text=lambda row: price_text(of(row), self.find(row.symbol)),
            sort_key=of,
            is_number=True,
            full_title=full,
        )


def position_columns(look: PositionLook) -> Sequence[Column[PositionView]]:
    """Everything of an open position; one cell closes it, unless `shut` says why nothing can be closed now.

    That cell stands before what is of less use in a hurry: figures may grow, and it has to stay in view. What follows
    from the price shows its age once it is `old`.
    """
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
            text=lambda row: quantity_text(row.quantity, look.find(row.symbol)),
            sort_key=lambda row: row.quantity,
            is_number=True,
        ),
        look.price("Entry", lambda row: row.entry_price, "Average entry price"),
        _mark_column(look),
        *_unrealized_columns(look),
        Column(
            title="Close",
            text=lambda row: "closing…" if row.is_closing else "paused" if look.shut() else "Close",
            sort_key=lambda row: row.is_closing,
            tooltip=lambda row: look.shut() or "Close the whole position at the market",
            is_action=True,
        ),
        _level_column(look, STOP, "Stop loss", lambda levels: levels.stop_loss),
        _level_column(look, TARGET, "Take profit", lambda levels: levels.take_profit),
        _trail_column(look),
        _liquidation_column(look),
        *_margin_columns(look),
        Column(
            title="Opened",
            text=lambda row: short_time(row.opened_at),
            sort_key=lambda row: row.opened_at,
            tooltip=lambda row: utc_time(row.opened_at),
        ),
    )


def _mark_column(look: PositionLook) -> Column[PositionView]:
    return Column(
        title="Mark",
        text=lambda row: aged(price_text(row.mark_price, look.find(row.symbol)), look.old(row.symbol)),
        sort_key=lambda row: row.mark_price,
        is_number=True,
        tone=lambda row: "text_muted" if look.old(row.symbol) else "",
        tooltip=lambda row: since_text(look.old(row.symbol)),
        full_title="Mark price: what open positions are valued with",
    )


def _unrealized_columns(look: PositionLook) -> Sequence[Column[PositionView]]:
    def tone(row: PositionView, change: Decimal | None, unit: str = "") -> str:
        return "text_muted" if look.old(row.symbol) else TONES[change_tone(change, unit)]

    return (
        Column(
            title="uP&L",
            text=lambda row: aged(pnl_text(row.unrealized_pnl, look.currency()), look.old(row.symbol)),
            sort_key=lambda row: row.unrealized_pnl,
            is_number=True,
            tone=lambda row: tone(row, row.unrealized_pnl, look.currency()),
            tooltip=lambda row: (
                since_text(look.old(row.symbol)) or "Unrealized profit or loss at the mark price, before fees"
            ),
            full_title="Unrealized profit or loss",
        ),
        Column(
            title="ROE",
            text=lambda row: aged(format_percent(row.unrealized_percent), look.old(row.symbol)),
            sort_key=lambda row: row.unrealized_percent,
            is_number=True,
            tone=lambda row: tone(row, row.unrealized_percent),
            tooltip=lambda row: since_text(look.old(row.symbol)) or "Unrealized, in percent of the margin",
            full_title="Return on the margin",
        ),
    )


def _level_column(
    look: PositionLook, title: str, full_title: str, of: Callable[[Protection], Decimal | None]
) -> Column[PositionView]:
    def present(row: PositionView) -> Decimal | None:
        return of(Protection(stop_loss=row.stop_loss, take_profit=row.take_profit))

    def is_waiting(row: PositionView) -> bool:
        wanted = look.waited(row.id)
        return wanted is not None and of(wanted) != present(row)

    def text(row: PositionView) -> str:
        wanted = look.waited(row.id)
        level = of(wanted) if wanted is not None else present(row)
        return price_text(level, look.find(row.symbol)) + (" …" if is_waiting(row) else "")

    return Column(
        title=title,
        text=text,
        sort_key=present,
        is_number=True,
        tone=lambda row: "text_muted" if is_waiting(row) else "",
        tooltip=lambda row: _WAITING if is_waiting(row) else _EDIT,
        full_title=full_title,
        is_editable=True,
    )


def _trail_column(look: PositionLook) -> Column[PositionView]:
    def text(row: PositionView) -> str:
        if row.trail_percent is None:
            return UNKNOWN
        at = "" if row.trailing_stop is None else f" → {price_text(row.trailing_stop, look.find(row.symbol))}"
        return f"{format_plain(row.trail_percent)} %{at}"

    return Column(
        title="Trail",
        text=text,
        sort_key=lambda row: row.trail_percent,
        is_number=True,
        tooltip=lambda row: "How far the stop follows the best price, and where it stands now",
        full_title="Trailing stop",
    )


def _liquidation_column(look: PositionLook) -> Column[PositionView]:
    def text(row: PositionView) -> str:
        price = price_text(row.liquidation_price, look.find(row.symbol))
        if row.liquidation_price is None or row.liquidation_percent is None:
            return price
        return aged(f"{price} ({format_plain(row.liquidation_percent)} %)", look.old(row.symbol))

    return Column(
        title="Liq.",
        text=text,
        sort_key=lambda row: row.liquidation_percent,
        is_number=True,
        tone=lambda row: "text_muted" if look.old(row.symbol) else "",
        tooltip=lambda row: "The mark at which it is closed by force, and how far away that is; sorted by the distance",
        full_title="Liquidation price",
    )


def _margin_columns(look: PositionLook) -> Sequence[Column[PositionView]]:
    return (
        Column(
            title="Margin",
            text=lambda row: format_money(row.margin, look.currency()),
            sort_key=lambda row: row.margin,
            is_number=True,
            tooltip=lambda row: f"Maintenance margin: {format_money(row.maintenance_margin, look.currency())}",
        ),
        Column(
            title="Mode",
            text=lambda row: f"{row.margin_mode} {row.leverage}x",
            sort_key=lambda row: (row.margin_mode, row.leverage),
            tooltip=lambda row: (
                "Only its own margin answers for it"
                if row.margin_mode == "isolated"
                else "All that the account has free answers for it"
            ),
            full_title="Margin mode and leverage",
        ),
        Column(
            title="Funding",
            text=lambda row: pnl_text(row.funding, look.currency()),
            sort_key=lambda row: row.funding,
            is_number=True,
            tone=lambda row: TONES[change_tone(row.funding, look.currency())],
            tooltip=lambda row: "Received (+) and paid (-) in funding so far",
        ),
    )
