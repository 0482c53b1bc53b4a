"""The question that a page of the history answers. The answer names the question, because it may come late."""

from dataclasses import dataclass

from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPageRequest:
    """Ask for up to `limit` entries, newest first."""

    request_id: str
    filter: LedgerFilter
    limit: int = PAGE_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPageReply:
    """The page asked for; `error` says in one line why there is none."""

    request_id: str
    page: LedgerPage
    error: str = ""
