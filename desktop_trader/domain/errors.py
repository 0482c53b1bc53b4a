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


class ExchangeError(TraderError):
    """An exchange could not be asked, or its answer cannot be believed. Policy: pause; reads may be tried again."""


class NetworkDownError(ExchangeError):
    """Nobody there: refused, reset, no name, no route, bad TLS. Policy: pause for `internet`; certain, so at once."""


class NetworkTimeoutError(ExchangeError):
    """No whole answer within our own deadline. Policy: reads again later; a write is unknown until looked up."""


class ExchangeUnavailableError(ExchangeError):
    """The exchange answers that it cannot work: 5xx, maintenance, blocked. Policy: pause for this exchange."""


class RateLimitedError(ExchangeUnavailableError):
    """Too many calls, or banned for a while. Policy: nothing is asked for `retry_after_seconds`, whole ones."""

    def __init__(self, user_message: str, *, retry_after_seconds: int, detail: str = "") -> None:
        super().__init__(user_message, detail=detail)
        self.retry_after_seconds = retry_after_seconds


class BadAnswerError(ExchangeError):
    """An answer of the wrong shape: empty, HTML, nonsense. Policy: it says nothing, least of all "nothing there"."""


class AuthRefusedError(ExchangeError):
    """The exchange's own error code refuses the key. Policy: pause for `auth`; three tries at most."""


class ClockSkewError(ExchangeError):
    """The exchange finds our clock wrong. Policy: its time is asked again; reads once more, then pause for `clock`."""


class ExchangeRefusedError(ExchangeError):
    """The exchange definitely refused what was asked: bad symbol, size, funds. Policy: say so; nothing happened."""


class UnknownAnswerError(ExchangeError):
    """An error that nobody has classified. Policy: as a time-out: what was written is unknown until looked up."""


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
