"""The end of the journal: its newest entry and the next free ids. A file has one chain, whatever its accounts do."""

from dataclasses import dataclass

from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.engine.ports import NextIds


@dataclass(slots=True, kw_only=True)
class Journal:
    """Shared by the bookkeepers of every account of a file, in one thread; moved only after a commit."""

    head: LedgerHead
    ids: NextIds
