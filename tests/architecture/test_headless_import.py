"""Everything but the window runs where Qt is not installed, and the way to the first paint loads nothing heavy."""

import json
import subprocess
import sys

import pytest

from tests.architecture.source_tree import ROOT, package_modules

WITH_QT = {"ui", "app", "engine_thread", "trouble_view"}
HEAVY = {
    "numpy", "pyqtgraph", "talib", "aiohttp", "peewee", "playhouse", "click", "keyring", "tomlkit", "msgspec", "ccxt",
    "asyncio",
}  # fmt: skip

IMPORT_WITHOUT_QT = """
import importlib, json, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, NoQt())
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(len(sys.modules))
"""

LOADED_BY = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter that sees this checkout."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.requirement("R106")
def test_every_module_but_the_windows_imports_where_qt_is_not_installed() -> None:
    names = [module.dotted for module in package_modules() if module.room not in WITH_QT]

    result = run_python(IMPORT_WITHOUT_QT, json.dumps(names))

    assert result.returncode == 0, result.stderr


def test_nothing_heavy_is_imported_on_the_way_to_the_first_paint() -> None:
    result = run_python(LOADED_BY, "desktop_trader.app")

    assert result.returncode == 0, result.stderr
    assert HEAVY & set(json.loads(result.stdout)) == set()


def test_the_window_is_dispatched_before_the_command_line_is_imported() -> None:
    result = run_python(LOADED_BY, "desktop_trader.__main__")

    assert result.returncode == 0, result.stderr
    assert (HEAVY | {"PySide6"}) & set(json.loads(result.stdout)) == set()
