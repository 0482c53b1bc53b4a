"""The columns of outages and of the levels that were crossed in them."""

from collections.abc import Sequence

from desktop_trader.messages.market_name import market_name
from desktop_trader.messages.network import CrossedLevel, Outage
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import FindInstrument, local_time, price_text, utc_time, words
from desktop_trader.ui.network_text import held_back_text, length_text, outage_reasons_text

_GOES_ON = "goes on"
NOT_COUNTED = "What is held back is counted when the outage is over."


def outage_seconds(outage: Outage) -> float | None:
    """How long an outage was; None while it lasts."""
    return None if outage.ended_at is None else (outage.ended_at - outage.begun_at).total_seconds()


def _end_text(outage: Outage) -> str:
    """The day again only where it is another one."""
    if outage.ended_at is None:
        return _GOES_ON
    is_same_day = outage.ended_at.astimezone().date() == outage.begun_at.astimezone().date()
    return local_time(outage.ended_at, has_date=not is_same_day)


def _held_count(outage: Outage) -> int | None:
    """How often something was held back; None while it lasts: it is counted when it is over."""
    return None if outage.ended_at is None else sum(each.count for each in outage.held_back)


def _crossed_count(outage: Outage) -> int | None:
    return None if outage.ended_at is None else len(outage.levels_crossed)


def _count_text(count: int | None, nothing: str) -> str:
    return "—" if count is None else f"{count:,}" if count else nothing


def held_tooltip(outage: Outage) -> str:
    """Say what was held back, or why that is not known."""
    if outage.ended_at is None:
        return NOT_COUNTED
    return held_back_text(outage) or "Nothing had to be held back"


def outage_columns() -> Sequence[Column[Outage]]:
    """When, how long, why, what was held back, what was crossed."""
    return (
        Column(
            title="From",
            text=lambda row: local_time(row.begun_at),
            sort_key=lambda row: row.begun_at,
            tooltip=lambda row: utc_time(row.begun_at),
        ),
        Column(
            title="To",
            text=_end_text,
            sort_key=lambda row: (row.ended_at is None, row.ended_at or row.begun_at),
            tone=lambda row: "warning" if row.ended_at is None else "",
            tooltip=lambda row: utc_time(row.ended_at),
        ),
        Column(
            title="Lasted",
            text=lambda row: "" if (lasted := outage_seconds(row)) is None else length_text(lasted),
            sort_key=outage_seconds,
            is_number=True,
        ),
        Column(
            title="Why",
            text=outage_reasons_text,
            sort_key=outage_reasons_text,
            tooltip=lambda row: row.detail,
            is_wide=True,
        ),
        Column(
            title="Held back",
            text=lambda row: _count_text(_held_count(row), "nothing"),
            sort_key=_held_count,
            is_number=True,
            tooltip=held_tooltip,
            full_title="What was not looked at or done, over all accounts",
        ),
        Column(
            title="Crossed",
            text=lambda row: _count_text(_crossed_count(row), "none"),
            sort_key=_crossed_count,
            is_number=True,
            full_title="Stops, targets and limits that the market crossed meanwhile; for information only",
        ),
        Column(
            title="Simulated",
            text=lambda row: "yes" if row.is_simulated else "",
            sort_key=lambda row: row.is_simulated,
        ),
        Column(
            title="Market",
            text=lambda row: market_name(row.source_id),
            sort_key=lambda row: row.source_id,
            tooltip=lambda row: row.source_id,
        ),
    )


def level_columns(find: FindInstrument) -> Sequence[Column[CrossedLevel]]:
    """Which level of what was crossed, and when that can be seen."""

    def whose(row: CrossedLevel) -> str:
        return f"position {row.position_id}" if row.position_id is not None else f"order {row.order_id}"

    return (
        Column(title="Account", text=lambda row: row.account, sort_key=lambda row: row.account),
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol),
        Column(title="Of", text=whose, sort_key=whose),
        Column(title="Level", text=lambda row: words(row.level), sort_key=lambda row: row.level),
        Column(
            title="Price",
            text=lambda row: price_text(row.price, find(row.symbol)),
            sort_key=lambda row: row.price,
            is_number=True,
        ),
        Column(
            title="Crossed",
            text=lambda row: "first stable price" if row.crossed_at is None else local_time(row.crossed_at),
            sort_key=lambda row: row.crossed_at,
            tooltip=lambda row: utc_time(row.crossed_at) or "Only the first stable price shows it",
            is_wide=True,
        ),
    )
