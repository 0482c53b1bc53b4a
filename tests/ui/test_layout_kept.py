"""A layout that was kept comes back as it was: the edges have their sizes, the chart gets the rest of the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.market import Timeframe
from desktop_trader.ui import theme
from desktop_trader.ui.docks import Docks
from desktop_trader.ui.main_window import MINIMUM_SIZE, default_size
from desktop_trader.ui.panels.chart_bar import ChartBar
from desktop_trader.ui.window_layout import WindowLayout
from tests.ui.network_builders import make_network, make_pause
from tests.ui.snapshot_builders import make_auto_trading, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

FEW = 12
"""Pixels by which a dock may differ: a scroll bar that comes or goes."""


def dock(opened: OpenWindow, name: str) -> QDockWidget:
    found = opened.window.findChild(QDockWidget, name)
    assert found is not None
    return found


def come_to_rest() -> None:
    """Let every layout that follows from another one happen."""
    for _ in range(8):
        QApplication.processEvents()


def fill(qtbot: QtBot, opened: OpenWindow) -> None:
    """Let the window come to rest with everything in it."""
    with qtbot.waitExposed(opened.window):
        opened.window.show()
    opened.window.fill_docks()
    opened.window.attach_chart()
    opened.model.replace_snapshot(make_snapshot())
    QApplication.processEvents()
    QApplication.processEvents()


def above_of(name: str, opened: OpenWindow) -> QPoint:
    """A place on the separator above a dock."""
    place = dock(opened, name).geometry()
    return QPoint(place.center().x(), place.top() - 1)


def right_of(name: str, opened: OpenWindow) -> QPoint:
    """A place on the separator to the right of a dock."""
    place = dock(opened, name).geometry()
    return QPoint(place.right() + 1, place.center().y())


def drag_separator(qtbot: QtBot, opened: OpenWindow, start: QPoint, by: QPoint) -> None:
    """Move what lies between docks, as a person does."""
    window = opened.window
    assert window.isSeparator(start)
    qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=start)
    for part in (1, 2):
        # Qt's own test of the button: a move without it is no drag.
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(start + by * part / 2),
            QPointF(window.mapToGlobal(start + by * part / 2)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(window, move)
        QApplication.processEvents()
    qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=start + by)
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
    come_to_rest()
    drag_separator(qtbot, first, above_of("history", first), QPoint(0, dock(first, "history").height() - bottom))
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


def widths(opened: OpenWindow) -> tuple[int, ...]:
    return tuple(dock(opened, name).width() for name in ("sidebar", "chart", "futures"))


@pytest.mark.requirement("R159")
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080)])
def test_outages_come_and_go_and_the_docks_stay_as_wide_as_they_were(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, size: tuple[int, int]
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(*size)
    fill(qtbot, opened)
    come_to_rest()
    docks = opened.window.findChild(Docks)
    assert docks is not None
    edges = docks.edges
    before = widths(opened)
    for number in range(5):
        for network in (make_pause(epoch=number + 1), make_network()):
            opened.model.replace_snapshot(make_snapshot(2 + number, network=network))
            come_to_rest()
    qtbot.waitUntil(lambda: widths(opened) == before, timeout=2000)
    assert docks.edges == edges


@pytest.mark.requirement("R159")
def test_an_edge_that_a_person_moved_stays_where_it_was_put(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(1500, 980)
    fill(qtbot, opened)
    qtbot.waitUntil(lambda: dock(opened, "sidebar").width() == 352, timeout=2000)
    drag_separator(qtbot, opened, right_of("sidebar", opened), QPoint(80, 0))
    wide = dock(opened, "sidebar").width()
    assert abs(wide - 432) <= FEW
    opened.model.replace_snapshot(make_snapshot(2, network=make_pause()))
    opened.window.resize(1400, 900)
    come_to_rest()
    qtbot.waitUntil(lambda: dock(opened, "sidebar").width() == wide, timeout=2000)
    opened.window.save_layout(WindowLayout(tmp_path / "layout.ini"))
    assert WindowLayout(tmp_path / "layout.ini").edges["sidebar"] == wide


def test_a_panel_that_needed_more_room_gives_it_back(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(1280, 800)
    fill(qtbot, opened)
    qtbot.waitUntil(lambda: dock(opened, "sidebar").width() == 352, timeout=2000)
    panel = opened.window.findChild(QWidget, "sidebar-panel")
    assert panel is not None
    long = QLabel("9" * 60, panel)
    layout = panel.layout()
    assert layout is not None
    layout.addWidget(long)
    qtbot.waitUntil(lambda: dock(opened, "sidebar").width() > 380, timeout=2000)
    long.setText("9")
    qtbot.waitUntil(lambda: dock(opened, "sidebar").width() == 352, timeout=2000)


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


def tab_titles(opened: OpenWindow, name: str) -> tuple[QTabBar, list[str]]:
    """The bar in which a dock has its tab, and what is written on all of it."""
    title = dock(opened, name).windowTitle()
    for bar in opened.window.findChildren(QTabBar):
        texts = [bar.tabText(place) for place in range(bar.count())]
        if title in texts and bar.isVisible():
            return bar, texts
    raise AssertionError(f"no tab of {name}")


@pytest.mark.requirement("R159")
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080)])
def test_ticket_and_strategy_share_the_right_column_as_tabs(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, size: tuple[int, int]
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(*size)
    fill(qtbot, opened)
    come_to_rest()
    bar, texts = tab_titles(opened, "auto-trading")
    assert texts == ["Futures", "Auto trading"]
    assert bar.currentIndex() == 0
    assert opened.window.rect().contains(bar.geometry())
    # The whole column: what a chart, its bar of tabs and the lower docks take beside it is not taken from it.
    assert dock(opened, "futures").height() >= dock(opened, "chart").height() + dock(opened, "positions").height()
    assert bar.focusPolicy() & Qt.FocusPolicy.TabFocus
    bar.setFocus()
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.currentIndex() == 1
    start = opened.window.findChild(QWidget, "auto-start-btn")
    long = opened.window.findChild(QWidget, "futures-long-btn")
    assert start is not None
    assert long is not None
    qtbot.waitUntil(lambda: not start.visibleRegion().isEmpty(), timeout=2000)
    assert long.visibleRegion().isEmpty()
    width = dock(opened, "auto-trading").width()
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: not long.visibleRegion().isEmpty(), timeout=2000)
    assert abs(dock(opened, "futures").width() - width) <= FEW


@pytest.mark.requirement("R159")
def test_a_kept_layout_with_the_two_above_each_other_comes_back_and_a_reset_gives_the_tabs(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    """As the window stood by default before the two were tabs."""
    first = make_window(qtbot, tmp_path)
    auto, futures = dock(first, "auto-trading"), dock(first, "futures")
    for each in (auto, futures):
        first.window.removeDockWidget(each)
    first.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, auto)
    first.window.splitDockWidget(auto, futures, Qt.Orientation.Vertical)
    for each in (auto, futures):
        each.show()
    fill(qtbot, first)
    first.window.save_layout(WindowLayout(tmp_path / "layout.ini"))

    again = make_window(qtbot, tmp_path)
    again.window.restore_layout(WindowLayout(tmp_path / "layout.ini"))
    fill(qtbot, again)
    come_to_rest()
    upper, lower = dock(again, "auto-trading"), dock(again, "futures")
    assert again.window.tabifiedDockWidgets(lower) == []
    assert upper.geometry().bottom() < lower.geometry().top()
    assert upper.width() == lower.width()
    again.window.actions_.reset_layout.trigger()
    come_to_rest()
    assert again.window.tabifiedDockWidgets(lower) == [upper]
    assert not lower.visibleRegion().isEmpty()


@pytest.mark.requirement("R159")
def test_the_right_column_stays_as_wide_as_it_was_made_whichever_tab_is_in_front(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(1500, 980)
    fill(qtbot, opened)
    come_to_rest()
    drag_separator(qtbot, opened, right_of("chart", opened), QPoint(-60, 0))
    wide = dock(opened, "futures").width()
    assert abs(wide - 406) <= FEW
    dock(opened, "auto-trading").raise_()
    opened.window.resize(1400, 900)
    come_to_rest()
    qtbot.waitUntil(lambda: dock(opened, "auto-trading").width() == wide, timeout=2000)
    opened.window.save_layout(WindowLayout(tmp_path / "layout.ini"))
    assert WindowLayout(tmp_path / "layout.ini").edges["auto-trading"] == wide


def test_a_strategy_at_work_is_told_in_the_status_bar_while_its_panel_is_behind(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    fill(qtbot, opened)
    label = opened.window.findChild(QLabel, "strategy-state")
    assert label is not None
    assert not label.isVisible()
    opened.model.replace_snapshot(make_snapshot(2, auto_trading=make_auto_trading("running")))
    assert label.isVisible()
    assert label.text() == "▶ strategy running"
    opened.model.replace_snapshot(make_snapshot(3, auto_trading=make_auto_trading("paused")))
    assert label.text() == "❚❚ strategy paused"
    opened.model.replace_snapshot(make_snapshot(4, auto_trading=make_auto_trading("stopped")))
    assert not label.isVisible()


@pytest.fixture
def large_letters(dressed_app: QApplication) -> Iterator[None]:
    theme.apply(dressed_app, theme.ThemeChoice(font_percent=200))
    yield
    theme.apply(dressed_app, theme.ThemeChoice())


@pytest.mark.requirement("R159")
@pytest.mark.usefixtures("large_letters")
def test_letters_of_twice_the_size_lay_no_dock_over_another(qtbot: QtBot, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(1280, 800)
    fill(qtbot, opened)
    come_to_rest()
    shown = [dock(opened, name).geometry() for name in ("sidebar", "chart", "futures", "positions")]
    assert all(opened.window.rect().contains(each) for each in shown)
    assert not [(one, other) for place, one in enumerate(shown) for other in shown[:place] if one.intersects(other)]
    bar = opened.window.findChild(ChartBar)
    assert bar is not None
    for chosen in (Timeframe.M1, Timeframe.D1):
        bar.check(chosen)
        come_to_rest()
        lengths = {each.text(): each for each in bar.findChildren(QToolButton) if each.isVisible()}
        assert chosen.value in lengths
        assert len(lengths) < len(Timeframe)
        assert all(bar.rect().contains(each.geometry()) for each in lengths.values())


@pytest.mark.requirement("R159")
def test_the_smallest_window_still_offers_every_length_of_bars(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.resize(*MINIMUM_SIZE)
    fill(qtbot, opened)
    come_to_rest()
    bar = opened.window.findChild(ChartBar)
    assert bar is not None
    assert [each.text() for each in bar.findChildren(QToolButton) if each.isVisible()] == [
        each.value for each in Timeframe
    ]
