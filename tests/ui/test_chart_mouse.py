"""The mouse on the chart: wheel, drag and double click, over the candles and over the axes."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_trader.ui.charts.chart_data import CandleRow
from desktop_trader.ui.charts.chart_view import ChartView

START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
OVER_CANDLES, OVER_PRICES, OVER_TIMES = QPointF(300, 200), QPointF(775, 200), QPointF(300, 490)


@pytest.fixture
def chart(dressed_app: QApplication, qtbot: QtBot) -> ChartView:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(800, 500)
    with qtbot.waitExposed(view):
        view.show()
    view.set_candles(
        [
            CandleRow(opened_at=START + i * 60, open=100 + i, high=102 + i, low=99 + i, close=101 + i, volume=1)
            for i in range(600)
        ]
    )
    QApplication.processEvents()
    return view


def view_range(chart: ChartView) -> tuple[float, float, float, float]:
    (left, right), (low, high) = chart._plot.box.viewRange()
    return float(left), float(right), float(low), float(high)


def turn_wheel(chart: ChartView, place: QPointF, notches: int) -> None:
    target = chart._plot.viewport()
    event = QWheelEvent(
        place,
        target.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)
    QApplication.processEvents()


def send_mouse(chart: ChartView, kind: QEvent.Type, place: QPointF) -> None:
    target = chart._plot.viewport()
    is_up = kind is QEvent.Type.MouseButtonRelease
    held = Qt.MouseButton.NoButton if is_up else Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, place, target.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, event)
    QApplication.processEvents()


def drag(chart: ChartView, start: QPointF, by: QPointF, qtbot: QtBot) -> None:
    before = view_range(chart)
    send_mouse(chart, QEvent.Type.MouseButtonPress, start)
    # pyqtgraph passes on at most so many moves a second, so the drag goes on until it has moved something.
    share = 0.0

    def moved() -> None:
        nonlocal share
        share = min(1.0, share + 0.2)
        send_mouse(chart, QEvent.Type.MouseMove, start + by * share)
        assert share >= 1.0
        assert view_range(chart) != before

    qtbot.waitUntil(moved)
    send_mouse(chart, QEvent.Type.MouseButtonRelease, start + by)


def double_click(chart: ChartView, place: QPointF) -> None:
    for kind in (
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseButtonRelease,
    ):
        send_mouse(chart, kind, place)


def test_the_wheel_zooms_time_and_keeps_the_newest_bar_while_following(chart: ChartView) -> None:
    left, right, *_ = view_range(chart)
    turn_wheel(chart, OVER_CANDLES, 1)
    zoomed_left, zoomed_right, *_ = view_range(chart)
    assert zoomed_left > left
    assert zoomed_right == pytest.approx(right, abs=2.0)
    turn_wheel(chart, OVER_CANDLES, -1)
    assert view_range(chart)[0] == pytest.approx(left)


def test_the_wheel_zooms_at_the_pointer_after_a_pan(chart: ChartView) -> None:
    chart.viewport.pan(-200)
    QApplication.processEvents()
    under = chart._plot.box.mapSceneToView(OVER_CANDLES).x()
    turn_wheel(chart, OVER_CANDLES, 2)
    assert chart._plot.box.mapSceneToView(OVER_CANDLES).x() == pytest.approx(under, abs=0.1)


def test_dragging_the_candles_pans_time_and_refits_prices(chart: ChartView, qtbot: QtBot) -> None:
    left, *_ = view_range(chart)
    drag(chart, OVER_CANDLES, QPointF(200, 0), qtbot)
    assert view_range(chart)[0] < left - 20
    assert not chart.viewport.is_following()
    assert chart.viewport.is_autoscale()


def test_dragging_the_price_axis_scales_and_a_double_click_fits_again(chart: ChartView, qtbot: QtBot) -> None:
    fitted = view_range(chart)
    drag(chart, OVER_PRICES, QPointF(0, 80), qtbot)
    assert view_range(chart)[3] > fitted[3]
    assert not chart.viewport.is_autoscale()
    double_click(chart, OVER_PRICES)
    assert view_range(chart) == pytest.approx(fitted)


def test_a_double_click_on_the_time_axis_returns_to_the_usual_view(chart: ChartView) -> None:
    usual = view_range(chart)
    chart.viewport.pan(-100)
    chart.viewport.zoom_time(0.5)
    double_click(chart, OVER_TIMES)
    assert view_range(chart) == pytest.approx(usual)


def test_the_wheel_over_the_price_axis_scales_prices(chart: ChartView) -> None:
    before = view_range(chart)
    turn_wheel(chart, OVER_PRICES, 1)
    after = view_range(chart)
    assert after[:2] == before[:2]
    assert after[3] - after[2] < before[3] - before[2]
