"""The columns of the runs and of the starts of the program. They write what a row holds and compute no money."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from desktop_trader.messages.ledger_page import PositionRow
from desktop_trader.messages.run_rows import RunRow, SessionRow
from desktop_trader.ui.balance_text import account_badge, change_tone, pnl_text
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import direction_text, local_time, utc_time, words
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_percent, format_plain

Row = TypeVar("Row")
_TONES = {"up": "up_text", "down": "down_text", "": ""}
_ENDINGS = {"reset": "reset", "": "ended"}


def run_title(run: RunRow) -> str:
    """Name a run for a legend: `Run 2 · demo`."""
    return f"Run {run.run_id} · {run.account}"


def ending_text(run: RunRow) -> str:
    """Say how a run ended, or that it goes on."""
    if run.ended_at is None:
        return "goes on" if run.is_current else "not known"
    return _ENDINGS.get(run.how_ended, words(run.how_ended))


def return_text(run: RunRow) -> str:
    """Write what a run returned, as amount and percent."""
    amount = pnl_text(run.return_amount, run.currency)
    return amount if run.return_percent is None else f"{amount} ({format_percent(run.return_percent)})"


def as_of_text(run: RunRow) -> str:
    """Say of when the figures of a run that goes on are; empty for one that has ended."""
    if run.as_of is None:
        return ""
    if run.present is not None:
        return f"Figures as of {local_time(run.as_of)}, open positions at present prices."
    return f"Figures as of {local_time(run.as_of)}, when something was last booked: present prices are not known."


def end_text(run: RunRow) -> str:
    """Write what a run was worth at its end; of one that goes on its equity, which is said."""
    amount = format_money(run.end_equity, run.currency)
    return f"{amount} now" if run.is_current else amount


def minute_text(at: datetime) -> str:
    """Write an instant in this computer's time zone, without seconds."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _moment(title: str, at: Callable[[Row], datetime | None]) -> Column[Row]:
    """Return a column of instants: local minutes, and UTC in the tooltip."""

    def text(row: Row) -> str:
        moment = at(row)
        return UNKNOWN if moment is None else minute_text(moment)

    return Column(title=title, text=text, sort_key=at, tooltip=lambda row: utc_time(at(row)))


def run_columns() -> Sequence[Column[RunRow]]:
    """The runs of accounts, with their figures net of deposits."""
    return (
        Column(
            title="Account",
            text=lambda row: row.account,
            sort_key=lambda row: (row.account, row.run_id),
            tooltip=lambda row: f"{account_badge(row.account_type)} account {row.account}",
        ),
        Column(title="Run", text=lambda row: str(row.run_id), sort_key=lambda row: row.run_id, is_number=True),
        _moment("Started (local)", lambda row: row.started_at),
        _moment("Ended (local)", lambda row: row.ended_at),
        Column(title="How", text=ending_text, sort_key=ending_text, full_title="How it ended"),
        Column(
            title="Return",
            text=return_text,
            sort_key=lambda row: row.return_amount,
            is_number=True,
            tone=lambda row: _TONES[change_tone(row.return_amount, row.currency)],
            tooltip=_return_tip,
            full_title="What it earned, without deposits, withdrawals and adjustments",
        ),
        Column(
            title="Drawdown",
            text=lambda row: UNKNOWN if row.max_drawdown_percent is None else format_percent(-row.max_drawdown_percent),
            sort_key=lambda row: row.max_drawdown_percent,
            is_number=True,
            full_title="The deepest fall of the return from its peak",
        ),
        _money_column("Start", lambda row: row.start_amount, "What the run began with"),
        Column(
            title="End",
            text=end_text,
            sort_key=lambda row: row.end_equity,
            is_number=True,
            tooltip=_end_tip,
            full_title="The balance at the end; now, of a run that goes on: its equity, with what open positions are "
            "worth",
        ),
        Column(
            title="Closed",
            text=lambda row: f"{row.trades:,}",
            sort_key=lambda row: row.trades,
            is_number=True,
            full_title="Trades that were closed, in full; positions that are open are not counted",
        ),
    )


def session_columns() -> Sequence[Column[SessionRow]]:
    """The starts of the program, and how each ended."""
    return (
        _moment("Started (local)", lambda row: row.started_at),
        _moment("Ended (local)", lambda row: row.ended_at),
        Column(
            title="How it ended",
            text=lambda row: "runs now" if row.is_running else words(row.how_ended),
            sort_key=lambda row: row.how_ended,
            tone=lambda row: "warning" if row.how_ended == "killed" and not row.is_running else "",
            is_wide=True,
        ),
    )


def position_columns() -> Sequence[Column[PositionRow]]:
    """The positions of a run, open and closed."""
    return (
        Column(title="Position", text=lambda row: str(row.id), sort_key=lambda row: row.id, is_number=True),
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol),
        Column(
            title="Side",
            text=lambda row: direction_text(row.direction),
            sort_key=lambda row: row.direction,
            tone=lambda row: _TONES["up" if row.direction == "long" else "down"],
        ),
        Column(
            title="Quantity",
            text=lambda row: format_plain(row.entry_quantity),
            sort_key=lambda row: row.entry_quantity,
            is_number=True,
        ),
        Column(
            title="Entry",
            text=lambda row: format_plain(row.entry_price),
            sort_key=lambda row: row.entry_price,
            is_number=True,
        ),
        Column(
            title="P&L",
            text=lambda row: format_plain(row.realized_pnl),
            sort_key=lambda row: row.realized_pnl,
            is_number=True,
            tone=lambda row: _TONES[change_tone(row.realized_pnl, "USDT")],
            full_title="Realized, before fees",
        ),
        Column(title="Fees", text=lambda row: format_plain(row.fees), sort_key=lambda row: row.fees, is_number=True),
        _moment("Opened (local)", lambda row: row.opened_at),
        _moment("Closed (local)", lambda row: row.closed_at),
        Column(
            title="Why",
            text=lambda row: "open" if row.is_open else words(row.close_reason or ""),
            sort_key=lambda row: row.close_reason or "",
            is_wide=True,
        ),
    )


def _money_column(title: str, amount: Callable[[RunRow], Decimal], full_title: str) -> Column[RunRow]:
    return Column(
        title=title,
        text=lambda row: format_money(amount(row), row.currency),
        sort_key=amount,
        is_number=True,
        tooltip=lambda row: format_exact_money(amount(row), row.currency),
        full_title=full_title,
    )


def _end_tip(row: RunRow) -> str:
    if not row.is_current:
        return format_exact_money(row.end_equity, row.currency)
    lines = (("Equity now", row.end_equity), ("Balance", row.end_total))
    exact = "\n".join(f"{caption}: {format_exact_money(amount, row.currency)}" for caption, amount in lines)
    return f"{exact}\n{as_of_text(row)}".strip()


def _return_tip(row: RunRow) -> str:
    lines = (
        ("Equity now" if row.is_current else "Equity at the end", row.end_equity),
        ("Put in, net", row.contributed),
        ("  start", row.start_amount),
        ("  deposits", row.deposits),
        ("  withdrawals", row.withdrawals),
        ("  adjustments", row.adjustments),
        ("  imports", row.imports),
        ("Realized P&L", row.realized_pnl),
        ("Fees", row.fees),
        ("Return", row.return_amount),
    )
    exact = "\n".join(f"{caption}: {format_exact_money(amount, row.currency)}" for caption, amount in lines)
    told = f"{exact}\nThe percentage is time-weighted: money that comes or goes does not move it."
    return f"{told}\n{as_of_text(row)}".strip()
