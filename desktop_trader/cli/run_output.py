"""What a headless run prints: a JSON line a notice for programs, sentences and a live status line for people."""

import io
import shutil
import sys
from collections.abc import Callable
from typing import Protocol, TextIO

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli.summary import summary_text
from desktop_trader.cli.table import printable
from desktop_trader.domain.money import display_amount
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import Notice
from desktop_trader.messages.snapshot import AccountSnapshot


class RunOutput(Protocol):
    """Where a run tells what happens, in the order it happened."""

    def notice(self, notice: Notice) -> None:
        """Tell a notice; when this returns, it has left the process."""
        ...

    def snapshot(self, snapshot: AccountSnapshot) -> None:
        """Show the account as it stands."""
        ...

    def summary(self, fields: dict[str, object]) -> None:
        """Tell how the run ended."""
        ...


class JsonOutput:
    """One JSON object a line, flushed, so that a line that was read is of something committed."""

    def __init__(self, stream: TextIO, on_closed: Callable[[OSError], None]) -> None:
        """Write to `stream`; `on_closed` is called once, when it takes nothing more."""
        self._stream = stream
        self._on_closed = on_closed
        self._is_closed = False

    def notice(self, notice: Notice) -> None:
        """Write the notice's public keys and values."""
        self._write(dumps(notice.as_fields()))

    def snapshot(self, snapshot: AccountSnapshot) -> None:
        """Say nothing: programs asked for what happens, not for how it looks."""

    def summary(self, fields: dict[str, object]) -> None:
        """Write the last line."""
        self._write(dumps(fields))

    def _write(self, line: str) -> None:
        if self._is_closed:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError as error:
            self._is_closed = True
            self._on_closed(error)


class TextOutput:
    """Sentences, and on a terminal a status line below them that is written over and over."""

    def __init__(self, stream: TextIO, currency: str, on_closed: Callable[[OSError], None]) -> None:
        """Write to `stream`; amounts are in `currency`; `on_closed` is called once, when it takes nothing more."""
        self._stream = stream
        self._currency = currency
        self._on_closed = on_closed
        self._is_closed = False
        self._is_terminal = stream.isatty()
        self._status = ""

    def notice(self, notice: Notice) -> None:
        """Write a sentence with the market's time."""
        if notice_level(notice) != "debug":
            self._write(f"{notice.at:%Y-%m-%d %H:%M:%S}  {printable(notice_text(notice, self._currency))}\n")

    def snapshot(self, snapshot: AccountSnapshot) -> None:
        """Renew the status line."""
        if self._is_terminal:
            # A line that wraps could not be written over.
            self._status = status_line(snapshot)[: shutil.get_terminal_size().columns - 1]
            self._write("")

    def summary(self, fields: dict[str, object]) -> None:
        """Write the figures of the run."""
        self._status = ""
        self._write(summary_text(fields, self._currency) + "\n")

    def _write(self, text: str) -> None:
        if self._is_closed:
            return
        erase = "\r\x1b[K" if self._is_terminal else ""
        try:
            self._stream.write(erase + text + self._status)
            self._stream.flush()
        except OSError as error:
            self._is_closed = True
            self._on_closed(error)


def status_line(snapshot: AccountSnapshot) -> str:
    """Return the account in one line: market time, prices, balance, P&L, what is open, what the strategy does."""
    balance, market = snapshot.balance, snapshot.market
    prices = "  ".join(f"{quote.symbol} {quote.last:,f}" for quote in market.quotes[:2])
    pnl = "—" if balance.pnl is None else display_amount(balance.pnl, balance.currency)
    state = snapshot.halted or snapshot.auto_trading.state
    return (
        f"{market.now:%Y-%m-%d %H:%M:%S}  {prices}  balance {display_amount(balance.total, balance.currency)}  "
        f"P&L {pnl}  {len(snapshot.positions)} open  {state}"
    )


def make_output(*, as_json: bool, currency: str, on_closed: Callable[[OSError], None]) -> RunOutput:
    """Return the way to tell things on standard output, or to nobody where a shell closed that (`>&-`)."""
    stream = sys.stdout if sys.stdout is not None else io.StringIO()
    if as_json:
        return JsonOutput(stream, on_closed)
    return TextOutput(stream, currency, on_closed)
