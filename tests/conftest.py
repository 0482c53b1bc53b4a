"""What every test shares: no display, exact decimals, calm hypothesis profiles, and Qt warnings that fail UI tests."""

import os
from pathlib import Path

# Before anything imports Qt: tests never open a window, and never touch the user's own data folder.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyside6")
os.environ.setdefault("LC_ALL", "C.UTF-8")

import apsw
import pytest
from hypothesis import HealthCheck, settings

_UI_TESTS = Path(__file__).parent / "ui"
# The offscreen platform says this at every window that is shown; it says nothing about us.
_SAID_OFFSCREEN = r"This plugin does not support (propagateSizeHints\(\)|raise\(\)|grabbing the keyboard)"

settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile("campaign", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

_PATIENCE_MS = 30_000


def _wait_for_its_turn(connection: apsw.Connection) -> None:
    """A test that looks into books in use waits, like any reader, while the writer has them alone."""
    connection.set_busy_timeout(_PATIENCE_MS)


# The product sets its own patience afterwards, whatever stands here.
apsw.connection_hooks.append(_wait_for_its_turn)

try:
    from desktop_trader.domain import money
except ImportError:
    pass
else:
    money.install_context()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A Qt warning fails a UI test: it is a bug of ours that Qt was kind enough to survive."""
    for item in items:
        if _UI_TESTS in item.path.parents:
            # Marks, not settings: pytest-qt's settings are unknown where `make unit` leaves the plugin out.
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"), append=False)
            item.add_marker(pytest.mark.qt_log_ignore(_SAID_OFFSCREEN), append=False)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forgets to name a data folder gets an empty one, never the developer's real account."""
    if "DESKTOP_TRADER_HOME" not in os.environ:
        monkeypatch.setenv("DESKTOP_TRADER_HOME", str(tmp_path_factory.getbasetemp() / "default-data-folder"))
