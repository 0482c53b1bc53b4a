"""Looking further back on the chart: older bars are loaded page by page, and what is in view stays in view."""

from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.messages.candles import CandlesDownloaded, CandlesStored, SeriesName
from desktop_trader.messages.chart_data import ChartData, ChartRequest, OlderBars, OlderBarsRequest
from desktop_trader.messages.jobs import JobDone
from desktop_trader.messages.network import NetworkState, NetworkView
from desktop_trader.ui import theme
from desktop_trader.ui.charts.chart_data import CandleRow, CandleSeries
from desktop_trader.ui.charts.chart_view import ChartView
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.panels.chart import ChartPanel
from tests.candle_source import minute_bar
from tests.ui.snapshot_builders import make_snapshot

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BTC = SeriesName(source="exchange:coinex", symbol="BTC/USDT", timeframe=Timeframe.M1)


class Stored:
    """Two hundred thousand minutes before noon, and what was asked of them."""

    def __init__(self, count: int = 200_000) -> None:
        self.first = NOON - count * MINUTE
        self.asked: list[object] = []

    def older(self, request: OlderBarsRequest) -> OlderBars:
        """Answer as the desk does."""
        available = max(0, (request.before - self.first) // MINUTE)
        count = min(request.limit, available)
        end = int(request.before.timestamp())
        times = array("q", range(end - count * 60, end, 60))
        price = array("d", [100.0 + (at // 60) % 50 for at in times])
        return OlderBars(
            request_id=request.request_id, symbol=request.symbol, timeframe=request.timeframe, opened_at=times,
            open=price, high=price, low=price, close=price, volume=price,
        )  # fmt: skip


def newest(count: int = 500, *, until: datetime = NOON) -> tuple[Bar, ...]:
    return tuple(minute_bar(until - (count - each) * MINUTE) for each in range(count))


@pytest.fixture
def model() -> BalanceModel:
    made = BalanceModel()
    made.replace_snapshot(make_snapshot())
    return made


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def panel(dressed_app: QApplication, qtbot: QtBot, model: BalanceModel, stored: Stored) -> ChartPanel:
    made = ChartPanel(model, request=stored.asked.append)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    made.attach_chart()
    answer(made, stored, newest())
    return made


def answer(
    panel: ChartPanel, stored: Stored, bars: tuple[Bar, ...], *, note: str = "", is_behind: bool = False
) -> None:
    """Answer the last question for bars."""
    request = [each for each in stored.asked if isinstance(each, ChartRequest)][-1]
    data = ChartData(request_id=request.request_id, symbol=request.symbol, timeframe=request.timeframe, bars=bars)
    newest_at = bars[-1].closed_at if bars else None
    panel.show_chart_data(replace(data, note=note, is_behind=is_behind, newest_at=newest_at))


def has_more_than(asked: list[object], count: int) -> bool:
    return len(asked) > count


def view_of(panel: ChartPanel) -> ChartView:
    assert panel.view is not None
    return panel.view


def waiting(stored: Stored) -> list[OlderBarsRequest]:
    return [each for each in stored.asked if isinstance(each, OlderBarsRequest)]


def seen(view: ChartView) -> tuple[int, int]:
    """Opening times of the first and the last bar in view."""
    times, left = view.series.times, view.viewport.left()
    last = left + view.viewport.visible_bar_count()
    return int(times[max(0, round(left))]), int(times[min(len(times) - 1, round(last))])


def test_nobody_asks_for_older_bars_before_somebody_looks_there(panel: ChartPanel, stored: Stored) -> None:
    assert waiting(stored) == []
    view_of(panel).viewport.pan(-100)
    assert waiting(stored) == []


def test_panning_left_loads_older_bars_and_moves_nothing(panel: ChartPanel, stored: Stored, qtbot: QtBot) -> None:
    view = view_of(panel)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    [request] = waiting(stored)
    assert request.before == NOON - 500 * MINUTE
    before = seen(view)
    panel.take_candles(stored.older(request))
    assert len(view.series) == 2_500
    assert seen(view)[1] == before[1]
    assert seen(view)[0] < before[0]  # where there was nothing to see before
    view.viewport.pan(-2_000)
    assert len(waiting(stored)) == 2
    assert np.all(np.diff(view.series.times) == 60)


def test_zooming_out_at_the_oldest_bar_shows_newer_ones_and_no_emptiness(panel: ChartPanel, stored: Stored) -> None:
    view = view_of(panel)
    view.viewport.show_oldest()
    view.viewport.zoom_time(3)
    assert view.viewport.left() >= -1
    assert seen(view)[0] == int(view.series.times[0])


def test_only_one_page_is_asked_for_at_a_time_and_the_end_is_known(panel: ChartPanel, stored: Stored) -> None:
    view = view_of(panel)
    stored.first = NOON - 1_000 * MINUTE
    for _ in range(5):
        view.viewport.show_oldest()
    [request] = waiting(stored)
    panel.take_candles(stored.older(request))
    for _ in range(3):
        view.viewport.show_oldest()
    assert len(waiting(stored)) == 2
    panel.take_candles(stored.older(waiting(stored)[-1]))
    for _ in range(3):
        view.viewport.show_oldest()
    assert len(waiting(stored)) == 2
    assert len(view.series) == 1_000


def test_a_year_is_reached_in_a_few_pages(panel: ChartPanel, stored: Stored) -> None:
    view = view_of(panel)
    answered = 0
    while len(view.series) < 200_000:
        view.viewport.show_oldest()
        for request in waiting(stored)[answered:]:
            panel.take_candles(stored.older(request))
            answered += 1
    assert answered <= 12
    assert int(view.series.times[0]) == int(stored.first.timestamp())


def test_newer_bars_of_the_same_series_leave_the_older_ones_and_the_view(panel: ChartPanel, stored: Stored) -> None:
    view = view_of(panel)
    view.viewport.show_oldest()
    panel.take_candles(stored.older(waiting(stored)[-1]))
    view.viewport.pan(-1_500)
    before = seen(view)
    panel.request_bars()
    answer(panel, stored, newest(until=NOON + 3 * MINUTE))
    assert len(view.series) == 2_503
    assert seen(view) == before
    assert np.all(np.diff(view.series.times) == 60)


def test_an_answer_for_another_series_is_let_go(panel: ChartPanel, stored: Stored) -> None:
    view_of(panel).viewport.show_oldest()
    [request] = waiting(stored)
    panel.choose_timeframe(Timeframe.M5)
    answer(panel, stored, ())
    panel.take_candles(stored.older(request))
    assert len(view_of(panel).series) == 0


def test_bars_that_do_not_touch_what_is_shown_replace_it() -> None:
    series = CandleSeries()

    def rows(*minutes: int) -> list[CandleRow]:
        return [CandleRow(opened_at=each * 60, open=1, high=1, low=1, close=1, volume=each) for each in minutes]

    series.replace(rows(1, 2, 3, 4))
    series.replace(rows(3, 4, 5), keeps_others=True)
    assert series.times.tolist() == [60, 120, 180, 240, 300]
    series.replace(rows(2, 3), keeps_others=True)  # the newest are known from quotes only, as yet
    assert series.times.tolist() == [60, 120, 180, 240, 300]
    series.replace(rows(5, 6), keeps_others=True)
    assert series.times.tolist() == [60, 120, 180, 240, 300, 360]
    series.replace(rows(8, 9), keeps_others=True)
    assert series.times.tolist() == [480, 540]
    series.replace([], keeps_others=True)
    assert len(series) == 0


@pytest.mark.parametrize(
    "news",
    [
        CandlesStored(symbol="BTC/USDT", timeframe=Timeframe.M1),
        JobDone(request_id="x", result=CandlesDownloaded(name=BTC, stored=5, empty=0)),
    ],
)
def test_a_chart_asks_again_when_its_series_has_grown(
    panel: ChartPanel, stored: Stored, qtbot: QtBot, news: object
) -> None:
    asked = len(stored.asked)
    panel.take_candles(CandlesStored(symbol="ETH/USDT", timeframe=Timeframe.M1))
    panel.take_candles(CandlesStored(symbol="BTC/USDT", timeframe=Timeframe.H1))
    panel.take_candles(news)
    qtbot.waitUntil(lambda: len(stored.asked) > asked)
    assert isinstance(stored.asked[-1], ChartRequest)
    assert len(stored.asked) == asked + 1


@pytest.mark.requirement("R162")
def test_an_offline_chart_shows_what_it_has_with_its_date(
    panel: ChartPanel, stored: Stored, model: BalanceModel
) -> None:
    note = panel.findChild(QLabel, "chart-note")
    assert note is not None
    assert note.isHidden()
    panel.request_bars()
    answer(panel, stored, newest(), note="bars up to 2026-03-01 12:00 UTC")
    assert note.text() == "Loading newer bars… bars up to 2026-03-01 12:00 UTC"
    panel.request_bars()
    answer(panel, stored, newest())
    assert note.isHidden()
    away = NetworkView(at=NOON, state=NetworkState.PAUSED, has_line=True)
    model.replace_snapshot(make_snapshot(sequence=98, network=replace(away, has_line=False)))
    assert note.isHidden()  # a loss that was only simulated on a market of our own
    model.replace_snapshot(make_snapshot(sequence=99, network=away))
    assert note.text() == "Offline: bars up to 2026-03-01 12:00 UTC"
    assert not note.isHidden()
    panel.request_bars()
    answer(panel, stored, ())
    assert note.text() == "Offline: no bars are stored yet"
    model.replace_snapshot(make_snapshot(sequence=100, network=replace(away, state=NetworkState.RUNNING)))
    assert note.isHidden()


@pytest.mark.requirement("R162")
def test_after_a_pause_nothing_is_said_to_be_loading_for_ever(
    panel: ChartPanel, stored: Stored, model: BalanceModel, qtbot: QtBot
) -> None:
    note = panel.findChild(QLabel, "chart-note")
    assert note is not None
    away = NetworkView(at=NOON, state=NetworkState.PAUSED, has_line=True)
    model.replace_snapshot(make_snapshot(sequence=98, network=away))
    asked = len(stored.asked)
    model.replace_snapshot(make_snapshot(sequence=99, network=replace(away, state=NetworkState.RUNNING)))
    qtbot.waitUntil(lambda: has_more_than(stored.asked, asked))
    behind = "bars up to 2026-03-01 12:00 UTC"
    for _ in range(5):
        panel.request_bars()
        answer(panel, stored, newest(), note=behind, is_behind=True)
        assert behind in note.text()
        panel.findChildren(QTimer)[0].stop()
    assert note.text() == f"No newer bars came: {behind}"
    panel.request_bars()
    answer(panel, stored, newest())
    assert note.isHidden()


@pytest.mark.requirement("R162")
def test_the_oldest_stored_bar_says_what_is_done_about_older_ones(panel: ChartPanel, stored: Stored) -> None:
    note = panel.findChild(QLabel, "chart-note")
    assert note is not None
    view = view_of(panel)
    view.viewport.show_oldest()
    [request] = waiting(stored)
    stored.first = request.before
    panel.take_candles(replace(stored.older(request), note="the exchange was asked"))
    assert not note.isHidden()
    assert note.text() == "the exchange was asked"
    # They have come: the series has grown, the chart asks anew.
    stored.first -= 700 * MINUTE
    panel.request_bars()
    answer(panel, stored, newest())
    panel.take_candles(stored.older(waiting(stored)[-1]))
    assert len(view.series) == 1_200
    assert note.isHidden()


def test_a_note_on_the_chart_stands_on_ground_of_its_own(
    panel: ChartPanel, stored: Stored, model: BalanceModel
) -> None:
    """Candles of any color pass behind it: its corner is not what the chart draws there."""
    panel.request_bars()
    answer(panel, stored, newest(), note="bars up to 2026-03-01 12:00 UTC")
    note = panel.findChild(QLabel, "chart-note")
    assert note is not None
    image = note.grab().toImage()
    assert image.pixelColor(image.width() // 2, 2).name() == theme.active_tokens().tag


def test_the_date_of_an_offline_chart_is_read_in_a_narrow_chart_too(
    panel: ChartPanel, stored: Stored, model: BalanceModel
) -> None:
    panel.request_bars()
    answer(panel, stored, newest())
    model.replace_snapshot(
        make_snapshot(sequence=99, network=NetworkView(at=NOON, state=NetworkState.PAUSED, has_line=True))
    )
    note = panel.findChild(QLabel, "chart-note")
    assert note is not None
    one_line = note.height()
    panel.resize(280, 500)
    QApplication.processEvents()
    assert note.height() >= one_line + note.fontMetrics().height() - 2
    assert note.geometry().right() <= view_of(panel).width()
    panel.resize(900, 500)
    QApplication.processEvents()
    assert note.height() == one_line


def test_a_bar_that_is_on_its_way_is_asked_for_a_few_times_more(
    panel: ChartPanel, stored: Stored, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_trader.ui.panels.chart._LATE_MS", 5)
    for _ in range(4):
        asked = len(stored.asked)
        answer(panel, stored, newest(), is_behind=True)
        qtbot.waitUntil(partial(has_more_than, stored.asked, asked))
    answer(panel, stored, newest(), is_behind=True)
    assert not panel._refresh.isActive()
