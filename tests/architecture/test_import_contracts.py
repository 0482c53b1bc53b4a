"""The import contracts hold, and each would notice: a canary plants a forbidden import in a copy of the package."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, ROOT

# contract id, room that gets the line, the line
CANARIES = [
    ("rings", "domain", "import desktop_trader.settings"),
    ("rings", "domain", "from desktop_trader import locations"),
    ("rings", "locations", "import desktop_trader.settings"),
    ("rings", "messages", "import desktop_trader.strategies"),
    ("rings", "strategies", "import desktop_trader.engine"),
    ("rings", "engine", "import desktop_trader.storage"),
    ("rings", "storage", "import desktop_trader.brokers"),
    ("rings", "brokers", "import desktop_trader.feeds"),
    ("rings", "assembly", "import desktop_trader.ui"),
    ("rings", "engine_thread", "import desktop_trader.ui"),
    ("rings", "ui", "import desktop_trader.engine_thread"),
    ("rings", "app", "import desktop_trader.cli"),
    ("qt", "cli", "import PySide6.QtCore"),
    ("qt", "assembly", "import pyqtgraph"),
    ("qt", "engine", "from PySide6 import QtCore"),
    ("sqlite", "engine", "import apsw"),
    ("sqlite", "assembly", "import peewee"),
    ("sqlite", "ui", "import sqlite3"),
    ("exchanges", "assembly", "import ccxt"),
    ("exchanges", "ui", "import keyring"),
    ("panels", "ui", "import desktop_trader.engine"),
    ("panels", "ui", "from desktop_trader import strategies"),
    ("pure-domain", "domain", "import asyncio"),
    ("pure-domain", "domain", "import time"),
    ("pure-domain", "domain", "import random"),
    ("synchronous-core", "engine", "import asyncio"),
    ("synchronous-core", "strategies", "import aiohttp"),
    ("synchronous-core", "ui", "import socket"),
    ("circles", "domain", "import desktop_trader.domain.canary_of_the_circle"),
]


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package and the contracts that lie in `folder`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def package_copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to plant things in; rooms that are not built yet stand empty."""
    shutil.copytree(PACKAGE, tmp_path / "desktop_trader", ignore=shutil.ignore_patterns("__pycache__"))
    for room in {room for _, room, _ in CANARIES}:
        if not (PACKAGE / room).is_dir() and not (PACKAGE / f"{room}.py").exists():
            (tmp_path / "desktop_trader" / room).mkdir()
            (tmp_path / "desktop_trader" / room / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.requirement("R106")
def test_every_import_contract_holds() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def plant(folder: Path, room: str, text: str) -> None:
    """Put a module with `text` into a room of the copy; a room that is a single module gets it at its end."""
    package = folder / "desktop_trader"
    if (package / room).is_dir():
        (package / room / "canary.py").write_text(f"{text}\n", encoding="utf-8")
    else:
        with (package / f"{room}.py").open("a", encoding="utf-8") as module:
            module.write(f"\n{text}\n")


@pytest.mark.parametrize(("contract", "room", "line"), CANARIES)
def test_a_forbidden_import_breaks_its_contract(package_copy: Path, contract: str, room: str, line: str) -> None:
    circle = package_copy / "desktop_trader" / "domain" / "canary_of_the_circle.py"
    circle.write_text("import desktop_trader.domain.canary\n", encoding="utf-8")
    plant(package_copy, room, line)

    result = lint_imports(package_copy, "--contract", contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


def test_an_import_for_type_checkers_only_counts_as_well(package_copy: Path) -> None:
    plant(
        package_copy,
        "domain",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import desktop_trader.settings",
    )

    result = lint_imports(package_copy, "--contract", "rings")

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


def test_a_new_room_must_be_given_its_ring(package_copy: Path) -> None:
    (package_copy / "desktop_trader" / "lobby.py").write_text('"""A room nobody planned."""\n', encoding="utf-8")

    result = lint_imports(package_copy, "--contract", "rings")

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


def test_every_contract_has_a_canary() -> None:
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["id"] for contract in contracts} == {contract for contract, _, _ in CANARIES}
