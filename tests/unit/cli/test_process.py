"""The way into the process: exit codes that a shell sees, whatever the directory it stands in."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import arguments, desktop_trader, environment

pytestmark = pytest.mark.slow

LOADED_AFTER_A_MISTAKE = """
import sys
from desktop_trader.__main__ import main
sys.argv = ["desktop-trader", "gui", "--bogus"]
code = main()
print(code, "click" in sys.modules, "PySide6" in sys.modules)
"""
FULL = Path("/dev/full")
UNEXPECTED_ERROR = """
import sys
from desktop_trader.cli import main, trading_verbs
trading_verbs.strategy_infos = lambda: 1 / 0
sys.exit(main.main(["strategies"]))
"""


@pytest.mark.requirement("R31")
def test_the_data_folder_does_not_depend_on_where_the_process_stands(
    played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_TRADER_HOME", str(played))
    by_variable = desktop_trader("db", "info", "--json", cwd=tmp_path)
    relative = desktop_trader("db", "info", "--json", data_dir=Path(played.name), cwd=played.parent)
    absolute = desktop_trader("db", "info", "--json", data_dir=played, cwd=tmp_path)

    assert by_variable.json == relative.json == absolute.json
    assert by_variable.json["path"] == str(played / "desktop_trader.db")


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    codes = [
        desktop_trader(*words, data_dir=tmp_path / "nothing").code
        for words in (("strategies",), ("balance", "show"), ("balance", "show", "--bogus"))
    ]

    assert codes == [0, 1, 2]


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full disk to write to")
@pytest.mark.parametrize(
    "words",
    [
        ("balance", "show"),
        ("strategies", "--json"),
        ("--help",),
        ("run", "--json", "--speed", "max", "--duration", "600"),
    ],
)
def test_an_output_that_cannot_be_written_is_one_line_and_exit_code_1(
    folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    data_dir = {"--help": None, "run": tmp_path / "new"}.get(words[0], folder)
    with FULL.open("w") as full:
        done = subprocess.run(
            arguments(*words, data_dir=data_dir),
            env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "No space left" in done.stderr


@pytest.mark.parametrize("words", [("balance", "show"), ("run",)])
def test_options_before_the_verb_are_told_where_to_go(tmp_path: Path, words: tuple[str, ...]) -> None:
    answer = desktop_trader("--data-dir", str(tmp_path), *words)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "options go after the verb" in answer.err


def test_an_unexpected_error_prints_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNEXPECTED_ERROR],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(
    "words", [("--data-dir", ""), ("--data-dir=",), ("--data-dir", " "), ("--data-dir", "~nobody-here/x")]
)
def test_the_window_does_not_open_on_a_folder_that_has_no_name(words: tuple[str, ...]) -> None:
    answer = desktop_trader(*words)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_a_mistake_in_the_windows_options_costs_no_imports() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED_AFTER_A_MISTAKE],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert done.stdout.split() == ["2", "False", "False"]
    assert "'--bogus'" in done.stderr
