"""The error types of the whole application: whose fault it is decides what happens next.

A *refusal* is not an error but a value (`domain.risk.Denial`). What is raised is either the world failing
(`TraderError` and its subclasses, each with its policy) or us failing (`InvariantError`).
"""


class TraderError(Exception):
    """The world outside failed, or a person asked for something impossible; the message says what to do.

    `detail` is for the log; `user_message` is one line for the person and never holds a secret.
    """

    def __init__(self, user_message: str, *, detail: str = "") -> None:
        super().__init__(user_message if not detail else f"{user_message} [{detail}]")
        self.user_message = user_message
        self.detail = detail or user_message


class InvalidInputError(TraderError, ValueError):
    """A person or a script typed something we cannot accept. Policy: say so, change nothing."""


class RefusedError(TraderError):
    """A request was understood and refused (limits, funds, open positions). Policy: say so, change nothing."""


class DeclinedError(TraderError):
    """The person was asked and would rather not. Policy: end quietly, change nothing."""


class MarketDataError(TraderError):
    """Market data cannot be read or believed. Policy: stop this feed, say so; never make a price up."""


class StorageError(TraderError):
    """The data folder or the database refuses to work. Policy: halt trading; nothing was adopted."""


class DiskError(StorageError):
    """The disk refuses for now: full, read-only or failing. Policy: halt; go on from the books once it writes again."""


class UncertainWriteError(DiskError):
    """The disk failed while a change was being made durable. Policy: as before, but the next start may find it."""


class DatabaseBusyError(StorageError):
    """Another program holds the database. Policy: pause; go on from the books once it lets go."""


class DataFolderInUseError(StorageError):
    """Another instance holds this data folder. Policy: exit; raise the window of the first."""


class BooksDamagedError(StorageError):
    """The books do not verify. Policy: nothing is written until a person has decided."""


class RestoreOrderedError(StorageError):
    """Other books are to take the place of these. Policy: nothing more is booked; the next start finishes it."""


class InvariantError(Exception):
    """We failed: a law of the books does not hold. Trading halts; nothing more is written to the books."""
