"""What the tests of the window share: one application in the window's own dress."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from desktop_trader.ui import theme


@pytest.fixture(autouse=True)
def _closed_windows_are_gone(qapp: QApplication) -> Iterator[None]:
    """Delete what tests have closed, here and now.

    A closed window would be repolished with every later change of the theme; and what only the cycle collector frees
    would be freed
    in whatever thread the collector next runs, where Qt's timers must not die.
    """
    gc.collect()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def dressed_app(qapp: QApplication) -> Iterator[QApplication]:
    """The application with the dark theme; other themes a test applied are taken back."""
    theme.apply(qapp, theme.ThemeChoice())
    yield qapp
    theme.apply(qapp, theme.ThemeChoice())
