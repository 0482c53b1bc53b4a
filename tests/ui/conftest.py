"""What the tests of the window share: one application in the window's own dress."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from desktop_trader.ui import theme


@pytest.fixture(scope="package", autouse=True)
def _nothing_is_collected_by_chance() -> Iterator[None]:
    """Python collects cycles in whichever thread happens to allocate, such as the one that watches over time limits.

    Qt's timers must not die there: the next event of one that did ends the process. So, as in the program itself
    (`cycle_collector`), cycles are collected in this thread only, and only while no event is under way.
    """
    gc.disable()
    yield
    gc.unfreeze()
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_stays(_nothing_is_collected_by_chance: None) -> None:
    """Look at what was there before a module's tests no more: after each of them that would take most of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _closed_windows_are_gone(qapp: QApplication) -> Iterator[None]:
    """Delete what tests have closed, here and now: it would be repolished with every later change of the theme."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture
def dressed_app(qapp: QApplication) -> Iterator[QApplication]:
    """The application with the dark theme; other themes a test applied are taken back."""
    theme.apply(qapp, theme.ThemeChoice())
    yield qapp
    theme.apply(qapp, theme.ThemeChoice())
