"""`legacy import`: looks for the balance files of earlier programs, shows every one, and books the one chosen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.legacy_change import ImportWish, import_balance, refuse_impossible, wallet_of
from desktop_trader.cli.table import printable, table
from desktop_trader.domain.errors import InvalidInputError, RefusedError
from desktop_trader.domain.legacy_balance import LegacyChoice, LegacyFile, choose
from desktop_trader.domain.money import display_amount
from desktop_trader.domain.wallet import Wallet
from desktop_trader.messages.legacy_import import EarlierImport, LegacySearch, already_imported
from desktop_trader.storage.legacy_files import find_files
from desktop_trader.storage.legacy_imports import earlier_imports

_COLUMNS = {"chosen": "", "path": "FILE", "balance": "BALANCE", "time": "TIME", "remark": "REMARK"}
_NEW_ACCOUNT_CURRENCY = "USDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What was found and what would come of it: `result` is one of the words of the JSON answer."""

    search: LegacySearch
    choice: LegacyChoice
    chosen: LegacyFile | None
    wallet: Wallet | None
    earlier: EarlierImport | None
    result: str

    @property
    def currency(self) -> str:
        return _NEW_ACCOUNT_CURRENCY if self.wallet is None else self.wallet.currency

    @property
    def difference(self) -> Decimal | None:
        """What the balance would change by; None where nothing is chosen or there is no account yet."""
        if self.chosen is None or self.chosen.balance is None or self.wallet is None:
            return None
        return self.chosen.balance - self.wallet.total


@click.group()
def legacy() -> None:
    """Take over the balance of an earlier program."""


@legacy.command(
    "import",
    epilog="The newest readable file is taken. Where two files have the same time and different balances, the "
    "question is yours: say --file. Without it virtual_balance.json comes before auto_trading_state.json, and the "
    "folder itself before backend, data and backend/data.\n\n\b\n"
    "Examples:\n  desktop-trader legacy import ~/old-bot --dry-run\n"
    "  desktop-trader legacy import ~/old-bot --yes",
)
@click.argument("path")
@click.option("--dry-run", is_flag=True, help="Show what would happen; nothing is written. So it is without --yes.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Book it.")
@click.option("--file", "wanted", metavar="FILE", help="Which of the files found; default: the newest readable one.")
@click.option("--author", default="cli", show_default=True, help="Who; kept in the journal.")
@options.account_data_and_json
def import_(
    path: str,
    dry_run: bool,
    is_confirmed: bool,
    wanted: str | None,
    author: str,
    account: str,
    data_dir: str | None,
    as_json: bool,
) -> int:
    """Take one balance over from below PATH.

    It is that of a virtual_balance.json or an auto_trading_state.json. What cannot be read is named with the reason
    and skipped. The files stay as they are; on confirmation all of them are copied into the archive of the data
    folder, the books are backed up, and one entry is booked. The same content is never imported twice.
    """
    if dry_run and is_confirmed:
        raise click.UsageError("--dry-run and --yes contradict each other")
    paths = books.folder(data_dir)
    search = find_files(Path(path).expanduser())
    plan = _plan(search, wanted, wallet=wallet_of(paths, account), earlier=earlier_imports(paths))
    fields = _fields(plan)
    told: tuple[str, ...] = ()
    if plan.result == "would_import" and plan.chosen is not None and plan.chosen.balance is not None:
        if plan.wallet is not None:
            refuse_impossible(plan.wallet, plan.chosen.balance)
        if is_confirmed:
            wish = ImportWish(
                files=search.files,
                chosen=plan.chosen,
                account=account,
                currency=plan.currency,
                author=author,
                expected_total=None if plan.wallet is None else plan.wallet.total,
            )
            imported = import_balance(paths, wish)
            fields |= _imported_fields(imported.fields)
            fields |= {"archive": imported.prepared.archive, "archived": list(imported.prepared.archived)}
            fields |= {"backup": imported.prepared.backup or None}
            told = _imported_text(fields, plan)
    if as_json:
        click.echo(dumps(fields))
    else:
        click.echo(printable_lines((*_found_text(plan), *(told or _plan_text(plan)))))
    return failures.REFUSED if is_confirmed and plan.result == "none_readable" else failures.DONE


def printable_lines(lines: tuple[str, ...]) -> str:
    """Return lines without anything that a terminal would act on."""
    return "\n".join(printable(each) for line in lines for each in line.split("\n"))


def _plan(
    search: LegacySearch, wanted: str | None, *, wallet: Wallet | None, earlier: tuple[EarlierImport, ...]
) -> _Plan:
    choice = choose(search.files)
    chosen = _answered(choice, earlier) if wanted is None else _named(search, wanted)
    known = None if chosen is None else already_imported(earlier, chosen)
    if chosen is None:
        result = "none_readable" if search.files else "nothing_found"
    elif known is not None:
        result = "already_imported"
    elif wallet is not None and wallet.total == chosen.balance:
        result = "no_change"
    else:
        result = "would_import"
    return _Plan(search=search, choice=choice, chosen=chosen, wallet=wallet, earlier=known, result=result)


def _answered(choice: LegacyChoice, earlier: tuple[EarlierImport, ...]) -> LegacyFile | None:
    """Return the newest file; of several as new the one chosen before, so that no later run turns that over."""
    if choice.newest is None:
        return None
    as_new = (choice.newest, *choice.tied)
    return next((file for file in as_new if already_imported(earlier, file) is not None), choice.newest)


