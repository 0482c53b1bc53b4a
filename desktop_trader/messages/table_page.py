"""Questions about the tables of the file as they are stored, for whoever wants to look for himself. Nothing changes."""

from dataclasses import dataclass, field

Key = tuple[object, ...]
"""The values of a row's primary key, by which pages go on; for a view without one the number of rows before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table or view: its columns with their types, and the SQL that made it, its indices and its triggers."""

    name: str
    is_view: bool
    columns: tuple[str, ...]
    types: tuple[str, ...]
    schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableListRequest:
    """Ask which tables and views there are."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableListReply:
    """All of them by name; `error` says why there are none."""

    request_id: str
    tables: tuple[TableInfo, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePageRequest:
    """Ask for rows of a table, last ones first: from the end, or before or after the row with a key."""

    request_id: str
    table: str
    before: Key | None = None
    after: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePage:
    """Rows as text, None for NULL, with the keys of the first and the last; whether more follow either way."""

    rows: tuple[tuple[str | None, ...], ...] = ()
    first: Key = ()
    last: Key = ()
    has_earlier: bool = False
    has_later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePageReply:
    """The page asked for; `error` says why there is none."""

    request_id: str
    table: str
    page: TablePage = field(default_factory=TablePage)
    error: str = ""
