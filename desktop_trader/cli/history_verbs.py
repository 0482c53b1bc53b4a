"""`balance history` and `balance export`: the journal of the balance, whole or by kind, person, text and time."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click

from desktop_trader.api import payloads
from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, options
from desktop_trader.cli.table import table
from desktop_trader.domain.errors import InvalidInputError, RefusedError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.messages.history_export import ExportHistory
from desktop_trader.messages.ledger_page import MAX_PAGE_ROWS, LedgerFilter

_F = TypeVar("_F", bound=Callable[..., object])
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COLUMNS = {
    "id": "id",
    "created_at": "time (UTC)",
    "transaction_type": "kind",
    "amount": "amount",
    "balance_after": "balance",
    "updated_by": "by",
    "reason": "reason",
    "description": "description",
}


def _filters(verb: _F) -> _F:
    """Give a verb the options by which entries are chosen."""
    for option in (
        click.option("--order", "order_id", type=options.Between(1), metavar="N", help="One order."),
        click.option("--position", "position_id", type=options.Between(1), metavar="N", help="One position."),
        click.option("--to", "until", metavar="TIME", help="Up to and with a day, or before a moment; UTC."),
        click.option("--from", "since", metavar="TIME", help="From a day, or a moment such as 2026-01-31T12:00; UTC."),
        click.option("--text", default="", help="Words that occur in reason or description."),
        click.option("--author", metavar="NAME", help="Who did it, such as cli or system."),
        click.option("--run", "run_id", type=options.Between(1), metavar="N", help="One run of the account."),
        click.option(
            "--kind", "kinds", multiple=True, metavar="KIND", help=f"A kind; may be repeated: {', '.join(EntryKind)}."
        ),
    ):
        verb = option(verb)
    return verb


@click.command(
    epilog="\b\nExamples:\n  desktop-trader balance history --limit 20\n"
    "  desktop-trader balance history --kind adjustment --json\n"
    "  desktop-trader balance history --author cli --from 2026-01-01 --to 2026-01-31"
)
@click.option("--limit", type=options.Between(1, MAX_PAGE_ROWS), default=50, show_default=True, help="How many rows.")
@_filters
@options.account_data_and_json
def history(limit: int, account: str, data_dir: str | None, as_json: bool, **chosen: object) -> None:
    """Show the journal of the balance, newest first."""
    wanted = _filter(account, **chosen)  # type: ignore[arg-type]  # the options above
    with books.showing(books.folder(data_dir)) as reader:
        page = reader.page(wanted, limit=limit, seconds=None)
    rows = [payloads.history_row(row) for row in page.rows]
    if as_json:
        click.echo(dumps(rows))
        return
    click.echo(
        table(
            [{**row, "description": row["description"] or row["reason"]} for row in rows],
            _COLUMNS,
            empty="No such entries.",
        )
    )


@click.command(
    epilog="\b\nExamples:\n  desktop-trader balance export history.csv\n"
    "  desktop-trader balance export january.json --from 2026-01-01 --to 2026-01-31\n"
    "  desktop-trader balance export virtual_balance.json --balance-only"
)
@click.argument("file")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--balance-only", is_flag=True, help="Write the balance and when it moved last, without the history.")
@_filters
@options.account_data_and_json
def export(
    file: str, force: bool, balance_only: bool, account: str, data_dir: str | None, as_json: bool, **chosen: object
) -> None:
    """Write the history to FILE, which ends with .csv or .json.

    Oldest entries first, every amount exact, times UTC. FILE is written whole or not at all, and only replaced with
    --force. In CSV a text that a spreadsheet would take for a formula begins with one apostrophe more.
    """
    from desktop_trader.storage.history_export import export_history, shape_of

    wanted = ExportHistory(
        filter=_filter(account, **chosen),  # type: ignore[arg-type]  # the options above
        target=str(Path(file).expanduser().absolute()),
        shape=shape_of(file, is_balance_only=balance_only),
        may_replace=force,
    )
    paths = books.folder(data_dir)
    with books.showing(paths) as reader:
        try:
            done = export_history(reader, wanted, protected=paths.root)
        except RefusedError as error:
            raise RefusedError(f"{error.user_message}; say --force to replace it") from error
    if as_json:
        click.echo(dumps({"file": done.target, "rows": done.rows, "size_bytes": done.size_bytes}))
        return
    what = "The balance is" if balance_only else f"{done.rows:,} entries are"
    click.echo(f"{what} in {done.target} now.")


def _filter(
    account: str,
    *,
    kinds: tuple[str, ...],
    run_id: int | None,
    author: str | None,
    text: str,
    since: str | None,
    until: str | None,
    position_id: int | None,
    order_id: int | None,
) -> LedgerFilter:
    for kind in kinds:
        if kind not in {each.value for each in EntryKind}:
            raise InvalidInputError(f"there is no kind {kind!r}; use one of {', '.join(EntryKind)}")
    return LedgerFilter(
        account=account,
        kinds=kinds,
        author=author,
        text=text,
        from_at=None if since is None else _moment(since, option="--from"),
        until_at=None if until is None else _moment(until, option="--to", is_end=True),
        run_id=run_id,
        position_id=position_id,
        order_id=order_id,
    )


def _moment(text: str, *, option: str, is_end: bool = False) -> datetime:
    """Return a day's beginning (or its end), or a moment; UTC unless it names its own zone."""
    try:
        moment = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            moment += timedelta(days=1 if is_end else 0)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"{option} wants a day such as 2026-01-31 or a moment such as 2026-01-31T12:00, not {text!r}"
        ) from None
