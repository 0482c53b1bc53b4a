"""The library that makes a disk fail, made once for all tests here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("failing_disk.c")


@pytest.fixture(scope="session")
def preload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that injects errors, made with the C compiler of this machine."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not sys.platform.startswith("linux"):
        pytest.skip("LD_PRELOAD and /proc are Linux's")
    if compiler is None:
        pytest.skip("there is no C compiler to make the library that injects errors; the VFS does it as well")
    library = tmp_path_factory.mktemp("preload") / "failing_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"the library that injects errors cannot be made here: {made.stderr.strip()[-200:]}")
    return library
