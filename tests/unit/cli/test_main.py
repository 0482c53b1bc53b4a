"""The way in and out: usage errors, help, and what happens when we fail."""

import pytest

from desktop_trader import __version__
from desktop_trader.cli import main as way_in
from desktop_trader.domain.errors import RefusedError
from desktop_trader.gui_options import OPTIONS
from tests.unit.cli.conftest import CommandLine

VERBS = ["gui", "run", "balance", "positions", "orders", "fills", "outages", "strategies", "db", "legacy"]
LEAVES = [
    ("gui",), ("run",), ("balance", "show"), ("balance", "adjust"), ("balance", "deposit"), ("balance", "withdraw"),
    ("balance", "history"), ("positions",), ("orders",), ("fills",), ("outages",), ("strategies",), ("db", "verify"),
    ("db", "info"),
    ("balance", "reset"), ("balance", "export"), ("db", "backup"), ("db", "backups"), ("db", "restore"),
    ("db", "migrate"), ("db", "pack"), ("db", "unpack"), ("legacy", "import"),
]  # fmt: skip


def test_the_version_is_the_packages(say: CommandLine) -> None:
    assert say("--version").out == f"desktop-trader {__version__}\n"


def test_help_lists_every_verb_in_whole_sentences_and_the_exit_codes(say: CommandLine) -> None:
    text = say("--help").out

    assert all(f"\n  {verb} " in text for verb in VERBS)
    assert "Exit codes" in text
    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize("words", LEAVES)
@pytest.mark.requirement("R67")
def test_every_verb_explains_itself_with_an_example(say: CommandLine, words: tuple[str, ...]) -> None:
    answer = say(*words, "--help")

    assert answer.code == 0
    assert "Example" in answer.out
    assert "--data-dir" in answer.out
    assert ("--json" in answer.out) == (words != ("gui",))


def test_the_windows_help_lists_every_option_it_reads(say: CommandLine) -> None:
    text = say("gui", "--help").out

    assert [option for option in OPTIONS if option not in text] == []


@pytest.mark.parametrize("words", [("nonsense",), ("run", "--nonsense"), ("balance", "nonsense"), ("--nonsense",)])
def test_wrong_usage_is_one_line_that_says_where_help_is(say: CommandLine, words: tuple[str, ...]) -> None:
    answer = say(*words)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "--help" in answer.err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RefusedError("not now"), 5, "desktop-trader: not now\n"),
        (KeyboardInterrupt(), 1, "desktop-trader: stopped\n"),
        (ZeroDivisionError("by zero"), 1, "ZeroDivisionError: by zero"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(
    say: CommandLine, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("desktop_trader.cli.trading_verbs.strategy_infos", fail)

    answer = say("strategies")

    assert answer.code == code
    assert line in answer.err
    assert way_in.main(["--version"]) == 0
