"""Log lines come from any thread, bounded and redacted, and can be filtered."""

import logging
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop_trader.ui.panels.log import LogPanel
from desktop_trader.ui.qt_log import QtLogFeed


@pytest.fixture
def feed() -> Iterator[QtLogFeed]:
    made = QtLogFeed()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def panel(qtbot: QtBot, dressed_app: QApplication, feed: QtLogFeed) -> LogPanel:
    made = LogPanel(feed)
    qtbot.addWidget(made)
    return made


def text_of(panel: LogPanel) -> QPlainTextEdit:
    found = panel.findChild(QPlainTextEdit, "log-text")
    assert found is not None
    return found


def test_lines_of_another_thread_arrive(qtbot: QtBot, panel: LogPanel) -> None:
    def work() -> None:
        for number in range(100):
            logging.getLogger("worker").warning("line %d", number)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: "line 99" in text_of(panel).toPlainText(), timeout=2000)
    assert text_of(panel).toPlainText().count("line ") == 100


def test_secrets_are_masked(panel: LogPanel) -> None:
    logging.getLogger("x").warning("api_key=%s", "abcdefgh12345678")
    assert "abcdefgh12345678" not in text_of(panel).toPlainText()
    assert "api_key" in text_of(panel).toPlainText()


def test_levels_and_words_filter(qtbot: QtBot, panel: LogPanel) -> None:
    logging.getLogger("x").warning("first warning")
    logging.getLogger("x").error("an error")
    level = panel.findChild(QComboBox, "log-level-combo")
    words = panel.findChild(QLineEdit, "log-filter-edit")
    assert level is not None
    assert words is not None
    level.setCurrentText("Errors")
    assert "first warning" not in text_of(panel).toPlainText()
    level.setCurrentText("All")
    qtbot.keyClicks(words, "FIRST")
    assert "an error" not in text_of(panel).toPlainText()
    assert "first warning" in text_of(panel).toPlainText()


def test_markup_in_a_line_is_shown_as_text(panel: LogPanel) -> None:
    logging.getLogger("x").warning("<b>bold</b>")
    assert "<b>bold</b>" in text_of(panel).toPlainText()


def test_a_flood_is_bounded(feed: QtLogFeed) -> None:
    feed.take()
    for number in range(5_000):
        logging.getLogger("x").warning("%d", number)
    lines = feed.take()
    assert len(lines) == 2_000
    assert lines[-1].message == "4999"
