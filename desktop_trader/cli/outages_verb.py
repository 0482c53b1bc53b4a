"""`outages`: when nothing traded, why, what was held back, and which levels were crossed meanwhile."""

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.api.payloads import Fields, outage_fields
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.table import table
from desktop_trader.messages.ledger_page import MAX_PAGE_ROWS
from desktop_trader.messages.market_name import market_name
from desktop_trader.messages.network import Outage

_COLUMNS = {
    "id": "id",
    "begun_at": "from (UTC)",
    "ended_at": "to (UTC)",
    "market": "market",
    "reasons": "reasons",
    "held_back": "held back",
    "levels_crossed": "levels crossed",
    "is_simulated": "simulated",
}


@click.command(epilog="\b\nExamples:\n  desktop-trader outages\n  desktop-trader outages --limit 5 --json")
@click.option(
    "--limit", type=options.Between(1, MAX_PAGE_ROWS), default=50, show_default=True, help="The newest so many."
)
@options.data_and_json
def outages(limit: int, data_dir: str | None, as_json: bool) -> None:
    """Show when nothing traded and why, newest first.

    Levels that the market crossed meanwhile are for information; they moved nothing.
    """
    with books.showing(books.folder(data_dir)) as reader:
        found = reader.outages(limit=limit)
    if as_json:
        click.echo(dumps([outage_fields(outage) for outage in found]))
        return
    click.echo(table([_row(outage) for outage in found], _COLUMNS, empty="No outages."))
    if len(found) == limit == MAX_PAGE_ROWS:
        failures.say(f"these are the newest {limit}; there may be older ones")


def _row(outage: Outage) -> Fields:
    return {
        "id": outage.id,
        "begun_at": outage.begun_at,
        "ended_at": outage.ended_at,
        "market": market_name(outage.source_id),
        "reasons": ", ".join(outage.reasons),
        # Counted and looked for when it is over: until then nobody knows.
        "held_back": None if outage.ended_at is None else sum(each.count for each in outage.held_back),
        "levels_crossed": None if outage.ended_at is None else len(outage.levels_crossed),
        "is_simulated": outage.is_simulated,
    }
