"""`balance`: what an account has, how it came to that, and how a person changes it."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, history_verbs, options
from desktop_trader.cli.balance_change import TypedChange, change_balance
from desktop_trader.cli.table import age, cell, printable
from desktop_trader.domain.money import display_amount
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.wallet import DEMO
from desktop_trader.messages.commands import AdjustmentKind

_NEGATIVE_NUMBER = re.compile(r"-[0-9.].*")
_FLAGS_AND_END = frozenset({"--json", "--help", "--"})
_NEEDS_PRICES = "unknown while no instance runs"
_UNKNOWN = {
    "portfolio_value": _NEEDS_PRICES,
    "unrealized_pnl": _NEEDS_PRICES,
    "balance_change_24h": "n/a: the run is younger than 24 hours of market time",
}


class _AmountCommand(click.Command):
    """Takes `-1` for the amount that it is, so that the refusal speaks of amounts and not of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        others: list[str] = []
        amounts: list[str] = []
        for text in args:
            belongs_to_option = bool(others) and others[-1].startswith("--") and others[-1] not in _FLAGS_AND_END
            is_amount = _NEGATIVE_NUMBER.fullmatch(text) is not None and not belongs_to_option
            (amounts if is_amount else others).append(text)
        if amounts and "--" not in others:
            args = [*others, "--", *amounts]
        return super().parse_args(ctx, args)


@click.group(no_args_is_help=False)
def balance() -> None:
    """Show, change and explain the balance of an account."""


@balance.command(
    epilog="\b\nExamples:\n  desktop-trader balance show\n  desktop-trader balance show --json | jq .current_balance"
)
@options.account_data_and_json
def show(account: str, data_dir: str | None, as_json: bool) -> None:
    """Show the balance as it stands.

    Figures that need a price are known only while an instance is running.
    """
    paths = books.folder(data_dir)
    fields = books.balance_now(paths, account)
    # The keys hold what was put in over all runs; people ask for the run they look at.
    click.echo(dumps(fields) if as_json else _balance_text(fields, books.portfolio_of(paths, account)))


@balance.command(
    cls=_AmountCommand,
    epilog="\b\nExample:\n  desktop-trader balance adjust 15000 --reason 'start the year with 15,000'",
)
@click.argument("amount")
@click.option("--reason", required=True, help="Why; kept in the journal.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the journal.")
@options.account_data_and_json
def adjust(amount: str, reason: str, author: str, account: str, data_dir: str | None, as_json: bool) -> None:
    """Set the balance to a new total.

    The difference to AMOUNT is booked as one signed entry.
    """
    _change(
        TypedChange(kind=AdjustmentKind.SET_TOTAL, text=amount, reason=reason, author=author),
        account=account,
        data_dir=data_dir,
        as_json=as_json,
    )


@balance.command(cls=_AmountCommand, epilog="\b\nExample:\n  desktop-trader balance deposit 500 --reason savings")
@click.argument("amount")
@click.option("--reason", required=True, help="Why; kept in the journal.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the journal.")
@options.account_data_and_json
def deposit(amount: str, reason: str, author: str, account: str, data_dir: str | None, as_json: bool) -> None:
    """Put AMOUNT into the account."""
    _change(
        TypedChange(kind=AdjustmentKind.DEPOSIT, text=amount, reason=reason, author=author),
        account=account,
        data_dir=data_dir,
        as_json=as_json,
    )


@balance.command(cls=_AmountCommand, epilog="\b\nExample:\n  desktop-trader balance withdraw 500 --reason rent")
@click.argument("amount")
@click.option("--reason", required=True, help="Why; kept in the journal.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the journal.")
@options.account_data_and_json
def withdraw(amount: str, reason: str, author: str, account: str, data_dir: str | None, as_json: bool) -> None:
    """Take AMOUNT out of the account.

    Only what is not locked can be taken.
    """
    _change(
        TypedChange(kind=AdjustmentKind.WITHDRAW, text=amount, reason=reason, author=author),
        account=account,
        data_dir=data_dir,
        as_json=as_json,
    )


balance.add_command(history_verbs.history)
balance.add_command(history_verbs.export)


def _change(change: TypedChange, *, account: str, data_dir: str | None, as_json: bool) -> None:
    changed = change_balance(books.folder(data_dir), account, change)
    if as_json:
        click.echo(dumps(changed.fields))
        return
    balance = changed.fields["current_balance"]
    shown = display_amount(balance, changed.currency) if isinstance(balance, Decimal) else str(balance)
    click.echo(f"The balance is {shown} now.")


def _balance_text(fields: Mapping[str, object], portfolio: Portfolio) -> str:
    currency = str(fields["currency"])
    account, totals = portfolio.account, portfolio.totals

    def amount(key: str) -> str:
        value = fields[key]
        return display_amount(value, currency) if isinstance(value, Decimal) else _UNKNOWN[key]

    def priced(key: str) -> str:
        is_stale = fields.get("is_stale") is True and isinstance(fields[key], Decimal)
        return amount(key) + (f"  ({age(fields.get('price_age_seconds'), True)})" if is_stale else "")

    updated = fields["last_updated"]
    when = cell(updated if isinstance(updated, datetime) else datetime.fromisoformat(str(updated)))
    lines = {
        "Account": f"{printable(account.name)} ({'paper' if account.type == DEMO else account.type}), {currency}",
        "Balance": amount("current_balance"),
        "  available": amount("available_balance"),
        "  locked": amount("locked_balance"),
        "Portfolio value": priced("portfolio_value"),
        "Realized P&L": amount("realized_pnl"),
        "Unrealized P&L": priced("unrealized_pnl"),
        "Change in 24 h": amount("balance_change_24h"),
        "Run": str(portfolio.run.id),
        "  deposits": display_amount(totals.deposits, currency),
        "  withdrawals": display_amount(totals.withdrawals, currency),
        "Last change": f"{when}  {printable(str(fields['last_update_reason']))}",
    }
    return "\n".join(f"{name:<16} {text}" for name, text in lines.items())
