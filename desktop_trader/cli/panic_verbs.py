"""`close-all`: cancel, close, enter nothing; and `clear-close-only`, the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import click

from desktop_trader.api import payloads
from desktop_trader.api.client import RunningInstance, find_instance, wait_for_instance
from desktop_trader.api.exact_json import dumps
from desktop_trader.api.payloads import Fields
from desktop_trader.api.requests import check_author
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.balance_change import checked_text
from desktop_trader.cli.table import cell, table
from desktop_trader.domain.errors import DataFolderInUseError, InvalidInputError, RefusedError, TraderError
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import ClearCloseOnly, CloseAll
from desktop_trader.messages.notices import (
    NETWORK,
    AlreadyDone,
    CloseOnlyChanged,
    CommandRefused,
    Notice,
    OrderCanceled,
)
from desktop_trader.storage.settings_file import load_settings

_NO_PRICES = "no instance runs here, so there are no prices to close at"
_ROUTES = {CloseAll: "/close_all", ClearCloseOnly: "/close_only/clear"}
_ORDERS = {
    "id": "id", "symbol": "symbol", "side": "side", "type": "type", "quantity": "quantity", "status": "status",
}  # fmt: skip
_POSITIONS = {"id": "id", "symbol": "symbol", "direction": "side", "quantity": "quantity"}


@click.command(
    "close-all",
    epilog="\b\nExamples:\n  desktop-trader close-all                      (lists what would happen)\n"
    "  desktop-trader close-all --yes --reason 'news'\n  desktop-trader clear-close-only --reason 'looked at it'",
)
@click.option("--reason", default="close all", show_default=True, help="Why; kept with the latch.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the log of decisions.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Do it; without this nothing is changed.")
@options.account_data_and_json
def close_all(reason: str, author: str, is_confirmed: bool, account: str, data_dir: str | None, as_json: bool) -> None:
    """Panic: cancel every order, close every position.

    Positions are closed at the market, and nothing more is entered.

    Without --yes it lists what would happen, changes nothing and ends with exit code 2. Afterwards entries stay off,
    over restarts too, until `clear-close-only` allows them again. Doing it twice is harmless.

    Positions can be closed only while an instance runs and trades: only it has prices. Without one, or while it is
    paused, the orders are canceled, entries are off, and what is still open is listed; nothing is queued for later.
    The exit code is 5 then.
    """
    command = CloseAll(
        request_id=str(uuid4()),
        reason=checked_text(reason, "reason"),
        author=check_author(checked_text(author, "author")),
        account=account,
    )
    paths = books.folder(data_dir)
    portfolio = books.portfolio_of(paths, account)
    if not is_confirmed:
        _list_what_would_happen(portfolio, as_json=as_json)
        raise InvalidInputError("nothing was changed; add --yes to do it")
    done = _carry_out(paths, command)
    left = _left_open(done)
    if as_json:
        click.echo(dumps(done.fields))
    else:
        _say_what_was_done(done.fields, left)
    if left:
        raise RefusedError(_advice(done, left))


@click.command(
    "clear-close-only", epilog="\b\nExample:\n  desktop-trader clear-close-only --reason 'the news was wrong'"
)
@click.option("--reason", required=True, help="Why entries are allowed again; kept in the log of decisions.")
@click.option("--author", default="cli", show_default=True, help="Who; kept there too.")
@options.account_data_and_json
def clear_close_only(reason: str, author: str, account: str, data_dir: str | None, as_json: bool) -> None:
    """Allow entries again after `close-all`."""
    command = ClearCloseOnly(
        request_id=str(uuid4()),
        reason=checked_text(reason, "reason"),
        author=check_author(checked_text(author, "author")),
        account=account,
    )
    paths = books.folder(data_dir)
    books.portfolio_of(paths, account)
    done = _carry_out(paths, command)
    click.echo(dumps(done.fields) if as_json else f"Entries are allowed for account {account}.")


def _list_what_would_happen(portfolio: Portfolio, *, as_json: bool) -> None:
    orders = [payloads.order_fields(order) for order in portfolio.orders.values()]
    positions: list[Fields] = [
        {"id": each.id, "symbol": each.symbol, "direction": each.direction.value, "quantity": each.quantity}
        for each in portfolio.positions.values()
    ]
    if as_json:
        click.echo(dumps({"account": portfolio.account.name, "cancels": orders, "closes": positions}))
        return
    click.echo(f"Orders of account {portfolio.account.name} that would be canceled:")
    click.echo(table(orders, _ORDERS, empty="  none"))
    click.echo("Positions that would be closed at the market:")
    click.echo(table(positions, _POSITIONS, empty="  none"))
    click.echo("Nothing would be entered any more until `desktop-trader clear-close-only` allows it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What the books say after it, and whether an instance runs that can close anything."""

    fields: Fields
    is_running: bool


def _left_open(done: _Done) -> list[Fields]:
    """Return what nothing closes now: an order to leave that is on the books waits with everything else in a pause."""
    is_shut = not done.is_running or bool(_refusal(done.fields, NETWORK))
    return [each for each in _positions(done.fields) if is_shut or not each.get("is_closing")]


