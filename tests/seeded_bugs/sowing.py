"""A copy of the package and its tests, in which one bug at a time is sown, looked for and taken out again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.command_line import ROOT
from tests.seeded_bugs.catalog import SeededBug

_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".hypothesis", "benchmarks", "packaging")
FAILED = 1
"""How pytest ends when tests ran and one failed; a test that is not there or cannot be read ends otherwise."""


class Field:
    """The copy."""

    def __init__(self, root: Path) -> None:
        """Copy the package, its tests and their configuration."""
        self._root = root
        for name in ("desktop_trader", "tests", "resources"):
            shutil.copytree(ROOT / name, root / name, ignore=_LEFT_OUT)
        shutil.copy(ROOT / "pyproject.toml", root)

    def look_for(self, bug: SeededBug) -> subprocess.CompletedProcess[str]:
        """Sow a bug, run the test that has to find it, and take it out."""
        file = self._root / "desktop_trader" / bug.file
        sound = file.read_text(encoding="utf-8")
        assert sound.count(bug.old) == 1, f"{bug.name}: its place in {bug.file} has changed"
        file.write_text(sound.replace(bug.old, bug.new), encoding="utf-8")
        try:
            return self.run(bug.test)
        finally:
            file.write_text(sound, encoding="utf-8")

    def run(self, *tests: str) -> subprocess.CompletedProcess[str]:
        """Run tests on the copy as it is."""
        environ = os.environ | {"PYTHONPATH": str(self._root), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests],
            cwd=self._root,
            env=environ,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
