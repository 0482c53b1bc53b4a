"""Plain tables for people: aligned columns, numbers to the right, nothing that a pipe could choke on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.money import canonical

Fields = Mapping[str, object]
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def table(rows: Sequence[Fields], columns: Mapping[str, str], *, empty: str) -> str:
    """Return rows as text; `columns` gives each key its heading. Without rows: the sentence `empty`."""
    if not rows:
        return empty
    cells = [list(columns.values()), *([cell(row[key]) for key in columns] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(columns))]
    is_number = [isinstance(rows[0][key], Decimal | int) for key in columns]
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in cells
    )


def cell(value: object) -> str:
    """Return one value as people read it: exact numbers, seconds in UTC, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))


def age(seconds: object, is_stale: object) -> str:
    """Return how old a price is as people read it, and whether it may still be believed; "" where nobody knows."""
    if not isinstance(seconds, Decimal | int | float):
        return "stale" if is_stale is True else ""
    whole = int(seconds)
    size, unit = next((each for each in _UNITS if whole >= 2 * each[0]), (1, "s"))
    return f"{'stale, ' if is_stale is True else ''}{whole // size} {unit}"


def printable(text: str) -> str:
    """Return a text with everything escaped that would move the cursor, hide or reorder what a terminal shows."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
