"""Writes history to files: CSV and JSON, exact to the last digit, whole or not at all, in bounded memory.

Amounts are plain decimals; moments ISO 8601 in UTC. In CSV a text that a spreadsheet would take for a formula gets a
leading apostrophe (`guarded`, `unguarded`). The JSON begins with the two keys of the documents' own file, so that
what read that one reads this one.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import amount_text
from desktop_trader.domain.wallet import Account
from desktop_trader.messages.history_export import ExportHistory, ExportShape, HistoryExported
from desktop_trader.messages.ledger_page import MAX_PAGE_ROWS, LedgerFilter, LedgerRow
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.new_file import check_target, new_file

COLUMNS = (
    "id", "created_at", "account", "currency", "run_id", "transaction_type", "amount", "balance_before",
    "balance_after", "locked_change", "reason", "updated_by", "description", "position_id", "order_id", "fill_id",
)  # fmt: skip
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠'")
"""What starts a formula somewhere, full-width signs too, and the apostrophe itself, so that it can be told apart."""
_text = json.JSONEncoder(ensure_ascii=False).encode

Progress = Callable[[int, int], None]


def guarded(text: str) -> str:
    """Return a text as it stands in a CSV cell: with an apostrophe before what would start a formula, or before one."""
    return f"'{text}" if text[:1] in _FORMULA_STARTS and text else text


def unguarded(cell: str) -> str:
    """Return the text of a CSV cell: without the one apostrophe that `guarded` may have put before it."""
    return cell[1:] if cell.startswith("'") else cell


def shape_of(target: str, *, is_balance_only: bool = False) -> ExportShape:
    """Return what a file name asks for.

    Raises:
        InvalidInputError: the name ends with neither `.csv` nor `.json`, or asks for a balance alone as CSV.
    """
    ending = Path(target).suffix.lower()
    if ending == ".json":
        return ExportShape.BALANCE if is_balance_only else ExportShape.JSON
    if ending == ".csv" and not is_balance_only:
        return ExportShape.CSV
    wanted = "FILE.json" if is_balance_only else "FILE.csv or FILE.json"
    raise InvalidInputError(f"name a file that ends with its kind, {wanted}, not {target!r}")


def export_history(
    reader: LedgerReader,
    wanted: ExportHistory,
    *,
    protected: Path | None = None,
    tell_progress: Progress = lambda _done, _total: None,
    check_wanted: Callable[[], None] = lambda: None,
) -> HistoryExported:
    """Write one file; entries booked after the beginning are not in it. `check_wanted` raises to give up.

    Raises:
        InvalidInputError: there is no such account, or the target is no place for a file.
        RefusedError: a file is there that may not be replaced.
        StorageError: the books cannot be read or the file not be written; what was there is as it was.
    """
    target = Path(wanted.target)
    check_target(target, may_replace=wanted.may_replace, protected=protected)
    stored = reader.load(wanted.filter.account)
    if stored.portfolio is None:
        reader.page(wanted.filter, limit=1)  # says which accounts there are
        raise InvalidInputError(f"There is no account {wanted.filter.account!r}")
    account, wallet = stored.portfolio.account, stored.portfolio.wallet
    head = stored.head.entry_id
    rows = 0
    with new_file(target, may_replace=wanted.may_replace) as file:
        pieces = _Pieces(account, wanted.filter)
        file.write(pieces.beginning(wanted.shape, balance=amount_text(wallet.total), at=wallet.updated_at).encode())
        if wanted.shape is not ExportShape.BALANCE:
            for batch, done in _batches(reader, wanted.filter, head=head):
                check_wanted()
                file.write(pieces.rows(wanted.shape, batch, is_first=not rows).encode())
                rows += len(batch)
                tell_progress(done, head)
        file.write(pieces.end(wanted.shape).encode())
        check_wanted()
        size = file.tell()
    return HistoryExported(target=str(target), rows=rows, size_bytes=size)


def _batches(reader: LedgerReader, chosen: LedgerFilter, *, head: int) -> Iterator[tuple[list[LedgerRow], int]]:
    """Give the rows up to `head`, oldest first; empty batches say how far a search has come."""
    last_id = chosen.after_id or 0
    before_id = min(head + 1, chosen.before_id or head + 1)
    while True:
        page = reader.page(replace(chosen, after_id=last_id, before_id=before_id), limit=MAX_PAGE_ROWS)
        batch = list(reversed(page.rows))
        if page.searched_to_id is not None and len(batch) < MAX_PAGE_ROWS:
            last_id = page.searched_to_id
        elif batch:
            last_id = batch[-1].id
        yield batch, last_id
        if not page.has_more:
            return


class _Pieces:
    """Spells the parts of a file in its shape."""

    def __init__(self, account: Account, chosen: LedgerFilter) -> None:
        self._account = account
        self._chosen = chosen

    def beginning(self, shape: ExportShape, *, balance: str, at: datetime) -> str:
        if shape is ExportShape.CSV:
            return ",".join(COLUMNS) + "\r\n"
        keys = {
            "balance": balance,
            "last_updated": _text(instant_text(at)),
            "time_zone": _text("UTC"),
        }
        if shape is ExportShape.JSON:
            keys |= {
                "account": _text(self._account.name),
                "account_type": _text(self._account.type),
                "currency": _text(self._account.currency),
                "filter": _text(_told_filter(self._chosen)),
            }
        listed = ",\n".join(f"  {_text(key)}: {value}" for key, value in keys.items())
        return f"{{\n{listed}" + (',\n  "history": [' if shape is ExportShape.JSON else "")

    def rows(self, shape: ExportShape, batch: list[LedgerRow], *, is_first: bool) -> str:
        if shape is ExportShape.CSV:
            written = io.StringIO()
            csv.writer(written).writerows(self._cells(row) for row in batch)
            return written.getvalue()
        lines = ",\n    ".join(self._object(row) for row in batch)
        return lines and ("\n    " if is_first else ",\n    ") + lines

    def end(self, shape: ExportShape) -> str:
        return {ExportShape.CSV: "", ExportShape.JSON: "\n  ]\n}\n", ExportShape.BALANCE: "\n}\n"}[shape]

    def _cells(self, row: LedgerRow) -> tuple[object, ...]:
        return (
            row.id, instant_text(row.created_at), guarded(self._account.name), self._account.currency, row.run_id,
            row.transaction_type, amount_text(row.amount), amount_text(row.balance_before),
            amount_text(row.balance_after), amount_text(row.locked_change), guarded(row.reason),
            guarded(row.updated_by), guarded(row.description), row.position_id, row.order_id, row.fill_id,
        )  # fmt: skip

    @staticmethod
    def _object(row: LedgerRow) -> str:
        links = {"position_id": row.position_id, "order_id": row.order_id, "fill_id": row.fill_id}
        told = ", ".join(f'"{name}": {"null" if link is None else link}' for name, link in links.items())
        return (
            f'{{"id": {row.id}, "transaction_type": {_text(row.transaction_type)}, '
            f'"amount": {amount_text(row.amount)}, "balance_before": {amount_text(row.balance_before)}, '
            f'"balance_after": {amount_text(row.balance_after)}, '
            f'"locked_change": {amount_text(row.locked_change)}, "reason": {_text(row.reason)}, '
            f'"updated_by": {_text(row.updated_by)}, "description": {_text(row.description)}, {told}, '
            f'"run_id": {row.run_id}, "created_at": {_text(instant_text(row.created_at))}}}'
        )


def _told_filter(chosen: LedgerFilter) -> dict[str, object]:
    """Return what the rows were chosen by, besides the account; empty: all of them."""
    fields: dict[str, object] = {
        "kinds": list(chosen.kinds),
        "author": chosen.author,
        "text": chosen.text,
        "from": None if chosen.from_at is None else instant_text(chosen.from_at.astimezone(UTC)),
        "until": None if chosen.until_at is None else instant_text(chosen.until_at.astimezone(UTC)),
        "run_id": chosen.run_id,
        "position_id": chosen.position_id,
        "order_id": chosen.order_id,
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
