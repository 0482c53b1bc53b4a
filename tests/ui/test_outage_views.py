"""What is seen of outages: the dialog that simulates one, the report after it, the page, the bands on the chart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QRadioButton, QWidget

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.messages.chart_data import ChartData, ChartRequest
from desktop_trader.messages.commands import EndSimulatedLoss, SimulateLoss
from desktop_trader.messages.network import OutagesPage, OutagesRequest
from desktop_trader.messages.notices import CommandRefused, LogNotice, OutageEnded
from desktop_trader.ui import theme
from desktop_trader.ui.books_window import BooksWindow
from desktop_trader.ui.charts.chart_plot import ChartPlot
from desktop_trader.ui.dialogs.outage_report import OutageReportDialog
from desktop_trader.ui.dialogs.simulate_loss import SimulateLossDialog
from desktop_trader.ui.network_text import held_back_text, length_text
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.network_builders import make_ages, make_network, make_outage, make_pause
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import NOON, make_position

SIMULATED = make_outage(2, begun_at=NOON - timedelta(hours=2), ended_at=NOON - timedelta(hours=2, seconds=-14))
SIMULATED = replace(SIMULATED, is_simulated=True, held_back=(), levels_crossed=(), reasons=("internet",))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    """One window with a chart for all tests of this module."""
    theme.apply(qapp, theme.ThemeChoice())
    made = SharedWindow(tmp_path_factory.mktemp("books"))
    made.window.attach_chart()
    yield made
    made.end()


@pytest.fixture
def opened(shared: SharedWindow) -> Iterator[SharedWindow]:
    """The window, connected, without any dialog."""
    shared.begin(network=make_network())
    yield shared
    for dialog in (*shared.window.findChildren(SimulateLossDialog), *shared.window.findChildren(OutageReportDialog)):
        dialog.close()
    for books in shared.window.findChildren(BooksWindow):
        books.close()


def find(parent: QWidget, name: str) -> QWidget:
    found = parent.findChild(QWidget, name)
    assert found is not None, name
    return found


def said(parent: QWidget, name: str) -> str:
    label = find(parent, name)
    assert isinstance(label, QLabel)
    return label.text()


def press(parent: QWidget, name: str) -> None:
    button = find(parent, name)
    assert isinstance(button, QPushButton | QRadioButton)
    button.click()


def answer(opened: SharedWindow, *outages: object, error: str = "") -> None:
    """Answer every question for outages."""
    asked = [each for each in opened.requested if isinstance(each, OutagesRequest)]
    opened.requested.clear()
    for request in asked:
        page = OutagesPage(request_id=request.request_id, outages=tuple(outages), error=error)  # type: ignore[arg-type]
        opened.window.show_reply(page)


def ended(**changes: object) -> OutageEnded:
    plain = OutageEnded(
        id=9,
        at=NOON,
        outage_id=1,
        begun_at=NOON - timedelta(minutes=30),
        ended_at=NOON - timedelta(minutes=12),
        reason="network: internet",
        detail="Nothing traded for 18 min: no internet connection.",
        held_back=1_043,
        levels_crossed=1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def loss_dialog(opened: SharedWindow) -> SimulateLossDialog:
    opened.window.actions_.simulate_loss.trigger()
    dialogs = [each for each in opened.window.findChildren(SimulateLossDialog) if each.isVisible()]
    assert len(dialogs) == 1
    return dialogs[0]


@pytest.mark.requirement("R219")
def test_a_loss_of_some_seconds_is_asked_for_and_the_dialog_closes_when_it_has_begun(opened: SharedWindow) -> None:
    dialog = loss_dialog(opened)
    seconds = find(dialog, "simulate-loss-seconds-edit")
    assert isinstance(seconds, DecimalEdit)
    seconds.set_value(Decimal(7))
    press(dialog, "simulate-loss-ok-btn")
    sent = opened.sent[0]
    assert isinstance(sent, SimulateLoss)
    assert sent.seconds == 7
    assert dialog.isVisible(), "nobody has said yet that it has begun"
    opened.model.raise_notice(LogNotice(id=1, at=NOON, request_id=sent.request_id, message="The loss has begun"))
    assert not dialog.isVisible()


@pytest.mark.requirement("R219")
def test_enter_starts_the_loss_and_only_while_the_seconds_are_a_figure(opened: SharedWindow) -> None:
    opened.show(positions=(make_position(1),))
    dialog = loss_dialog(opened)
    seconds = find(dialog, "simulate-loss-seconds-edit")
    QTest.keyClick(seconds, Qt.Key.Key_Return)
    (sent,) = opened.sent
    assert isinstance(sent, SimulateLoss)
    assert sent.seconds == 15
    opened.sent.clear()
    opened.model.raise_notice(LogNotice(id=1, at=NOON, request_id=sent.request_id, message="The loss has begun"))
    again = loss_dialog(opened)
    field = again.findChild(DecimalEdit, "simulate-loss-seconds-edit")
    assert field is not None
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert opened.sent == []


@pytest.mark.requirement("R219")
def test_a_loss_until_it_is_ended_is_ended_from_the_menu(opened: SharedWindow) -> None:
    dialog = loss_dialog(opened)
    press(dialog, "simulate-loss-until-check")
    assert not find(dialog, "simulate-loss-seconds-edit").isEnabled()
    press(dialog, "simulate-loss-ok-btn")
    sent = opened.sent.pop()
    assert isinstance(sent, SimulateLoss)
    assert sent.seconds is None
    opened.model.raise_notice(LogNotice(id=1, at=NOON, request_id=sent.request_id, message="The loss has begun"))
    opened.show(network=make_pause(simulated_loss=True))
    action = opened.window.actions_.simulate_loss
    assert action.text().replace("&", "") == "End simulated network loss"
    action.trigger()
    assert isinstance(opened.sent[0], EndSimulatedLoss)
    opened.show(network=make_network(epoch=1))
    assert action.text().replace("&", "") == "Simulate network loss…"


def test_a_refused_loss_says_why_and_stays(opened: SharedWindow) -> None:
    dialog = loss_dialog(opened)
    press(dialog, "simulate-loss-ok-btn")
    sent = opened.sent[0]
    assert isinstance(sent, SimulateLoss)
    opened.model.raise_notice(
        CommandRefused(id=1, at=NOON, request_id=sent.request_id, reason="network", detail="it is paused already")
    )
    assert dialog.isVisible()
    assert said(dialog, "simulate-loss-error") == "It is paused already"


def test_what_a_loss_means_for_what_is_open_is_said_before(opened: SharedWindow) -> None:
    dialog = loss_dialog(opened)
    assert not find(dialog, "simulate-loss-moved").isVisible()
    opened.show(network=make_network(), positions=(make_position(1), make_position(2)))
    assert said(dialog, "simulate-loss-moved") == "2 open positions will NOT be watched meanwhile"
    opened.show(network=make_pause())
    assert not find(dialog, "simulate-loss-ok-btn").isEnabled()
    assert "paused already" in said(dialog, "simulate-loss-error")


@pytest.mark.parametrize("typed", ["", "0", "4000"])
def test_seconds_that_are_none_are_not_taken(opened: SharedWindow, typed: str) -> None:
    dialog = loss_dialog(opened)
    seconds = find(dialog, "simulate-loss-seconds-edit")
    assert isinstance(seconds, DecimalEdit)
    seconds.setText(typed)
    assert not find(dialog, "simulate-loss-ok-btn").isEnabled()


def test_the_report_comes_as_a_band_that_is_in_nobodys_way_and_goes_when_dismissed(opened: SharedWindow) -> None:
    opened.model.raise_notice(ended())
    assert opened.sees("outage-band")
    text = opened.text("outage-band-text")
    assert "18 min. 1,043 looks, signals and commands held back, 1 level crossed unseen." in text
    opened.model.raise_notice(ended(outage_id=2, is_simulated=True, levels_crossed=0))
    assert "Simulated loss over" in opened.text("outage-band-text")
    assert "(2 outages since this was last dismissed)" in opened.text("outage-band-text")
    opened.button("outage-band-dismiss-btn").click()
    assert not opened.sees("outage-band")
    opened.model.raise_notice(ended())
    assert "since this was last dismissed" not in opened.text("outage-band-text")
    opened.button("outage-band-dismiss-btn").click()


def test_the_report_of_one_outage_makes_room_while_another_lasts(opened: SharedWindow) -> None:
    opened.show(network=make_network())
    opened.model.raise_notice(ended())
    assert opened.sees("outage-band")
    opened.show(network=make_pause())
    assert not opened.sees("outage-band")
    opened.show(network=make_network(epoch=1))
    assert opened.sees("outage-band")
    opened.button("outage-band-dismiss-btn").click()
    assert not opened.sees("outage-band")


def test_the_report_says_at_once_what_was_told_and_then_everything(opened: SharedWindow) -> None:
    opened.model.raise_notice(ended())
    opened.requested.clear()
    opened.button("outage-band-report-btn").click()
    report = opened.window.findChild(OutageReportDialog)
    assert report is not None
    assert not report.isModal()
    assert said(report, "outage-report-text") == "Nothing traded for 18 min: no internet connection."
    answer(opened, SIMULATED, make_outage(1))
    assert not find(report, "outage-report-text").isVisible()
    assert "18 min" in said(report, "outage-report-when")
    assert said(report, "outage-report-why") == (
        "Why: no internet connection; no fresh prices of BTC/USDT (no answer within 3 s)"
    )
    assert said(report, "outage-report-held") == "Held back – demo: 1,041 looks at positions; demo: 2 strategy signals"
    levels = report.findChild(DataTable, "outage-report-levels-table")
    assert levels is not None
    assert [str(levels.sorted_rows.index(0, place).data()) for place in (1, 2, 3, 4)] == [
        "BTC/USDT",
        "position 1",
        "stop loss",
        "44,100.00",
    ]
    assert "For information only" in said(report, "outage-report-note")
    press(report, "outage-report-close-btn")
    opened.button("outage-band-dismiss-btn").click()


def test_the_page_lists_outages_newest_first_and_shows_the_selected_one_in_full(opened: SharedWindow) -> None:
    opened.window.actions_.outages.trigger()
    answer(opened, make_outage(1), SIMULATED)
    table = opened.window.findChild(DataTable, "outages-table")
    assert table is not None
    rows = table.sorted_rows
    lines = [[str(rows.index(line, place).data()) for place in range(2, 7)] for line in range(rows.rowCount())]
    assert lines == [
        ["18 min", "no internet connection; no fresh prices of BTC/USDT", "1,043", "1", ""],
        ["14 s", "simulated loss", "nothing", "none", "yes"],
    ]
    assert not opened.sees("outage-details")
    table.selectRow(0)
    assert opened.sees("outage-details")
    assert "18 min" in opened.text("outage-when")


def test_an_outage_that_lasts_has_no_end(opened: SharedWindow) -> None:
    opened.window.open_books("outages")
    answer(opened, make_outage(3, ended_at=None))
    table = opened.window.findChild(DataTable, "outages-table")
    assert table is not None
    assert table.sorted_rows.index(0, 1).data() == "goes on"
    assert [table.sorted_rows.index(0, place).data() for place in (4, 5)] == ["—", "—"]
    table.selectRow(0)
    assert opened.text("outage-when").endswith("on; it lasts")
    assert opened.text("outage-held") == "What is held back is counted when the outage is over."


def test_the_page_says_when_there_are_none_and_when_they_cannot_be_read(opened: SharedWindow) -> None:
    opened.window.open_books("outages")
    answer(opened)
    table = opened.window.findChild(DataTable, "outages-table")
    assert table is not None
    assert table.sorted_rows.rowCount() == 0
    assert not opened.sees("outages-error")
    opened.window.open_books("outages")
    answer(opened, error="the disk is away")
    assert opened.text("outages-error") == "The outages cannot be listed: the disk is away"


def test_the_open_page_asks_again_when_an_outage_has_ended(opened: SharedWindow) -> None:
    opened.window.open_books("outages")
    answer(opened)
    opened.model.raise_notice(ended())
    answer(opened, make_outage(1))
    table = opened.window.findChild(DataTable, "outages-table")
    assert table is not None
    assert table.sorted_rows.rowCount() == 1
    opened.button("outage-band-dismiss-btn").click()


def show_bars(opened: SharedWindow, count: int = 60) -> ChartPlot:
    """Give the chart a bar for every minute before noon."""
    request = next(each for each in reversed(opened.requested) if isinstance(each, ChartRequest))
    bars = tuple(
        Bar(
            symbol="BTC/USDT",
            timeframe=Timeframe.M1,
            opened_at=NOON - timedelta(minutes=count - place),
            open=Decimal(100),
            high=Decimal(103),
            low=Decimal(99),
            close=Decimal(101),
            volume=Decimal(5),
        )
        for place in range(count)
    )
    opened.window.show_reply(
        ChartData(request_id=request.request_id, symbol="BTC/USDT", timeframe=Timeframe.M1, bars=bars)
    )
    plot = opened.window.findChild(ChartPlot)
    assert plot is not None
    return plot


def test_an_outage_is_a_band_on_the_chart_with_its_times_and_reasons(opened: SharedWindow) -> None:
    opened.window.actions_.refresh.trigger()
    plot = show_bars(opened)
    opened.model.raise_notice(ended())
    answer(opened, make_outage(1), make_outage(2, source_id="exchange:coinex", begun_at=NOON - timedelta(minutes=5)))
    inside, after = 60 - 20, 60 - 4
    text = plot.outages.text_at(inside)
    assert text.startswith("Nothing traded from ")
    assert "(18 min)" in text
    assert "no internet connection" in text
    assert "1,041 looks at positions" in text
    assert plot.outages.text_at(after) == "", "what another market did says nothing about these bars"
    assert plot.outages.text_at(10) == ""
    opened.button("outage-band-dismiss-btn").click()


def test_the_present_outage_grows(opened: SharedWindow) -> None:
    opened.window.actions_.refresh.trigger()
    plot = show_bars(opened)
    pause = make_pause(since=NOON - timedelta(minutes=3))
    opened.show(network=pause, now=NOON)
    spans = plot.outages._spans
    assert spans[-1].label == "Network pause"
    first = plot.outages.extent(spans[-1])
    later = NOON + timedelta(minutes=2)
    opened.show(network=replace(pause, at=later), now=later)
    second = plot.outages.extent(plot.outages._spans[-1])
    assert first is not None
    assert second is not None
    assert second[0] == first[0] == pytest.approx(60 - 3 - 0.5)
    assert second[1] - first[1] == pytest.approx(2, abs=0.05)
    opened.show(network=make_network(epoch=1))
    assert not plot.outages._spans or plot.outages._spans[-1].label != "Network pause"


def test_the_line_of_an_old_price_is_gray(opened: SharedWindow) -> None:
    opened.window.actions_.refresh.trigger()
    plot = show_bars(opened)
    seen = [plot._is_price_stale]
    for view in (make_pause(ages=make_ages(14)), make_network(epoch=1)):
        opened.show(network=view)
        seen.append(plot._is_price_stale)
    assert seen == [False, True, False]


def test_bands_are_painted(opened: SharedWindow, tmp_path: Path) -> None:
    opened.window.actions_.refresh.trigger()
    plot = show_bars(opened)
    opened.show(network=make_network(epoch=1))
    before = plot.grab().toImage()
    opened.model.raise_notice(ended())
    answer(opened, make_outage(1))
    after = plot.grab().toImage()
    assert before != after
    opened.button("outage-band-dismiss-btn").click()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (14, "14 s"), (303, "5 min 3 s"), (7_800, "2 h 10 min"), (100_800, "1 d 4 h")]
)
def test_a_length_is_written_in_two_units(seconds: float, text: str) -> None:
    assert length_text(seconds) == text


def test_what_was_held_back_is_summed_over_accounts() -> None:
    outage = make_outage()
    second = tuple(replace(each, account="second", count=1) for each in outage.held_back)
    both = replace(outage, held_back=(*outage.held_back, *second))
    assert held_back_text(both) == "1,042 looks at positions, 3 strategy signals"
