"""Brings Qt in before anything else of the window; imported once, by `__main__`.

PySide6 puts an `__import__` of its own in place that reads the source of every module imported later, to look for
switches of its own that nobody here uses: 50 ms of the chart's start and some megabytes. The plain one is put back.
"""

import builtins

_plain_import = builtins.__import__

import PySide6.QtCore  # noqa: E402, F401  # only what is imported after this line is meant

builtins.__import__ = _plain_import
