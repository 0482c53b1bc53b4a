"""The way into the process: exit codes that a shell sees, whatever the directory it stands in."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import desktop_trader, environment

LOADED_AFTER_A_MISTAKE = """
import sys
from desktop_trader.__main__ import main
sys.argv = ["desktop-trader", "gui", "--bogus"]
code = main()
print(code, "click" in sys.modules, "PySide6" in sys.modules)
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


def test_a_mistake_in_the_windows_options_costs_no_imports() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED_AFTER_A_MISTAKE],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert done.stdout.split() == ["2", "False", "False"]
    assert "'--bogus'" in done.stderr
