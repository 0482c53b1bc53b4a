"""`db verify` on a terminal: how far it is, and Ctrl+C."""

import signal
from pathlib import Path

import pytest

from desktop_trader.cli import verify_progress
from desktop_trader.cli.verify_progress import watching
from desktop_trader.locations import data_folder
from desktop_trader.storage.verify import VerificationStoppedError, verify_folder
from tests.unit.cli.conftest import CommandLine


class Terminal:
    """What is written to a terminal."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        self.written: list[str] = []
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> None:
        self.written.append(text)

    def flush(self) -> None:
        """Everything is written already."""


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool = True) -> Terminal:
    """Put a terminal in the place of standard error; within the test, as pytest has its own there until then."""
    terminal = Terminal(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(verify_progress, "_SECONDS_BETWEEN_LINES", 0.0)
    return terminal


def test_a_terminal_sees_how_far_it_is_and_is_left_clean(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_a_terminal(monkeypatch)
    with watching() as watch:
        assert verify_folder(data_folder(played), watch=watch).ok

    text = "".join(terminal.written)
    assert "  0 %  Reading the file" in text
    assert "100 %  Done" in text
    assert text.endswith("\r\x1b[2K")


def test_a_pipe_sees_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = on_a_terminal(monkeypatch, is_terminal=False)
    with watching() as watch:
        watch.tell_progress(1, 2, "half")
    assert pipe.written == []


def test_ctrl_c_ends_the_verification_and_the_next_one_the_process(played: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with watching() as watch:
        signal.raise_signal(signal.SIGINT)
        assert watch.should_stop()
        assert signal.getsignal(signal.SIGINT) is before
        with pytest.raises(VerificationStoppedError):
            verify_folder(data_folder(played), watch=watch)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_stopped_verification_is_one_line_and_exit_code_1(
    say: CommandLine, played: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c(*_args: object, **_kwargs: object) -> None:
        signal.raise_signal(signal.SIGINT)
        raise VerificationStoppedError("The verification was stopped; nothing was changed")

    monkeypatch.setattr("desktop_trader.cli.database_verbs.verify_folder", press_ctrl_c)
    answer = say("db", "verify", folder=played)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "desktop-trader: The verification was stopped; nothing was changed\n"
