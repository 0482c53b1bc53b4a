"""`positions`, `orders`, `fills`, `strategies`: what is open, what was done, what could be let loose."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal

import click

from desktop_trader.api import payloads
from desktop_trader.api.exact_json import dumps
from desktop_trader.api.payloads import Fields
from desktop_trader.cli import books, failures, options, order_receipt_text
from desktop_trader.cli.table import age, cell, table
from desktop_trader.domain.money import canonical
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.ledger_page import MAX_PAGE_ROWS, FillRow, OrderRow, PositionRow
from desktop_trader.messages.strategy_info import StrategyInfo
from desktop_trader.strategies.catalog import strategy_infos

_LIVE_KEYS = (
    "mark_price", "unrealized_pnl", "unrealized_percent", "price_age_seconds", "is_stale", "liquidation_price",
    "liquidation_percent", "maintenance_margin", "trailing_stop", "break_even_price",
)  # fmt: skip
_POSITION_COLUMNS = {
    "id": "id",
    "symbol": "symbol",
    "direction": "side",
    "quantity": "quantity",
    "entry_price": "entry",
    "mark_price": "mark",
    "unrealized_pnl": "unrealized",
    "price_age": "price age",
    "margin": "margin",
    "leverage_text": "leverage",
    "liquidation_price": "liquidation",
    "stop_loss": "stop",
    "take_profit": "target",
    "trail": "trail",
    "realized_pnl": "realized",
    "fees": "fees",
    "funding": "funding",
    "opened_at": "opened (UTC)",
    "closed_at": "closed (UTC)",
}
_ORDER_COLUMNS = {
    "id": "id",
    "created_at": "time (UTC)",
    "symbol": "symbol",
    "side": "side",
    "type": "type",
    "quantity": "quantity",
    "filled_quantity": "filled",
    "limit_price": "limit",
    "trigger_price": "trigger",
    "trail": "trail",
    "terms": "valid",
    "status": "status",
    "reason": "reason",
    "position_id": "position",
    "closes": "reduce-only",
    "oco_id": "pair",
}
_FILL_COLUMNS = {
    "id": "id",
    "at": "time (UTC)",
    "symbol": "symbol",
    "side": "side",
    "quantity": "quantity",
    "price": "price",
    "fee": "fee",
    "realized_pnl": "realized",
    "order_id": "order",
    "position_id": "position",
    "gap": "gap",
}
_limit_option = click.option(
    "--limit",
    type=options.Between(1, MAX_PAGE_ROWS),
    default=MAX_PAGE_ROWS,
    show_default=True,
    help="The newest so many.",
)


@click.command(epilog="\b\nExamples:\n  desktop-trader positions\n  desktop-trader positions --all --limit 20 --json")
@click.option("--open/--all", "only_open", default=True, help="The open ones (default), or closed ones as well.")
@_limit_option
@options.account_data_and_json
def positions(only_open: bool, limit: int, account: str, data_dir: str | None, as_json: bool) -> None:
    """Show positions, newest first.

    With margin, leverage and its mode, stop, target and trail, fees and funding (received +, paid -). Marks and
    liquidation prices are known only while an instance is running. A closed position has the quantity that was
    traded, and its average entry has at most 8 decimals (12 below one); with --json it has 12, and `entry_cost` and
    `entry_quantity` are exact.
    """
    paths = books.folder(data_dir)
    with books.showing(paths) as reader:
        found = reader.positions(account, only_open=only_open, limit=limit)
    rows = [payloads.without_tails(_fields(row)) for row in found]
    rows = _with_marks(paths, account, rows)
    if not as_json:
        rows = [{**row, **_texts_of_position(row)} for row in rows]
    _print(rows, _POSITION_COLUMNS, as_json=as_json, limit=limit, empty="No positions.")


@click.command(
    epilog="\b\nExamples:\n  desktop-trader orders\n  desktop-trader orders --all --limit 20\n"
    "  desktop-trader orders --receipt 7"
)
@click.option("--open/--all", "only_open", default=True, help="The live ones (default), or ended ones as well.")
@click.option(
    "--receipt",
    "receipt_of",
    metavar="ID",
    type=options.Between(1, None),
    help="Everything that became of one order: what was checked, when it was sent, every fill with its fee.",
)
@_limit_option
@options.account_data_and_json
def orders(
    only_open: bool, receipt_of: int | None, limit: int, account: str, data_dir: str | None, as_json: bool
) -> None:
    """Show orders, newest first, and the receipt of one.

    `valid` is gtc (until canceled), a date (gtd), ioc (at once, in part) or fok (at once, whole). A reduce-only order
    closes a position and opens nothing; of a pair the first to fill cancels the other.
    """
    with books.showing(books.folder(data_dir)) as reader:
        if receipt_of is not None:
            receipt = reader.order_receipt(account, receipt_of)
            click.echo(dumps(order_receipt_text.fields(receipt)) if as_json else order_receipt_text.text(receipt))
            return
        rows = [_fields(row) for row in reader.orders(account, only_live=only_open, limit=limit)]
    if not as_json:
        rows = [{**row, **_texts_of_order(row)} for row in rows]
    _print(rows, _ORDER_COLUMNS, as_json=as_json, limit=limit, empty="No orders.")


@click.command(epilog="\b\nExamples:\n  desktop-trader fills --limit 20\n  desktop-trader fills --open --json")
@click.option("--open/--all", "only_open", default=False, help="Those of open positions, or all (default).")
@_limit_option
@options.account_data_and_json
def fills(only_open: bool, limit: int, account: str, data_dir: str | None, as_json: bool) -> None:
    """Show executions, newest first."""
    with books.showing(books.folder(data_dir)) as reader:
        # Filtered first: the newest fills may all be of positions that are closed.
        rows = [_fields(row) for row in reader.fills(account, limit=MAX_PAGE_ROWS if only_open else limit)]
        if only_open:
            is_cut = len(rows) == MAX_PAGE_ROWS
            held = {position.id for position in reader.positions(account, only_open=True, limit=MAX_PAGE_ROWS)}
            rows = [row for row in rows if row["position_id"] in held][:limit]
            if is_cut and len(rows) < limit:
                failures.say(f"only the newest {MAX_PAGE_ROWS} fills were looked through; there may be older ones")
    if not as_json:
        rows = [{**row, "gap": "first price after an outage" if row["is_gap"] else ""} for row in rows]
    _print(rows, _FILL_COLUMNS, as_json=as_json, limit=limit, empty="No fills.")


@click.command(
    epilog="\b\nExample:\n  desktop-trader strategies\n"
    "  desktop-trader run --strategy moving_average_cross --param fast=20"
)
@options.data_and_json
def strategies(data_dir: str | None, as_json: bool) -> None:
    """List the strategies and their parameters."""
    infos = strategy_infos()
    if as_json:
        click.echo(dumps([_strategy_fields(info) for info in infos]))
        return
    for info in infos:
        click.echo(f"{info.name}: {info.description}")
        for parameter in info.parameters:
            limits = f"{canonical(parameter.minimum)} to {canonical(parameter.maximum)}"
            click.echo(f"  {parameter.name}={canonical(parameter.default)}  ({limits})  {parameter.help}")


def _texts_of_position(row: Fields) -> Fields:
    trail = row["trail_percent"]
    standing = row.get("trailing_stop")
    return {
        "quantity": row["quantity"] if row["is_open"] else row["entry_quantity"],
        "entry_price": _short(row["entry_price"]),
        "price_age": age(row["price_age_seconds"], row["is_stale"]),
        "leverage_text": f"{row['leverage']}x {row['margin_mode']}",
        "trail": "" if trail is None else f"{cell(trail)} %" + ("" if standing is None else f" at {cell(standing)}"),
    }


def _texts_of_order(row: Fields) -> Fields:
    terms = f"until {cell(row['expires_at'])}" if row["expires_at"] else str(row["time_in_force"])
    trail = row["trail_percent"]
    return {
        "terms": f"{terms}, post-only" if row["is_post_only"] else terms,
        "trail": "" if trail is None else f"{cell(trail)} %",
        "closes": "yes" if row["is_exit"] else "",
    }


def _with_marks(paths: DataFolderPaths, account: str, rows: Sequence[Fields]) -> list[Fields]:
    answer = books.live_answer(paths, account, "/positions") if any(row["is_open"] for row in rows) else None
    live: dict[object, Fields] = {int(each["id"]): each for each in answer} if isinstance(answer, list) else {}
    return [{**row, **{key: live.get(row["id"], {}).get(key) for key in _LIVE_KEYS}} for row in rows]


def _short(price: object) -> object:
    """Return an average price with as many decimals as a person reads; a market's own prices have fewer."""
    return payloads.rounded(price, 8 if price >= 1 else 12) if isinstance(price, Decimal) else price


def _fields(row: PositionRow | OrderRow | FillRow) -> Fields:
    return {each.name: getattr(row, each.name) for each in fields(row)}


def _strategy_fields(info: StrategyInfo) -> Fields:
    return {
        "name": info.name,
        "title": info.title,
        "description": info.description,
        "parameters": [
            {
                "name": parameter.name,
                "title": parameter.title,
                "default": parameter.default,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "is_integer": parameter.is_integer,
                "help": parameter.help,
            }
            for parameter in info.parameters
        ],
    }


def _print(rows: Sequence[Fields], columns: Mapping[str, str], *, as_json: bool, limit: int, empty: str) -> None:
    click.echo(dumps(list(rows)) if as_json else table(rows, columns, empty=empty))
    if len(rows) == limit == MAX_PAGE_ROWS:
        failures.say(f"these are the newest {limit}; there may be older ones")
