"""The part of a long history that the window holds: a bounded run of rows that slides over it. No Qt."""

from collections.abc import Sequence

from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage, LedgerRow

ROWS_MAX = 2_000


class LedgerWindow:
    """Rows newest first, without gaps under their filter. What leaves at one end can be asked for again.

    `has_older` and `has_newer` say that rows beyond the ends exist; while there are no newer ones to fetch, the top
    is the newest entry known, and new ones are added to it.
    """

    def __init__(self, *, rows_max: int = ROWS_MAX) -> None:
        self._rows_max = rows_max
        self._rows: list[LedgerRow] = []
        self._older_from: int | None = None
        self._newer_from = 0
        self.has_older = False
        self.has_newer = False

    @property
    def rows(self) -> Sequence[LedgerRow]:
        """The rows held."""
        return self._rows

    @property
    def before_id(self) -> int | None:
        """Where the next older page begins."""
        return self._older_from

    @property
    def after_id(self) -> int:
        """Where the next newer page begins."""
        return self._newer_from

    def begin(self, page: LedgerPage, *, head_id: int) -> None:
        """Hold the newest page; `head_id` was the newest entry of the file when it was asked for."""
        self._rows = list(page.rows)
        self.has_newer = False
        self._newer_from = max(head_id, self._rows[0].id if self._rows else 0)
        self._note_older(page)

    def add_older(self, page: LedgerPage) -> None:
        """Add the page before the oldest row; rows that become too many leave at the top."""
        last_id = self._rows[-1].id if self._rows else None
        self._rows += [row for row in page.rows if last_id is None or row.id < last_id]
        self._note_older(page)
        if len(self._rows) > self._rows_max:
            del self._rows[: len(self._rows) - self._rows_max]
            self.has_newer = True
            self._newer_from = self._rows[0].id

    def add_newer(self, page: LedgerPage, *, head_id: int) -> None:
        """Add the page after the newest row; rows that become too many leave at the bottom."""
        first_id = self._rows[0].id if self._rows else 0
        fresh = [row for row in page.rows if row.id > first_id]
        self._rows = [*fresh, *self._rows]
        self.has_newer = page.has_more
        reached = [self._newer_from, *(row.id for row in fresh[:1])]
        reached.append((page.searched_to_id or 0) if page.has_more else head_id)
        self._newer_from = max(reached)
        if len(self._rows) > self._rows_max:
            del self._rows[self._rows_max :]
            self.has_older = True
            self._older_from = self._rows[-1].id

    def _note_older(self, page: LedgerPage) -> None:
        self.has_older = page.has_more
        reached = [row.id for row in page.rows[-1:]]
        if page.searched_to_id is not None and page.has_more:
            reached.append(page.searched_to_id)
        if reached:
            self._older_from = min(reached)


def narrows(chosen: LedgerFilter) -> bool:
    """Say whether a filter lets only some entries of its account through."""
    return chosen != LedgerFilter(account=chosen.account)