def _named(search: LegacySearch, wanted: str) -> LegacyFile:
    typed = Path(wanted).expanduser()
    names = {os.path.abspath(typed), os.path.abspath(Path(search.folder) / typed)}  # noqa: PTH100
    for file in search.files:
        if file.path in names:
            if not file.is_readable:
                raise RefusedError(f"{file.path} cannot be imported: {file.explanation}")
            return file
    raise InvalidInputError(f"{wanted} is not among the files found below {search.folder}")


def _fields(plan: _Plan) -> dict[str, object]:
    """The JSON answer, as far as it is known before anything was done."""
    chosen, wallet = plan.chosen, plan.wallet
    return {
        "result": plan.result,
        "folder": plan.search.folder,
        "is_complete": plan.search.is_complete,
        "files": [_file_fields(file, is_chosen=file is chosen) for file in plan.search.files],
        "chosen": None if chosen is None else chosen.path,
        "is_tie": plan.choice.is_question,
        "new_balance": None if chosen is None else chosen.balance,
        "current_balance": None if wallet is None else wallet.total,
        "difference": plan.difference,
        "entry_id": None if plan.earlier is None else plan.earlier.entry_id,
    }


def _file_fields(file: LegacyFile, *, is_chosen: bool) -> dict[str, object]:
    return {
        "path": file.path,
        "kind": file.kind.value,
        "is_readable": file.is_readable,
        "is_chosen": is_chosen,
        "balance": file.balance,
        "as_written": file.exact or None,
        "time": None if file.time is None else file.time.text,
        "time_utc": None if file.time is None else file.time.at,
        "zone": None if file.time is None or not file.time.zone else file.time.zone,
        "size": file.size,
        "sha256": file.sha256 or None,
        "refusal": None if file.refusal is None else file.refusal.value,
        "explanation": file.explanation or None,
        "notes": list(file.notes),
        "trades": None if file.trade_check is None else file.trade_check.line,
    }


def _found_text(plan: _Plan) -> tuple[str, ...]:
    search = plan.search
    rows: list[Mapping[str, object]] = [
        {
            "chosen": "→" if file is plan.chosen else " ",
            "path": os.path.relpath(file.path, search.folder),
            "balance": "not readable" if file.balance is None else display_amount(file.balance, plan.currency),
            "time": "" if file.time is None else file.time.line,
            "remark": "; ".join(_remarks(file)),
        }
        for file in search.files
    ]
    lines = [table(rows, _COLUMNS, empty=f"No balance files of an earlier program below {search.folder}.")]
    if not search.is_complete:
        lines.append(f"The search ended at its limits after {search.folders} folders; name a folder closer to them.")
    if search.closed_folders:
        lines.append(f"{search.closed_folders} folders could not be looked into.")
    return tuple(lines)


def _remarks(file: LegacyFile) -> tuple[str, ...]:
    if not file.is_readable:
        return (f"skipped: {file.explanation}",)
    check = () if file.trade_check is None else (file.trade_check.line,)
    undated = ("no time in it: counts as oldest",) if file.time is None else ()
    return (*file.notes, *undated, *check)


def _plan_text(plan: _Plan) -> tuple[str, ...]:
    chosen = plan.chosen
    if chosen is None or chosen.balance is None:
        return ("None of them can be read; nothing was booked.",) if plan.search.files else ("Nothing was booked.",)
    new = display_amount(chosen.balance, plan.currency)
    if plan.earlier is not None:
        return (f"This content was imported before, as entry {plan.earlier.entry_id}; nothing was booked.",)
    if plan.result == "no_change":
        return (f"The balance is {new} already; nothing was booked.",)
    return (*_change_text(plan, chosen), "Nothing was booked yet; add --yes to book it.")


def _change_text(plan: _Plan, chosen: LegacyFile) -> tuple[str, ...]:
    new = display_amount(chosen.balance or Decimal(0), plan.currency)
    tie = _tie_text(plan)
    if plan.wallet is None or plan.difference is None:
        begun = "There are no books yet: they would begin with the start amount of the settings"
        return (*tie, f"{begun}, and one import would make the balance {new}.")
    now = display_amount(plan.wallet.total, plan.currency)
    sign = "+" if plan.difference > 0 else ""
    difference = display_amount(plan.difference, plan.currency)
    return (*tie, f"The balance is {now}; it would be {new} ({sign}{difference}).")


def _tie_text(plan: _Plan) -> tuple[str, ...]:
    if not plan.choice.is_question or plan.chosen is not plan.choice.newest:
        return ()
    others = ", ".join(os.path.relpath(file.path, plan.search.folder) for file in plan.choice.tied)
    return (f"Just as new, with another balance: {others}. Choose with --file.",)


def _imported_fields(fields: Mapping[str, object]) -> dict[str, object]:
    amount = fields["amount"]
    return {
        "result": "imported",
        "difference": amount,
        "new_balance": fields["current_balance"],
        "current_balance": fields["current_balance"],
    }


def _imported_text(fields: Mapping[str, object], plan: _Plan) -> tuple[str, ...]:
    balance, archived = fields["new_balance"], fields["archived"]
    text = display_amount(balance, plan.currency) if isinstance(balance, Decimal) else str(balance)
    count = len(archived) if isinstance(archived, list) else 0
    kept = "1 source is" if count == 1 else f"{count} sources are"
    backup = () if fields["backup"] is None else (f"The books before it: {fields['backup']}",)
    return (
        *_tie_text(plan),
        f"Imported: the balance is {text} now.",
        f"{kept} kept in {fields['archive']}; the originals are as they were.",
        *backup,
    )
