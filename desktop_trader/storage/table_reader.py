"""Reads every table and view of the file as it is stored, over a connection that cannot write.

For whoever wants to look for himself; nothing of the program depends on it. Pages go by primary key, so that the end
of a long table is as near as its beginning.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.messages.table_page import Key, TableInfo, TablePage
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.sqlite_error import storage_error

PAGE_ROWS = 100
_TEXT_LENGTH_MAX = 2_000
_NAMES = "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
_PARTS = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table by its checked name, its columns, and those that name a row; none of these in a view without ids."""

    table: str
    columns: list[str]
    key: list[str]


class TableReader:
    """Belongs to one thread. Names are checked against the file's own before they get into a statement."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading.

        Raises:
            StorageError: there is no such file, or it is not ours, of another version or unreadable.
        """
        self._path = path
        self._connection = open_reader(path)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def tables(self) -> tuple[TableInfo, ...]:
        """Return every table and view of ours, by name."""
        try:
            found = self._connection.execute(f"{_NAMES} ORDER BY type, name").fetchall()
            return tuple(self._info(str(name), str(kind), str(sql)) for name, kind, sql in found)
        except apsw.Error as error:
            raise storage_error(error, f"{self._path} cannot be read") from error

    def page(
        self, table: str, *, before: Key | None = None, after: Key | None = None, limit: int = PAGE_ROWS
    ) -> TablePage:
        """Return up to `limit` rows, the last by primary key first: from the end, before one, or after one.

        Raises:
            InvalidInputError: there is no such table.
            StorageError: the file cannot be read.
        """
        try:
            shape = self._shape(table)
            read = self._page_by_key if shape.key else self._page_by_place
            return read(shape, before=before, after=after, limit=limit)
        except apsw.Error as error:
            raise storage_error(error, f"{self._path} cannot be read") from error

    def _info(self, name: str, kind: str, sql: str) -> TableInfo:
        described = self._described(name)
        parts = [str(part) for (part,) in self._connection.execute(_PARTS, (name,))]
        return TableInfo(
            name=name,
            is_view=kind == "view",
            columns=tuple(row[1] for row in described),
            types=tuple(row[2] for row in described),
            schema="\n\n".join(f"{text.strip()};" for text in (sql, *parts)),
        )

    def _described(self, name: str) -> list[tuple[Any, ...]]:
        return self._connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()

    def _shape(self, table: str) -> _Shape:
        known = [str(name) for (name,) in self._connection.execute(f"SELECT name FROM ({_NAMES})")]
        if table not in known:
            raise InvalidInputError(f"There is no table {table!r} in the books")
        described = self._described(table)
        key = [row[1] for row in sorted(described, key=lambda row: int(row[5])) if row[5]]
        columns = [row[1] for row in described]
        return _Shape(table, columns, key or (["id"] if "id" in columns else []))

    def _page_by_key(self, shape: _Shape, *, before: Key | None, after: Key | None, limit: int) -> TablePage:
        table, columns, key = shape.table, shape.columns, shape.key
        names, keys = _names(columns), _names(key)
        edge = before if before is not None else after
        if edge is not None and len(edge) != len(key):
            raise InvalidInputError(f"A row of {table} is named by {keys}")
        is_forward = after is not None and before is None
        where = "" if edge is None else f"WHERE ({keys}) {'>' if is_forward else '<'} ({', '.join('?' * len(key))})"
        direction = "ASC" if is_forward else "DESC"
        order = ", ".join(f'"{name}" {direction}' for name in key)
        statement = f'SELECT {names} FROM "{table}" {where} ORDER BY {order} LIMIT ?'
        found = self._connection.execute(statement, (*(edge or ()), limit + 1)).fetchall()
        rows, has_more = found[:limit], len(found) > limit
        if is_forward:
            rows.reverse()
        places = [columns.index(name) for name in key]
        return TablePage(
            rows=tuple(_texts(row) for row in rows),
            first=tuple(rows[0][place] for place in places) if rows else (),
            last=tuple(rows[-1][place] for place in places) if rows else (),
            has_earlier=has_more if not is_forward else True,
            has_later=has_more if is_forward else edge is not None,
        )

    def _page_by_place(self, shape: _Shape, *, before: Key | None, after: Key | None, limit: int) -> TablePage:
        place = int(str(before[0])) if before else max(0, int(str(after[0])) - limit) if after else 0
        statement = f'SELECT {_names(shape.columns)} FROM "{shape.table}" LIMIT ? OFFSET ?'
        found = self._connection.execute(statement, (limit + 1, place)).fetchall()
        rows = found[:limit]
        return TablePage(
            rows=tuple(_texts(row) for row in rows),
            first=(place,),
            last=(place + len(rows),),
            has_earlier=len(found) > limit,
            has_later=place > 0,
        )


def _names(columns: list[str]) -> str:
    return ", ".join('"' + column.replace('"', '""') + '"' for column in columns)


def _texts(row: tuple[object, ...]) -> tuple[str | None, ...]:
    return tuple(_text(value) for value in row)


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _TEXT_LENGTH_MAX else f"{text[:_TEXT_LENGTH_MAX]}… ({len(text):,} characters)"
