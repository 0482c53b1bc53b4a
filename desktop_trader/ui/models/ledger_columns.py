"""The columns of the history: one entry of the journal a row."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from desktop_trader.messages.ledger_page import LedgerRow
from desktop_trader.ui.balance_text import change_tone
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import local_time, utc_time, words
from desktop_trader.ui.number_format import format_exact_money, format_money, format_signed_money

_TONES = {"up": "up_text", "down": "down_text", "": ""}
LINKS = {"Position": "position_id", "Order": "order_id", "Fill": "fill_id"}
"""Columns whose cells lead somewhere, and what they name."""


def zone_name(*, is_utc: bool) -> str:
    """Name the zone that times are shown in; this computer's by its own short name."""
    local = datetime.now(UTC).astimezone().tzname() or "local"
    return "UTC" if is_utc else f"{local}, local" if local == "UTC" else local


def ledger_columns(currency: Callable[[], str], *, is_utc: bool = False) -> Sequence[Column[LedgerRow]]:
    """Number, time, kind, amount, before, after, locked, why, who, run and links; exact in the tooltips."""

    def money(
        title: str, of: Callable[[LedgerRow], Decimal], *, is_signed: bool = False, hint: str = ""
    ) -> Column[LedgerRow]:
        write = format_signed_money if is_signed else format_money
        return Column(
            title=title,
            text=lambda row: write(of(row), currency()),
            sort_key=of,
            is_number=True,
            tone=lambda row: _TONES[change_tone(of(row), currency())] if is_signed else "",
            tooltip=lambda row: f"{hint}{format_exact_money(of(row), currency())}",
        )

    def text(title: str, of: Callable[[LedgerRow], str]) -> Column[LedgerRow]:
        return Column(title=title, text=lambda row: shown_text(of(row)), sort_key=of, tooltip=of)

    def link(title: str) -> Column[LedgerRow]:
        def number(row: LedgerRow) -> int | None:
            found: int | None = getattr(row, LINKS[title])
            return found

        return Column(
            title=title,
            text=lambda row: "" if number(row) is None else str(number(row)),
            sort_key=number,
            is_number=True,
            tone=lambda _row: "pnl",
            tooltip=lambda row: "" if number(row) is None else _LINK_HINTS[title],
        )

    return (
        Column(title="No.", text=lambda row: str(row.id), sort_key=lambda row: row.id, is_number=True),
        Column(
            title=f"Time ({zone_name(is_utc=is_utc)})",
            text=lambda row: _time(row.created_at, is_utc=is_utc),
            sort_key=lambda row: row.created_at,
            tooltip=lambda row: f"{utc_time(row.created_at)}\n{local_time(row.created_at)} local time",
        ),
        Column(title="Kind", text=lambda row: words(row.transaction_type), sort_key=lambda row: row.transaction_type),
        money("Amount", lambda row: row.amount, is_signed=True),
        money("Before", lambda row: row.balance_before),
        money("After", lambda row: row.balance_after),
        money("Locked ±", lambda row: row.locked_change, is_signed=True, hint="Locked (+) or set free (−): "),
        text("Reason", lambda row: words(row.reason) if row.updated_by == "system" else row.reason),
        text("Description", lambda row: row.description or row.reason),
        text("By", lambda row: row.updated_by),
        Column(title="Run", text=lambda row: str(row.run_id), sort_key=lambda row: row.run_id, is_number=True),
        link("Position"),
        link("Order"),
        link("Fill"),
    )


_LINK_HINTS = {
    "Position": "Show the entries of this position",
    "Order": "Show the entries of this order",
    "Fill": "Show the receipt of this fill",
}


def shown_text(text: str) -> str:
    """Return a text of the books as it is shown: on one line, and without what would turn its direction."""
    return " ".join("".join(each for each in text if each not in _DIRECTIONS).split())


_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _time(at: datetime, *, is_utc: bool) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if is_utc else local_time(at)
