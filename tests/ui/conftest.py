"""What the tests of the window share: one application in the window's own dress."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from desktop_trader.ui import theme


@pytest.fixture
def dressed_app(qapp: QApplication) -> Iterator[QApplication]:
    """The application with the dark theme; other themes a test applied are taken back."""
    theme.apply(qapp, theme.ThemeChoice())
    yield qapp
    theme.apply(qapp, theme.ThemeChoice())
