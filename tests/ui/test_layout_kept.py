"""A layout that was kept comes back as it was: the edges have their sizes, the chart gets the rest of the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from desktop_trader.ui.main_window import MINIMUM_SIZE, default_size
from desktop_trader.ui.window_layout import WindowLayout
from tests.ui.snapshot_builders import make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

FEW = 12
"""Pixels by which a dock may differ: a scroll bar that comes or goes."""


def dock(opened: OpenWindow, name: str) -> QDockWidget:
    found = opened.window.findChild(QDockWidget, name)
    assert found is not None
    return found


def fill(qtbot: QtBot, opened: OpenWindow) -> None:
    """Let the window come to rest with everything in it."""
    with qtbot.waitExposed(opened.window):
        opened.window.show()
    opened.window.fill_docks()
    opened.window.attach_chart()
    opened.model.replace_snapshot(make_snapshot())
    QApplication.processEvents()
    QApplication.processEvents()


def chart_and_history(opened: OpenWindow) -> tuple[int, int]:
    return dock(opened, "chart").height(), dock(opened, "history").height()


@pytest.mark.parametrize(("kept_at", "opened_at"), [((1500, 980), None), ((1500, 980), (1280, 800))])
@pytest.mark.parametrize("bottom", [240, 330])
def test_the_lower_dock_comes_back_as_high_as_it_was(
    qtbot: QtBot,
    dressed_app: QApplication,
    tmp_path: Path,
    kept_at: tuple[int, int],
    opened_at: tuple[int, int] | None,
    bottom: int,
) -> None:
    first = make_window(qtbot, tmp_path)
    first.window.resize(*kept_at)
    fill(qtbot, first)
    dock(first, "history").raise_()
    qtbot.waitUntil(lambda: sum(chart_and_history(first)) > bottom + 200, timeout=2000)
    QApplication.processEvents()
    room = sum(chart_and_history(first))
    docks = [dock(first, "history"), dock(first, "chart")]
    first.window.resizeDocks(docks, [bottom, room - bottom], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: abs(dock(first, "history").height() - bottom) <= FEW, timeout=2000)
    before = chart_and_history(first)
    first.window.save_layout(WindowLayout(tmp_path / "layout.ini"))

    again = make_window(qtbot, tmp_path)
    again.window.restore_layout(WindowLayout(tmp_path / "layout.ini"))
    if opened_at is not None:
        again.window.resize(*opened_at)
    fill(qtbot, again)

    size = again.window.size()
    wanted = before[0] + size.height() - kept_at[1]
    qtbot.waitUntil(lambda: abs(dock(again, "history").height() - before[1]) <= FEW, timeout=2000)
    assert abs(dock(again, "chart").height() - wanted) <= FEW


def test_a_file_with_spoiled_edges_reads_as_one_without(tmp_path: Path) -> None:
    layout = WindowLayout(tmp_path / "layout.ini")
    assert layout.edges == {}
    layout.edges = {"bottom": 300, "sidebar": 306}
    assert layout.edges == {"bottom": 300, "sidebar": 306}
    (tmp_path / "spoiled.ini").write_text("[window]\nedges=bottom=x sidebar=-3 auto-trading= 99999999999\n")
    assert WindowLayout(tmp_path / "spoiled.ini").edges == {}


def test_the_first_window_fits_into_what_the_screen_has_free() -> None:
    assert default_size(QSize(1920, 1040)) == QSize(1280, 800)
    on_small = default_size(QSize(1280, 772))
    assert on_small.width() < 1280
    assert on_small.height() <= 772 - 40
    assert default_size(QSize(800, 600)) == QSize(*MINIMUM_SIZE)
