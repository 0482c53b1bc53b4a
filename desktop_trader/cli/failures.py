"""What a failure becomes on the command line: one line on standard error, and the exit code that scripts rely on."""

from contextlib import suppress

import click

from desktop_trader.cli.table import printable
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DataFolderInUseError,
    InvalidInputError,
    RefusedError,
    TraderError,
)

DONE, FAILED, WRONG_USAGE, IN_USE, NOT_VERIFIED, REFUSED = range(6)
_CODES: tuple[tuple[type[TraderError], int], ...] = (
    (DataFolderInUseError, IN_USE),
    (BooksDamagedError, NOT_VERIFIED),
    (RefusedError, REFUSED),
    (InvalidInputError, WRONG_USAGE),
)


def say(message: str) -> None:
    """Write one line for people to standard error; blanks within a line stay as they are."""
    line = " ".join(part.strip() for part in message.splitlines())
    with suppress(OSError):  # There is no other place to say it.
        click.echo(f"desktop-trader: {printable(line)}", err=True)


def code_of(error: TraderError) -> int:
    """Return the exit code of a failure."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def usage_line(error: click.UsageError) -> str:
    """Return what was wrong with the arguments in one line, and where to read what is right."""
    verb = error.ctx.command_path if error.ctx is not None else "desktop-trader"
    return f"{error.format_message().rstrip('.')}; see `{verb} --help`"