def _advice(done: _Done, left: Sequence[Fields]) -> str:
    """Say what is still open, why, and what to do about it."""
    still = f"{_counted(len(left), 'position')} still open"
    is_stored = any(order.get("is_exit") for order in _listed(done.fields, "live_orders"))
    queued = (
        "the order that was to close it before waits on the books, and no other is queued"
        if is_stored
        else "nothing is queued to close what is left"
    )
    again = "do `desktop-trader close-all --yes` once more"
    if not done.is_running:
        return (
            f"{still}, and {queued}; start Desktop Trader (or `desktop-trader run`), wait until it trades, and {again}"
        )
    why = _refusal(done.fields, NETWORK)
    if why:
        return (
            f"{still}, and {queued}; the network pause of the running instance keeps it from closing them ({why}). "
            f"A pause ends by itself once the market can be reached again: wait until the window says CONNECTED, and "
            f"{again}"
        )
    why = _refusal(done.fields)
    return f"{still}, and {queued}" + (f" ({why})" if why else "") + f"; look at the running instance, and {again}"


def _carry_out(paths: DataFolderPaths, command: CloseAll | ClearCloseOnly) -> _Done:
    """Have the running instance do it; when none runs, take the lock and do what can be done here."""
    instance = find_instance(paths)
    if instance is None:
        try:
            return _Done(fields=_carry_out_here(paths, command), is_running=False)
        except DataFolderInUseError as in_use:
            instance = wait_for_instance(paths, in_use)
    return _Done(fields=_carry_out_there(instance, command), is_running=True)


def _carry_out_there(instance: RunningInstance, command: CloseAll | ClearCloseOnly) -> Fields:
    if not books.runs_account(instance, command.account):
        raise DataFolderInUseError(f"the running instance does not have the account {command.account}; quit it first")
    body = {
        "request_id": command.request_id,
        "reason": command.reason,
        "author": command.author,
        "account": command.account,
    }
    answer = instance.post(_ROUTES[type(command)], body)
    if not isinstance(answer, Mapping):
        raise TraderError("the running instance did not say what it did; look at `desktop-trader positions`")
    return dict(answer)


def _carry_out_here(paths: DataFolderPaths, command: CloseAll | ClearCloseOnly) -> Fields:
    loaded = load_settings(paths.settings_file)
    for complaint in loaded.complaints:
        failures.say(complaint)
    trader = open_books(paths, AccountChoice(name=command.account), settings=loaded.settings)
    how = "failed"
    try:
        # A stored order would be filled by whoever runs next, at prices nobody has seen: it is refused instead.
        trader.floor.gate.close(_NO_PRICES)
        notices = trader.engine.step(command)
        how = "command line"
        done = _done_here(trader.engine.books.portfolio, trader.engine.books.close_only, notices)
    finally:
        trader.close(how)
    _refuse_unless_done(notices, command)
    return done


def _refuse_unless_done(notices: Sequence[Notice], command: CloseAll | ClearCloseOnly) -> None:
    answers = [notice for notice in notices if notice.request_id == command.request_id]
    if any(isinstance(each, CloseOnlyChanged | AlreadyDone) for each in answers):
        return
    for each in answers:
        if isinstance(each, CommandRefused):
            raise (InvalidInputError if each.is_bad_input else RefusedError)(each.detail)
    raise TraderError("nothing says that this was done; look at `desktop-trader positions`")


def _done_here(portfolio: Portfolio, close_only: str, notices: Sequence[Notice]) -> Fields:
    return {
        "account": portfolio.account.name,
        "close_only": close_only or None,
        "open_positions": [
            {
                "id": each.id,
                "symbol": each.symbol,
                "direction": each.direction.value,
                "quantity": each.quantity,
                # Whatever is on the books: nothing runs, so nothing closes it.
                "is_closing": False,
            }
            for each in portfolio.positions.values()
        ],
        "live_orders": [payloads.order_fields(order) for order in portfolio.orders.values()],
        "notices": [notice.as_fields() for notice in notices],
    }


def _positions(done: Fields) -> list[Fields]:
    return _listed(done, "open_positions")


def _listed(done: Fields, key: str) -> list[Fields]:
    rows = done.get(key)
    return [dict(each) for each in rows if isinstance(each, Mapping)] if isinstance(rows, list) else []


def _refusal(done: Fields, reason: str = "") -> str:
    """Return what was refused, for one reason or for any; empty for nothing."""
    for each in _listed(done, "notices"):
        if each.get("event") == CommandRefused.event and reason in ("", each.get("reason")):
            return str(each.get("detail", ""))
    return ""


def _say_what_was_done(done: Fields, left: Sequence[Fields]) -> None:
    click.echo(f"Entries are off for account {cell(done['account'])}: {cell(done['close_only'])}.")
    click.echo("Allow them again with `desktop-trader clear-close-only --reason ...`.")
    canceled = _told(done, OrderCanceled.event)
    if canceled:
        click.echo(f"{canceled} {'order was' if canceled == 1 else 'orders were'} canceled.")
    positions = _positions(done)
    closing = len(positions) - len(left)
    if closing:
        click.echo(f"{_counted(closing, 'position')} being closed at the market now.")
    if not positions:
        click.echo("No position is open.")
    if left:
        click.echo("Still open:")
        click.echo(table(left, _POSITIONS, empty=""))


def _told(done: Fields, event: str) -> int:
    return sum(each.get("event") == event for each in _listed(done, "notices"))


def _counted(count: int, what: str) -> str:
    return f"1 {what} is" if count == 1 else f"{count} {what}s are"
