"""The fence around unit tests works."""

import importlib

import pytest


@pytest.mark.parametrize("name", ["PySide6", "PySide6.QtCore", "pyqtgraph", "shiboken6"])
def test_qt_cannot_be_imported_in_a_unit_test(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="unit tests"):
        importlib.import_module(name)
