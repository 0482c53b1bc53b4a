"""The columns of the history: one entry of the journal a row."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from desktop_trader.messages.ledger_page import LedgerRow
from desktop_trader.ui.balance_text import change_tone
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import local_time, utc_time, words
from desktop_trader.ui.number_format import format_exact_money, format_money, format_signed_money

_TONES = {"up": "up_text", "down": "down_text", "": ""}


def ledger_columns(currency: Callable[[], str]) -> Sequence[Column[LedgerRow]]:
    """Number, time, kind, amount, balance before and after, locked, what for and by whom; exact in the tooltips."""

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

    return (
        Column(title="No.", text=lambda row: str(row.id), sort_key=lambda row: row.id, is_number=True),
        Column(
            title="Time",
            text=lambda row: local_time(row.created_at),
            sort_key=lambda row: row.created_at,
            tooltip=lambda row: utc_time(row.created_at),
        ),
        Column(title="Kind", text=lambda row: words(row.transaction_type), sort_key=lambda row: row.transaction_type),
        money("Amount", lambda row: row.amount, is_signed=True),
        money("Before", lambda row: row.balance_before),
        money("After", lambda row: row.balance_after),
        money("Locked ±", lambda row: row.locked_change, is_signed=True, hint="Locked (+) or set free (−): "),
        Column(
            title="Description",
            text=lambda row: row.description or row.reason,
            sort_key=lambda row: row.description or row.reason,
            tooltip=lambda row: row.reason,
            is_wide=True,
        ),
        Column(title="By", text=lambda row: row.updated_by, sort_key=lambda row: row.updated_by),
    )
