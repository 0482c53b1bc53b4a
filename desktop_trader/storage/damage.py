"""What reading damaged books raises, and what a person is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from desktop_trader.domain.errors import BooksDamagedError, InvariantError, StorageError, TraderError
from desktop_trader.storage.sqlite_error import RESTORE, storage_error

MADE_OF_DAMAGE = (InvariantError, ArithmeticError, ValueError, TypeError, AttributeError, LookupError)
"""What reading a damaged file raises: of its pages SQLite does not notice all that hold something else."""


def books_of_nobody(error: Exception) -> BooksDamagedError:
    """Return what to raise for one of `MADE_OF_DAMAGE`."""
    detail = f"{type(error).__name__}: {error}"
    return BooksDamagedError(f"The books hold what nobody wrote; {RESTORE}", detail=detail)


@contextmanager
def reading_rows() -> Iterator[None]:
    """Take rows that cannot be understood in this block for damage of the books.

    Raises:
        BooksDamagedError: one could not.
    """
    try:
        yield
    except StorageError:
        raise
    except MADE_OF_DAMAGE as error:
        raise books_of_nobody(error) from error


@contextmanager
def reading_snapshot(connection: apsw.Connection, path: object) -> Iterator[None]:
    """Read one snapshot of a file throughout this block, however its writer goes on meanwhile.

    Raises:
        BooksDamagedError: it holds what cannot be understood.
        StorageError: it cannot be read.
    """
    try:
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be read") from error
    except TraderError:
        raise
    except MADE_OF_DAMAGE as error:
        raise books_of_nobody(error) from error
