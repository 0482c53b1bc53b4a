"""The job that writes a history to a file the person picked, and what it tells when it is done."""

from dataclasses import dataclass
from enum import StrEnum

from desktop_trader.messages.ledger_page import LedgerFilter


class ExportShape(StrEnum):
    """What the file is: a table, a JSON of balance and entries, or the balance alone as the documents spell it."""

    CSV = "csv"
    JSON = "json"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportHistory:
    """Write what a filter lets through, oldest first, to `target`; a file that is there only with `may_replace`."""

    filter: LedgerFilter
    target: str
    shape: ExportShape
    may_replace: bool = False

    def __post_init__(self) -> None:
        """Take the text of a shape for the shape.

        Raises:
            ValueError: it names none.
        """
        object.__setattr__(self, "shape", ExportShape(self.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryExported:
    """The file is whole and on the disk; `rows` entries are in it."""

    target: str
    rows: int
    size_bytes: int
