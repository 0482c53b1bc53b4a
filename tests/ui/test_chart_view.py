"""The candle chart: what it draws and how mouse and keys move it."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.ui import theme
from desktop_trader.ui.charts.chart_data import CandleRow, FillMarker, FillSide, LevelKind, PriceLevel
from desktop_trader.ui.charts.chart_view import ChartView
from desktop_trader.ui.charts.price_axis import spread_tops
from desktop_trader.ui.color_tokens import ThemeName

HOUR = 3600
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())


def rows(count: int, *, step: float = 1.0, first: int = 0) -> list[CandleRow]:
    made = []
    for place in range(first, first + count):
        opening = 1000.0 + place * step
        high, low = opening + abs(step) * 2, opening - abs(step)
        at = START + place * HOUR
        made.append(CandleRow(opened_at=at, open=opening, high=high, low=low, close=opening + step, volume=5.0))
    return made


@pytest.fixture
def chart(dressed_app: QApplication, qtbot: QtBot) -> ChartView:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(800, 500)
    with qtbot.waitExposed(view):
        view.show()
    return view


def picture(chart: ChartView) -> QImage:
    QApplication.processEvents()
    return chart.grab().toImage()


def count_of(image: QImage, color: str) -> int:
    wanted = QColor(color).rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


def readout(chart: ChartView) -> str:
    label = chart.findChild(QLabel, "chart-readout")
    assert label is not None
    return label.text()


def latest(chart: ChartView) -> QPushButton:
    button = chart.findChild(QPushButton, "chart-latest-btn")
    assert button is not None
    return button


def test_an_empty_chart_says_so_and_bears_every_key(chart: ChartView, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_A):
        qtbot.keyClick(chart, key)
    picture(chart)
    empty = chart.findChild(QLabel, "chart-empty")
    assert empty is not None
    assert empty.isVisible()
    chart.set_candles(rows(3))
    assert not empty.isVisible()


def test_rising_bars_have_the_color_of_rising_and_falling_ones_of_falling(chart: ChartView) -> None:
    tokens = theme.active_tokens()
    chart.set_candles(rows(60))
    image = picture(chart)
    assert count_of(image, tokens.up) > 200
    assert count_of(image, tokens.down) == 0
    chart.set_candles(rows(60, step=-1.0))
    image = picture(chart)
    assert count_of(image, tokens.down) > 200
    assert count_of(image, tokens.up) == 0


def test_falling_bars_are_filled_and_rising_ones_hollow(chart: ChartView) -> None:
    tokens = theme.active_tokens()
    chart.set_candles(rows(20))
    chart.viewport.zoom_time(0.1)
    rising = count_of(picture(chart), tokens.up)
    chart.set_candles(rows(20, step=-1.0))
    chart.viewport.zoom_time(0.1)
    assert count_of(picture(chart), tokens.down) > rising * 1.5


def test_all_prices_in_view_fit_the_height(chart: ChartView) -> None:
    chart.set_candles(rows(500))
    first, last = (round(edge) for edge in chart._plot.box.viewRange()[0])
    low, high = chart._plot.box.viewRange()[1]
    seen = [row for place, row in enumerate(rows(500)) if first <= place <= last]
    assert low < min(row.low for row in seen)
    assert high > max(row.high for row in seen)


def test_the_chart_follows_the_newest_bar_until_it_is_panned(chart: ChartView, qtbot: QtBot) -> None:
    chart.set_candles(rows(300))
    right = chart._plot.box.viewRange()[0][1]
    chart.update_candle(rows(1, first=300)[0])
    assert chart._plot.box.viewRange()[0][1] == pytest.approx(right + 1)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert latest(chart).isVisible()
    left = chart._plot.box.viewRange()[0][0]
    chart.update_candle(rows(1, first=301)[0])
    assert chart._plot.box.viewRange()[0][0] == pytest.approx(left)
    qtbot.mouseClick(latest(chart), Qt.MouseButton.LeftButton)
    assert not latest(chart).isVisible()
    assert chart._plot.box.viewRange()[0][1] == pytest.approx(right + 2)


def test_keys_zoom_pan_and_return(chart: ChartView, qtbot: QtBot) -> None:
    chart.set_candles(rows(600))
    bars = chart.viewport.visible_bar_count()
    qtbot.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.viewport.visible_bar_count() < bars
    qtbot.keyClick(chart, Qt.Key.Key_Minus)
    assert chart.viewport.visible_bar_count() == pytest.approx(bars)
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert chart._plot.box.viewRange()[0][0] < 1
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert chart.viewport.is_following()


def test_scaling_prices_by_hand_ends_autoscale_and_a_brings_it_back(chart: ChartView, qtbot: QtBot) -> None:
    chart.set_candles(rows(100))
    fitted = chart._plot.box.viewRange()[1]
    chart.viewport.zoom_price(2.0)
    assert not chart.viewport.is_autoscale()
    qtbot.keyClick(chart, Qt.Key.Key_A)
    assert chart._plot.box.viewRange()[1] == pytest.approx(fitted)


def test_the_readout_shows_the_newest_bar_and_the_one_under_the_pointer(chart: ChartView) -> None:
    chart.set_title("BTC/USDT · <1h>")
    chart.set_candles(rows(50))
    assert "BTC/USDT · &lt;1h&gt;" in readout(chart)
    assert "1,049.00" in readout(chart)
    picture(chart)
    place = chart._plot.box.mapViewToScene(QPointF(10.2, 1010.0))
    chart._plot.point_at(place)
    assert "1,010.00" in readout(chart)
    assert "▲ +0.10%" in readout(chart)
    chart._plot.point_at(None)
    assert "1,049.00" in readout(chart)


def test_a_forming_bar_moves_the_readout_and_the_picture(chart: ChartView) -> None:
    chart.set_candles(rows(30))
    before = picture(chart)
    last = rows(30)[-1]
    moved = CandleRow(opened_at=last.opened_at, open=last.open, high=1060.0, low=last.low, close=1055.5, volume=9.0)
    chart.update_candle(moved)
    assert "1,055.50" in readout(chart)
    assert picture(chart) != before


def test_fills_are_marked_at_their_bar_and_say_what_they_were(chart: ChartView) -> None:
    chart.set_candles(rows(50))
    bare = count_of(picture(chart), theme.active_tokens().pnl)
    marker = FillMarker(at=START + 40 * HOUR + 5, side=FillSide.BUY, price=1040.0, text="BUY 0.01 at 1,040.00")
    chart.set_fills([marker, FillMarker(at=START - HOUR, side=FillSide.SELL, price=1.0, text="before the first bar")])
    assert count_of(picture(chart), theme.active_tokens().pnl) > bare
    tip = chart._plot.mapFromScene(chart._plot.box.mapViewToScene(QPointF(40, 1039.0)))
    assert chart._plot.markers.texts_near(QPointF(tip.x(), tip.y() + 9)) == "BUY 0.01 at 1,040.00"
    assert chart._plot.markers.texts_near(QPointF(0, 0)) == ""


def test_levels_are_drawn_in_their_colors(chart: ChartView) -> None:
    tokens = theme.active_tokens()
    chart.set_candles(rows(50))
    chart.set_levels([PriceLevel(kind=LevelKind.STOP, price=1020.0, text="SL")])
    assert count_of(picture(chart), tokens.down_text) > 300
    chart.set_levels([])
    assert count_of(picture(chart), tokens.down_text) < 100


def test_missing_time_is_marked_between_the_bars(chart: ChartView) -> None:
    whole = rows(60)
    chart.set_candles(whole[:30])
    color = theme.active_tokens().border_strong
    chart.set_candles([*whole[:20], *whole[40:]])
    assert count_of(picture(chart), color) > 50


def test_hundred_thousand_bars_are_one_picture_with_every_extreme_in_it(chart: ChartView) -> None:
    count = 100_000
    times = START + np.arange(count, dtype=np.int64) * 60
    flat = np.full(count, 100.0)
    values = np.vstack([flat, flat + 1, flat - 1, flat, flat])
    values[1, 60_001] = 500.0
    chart.set_candle_arrays(times, values)
    chart.viewport.zoom_time(10_000.0)
    image = picture(chart)
    spike = chart._plot.mapFromScene(chart._plot.box.mapViewToScene(QPointF(60_001, 400.0)))
    up = QColor(theme.active_tokens().up).rgb()
    assert any(image.pixel(spike.x() + away, spike.y()) == up for away in range(-3, 4))


def test_the_time_axis_writes_utc_and_names_the_largest_unit_that_began(chart: ChartView) -> None:
    chart.set_candles(rows(24 * 40))
    chart.viewport.zoom_time(10.0)
    axis = chart._plot.time_axis
    values = axis.tickValues(0, 24 * 40, 800)[0][1]
    labels = axis.tickStrings(values, 1.0, 1.0)
    assert "Feb" in labels
    assert all(label == "Feb" or label.endswith((" Jan", " Feb")) for label in labels)
    hours = axis.tickStrings(axis.tickValues(0, 20, 800)[0][1], 1.0, 1.0)
    assert set(hours) <= {f"{hour:02}:00" for hour in range(24)}


def test_prices_far_below_a_cent_get_labels_that_differ(chart: ChartView) -> None:
    chart.set_price_decimals(6)
    texts = chart._plot.price_axis.tickStrings([0.000012, 0.000013], 1.0, 0.000001)
    assert texts == ["0.000012", "0.000013"]
    spacing = chart._plot.price_axis.tickSpacing(0.0, 0.00005, 500)[0][0]
    assert any(spacing == pytest.approx(step) for step in (0.000005, 0.00001))
    assert chart._plot.price_axis.tickSpacing(0.0, 0.000002, 500)[0][0] >= 0.000001


def test_a_market_that_stands_still_is_drawn(chart: ChartView) -> None:
    still = [CandleRow(opened_at=START + i * 60, open=5, high=5, low=5, close=5, volume=0) for i in range(20)]
    chart.set_candles(still)
    assert count_of(picture(chart), theme.active_tokens().up) > 20


def test_the_chart_changes_its_dress_with_the_theme(chart: ChartView, dressed_app: QApplication) -> None:
    chart.set_candles(rows(30))
    picture(chart)
    tokens = theme.apply(dressed_app, theme.ThemeChoice(theme=ThemeName.LIGHT))
    image = picture(chart)
    assert count_of(image, tokens.background) > image.width() * image.height() / 2


def test_a_narrow_chart_leaves_parts_of_the_readout_out_and_cuts_none(chart: ChartView) -> None:
    chart.set_title("BTC/USDT · 1h")
    chart.set_candles(rows(60))
    assert "Vol" in readout(chart)
    label = chart.findChild(QLabel, "chart-readout")
    assert label is not None
    for width in (420, 340, 260, 200):
        chart.resize(width, 400)
        QApplication.processEvents()
        assert "Vol" not in readout(chart)
        assert ">C<" in readout(chart)
        assert label.width() >= label.sizeHint().width()
        assert label.geometry().right() < chart.width()
    chart.resize(800, 500)
    QApplication.processEvents()
    assert "Vol" in readout(chart)


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([100.0, 200.0], [100.0, 200.0]),
        ([100.0, 105.0], [89.0, 105.0]),
        ([108.0, 105.0], [121.0, 105.0]),
        ([100.0, 104.0, 105.0], [73.0, 89.0, 105.0]),
        ([2.0, 5.0], [0.0, 16.0]),
        ([-6.0, -8.0, 291.0], [16.0, 0.0, 284.0]),
    ],
)
def test_a_level_at_the_last_price_moves_out_from_under_it(wanted: list[float], placed: list[float]) -> None:
    assert spread_tops(wanted, 16.0, 300.0) == placed


@given(
    wanted=st.lists(st.floats(-20, 320), min_size=1, max_size=30),
    tag_height=st.floats(8, 40),
    height=st.floats(60, 600),
)
def test_tags_keep_the_order_of_their_prices_and_none_covers_another_while_there_is_room(
    wanted: list[float], tag_height: float, height: float
) -> None:
    placed = spread_tops(wanted, tag_height, height)
    ranks = sorted(range(len(wanted)), key=lambda place: wanted[place])
    tops = [placed[place] for place in ranks]
    assert all(-1e-6 <= top <= height - tag_height + 1e-6 for top in tops)
    apart = tag_height if len(wanted) * tag_height <= height else 0.0
    assert all(lower - upper >= apart - 1e-6 for upper, lower in pairwise(tops))
    if len(wanted) == 1 and 0 <= wanted[0] <= height - tag_height:
        assert placed == wanted


def test_tags_between_whole_pixels_are_spread_and_the_chart_goes_on() -> None:
    # 117.8 - 18.6 + 18.6 is a rounding error off 117.8: that must not count as covered, again and again.
    placed = spread_tops([100.1, 117.8, 128.9], 18.6, 300.0)
    tops = sorted(placed)
    assert all(lower + 18.6 <= upper + 1e-5 for lower, upper in pairwise(tops))
