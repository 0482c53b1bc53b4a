"""Collects what a verification finds: everything is counted, the first of it is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import apsw

from desktop_trader.domain.errors import InvariantError, StorageError
from desktop_trader.messages.verify_report import FILE, Finding

FINDINGS_MAX = 200
DAMAGE = (
    apsw.Error, InvariantError, StorageError, ArithmeticError, ValueError, TypeError, AttributeError, LookupError,
)  # fmt: skip
"""Whatever a damaged file makes of our reading is a finding, not a failure."""
LAWS = tuple(f"I{number}" for number in range(1, 15))


class Findings:
    """What was found against each law: the first text by law, and the first `FINDINGS_MAX` rows of all."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self.by_law: dict[str, str] = {}
        self.count = 0
        self._rows: list[tuple[str, str, str, int, int]] = []

    def add(self, law: str, text: str, *, table: str = "", row_id: int = 0, account_id: int = 0) -> None:
        """Note a finding; the first one of a law is kept whatever came before it."""
        self.count += 1
        is_first = law not in self.by_law
        self.by_law.setdefault(law, text)
        if is_first or len(self._rows) < FINDINGS_MAX:
            self._rows.append((law, text, table, row_id, account_id))

    @contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Make a finding of what a damaged file makes of reading it in this block.

        Raises:
            InterruptError: somebody asked for the end.
        """
        try:
            yield
        except apsw.InterruptError:
            raise
        except DAMAGE as error:
            self.add(FILE, f"{what} cannot be read to the end: {type(error).__name__}: {error}")

    def add_all(self, other: "Findings") -> None:
        """Add what another check of the same books has found."""
        for law, text in other.by_law.items():
            self.by_law.setdefault(law, text)
        self.count += other.count
        self._rows += other._rows[: max(len(other.by_law), FINDINGS_MAX - len(self._rows))]

    def rows(self, account_names: Mapping[int, str]) -> tuple[Finding, ...]:
        """Return what was kept, in the order in which it was found, with the names of its accounts."""
        return tuple(
            Finding(law=law, table=table, row_id=row_id, account=account_names.get(account_id, ""), text=text)
            for law, text, table, row_id, account_id in self._rows
        )
