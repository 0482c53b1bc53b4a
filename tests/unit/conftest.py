"""Unit tests run as if Qt were not installed, also when UI tests share their process."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

import pytest

QT = {"PySide6", "shiboken6", "pyqtgraph"}


class QtIsNotInstalled(MetaPathFinder):
    """Answers for the packages of Qt that there are none."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> None:
        """Refuse Qt, leave everything else to the other finders."""
        if fullname.partition(".")[0] in QT:
            raise ModuleNotFoundError(f"{fullname} is not importable in unit tests", name=fullname)


@contextmanager
def qt_out_of_reach() -> Generator[None]:
    """Hide what UI tests have loaded already, and refuse to load more."""
    loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in QT}
    finder = QtIsNotInstalled()
    for name in loaded:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(loaded)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The imports at the head of a unit test module."""
    with qt_out_of_reach():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The test itself."""
    with qt_out_of_reach():
        return (yield)
