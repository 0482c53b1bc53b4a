"""What a double click starts, on each system, is one program that opens the window and asks for no terminal.

That the window comes, balance first, is shown where the window is tested; that the built program runs, by its selftest.
"""

import configparser
import tomllib
from pathlib import Path

import pytest

from desktop_trader.gui_options import GuiOptions, parse_gui_options, window_arguments

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "resources" / "installer" / "desktop-trader.desktop"


@pytest.mark.requirement("R169")
def test_the_desktop_entry_starts_the_window_of_the_installed_program() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ENTRY, encoding="utf-8")
    program, *words = entry["Desktop Entry"]["Exec"].split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"][program] == "desktop_trader.__main__:main"
    assert entry["Desktop Entry"]["Terminal"] == "false"
    opened = window_arguments(words)
    assert opened is not None
    assert parse_gui_options(opened) == GuiOptions()


@pytest.mark.requirement("R169")
def test_a_program_that_is_started_without_a_word_opens_the_window() -> None:
    """As a double click on an executable does."""
    assert window_arguments([]) == []
    assert parse_gui_options([]) == GuiOptions()
