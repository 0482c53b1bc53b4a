"""What the tests of the window share: one application in the window's own dress."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from desktop_trader.ui import theme


@pytest.fixture(autouse=True)
def _closed_windows_are_gone(qapp: QApplication) -> Iterator[None]:
    """Delete what tests have closed, here and now, and nothing in between.

    A closed window would be repolished with every later change of the theme. What only the cycle collector frees
    must not be freed while Qt is in the middle of an event, which may be that very object's, nor in another thread:
    as in the program itself (`cycle_collector`), nothing is collected but at moments when no event is under way.
    """
    gc.disable()
    gc.collect()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    gc.enable()


@pytest.fixture
def dressed_app(qapp: QApplication) -> Iterator[QApplication]:
    """The application with the dark theme; other themes a test applied are taken back."""
    theme.apply(qapp, theme.ThemeChoice())
    yield qapp
    theme.apply(qapp, theme.ThemeChoice())
