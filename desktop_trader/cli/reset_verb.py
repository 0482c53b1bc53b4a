"""`balance reset`: end the run of a paper account, keep it, and begin the next."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import click

from desktop_trader.api.client import find_instance, wait_for_instance
from desktop_trader.api.exact_json import dumps
from desktop_trader.api.requests import check_author
from desktop_trader.cli import books, options
from desktop_trader.cli.balance_change import Changed, change_here, change_there, checked_text
from desktop_trader.domain.errors import DataFolderInUseError, InvalidInputError, RefusedError
from desktop_trader.domain.money import check_start_amount, display_amount, parse_amount
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.wallet import DEMO
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.commands import ResetAccount
from desktop_trader.storage.backup import backup_now


@click.command(epilog="\b\nExample:\n  desktop-trader balance reset --amount 5000 --reason 'a new strategy' --yes")
@click.option("--amount", default="10000", show_default=True, help="What the next run starts with.")
@click.option("--reason", default="reset", show_default=True, help="Why; kept in the journal.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the journal.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Do it; without this nothing is changed.")
@options.account_data_and_json
def reset(
    amount: str, reason: str, author: str, is_confirmed: bool, account: str, data_dir: str | None, as_json: bool
) -> None:
    """End the present run of a paper account and begin the next.

    The run that ends stays in the books with all its entries. Open positions and waiting orders refuse it, and it is
    absent on live accounts. A verified backup is made first.
    """
    command = ResetAccount(
        request_id=str(uuid4()),
        start_amount=check_start_amount(parse_amount(amount)),
        author=check_author(checked_text(author, "author")),
        reason=checked_text(reason, "reason"),
        account=account,
    )
    paths = books.folder(data_dir)
    portfolio = books.portfolio_of(paths, account)
    command = replace(command, expected_total=portfolio.wallet.total, run_id=portfolio.run.id)
    if not is_confirmed:
        total = display_amount(portfolio.wallet.total, portfolio.account.currency)
        start = display_amount(command.start_amount, portfolio.account.currency)
        raise InvalidInputError(
            f"a reset ends run {portfolio.run.id} of {account} with {total} and begins the next with {start}; add "
            "--yes to do it"
        )
    changed = _carry_out(paths, portfolio, command)
    if as_json:
        click.echo(dumps(changed.fields))
        return
    balance = changed.fields["current_balance"]
    shown = display_amount(balance, changed.currency) if isinstance(balance, Decimal) else str(balance)
    click.echo(f"Run {portfolio.run.id} has ended and is kept in the books. The balance is {shown} now.")


def _carry_out(paths: DataFolderPaths, portfolio: Portfolio, command: ResetAccount) -> Changed:
    currency = portfolio.account.currency
    # Before the books are opened for writing: what is refused leaves no trace in them, not even of a start.
    _refuse_impossible(portfolio)
    instance = find_instance(paths)  # One that runs makes the backup itself.
    if instance is None:
        backup_now(paths, kind=BackupKind.RESET, at=datetime.now(UTC))
        try:
            return Changed(
                fields=change_here(paths, command, account=command.account, currency=currency), currency=currency
            )
        except DataFolderInUseError as in_use:
            instance = wait_for_instance(paths, in_use)
    body = {
        "request_id": command.request_id,
        "amount": command.start_amount,
        "reason": command.reason,
        "author": command.author,
        "expected_total": command.expected_total,
        "run_id": command.run_id,
    }
    return Changed(
        fields=change_there(instance, command.account, route="/virtual_balance/reset", body=body), currency=currency
    )


def _refuse_impossible(portfolio: Portfolio) -> None:
    """Refuse what the engine would refuse, in its words, where the books alone can tell."""
    positions, orders = len(portfolio.positions), len(portfolio.orders)
    if portfolio.account.type != DEMO:
        raise RefusedError("a live account is never reset: its money is at the exchange")
    if positions:
        what = "1 position is" if positions == 1 else f"{positions} positions are"
        raise RefusedError(f"{what} open; close every position before a reset")
    if orders:
        what = "1 order waits" if orders == 1 else f"{orders} orders wait"
        raise RefusedError(f"{what} at the exchange; cancel every order before a reset")
